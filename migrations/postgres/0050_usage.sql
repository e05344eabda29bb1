-- Who read which registry's fields, for which purpose: one row per day, caller, purpose and registry.
CREATE TABLE usage (
    day         TEXT    NOT NULL,
    registry    TEXT    NOT NULL,
    who         TEXT    NOT NULL,
    purpose     TEXT    NOT NULL DEFAULT '',         -- as the caller gave it
    fields      BIGINT NOT NULL,                    -- bits over the fields of an enterprise, lowest first
    enterprises BIGINT NOT NULL,                    -- of all answers together; one shown twice counts twice
    answers     BIGINT NOT NULL,
    PRIMARY KEY (day, registry, who, purpose)
);
