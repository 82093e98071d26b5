-- Who is who: certificates linked to people and to the organisation. Replicated.

CREATE TABLE certificate_link (
    fingerprint TEXT PRIMARY KEY,           -- SHA-256 of the certificate
    body        TEXT NOT NULL               -- JSON of the operation
) STRICT, WITHOUT ROWID;
