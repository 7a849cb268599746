//! The terminal client as people have it: in a terminal, against the built server as a process of its own.
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod corpus;
mod elsewhere;
mod ending;
mod figures;
mod first_run;
mod hostile;
mod login;
mod moving;
mod pictures;
mod stage;
mod svg;
mod tmux;
mod two_people;
mod wide;
mod writing;
