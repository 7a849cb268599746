-- The rooms. The counts and `last_seq` are kept in the transaction that writes the entries.
-- A room with `deleted_at` is gone for everybody; what was in it is deleted piece by piece, the row last.
CREATE TABLE rooms (
    id BLOB NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    description TEXT,
    is_private INTEGER NOT NULL,
    created_by BLOB NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    last_seq INTEGER NOT NULL,
    message_count INTEGER NOT NULL,
    member_count INTEGER NOT NULL,
    last_entry_at TEXT NOT NULL,
    deleted_at TEXT,
    PRIMARY KEY (id),
    FOREIGN KEY (created_by) REFERENCES users (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX rooms_of_creator ON rooms (created_by);
CREATE INDEX rooms_deleted ON rooms (deleted_at) WHERE deleted_at IS NOT NULL;
