-- Lists of enterprises with a name: representatives' enterprises, new organisations, foreign firms, watch lists.
CREATE TABLE named_list (
    id          TEXT    NOT NULL PRIMARY KEY,
    title       TEXT    NOT NULL,
    purpose     TEXT    NOT NULL,
    source      TEXT    NOT NULL,
    expires     TEXT,                                 -- last day on which it is shown; NULL: open
    at          INTEGER NOT NULL,
    by_whom     TEXT,
    removed_at  INTEGER
);

CREATE TABLE named_entry (
    list_id       TEXT    NOT NULL,
    place         INTEGER NOT NULL,
    written       TEXT    NOT NULL,                   -- as it was given: a code, a name, an id
    enterprise_id TEXT,                               -- NULL: nobody, or several
    PRIMARY KEY (list_id, place)
);
