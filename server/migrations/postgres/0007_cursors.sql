-- Up to where who has read. It outlives the membership, so that a rejoin goes on where it was.
CREATE TABLE cursors (
    room_id UUID NOT NULL,
    user_id UUID NOT NULL,
    last_read_seq BIGINT NOT NULL,
    read_at TIMESTAMPTZ,
    PRIMARY KEY (room_id, user_id),
    FOREIGN KEY (room_id) REFERENCES rooms (id) ON DELETE CASCADE,
    FOREIGN KEY (user_id) REFERENCES users (id)
);
CREATE INDEX cursors_by_seq ON cursors (room_id, last_read_seq);
