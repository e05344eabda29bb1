-- What people enter of the federation: units, figures, posts, places and the rest. Never changed: what is entered again, or taken back
-- (body NULL), is a new row, and the last row of a noun and key counts.
CREATE TABLE federation_entry (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    noun     TEXT    NOT NULL,                    -- UNIT, FIGURE, ...
    key      TEXT    NOT NULL,                    -- what it is known by among its like
    body     TEXT,                                -- JSON; NULL: taken back
    at       INTEGER NOT NULL,                    -- milliseconds since 1970
    by_whom  TEXT
);
CREATE INDEX federation_entry_key ON federation_entry (noun, key, seq);
