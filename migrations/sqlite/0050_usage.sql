-- Who read which registry's fields, for which purpose: one row per day, caller, purpose and registry.
CREATE TABLE usage (
    day         TEXT    NOT NULL,
    registry    TEXT    NOT NULL,
    who         TEXT    NOT NULL,
    purpose     TEXT    NOT NULL DEFAULT '',         -- as the caller gave it
    fields      INTEGER NOT NULL,                    -- bits over the fields of an enterprise, lowest first
    enterprises INTEGER NOT NULL,                    -- of all answers together; one shown twice counts twice
    answers     INTEGER NOT NULL,
    PRIMARY KEY (day, registry, who, purpose)
) WITHOUT ROWID;
