-- +goose Up

-- How far a learner is with a leaf of a course; no row is 0.
CREATE TABLE block_completion (
    user_id    bigint           NOT NULL,
    course_key text             NOT NULL,
    usage_key  text             NOT NULL,
    completion double precision NOT NULL,
    modified   timestamptz      NOT NULL,
    PRIMARY KEY (user_id, course_key, usage_key),
    CHECK (completion BETWEEN 0 AND 1)
) PARTITION BY HASH (user_id);

-- +goose StatementBegin
DO $$
BEGIN
    FOR i IN 0..3 LOOP
        EXECUTE format('CREATE TABLE block_completion_p%s PARTITION OF block_completion FOR VALUES WITH (MODULUS 4, REMAINDER %s)', i, i);
    END LOOP;
END $$;
-- +goose StatementEnd
