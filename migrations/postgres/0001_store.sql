-- Ids are numbered by the one writer (next = max + 1), times are milliseconds since 1970 UTC, dates ISO text, flags 0/1.

CREATE TABLE registry (
    id            BIGINT PRIMARY KEY,
    name          TEXT    NOT NULL UNIQUE,
    state         TEXT    NOT NULL DEFAULT 'NEVER',   -- CURRENT LATE FAILING HELD NEVER
    last_attempt  BIGINT,
    last_good     BIGINT,
    late_since    BIGINT,
    last_error    TEXT,                               -- stable code and safe text, JSON {code, zh, en}
    cursor        TEXT,                               -- where the next incremental pull starts, JSON
    fingerprint   TEXT,                               -- of source and connector at the last good batch
    records       BIGINT NOT NULL DEFAULT 0          -- records that are not gone
);

CREATE TABLE batch (
    id           BIGINT PRIMARY KEY,
    registry_id  BIGINT NOT NULL REFERENCES registry (id),
    started_at   BIGINT NOT NULL,
    finished_at  BIGINT,
    state        TEXT    NOT NULL,                    -- RUNNING DONE HELD REJECTED FAILED
    source       TEXT    NOT NULL,                    -- place, secrets masked
    complete     BIGINT NOT NULL,                    -- 1: every row of the registry; missing ones may be gone
    read_rows    BIGINT NOT NULL DEFAULT 0,
    landed       BIGINT NOT NULL DEFAULT 0,          -- new, changed and unchanged
    added        BIGINT NOT NULL DEFAULT 0,
    changed      BIGINT NOT NULL DEFAULT 0,
    unchanged    BIGINT NOT NULL DEFAULT 0,
    quarantined  BIGINT NOT NULL DEFAULT 0,
    gone         BIGINT NOT NULL DEFAULT 0,
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
    id          BIGINT PRIMARY KEY,
    registry_id BIGINT NOT NULL REFERENCES registry (id),
    columns     TEXT    NOT NULL                      -- JSON array of column names
);

-- Every row as it came. Numbered by arrival, so that rows are appended, not scattered by their keys.
CREATE TABLE record (
    id          BIGINT PRIMARY KEY,
    registry_id BIGINT NOT NULL,
    key         TEXT    COLLATE "C" NOT NULL,
    hash        BIGINT NOT NULL,                     -- xxh3 of payload, layout's columns included
    layout_id   BIGINT NOT NULL,
    batch_id    BIGINT NOT NULL,                     -- that last changed it
    landed_at   BIGINT NOT NULL,
    observed_at BIGINT,                              -- when the registry says it changed the row
    gone        BIGINT NOT NULL DEFAULT 0,
    payload     TEXT    NOT NULL                      -- JSON array of the cells as written, null where absent
);
CREATE UNIQUE INDEX record_by_key ON record (registry_id, key);

-- What a record was before its last change.
CREATE TABLE record_version (
    record_id   BIGINT NOT NULL,
    batch_id    BIGINT NOT NULL,                     -- that had brought it
    landed_at   BIGINT NOT NULL,
    replaced_by BIGINT NOT NULL,                     -- batch
    replaced_at BIGINT NOT NULL,
    layout_id   BIGINT NOT NULL,
    gone        BIGINT NOT NULL,
    payload     TEXT    NOT NULL,
    PRIMARY KEY (record_id, replaced_by)
);

CREATE TABLE quarantine (
    id          BIGINT PRIMARY KEY,
    registry_id BIGINT NOT NULL,
    batch_id    BIGINT NOT NULL,
    row_number  BIGINT NOT NULL,                     -- 1 = first row after the header
    byte_offset BIGINT,
    column_name TEXT,
    code        TEXT    NOT NULL,
    detail      TEXT    NOT NULL,
    raw         TEXT    NOT NULL,
    layout_id   BIGINT,
    state       TEXT    NOT NULL DEFAULT 'OPEN'       -- OPEN REPLAYED
);
CREATE INDEX quarantine_by_registry ON quarantine (registry_id, state, id);

