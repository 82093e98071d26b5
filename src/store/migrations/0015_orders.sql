-- A recall or an update goes to a recipient like a document, and is none.
ALTER TABLE outbox ADD COLUMN is_order INTEGER NOT NULL DEFAULT 0;
