-- Who signed in through the identity provider, and until when. The secret of the cookie is kept only as SHA-256.
CREATE TABLE session (
    id           TEXT    NOT NULL PRIMARY KEY,
    hash         TEXT    NOT NULL UNIQUE,
    caller       TEXT    NOT NULL,                    -- one per account of the provider
    name         TEXT    NOT NULL,
    role         TEXT    NOT NULL,
    areas        TEXT,                                -- JSON list; NULL: all that the role sees
    registry     TEXT,                                -- of a department's account, by name
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    ended_at     BIGINT
);
CREATE INDEX session_by_time ON session (created_at, id);
CREATE INDEX session_by_caller ON session (caller, last_used_at);
