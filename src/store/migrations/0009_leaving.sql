-- Documents on their way out: reserved numbers, the term for sending, letters on paper.
-- Replicated.

-- Numbers that wait for their documents; a book's next number lies behind them.
CREATE TABLE reserved_number (
    direction TEXT    NOT NULL,
    year      INTEGER NOT NULL,
    series    TEXT    NOT NULL,
    number    INTEGER NOT NULL CHECK (number > 0),
    reason    TEXT    NOT NULL,
    user      TEXT    NOT NULL,
    at_millis INTEGER NOT NULL,
    document  BLOB,                         -- the one that will take it
    PRIMARY KEY (direction, year, series, number)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX reserved_number_document ON reserved_number (document)
    WHERE document IS NOT NULL;

-- What was signed and has not left, with the time of the personal signature.
CREATE TABLE unsent (
    document BLOB PRIMARY KEY,
    signed_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX unsent_signed ON unsent (signed_at);
INSERT INTO unsent
    SELECT o.document, json_extract(o.body, '$.change.signed_at')
    FROM outbound d JOIN operation o ON o.document = d.key
    WHERE d.state IN ('to_seal', 'to_issue')
        AND o.row = (SELECT max(row) FROM operation
                     WHERE document = d.key
                         AND json_extract(body, '$.change.change') = 'outbound_signed'
                         AND json_extract(body, '$.change.kind') = 'personal');

CREATE TABLE paper_letter (
    document BLOB    NOT NULL,
    place    TEXT    NOT NULL,
    position INTEGER NOT NULL,
    agency   TEXT,
    state    TEXT    NOT NULL,              -- JSON of the domain
    owed     INTEGER NOT NULL,
    PRIMARY KEY (document, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX paper_letter_place ON paper_letter (document, position);
CREATE INDEX paper_letter_owed ON paper_letter (document) WHERE owed = 1;
