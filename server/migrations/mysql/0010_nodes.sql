-- The nodes that are running: each beats as long as it lives, and counts the changes to who is online at it.
CREATE TABLE IF NOT EXISTS nodes (
    id BINARY(16) NOT NULL,
    beat BIGINT NOT NULL,
    changes BIGINT NOT NULL,
    PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
-- Who has a live socket at which node.
CREATE TABLE IF NOT EXISTS online (
    node_id BINARY(16) NOT NULL,
    user_id BINARY(16) NOT NULL,
    PRIMARY KEY (node_id, user_id),
    FOREIGN KEY (node_id) REFERENCES nodes (id) ON DELETE CASCADE,
    FOREIGN KEY (user_id) REFERENCES users (id),
    INDEX online_by_user (user_id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
