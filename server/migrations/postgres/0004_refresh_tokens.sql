-- What a session is prolonged with; only the hashes.
CREATE TABLE refresh_tokens (
    hash BYTEA NOT NULL,
    session_id UUID NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    spent_at TIMESTAMPTZ,
    successor BYTEA,
    PRIMARY KEY (hash),
    FOREIGN KEY (session_id) REFERENCES sessions (id) ON DELETE CASCADE
);
CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session_id);
