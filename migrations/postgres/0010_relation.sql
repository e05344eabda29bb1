-- Facts between two enterprises, or between one and a unit that is only named. Never a reason to join them.
CREATE TABLE relation (
    id          BIGINT PRIMARY KEY,
    from_entity TEXT    NOT NULL,
    kind        TEXT    NOT NULL,                  -- BRANCH_OF, ABSORBED_BY, RENAMED_FROM, SAME_GROUP
    to_entity   TEXT,
    name        TEXT    NOT NULL,                  -- the other unit, as the record names it
    since       TEXT,                              -- a date, or its year, or year and month
    registry    TEXT    NOT NULL,                  -- the record that says so
    key         TEXT    NOT NULL,
    part        BIGINT NOT NULL
);
CREATE INDEX relation_from ON relation (from_entity);
CREATE INDEX relation_to ON relation (to_entity);
CREATE INDEX entity_merged_into ON entity (merged_into);
