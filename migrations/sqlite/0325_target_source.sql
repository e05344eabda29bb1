-- Where a target that a person set is said: the document that gives it.
ALTER TABLE target ADD COLUMN source TEXT;
ALTER TABLE target_version ADD COLUMN source TEXT;
