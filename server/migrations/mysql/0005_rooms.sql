-- The rooms. The counts and `last_seq` are kept in the transaction that writes the entries.
-- A room with `deleted_at` is gone for everybody; what was in it is deleted piece by piece, the row last.
CREATE TABLE IF NOT EXISTS rooms (
    id BINARY(16) NOT NULL,
    name VARCHAR(255) NOT NULL,
    name_key VARCHAR(255) NOT NULL,
    description TEXT,
    is_private BOOLEAN NOT NULL,
    created_by BINARY(16) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    last_seq BIGINT NOT NULL,
    message_count BIGINT NOT NULL,
    member_count BIGINT NOT NULL,
    last_entry_at DATETIME(6) NOT NULL,
    deleted_at DATETIME(6),
    PRIMARY KEY (id),
    FOREIGN KEY (created_by) REFERENCES users (id),
    INDEX rooms_of_creator (created_by),
    INDEX rooms_deleted (deleted_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
