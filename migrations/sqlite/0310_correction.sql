-- What is asked of departments (校核纠错). A row is the sum of its events; nothing in `correction_event` is ever changed.
CREATE TABLE correction (
    id             TEXT NOT NULL PRIMARY KEY,
    enterprise_id  TEXT    NOT NULL,                  -- whose record it is now
    registry       TEXT    NOT NULL,                  -- whose department is asked, by name
    record_key     TEXT    NOT NULL,                  -- the registry's own key
    record_id      INTEGER NOT NULL,
    field          TEXT    NOT NULL,                  -- EnterpriseField
    column_name    TEXT    NOT NULL,                  -- as the registry names it
    stated_raw     TEXT,                              -- what it said when it was asked, as written
    stated         TEXT,                              -- the same as read
    others         TEXT    NOT NULL,                  -- JSON [{registry, key, value, at}]: what others said
    origin         TEXT    NOT NULL,                  -- CONFLICT FINDING FIELD
    finding_id     TEXT,
    reason         TEXT,
    state          TEXT    NOT NULL,                  -- OPEN SENT SEEN ANSWERED CLOSED_BY_DATA WITHDRAWN
    answer         TEXT,                              -- CORRECTED CONFIRMED NOT_OURS
    corrected_raw  TEXT,                              -- what is right, as the registry writes it
    answer_note    TEXT,
    answered_by    TEXT,
    answered_at    INTEGER,
    pending        INTEGER NOT NULL,                      -- 1: an answer CORRECTED that has not reached the row yet
    batch_id       INTEGER,                               -- the batch that put it there, or that closed the request
    deadline       TEXT NOT NULL,                  -- ISO date
    area           TEXT NOT NULL,                  -- town, else district, else empty
    federation     TEXT NOT NULL,
    opened_at      INTEGER NOT NULL,
    opened_by      TEXT,
    closed_at      INTEGER,                               -- answered, closed or withdrawn
    version        INTEGER NOT NULL                       -- number of its last event
);
CREATE INDEX correction_by_registry ON correction (registry, state, deadline, id);
CREATE INDEX correction_by_deadline ON correction (deadline, id);
CREATE INDEX correction_by_enterprise ON correction (enterprise_id, id);
CREATE INDEX correction_by_record ON correction (registry, record_key, column_name, id);
CREATE INDEX correction_by_batch ON correction (batch_id, id);

CREATE TABLE correction_event (
    id             INTEGER NOT NULL PRIMARY KEY,          -- in the order of what happened, over all requests
    correction_id  TEXT    NOT NULL,
    registry       TEXT    NOT NULL,
    enterprise_id  TEXT    NOT NULL,
    at             INTEGER NOT NULL,
    by_whom        TEXT,                              -- NULL: the registry's data
    what           TEXT    NOT NULL,
    from_value     TEXT,
    to_value       TEXT,
    value          TEXT,                              -- of an answer CORRECTED: what is right, as the registry writes it
    note           TEXT,
    batch_id       INTEGER,                               -- of what the data did
    idempotency    TEXT UNIQUE,                       -- registry and key of a department's system
    digest         TEXT                               -- of what it sent under that key
);
CREATE INDEX correction_event_by_correction ON correction_event (correction_id, id);

-- A department's system is told of what is asked of its registry alone.
ALTER TABLE webhook ADD COLUMN registry TEXT;
ALTER TABLE webhook ADD COLUMN correction_cursor INTEGER NOT NULL DEFAULT 0;
