-- +goose Up

-- A learner's grade of one subsection. Rows exist only where something was attempted, overridden or deleted. The totals are computed
-- ones; an override stands beside them and wins when grades are read.
CREATE TABLE subsection_grade (
    user_id                  bigint           NOT NULL,
    course_key               text             NOT NULL,
    usage_key                text             NOT NULL,
    course_version           text             NOT NULL, -- the published version the totals were made from
    subtree_edited           timestamptz,
    visible_blocks_hash      text             NOT NULL, -- of visible_blocks
    earned_all               double precision NOT NULL, -- points, weight applied
    possible_all             double precision NOT NULL,
    earned_graded            double precision NOT NULL,
    possible_graded          double precision NOT NULL,
    first_attempted          timestamptz,
    first_attempted_graded   timestamptz,
    override_earned_all      double precision,
    override_possible_all    double precision,
    override_earned_graded   double precision,
    override_possible_graded double precision,
    created                  timestamptz      NOT NULL,
    modified                 timestamptz      NOT NULL,
    PRIMARY KEY (user_id, course_key, usage_key)
) PARTITION BY HASH (user_id);

-- A learner's grade in a course. Its version grows with every change of anything below it: whoever changes grades of a learner in a
-- course does so by compare-and-set on this row, so two answers at once cannot both leave the other out.
CREATE TABLE course_grade (
    user_id        bigint           NOT NULL,
    course_key     text             NOT NULL,
    version        bigint           NOT NULL,
    course_version text             NOT NULL,
    course_edited  timestamptz,
    policy_hash    text             NOT NULL,
    percent        double precision NOT NULL, -- fraction, whole percents
    letter         text             NOT NULL, -- '' below every cutoff
    passing        boolean          NOT NULL,
    first_passed   timestamptz,
    created        timestamptz      NOT NULL,
    modified       timestamptz      NOT NULL,
    PRIMARY KEY (user_id, course_key)
) PARTITION BY HASH (user_id);

-- +goose StatementBegin
DO $$
BEGIN
    FOR i IN 0..3 LOOP
        EXECUTE format('CREATE TABLE subsection_grade_p%s PARTITION OF subsection_grade FOR VALUES WITH (MODULUS 4, REMAINDER %s) WITH (fillfactor = 80)', i, i);
        EXECUTE format('CREATE TABLE course_grade_p%s PARTITION OF course_grade FOR VALUES WITH (MODULUS 4, REMAINDER %s) WITH (fillfactor = 80)', i, i);
    END LOOP;
END $$;
-- +goose StatementEnd

-- Reports walk a course learner by learner.
CREATE INDEX subsection_grade_course ON subsection_grade (course_key, user_id);
CREATE INDEX course_grade_course ON course_grade (course_key, user_id);

-- The scored blocks a subsection grade was made of, with their weights and maxima, once for all learners who saw the same.
CREATE TABLE visible_blocks (
    course_key text NOT NULL,
    hash       text NOT NULL, -- of blocks
    blocks     json NOT NULL,
    PRIMARY KEY (course_key, hash)
);

-- What staff did to grades, in the order of the course grade's versions.
CREATE TABLE grade_history (
    user_id    bigint      NOT NULL,
    course_key text        NOT NULL,
    version    bigint      NOT NULL, -- of course_grade after the change
    usage_key  text        NOT NULL, -- a subsection, a problem, or the course
    cause      text        NOT NULL, -- override, override_removed, rescore, recalculate, ...
    reason     text        NOT NULL DEFAULT '',
    actor_id   bigint      NOT NULL, -- 0 for a command
    before     json        NOT NULL,
    after      json        NOT NULL,
    created    timestamptz NOT NULL,
    PRIMARY KEY (user_id, course_key, version, usage_key)
);
