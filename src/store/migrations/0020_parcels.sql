-- Local to this desk: what goes up as one parcel, because one packet is for several. Fixed before
-- the first byte leaves, so that a later try names the same recipients under the same key.
CREATE TABLE parcel (
    item   TEXT PRIMARY KEY,
    key    TEXT NOT NULL,                   -- its own where it goes alone again
    former TEXT NOT NULL DEFAULT ''         -- keys under which it may have gone before, by blanks
) STRICT, WITHOUT ROWID;
CREATE INDEX parcel_key ON parcel (key);
