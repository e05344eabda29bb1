-- What an edition rested on, so that it can be made again from the store.
CREATE TABLE edition_basis (
    edition INTEGER PRIMARY KEY,
    landing INTEGER NOT NULL,                         -- the last landing it read
    first   INTEGER NOT NULL,                         -- 1: nothing came before it, what lacks a union lacked it before
    made_by TEXT    NOT NULL                          -- JSON {name: digest} of program, rules, policy, weights, connectors
);

-- What a link was before an edition changed it: entity_id is null where the record stood alone or was not there.
CREATE TABLE link_version (
    record_id INTEGER NOT NULL,
    part      INTEGER NOT NULL,
    until     INTEGER NOT NULL,                       -- the edition that changed it
    entity_id TEXT,
    PRIMARY KEY (record_id, part, until)
) WITHOUT ROWID;

-- Enterprises that an edition after the first found newly lacking a union.
CREATE TABLE lacking_since (
    enterprise_id TEXT    NOT NULL,
    edition       INTEGER NOT NULL,
    since         TEXT    NOT NULL,
    PRIMARY KEY (enterprise_id, edition)
) WITHOUT ROWID;

-- The editions that rested on what a person said: from the first one to before the last.
ALTER TABLE judgement ADD COLUMN first_edition INTEGER;
ALTER TABLE judgement ADD COLUMN until_edition INTEGER;
ALTER TABLE finding ADD COLUMN first_edition INTEGER;
ALTER TABLE finding ADD COLUMN until_edition INTEGER;

-- What targets were before persons changed them.
CREATE TABLE target_version (
    area        TEXT    NOT NULL,
    year        INTEGER NOT NULL,
    indicator   TEXT    NOT NULL,
    value       REAL    NOT NULL,
    responsible TEXT,
    by_whom     TEXT,
    at          INTEGER NOT NULL,
    replaced_at INTEGER NOT NULL,
    PRIMARY KEY (area, year, indicator, at)
) WITHOUT ROWID;
