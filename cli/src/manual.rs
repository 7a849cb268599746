//! `completions` and `man`: made from the declaration of the commands.

use crate::{
    Failure,
    arguments::program,
    files::{self, Safe},
    output::unwritten,
};
use clap_complete::Shell;
use clap_mangen::Man;
use std::{
    io::{self, Write as _},
    path::PathBuf,
};

/// Prints the completions for a shell.
pub(crate) fn completions(shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut program(), "parlor", &mut script);
    write(&script)
}

/// Prints the manual page, or writes one for each command into a folder.
pub(crate) fn man(folder: Option<PathBuf>) -> Result<(), Failure> {
    let Some(folder) = folder else { return write(&page(program())?) };
    let mut program = program().disable_help_subcommand(true);
    program.build();
    pages(&program, &mut |name, page| {
        let path = folder.join(format!("{name}.1"));
        files::replace(&path, &page, Safe::FromKills)
            .map_err(|cause| Failure::io(&format!("writing {}", path.display()), &cause))
    })
}

fn pages(
    command: &clap::Command,
    write: &mut impl FnMut(&str, Vec<u8>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
    write(&name, page(command.clone().name(name.clone()))?)?;
    command.get_subcommands().try_for_each(|below| pages(below, write))
}

fn page(command: clap::Command) -> Result<Vec<u8>, Failure> {
    let mut page = Vec::new();
    Man::new(command).render(&mut page).map_err(|cause| Failure::io("the manual", &cause))?;
    Ok(page)
}

fn write(bytes: &[u8]) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    output.write_all(bytes).and_then(|()| output.flush()).map_err(|cause| unwritten(&cause))
}
