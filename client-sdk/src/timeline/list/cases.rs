//! Single cases of the list, which chance seldom meets.

use super::{
    model::{ME, OTHER, ROOM, entry, of, read},
    *,
};
use crate::Error;

fn mark(epoch: Epoch, seq: i64) -> Mark {
    Mark { epoch, seq }
}

/// A list that was opened at this entry.
fn opened_at(seq: i64) -> (List, Epoch) {
    let (mut list, epoch) = (List::new(of(ME)), Epoch::generate());
    list.goes_on_at(mark(epoch, seq));
    (list, epoch)
}

/// The entries with these numbers, by somebody else.
fn said(seqs: std::ops::RangeInclusive<usize>) -> Vec<TimelineEvent> {
    seqs.map(|seq| read(&entry(seq, OTHER, None))).collect()
}

fn id(text: &str) -> ClientMessageId {
    text.parse().unwrap()
}

/// An entry of one's own, under this id.
fn own(seq: usize, text: &str) -> TimelineEvent {
    read(&entry(seq, ME, Some(&id(text))))
}

fn queued(text: &str) -> Queued {
    Queued {
        room_id: ROOM.parse().unwrap(),
        content: "words".to_owned(),
        client_message_id: id(text),
        queued_at: None,
    }
}

fn stored(entry: TimelineEvent) -> Change {
    let Happening::Message { message } = entry.happening else { panic!("{entry:?}") };
    Change::Stored(message)
}

