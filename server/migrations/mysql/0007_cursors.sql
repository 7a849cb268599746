-- Up to where who has read. It outlives the membership, so that a rejoin goes on where it was.
-- `others_read` is how many messages of others stand up to it. Until its reader has moved it, it only marks where the membership began.
CREATE TABLE IF NOT EXISTS cursors (
    room_id BINARY(16) NOT NULL,
    user_id BINARY(16) NOT NULL,
    last_read_seq BIGINT NOT NULL,
    others_read BIGINT NOT NULL,
    is_moved BOOLEAN NOT NULL,
    read_at DATETIME(6),
    PRIMARY KEY (room_id, user_id),
    FOREIGN KEY (room_id) REFERENCES rooms (id) ON DELETE CASCADE,
    FOREIGN KEY (user_id) REFERENCES users (id),
    INDEX cursors_by_seq (room_id, is_moved, last_read_seq)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
