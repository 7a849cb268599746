//! The screen: `parlor` without a command.
//!
//! | to read about | look in |
//! | --- | --- |
//! | what is known | `tui/model.rs`, and `rooms.rs`, `timeline.rs`, `link.rs`, `compose.rs`, `switcher.rs`, `sign_in.rs` |
//! | what each message changes | `tui/message.rs`, `tui/update.rs` |
//! | what a person can do, and by which keys | `tui/action.rs` |
//! | what is drawn | `tui/view.rs`, `layout.rs`, `lines.rs`, `scroll.rs`, `wrap.rs`, `look.rs` |
//! | the door through which texts of the network come in | `tui/entry.rs`, `tui/safe.rs` |
//! | what is done outside: calls, files, the terminal | `tui/runner.rs`, `tui/drafts.rs`, `tui/screen.rs` |
//! | the same without a screen | `tui/plain.rs` |

mod action;
mod clock;
mod compose;
mod entry;
mod layout;
mod lines;
mod link;
mod look;
mod message;
mod model;
mod rooms;
mod safe;
mod scroll;
mod sign_in;
mod switcher;
mod timeline;
mod update;
mod view;
mod wrap;
