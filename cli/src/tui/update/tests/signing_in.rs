//! The form at the beginning.

use crate::tui::{
    message::{Effect, Message, SignIn},
    model::Page,
    safe::Safe,
    sign_in::{Denied, Row},
    testing::{Desk, look},
};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

fn form(desk: &Desk) -> &crate::tui::sign_in::SignInForm {
    match &desk.model.page {
        Page::SignIn(form) => form,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_account_is_made_with_what_is_filled_in() {
    let mut desk = Desk::new((80, 24), look());
    desk.press(KeyCode::Right);
    desk.press(KeyCode::Tab);
    desk.press(KeyCode::Tab);
    desk.write("Ada");
    desk.press(KeyCode::Down);
    desk.tell(Message::Paste("ada@example.com\n".to_owned()));
    desk.press(KeyCode::Enter);
    desk.write("four unlikely words");
    assert!(desk.press(KeyCode::Enter).is_empty());
    desk.write("four likely words");
    assert!(desk.press(KeyCode::Enter).is_empty(), "they differ");
    assert!(form(&desk).error.as_ref().unwrap().contains("differ"));
    assert_eq!(form(&desk).row, Row::Password);
    let write_both = |desk: &mut Desk| {
        desk.write("four unlikely words");
        assert!(desk.press(KeyCode::Enter).is_empty());
        desk.write("four unlikely words");
    };
    write_both(&mut desk);
    let wanted = SignIn {
        server: "http://127.0.0.1:5000".to_owned(),
        register: Some("Ada".to_owned()),
        email: "ada@example.com".to_owned(),
        password: "four unlikely words".to_owned(),
    };
    assert_eq!(desk.press(KeyCode::Enter), [Effect::SignIn(wanted.clone())]);
    assert!(desk.press(KeyCode::Enter).is_empty(), "once is enough");
    assert!(!format!("{wanted:?}").contains("unlikely"));
    let denied = |row, is_password| Message::SignInFailed(Denied { why: Safe::line("no"), row, is_password });
    desk.tell(denied(Row::Password, true));
    assert_eq!((form(&desk).error.as_deref(), form(&desk).row), (Some("no"), Row::Password));
    assert!(desk.press(KeyCode::Enter).is_empty(), "the password is written anew");
    assert!(desk.press(KeyCode::Enter).is_empty());
    assert_eq!(form(&desk).row, Row::Password);
    write_both(&mut desk);
    assert_eq!(desk.press(KeyCode::Enter), [Effect::SignIn(wanted.clone())]);
    // It is not the password: that and the rest stay, and the keyboard goes where it can be mended.
    desk.tell(denied(Row::Name, false));
    assert_eq!(form(&desk).row, Row::Name);
    desk.write("2");
    for _ in 0..3 {
        assert!(desk.press(KeyCode::Enter).is_empty());
    }
    let wanted = SignIn { register: Some("Ada2".to_owned()), ..wanted };
    assert_eq!(desk.press(KeyCode::Enter), [Effect::SignIn(wanted)]);
}

#[test]
fn what_is_missing_gets_the_cursor() {
    let mut desk = Desk::new((80, 24), look());
    for _ in 0..3 {
        desk.press(KeyCode::Tab);
    }
    desk.write("secret");
    assert!(desk.press(KeyCode::Enter).is_empty());
    assert_eq!(form(&desk).row, Row::Email);
    assert!(form(&desk).error.is_some());
}

#[test]
fn ctrl_c_quits() {
    let mut desk = Desk::new((80, 24), look());
    assert_eq!(desk.hold(KeyModifiers::CONTROL, 'c'), [Effect::Quit]);
}

#[test]
fn what_went_wrong_is_no_longer_said_of_what_was_changed_since() {
    let fails = || {
        let mut desk = Desk::new((80, 24), look());
        desk.press(KeyCode::Tab);
        let denied = Denied { why: Safe::line("no"), row: Row::Server, is_password: false };
        desk.tell(Message::SignInFailed(denied));
        assert!(form(&desk).error.is_some());
        desk
    };
    let mut desk = fails();
    desk.press(KeyCode::Down);
    assert!(form(&desk).error.is_some(), "nothing is changed yet");
    desk.press(KeyCode::Backspace);
    assert!(form(&desk).error.is_some(), "there was nothing to take away");
    desk.write("a");
    assert_eq!(form(&desk).error, None);
    for change in [
        Message::Paste("/chat".to_owned()),
        Message::Key(KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL)),
        Message::Key(KeyEvent::new(KeyCode::F(2), KeyModifiers::NONE)),
    ] {
        let mut desk = fails();
        desk.tell(change.clone());
        assert_eq!(form(&desk).error, None, "{change:?}");
    }
}
