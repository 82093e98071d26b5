-- The gate before acceptance, what was judged by hand, errors that were reported. Replicated.

CREATE TABLE gate (
    document BLOB    PRIMARY KEY,
    looks    INTEGER NOT NULL,              -- how often it was looked at
    body     TEXT    NOT NULL               -- JSON of the newest look
) STRICT, WITHOUT ROWID;

CREATE TABLE judgement (
    document   BLOB NOT NULL,
    check_name TEXT NOT NULL,
    body       TEXT NOT NULL,               -- JSON
    PRIMARY KEY (document, check_name)
) STRICT, WITHOUT ROWID;

CREATE TABLE error_report (
    row      INTEGER PRIMARY KEY,
    id       BLOB    NOT NULL UNIQUE,
    document BLOB    NOT NULL,
    reader   TEXT    NOT NULL,              -- the user who is told; empty: the sender
    seen     INTEGER NOT NULL DEFAULT 0,
    body     TEXT    NOT NULL               -- JSON
) STRICT;
CREATE INDEX error_report_document ON error_report (document);
CREATE INDEX error_report_unseen ON error_report (reader, row) WHERE seen = 0;

-- What is withdrawn from the outbox before it was sent leaves the table; the chain keeps it.
CREATE TRIGGER outbox_withdrawn AFTER DELETE ON outbox BEGIN
    UPDATE counter SET n = n - 1 WHERE what = 'outbox' AND state = OLD.state;
END;

-- Local to this desk: items whose sending was begun, so that they may have left the office.
CREATE TABLE outbox_begun (
    item      TEXT PRIMARY KEY,
    at_millis INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
