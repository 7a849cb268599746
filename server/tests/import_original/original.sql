-- The original's tables as Sequelize makes them, with all that one may meet in there. No foreign keys: rows outlive what they name.
SET sql_mode = '';
CREATE TABLE users (id CHAR(36) BINARY PRIMARY KEY, username VARCHAR(255) NOT NULL, email VARCHAR(255) NOT NULL UNIQUE,
    password VARCHAR(255) NOT NULL, createdAt DATETIME NOT NULL, updatedAt DATETIME NOT NULL);
CREATE TABLE rooms (id CHAR(36) BINARY PRIMARY KEY, name VARCHAR(255) NOT NULL, description VARCHAR(1000), isPrivate TINYINT(1) DEFAULT 0,
    createdBy CHAR(36) BINARY, createdAt DATETIME NOT NULL, updatedAt DATETIME NOT NULL);
CREATE TABLE RoomMembers (id CHAR(36) BINARY PRIMARY KEY DEFAULT UUID(), userId CHAR(36) BINARY, roomId CHAR(36) BINARY,
    createdAt DATETIME NOT NULL, updatedAt DATETIME NOT NULL DEFAULT NOW());
CREATE TABLE room_invites (id CHAR(36) BINARY PRIMARY KEY, roomId CHAR(36) BINARY, inviteCode VARCHAR(255) NOT NULL,
    createdAt DATETIME NOT NULL, updatedAt DATETIME NOT NULL DEFAULT NOW());
CREATE TABLE messages (id INTEGER AUTO_INCREMENT PRIMARY KEY, userId CHAR(36) BINARY, roomId CHAR(36) BINARY, content TEXT,
    status ENUM('sent', 'delivered', 'read') DEFAULT 'delivered', createdAt DATETIME(3), updatedAt DATETIME(3) DEFAULT NOW());

-- Every password is `letmein1`, but Carol's is no hash, and Dan's has more than 72 bytes.
INSERT INTO users VALUES
    ('aaaaaaaa-0000-4000-8000-000000000001', 'Ada', 'ada@example.com', '$2b$04$CMhMdYcXbuKTr97mlVZ9m.BEa6ZdJcTPbfEvRofQllJvKIHqFSlTO', '2025-01-01 10:00:00', '2025-02-02 10:00:00'),
    ('aaaaaaaa-0000-4000-8000-000000000002', 'bob', 'bob@example.com', '$2a$04$CMhMdYcXbuKTr97mlVZ9m.BEa6ZdJcTPbfEvRofQllJvKIHqFSlTO', '2025-01-01 10:00:01', '2025-01-01 10:00:01'),
    ('aaaaaaaa-0000-4000-8000-000000000003', 'ADA', 'ADA@Example.com', '$2b$04$CMhMdYcXbuKTr97mlVZ9m.BEa6ZdJcTPbfEvRofQllJvKIHqFSlTO', '2025-01-01 10:00:02', '2025-01-01 10:00:02'),
    ('aaaaaaaa-0000-4000-8000-000000000004', 'José María!', 'nowhere', '$2b$04$CMhMdYcXbuKTr97mlVZ9m.BEa6ZdJcTPbfEvRofQllJvKIHqFSlTO', '2025-01-01 10:00:03', '2025-01-01 10:00:03'),
    ('aaaaaaaa-0000-4000-8000-000000000005', 'carol', 'carol@example.com', 'letmein1', '2025-01-01 10:00:04', '2025-01-01 10:00:04'),
    ('7', 'dan', 'dan@example.com', '$2b$04$zUtOqlU8m2eoJ8jDH4n.U.iD6vwc9.JLV86OVBo9NCUruKu.RAbgy', '2025-01-01 10:00:05', '2025-01-01 10:00:05'),
    ('8', 'finn', 'finn@example.com', '$2b$04$CMhMdYcXbuKTr97mlVZ9m.BEa6ZdJcTPbfEvRofQllJvKIHqFSlTO', '0000-00-00 00:00:00', '0000-00-00 00:00:00');
INSERT INTO rooms VALUES
    ('bbbbbbbb-0000-4000-8000-000000000001', 'General', 'Everything', 0, 'aaaaaaaa-0000-4000-8000-000000000001', '2025-01-01 11:00:00', '2025-01-01 11:00:00'),
    ('bbbbbbbb-0000-4000-8000-000000000002', 'Board', NULL, 1, 'aaaaaaaa-0000-4000-8000-000000000002', '2025-01-01 11:00:01', '2025-01-01 11:00:01'),
    ('bbbbbbbb-0000-4000-8000-000000000003', 'x', REPEAT('d', 600), 0, 'dddddddd-0000-4000-8000-000000000001', '2025-01-01 11:00:02', '2025-01-01 11:00:02'),
    ('9', 'Attic', NULL, 0, '8', '2999-01-01 00:00:00', '0000-00-00 00:00:00');
