-- The document in whose place another was issued. What was issued before does not tell.
ALTER TABLE outbound ADD COLUMN replaces BLOB;
