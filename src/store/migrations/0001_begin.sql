-- The first shape of the store.
--
-- Tables come in two kinds. *Replicated* tables hold what replaying the operations
-- gives; only `apply` writes them. *Local* tables belong to this desk alone. A table's
-- kind is written in `src/store/table.rs`, and a test knows them all.
--
-- Times are RFC 3339 in UTC, keys are the sixteen bytes of a UUID, enumerations are the
-- words of the operations, and whole values (metadata, files) are the JSON of the
-- operations, so that nothing is lost on the way.

-- Operations -----------------------------------------------------------------------

CREATE TABLE operation (
    row      INTEGER PRIMARY KEY,           -- order in which this store applied them
    id       BLOB    NOT NULL UNIQUE,
    desk     BLOB    NOT NULL,
    sequence INTEGER NOT NULL CHECK (sequence > 0),
    millis   INTEGER NOT NULL,              -- hybrid logical time
    counter  INTEGER NOT NULL,
    document BLOB,                          -- the document it is about, if any
    hash     TEXT    NOT NULL,
    body     TEXT    NOT NULL,              -- canonical JSON
    UNIQUE (desk, sequence)
) STRICT;
CREATE INDEX operation_document ON operation (document) WHERE document IS NOT NULL;

CREATE TRIGGER operation_unchanged BEFORE UPDATE ON operation
BEGIN SELECT RAISE (ABORT, 'an operation is never changed'); END;
CREATE TRIGGER operation_kept BEFORE DELETE ON operation
BEGIN SELECT RAISE (ABORT, 'an operation is never removed'); END;

