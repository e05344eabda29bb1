-- What a token may state that it reads for: a JSON array; NULL: anything, or nothing.
ALTER TABLE token ADD COLUMN purposes TEXT;
