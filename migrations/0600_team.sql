-- +goose Up
-- Who teaches: a role of a person in a course, in an organization, or, where both are empty, in the whole site.
CREATE TABLE team_role (
    user_id    bigint      NOT NULL CHECK (user_id > 0),
    role       text        NOT NULL CHECK (role ~ '^[a-z_]{1,64}$'),
    course_key text        NOT NULL DEFAULT '',
    org        text        NOT NULL DEFAULT '',
    granted_by bigint      NOT NULL, -- 0 for a command
    granted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, role, course_key, org),
    CHECK (course_key = '' OR org = '')
);
CREATE INDEX team_role_course ON team_role (course_key, role, user_id) WHERE course_key <> '';
CREATE INDEX team_role_org ON team_role (org, role, user_id) WHERE org <> '';
