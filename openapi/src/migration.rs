//! What users of the original server find here: of each endpoint, event, error and setting, whether it is the same.

mod endpoints;
mod errors;
mod events;
mod settings;

pub use endpoints::{ENDPOINTS, SERVICE};
pub use errors::{ERRORS, STATUSES};
pub use events::{EVENTS, REFUSED_HANDSHAKE};
pub use settings::{SETTINGS, Variable, variables};

use parlor_protocol::ErrorType;

/// What has become of something.
#[derive(Clone, Copy, Debug)]
pub enum Fate {
    /// It works as before. What has come to it can be passed over.
    Same(&'static str),
    /// Some clients notice.
    Changed(Change),
    /// The original has no such thing.
    New,
}

/// What is different.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    /// What a client notices, a sentence each.
    pub notes: &'static [&'static str],
    /// What was on the wire, and what is instead.
    pub wire: &'static [Wire],
}

/// The same case with both servers.
#[derive(Clone, Copy, Debug)]
pub struct Wire {
    /// When it comes.
    pub case: &'static str,
    /// What came before.
    pub before: Before,
    /// What comes now.
    pub after: After,
}

/// What the original sent.
#[derive(Clone, Copy, Debug)]
pub enum Before {
    /// An answer with this status and this JSON.
    Answer(u16, &'static str),
    /// An event with this JSON.
    Event(&'static str),
    /// Nothing at all.
    Nothing,
}

/// What is sent instead; the documents' own examples.
#[derive(Clone, Copy, Debug)]
pub enum After {
    /// The endpoint's success.
    Success,
    /// A failure over REST, in these words.
    Failure(ErrorType, &'static str),
    /// The event's payload.
    Payload,
    /// The event `error`, or the failed acknowledgement, in these words.
    Error(ErrorType, &'static str),
}

impl Fate {
    /// Its name in a word.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Same(_) => "same",
            Self::Changed(_) => "changed",
            Self::New => "new",
        }
    }
}

/// What has become of the thing called `name`.
pub fn fate_of<'a>(list: &'a [(&'static str, Fate)], name: &str) -> Option<&'a Fate> {
    list.iter().find(|(listed, _)| *listed == name).map(|(_, fate)| fate)
}
