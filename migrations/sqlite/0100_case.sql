-- Outreach cases: who goes, when, what came of it. A row is the sum of its events; nothing in `case_event` is ever changed.
CREATE TABLE outreach_case (
    id             TEXT    NOT NULL PRIMARY KEY,
    enterprise_id  TEXT    NOT NULL,                  -- whose case it is now
    home_id        TEXT    NOT NULL,                  -- whom it was opened for
    joined_into    TEXT,                              -- the case that goes on for both, where enterprises were joined
    state          TEXT    NOT NULL,                  -- OPEN CLOSED
    stage          TEXT    NOT NULL,
    reason         TEXT,                              -- why it is closed: closing_reasons.csv
    by_data        INTEGER NOT NULL,                  -- 1: the registries closed it
    evidence       TEXT,                              -- JSON [{what, registry, key}]
    origin         TEXT    NOT NULL,
    area           TEXT    NOT NULL,                  -- town, else district, else empty: of the enterprise, as published last
    federation     TEXT    NOT NULL,
    owner_unit     TEXT,
    owner_role     TEXT,
    owner_name     TEXT,
    owned_at       INTEGER,                           -- since when that owner has it
    due            TEXT    NOT NULL,                  -- ISO date; 9999-12-31: none
    method         TEXT,
    assessment     INTEGER,
    refusal        TEXT,                              -- JSON {by, why}
    opened_at      INTEGER NOT NULL,
    closed_at      INTEGER,
    version        INTEGER NOT NULL                   -- number of its last event
) WITHOUT ROWID;
CREATE UNIQUE INDEX case_of_enterprise ON outreach_case (enterprise_id) WHERE joined_into IS NULL;
CREATE INDEX case_by_owner ON outreach_case (owner_unit, state, due, id);
CREATE INDEX case_by_area ON outreach_case (area, state, due, id);
CREATE INDEX case_by_due ON outreach_case (state, due, id);
CREATE INDEX case_joined ON outreach_case (joined_into) WHERE joined_into IS NOT NULL;

CREATE TABLE case_event (
    id             INTEGER NOT NULL PRIMARY KEY,      -- in the order of what happened, over all cases
    case_id        TEXT    NOT NULL,
    enterprise_id  TEXT    NOT NULL,
    at             INTEGER NOT NULL,
    by_whom        TEXT,                              -- NULL: the registries
    what           TEXT    NOT NULL,
    from_value     TEXT,
    to_value       TEXT,
    note           TEXT,
    edition        INTEGER,                           -- of what the registries did: the edition that says so
    evidence       TEXT                               -- JSON [{what, registry, key}]
);
CREATE INDEX case_event_by_case ON case_event (case_id, id);
