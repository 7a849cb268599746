//! A room as people see it: its entries in order, with the messages that are still on their way, as a list that tells its
//! changes. Any user interface is a view on it.
//!
//! | to read about | look in |
//! | --- | --- |
//! | what is in the list | `timeline/item.rs` |

mod item;

pub use eyeball_im::{Vector, VectorDiff};
pub use item::{Item, Key, Kind, Sending};
