-- Where one is signed in.
CREATE TABLE IF NOT EXISTS sessions (
    id BINARY(16) NOT NULL,
    user_id BINARY(16) NOT NULL,
    user_agent TEXT,
    created_at DATETIME(6) NOT NULL,
    last_seen_at DATETIME(6) NOT NULL,
    expires_at DATETIME(6) NOT NULL,
    revoked_at DATETIME(6),
    PRIMARY KEY (id),
    FOREIGN KEY (user_id) REFERENCES users (id),
    INDEX sessions_of_user (user_id),
    INDEX sessions_by_end (expires_at),
    INDEX sessions_by_revocation (revoked_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
