-- +goose Up

-- No extension is needed: the schema works on a plain PostgreSQL 15, in the C locale, for a user who owns only this database.
COMMENT ON SCHEMA public IS 'Lyceum: everything about people. Course content lives in the document store.';
