-- The nodes that are running: each beats as long as it lives, and counts the changes to who is online at it.
CREATE TABLE nodes (
    id BLOB NOT NULL,
    beat INTEGER NOT NULL,
    changes INTEGER NOT NULL,
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
-- Who has a live socket at which node.
CREATE TABLE online (
    node_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    PRIMARY KEY (node_id, user_id),
    FOREIGN KEY (node_id) REFERENCES nodes (id) ON DELETE CASCADE,
    FOREIGN KEY (user_id) REFERENCES users (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX online_by_user ON online (user_id);
