//! The connection layer under clients that misbehave: raw TCP and WebSocket, with deadlines made short.

#[cfg(test)]
mod cutting;
#[cfg(test)]
mod deadlines;
#[cfg(test)]
mod front;
#[cfg(test)]
mod house;
#[cfg(test)]
mod shutdown;
