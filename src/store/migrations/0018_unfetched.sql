-- Packets that the server has for this office and that this desk could not fetch: when they are
-- tried again, why they did not come, and whether a person gave them up. This desk's alone.
CREATE TABLE unfetched (
    server TEXT NOT NULL,
    server_id TEXT NOT NULL,
    -- As the server listed it, in JSON.
    item TEXT NOT NULL,
    tries INTEGER NOT NULL,
    not_before_millis INTEGER NOT NULL,
    -- Why it did not come: the code of a problem, and what people are told; whether waiting
    -- mends it.
    code TEXT NOT NULL,
    detail TEXT NOT NULL,
    passes INTEGER NOT NULL,
    -- Why it was given up, and by whom; whether the server has been told.
    given_up TEXT NOT NULL DEFAULT '',
    given_up_by TEXT NOT NULL DEFAULT '',
    is_told INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (server, server_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX unfetched_due ON unfetched (server, not_before_millis);
