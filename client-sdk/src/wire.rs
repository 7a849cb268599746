//! A look at what goes over the wire, before it is a value of Rust.

use serde_json::Value;
use std::{fmt, sync::Arc};

/// Something that goes over the wire, as it stands there. Passwords and tokens are in it too.
///
/// ```
/// use parlor_client::{Client, Wire};
///
/// let client = Client::builder("http://127.0.0.1:5000").watched(|wire| match wire {
///     Wire::Call { method, path, status, .. } => eprintln!("{method} {path}: {status}"),
///     Wire::Sent { event, .. } => eprintln!("> {event}"),
///     Wire::Received { event, .. } => eprintln!("< {event}"),
///     _ => {}
/// });
/// let client = client.build()?;
/// # Ok::<(), parlor_client::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Wire<'a> {
    /// A REST call that has been answered.
    Call {
        /// The method, in capitals.
        method: &'a str,
        /// The path, from the host on.
        path: &'a str,
        /// The body that was sent; `null` when there was none.
        body: &'a Value,
        /// The status of the answer.
        status: u16,
        /// The body of the answer.
        answer: &'a [u8],
    },
    /// An event that is sent.
    Sent {
        /// Its name.
        event: &'a str,
        /// Its argument.
        payload: &'a Value,
    },
    /// The answer to an event that was sent.
    Answered {
        /// The name of the event.
        event: &'a str,
        /// The whole acknowledgement.
        ack: &'a Value,
    },
    /// An event that has come.
    Received {
        /// Its name.
        event: &'a str,
        /// Its argument.
        payload: &'a Value,
    },
}

type Look = dyn Fn(Wire<'_>) + Send + Sync;

/// Who looks, if anybody does.
#[derive(Clone, Default)]
pub(crate) struct Watch(Option<Arc<Look>>);

impl Watch {
    pub(crate) fn by(look: impl Fn(Wire<'_>) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(look)))
    }

    pub(crate) fn show(&self, wire: Wire<'_>) {
        if let Some(look) = &self.0 {
            look(wire);
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Watch(_)" } else { "Watch(nobody)" })
    }
}
