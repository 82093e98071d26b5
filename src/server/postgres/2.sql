-- Version 2: what the operators look at and after.
ALTER TABLE agency ADD COLUMN IF NOT EXISTS disabled_at TIMESTAMPTZ;
-- Bytes and packets a day; NULL for the server's own limits.
ALTER TABLE agency ADD COLUMN IF NOT EXISTS day_bytes BIGINT;
ALTER TABLE agency ADD COLUMN IF NOT EXISTS day_packets BIGINT;

-- Days are written as 2026-11-30.
CREATE TABLE IF NOT EXISTS volume (
    sender  TEXT NOT NULL,
    day     TEXT NOT NULL,
    packets BIGINT NOT NULL,
    bytes   BIGINT NOT NULL,
    PRIMARY KEY (sender, day)
);
CREATE TABLE IF NOT EXISTS presence (office TEXT PRIMARY KEY, seen_at TIMESTAMPTZ NOT NULL);
CREATE TABLE IF NOT EXISTS refusal (
    office TEXT NOT NULL,
    day    TEXT NOT NULL,
    reason TEXT NOT NULL,
    count  BIGINT NOT NULL,
    PRIMARY KEY (office, day, reason)
);

-- When the bytes were given up; the row stays.
ALTER TABLE packet ADD COLUMN IF NOT EXISTS retired_at TIMESTAMPTZ;
CREATE INDEX IF NOT EXISTS packet_age ON packet (received_at) WHERE retired_at IS NULL;
CREATE INDEX IF NOT EXISTS packet_bytes ON packet (sha256) WHERE retired_at IS NULL;
-- Bytes that may go, since when, and since when somebody is removing them.
CREATE TABLE IF NOT EXISTS doomed (
    sha256 TEXT PRIMARY KEY, since TIMESTAMPTZ NOT NULL, claimed_at TIMESTAMPTZ
);
