-- How durably each signed file is made: the main file and the attachments of sealed documents,
-- digitised copies of paper, certified copies. Replicated; what was signed before its level was
-- noted counts as signed without anything that lasts.
CREATE TABLE lasting (
    document BLOB NOT NULL,                 -- of a certified copy: what it is a copy of
    blob     TEXT NOT NULL,                 -- the file as it is now
    level    INTEGER NOT NULL CHECK (level BETWEEN 0 AND 3),    -- B-B, B-T, B-LT, B-LTA
    renew_before_millis INTEGER,            -- the newest archival time stamp ends then
    PRIMARY KEY (document, blob)
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO lasting
    SELECT o.key, json_extract(f.value, '$.blob'), d.level, d.renew_before_millis
    FROM durability d JOIN outbound o ON o.key = d.document JOIN json_each(o.files) f
    WHERE json_extract(f.value, '$.main');

-- Local to this desk: tries to extend signatures that failed, and when the next one is due.
CREATE TABLE lasting_attempt (
    document  BLOB NOT NULL,
    blob      TEXT NOT NULL,
    tries     INTEGER NOT NULL,
    at_millis INTEGER NOT NULL,
    not_before_millis INTEGER NOT NULL,
    code      TEXT NOT NULL,
    args      TEXT NOT NULL,                -- facts that the sentence names, as JSON
    PRIMARY KEY (document, blob)
) STRICT, WITHOUT ROWID;
INSERT INTO lasting_attempt
    SELECT a.document, l.blob, a.tries, a.at_millis, a.at_millis, a.code, a.args
    FROM extension_attempt a JOIN lasting l ON l.document = a.document;

INSERT OR IGNORE INTO lasting
    SELECT o.key, json_extract(f.value, '$.blob'), 0, NULL
    FROM operation p JOIN outbound o ON o.key = p.document JOIN json_each(o.files) f
    WHERE json_extract(p.body, '$.change.change') = 'outbound_annex_signed'
      AND json_extract(p.body, '$.change.file.blob') = json_extract(f.value, '$.blob')
      AND o.state IN ('to_issue', 'issued');
INSERT OR IGNORE INTO lasting
    SELECT d.key, json_extract(f.value, '$.blob'), 0, NULL
    FROM paper p JOIN inbound d ON d.key = p.document JOIN json_each(d.files) f
    WHERE json_extract(p.body, '$.seal') IS NOT NULL AND json_extract(f.value, '$.main');
INSERT OR IGNORE INTO lasting
    SELECT c.document, json_extract(c.body, '$.file.blob'), 0, NULL
    FROM certified_copy c
    WHERE json_extract(c.body, '$.form') IN ('electronic-to-electronic', 'paper-to-electronic')
      AND NOT EXISTS (SELECT 1 FROM outbound o
                      WHERE o.key = c.document AND o.state NOT IN ('to_issue', 'issued'));

DROP TABLE durability;
DROP TABLE extension_attempt;
ALTER TABLE lasting RENAME TO durability;
ALTER TABLE lasting_attempt RENAME TO extension_attempt;
CREATE INDEX extension_attempt_at ON extension_attempt (at_millis);
CREATE INDEX durability_level ON durability (level, document, blob);
CREATE INDEX durability_renewal ON durability (renew_before_millis)
    WHERE renew_before_millis IS NOT NULL;
