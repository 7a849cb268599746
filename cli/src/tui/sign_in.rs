//! The first screen: which server, and who.

use super::{
    compose::{field, said},
    message::{Effect, SignIn},
    safe::Safe,
};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui_textarea::TextArea;

/// A line of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Row {
    /// An account that there is, or a new one.
    Choice,
    Server,
    Name,
    Email,
    Password,
    /// The same once more, of a new account: nobody sees what stands there.
    Again,
}

/// Why it went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Denied {
    pub(crate) why: Safe,
    /// The line in which to mend it.
    pub(crate) row: Row,
    /// Whether it may be the password, of which nobody can see what is wrong with it.
    pub(crate) is_password: bool,
}

/// What is filled in.
#[derive(Clone, Debug)]
pub(crate) struct SignInForm {
    pub(crate) registers: bool,
    pub(crate) server: TextArea<'static>,
    pub(crate) name: TextArea<'static>,
    pub(crate) email: TextArea<'static>,
    pub(crate) password: TextArea<'static>,
    pub(crate) again: TextArea<'static>,
    pub(crate) row: Row,
    /// The server is being asked.
    pub(crate) is_busy: bool,
    /// Why it went wrong.
    pub(crate) error: Option<Safe>,
}

impl SignInForm {
    /// An empty form.
    pub(crate) fn new(server: &str, email: &str, mask: char) -> Self {
        let [mut password, mut again] = [field(""), field("")];
        password.set_mask_char(mask);
        again.set_mask_char(mask);
        let row = if email.is_empty() { Row::Choice } else { Row::Password };
        Self {
            registers: false,
            server: field(server),
            name: field(""),
            email: field(email),
            password,
            again,
            row,
            is_busy: false,
            error: None,
        }
    }

    /// The lines in their order.
    pub(crate) fn rows(&self) -> &'static [Row] {
        if self.registers {
            &[Row::Choice, Row::Server, Row::Name, Row::Email, Row::Password, Row::Again]
        } else {
            &[Row::Choice, Row::Server, Row::Email, Row::Password]
        }
    }

    /// What is written in a line.
    pub(crate) fn area(&self, row: Row) -> Option<&TextArea<'static>> {
        match row {
            Row::Choice => None,
            Row::Server => Some(&self.server),
            Row::Name => Some(&self.name),
            Row::Email => Some(&self.email),
            Row::Password => Some(&self.password),
            Row::Again => Some(&self.again),
        }
    }

    fn area_mut(&mut self) -> Option<&mut TextArea<'static>> {
        match self.row {
            Row::Choice => None,
            Row::Server => Some(&mut self.server),
            Row::Name => Some(&mut self.name),
            Row::Email => Some(&mut self.email),
            Row::Password => Some(&mut self.password),
            Row::Again => Some(&mut self.again),
        }
    }

    /// A key came.
    pub(crate) fn key(&mut self, key: KeyEvent) -> Option<Effect> {
        let held = key.modifiers;
        match key.code {
            KeyCode::Char('c' | 'q') if held == KeyModifiers::CONTROL => return Some(Effect::Quit),
            _ if self.is_busy => {}
            KeyCode::Enter if self.rows().last() == Some(&self.row) => return self.submit(),
            KeyCode::Tab | KeyCode::Down | KeyCode::Enter => self.step(1),
            KeyCode::BackTab | KeyCode::Up => self.step(-1),
            KeyCode::Left | KeyCode::Right | KeyCode::Char(' ') if self.row == Row::Choice => {
                self.registers = !self.registers;
                self.error = None;
            }
            KeyCode::F(2) => {
                self.registers = !self.registers;
                self.error = None;
                self.step(0);
            }
            _ => {
                let is_changed = self.area_mut().is_some_and(|area| match (key.code, held) {
                    (KeyCode::Char('u'), KeyModifiers::CONTROL) => area.delete_line_by_head(),
                    _ => area.input(key),
                });
                if is_changed {
                    // It was of what stood there before.
                    self.error = None;
                }
            }
        }
        None
    }

    /// Something was pasted; a field has one line.
    pub(crate) fn paste(&mut self, text: &str) {
        let line: String = text.chars().filter(|character| !character.is_control()).collect();
        if self.is_busy {
            return;
        }
        if let Some(area) = self.area_mut() {
            area.insert_str(line);
            self.error = None;
        }
    }

    fn step(&mut self, by: isize) {
        let rows = self.rows();
        let at = rows.iter().position(|row| *row == self.row).unwrap_or(0);
        self.row = rows[at.saturating_add_signed(by).min(rows.len() - 1)];
    }

    fn submit(&mut self) -> Option<Effect> {
        let mut rows = self.rows().iter().copied();
        let empty = rows.find(|row| self.area(*row).is_some_and(TextArea::is_empty));
        if let Some(row) = empty {
            self.row = row;
            self.error = Some(Safe::line("Please fill this in."));
            return None;
        }
        if self.registers && said(&self.password) != said(&self.again) {
            self.empty_passwords();
            self.row = Row::Password;
            self.error = Some(Safe::line("The two passwords differ: please write both anew."));
            return None;
        }
        (self.is_busy, self.error) = (true, None);
        Some(Effect::SignIn(SignIn {
            server: said(&self.server).trim().to_owned(),
            register: self.registers.then(|| said(&self.name).trim().to_owned()),
            email: said(&self.email).trim().to_owned(),
            password: said(&self.password),
        }))
    }

    /// It went wrong: the keyboard goes where that can be mended, and all that may be right stays.
    pub(crate) fn failed(&mut self, denied: Denied) {
        let Denied { why, row, is_password } = denied;
        (self.is_busy, self.error, self.row) = (false, Some(why), row);
        if is_password {
            self.empty_passwords();
        }
    }

    fn empty_passwords(&mut self) {
        for field in [&mut self.password, &mut self.again] {
            field.select_all();
            field.cut();
            field.set_yank_text("");
        }
    }
}
