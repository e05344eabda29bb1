-- How good a registry's data was, measured once for each batch that landed.
CREATE TABLE registry_quality (
    registry_id INTEGER NOT NULL,
    batch_id    INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    edition     INTEGER NOT NULL,
    measured    TEXT   NOT NULL,                      -- JSON
    PRIMARY KEY (registry_id, batch_id)
);
