-- The rooms. The counts and `last_seq` are kept in the transaction that writes the entries.
-- A room with `deleted_at` is gone for everybody; what was in it is deleted piece by piece, the row last.
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
    deleted_at TIMESTAMPTZ,
    PRIMARY KEY (id),
    FOREIGN KEY (created_by) REFERENCES users (id)
);
CREATE INDEX rooms_of_creator ON rooms (created_by);
CREATE INDEX rooms_deleted ON rooms (deleted_at) WHERE deleted_at IS NOT NULL;
