-- The log: every change that the members of a room see, numbered without gaps.
-- No foreign key to users: nobody is ever deleted, and a send must not lock the sender's row.
-- `message_no` is how many messages the room has up to this entry, `sent_no` how many of them are by this entry's user: what lies
-- between two entries is counted by a subtraction.
CREATE TABLE entries (
    room_id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    client_message_id TEXT,
    content TEXT,
    created_at TEXT NOT NULL,
    message_no INTEGER NOT NULL,
    sent_no INTEGER NOT NULL,
    PRIMARY KEY (room_id, seq),
    UNIQUE (id),
    UNIQUE (room_id, user_id, client_message_id),
    FOREIGN KEY (room_id) REFERENCES rooms (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX entries_of_user ON entries (room_id, user_id, seq);
