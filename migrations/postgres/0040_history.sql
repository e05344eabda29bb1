-- What an edition rested on, so that it can be made again from the store.
CREATE TABLE edition_basis (
    edition BIGINT PRIMARY KEY,
    landing BIGINT NOT NULL,                         -- the last landing it read
    first   BIGINT NOT NULL,                         -- 1: nothing came before it, what lacks a union lacked it before
    made_by TEXT    NOT NULL                          -- JSON {name: digest} of program, rules, policy, weights, connectors
);

-- What a link was before an edition changed it: entity_id is null where the record stood alone or was not there.
CREATE TABLE link_version (
    record_id BIGINT NOT NULL,
    part      BIGINT NOT NULL,
    until     BIGINT NOT NULL,                       -- the edition that changed it
    entity_id TEXT,
    PRIMARY KEY (record_id, part, until)
);

-- Enterprises that an edition after the first found newly lacking a union.
CREATE TABLE lacking_since (
    enterprise_id TEXT    NOT NULL,
    edition       BIGINT NOT NULL,
    since         TEXT    NOT NULL,
    PRIMARY KEY (enterprise_id, edition)
);

-- The editions that rested on what a person said: from the first one to before the last.
ALTER TABLE judgement ADD COLUMN first_edition BIGINT;
ALTER TABLE judgement ADD COLUMN until_edition BIGINT;
ALTER TABLE finding ADD COLUMN first_edition BIGINT;
ALTER TABLE finding ADD COLUMN until_edition BIGINT;

-- What targets were before persons changed them.
CREATE TABLE target_version (
    area        TEXT    NOT NULL,
    year        BIGINT NOT NULL,
    indicator   TEXT    NOT NULL,
    value       DOUBLE PRECISION  NOT NULL,
    responsible TEXT,
    by_whom     TEXT,
    at          BIGINT NOT NULL,
    replaced_at BIGINT NOT NULL,
    PRIMARY KEY (area, year, indicator, at)
);
