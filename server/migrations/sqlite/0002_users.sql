-- Who there is. The keys are the forms under which a name and an address are unique.
CREATE TABLE users (
    id BLOB NOT NULL,
    username TEXT NOT NULL,
    username_key TEXT NOT NULL,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    last_seen_at TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (username_key),
    UNIQUE (email_key)
) STRICT, WITHOUT ROWID;
