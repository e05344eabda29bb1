-- What persons changed of a registry's treatment (schedule, guard), over what its connector says. The newest version of a registry is
-- in force; none is ever changed.
CREATE TABLE registry_version (
    registry TEXT NOT NULL,                        -- name of the connector
    number   BIGINT NOT NULL,                      -- from 1 on, without a gap
    at       BIGINT NOT NULL,
    by_whom  TEXT NOT NULL,
    reason   TEXT NOT NULL,
    changed  TEXT NOT NULL,                        -- JSON: what this version changed; {}: it only took back
    saved    TEXT NOT NULL,                        -- JSON: all that stands over the connector since; {}: nothing
    PRIMARY KEY (registry, number)
);
