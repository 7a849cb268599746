-- Ways into private rooms; only the hash of a code.
CREATE TABLE IF NOT EXISTS invites (
    id BINARY(16) NOT NULL,
    room_id BINARY(16) NOT NULL,
    code_hash BINARY(32) NOT NULL,
    created_by BINARY(16) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    expires_at DATETIME(6) NOT NULL,
    max_uses BIGINT,
    uses BIGINT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (code_hash),
    FOREIGN KEY (room_id) REFERENCES rooms (id) ON DELETE CASCADE,
    FOREIGN KEY (created_by) REFERENCES users (id),
    INDEX invites_of_room (room_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
