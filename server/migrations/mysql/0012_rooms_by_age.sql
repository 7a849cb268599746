-- Rooms are listed newest first. The ids of rooms that were brought from elsewhere tell no time.
-- A file is run again when it was cut off, and MySQL has no word for "if it is not there yet".
SET @change = IF(
    EXISTS (SELECT 1 FROM information_schema.statistics
        WHERE table_schema = DATABASE() AND table_name = 'rooms' AND index_name = 'rooms_by_age'),
    'DO 0', 'CREATE INDEX rooms_by_age ON rooms (created_at, id)');
PREPARE rooms_by_age FROM @change;
EXECUTE rooms_by_age;
DEALLOCATE PREPARE rooms_by_age;
