-- Version 7: what of a volume the quota bounds (NULL in an older row: all of it), and whose an
-- upload is.
ALTER TABLE volume ADD COLUMN bound_packets INTEGER;
ALTER TABLE volume ADD COLUMN bound_bytes INTEGER;
ALTER TABLE upload ADD COLUMN sender TEXT;
CREATE INDEX upload_sender ON upload (sender);