INSERT INTO RoomMembers (userId, roomId, createdAt) VALUES
    ('aaaaaaaa-0000-4000-8000-000000000001', 'bbbbbbbb-0000-4000-8000-000000000001', '2025-01-01 11:00:00'),
    ('7', 'bbbbbbbb-0000-4000-8000-000000000001', '2025-01-01 12:00:00'),
    ('aaaaaaaa-0000-4000-8000-000000000002', 'bbbbbbbb-0000-4000-8000-000000000001', '2025-01-01 11:05:00'),
    ('aaaaaaaa-0000-4000-8000-000000000002', 'bbbbbbbb-0000-4000-8000-000000000001', '2025-01-01 11:06:00'),
    ('aaaaaaaa-0000-4000-8000-000000000001', 'bbbbbbbb-0000-4000-8000-000000000002', '2025-01-01 11:00:01'),
    ('dddddddd-0000-4000-8000-000000000001', 'bbbbbbbb-0000-4000-8000-000000000001', '2025-01-01 11:00:00'),
    ('aaaaaaaa-0000-4000-8000-000000000001', 'eeeeeeee-0000-4000-8000-000000000001', '2025-01-01 11:00:00'),
    ('8', '9', '0000-00-00 00:00:00');
INSERT INTO room_invites (id, roomId, inviteCode, createdAt) VALUES
    ('cccccccc-0000-4000-8000-000000000001', 'bbbbbbbb-0000-4000-8000-000000000002', 'k3y_Of-The-Board42', '2025-01-01 11:30:00'),
    ('cccccccc-0000-4000-8000-000000000002', 'bbbbbbbb-0000-4000-8000-000000000002', 'no code at all', '2025-01-01 11:31:00'),
    ('cccccccc-0000-4000-8000-000000000003', 'eeeeeeee-0000-4000-8000-000000000001', 'nowhere42', '2025-01-01 11:32:00');
INSERT INTO messages (id, userId, roomId, content, status, createdAt) VALUES
    (3, 'aaaaaaaa-0000-4000-8000-000000000002', 'bbbbbbbb-0000-4000-8000-000000000001', 'third', 'delivered', '2025-01-01 11:05:00'),
    (1, 'aaaaaaaa-0000-4000-8000-000000000001', 'bbbbbbbb-0000-4000-8000-000000000001', 'first 🎉', 'read', '2025-01-01 11:00:05.250'),
    (2, 'aaaaaaaa-0000-4000-8000-000000000002', 'bbbbbbbb-0000-4000-8000-000000000001', 'second', 'read', '2025-01-01 11:05:00'),
    (4, 'dddddddd-0000-4000-8000-000000000002', 'bbbbbbbb-0000-4000-8000-000000000001', 'of somebody who is gone', 'sent', '2025-01-01 11:06:00'),
    (5, 'aaaaaaaa-0000-4000-8000-000000000001', 'eeeeeeee-0000-4000-8000-000000000001', 'said nowhere', 'sent', '2025-01-01 11:07:00'),
    (6, 'aaaaaaaa-0000-4000-8000-000000000001', 'bbbbbbbb-0000-4000-8000-000000000001', '   ', 'sent', '2025-01-01 11:08:00'),
    (7, 'aaaaaaaa-0000-4000-8000-000000000001', 'bbbbbbbb-0000-4000-8000-000000000001', REPEAT('word ', 1800), 'sent', '2025-01-01 11:09:00'),
    (8, '7', 'bbbbbbbb-0000-4000-8000-000000000001', CONCAT('a', CHAR(0), 'b'), 'sent', '2025-01-01 12:00:01'),
    (9, 'aaaaaaaa-0000-4000-8000-000000000001', 'bbbbbbbb-0000-4000-8000-000000000001', 'of day nought', 'sent', '0000-00-00 00:00:00'),
    (10, 'aaaaaaaa-0000-4000-8000-000000000002', 'bbbbbbbb-0000-4000-8000-000000000001', 'of a time to come', 'sent', '2999-01-01 00:00:00'),
    (11, 'aaaaaaaa-0000-4000-8000-000000000002', 'bbbbbbbb-0000-4000-8000-000000000002', 'among ourselves', 'sent', '2025-01-01 11:40:00');
