-- Version 1. Times are RFC 3339 in UTC, hashes lower-case hex.
CREATE TABLE agency (
    code    TEXT PRIMARY KEY,
    -- The whole entry of the directory, JSON.
    entry   TEXT NOT NULL,
    -- Sealed with the server's key; NULL for an agency that may not call.
    secret  BLOB,
    version INTEGER NOT NULL
) STRICT;
CREATE INDEX agency_version ON agency (version);

CREATE TABLE packet (
    id          TEXT PRIMARY KEY,
    sender      TEXT NOT NULL REFERENCES agency (code),
    key         TEXT NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN ('document', 'status')),
    sha256      TEXT NOT NULL CHECK (length(sha256) = 64),
    size        INTEGER NOT NULL,
    received_at TEXT NOT NULL,
    UNIQUE (sender, key)
) STRICT;

CREATE TABLE delivery (
    -- AUTOINCREMENT: a place is never given twice, also not after the last row is removed.
    place        INTEGER PRIMARY KEY AUTOINCREMENT,
    packet       TEXT NOT NULL REFERENCES packet (id),
    recipient    TEXT NOT NULL REFERENCES agency (code),
    fetched_at   TEXT,
    outcome      TEXT CHECK (outcome IN ('kept', 'refused')),
    confirmed_at TEXT,
    UNIQUE (packet, recipient)
) STRICT;
CREATE INDEX delivery_inbox ON delivery (recipient, place);
CREATE INDEX delivery_waiting ON delivery (recipient, place) WHERE outcome IS NULL;
