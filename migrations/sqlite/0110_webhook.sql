-- Who is told of changes by HTTP, and what is still to be delivered to whom.
CREATE TABLE webhook (
    id           TEXT    NOT NULL PRIMARY KEY,
    url          TEXT    NOT NULL,
    secret       TEXT    NOT NULL,                    -- signs every delivery; the receiver has the same
    owner        TEXT    NOT NULL,                    -- id of the token that made it: it ends with its token
    kinds        TEXT    NOT NULL,                    -- JSON [CASE, VERDICT]
    areas        TEXT    NOT NULL,                    -- JSON codes; [] is all
    created_at   INTEGER NOT NULL,
    removed_at   INTEGER,
    case_cursor   INTEGER NOT NULL,                   -- case_event.id up to which deliveries are made
    change_cursor INTEGER NOT NULL                    -- change.id up to which deliveries are made
);

CREATE TABLE webhook_delivery (
    id            INTEGER NOT NULL PRIMARY KEY,
    webhook_id    TEXT    NOT NULL,
    enterprise_id TEXT    NOT NULL,
    body          TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    state         TEXT    NOT NULL,                   -- WAITING DONE DEAD
    tries         INTEGER NOT NULL,
    since         INTEGER NOT NULL,                   -- given up so many days after this
    next_at       INTEGER NOT NULL,
    claimed_until INTEGER NOT NULL,                   -- somebody is sending it until then
    answered      TEXT                                -- what the receiver said last
);
CREATE INDEX webhook_delivery_due ON webhook_delivery (state, next_at, id);
CREATE INDEX webhook_delivery_order ON webhook_delivery (webhook_id, state, enterprise_id, id);
