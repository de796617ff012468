-- +goose Up

-- What one learner did in one block of a course. The state is the JSON object the block's kind keeps; json, not jsonb, because it is
-- read and written whole and nothing ever asks inside it.
CREATE TABLE block_state (
    user_id       bigint           NOT NULL,
    course_key    text             NOT NULL,
    usage_key     text             NOT NULL,
    block_type    text             NOT NULL,
    state         json             NOT NULL,
    grade         double precision,           -- raw points; null: never answered
    max_grade     double precision,           -- raw maximum when the grade was given
    final         boolean          NOT NULL DEFAULT false, -- the points are weighted already
    version       bigint           NOT NULL DEFAULT 1,     -- grows with each change; the token of compare-and-set
    submission_id text,                       -- the last answer taken
    created       timestamptz      NOT NULL,
    modified      timestamptz      NOT NULL,
    PRIMARY KEY (user_id, course_key, usage_key),
    CHECK (grade IS NULL OR max_grade IS NOT NULL)
) PARTITION BY HASH (user_id);

-- Every state a graded block has been in, in the order of its versions. Nothing updates or deletes here. An entry that took an answer is
-- the answer's receipt: it knows the token the page sent and the first result, for whoever sends it again.
CREATE TABLE block_state_history (
    user_id       bigint           NOT NULL,
    course_key    text             NOT NULL,
    usage_key     text             NOT NULL,
    version       bigint           NOT NULL,
    state         json             NOT NULL,
    grade         double precision,
    max_grade     double precision,
    cause         text             NOT NULL, -- submit, save, reset, rescore, ...
    actor_id      bigint,                    -- who did it when it was not the learner
    submission_id text,                      -- of the answer taken
    request_hash  bytea,                     -- of that answer
    reply         json,                      -- what the page was told
    grade_version bigint,                    -- of course_grade after it; null: no grade changed
    created       timestamptz      NOT NULL,
    PRIMARY KEY (user_id, course_key, usage_key, version)
) PARTITION BY HASH (user_id);

-- One answer a token.
CREATE UNIQUE INDEX block_state_history_submission ON block_state_history (user_id, submission_id) WHERE submission_id IS NOT NULL;

-- +goose StatementBegin
DO $$
BEGIN
    FOR i IN 0..3 LOOP
        EXECUTE format('CREATE TABLE block_state_p%s PARTITION OF block_state FOR VALUES WITH (MODULUS 4, REMAINDER %s) WITH (fillfactor = 80)', i, i);
        EXECUTE format('CREATE TABLE block_state_history_p%s PARTITION OF block_state_history FOR VALUES WITH (MODULUS 4, REMAINDER %s)', i, i);
    END LOOP;
END $$;
-- +goose StatementEnd

-- compare_and_set ends the transaction when what was read has changed meanwhile, so that a pipeline of statements needs no
-- look at the first result before the next is sent.
-- +goose StatementBegin
CREATE FUNCTION compare_and_set(unchanged boolean) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF unchanged IS NOT TRUE THEN
        RAISE EXCEPTION 'changed since it was read' USING ERRCODE = 'LY001';
    END IF;
    RETURN true;
END $$;
-- +goose StatementEnd
