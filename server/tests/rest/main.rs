//! The rules of the REST surface, through the router, on a real SQLite file.

#[cfg(test)]
mod forms;
#[cfg(test)]
mod invites;
#[cfg(test)]
mod members;
#[cfg(test)]
mod messages;
#[cfg(test)]
mod rooms;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod users;
#[cfg(test)]
mod world;
