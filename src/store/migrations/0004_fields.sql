-- Fields of inbound documents that the program filled in and nobody has confirmed. Replicated.

CREATE TABLE inbound_proposed (
    document BLOB PRIMARY KEY,
    fields   TEXT NOT NULL                  -- names, JSON of the operation
) STRICT, WITHOUT ROWID;
