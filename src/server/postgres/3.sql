-- Version 3: the certificates by which offices prove themselves.
CREATE TABLE IF NOT EXISTS office_certificate (
    -- SHA-256 of the DER.
    fingerprint TEXT PRIMARY KEY CHECK (length(fingerprint) = 64),
    agency      TEXT NOT NULL REFERENCES agency (code),
    subject     TEXT NOT NULL,
    begins_at   TIMESTAMPTZ NOT NULL,
    ends_at     TIMESTAMPTZ NOT NULL,
    revoked_at  TIMESTAMPTZ
);
CREATE INDEX IF NOT EXISTS office_certificate_agency ON office_certificate (agency);
