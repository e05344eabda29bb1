-- Landings are numbered in the order of their commits: a held batch that is released later keeps its id and gets a later
-- landing. Together with the last record of that moment a landing names a state of the records.
ALTER TABLE batch ADD COLUMN landing BIGINT;         -- null where nothing was added, changed or gone
ALTER TABLE batch ADD COLUMN last_record BIGINT;     -- highest record id when it had landed
UPDATE batch SET landing = id, last_record = (SELECT COALESCE(MAX(id), 0) FROM record)
 WHERE state = 'DONE' AND added + changed + gone > 0;
CREATE UNIQUE INDEX batch_by_landing ON batch (landing) WHERE landing IS NOT NULL;

-- What changed or vanished since a landing; what came since is above its last record.
CREATE INDEX record_version_by_batch ON record_version (replaced_by, record_id);

-- Tells stores apart, so that a file made from another one is never taken for this one's.
INSERT INTO meta (key, value) VALUES ('store_id', md5(random()::text || clock_timestamp()::text));