-- Every blob that an operation ever named: kept for ever, earlier versions included.
CREATE TABLE named_blob (hash TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

-- The office and its people --------------------------------------------------------

CREATE TABLE office (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    agency  TEXT NOT NULL,
    profile TEXT NOT NULL
) STRICT;

CREATE TABLE user (
    name         TEXT PRIMARY KEY,
    display_name TEXT    NOT NULL,
    roles        TEXT    NOT NULL,
    disabled     INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE agency (
    row  INTEGER PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL
) STRICT;
CREATE TABLE agency_other_code (
    other TEXT NOT NULL,
    code  TEXT NOT NULL,
    PRIMARY KEY (other, code)
) STRICT, WITHOUT ROWID;
-- What was known of an agency, and from when on.
CREATE TABLE agency_version (
    row  INTEGER PRIMARY KEY,
    code TEXT    NOT NULL,
    body TEXT    NOT NULL,
    from_millis INTEGER NOT NULL
) STRICT;
CREATE INDEX agency_version_code ON agency_version (code);
CREATE VIRTUAL TABLE agency_words USING fts5 (
    words, content = '', contentless_delete = 1, prefix = '2 3',
    tokenize = 'unicode61 remove_diacritics 0'
);

-- Packets --------------------------------------------------------------------------

CREATE TABLE packet (
    row       INTEGER PRIMARY KEY,
    hash      TEXT    NOT NULL UNIQUE,
    size      INTEGER NOT NULL,
    origin    TEXT    NOT NULL,
    server_id TEXT    NOT NULL,
    state     TEXT    NOT NULL CHECK (state IN ('kept', 'taken', 'quarantined')),
    outcome   TEXT    NOT NULL DEFAULT '',
    code      TEXT    NOT NULL DEFAULT '',
    detail    TEXT    NOT NULL DEFAULT '',
    since_millis INTEGER NOT NULL
) STRICT;
CREATE INDEX packet_kept ON packet (row) WHERE state = 'kept';
CREATE INDEX packet_quarantined ON packet (row) WHERE state = 'quarantined';

-- Documents ------------------------------------------------------------------------

CREATE TABLE inbound (
    row          INTEGER PRIMARY KEY,       -- order of arrival
    key          BLOB NOT NULL UNIQUE,
    state        TEXT NOT NULL,
    sender       TEXT,
    sender_name  TEXT NOT NULL,
    metadata     TEXT NOT NULL,
    files        TEXT NOT NULL,
    packet       TEXT,
    arrived_at   TEXT NOT NULL,
    verdict      TEXT NOT NULL,
    registration TEXT,
    assignment   TEXT,
    reason       TEXT NOT NULL DEFAULT '',
    document_id  TEXT
) STRICT;
CREATE INDEX inbound_state ON inbound (state);
CREATE INDEX inbound_document_id ON inbound (document_id) WHERE document_id IS NOT NULL;
CREATE VIRTUAL TABLE inbound_words USING fts5 (
    words, content = '', contentless_delete = 1, prefix = '2 3',
    tokenize = 'unicode61 remove_diacritics 0'
);

CREATE TABLE outbound (
    row         INTEGER PRIMARY KEY,        -- order of drafting
    key         BLOB NOT NULL UNIQUE,
    state       TEXT NOT NULL,
    metadata    TEXT NOT NULL,
    files       TEXT NOT NULL,
    drafted_by  TEXT NOT NULL,
    drafted_at  TEXT NOT NULL,
    numbering   TEXT,
    issued_at   TEXT,
    reason      TEXT NOT NULL DEFAULT '',
    document_id TEXT,
    code        TEXT,                       -- folded number and notation, once numbered
    text        TEXT NOT NULL               -- last, since it is long and seldom read
) STRICT;
CREATE INDEX outbound_state ON outbound (state);
CREATE INDEX outbound_document_id ON outbound (document_id) WHERE document_id IS NOT NULL;
CREATE INDEX outbound_code ON outbound (code) WHERE code IS NOT NULL;
CREATE VIRTUAL TABLE outbound_words USING fts5 (
    words, content = '', contentless_delete = 1, prefix = '2 3',
    tokenize = 'unicode61 remove_diacritics 0'
);

CREATE TABLE delivery (
    document  BLOB    NOT NULL REFERENCES outbound (key),
    recipient TEXT    NOT NULL,
    position  INTEGER NOT NULL,
    name      TEXT    NOT NULL,
    send      TEXT    NOT NULL,
    reason    TEXT    NOT NULL DEFAULT '',
    sent_at   TEXT,
    PRIMARY KEY (document, recipient)
) STRICT, WITHOUT ROWID;
CREATE TABLE delivery_status (
    document    BLOB    NOT NULL,
    recipient   TEXT    NOT NULL,
    position    INTEGER NOT NULL,
    code        TEXT    NOT NULL,
    at          TEXT    NOT NULL,
    description TEXT    NOT NULL,
    PRIMARY KEY (document, recipient, position),
    FOREIGN KEY (document, recipient) REFERENCES delivery (document, recipient)
) STRICT, WITHOUT ROWID;

-- One row per number of a register book, unique and without gaps.
CREATE TABLE book_number (
    direction TEXT    NOT NULL,
    year      INTEGER NOT NULL,
    series    TEXT    NOT NULL,
    number    INTEGER NOT NULL CHECK (number > 0),
    date      TEXT,                         -- NULL only for a number never used
    document  BLOB,
    given_up  TEXT,                         -- why it will not be used
    PRIMARY KEY (direction, year, series, number),
    CHECK (document IS NOT NULL OR given_up IS NOT NULL)
) STRICT, WITHOUT ROWID;

-- Outbox ---------------------------------------------------------------------------

CREATE TABLE outbox (
    row       INTEGER PRIMARY KEY,
    item      TEXT    NOT NULL UNIQUE,
    what      TEXT    NOT NULL,
    document  BLOB    NOT NULL,
    recipient TEXT    NOT NULL,
    packet    TEXT    NOT NULL,
    urgent    INTEGER NOT NULL,
    state     TEXT    NOT NULL CHECK (state IN ('waiting', 'sent', 'wedged')),
    code      TEXT    NOT NULL DEFAULT '',
    detail    TEXT    NOT NULL DEFAULT '',
    server_id TEXT    NOT NULL DEFAULT '',
    sent_at   TEXT
) STRICT;
CREATE INDEX outbox_waiting ON outbox (urgent DESC, row) WHERE state = 'waiting';
CREATE INDEX outbox_wedged ON outbox (row) WHERE state = 'wedged';
CREATE INDEX outbox_document ON outbox (document);

-- Counters: how many rows stand in which state, kept by triggers so that the figures of
-- a queue of one million cost what those of an empty one cost.
CREATE TABLE counter (
    what  TEXT    NOT NULL,
    state TEXT    NOT NULL,
    n     INTEGER NOT NULL CHECK (n >= 0),
    PRIMARY KEY (what, state)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER inbound_counted AFTER INSERT ON inbound BEGIN
    INSERT INTO counter VALUES ('inbound', NEW.state, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER inbound_recounted AFTER UPDATE OF state ON inbound
WHEN OLD.state <> NEW.state BEGIN
    UPDATE counter SET n = n - 1 WHERE what = 'inbound' AND state = OLD.state;
    INSERT INTO counter VALUES ('inbound', NEW.state, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER outbound_counted AFTER INSERT ON outbound BEGIN
    INSERT INTO counter VALUES ('outbound', NEW.state, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER outbound_recounted AFTER UPDATE OF state ON outbound
WHEN OLD.state <> NEW.state BEGIN
    UPDATE counter SET n = n - 1 WHERE what = 'outbound' AND state = OLD.state;
    INSERT INTO counter VALUES ('outbound', NEW.state, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER outbox_counted AFTER INSERT ON outbox BEGIN
    INSERT INTO counter VALUES ('outbox', NEW.state, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER outbox_recounted AFTER UPDATE OF state ON outbox
WHEN OLD.state <> NEW.state BEGIN
    UPDATE counter SET n = n - 1 WHERE what = 'outbox' AND state = OLD.state;
    INSERT INTO counter VALUES ('outbox', NEW.state, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER packet_counted AFTER INSERT ON packet BEGIN
    INSERT INTO counter VALUES ('packet', NEW.state, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER packet_recounted AFTER UPDATE OF state ON packet
WHEN OLD.state <> NEW.state BEGIN
    UPDATE counter SET n = n - 1 WHERE what = 'packet' AND state = OLD.state;
    INSERT INTO counter VALUES ('packet', NEW.state, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;

-- Local to this desk ---------------------------------------------------------------

CREATE TABLE desk (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id  BLOB NOT NULL
) STRICT;

-- Bytes up to 64 KiB; larger ones (`bytes` NULL) are encrypted files beside the database.
CREATE TABLE blob (
    hash      TEXT PRIMARY KEY,
    size      INTEGER NOT NULL,
    at_millis INTEGER NOT NULL,
    bytes     BLOB
) STRICT;

CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE sync_cursor (server TEXT PRIMARY KEY, cursor TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE fetched (
    server    TEXT NOT NULL,
    server_id TEXT NOT NULL,
    packet    TEXT NOT NULL,
    PRIMARY KEY (server, server_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE outbox_attempt (
    item      TEXT PRIMARY KEY,
    tries     INTEGER NOT NULL,
    not_before_millis INTEGER NOT NULL,
    reason    TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE access (
    row       INTEGER PRIMARY KEY,
    at_millis INTEGER NOT NULL,
    user      TEXT NOT NULL,
    document  BLOB NOT NULL,
    what      TEXT NOT NULL
) STRICT;
CREATE INDEX access_document ON access (document);
