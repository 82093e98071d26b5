-- Settling inbound documents, and what their senders demand afterwards. Replicated.

CREATE TABLE unit (
    key  TEXT PRIMARY KEY,
    body TEXT NOT NULL                      -- JSON of the operation
) STRICT, WITHOUT ROWID;

-- Everybody who has or had a document in hand, in the order in which they got it.
CREATE TABLE handler (
    document  BLOB    NOT NULL,
    position  INTEGER NOT NULL,
    party     TEXT    NOT NULL,             -- user:be, unit:tu-phap
    part      TEXT    NOT NULL,
    direction TEXT    NOT NULL,
    due       TEXT,
    given_by  TEXT    NOT NULL,
    given_at_millis INTEGER NOT NULL,
    active    INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (document, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX handler_party ON handler (document, party) WHERE active = 1;

-- Documents on which the office still has work, by their term; without one they come last.
CREATE TABLE open_work (
    document BLOB PRIMARY KEY,
    due      TEXT    NOT NULL,
    row      INTEGER NOT NULL               -- of the inbound document
) STRICT, WITHOUT ROWID;
CREATE INDEX open_work_due ON open_work (due, row);

CREATE TABLE seen (
    document  BLOB    NOT NULL,
    user      TEXT    NOT NULL,
    at_millis INTEGER NOT NULL,
    PRIMARY KEY (document, user)
) STRICT, WITHOUT ROWID;

CREATE TABLE progress (
    row       INTEGER PRIMARY KEY,
    document  BLOB    NOT NULL,
    user      TEXT    NOT NULL,
    at_millis INTEGER NOT NULL,
    body      TEXT    NOT NULL
) STRICT;
CREATE INDEX progress_document ON progress (document);

CREATE TABLE note (
    row       INTEGER PRIMARY KEY,
    document  BLOB    NOT NULL,
    user      TEXT    NOT NULL,
    at_millis INTEGER NOT NULL,
    text      TEXT    NOT NULL,
    private   INTEGER NOT NULL
) STRICT;
CREATE INDEX note_document ON note (document);

CREATE TABLE answer (
    inbound  BLOB NOT NULL,
    outbound BLOB NOT NULL,
    PRIMARY KEY (inbound, outbound)
) STRICT, WITHOUT ROWID;
CREATE INDEX answer_outbound ON answer (outbound);

-- What senders demand: recall, update, replacement.
CREATE TABLE demand (
    row         INTEGER PRIMARY KEY,
    id          BLOB NOT NULL UNIQUE,
    kind        TEXT NOT NULL,
    sender      TEXT NOT NULL,
    document_id TEXT,                       -- as the sender names it
    document    BLOB,                       -- NULL while it is not here
    replacement BLOB,
    answer_by   TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('waiting', 'open', 'agreed', 'refused')),
    body        TEXT NOT NULL,              -- JSON of the operation
    answer      TEXT
) STRICT;
CREATE INDEX demand_document ON demand (document) WHERE document IS NOT NULL;
CREATE INDEX demand_replacement ON demand (replacement) WHERE replacement IS NOT NULL;
CREATE INDEX demand_unmatched ON demand (document_id) WHERE document IS NULL;
CREATE INDEX demand_pressing ON demand (answer_by, row) WHERE state IN ('waiting', 'open');
CREATE TABLE demand_told (
    demand BLOB    NOT NULL,
    user   TEXT    NOT NULL,
    noticed INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (demand, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX demand_unnoticed ON demand_told (user) WHERE noticed = 0;

-- Kept by triggers, so that whatever moves a document keeps its term in order.

CREATE TRIGGER inbound_work_came AFTER INSERT ON inbound BEGIN
    INSERT INTO open_work
        VALUES (NEW.key, coalesce(json_extract(NEW.metadata, '$.due'), '9999-12-31'), NEW.row);
END;
CREATE TRIGGER inbound_work_changed AFTER UPDATE OF state, metadata, assignment ON inbound BEGIN
    DELETE FROM open_work WHERE document = NEW.key;
    INSERT INTO open_work
        SELECT NEW.key, coalesce(json_extract(NEW.assignment, '$.due'),
                                 json_extract(NEW.metadata, '$.due'), '9999-12-31'), NEW.row
        WHERE NEW.state NOT IN ('completed', 'returned', 'recalled');
END;
-- An assignment that was taken back leaves nobody with the document.
CREATE TRIGGER inbound_unassigned AFTER UPDATE OF state ON inbound
WHEN OLD.state = 'assigned' AND NEW.state = 'registered' BEGIN
    UPDATE handler SET active = 0 WHERE document = NEW.key AND active = 1;
END;

-- What stands in a store of before.

INSERT INTO open_work
    SELECT key, coalesce(json_extract(assignment, '$.due'), json_extract(metadata, '$.due'),
                         '9999-12-31'), row
    FROM inbound WHERE state NOT IN ('completed', 'returned', 'recalled');
INSERT INTO handler
    SELECT document,
           row_number() OVER (PARTITION BY document ORDER BY row) - 1,
           'user:' || json_extract(body, '$.change.assignment.user'),
           'lead',
           json_extract(body, '$.change.assignment.direction'),
           json_extract(body, '$.change.assignment.due'),
           json_extract(body, '$.user'),
           millis,
           row = max(row) OVER (PARTITION BY document)
    FROM operation
    WHERE document IS NOT NULL AND json_extract(body, '$.change.change') = 'inbound_assigned';
