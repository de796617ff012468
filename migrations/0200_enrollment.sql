-- +goose Up
-- A person in a course run. Leaving deactivates the row and never deletes it: state, grades and groups come back on return.
CREATE TABLE enrollment (
    user_id    bigint      NOT NULL,
    course_key text        NOT NULL,
    mode       text        NOT NULL CHECK (mode <> ''),
    is_active  boolean     NOT NULL,
    is_staff   boolean     NOT NULL DEFAULT false, -- enrolled as course team: takes no seat
    created    timestamptz NOT NULL DEFAULT now(),
    changed    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, course_key)
) PARTITION BY HASH (user_id);

-- +goose StatementBegin
DO $$
BEGIN
    FOR i IN 0..7 LOOP
        EXECUTE format('CREATE TABLE enrollment_%s PARTITION OF enrollment FOR VALUES WITH (MODULUS 8, REMAINDER %s)', i, i);
    END LOOP;
END $$;
-- +goose StatementEnd

CREATE INDEX enrollment_course ON enrollment (course_key, user_id);

-- Every change of an enrollment, in order, for whoever asks later who changed what.
CREATE TABLE enrollment_history (
    user_id    bigint      NOT NULL,
    id         bigint      GENERATED ALWAYS AS IDENTITY,
    course_key text        NOT NULL,
    mode       text        NOT NULL,
    is_active  boolean     NOT NULL,
    actor_id   bigint      NOT NULL, -- who did it; 0 for a command
    at         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, id)
);

-- One row a course with limited seats, locked while a seat is taken, so that seats are never exceeded.
CREATE TABLE enrollment_seats (
    course_key text   PRIMARY KEY,
    taken      bigint NOT NULL CHECK (taken >= 0)
);

-- Addresses a course team has invited before they had an account.
CREATE TABLE enrollment_allowed (
    email       text        NOT NULL CHECK (email = lower(email)),
    course_key  text        NOT NULL,
    auto_enroll boolean     NOT NULL DEFAULT false,
    created     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (email, course_key)
);
