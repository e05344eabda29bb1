-- What a caller keeps for themselves: who they are in the federation, and views of pages under a name.
CREATE TABLE caller_seat (
    caller   TEXT   NOT NULL PRIMARY KEY,             -- id of the token
    unit     TEXT   NOT NULL,
    role     TEXT,
    name     TEXT,
    at       BIGINT NOT NULL
);

CREATE TABLE saved_view (
    caller   TEXT   NOT NULL,                         -- id of the token
    page     TEXT   NOT NULL,
    name     TEXT   NOT NULL,
    query    TEXT   NOT NULL,                         -- of the page's address
    at       BIGINT NOT NULL,
    PRIMARY KEY (caller, page, name)
);
