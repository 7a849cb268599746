//! Text from elsewhere, as the screen gets it.

use crate::safe_text::{safe_line, safe_text};
use std::{fmt, ops::Deref};

/// Text that a terminal only prints. It is made by [`Safe::text`] and [`Safe::line`] alone, so that whatever the model holds of
/// the network has passed [`safe_text`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Safe(String);

impl Safe {
    /// A text of several lines.
    pub(crate) fn text(text: &str) -> Self {
        Self(safe_text(text))
    }

    /// What must stay on one line, such as a name.
    pub(crate) fn line(text: &str) -> Self {
        Self(safe_line(text))
    }
}

impl Deref for Safe {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Safe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
