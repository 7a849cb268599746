-- Who is in which room; ids are made as v7, so their order is that of joining.
CREATE TABLE IF NOT EXISTS members (
    id BINARY(16) NOT NULL,
    room_id BINARY(16) NOT NULL,
    user_id BINARY(16) NOT NULL,
    role BIGINT NOT NULL,
    joined_at DATETIME(6) NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (room_id, user_id),
    FOREIGN KEY (room_id) REFERENCES rooms (id) ON DELETE CASCADE,
    FOREIGN KEY (user_id) REFERENCES users (id),
    INDEX members_in_order (room_id, id),
    INDEX members_of_user (user_id, room_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
