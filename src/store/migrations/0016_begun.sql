-- The beginning of a packet whose fetching broke off, so that the next run goes on from there.
-- This desk's alone; the bytes stay as long as the row does.
CREATE TABLE begun_packet (
    server TEXT NOT NULL,
    server_id TEXT NOT NULL,
    hash TEXT NOT NULL,
    at_millis INTEGER NOT NULL,
    PRIMARY KEY (server, server_id)
) WITHOUT ROWID;
CREATE INDEX begun_packet_hash ON begun_packet (hash);

-- Whether a packet was queued before is asked with each one that is made.
CREATE INDEX outbox_packet ON outbox (packet);
