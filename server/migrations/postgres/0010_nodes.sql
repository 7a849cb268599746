-- The nodes that are running: each beats as long as it lives, and counts the changes to who is online at it.
CREATE TABLE nodes (
    id UUID NOT NULL,
    beat BIGINT NOT NULL,
    changes BIGINT NOT NULL,
    PRIMARY KEY (id)
);
-- Who has a live socket at which node.
CREATE TABLE online (
    node_id UUID NOT NULL,
    user_id UUID NOT NULL,
    PRIMARY KEY (node_id, user_id),
    FOREIGN KEY (node_id) REFERENCES nodes (id) ON DELETE CASCADE,
    FOREIGN KEY (user_id) REFERENCES users (id)
);
CREATE INDEX online_by_user ON online (user_id);
