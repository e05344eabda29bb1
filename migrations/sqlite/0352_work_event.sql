-- What happened to visit lists and duties, for whoever watches. Only what has happened since this step is here; nothing is ever changed.
CREATE TABLE work_event (
    id      INTEGER NOT NULL PRIMARY KEY,             -- in the order of what happened, over all lists and duties
    noun    TEXT    NOT NULL,                         -- VISIT_LIST DUTY
    thing   TEXT    NOT NULL,                         -- id of the list or duty
    at      INTEGER NOT NULL,
    by_whom TEXT,
    what    TEXT    NOT NULL,                         -- DRAWN BROUGHT SETTLED TAKEN_BACK; GIVEN ENDED
    visits  INTEGER                                   -- of a list: visits that it concerns
);
