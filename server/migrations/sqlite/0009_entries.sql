-- The log: every change that the members of a room see, numbered without gaps.
-- No foreign key to users: nobody is ever deleted, and a send must not lock the sender's row.
CREATE TABLE entries (
    room_id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    client_message_id TEXT,
    content TEXT,
    created_at TEXT NOT NULL,
    PRIMARY KEY (room_id, seq),
    UNIQUE (id),
    UNIQUE (room_id, user_id, client_message_id),
    FOREIGN KEY (room_id) REFERENCES rooms (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
