-- What a session is prolonged with; only the hashes.
CREATE TABLE refresh_tokens (
    hash BLOB NOT NULL,
    session_id BLOB NOT NULL,
    created_at TEXT NOT NULL,
    spent_at TEXT,
    successor BLOB,
    PRIMARY KEY (hash),
    FOREIGN KEY (session_id) REFERENCES sessions (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session_id);
