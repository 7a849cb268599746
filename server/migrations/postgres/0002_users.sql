-- Who there is. The keys are the forms under which a name and an address are unique.
CREATE TABLE users (
    id UUID NOT NULL,
    username TEXT NOT NULL,
    username_key TEXT COLLATE "C" NOT NULL,
    email TEXT NOT NULL,
    email_key TEXT COLLATE "C" NOT NULL,
    password_hash TEXT NOT NULL,
    last_seen_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (username_key),
    UNIQUE (email_key)
);
