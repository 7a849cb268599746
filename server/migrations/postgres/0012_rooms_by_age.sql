-- Rooms are listed newest first. The ids of rooms that were brought from elsewhere tell no time.
CREATE INDEX rooms_by_age ON rooms (created_at, id);
