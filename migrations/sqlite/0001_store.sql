-- Ids are numbered by the one writer (next = max + 1), times are milliseconds since 1970 UTC, dates ISO text, flags 0/1.

CREATE TABLE registry (
    id            INTEGER PRIMARY KEY,
    name          TEXT    NOT NULL UNIQUE,
    state         TEXT    NOT NULL DEFAULT 'NEVER',   -- CURRENT LATE FAILING HELD NEVER
    last_attempt  INTEGER,
    last_good     INTEGER,
    late_since    INTEGER,
    last_error    TEXT,                               -- stable code and safe text, JSON {code, zh, en}
    cursor        TEXT,                               -- where the next incremental pull starts, JSON
    fingerprint   TEXT,                               -- of source and connector at the last good batch
    records       INTEGER NOT NULL DEFAULT 0          -- records that are not gone
);

CREATE TABLE batch (
    id           INTEGER PRIMARY KEY,
    registry_id  INTEGER NOT NULL REFERENCES registry (id),
    started_at   INTEGER NOT NULL,
    finished_at  INTEGER,
    state        TEXT    NOT NULL,                    -- RUNNING DONE HELD REJECTED FAILED
    source       TEXT    NOT NULL,                    -- place, secrets masked
    complete     INTEGER NOT NULL,                    -- 1: every row of the registry; missing ones may be gone
    read_rows    INTEGER NOT NULL DEFAULT 0,
    landed       INTEGER NOT NULL DEFAULT 0,          -- new, changed and unchanged
    added        INTEGER NOT NULL DEFAULT 0,
    changed      INTEGER NOT NULL DEFAULT 0,
    unchanged    INTEGER NOT NULL DEFAULT 0,
    quarantined  INTEGER NOT NULL DEFAULT 0,
    gone         INTEGER NOT NULL DEFAULT 0,
    held_because TEXT,                                -- JSON {code, zh, en}
    decided_by   TEXT,
    decided_why  TEXT,
    drift        TEXT,                                -- JSON list of column changes
    idempotency  TEXT,                                -- key of a push
    cursor       TEXT
);
CREATE INDEX batch_by_registry ON batch (registry_id, id);
CREATE UNIQUE INDEX batch_by_idempotency ON batch (registry_id, idempotency) WHERE idempotency IS NOT NULL;

-- The columns of the payloads that point here, in their order.
CREATE TABLE layout (
    id          INTEGER PRIMARY KEY,
    registry_id INTEGER NOT NULL REFERENCES registry (id),
    columns     TEXT    NOT NULL                      -- JSON array of column names
);

-- Every row as it came. Numbered by arrival, so that rows are appended, not scattered by their keys.
CREATE TABLE record (
    id          INTEGER PRIMARY KEY,
    registry_id INTEGER NOT NULL,
    key         TEXT    NOT NULL,
    hash        INTEGER NOT NULL,                     -- xxh3 of payload, layout's columns included
    layout_id   INTEGER NOT NULL,
    batch_id    INTEGER NOT NULL,                     -- that last changed it
    landed_at   INTEGER NOT NULL,
    observed_at INTEGER,                              -- when the registry says it changed the row
    gone        INTEGER NOT NULL DEFAULT 0,
    payload     TEXT    NOT NULL                      -- JSON array of the cells as written, null where absent
);
CREATE UNIQUE INDEX record_by_key ON record (registry_id, key);

-- What a record was before its last change.
CREATE TABLE record_version (
    record_id   INTEGER NOT NULL,
    batch_id    INTEGER NOT NULL,                     -- that had brought it
    landed_at   INTEGER NOT NULL,
    replaced_by INTEGER NOT NULL,                     -- batch
    replaced_at INTEGER NOT NULL,
    layout_id   INTEGER NOT NULL,
    gone        INTEGER NOT NULL,
    payload     TEXT    NOT NULL,
    PRIMARY KEY (record_id, replaced_by)
) WITHOUT ROWID;

CREATE TABLE quarantine (
    id          INTEGER PRIMARY KEY,
    registry_id INTEGER NOT NULL,
    batch_id    INTEGER NOT NULL,
    row_number  INTEGER NOT NULL,                     -- 1 = first row after the header
    byte_offset INTEGER,
    column_name TEXT,
    code        TEXT    NOT NULL,
    detail      TEXT    NOT NULL,
    raw         TEXT    NOT NULL,
    layout_id   INTEGER,
    state       TEXT    NOT NULL DEFAULT 'OPEN'       -- OPEN REPLAYED
);
CREATE INDEX quarantine_by_registry ON quarantine (registry_id, state, id);

