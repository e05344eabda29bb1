-- Publications that differ too far from what is published and wait for a person. The newest row is the one that counts.
CREATE TABLE held_edition (
    id         INTEGER PRIMARY KEY,
    state      TEXT    NOT NULL,                      -- HELD RELEASED REJECTED SUPERSEDED PUBLISHED
    inputs     TEXT    NOT NULL,                      -- digest of what it would rest on
    substance  TEXT    NOT NULL,                      -- the same without the day
    held_at    INTEGER NOT NULL,
    jumps      TEXT    NOT NULL,                      -- JSON [{measure, before, after, limit_percent}]
    causes     TEXT    NOT NULL,                      -- JSON [{code, zh, en}]
    decided_by  TEXT,
    decided_why TEXT,
    decided_at  INTEGER,
    edition     INTEGER                               -- the edition that was published of it
);
