-- Who is in which room; ids are made as v7, so their order is that of joining.
CREATE TABLE members (
    id UUID NOT NULL,
    room_id UUID NOT NULL,
    user_id UUID NOT NULL,
    role BIGINT NOT NULL,
    joined_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (room_id, user_id),
    FOREIGN KEY (room_id) REFERENCES rooms (id) ON DELETE CASCADE,
    FOREIGN KEY (user_id) REFERENCES users (id)
);
CREATE INDEX members_in_order ON members (room_id, id);
CREATE INDEX members_of_user ON members (user_id, room_id);
