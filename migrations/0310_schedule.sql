-- +goose Up
-- A person's own due date of one subsection, given by staff; it may only be later than the course's.
CREATE TABLE due_extension (
    user_id    bigint      NOT NULL,
    course_key text        NOT NULL,
    usage_key  text        NOT NULL,
    due        timestamptz NOT NULL,
    granted_by bigint      NOT NULL,
    granted    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, course_key, usage_key)
);

CREATE INDEX due_extension_unit ON due_extension (course_key, usage_key);
