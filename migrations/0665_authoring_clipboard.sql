-- +goose Up

-- What each author has copied last: a block as a version of its course holds it, and the files the course had then. Both are kept by the
-- content stores, so that a row is all there is to keep.
CREATE TABLE clipboard (
    user_id     bigint      PRIMARY KEY CHECK (user_id > 0),
    id          bigint      GENERATED ALWAYS AS IDENTITY UNIQUE, -- of this copy: copying again makes another
    usage_key   text        NOT NULL,
    version     text        NOT NULL,
    files       text        NOT NULL DEFAULT '', -- manifest
    name        text        NOT NULL DEFAULT '', -- of the block
    course_name text        NOT NULL DEFAULT '',
    copied_at   timestamptz NOT NULL
);
CREATE INDEX clipboard_age ON clipboard (copied_at);
