-- The log: every change that the members of a room see, numbered without gaps.
-- No foreign key to users: nobody is ever deleted, and a send must not lock the sender's row.
CREATE TABLE IF NOT EXISTS entries (
    room_id BINARY(16) NOT NULL,
    seq BIGINT NOT NULL,
    kind BIGINT NOT NULL,
    id BINARY(16) NOT NULL,
    user_id BINARY(16) NOT NULL,
    client_message_id VARCHAR(64),
    content TEXT,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (room_id, seq),
    UNIQUE (id),
    UNIQUE (room_id, user_id, client_message_id),
    FOREIGN KEY (room_id) REFERENCES rooms (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
