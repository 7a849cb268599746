//! How many sockets a user has, counted from the handshake on, so that several handshakes at once can't pass the limit.

use parlor_protocol::ids::UserId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// The seats of all users; clones share them.
#[derive(Clone, Default)]
pub(super) struct Seats(Arc<Mutex<HashMap<UserId, u32>>>);

/// One socket's seat, until this is dropped.
pub struct Seat {
    seats: Seats,
    user: UserId,
}

impl Seats {
    /// A seat for one more socket of `user`, who may have at most so many.
    pub(super) fn take(&self, user: UserId, most: Option<u32>) -> Option<Seat> {
        let mut seats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = seats.entry(user).or_default();
        if most.is_some_and(|most| *taken >= most) {
            return None;
        }
        *taken += 1;
        Some(Seat { seats: self.clone(), user })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = self.seats.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = seats.get_mut(&self.user) {
            *taken -= 1;
            if *taken == 0 {
                seats.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_is_free_again_when_its_socket_is_gone() {
        let (seats, ada) = (Seats::default(), UserId::generate());
        let first = seats.take(ada, Some(2));
        let second = seats.take(ada, Some(2));
        assert!(first.is_some() && second.is_some());
        assert!(seats.take(ada, Some(2)).is_none());
        assert!(seats.take(UserId::generate(), Some(2)).is_some());
        drop(first);
        assert!(seats.take(ada, Some(2)).is_some());
        drop(second);
        assert!(seats.0.lock().unwrap().is_empty());
    }
}
