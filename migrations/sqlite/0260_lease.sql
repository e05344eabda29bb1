-- Who writes on behalf of all nodes: leading a sync (1), the turn to write (2). Only PostgreSQL has several nodes.
CREATE TABLE lease (
    id      INTEGER PRIMARY KEY,
    token   INTEGER NOT NULL,                         -- grows with every holder: what an earlier one begins is refused
    holder  TEXT    NOT NULL,                        -- name of its sessions in the database
    beat_at INTEGER NOT NULL                          -- milliseconds since 1970 by the database's clock
);
