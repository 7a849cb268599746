//! What Tab makes of what is half written.

use crate::tui::{
    complete,
    message::{Effect, Message},
    safe::Safe,
    testing::{Desk, listed, members, public, room_id, user_id},
    timeline::Person,
    update::lines::COMMANDS,
};
use crossterm::event::{KeyCode, KeyModifiers};

const SIZE: (u16, u16) = (80, 24);
const CTRL: KeyModifiers = KeyModifiers::CONTROL;

#[test]
fn tab_completes_a_name_and_goes_on_to_the_next_one() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    let mut known = members();
    known.people.push(Person { id: user_id("Gregor"), name: Safe::line("Gregor"), is_online: false });
    desk.tell(Message::Members(room_id(1), known));
    desk.write("so, @gr");
    for wanted in ["so, @Grace", "so, @Gregor", "so, @Grace"] {
        desk.press(KeyCode::Tab);
        assert_eq!(desk.model.compose.text(), wanted);
    }
    desk.write(" and @greg");
    desk.press(KeyCode::Tab);
    assert_eq!(desk.model.compose.text(), "so, @Grace and @Gregor");
    desk.write(" @zo");
    desk.press(KeyCode::Tab);
    assert_eq!(desk.model.compose.text(), "so, @Grace and @Gregor @zo");
    assert!(desk.told().contains("begins with zo"), "{}", desk.told());
    // Elsewhere it does nothing.
    desk.write(" word");
    desk.press(KeyCode::Tab);
    assert_eq!(desk.model.compose.text(), "so, @Grace and @Gregor @zo word");
}

fn offered(desk: &Desk) -> Vec<String> {
    let (all, _) = complete::offered(&desk.model).unwrap_or_default();
    all.into_iter().map(|candidate| candidate.shown).collect()
}

#[test]
fn tab_completes_a_name_in_brackets_and_shift_tab_goes_back() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    let mut known = members();
    known.people.push(Person { id: user_id("Gregor"), name: Safe::line("Gregor"), is_online: false });
    desk.tell(Message::Members(room_id(1), known));
    desk.write("so (@gr");
    assert_eq!(offered(&desk), ["@Grace", "@Gregor"]);
    for (code, wanted) in [
        (KeyCode::Tab, "so (@Grace"),
        (KeyCode::Tab, "so (@Gregor"),
        (KeyCode::BackTab, "so (@Grace"),
        (KeyCode::BackTab, "so (@Gregor"),
    ] {
        desk.press(code);
        assert_eq!(desk.model.compose.text(), wanted);
        assert_eq!(offered(&desk), ["@Grace", "@Gregor"]);
    }
    desk.write(")");
    assert!(offered(&desk).is_empty());
}

#[test]
fn what_is_written_after_a_completion_ends_it() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    let mut known = members();
    known.people.push(Person { id: user_id("Gregor"), name: Safe::line("Gregor"), is_online: false });
    desk.tell(Message::Members(room_id(1), known));
    let complete = |desk: &mut Desk| {
        desk.hold(CTRL, 'c');
        desk.write("@gr");
        desk.press(KeyCode::Tab);
        assert_eq!((desk.model.compose.text().as_str(), offered(desk).len()), ("@Grace", 2));
    };
    complete(&mut desk);
    desk.write("!");
    desk.press(KeyCode::Backspace);
    assert!(offered(&desk).is_empty(), "{:?}", offered(&desk));
    desk.press(KeyCode::Tab);
    assert_eq!(desk.model.compose.text(), "@Grace", "Tab completes what stands there now");
    // The same name in the next message, and after a command, is one's own.
    complete(&mut desk);
    assert!(desk.press(KeyCode::Enter).contains(&Effect::Send(room_id(1), "@Grace".to_owned())));
    desk.write("@Grace");
    assert!(offered(&desk).is_empty(), "{:?}", offered(&desk));
    desk.hold(CTRL, 'c');
    desk.write("/");
    desk.press(KeyCode::Tab);
    let command = desk.model.compose.text();
    assert!(offered(&desk).len() > 1);
    desk.hold(CTRL, 'c');
    desk.write(&command);
    assert_ne!(offered(&desk).len(), COMMANDS.len(), "{command}");
    complete(&mut desk);
    desk.tell(Message::Paste(" @Grace".to_owned()));
    assert!(offered(&desk).is_empty(), "{:?}", offered(&desk));
}

#[test]
fn rooms_emoji_and_commands_are_completed_too() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.tell(Message::Rooms(vec![
        listed(1, "kitchen", 0),
        listed(2, "garden", 0),
        public(3, "Kit store"),
        public(4, "the kitty"),
    ]));
    for (written, puts) in [
        ("see #kit", &["see #kitchen", "see #Kit store", "see #the kitty", "see #kitchen"][..]),
        ("off :rock", &["off 🪨", "off 🚀"]),
        ("done :tada:", &["done 🎉", "done 🎉"]),
        ("/cr", &["/create ", "/create "]),
        ("/re", &["/retry", "/retry"]),
        ("/go #ki", &["/go #kitchen"]),
    ] {
        desk.hold(CTRL, 'c');
        desk.write(written);
        assert!(!offered(&desk).is_empty(), "{written}");
        for put in puts {
            desk.press(KeyCode::Tab);
            assert_eq!(desk.model.compose.text(), *put, "{written}");
        }
    }
    // What is put can be taken back, and sent.
    desk.hold(CTRL, 'c');
    desk.write("off :rocket");
    desk.press(KeyCode::Tab);
    assert!(desk.press(KeyCode::Enter).contains(&Effect::Send(room_id(1), "off 🚀".to_owned())));
    for (written, says) in [
        ("#zo", "No room has a name that begins with zo."),
        (":qqq", "No emoji has a name like qqq."),
        ("/zo", "There is no command /zo. /help lists them."),
    ] {
        desk.hold(CTRL, 'c');
        desk.write(written);
        assert!(offered(&desk).is_empty(), "{written}");
        desk.press(KeyCode::Tab);
        assert_eq!((desk.told().as_str(), desk.model.compose.text().as_str()), (says, written));
    }
}

#[test]
fn nothing_is_offered_for_what_is_only_like_it_or_written_to_its_end() {
    let mut desk = Desk::in_the_kitchen(SIZE);
    desk.tell(Message::Members(room_id(1), members()));
    for written in ["at 12:30", "a smile :D", "mail@gr", "@Grace", "/retry", "12 // 3", "C#"] {
        desk.hold(CTRL, 'c');
        desk.write(written);
        assert!(offered(&desk).is_empty(), "{written}");
    }
    // Where the message is not what one writes, it isn't either.
    desk.hold(CTRL, 'c');
    desk.write("@gr");
    assert_eq!(offered(&desk), ["@Grace"]);
    desk.press(KeyCode::F(1));
    assert!(offered(&desk).is_empty());
}

#[test]
fn every_command_that_is_offered_is_obeyed() {
    for command in COMMANDS {
        let mut desk = Desk::in_the_kitchen(SIZE);
        desk.write(&format!("{} {}", command.name, command.takes));
        desk.press(KeyCode::Enter);
        assert!(!desk.told().contains("no command"), "{}: {}", command.name, desk.told());
        assert!(desk.model.compose.is_empty(), "{}", command.name);
    }
}
