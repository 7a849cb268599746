-- Up to where who has read. It outlives the membership, so that a rejoin goes on where it was.
CREATE TABLE IF NOT EXISTS cursors (
    room_id BINARY(16) NOT NULL,
    user_id BINARY(16) NOT NULL,
    last_read_seq BIGINT NOT NULL,
    read_at DATETIME(6),
    PRIMARY KEY (room_id, user_id),
    FOREIGN KEY (room_id) REFERENCES rooms (id) ON DELETE CASCADE,
    FOREIGN KEY (user_id) REFERENCES users (id),
    INDEX cursors_by_seq (room_id, last_read_seq)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
