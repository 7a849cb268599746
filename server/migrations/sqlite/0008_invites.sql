-- Ways into private rooms; only the hash of a code.
CREATE TABLE invites (
    id BLOB NOT NULL,
    room_id BLOB NOT NULL,
    code_hash BLOB NOT NULL,
    created_by BLOB NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    max_uses INTEGER,
    uses INTEGER NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (code_hash),
    FOREIGN KEY (room_id) REFERENCES rooms (id) ON DELETE CASCADE,
    FOREIGN KEY (created_by) REFERENCES users (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX invites_of_room ON invites (room_id);
