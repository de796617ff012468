-- +goose Up

-- Every answer taken, by the token of the page that sent it: the receipt, and the first result for whoever sends it again.
CREATE TABLE submission (
    user_id       bigint      NOT NULL,
    submission_id text        NOT NULL,
    course_key    text        NOT NULL,
    usage_key     text        NOT NULL,
    request_hash  bytea       NOT NULL, -- of the action and the answers
    result        json        NOT NULL, -- the reply without drawn markup
    state_version bigint      NOT NULL, -- of block_state after it
    grade_version bigint,               -- of course_grade after it; null: no grade changed
    created       timestamptz NOT NULL,
    PRIMARY KEY (user_id, submission_id)
) PARTITION BY HASH (user_id);

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
        EXECUTE format('CREATE TABLE submission_p%s PARTITION OF submission FOR VALUES WITH (MODULUS 4, REMAINDER %s)', i, i);
        EXECUTE format('CREATE TABLE answer_draft_p%s PARTITION OF answer_draft FOR VALUES WITH (MODULUS 4, REMAINDER %s)', i, i);
    END LOOP;
END $$;
-- +goose StatementEnd

-- For the sweep of old rows; answers come in the order of time.
CREATE INDEX submission_created ON submission USING brin (created);
