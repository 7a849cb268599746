//! Whatever comes, in whatever order, at whatever size.

use super::happenings::{Step, step};
use crate::tui::{
    layout::{areas, is_tiny, writing},
    message::{Effect, Message},
    model::{Page, Place},
    testing::{Desk, look, many},
    view::view,
};
use parlor_client::protocol::ids::{RoomId, UserId};
use proptest::prelude::*;
use ratatui::{Terminal, backend::TestBackend};
use std::{collections::BTreeMap, time::Duration};

/// All texts that are not sent: the box and the other rooms' drafts.
fn unsent(desk: &Desk) -> BTreeMap<RoomId, String> {
    let mut texts = desk.model.drafts.clone();
    if let Some(room) = &desk.model.room {
        texts.insert(room.id, desk.model.compose.text());
    }
    texts.retain(|_, text| !text.is_empty());
    texts
}

/// Whether a person does it, or it is told what a person did.
fn is_act(step: &Step) -> bool {
    matches!(step, Step::Tell(Message::Key(_) | Message::Mouse(_) | Message::Paste(_) | Message::Line(_)))
}

/// Whether this may put another text in place of the one for a room.
fn may_replace(step: &Step, me: Option<UserId>, room: RoomId) -> bool {
    match step {
        // Another's texts are shown from then on; one's own were kept.
        Step::Tell(Message::SignedIn(other)) => me != Some(other.id),
        Step::Tell(Message::Edited(of, Ok(_))) => *of == room,
        // What has not changed since it was kept is what another program has made of it.
        Step::Tell(Message::Drafts { before, .. }) => before.contains_key(&room),
        _ => false,
    }
}

fn draws(desk: &Desk) -> Result<(), TestCaseError> {
    let (width, height) = desk.model.size;
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let mut cursor = None;
    terminal
        .draw(|frame| {
            view(&desk.model, frame);
        })
        .unwrap();
    let shown = terminal.backend().cursor_visible();
    if shown {
        cursor = Some(terminal.backend().cursor_position());
    }
    let model = &desk.model;
    if let (Some(at), Page::Chat, None, Place::Writing) = (cursor, &model.page, &model.overlay, model.place())
    {
        let area = writing(areas(model).compose);
        prop_assert!(area.contains(at), "the cursor at {at} is outside of {area}");
    }
    prop_assert_eq!(shown && is_tiny(model.size), false);
    let text =
        terminal.backend().buffer().content().iter().map(ratatui::buffer::Cell::symbol).collect::<String>();
    prop_assert!(!text.chars().any(char::is_control), "{text:?}");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics_and_no_draft_is_lost(steps in prop::collection::vec(step(), 1..60), width in 1_u16..=300, height in 1_u16..=100) {
        let mut desk = Desk::new((width, height), look());
        desk.arrive();
        for step in steps {
            let (before, me) = (unsent(&desk), desk.model.me.as_ref().map(|me| me.id));
            let is_key = is_act(&step);
            let effects = match step.clone() {
                Step::Tell(message) => desk.tell(message),
                Step::Wait(millis) => desk.wait(Duration::from_millis(millis)),
            };
            // What a person does may change a text; nothing else does.
            let after = unsent(&desk);
            for (room, text) in before.iter().filter(|(room, _)| !may_replace(&step, me, **room)) {
                // A message that was refused comes before it.
                let stays = after.get(room).is_some_and(|now| now.ends_with(text.as_str()));
                prop_assert!(is_key || stays, "{text:?} of {room} is lost");
            }
            // Of the rooms that are not on the screen, not even keys do.
            let open = desk.model.room.as_ref().map(|room| room.id);
            for (room, text) in before.iter().filter(|(room, _)| Some(**room) != open && is_key) {
                let sent = effects.iter().any(|effect| matches!(effect, Effect::Send(to, _) if to == room));
                prop_assert!(sent || after.contains_key(room), "{text:?} of {room} is lost");
            }
            draws(&desk)?;
        }
    }

    #[test]
    fn every_size_draws_something(width in 1_u16..=300, height in 1_u16..=100, count in 0_i64..60) {
        let mut desk = Desk::new((width, height), look());
        draws(&desk)?;
        desk.arrive();
        desk.show(many(count, 100));
        draws(&desk)?;
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| view(&desk.model, frame)).unwrap();
        let drawn = terminal.backend().buffer().content().iter().any(|cell| cell.symbol() != " ");
        prop_assert!(drawn);
    }
}
