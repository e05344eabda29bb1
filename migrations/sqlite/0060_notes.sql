-- What was left out of a source or done about it: JSON list of {code, zh, en}.
ALTER TABLE batch ADD COLUMN notes TEXT;
