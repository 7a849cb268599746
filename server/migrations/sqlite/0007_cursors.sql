-- Up to where who has read. It outlives the membership, so that a rejoin goes on where it was.
-- `others_read` is how many messages of others stand up to it. Until its reader has moved it, it only marks where the membership began.
CREATE TABLE cursors (
    room_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    last_read_seq INTEGER NOT NULL,
    others_read INTEGER NOT NULL,
    is_moved INTEGER NOT NULL,
    read_at TEXT,
    PRIMARY KEY (room_id, user_id),
    FOREIGN KEY (room_id) REFERENCES rooms (id) ON DELETE CASCADE,
    FOREIGN KEY (user_id) REFERENCES users (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX cursors_by_seq ON cursors (room_id, is_moved, last_read_seq);
