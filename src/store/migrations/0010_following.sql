-- Following issued documents until every recipient has them. Replicated.

-- What became of a delivery beside its statuses: asked back, sent again, dealt with.
CREATE TABLE delivery_turn (
    document  BLOB    NOT NULL,
    recipient TEXT    NOT NULL,
    earlier   INTEGER NOT NULL DEFAULT 0,   -- statuses known when it was last sent again
    recall    TEXT,                         -- JSON of the domain
    closed    TEXT,                         -- what was done about it
    PRIMARY KEY (document, recipient),
    FOREIGN KEY (document, recipient) REFERENCES delivery (document, recipient)
) STRICT, WITHOUT ROWID;

-- Deliveries that somebody still has to follow.
CREATE TABLE open_delivery (
    document  BLOB NOT NULL,
    recipient TEXT NOT NULL,
    PRIMARY KEY (document, recipient)
) STRICT, WITHOUT ROWID;
INSERT INTO open_delivery
    SELECT document, recipient FROM (
        SELECT d.document, d.recipient, d.send,
            count(*) FILTER (WHERE s.code = '02') AS returned,
            count(*) FILTER (WHERE s.code IN ('03', '04', '05', '06')) AS accepted
        FROM delivery d LEFT JOIN delivery_status s USING (document, recipient)
        GROUP BY d.document, d.recipient)
    WHERE send = 'wedged' OR returned > 0 OR accepted = 0;

-- Inbound documents that answer one of ours (ResponseFor).
CREATE TABLE answer_arrived (
    outbound BLOB NOT NULL,
    inbound  BLOB NOT NULL,
    PRIMARY KEY (outbound, inbound)
) STRICT, WITHOUT ROWID;
