//! Log lines on standard error, as text or JSON; whatever is in a value, an event is one line without control characters.

use crate::config::LogFormat;
use std::{
    any::Any,
    fmt::{self, Write as _},
    io::{self, IsTerminal, Write},
};
use tracing::{Level, Metadata, Subscriber, field::Field};
use tracing_subscriber::{
    EnvFilter,
    field::MakeExt,
    filter::filter_fn,
    fmt::{MakeWriter, format::Writer},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

/// Sends the log of this process to standard error, and panics to the log. Does nothing when a program that embeds the server
/// has its own log already.
pub fn logs(format: LogFormat, filter: &str) {
    if subscriber(format, filter, io::stderr, io::stderr().is_terminal()).try_init().is_ok() {
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string);
            tracing::error!(place, text = literal(panic.payload()), "a panic");
        }));
    }
}

/// The text of a panic, if it is a literal: a formatted one may hold what a user wrote.
fn literal(panic: &dyn Any) -> &'static str {
    panic.downcast_ref::<&'static str>().copied().unwrap_or("see the place")
}

/// At its finest level this library writes whole frames, and with them what people say.
fn may_be_logged(metadata: &Metadata<'_>) -> bool {
    *metadata.level() != Level::TRACE || !metadata.target().starts_with("tungstenite")
}

fn subscriber<W>(format: LogFormat, filter: &str, out: W, terminal: bool) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let builder = tracing_subscriber::fmt().with_env_filter(EnvFilter::new(filter));
    let silence = filter_fn(may_be_logged);
    match format {
        LogFormat::Json => {
            Box::new(builder.json().flatten_event(true).with_writer(JsonLines(out)).finish().with(silence))
        }
        LogFormat::Text => {
            let fields = tracing_subscriber::fmt::format::debug_fn(field).delimited(" ");
            let builder = builder.fmt_fields(fields).with_writer(out);
            // On a terminal the library's own default heeds NO_COLOR.
            if terminal {
                Box::new(builder.finish().with(silence))
            } else {
                Box::new(builder.with_ansi(false).finish().with(silence))
            }
        }
    }
}

fn field(out: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug) -> fmt::Result {
    if field.name() != "message" {
        write!(out, "{}=", field.name())?;
    }
    write!(Visible(out), "{value:?}")
}

/// Would end the line, steer the terminal, or reorder what is read.
fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

struct Visible<'a, 'b>(&'a mut Writer<'b>);

impl fmt::Write for Visible<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.split_inclusive(is_hostile).try_for_each(|part| match part.chars().next_back() {
            Some(last) if is_hostile(last) => {
                self.0.write_str(&part[..part.len() - last.len_utf8()])?;
                write!(self.0, "{}", last.escape_unicode())
            }
            _ => self.0.write_str(part),
        })
    }
}

/// JSON's own escaping leaves out what is not ASCII; outside of strings JSON has none of it.
struct JsonLines<W>(W);

struct JsonLine<W>(W);

impl<'a, W: MakeWriter<'a>> MakeWriter<'a> for JsonLines<W> {
    type Writer = JsonLine<W::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        JsonLine(self.0.make_writer())
    }
}

impl<W: Write> Write for JsonLine<W> {
    /// The formatter hands over a whole line at once.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let mut escaped = String::with_capacity(text.len());
        for c in text.chars() {
            if c != '\n' && is_hostile(c) {
                // Writing to a String cannot fail.
                let _written = write!(escaped, "\\u{:04x}", u32::from(c));
            } else {
                escaped.push(c);
            }
        }
        self.0.write_all(escaped.as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex, PoisonError};

    #[test]
    fn a_panic_is_logged_without_what_was_formatted_into_it() {
        let text = |panicking: fn(String)| {
            let payload = std::panic::catch_unwind(|| panicking("what bob wrote".to_owned())).unwrap_err();
            literal(payload.as_ref())
        };
        assert_eq!(text(|_| panic!("the index is wrong")), "the index is wrong");
        assert_eq!(text(|said| panic!("can't read {said}")), "see the place");
    }

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: LogFormat, log: impl FnOnce()) -> String {
        logged_at(format, "info", log)
    }

    fn logged_at(format: LogFormat, filter: &str, log: impl FnOnce()) -> String {
        let kept = Kept::default();
        let out = kept.clone();
        tracing::subscriber::with_default(subscriber(format, filter, move || out.clone(), false), log);
        let bytes = kept.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        String::from_utf8(bytes).unwrap()
    }

    const HOSTILE: &str =
        "a\r\n2026-01-01 INFO forged\u{1b}[2J\u{9b}31m\u{7f}\0\t\u{202e}dlrow\u{2028}\u{61c} \"z\"";

    fn attack() {
        tracing::info_span!("request", id = %HOSTILE, quoted = HOSTILE).in_scope(|| {
            tracing::info!(path = %HOSTILE, quoted = HOSTILE, debug = ?HOSTILE, "it said {HOSTILE}");
        });
    }

    #[test]
    fn a_hostile_value_cannot_leave_its_line_in_either_format() {
        for format in [LogFormat::Text, LogFormat::Json] {
            let text = logged(format, attack);
            assert!(text.contains("forged") && text.contains("dlrow"), "{text}");
            let line = text.strip_suffix('\n').unwrap();
            let bad =
                |c| c < ' ' || ('\u{7f}'..='\u{9f}').contains(&c) || "\u{202e}\u{2028}\u{61c}".contains(c);
            assert_eq!(line.chars().find(|c| bad(*c)), None, "{text:?}");
        }
    }

    #[test]
    fn a_json_line_still_says_what_was_logged() {
        let text = logged(LogFormat::Json, attack);
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["path"], HOSTILE);
        assert_eq!(line["message"], format!("it said {HOSTILE}"));
    }

    #[test]
    fn a_library_says_no_more_than_the_filter_lets_it_and_never_what_people_say() {
        let log = || {
            tracing::error!(target: "tungstenite::protocol", "an end");
            tracing::debug!(target: "tungstenite::protocol", "a close");
            tracing::trace!(target: "tungstenite::protocol", "a frame");
        };
        for format in [LogFormat::Text, LogFormat::Json] {
            let said = |filter| logged_at(format, filter, log);
            assert_eq!(said("off"), "");
            assert!(said("info").contains("an end") && !said("info").contains("a close"));
            assert!(said("trace").contains("a close") && !said("trace").contains("a frame"));
        }
    }

    #[test]
    fn what_the_filter_leaves_out_is_not_logged() {
        let text = logged(LogFormat::Text, || {
            tracing::debug!("quiet");
            tracing::warn!(rooms = 3, "loud");
        });
        assert!(text.contains("WARN") && text.contains("loud rooms=3"), "{text}");
        assert!(!text.contains("quiet"), "{text}");
    }
}
