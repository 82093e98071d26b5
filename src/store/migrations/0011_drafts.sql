-- Drafts: who has them, their versions, opinions and comments; templates and groups of
-- recipients. Replicated, but for the forms.

-- One row per document that is not signed yet; few, whatever the office has issued.
CREATE TABLE draft_desk (
    row      INTEGER PRIMARY KEY,           -- of the outbound document
    document BLOB NOT NULL UNIQUE,
    state    TEXT NOT NULL,
    holder   TEXT NOT NULL                  -- a user; '' for whoever has the role
) STRICT;

CREATE TABLE draft_version (
    document  BLOB    NOT NULL,
    number    INTEGER NOT NULL,
    kind      TEXT    NOT NULL,
    at_millis INTEGER NOT NULL,
    user      TEXT    NOT NULL,
    file      TEXT    NOT NULL,             -- JSON of the operation
    source    TEXT,                         -- JSON of the operation
    why       TEXT    NOT NULL,
    PRIMARY KEY (document, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE opinion (
    row       INTEGER PRIMARY KEY,
    document  BLOB    NOT NULL,
    at_millis INTEGER NOT NULL,
    user      TEXT    NOT NULL,
    role      TEXT,
    body      TEXT    NOT NULL
) STRICT;
CREATE INDEX opinion_document ON opinion (document);

CREATE TABLE comment (
    row       INTEGER PRIMARY KEY,
    id        BLOB    NOT NULL UNIQUE,
    document  BLOB    NOT NULL,
    at_millis INTEGER NOT NULL,
    user      TEXT    NOT NULL,
    body      TEXT    NOT NULL
) STRICT;
CREATE INDEX comment_document ON comment (document);
CREATE TABLE comment_reply (
    row       INTEGER PRIMARY KEY,
    comment   BLOB    NOT NULL,
    at_millis INTEGER NOT NULL,
    user      TEXT    NOT NULL,
    text      TEXT    NOT NULL,
    settles   INTEGER
) STRICT;
CREATE INDEX comment_reply_comment ON comment_reply (comment);

CREATE TABLE draft_template (
    type_key TEXT PRIMARY KEY,
    body     TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE recipient_group (
    key  TEXT PRIMARY KEY,                  -- the folded name
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What somebody is writing and has not handed over: of this desk alone.
CREATE TABLE draft_form (
    user      TEXT    NOT NULL,
    slot      TEXT    NOT NULL,             -- which form: a new draft, an answer, an edit
    at_millis INTEGER NOT NULL,
    body      TEXT    NOT NULL,
    PRIMARY KEY (user, slot)
) STRICT, WITHOUT ROWID;

-- A draft goes back to its drafter by name, on to others by their role.
CREATE TRIGGER draft_begun AFTER INSERT ON outbound BEGIN
    INSERT INTO draft_desk
        SELECT NEW.row, NEW.key, NEW.state, NEW.drafted_by WHERE NEW.state = 'draft';
END;
CREATE TRIGGER draft_moved AFTER UPDATE OF state ON outbound WHEN OLD.state <> NEW.state BEGIN
    DELETE FROM draft_desk WHERE row = NEW.row;
    INSERT INTO draft_desk
        SELECT NEW.row, NEW.key, NEW.state,
               CASE NEW.state WHEN 'draft' THEN NEW.drafted_by ELSE '' END
        WHERE NEW.state IN ('draft', 'in_review', 'in_format_check', 'to_sign');
END;

-- What stands in a store of before.

INSERT INTO draft_desk
    SELECT row, key, state, CASE state WHEN 'draft' THEN drafted_by ELSE '' END
    FROM outbound WHERE state IN ('draft', 'in_review', 'in_format_check', 'to_sign');

INSERT INTO draft_version
    WITH told AS (
        SELECT row, document, millis,
               json_extract(body, '$.user') AS user,
               json_extract(body, '$.change.change') AS change,
               json_extract(body, '$.change.kind') AS signature,
               CASE json_extract(body, '$.change.change')
                   WHEN 'outbound_signed' THEN json_extract(body, '$.change.file')
                   ELSE (SELECT file.value FROM json_each(body, '$.change.files') file
                         WHERE json_extract(file.value, '$.main') LIMIT 1)
               END AS file
        FROM operation
        WHERE document IS NOT NULL
            AND json_extract(body, '$.change.change')
                IN ('outbound_drafted', 'outbound_edited', 'outbound_signed')
    ),
    made AS (
        SELECT *, lag(json_extract(file, '$.blob')) OVER (PARTITION BY document ORDER BY row)
                  AS before
        FROM told WHERE file IS NOT NULL
    )
    SELECT document, row_number() OVER (PARTITION BY document ORDER BY row),
           CASE change
               WHEN 'outbound_drafted' THEN 'drafted'
               WHEN 'outbound_edited' THEN 'edited'
               ELSE CASE signature WHEN 'personal' THEN 'signed_personally' ELSE 'sealed' END
           END,
           millis, user, file, NULL, ''
    FROM made WHERE before IS NULL OR before <> json_extract(file, '$.blob');
