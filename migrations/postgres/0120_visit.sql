-- Visit lists: which doors, in which order, for whom; and what was brought back. A visit is never deleted, only taken back.
CREATE TABLE visit_list (
    id          TEXT    NOT NULL PRIMARY KEY,
    title       TEXT    NOT NULL,
    drawn_at    BIGINT NOT NULL,
    drawn_by    TEXT,
    edition     BIGINT NOT NULL,
    owner_unit  TEXT,
    owner_role  TEXT,
    owner_name  TEXT,
    due         TEXT    NOT NULL,                     -- ISO date; 9999-12-31: none
    expires     TEXT    NOT NULL                      -- last day on which a copy may be taken and a visit counts unasked
);
CREATE INDEX visit_list_by_time ON visit_list (drawn_at, id);

CREATE TABLE visit_stop (
    list_id       TEXT    NOT NULL,
    place         BIGINT NOT NULL,                   -- in walking order, from 1
    case_id       TEXT    NOT NULL,
    enterprise_id TEXT    NOT NULL,
    version       BIGINT NOT NULL,                   -- of the case, as the copy says it
    PRIMARY KEY (list_id, place)
);
CREATE INDEX visit_stop_by_case ON visit_stop (case_id, list_id);

CREATE TABLE visit (
    id            BIGINT NOT NULL PRIMARY KEY,
    list_id       TEXT    NOT NULL,
    case_id       TEXT    NOT NULL,
    enterprise_id TEXT    NOT NULL,
    visitor       TEXT    NOT NULL,
    door          TEXT    NOT NULL,
    answer        TEXT,
    on_date       TEXT,
    assessment    BIGINT,
    note          TEXT,
    visited_at    BIGINT,
    brought_at    BIGINT NOT NULL,
    brought_by    TEXT,
    state         TEXT    NOT NULL,                   -- COUNTS ASKED DISMISSED TAKEN_BACK
    doubt         TEXT,                               -- JSON {code, zh, en}: why a person is asked
    finding_id    TEXT,
    first_event   BIGINT,                            -- the steps of the case that it made
    last_event    BIGINT,
    digest        TEXT    NOT NULL UNIQUE             -- of list, case and what was written: brought twice, it is one
);
CREATE INDEX visit_by_list ON visit (list_id, id);
CREATE INDEX visit_by_case ON visit (case_id, id);
