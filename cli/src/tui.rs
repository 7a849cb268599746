//! The screen: `parlor` without a command.
//!
//! | to read about | look in |
//! | --- | --- |
//! | what is known | `tui/model.rs`, and `rooms.rs`, `timeline.rs`, `link.rs`, `compose.rs`, `switcher.rs`, `sign_in.rs` |
//! | what each message changes | `tui/message.rs`, `tui/update.rs` |
//! | what a person can do, and by which keys | `tui/action.rs`, `keys.rs`, `press.rs`, `complete.rs` |
//! | what is drawn | `tui/view.rs`, `layout.rs`, `lines.rs`, `scroll.rs`, `wrap.rs`, `look.rs` |
//! | the door through which texts of the network come in | `tui/entry.rs`, `tui/safe.rs` |
//! | what is done outside: calls, files, the terminal | `tui/runner.rs`, `tui/home.rs`, `tui/drafts.rs`, `tui/screen.rs`, `tui/notice.rs`, `tui/job.rs`, `tui/editor.rs` |
//! | the same without a screen | `tui/plain.rs` |

mod action;
mod clock;
mod complete;
mod compose;
mod drafts;
mod editor;
mod emoji;
mod entry;
mod home;
mod job;
mod keys;
mod layout;
mod lines;
mod link;
mod look;
mod message;
mod model;
mod news;
mod notice;
mod plain;
mod press;
mod program;
mod rooms;
mod runner;
mod safe;
mod screen;
mod scroll;
mod sign_in;
mod switcher;
#[cfg(test)]
mod testing;
mod timeline;
mod update;
mod view;
mod wrap;

use crate::{Context, Failure, arguments, environment, login::USUAL_SERVER};
pub(crate) use action::{ACTIONS, Spec};
use home::Home;
pub(crate) use keys::{Keys, written};
use look::Look;
pub(crate) use look::{Colours, Theme};
pub(crate) use model::Bell;
pub(crate) use notice::Notice;
use program::Start;
use std::io::{self, IsTerminal as _};

/// Shows the rooms of the profile.
pub(crate) async fn run(wanted: arguments::Tui, context: &Context) -> Result<(), Failure> {
    let arguments::Tui { room, plain, theme, ascii } = wanted;
    let is_plain = plain || environment::plain();
    let account = match context.account().await {
        Ok(account) => Some(account),
        // There is a form for that.
        Err(Failure::SignedOut(_)) if !is_plain => None,
        Err(failure) => return Err(failure),
    };
    let theme = match theme {
        _ if !context.output.color => Theme::None,
        Some(name) => Theme::named(&name).unwrap_or_default(),
        None => context.config.theme().unwrap_or_default(),
    };
    let look = Look::new(theme, ascii).with(context.config.colours());
    let keys = context.config.keys().map_err(Failure::Usage)?;
    let server = context.server().unwrap_or_else(|| USUAL_SERVER.to_owned());
    let bell = context.config.bell().unwrap_or_default();
    let notice = context.config.notice().unwrap_or_else(Notice::of_this_terminal);
    let home = Home::of(context.profile.clone());
    let start = Start { home, account, server, room, look, keys, bell, notice };
    if is_plain {
        return Box::pin(program::in_lines(start)).await;
    }
    if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
        return Err(Failure::Usage(
            "there is no terminal to draw on: add --plain, or see parlor --help".to_owned(),
        ));
    }
    program::on_screen(start).await
}
