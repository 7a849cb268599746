-- Ways into private rooms; only the hash of a code.
CREATE TABLE invites (
    id UUID NOT NULL,
    room_id UUID NOT NULL,
    code_hash BYTEA NOT NULL,
    created_by UUID NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    max_uses BIGINT,
    uses BIGINT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (code_hash),
    FOREIGN KEY (room_id) REFERENCES rooms (id) ON DELETE CASCADE,
    FOREIGN KEY (created_by) REFERENCES users (id)
);
CREATE INDEX invites_of_room ON invites (room_id);
