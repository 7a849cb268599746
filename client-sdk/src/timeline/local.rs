//! One's own messages at the end of the list.

use super::{Item, Key, Kind, Sending, list::Changes};
use crate::live::Queued;
use eyeball_im::Vector;
use parlor_protocol::text::ClientMessageId;

pub(super) fn local(message: Queued, sending: Sending) -> Item {
    let key = Key::Local(message.client_message_id.clone());
    Item { key, kind: Kind::Local { message, sending } }
}

pub(super) fn is_local(item: &Item) -> bool {
    matches!(item.key, Key::Local(_))
}

pub(super) fn is_failed(item: &Item) -> bool {
    matches!(item.kind, Kind::Local { sending: Sending::Failed(_), .. })
}

/// What is on its way stands at the end, and is not much.
pub(super) fn find_local(items: &Vector<Item>, id: &ClientMessageId) -> Option<(usize, Queued)> {
    let local = items.iter().enumerate().rev().take_while(|(_, item)| is_local(item));
    let mut local = local.filter_map(|(index, item)| match &item.kind {
        Kind::Local { message, .. } => Some((index, message)),
        _ => None,
    });
    let (index, message) = local.find(|(_, message)| message.client_message_id == *id)?;
    Some((index, message.clone()))
}

/// Takes it away; whether it was there.
pub(super) fn remove_local(items: &mut Changes<'_>, id: &ClientMessageId) -> bool {
    let found = find_local(items, id);
    found.map(|(index, _)| items.remove(index)).is_some()
}
