-- +goose Up

-- Answers typed but not sent, for the next visit. They are typed against one version of the state and dropped with it.
CREATE TABLE answer_draft (
    user_id       bigint      NOT NULL,
    course_key    text        NOT NULL,
    usage_key     text        NOT NULL,
    answers       json        NOT NULL,
    state_version bigint      NOT NULL,
    modified      timestamptz NOT NULL,
    PRIMARY KEY (user_id, course_key, usage_key)
) PARTITION BY HASH (user_id);

-- +goose StatementBegin
DO $$
BEGIN
    FOR i IN 0..3 LOOP
        EXECUTE format('CREATE TABLE answer_draft_p%s PARTITION OF answer_draft FOR VALUES WITH (MODULUS 4, REMAINDER %s)', i, i);
    END LOOP;
END $$;
-- +goose StatementEnd
