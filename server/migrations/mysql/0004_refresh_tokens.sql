-- What a session is prolonged with; only the hashes.
CREATE TABLE IF NOT EXISTS refresh_tokens (
    hash BINARY(32) NOT NULL,
    session_id BINARY(16) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    spent_at DATETIME(6),
    successor BINARY(32),
    PRIMARY KEY (hash),
    FOREIGN KEY (session_id) REFERENCES sessions (id) ON DELETE CASCADE,
    INDEX refresh_tokens_of_session (session_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
