-- +goose Up
-- Units a learner wants to find again.
CREATE TABLE bookmark (
    user_id    bigint      NOT NULL,
    course_key text        NOT NULL,
    usage_key  text        NOT NULL,
    created    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, course_key, usage_key)
);
