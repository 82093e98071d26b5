-- Version 4: what the operators look at and after.
ALTER TABLE agency ADD COLUMN disabled_at TEXT;
-- Bytes and packets a day; NULL for the server's own limits.
ALTER TABLE agency ADD COLUMN day_bytes INTEGER;
ALTER TABLE agency ADD COLUMN day_packets INTEGER;

CREATE TABLE volume (
    day     TEXT NOT NULL,
    sender  TEXT NOT NULL,
    packets INTEGER NOT NULL,
    bytes   INTEGER NOT NULL,
    PRIMARY KEY (day, sender)
) STRICT;
CREATE TABLE presence (office TEXT PRIMARY KEY REFERENCES agency (code), seen_at TEXT NOT NULL) STRICT;
CREATE TABLE refusal (
    day    TEXT NOT NULL,
    office TEXT NOT NULL REFERENCES agency (code),
    reason TEXT NOT NULL,
    count  INTEGER NOT NULL,
    PRIMARY KEY (day, office, reason)
) STRICT;

-- When the bytes were given up; the row stays.
ALTER TABLE packet ADD COLUMN retired_at TEXT;
CREATE INDEX packet_age ON packet (received_at) WHERE retired_at IS NULL;
CREATE INDEX packet_bytes ON packet (sha256) WHERE retired_at IS NULL;
-- Bytes that may go, since when, and since when somebody is removing them.
CREATE TABLE doomed (sha256 TEXT PRIMARY KEY, since TEXT NOT NULL, claimed_at TEXT) STRICT;
