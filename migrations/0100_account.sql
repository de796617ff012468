-- +goose Up

-- One person who can sign in. Names are compared by their folded forms, which the account room makes: this schema also runs in the C
-- locale, where lower() knows ASCII only.
CREATE TABLE account (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    username      text        NOT NULL CHECK (username <> '' AND length(username) <= 150),
    username_key  text        NOT NULL UNIQUE,
    email         text        NOT NULL UNIQUE CHECK (email <> '' AND length(email) <= 254),
    name          text        NOT NULL CHECK (length(name) <= 255),
    password      text        NOT NULL, -- encoded hash; one that begins with ! never matches
    is_active     boolean     NOT NULL DEFAULT false, -- the e-mail address is confirmed
    is_staff      boolean     NOT NULL DEFAULT false, -- global staff
    is_superuser  boolean     NOT NULL DEFAULT false,
    is_disabled   boolean     NOT NULL DEFAULT false, -- may not sign in, holds no session
    epoch         bigint      NOT NULL DEFAULT 0, -- sessions opened under a lower epoch are dead
    revision      bigint      NOT NULL DEFAULT 0, -- copies of a lower revision are stale
    joined_at     timestamptz NOT NULL DEFAULT now(),
    changed_at    timestamptz NOT NULL DEFAULT now(),
    last_login_at timestamptz
);
CREATE INDEX account_changed_at ON account (changed_at);

-- What a person tells about themselves; an absent answer is null.
CREATE TABLE account_profile (
    user_id                bigint PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    level_of_education     text CHECK (level_of_education IN ('p', 'm', 'b', 'a', 'hs', 'jhs', 'el', 'none', 'other')),
    gender                 text CHECK (gender IN ('m', 'f', 'o')),
    year_of_birth          integer CHECK (year_of_birth BETWEEN 1880 AND 2200),
    country                text CHECK (country ~ '^[A-Z]{2}$'),
    city                   text CHECK (length(city) <= 255),
    mailing_address        text CHECK (length(mailing_address) <= 3000),
    goals                  text CHECK (length(goals) <= 3000),
    bio                    text CHECK (length(bio) <= 3000),
    language               text CHECK (length(language) <= 255),
    language_proficiencies text[] NOT NULL DEFAULT '{}',
    social_links           jsonb  NOT NULL DEFAULT '{}'
);

-- Settings by key: pref-lang, time_zone, account_privacy and whatever clients keep.
CREATE TABLE account_preference (
    user_id bigint NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    key     text   NOT NULL CHECK (key ~ '^[A-Za-z0-9_.-]{1,255}$'),
    value   text   NOT NULL CHECK (length(value) <= 4096),
    PRIMARY KEY (user_id, key)
);

-- One signed-in browser. The id itself is only in the browser's cookie; here is its SHA-256.
CREATE TABLE account_session (
    id_hash    bytea       PRIMARY KEY CHECK (length(id_hash) = 32),
    user_id    bigint      NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    face       text        NOT NULL CHECK (face IN ('lms', 'studio')),
    parent     bytea, -- the LMS session a Studio session was handed over from
    epoch      bigint      NOT NULL,
    remembered boolean     NOT NULL,
    created_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    idle       interval    NOT NULL, -- longest pause
    expires_at timestamptz NOT NULL, -- last moment whatever happens
    ended_at   timestamptz, -- signed out
    address    text        NOT NULL,
    agent      text        NOT NULL
);
CREATE INDEX account_session_user ON account_session (user_id);
CREATE INDEX account_session_parent ON account_session (parent) WHERE parent IS NOT NULL;
CREATE INDEX account_session_ended ON account_session (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX account_session_expires ON account_session (expires_at);

-- Secrets sent by mail or handed from one face to the other: kept hashed, used once, for one purpose.
CREATE TABLE account_token (
    hash       bytea       PRIMARY KEY CHECK (length(hash) = 32),
    user_id    bigint      NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    purpose    text        NOT NULL CHECK (purpose IN ('activate', 'reset', 'email', 'handover')),
    payload    text        NOT NULL DEFAULT '', -- email: the new address; handover: the session's hash
    bound      bytea, -- handover: SHA-256 of the cookie of the browser that may redeem it
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);
CREATE INDEX account_token_user ON account_token (user_id, purpose) WHERE used_at IS NULL;
CREATE INDEX account_token_expires ON account_token (expires_at);
