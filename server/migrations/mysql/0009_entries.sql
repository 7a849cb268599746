-- The log: every change that the members of a room see, numbered without gaps.
-- No foreign key to users: nobody is ever deleted, and a send must not lock the sender's row.
-- `message_no` is how many messages the room has up to this entry, `sent_no` how many of them are by this entry's user: what lies
-- between two entries is counted by a subtraction.
CREATE TABLE IF NOT EXISTS entries (
    room_id BINARY(16) NOT NULL,
    seq BIGINT NOT NULL,
    kind BIGINT NOT NULL,
    id BINARY(16) NOT NULL,
    user_id BINARY(16) NOT NULL,
    client_message_id VARCHAR(64),
    content TEXT,
    created_at DATETIME(6) NOT NULL,
    message_no BIGINT NOT NULL,
    sent_no BIGINT NOT NULL,
    PRIMARY KEY (room_id, seq),
    UNIQUE (id),
    UNIQUE (room_id, user_id, client_message_id),
    FOREIGN KEY (room_id) REFERENCES rooms (id) ON DELETE CASCADE,
    INDEX entries_of_user (room_id, user_id, seq)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
