-- +goose Up

-- Queues of external graders.
CREATE TABLE grader_queue (
    name    text        PRIMARY KEY CHECK (name <> '' AND octet_length(name) <= 128),
    push    text,       -- address of a grader that is sent its work; null: graders come for it
    delay   interval    NOT NULL DEFAULT '5 minutes' CHECK (delay > '0'), -- after which work that was taken is given to another
    expiry  interval    NOT NULL DEFAULT '30 days' CHECK (expiry > '0'),  -- after which work nobody has done is given up
    created timestamptz NOT NULL DEFAULT now()
);

-- Programs that may use the queues: graders, and sites that send answers.
CREATE TABLE grader_user (
    name     text        PRIMARY KEY CHECK (name <> ''),
    password text        NOT NULL, -- pbkdf2_sha256$ITERATIONS$SALT$HASH
    queues   text[],     -- null: all
    created  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE grader_session (
    token     bytea       PRIMARY KEY, -- SHA-256 of what the program holds
    user_name text        NOT NULL REFERENCES grader_user (name) ON DELETE CASCADE,
    expires   timestamptz NOT NULL
);
CREATE INDEX grader_session_user ON grader_session (user_name);

-- Answers on their way to a grader and back. A row is open until ended; then its ending says what became of it.
CREATE TABLE grader_submission (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    queue       text        NOT NULL,
    requester   text,       -- the program that sent it; null: this site
    callback    text        NOT NULL, -- where the reply goes: an address, or a path of this site
    header      text        NOT NULL, -- as it was sent; it goes back with the reply
    body        text        NOT NULL,
    away        boolean     NOT NULL DEFAULT false, -- has to be brought to a queue elsewhere
    arrived     timestamptz NOT NULL,
    due         timestamptz NOT NULL, -- when it may be handed out, pushed, brought or delivered next
    pulled      timestamptz,
    pull_key    text,
    grader      text,       -- address of who took it
    reply       text,       -- of the grader
    undelivered text,       -- why no grader will answer
    returned    timestamptz,
    failures    integer     NOT NULL DEFAULT 0, -- to bring or deliver it
    failure     text,       -- the last one
    ended       timestamptz,
    ending      text        CHECK (ending IN ('delivered', 'brought', 'superseded', 'failed', 'retired')),
    CHECK ((ended IS NULL) = (ending IS NULL)),
    CHECK ((reply IS NULL) = (returned IS NULL))
);
CREATE INDEX grader_submission_waiting ON grader_submission (queue, arrived, id) WHERE ended IS NULL AND reply IS NULL AND NOT away;
CREATE INDEX grader_submission_due ON grader_submission (due) WHERE ended IS NULL AND (reply IS NOT NULL OR away);
CREATE INDEX grader_submission_callback ON grader_submission (callback) WHERE ended IS NULL;
CREATE INDEX grader_submission_ended ON grader_submission (ended) WHERE ended IS NOT NULL;

CREATE TABLE grader_file (
    submission bigint NOT NULL REFERENCES grader_submission (id) ON DELETE CASCADE,
    name       text   NOT NULL,
    content    bytea  NOT NULL,
    PRIMARY KEY (submission, name)
);