/// The list in a word an item; of a message also how many have read it.
fn shown(list: &List) -> String {
    let word = |item: &Item| match (&item.key, &item.kind) {
        (Key::Beginning, _) => "^".to_owned(),
        (Key::Gap(after), _) => format!("gap{after}"),
        (Key::Entry(seq), Kind::Message { read_by: 0, .. }) => seq.to_string(),
        (Key::Entry(seq), Kind::Message { read_by, .. }) => format!("{seq}r{read_by}"),
        (Key::Local(id), Kind::Local { sending: Sending::Queued, .. }) => format!("…{id}"),
        (Key::Local(id), Kind::Local { sending: Sending::UnderWay, .. }) => format!(">{id}"),
        (Key::Local(id), Kind::Local { sending: Sending::Held, .. }) => format!("?{id}"),
        (Key::Local(id), _) => format!("!{id}"),
        (key, _) => format!("{key:?}"),
    };
    list.items.iter().map(word).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_room_without_entries_has_its_beginning() {
    assert_eq!(shown(&opened_at(0).0), "^");
}

#[test]
fn a_page_is_wanted_until_one_is_there() {
    let (mut list, epoch) = opened_at(200);
    for entry in said(201..=249) {
        list.entry(entry);
    }
    let wanted = list.wanted().unwrap();
    assert_eq!((wanted.epoch, wanted.after, wanted.to), (epoch, 150, 200));
    list.entry(said(250..=250).remove(0));
    assert_eq!(list.wanted(), None);
}

#[test]
fn a_gap_of_one_entry_is_a_gap() {
    let (mut list, epoch) = opened_at(0);
    for entry in said(1..=3) {
        list.entry(entry);
    }
    list.goes_on_at(mark(epoch, 1_000));
    let range = |after, to| Range { epoch, after, to, settles_doubt: false };
    list.loaded(range(998, 1_000), said(999..=1_000));
    list.loaded(range(3, 997), said(4..=997));
    assert!(shown(&list).ends_with(" 997 gap997 999 1000"), "{}", shown(&list));
    list.loaded(range(997, 998), said(998..=998));
    assert!(shown(&list).ends_with(" 997 998 999 1000"), "{}", shown(&list));
}

#[test]
fn what_was_loaded_of_another_history_changes_nothing() {
    let (mut list, epoch) = opened_at(3);
    let asked = list.wanted().unwrap();
    list.skips_to(mark(epoch, 3), mark(Epoch::generate(), 2));
    let before = shown(&list);
    list.loaded(asked, said(1..=3));
    assert_eq!(shown(&list), before);
    assert_eq!(list.older().map(|range| (range.after, range.to)), Some((0, 2)));
}

#[test]
fn of_a_history_that_was_put_back_neither_messages_nor_readers_stay() {
    let (mut list, epoch) = opened_at(0);
    list.local(Change::Queued(queued("a")));
    list.entry(own(1, "a"));
    list.read(of(OTHER), 1);
    assert_eq!(shown(&list), "^ 1r1");
    list.skips_to(mark(epoch, 1), mark(Epoch::generate(), 0));
    assert_eq!(shown(&list), "^");
    // It is sent again: it waits again, and is stored where the others have read nothing yet.
    list.local(Change::Queued(queued("a")));
    assert_eq!(shown(&list), "^ …a");
    list.entry(own(1, "a"));
    assert_eq!(shown(&list), "^ 1");
}

#[test]
fn who_comes_from_an_older_history_takes_nothing_from_a_list_that_is_in_the_new_one() {
    let (mut list, epoch) = opened_at(0);
    for entry in said(1..=3) {
        list.entry(entry);
    }
    let old = Epoch::generate();
    list.skips_to(mark(old, 9), mark(epoch, 3));
    assert_eq!(shown(&list), "^ 1 2 3");
}

#[test]
fn a_late_entry_of_the_old_history_goes_with_the_word_of_the_new_one() {
    let (mut list, epoch) = opened_at(0);
    for entry in said(1..=3) {
        list.entry(entry);
    }
    let new = Epoch::generate();
    list.goes_on_at(mark(new, 2));
    list.entry(said(4..=4).remove(0));
    assert_eq!(shown(&list), "gap2 4");
    list.skips_to(mark(epoch, 4), mark(new, 2));
    assert_eq!(shown(&list), "");
}

#[test]
fn what_waits_keeps_its_place_however_far_it_is() {
    let (mut list, _) = opened_at(0);
    for text in ["a", "b", "c"] {
        list.local(Change::Queued(queued(text)));
    }
    for (is, now) in [(true, "^ …a >b …c"), (false, "^ …a …b …c")] {
        list.local(Change::UnderWay(id("b"), is));
        assert_eq!(shown(&list), now);
    }
}

#[test]
fn what_is_stored_beyond_what_is_loaded_waits_no_longer() {
    let (mut list, epoch) = opened_at(0);
    list.local(Change::Queued(queued("a")));
    list.goes_on_at(mark(epoch, 5));
    list.local(stored(own(5, "a")));
    assert_eq!(shown(&list), "^ gap0");
}

#[test]
fn a_further_try_of_what_is_an_entry_already_goes_with_its_answer() {
    let (mut list, _) = opened_at(0);
    list.entry(own(1, "a"));
    list.local(Change::Refused(queued("a"), Error::Input("other words".to_owned())));
    assert_eq!(shown(&list), "^ 1 !a");
    list.local(Change::Queued(queued("a")));
    assert_eq!(shown(&list), "^ 1 …a");
    list.local(stored(own(1, "a")));
    assert_eq!(shown(&list), "^ 1");
}

#[test]
fn what_is_held_stands_there_until_it_is_queued_or_turns_out_to_be_stored() {
    let (mut list, _) = opened_at(0);
    for text in ["a", "b"] {
        list.local(Change::Held(queued(text)));
    }
    list.local(Change::Queued(queued("c")));
    assert_eq!(shown(&list), "^ ?a ?b …c");
    list.local(Change::Queued(queued("a")));
    assert_eq!(shown(&list), "^ ?b …c …a");
    list.entry(own(1, "b"));
    assert_eq!(shown(&list), "^ 1 …c …a");
}

#[test]
fn anothers_message_under_the_same_id_takes_nothing_away() {
    let (mut list, _) = opened_at(0);
    list.local(Change::Queued(queued("a")));
    list.entry(read(&entry(1, OTHER, Some(&id("a")))));
    assert_eq!(shown(&list), "^ 1 …a");
}

#[test]
fn each_message_up_to_a_read_mark_is_read_and_no_mark_goes_back() {
    let (mut list, epoch) = opened_at(0);
    for n in 1..=4 {
        list.entry(own(n, &n.to_string()));
    }
    for (seq, now) in
        [(1, "^ 1r1 2 3 4"), (2, "^ 1r1 2r1 3 4"), (4, "^ 1r1 2r1 3r1 4r1"), (2, "^ 1r1 2r1 3r1 4r1")]
    {
        list.read(of(OTHER), seq);
        assert_eq!(shown(&list), now);
    }
    // As they were when they were asked for.
    let entries = (1..=4).map(|n| own(n, &n.to_string())).collect();
    list.loaded(Range { epoch, after: 0, to: 4, settles_doubt: true }, entries);
    assert_eq!(shown(&list), "^ 1r1 2r1 3r1 4r1");
    list.entry(own(5, "5"));
    assert_eq!(shown(&list), "^ 1r1 2r1 3r1 4r1 5");
}

#[test]
fn ones_own_mark_is_known_and_a_doubt_begins_at_the_oldest_unread() {
    let (mut list, _) = opened_at(0);
    assert_eq!(list.unread(), None);
    for n in 1..=3 {
        list.entry(own(n, &n.to_string()));
    }
    assert_eq!(list.unread(), Some(3));
    list.read(of(ME), 3);
    assert_eq!(list.unread(), None);
    list.read(of(OTHER), 1);
    assert_eq!(list.wanted(), None);
    list.doubts();
    assert_eq!(list.wanted().map(|range| (range.after, range.to)), Some((1, 3)));
}

#[test]
fn an_entry_of_a_later_kind_has_its_number_and_is_not_shown() {
    let (mut list, _) = opened_at(0);
    let at = "2025-08-21T10:16:10.123Z";
    let later =
        serde_json::json!({ "seq": 2, "roomId": ROOM, "timestamp": at, "type": "reaction", "sign": "+" });
    for entry in [read(&entry(1, OTHER, None)), read(&later), read(&entry(3, OTHER, None))] {
        list.entry(entry);
    }
    assert_eq!(shown(&list), "^ 1 3");
}
