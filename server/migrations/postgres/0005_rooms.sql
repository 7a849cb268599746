-- The rooms. The counts and `last_seq` are kept in the transaction that writes the entries.
CREATE TABLE rooms (
    id UUID NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    description TEXT,
    is_private BOOLEAN NOT NULL,
    created_by UUID NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    last_seq BIGINT NOT NULL,
    message_count BIGINT NOT NULL,
    member_count BIGINT NOT NULL,
    last_entry_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (created_by) REFERENCES users (id)
);
CREATE INDEX rooms_of_creator ON rooms (created_by);
