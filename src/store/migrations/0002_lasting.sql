-- How durably the signatures of sealed documents are made. Replicated; documents that were
-- sealed before this was noted count as signed without anything that lasts.
CREATE TABLE durability (
    document BLOB PRIMARY KEY,
    level    INTEGER NOT NULL CHECK (level BETWEEN 0 AND 3),    -- B-B, B-T, B-LT, B-LTA
    renew_before_millis INTEGER             -- the newest archival time stamp ends then
) STRICT, WITHOUT ROWID;
CREATE INDEX durability_level ON durability (level, document);
CREATE INDEX durability_renewal ON durability (renew_before_millis)
    WHERE renew_before_millis IS NOT NULL;
INSERT INTO durability
    SELECT key, 0, NULL FROM outbound WHERE state IN ('to_issue', 'issued');

-- Local to this desk: tries to extend signatures that failed.
CREATE TABLE extension_attempt (
    document  BLOB PRIMARY KEY,
    tries     INTEGER NOT NULL,
    at_millis INTEGER NOT NULL,
    code      TEXT NOT NULL,
    args      TEXT NOT NULL                 -- facts that the sentence names, as JSON
) STRICT, WITHOUT ROWID;
