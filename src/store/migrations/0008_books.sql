-- Register books beside the common one, closed books, and what their printed form asks.
-- Replicated.

-- A book goes on from year to year until it is ended.
CREATE TABLE register_book (
    direction  TEXT    NOT NULL,
    series     TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    rule       TEXT    NOT NULL,            -- JSON of the operation
    from_year  INTEGER NOT NULL,
    until_year INTEGER,                     -- its last year, once it is ended
    PRIMARY KEY (direction, series)
) STRICT, WITHOUT ROWID;

CREATE TABLE book_closed (
    direction TEXT    NOT NULL,
    year      INTEGER NOT NULL,
    series    TEXT    NOT NULL,
    at_millis INTEGER NOT NULL,
    reason    TEXT    NOT NULL,
    PRIMARY KEY (direction, year, series)
) STRICT, WITHOUT ROWID;

CREATE INDEX book_number_given_up ON book_number (direction, year, series)
    WHERE given_up IS NOT NULL;
-- Whose number it is: for the search by arrival number.
CREATE INDEX book_number_number ON book_number (direction, number);

-- When an inbound document was first passed on (ngày chuyển).
CREATE TABLE inbound_forwarded (
    document BLOB PRIMARY KEY,
    millis   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO inbound_forwarded
    SELECT document, min(millis) FROM operation
    WHERE document IS NOT NULL AND json_extract(body, '$.change.change') = 'inbound_assigned'
    GROUP BY document;

-- Local to this desk: searches that a person keeps under a name.
CREATE TABLE saved_filter (
    user  TEXT NOT NULL,
    name  TEXT NOT NULL,
    queue TEXT NOT NULL,
    words TEXT NOT NULL,
    PRIMARY KEY (user, name)
) STRICT, WITHOUT ROWID;
