-- What tells documents that came twice, and what came on paper. Replicated.

-- Every version of a main file that a document has had here.
CREATE TABLE main_hash (
    hash     TEXT NOT NULL,
    document BLOB NOT NULL,
    PRIMARY KEY (hash, document)
) STRICT, WITHOUT ROWID;
CREATE INDEX main_hash_document ON main_hash (document);
INSERT INTO main_hash
    SELECT DISTINCT json_extract(f.value, '$.blob'), d.key FROM inbound d, json_each(d.files) f
    WHERE json_extract(f.value, '$.main');

-- Number, notation and date as one word; documents that came before this are not in it.
CREATE TABLE inbound_code (
    document BLOB PRIMARY KEY,
    code     TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX inbound_code_code ON inbound_code (code, document);

CREATE TABLE duplicate (
    document BLOB NOT NULL,
    first    BLOB NOT NULL,                 -- the one that was here before
    grounds  TEXT NOT NULL,                 -- JSON
    reason   TEXT NOT NULL,                 -- why both are registered, if they are
    PRIMARY KEY (document, first)
) STRICT, WITHOUT ROWID;

-- The same main file, brought once more; no second document.
CREATE TABLE came_again (
    document  BLOB NOT NULL,
    packet    TEXT NOT NULL,
    at_millis INTEGER NOT NULL,
    origin    TEXT NOT NULL,
    PRIMARY KEY (document, packet)
) STRICT, WITHOUT ROWID;

CREATE TABLE paper (
    document BLOB PRIMARY KEY,
    body     TEXT NOT NULL                  -- JSON of the operation
) STRICT, WITHOUT ROWID;

-- Local to this desk: pages that are scanned and not a document yet, by who scanned them.
CREATE TABLE sheaf (
    user TEXT PRIMARY KEY,
    body TEXT NOT NULL                      -- JSON
) STRICT, WITHOUT ROWID;
CREATE TABLE sheaf_blob (
    user TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (user, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX sheaf_blob_hash ON sheaf_blob (hash);
