-- An export belongs to a token, not to its name: two unnamed tokens are two owners.
ALTER TABLE export ADD COLUMN owner TEXT NOT NULL DEFAULT '';

-- When a token was used last, milliseconds since 1970.
ALTER TABLE token ADD COLUMN last_used_at INTEGER;
