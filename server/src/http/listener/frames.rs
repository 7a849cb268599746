//! The packets that clients send, on their way to the engine: see [`crate::event_name`].

use crate::event_name::Veil;
use bytes::{Bytes, BytesMut};

/// Between the packets of a body.
const SEPARATOR: u8 = 0x1e;

/// The longest head of a frame from a client.
const LONGEST_HEAD: usize = 14;

/// Packets of a body. A client sends all that waits at once, also what it kept while it was offline, so it is far above what the
/// limits let through in a burst.
pub(in crate::http) const MOST_PACKETS: usize = 1024;

/// What a client posts; `None` if it is more than [`MOST_PACKETS`].
pub(in crate::http) fn posted(body: Bytes) -> Option<Bytes> {
    if body.split(|byte| *byte == SEPARATOR).nth(MOST_PACKETS).is_some() {
        return None;
    }
    if !body.contains(&b'\\') {
        return Some(body);
    }
    let mut body = BytesMut::from(body);
    for packet in body.split_mut(|byte| *byte == SEPARATOR) {
        let mut veil = Veil::default();
        for byte in packet {
            *byte = veil.pass(*byte);
        }
    }
    Some(body.freeze())
}

/// The frames of a WebSocket, however they are cut into pieces.
#[derive(Default)]
pub(super) struct Frames {
    head: [u8; LONGEST_HEAD],
    read: u8,
    /// How far the payload has been read, and what of it is still to come.
    at: u8,
    left: u64,
    /// Of the text that is under way.
    veil: Veil,
    /// After what no client sends, nothing is known any more; the engine ends it.
    lost: bool,
}

impl Frames {
    /// Whether nothing has passed.
    pub(super) fn is_new(&self) -> bool {
        self.read == 0 && !self.lost
    }

    /// Lets through what has been read.
    pub(super) fn pass(&mut self, piece: &mut [u8]) {
        let mut at = 0;
        while at < piece.len() && !self.lost {
            if self.left > 0 {
                let rest = &mut piece[at..];
                let here = usize::try_from(self.left).map_or(rest.len(), |left| left.min(rest.len()));
                self.pass_payload(&mut rest[..here]);
                self.left -= here as u64;
                at += here;
            } else {
                self.pass_head(piece[at]);
                at += 1;
            }
        }
    }

    fn pass_head(&mut self, byte: u8) {
        if self.head().is_some() {
            self.read = 0;
        }
        self.head[usize::from(self.read)] = byte;
        self.read += 1;
        if let Some((_, length)) = self.head() {
            (self.at, self.left) = (0, length);
        }
        match (self.read, byte) {
            // The kinds of data; a continuation goes on where the frame before it has ended.
            (1, kind) if kind & 0x70 != 0 => self.lost = true,
            (1, kind) if kind & 0x0f == 1 => self.veil = Veil::Start,
            (1, kind) if kind & 0x0f == 2 => self.veil = Veil::Rest,
            (2, masked) if masked & 0x80 == 0 => self.lost = true,
            _ => {}
        }
    }

    /// The mask and the payload's length, if the head is whole.
    fn head(&self) -> Option<([u8; 4], u64)> {
        let head = &self.head[..usize::from(self.read)];
        let extended = match head.get(1)? & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let mask = head.get(2 + extended..6 + extended)?.try_into().ok()?;
        let length = head[2..2 + extended].iter().fold(0, |length, byte| (length << 8) | u64::from(*byte));
        Some((mask, if extended == 0 { u64::from(head[1] & 0x7f) } else { length }))
    }

    fn pass_payload(&mut self, payload: &mut [u8]) {
        let is_control = self.head[0] & 0x08 != 0;
        let Some((mask, _)) = self.head().filter(|_| !is_control) else { return };
        for byte in payload {
            if self.veil == Veil::Rest {
                return;
            }
            let key = mask[usize::from(self.at)];
            *byte = self.veil.pass(*byte ^ key) ^ key;
            self.at = (self.at + 1) % 4;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MASK: [u8; 4] = [0x12, 0x9f, 0x5c, 0xe1];

    fn masked(payload: &[u8]) -> impl Iterator<Item = u8> {
        payload.iter().zip(MASK.iter().cycle()).map(|(byte, key)| byte ^ key)
    }

    fn frame(first: u8, payload: &str) -> Vec<u8> {
        let mut frame = vec![first];
        match u16::try_from(payload.len()).unwrap() {
            short if short < 126 => frame.push(0x80 | short.to_be_bytes()[1]),
            length => {
                frame.push(0x80 + 126);
                frame.extend(length.to_be_bytes());
            }
        }
        frame.extend(MASK);
        frame.extend(masked(payload.as_bytes()));
        frame
    }

    #[test]
    fn however_the_frames_are_cut_the_names_in_them_are_veiled() {
        let long = format!(r#"42["\\{}",{{"a":"\\"}}]"#, "n".repeat(300));
        let sent = [
            frame(0x81, r#"421["a\nb",{"c":"\n"}]"#),
            frame(0x81, ""),
            frame(0x01, r#"422["a"#),
            frame(0x89, r#"42["\""#),
            frame(0x80, r#"\"b","\""]"#),
            frame(0x81, &long),
            frame(0x82, r#"42["\n"]"#),
        ]
        .concat();
        let expected = [
            frame(0x81, "421[\"a\u{7f}nb\",{\"c\":\"\\n\"}]"),
            frame(0x81, ""),
            frame(0x01, r#"422["a"#),
            frame(0x89, r#"42["\""#),
            frame(0x80, "\u{7f}'b\",\"\\\"\"]"),
            frame(0x81, &long.replacen("\\\\", "\u{7f}|", 1)),
            frame(0x82, r#"42["\n"]"#),
        ]
        .concat();
        for size in 1..=sent.len() {
            let mut frames = Frames::default();
            let mut bytes = sent.clone();
            bytes.chunks_mut(size).for_each(|piece| frames.pass(piece));
            assert_eq!(bytes, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn after_what_no_client_sends_nothing_is_touched() {
        for first in [vec![0x81, 0x02, b'4', b'2'], vec![0xc1, 0x80]] {
            let sent = [first, frame(0x81, r#"42["\n"]"#)].concat();
            let mut bytes = sent.clone();
            Frames::default().pass(&mut bytes);
            assert_eq!(bytes, sent);
        }
    }

    #[test]
    fn every_packet_of_a_body_has_its_name_veiled() {
        let body = Bytes::from_static(b"421[\"a\\nb\",\"\\n\"]\x1e42[\"\\\\\"]\x1e3");
        assert_eq!(posted(body).unwrap(), &b"421[\"a\x7fnb\",\"\\n\"]\x1e42[\"\x7f|\"]\x1e3"[..]);
    }
}
