-- How good a registry's data was, measured once for each batch that landed.
CREATE TABLE registry_quality (
    registry_id BIGINT NOT NULL,
    batch_id    BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    edition     BIGINT NOT NULL,
    measured    TEXT   NOT NULL,                      -- JSON
    PRIMARY KEY (registry_id, batch_id)
);
