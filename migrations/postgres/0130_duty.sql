-- Who is responsible for what, from and until. A duty is never changed, only ended.
CREATE TABLE duty (
    id            TEXT    NOT NULL PRIMARY KEY,
    unit          TEXT    NOT NULL,
    role          TEXT,
    name          TEXT,
    is_first      BIGINT NOT NULL,                   -- 1: the first responsible person of the unit
    area          TEXT,                               -- what for: an area,
    industry      TEXT,                               -- a section or division,
    building      TEXT,                               -- a part of the address,
    enterprise_id TEXT,                               -- one enterprise; all that are given must hold
    starts        TEXT    NOT NULL,
    ends          TEXT,                               -- last day; NULL: open
    at            BIGINT NOT NULL,
    by_whom       TEXT,
    ended_at      BIGINT,                            -- when somebody ended it
    ended_by      TEXT
);
CREATE INDEX duty_by_unit ON duty (unit, starts, id);
