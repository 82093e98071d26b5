-- Version 3: the chain of each sender, keys that are replaced by and by, uploads as rows.
ALTER TABLE packet ADD COLUMN number INTEGER NOT NULL DEFAULT 0;
ALTER TABLE packet ADD COLUMN link TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX packet_chain ON packet (sender, number) WHERE number > 0;
-- The last link of a sender's chain: what is missing at its end is told by this.
CREATE TABLE chain (
    sender TEXT PRIMARY KEY REFERENCES agency (code),
    number INTEGER NOT NULL,
    link   TEXT NOT NULL
) STRICT;

CREATE TABLE office_key (
    id      TEXT PRIMARY KEY,
    agency  TEXT NOT NULL REFERENCES agency (code),
    -- Sealed with the server's key.
    secret  BLOB NOT NULL,
    made_at TEXT NOT NULL,
    ends_at TEXT
) STRICT;
CREATE INDEX office_key_agency ON office_key (agency);
INSERT INTO office_key (id, agency, secret, made_at)
SELECT lower(hex(randomblob(16))), code, secret, strftime('%Y-%m-%dT%H:%M:%SZ', 'now')
FROM agency WHERE secret IS NOT NULL;
ALTER TABLE agency DROP COLUMN secret;

-- What all who use this database must agree on.
CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE upload (
    name       TEXT PRIMARY KEY,
    -- What it is to become, JSON.
    note       TEXT NOT NULL,
    reached    INTEGER NOT NULL,
    writer     TEXT,
    touched_at TEXT NOT NULL
) STRICT;
CREATE INDEX upload_touched ON upload (touched_at);
CREATE TABLE upload_part (
    upload TEXT NOT NULL REFERENCES upload (name) ON DELETE CASCADE,
    start  INTEGER NOT NULL,
    length INTEGER NOT NULL,
    file   TEXT NOT NULL,
    PRIMARY KEY (upload, start)
) STRICT;