-- Enterprises, and unions without a host. A merged one redirects.
CREATE TABLE entity (
    id          TEXT    NOT NULL PRIMARY KEY,
    merged_into TEXT,
    since       INTEGER NOT NULL,                     -- edition number that first had it
    until       INTEGER                               -- edition number that no longer had it
) WITHOUT ROWID;

-- Which records are which entity, and why.
CREATE TABLE link (
    record_id   INTEGER NOT NULL,
    part        INTEGER NOT NULL,
    entity_id   TEXT    NOT NULL,
    method      TEXT    NOT NULL,
    weight      REAL,
    evidence    TEXT,                                 -- JSON
    runner_up   TEXT,
    refused     TEXT,
    PRIMARY KEY (record_id, part)
) WITHOUT ROWID;

CREATE TABLE review_pair (
    id             TEXT    NOT NULL PRIMARY KEY,
    left_registry  TEXT    NOT NULL, left_key  TEXT NOT NULL, left_part  INTEGER NOT NULL,
    right_registry TEXT    NOT NULL, right_key TEXT NOT NULL, right_part INTEGER NOT NULL,
    entities       TEXT    NOT NULL,                  -- JSON array of entity ids
    weight         REAL    NOT NULL,
    evidence       TEXT    NOT NULL,
    effect         TEXT    NOT NULL,
    rank           REAL    NOT NULL                   -- what a decision would change on the gap list
) WITHOUT ROWID;

CREATE TABLE judgement (
    id             TEXT    NOT NULL PRIMARY KEY,
    verdict        TEXT    NOT NULL,
    left_registry  TEXT    NOT NULL, left_key  TEXT NOT NULL, left_part  INTEGER NOT NULL,
    right_registry TEXT    NOT NULL, right_key TEXT NOT NULL, right_part INTEGER NOT NULL,
    reason         TEXT,
    by_whom        TEXT,
    at             INTEGER NOT NULL,
    withdrawn_at   INTEGER,
    withdrawn_by   TEXT,
    withdrawn_why  TEXT,
    idempotency    TEXT    UNIQUE
) WITHOUT ROWID;

CREATE TABLE finding (
    id             TEXT    NOT NULL PRIMARY KEY,
    enterprise_id  TEXT    NOT NULL,
    reason         TEXT    NOT NULL,
    note           TEXT,
    by_whom        TEXT,
    at             INTEGER NOT NULL,
    until          TEXT,
    withdrawn_at   INTEGER,
    withdrawn_by   TEXT,
    withdrawn_why  TEXT,
    idempotency    TEXT    UNIQUE
) WITHOUT ROWID;
CREATE INDEX finding_by_enterprise ON finding (enterprise_id);

CREATE TABLE target (
    area        TEXT    NOT NULL,
    year        INTEGER NOT NULL,
    indicator   TEXT    NOT NULL,
    value       REAL    NOT NULL,
    responsible TEXT,
    by_whom     TEXT,
    at          INTEGER NOT NULL,
    PRIMARY KEY (area, year, indicator)
) WITHOUT ROWID;

CREATE TABLE edition (
    number       INTEGER PRIMARY KEY,
    published_at INTEGER NOT NULL,
    as_of        TEXT    NOT NULL,
    digest       TEXT    NOT NULL,
    enterprises  INTEGER NOT NULL,
    sources      TEXT    NOT NULL,                    -- JSON [{name, as_of, records, stale}]
    removed_at   INTEGER
);

-- What changed about an enterprise from one edition to the next.
CREATE TABLE change (
    id            INTEGER PRIMARY KEY,
    enterprise_id TEXT    NOT NULL,
    edition       INTEGER NOT NULL,
    at            INTEGER NOT NULL,
    field         TEXT,
    what          TEXT    NOT NULL,
    from_value    TEXT,
    to_value      TEXT,
    registry      TEXT
);
CREATE INDEX change_by_enterprise ON change (enterprise_id, id);

CREATE TABLE token (
    id         TEXT    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    role       TEXT    NOT NULL,                      -- admin analyst district client ingest
    registry   TEXT,                                  -- of an ingest token
    areas      TEXT,                                  -- JSON array, null = all
    scopes     TEXT,                                  -- JSON array
    hash       TEXT    NOT NULL UNIQUE,               -- SHA-256 of the secret, hex
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
) WITHOUT ROWID;

CREATE TABLE export (
    id         TEXT    NOT NULL PRIMARY KEY,
    format     TEXT    NOT NULL,
    state      TEXT    NOT NULL,                      -- WAITING RUNNING DONE FAILED
    request    TEXT    NOT NULL,                      -- JSON
    by_whom    TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    total_rows INTEGER,
    sha256     TEXT,
    path       TEXT,
    error      TEXT,
    idempotency TEXT   UNIQUE
) WITHOUT ROWID;

CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
