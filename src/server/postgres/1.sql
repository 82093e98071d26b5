-- Version 1. The same as SQLite's, in what PostgreSQL and the distributed engines that speak
-- its protocol have in common: no sequences, no triggers, no extensions.
-- Each statement may be run again: not every engine makes tables within a transaction.
CREATE TABLE IF NOT EXISTS agency (
    code    TEXT PRIMARY KEY,
    -- The whole entry of the directory, JSON.
    entry   TEXT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS agency_version ON agency (version);

-- Its only row is locked by who changes the directory: versions appear in their order.
CREATE TABLE IF NOT EXISTS directory (one BIGINT PRIMARY KEY, version BIGINT NOT NULL);
INSERT INTO directory (one, version) VALUES (1, 0) ON CONFLICT DO NOTHING;

CREATE TABLE IF NOT EXISTS office_key (
    id      UUID PRIMARY KEY,
    agency  TEXT NOT NULL REFERENCES agency (code),
    -- Sealed with the server's key.
    secret  BYTEA NOT NULL,
    made_at TIMESTAMPTZ NOT NULL,
    ends_at TIMESTAMPTZ
);
CREATE INDEX IF NOT EXISTS office_key_agency ON office_key (agency);

-- The last place that was given in a recipient's mailbox. Who delivers locks the row until
-- the commit, so that places become visible in their order and no cursor passes one.
CREATE TABLE IF NOT EXISTS mailbox (recipient TEXT PRIMARY KEY, last BIGINT NOT NULL);

-- The last link of a sender's chain, locked in the same way.
CREATE TABLE IF NOT EXISTS chain (
    sender TEXT PRIMARY KEY,
    number BIGINT NOT NULL,
    link   TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS packet (
    id          UUID PRIMARY KEY,
    sender      TEXT NOT NULL REFERENCES agency (code),
    key         TEXT NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN ('document', 'status')),
    sha256      TEXT NOT NULL CHECK (length(sha256) = 64),
    size        BIGINT NOT NULL,
    received_at TIMESTAMPTZ NOT NULL,
    number      BIGINT NOT NULL,
    link        TEXT NOT NULL,
    UNIQUE (sender, key),
    UNIQUE (sender, number)
);
CREATE INDEX IF NOT EXISTS packet_sent ON packet (sender, kind, id);

CREATE TABLE IF NOT EXISTS delivery (
    recipient    TEXT NOT NULL,
    place        BIGINT NOT NULL,
    packet       UUID NOT NULL REFERENCES packet (id),
    fetched_at   TIMESTAMPTZ,
    outcome      TEXT CHECK (outcome IN ('kept', 'refused')),
    confirmed_at TIMESTAMPTZ,
    PRIMARY KEY (recipient, place),
    UNIQUE (packet, recipient)
);
CREATE INDEX IF NOT EXISTS delivery_waiting ON delivery (recipient, place) WHERE outcome IS NULL;

CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL);

CREATE TABLE IF NOT EXISTS upload (
    name       TEXT PRIMARY KEY,
    -- What it is to become, JSON.
    note       TEXT NOT NULL,
    reached    BIGINT NOT NULL,
    writer     UUID,
    touched_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX IF NOT EXISTS upload_touched ON upload (touched_at);
CREATE TABLE IF NOT EXISTS upload_part (
    upload TEXT NOT NULL REFERENCES upload (name) ON DELETE CASCADE,
    start  BIGINT NOT NULL,
    length BIGINT NOT NULL,
    file   TEXT NOT NULL,
    PRIMARY KEY (upload, start)
);
