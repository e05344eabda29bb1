-- What a push brought, so that the same key with other contents is noticed: SHA-256 of the decoded body, hex.
ALTER TABLE batch ADD COLUMN digest TEXT;
-- Key of the landed row that an unreadable value (state VALUE) belongs to.
ALTER TABLE quarantine ADD COLUMN record_key TEXT;
CREATE INDEX quarantine_by_batch ON quarantine (batch_id, id);
