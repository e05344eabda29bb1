-- What persons changed of the policy, over what huitu.toml says. The newest version is in force; none is ever changed.
CREATE TABLE policy_version (
    number  BIGINT NOT NULL PRIMARY KEY,           -- from 1 on, without a gap
    at      BIGINT NOT NULL,
    by_whom TEXT NOT NULL,
    reason  TEXT NOT NULL,
    changed TEXT NOT NULL,                         -- JSON: what this version changed; {}: it took everything back
    saved   TEXT NOT NULL                          -- JSON: all that stands over huitu.toml since; {}: nothing
);
