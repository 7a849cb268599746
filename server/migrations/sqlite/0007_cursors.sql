-- Up to where who has read. It outlives the membership, so that a rejoin goes on where it was.
CREATE TABLE cursors (
    room_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    last_read_seq INTEGER NOT NULL,
    read_at TEXT,
    PRIMARY KEY (room_id, user_id),
    FOREIGN KEY (room_id) REFERENCES rooms (id) ON DELETE CASCADE,
    FOREIGN KEY (user_id) REFERENCES users (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX cursors_by_seq ON cursors (room_id, last_read_seq);
