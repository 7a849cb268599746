-- Since when somebody may not sign in; nothing of theirs is touched otherwise.
ALTER TABLE users ADD COLUMN disabled_at TIMESTAMPTZ;
