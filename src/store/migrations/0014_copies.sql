-- Certified copies. Replicated.
CREATE TABLE certified_copy (
    row      INTEGER PRIMARY KEY,
    id       BLOB NOT NULL UNIQUE,
    document BLOB NOT NULL,                 -- what it is a copy of
    body     TEXT NOT NULL                  -- JSON of the operation
) STRICT;
CREATE INDEX certified_copy_document ON certified_copy (document, row);
