-- Since when somebody may not sign in; nothing of theirs is touched otherwise.
-- A file is run again when it was cut off, and MySQL has no word for "if it is not there yet".
SET @change = IF(
    EXISTS (SELECT 1 FROM information_schema.columns
        WHERE table_schema = DATABASE() AND table_name = 'users' AND column_name = 'disabled_at'),
    'DO 0', 'ALTER TABLE users ADD COLUMN disabled_at DATETIME(6)');
PREPARE disabled_users FROM @change;
EXECUTE disabled_users;
DEALLOCATE PREPARE disabled_users;
