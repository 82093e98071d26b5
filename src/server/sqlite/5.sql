-- Version 5: the certificates by which offices prove themselves.
CREATE TABLE office_certificate (
    -- SHA-256 of the DER.
    fingerprint TEXT PRIMARY KEY CHECK (length(fingerprint) = 64),
    agency      TEXT NOT NULL REFERENCES agency (code),
    subject     TEXT NOT NULL,
    begins_at   TEXT NOT NULL,
    ends_at     TEXT NOT NULL,
    revoked_at  TEXT
) STRICT;
CREATE INDEX office_certificate_agency ON office_certificate (agency);
