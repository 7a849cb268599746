-- The log: every change that the members of a room see, numbered without gaps.
-- No foreign key to users: nobody is ever deleted, and a send must not lock the sender's row.
CREATE TABLE entries (
    room_id UUID NOT NULL,
    seq BIGINT NOT NULL,
    kind BIGINT NOT NULL,
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    client_message_id TEXT COLLATE "C",
    content TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (room_id, seq),
    UNIQUE (id),
    UNIQUE (room_id, user_id, client_message_id),
    FOREIGN KEY (room_id) REFERENCES rooms (id) ON DELETE CASCADE
);
