-- +goose Up

-- Archives on their way in and out, and re-runs of courses: one row an act, whose work is a job.
CREATE TABLE transfer_task (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text        NOT NULL CHECK (kind IN ('import', 'export', 'rerun')),
    course_key  text        NOT NULL DEFAULT '', -- that is replaced, made or taken out; '' until an archive was asked what it is called
    user_id     bigint      NOT NULL CHECK (user_id > 0),
    username    text        NOT NULL,
    file        text        NOT NULL DEFAULT '', -- the archive's name
    ask         jsonb       NOT NULL DEFAULT '{}',
    state       text        NOT NULL CHECK (state IN ('uploading', 'waiting', 'running', 'done', 'failed')),
    total       bigint      NOT NULL DEFAULT 0, -- bytes of the archive
    received    bigint      NOT NULL DEFAULT 0 CHECK (received >= 0 AND received <= total),
    parts       text[]      NOT NULL DEFAULT '{}', -- the archive's bytes, by digest, in order
    sizes       bigint[]    NOT NULL DEFAULT '{}',
    step        smallint    NOT NULL DEFAULT 0,
    done        integer     NOT NULL DEFAULT 0, -- within the step
    of_all      integer     NOT NULL DEFAULT 0,
    problem     jsonb,      -- why it failed
    outcome     jsonb,      -- what it came to
    before      jsonb,      -- the head it replaced
    created_at  timestamptz NOT NULL DEFAULT now(),
    changed_at  timestamptz NOT NULL DEFAULT now(),
    undone_at   timestamptz,
    dismissed_at timestamptz
);
CREATE INDEX transfer_task_course ON transfer_task (course_key, kind, id);
CREATE INDEX transfer_task_user ON transfer_task (user_id, id);
