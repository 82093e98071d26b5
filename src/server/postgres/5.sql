-- Version 5: what of a volume the quota bounds (NULL in an older row: all of it), and whose an
-- upload is.
ALTER TABLE volume ADD COLUMN IF NOT EXISTS bound_packets BIGINT;
ALTER TABLE volume ADD COLUMN IF NOT EXISTS bound_bytes BIGINT;
ALTER TABLE upload ADD COLUMN IF NOT EXISTS sender TEXT;
CREATE INDEX IF NOT EXISTS upload_sender ON upload (sender);