-- Enterprises, and unions without a host. A merged one redirects.
CREATE TABLE entity (
    id          TEXT    NOT NULL PRIMARY KEY,
    merged_into TEXT,
    since       BIGINT NOT NULL,                     -- edition number that first had it
    until       BIGINT                               -- edition number that no longer had it
);

-- Which records are which entity, and why.
CREATE TABLE link (
    record_id   BIGINT NOT NULL,
    part        BIGINT NOT NULL,
    entity_id   TEXT    NOT NULL,
    method      TEXT    NOT NULL,
    weight      DOUBLE PRECISION,
    evidence    TEXT,                                 -- JSON
    runner_up   TEXT,
    refused     TEXT,
    PRIMARY KEY (record_id, part)
);

CREATE TABLE review_pair (
    id             TEXT    NOT NULL PRIMARY KEY,
    left_registry  TEXT    NOT NULL, left_key  TEXT NOT NULL, left_part  BIGINT NOT NULL,
    right_registry TEXT    NOT NULL, right_key TEXT NOT NULL, right_part BIGINT NOT NULL,
    entities       TEXT    NOT NULL,                  -- JSON array of entity ids
    weight         DOUBLE PRECISION    NOT NULL,
    evidence       TEXT    NOT NULL,
    effect         TEXT    NOT NULL,
    rank           DOUBLE PRECISION    NOT NULL                   -- what a decision would change on the gap list
);

CREATE TABLE judgement (
    id             TEXT    NOT NULL PRIMARY KEY,
    verdict        TEXT    NOT NULL,
    left_registry  TEXT    NOT NULL, left_key  TEXT NOT NULL, left_part  BIGINT NOT NULL,
    right_registry TEXT    NOT NULL, right_key TEXT NOT NULL, right_part BIGINT NOT NULL,
    reason         TEXT,
    by_whom        TEXT,
    at             BIGINT NOT NULL,
    withdrawn_at   BIGINT,
    withdrawn_by   TEXT,
    withdrawn_why  TEXT,
    idempotency    TEXT    UNIQUE
);

CREATE TABLE finding (
    id             TEXT    NOT NULL PRIMARY KEY,
    enterprise_id  TEXT    NOT NULL,
    reason         TEXT    NOT NULL,
    note           TEXT,
    by_whom        TEXT,
    at             BIGINT NOT NULL,
    until          TEXT,
    withdrawn_at   BIGINT,
    withdrawn_by   TEXT,
    withdrawn_why  TEXT,
    idempotency    TEXT    UNIQUE
);
CREATE INDEX finding_by_enterprise ON finding (enterprise_id);

CREATE TABLE target (
    area        TEXT    NOT NULL,
    year        BIGINT NOT NULL,
    indicator   TEXT    NOT NULL,
    value       DOUBLE PRECISION    NOT NULL,
    responsible TEXT,
    by_whom     TEXT,
    at          BIGINT NOT NULL,
    PRIMARY KEY (area, year, indicator)
);

CREATE TABLE edition (
    number       BIGINT PRIMARY KEY,
    published_at BIGINT NOT NULL,
    as_of        TEXT    NOT NULL,
    digest       TEXT    NOT NULL,
    enterprises  BIGINT NOT NULL,
    sources      TEXT    NOT NULL,                    -- JSON [{name, as_of, records, stale}]
    removed_at   BIGINT
);

-- What changed about an enterprise from one edition to the next.
CREATE TABLE change (
    id            BIGINT PRIMARY KEY,
    enterprise_id TEXT    NOT NULL,
    edition       BIGINT NOT NULL,
    at            BIGINT NOT NULL,
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
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT
);

CREATE TABLE export (
    id         TEXT    NOT NULL PRIMARY KEY,
    format     TEXT    NOT NULL,
    state      TEXT    NOT NULL,                      -- WAITING RUNNING DONE FAILED
    request    TEXT    NOT NULL,                      -- JSON
    by_whom    TEXT    NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    total_rows BIGINT,
    sha256     TEXT,
    path       TEXT,
    error      TEXT,
    idempotency TEXT   UNIQUE
);

CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
