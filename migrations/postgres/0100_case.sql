-- Outreach cases: who goes, when, what came of it. A row is the sum of its events; nothing in `case_event` is ever changed.
CREATE TABLE outreach_case (
    id             TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    enterprise_id  TEXT    NOT NULL,                  -- whose case it is now
    home_id        TEXT    NOT NULL,                  -- whom it was opened for
    joined_into    TEXT,                              -- the case that goes on for both, where enterprises were joined
    state          TEXT    NOT NULL,                  -- OPEN CLOSED
    stage          TEXT    NOT NULL,
    reason         TEXT,                              -- why it is closed: closing_reasons.csv
    by_data        BIGINT  NOT NULL,                  -- 1: the registries closed it
    evidence       TEXT,                              -- JSON [{what, registry, key}]
    origin         TEXT    NOT NULL,
    area           TEXT COLLATE "C" NOT NULL,  -- town, else district, else empty: of the enterprise, as published last
    federation     TEXT COLLATE "C" NOT NULL,
    owner_unit     TEXT COLLATE "C",
    owner_role     TEXT,
    owner_name     TEXT,
    owned_at       BIGINT ,                           -- since when that owner has it
    due            TEXT COLLATE "C" NOT NULL,  -- ISO date; 9999-12-31: none
    method         TEXT,
    assessment     BIGINT ,
    refusal        TEXT,                              -- JSON {by, why}
    opened_at      BIGINT  NOT NULL,
    closed_at      BIGINT ,
    version        BIGINT  NOT NULL                   -- number of its last event
);
CREATE UNIQUE INDEX case_of_enterprise ON outreach_case (enterprise_id) WHERE joined_into IS NULL;
CREATE INDEX case_by_owner ON outreach_case (owner_unit, state, due, id);
CREATE INDEX case_by_area ON outreach_case (area, state, due, id);
CREATE INDEX case_by_due ON outreach_case (state, due, id);
CREATE INDEX case_joined ON outreach_case (joined_into) WHERE joined_into IS NOT NULL;

CREATE TABLE case_event (
    id             BIGINT  NOT NULL PRIMARY KEY,      -- in the order of what happened, over all cases
    case_id        TEXT    NOT NULL,
    enterprise_id  TEXT    NOT NULL,
    at             BIGINT  NOT NULL,
    by_whom        TEXT,                              -- NULL: the registries
    what           TEXT    NOT NULL,
    from_value     TEXT,
    to_value       TEXT,
    note           TEXT,
    edition        BIGINT ,                           -- of what the registries did: the edition that says so
    evidence       TEXT                               -- JSON [{what, registry, key}]
);
CREATE INDEX case_event_by_case ON case_event (case_id, id);
