-- The newest check of an outbound document's layout. Replicated.

CREATE TABLE layout_check (
    document BLOB PRIMARY KEY,
    checks   INTEGER NOT NULL,              -- how many there were
    body     TEXT    NOT NULL               -- JSON of the newest
) STRICT, WITHOUT ROWID;
