-- Made by go test ./migrations -update; the tables of the job queue and of the migration library are left out.

COMMENT ON SCHEMA public IS 'Lyceum: everything about people. Course content lives in the document store.';

CREATE TYPE public.river_job_state AS ENUM (
    'available',
    'cancelled',
    'completed',
    'discarded',
    'pending',
    'retryable',
    'running',
    'scheduled'
);

CREATE FUNCTION public.audit_append_only() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'audit rows are never changed or removed' USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE FUNCTION public.compare_and_set(unchanged boolean) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF unchanged IS NOT TRUE THEN
        RAISE EXCEPTION 'changed since it was read' USING ERRCODE = 'LY001';
    END IF;
    RETURN true;
END $$;

CREATE FUNCTION public.river_job_state_in_bitmask(bitmask bit, state public.river_job_state) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT CASE state
        WHEN 'available' THEN get_bit(bitmask, 7)
        WHEN 'cancelled' THEN get_bit(bitmask, 6)
        WHEN 'completed' THEN get_bit(bitmask, 5)
        WHEN 'discarded' THEN get_bit(bitmask, 4)
        WHEN 'pending'   THEN get_bit(bitmask, 3)
        WHEN 'retryable' THEN get_bit(bitmask, 2)
        WHEN 'running'   THEN get_bit(bitmask, 1)
        WHEN 'scheduled' THEN get_bit(bitmask, 0)
        ELSE 0
    END = 1;
$$;

CREATE TABLE public.account (
    id bigint NOT NULL,
    username text NOT NULL,
    username_key text NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    password text NOT NULL,
    is_active boolean DEFAULT false NOT NULL,
    is_staff boolean DEFAULT false NOT NULL,
    is_superuser boolean DEFAULT false NOT NULL,
    is_disabled boolean DEFAULT false NOT NULL,
    epoch bigint DEFAULT 0 NOT NULL,
    revision bigint DEFAULT 0 NOT NULL,
    joined_at timestamp with time zone DEFAULT now() NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL,
    last_login_at timestamp with time zone,
    CONSTRAINT account_email_check CHECK (((email <> ''::text) AND (length(email) <= 254))),
    CONSTRAINT account_name_check CHECK ((length(name) <= 255)),
    CONSTRAINT account_username_check CHECK (((username <> ''::text) AND (length(username) <= 150)))
);

ALTER TABLE public.account ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.account_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.account_preference (
    user_id bigint NOT NULL,
    key text NOT NULL,
    value text NOT NULL,
    CONSTRAINT account_preference_key_check CHECK ((key ~ '^[A-Za-z0-9_.-]{1,255}$'::text)),
    CONSTRAINT account_preference_value_check CHECK ((length(value) <= 4096))
);

CREATE TABLE public.account_profile (
    user_id bigint NOT NULL,
    level_of_education text,
    gender text,
    year_of_birth integer,
    country text,
    city text,
    mailing_address text,
    goals text,
    bio text,
    language text,
    language_proficiencies text[] DEFAULT '{}'::text[] NOT NULL,
    social_links jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT account_profile_bio_check CHECK ((length(bio) <= 3000)),
    CONSTRAINT account_profile_city_check CHECK ((length(city) <= 255)),
    CONSTRAINT account_profile_country_check CHECK ((country ~ '^[A-Z]{2}$'::text)),
    CONSTRAINT account_profile_gender_check CHECK ((gender = ANY (ARRAY['m'::text, 'f'::text, 'o'::text]))),
    CONSTRAINT account_profile_goals_check CHECK ((length(goals) <= 3000)),
    CONSTRAINT account_profile_language_check CHECK ((length(language) <= 255)),
    CONSTRAINT account_profile_level_of_education_check CHECK ((level_of_education = ANY (ARRAY['p'::text, 'm'::text, 'b'::text, 'a'::text, 'hs'::text, 'jhs'::text, 'el'::text, 'none'::text, 'other'::text]))),
    CONSTRAINT account_profile_mailing_address_check CHECK ((length(mailing_address) <= 3000)),
    CONSTRAINT account_profile_year_of_birth_check CHECK (((year_of_birth >= 1880) AND (year_of_birth <= 2200)))
);

CREATE TABLE public.account_session (
    id_hash bytea NOT NULL,
    user_id bigint NOT NULL,
    face text NOT NULL,
    parent bytea,
    epoch bigint NOT NULL,
    remembered boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    idle interval NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    address text NOT NULL,
    agent text NOT NULL,
    CONSTRAINT account_session_face_check CHECK ((face = ANY (ARRAY['lms'::text, 'studio'::text]))),
    CONSTRAINT account_session_id_hash_check CHECK ((length(id_hash) = 32))
);

CREATE TABLE public.account_token (
    hash bytea NOT NULL,
    user_id bigint NOT NULL,
    purpose text NOT NULL,
    payload text DEFAULT ''::text NOT NULL,
    bound bytea,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT account_token_hash_check CHECK ((length(hash) = 32)),
    CONSTRAINT account_token_purpose_check CHECK ((purpose = ANY (ARRAY['activate'::text, 'reset'::text, 'email'::text, 'handover'::text])))
);

CREATE TABLE public.answer_draft (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    usage_key text NOT NULL,
    answers json NOT NULL,
    state_version bigint NOT NULL,
    modified timestamp with time zone NOT NULL
)
PARTITION BY HASH (user_id);

CREATE TABLE public.answer_draft_p0 (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    usage_key text NOT NULL,
    answers json NOT NULL,
    state_version bigint NOT NULL,
    modified timestamp with time zone NOT NULL
);

CREATE TABLE public.answer_draft_p1 (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    usage_key text NOT NULL,
    answers json NOT NULL,
    state_version bigint NOT NULL,
    modified timestamp with time zone NOT NULL
);

CREATE TABLE public.answer_draft_p2 (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    usage_key text NOT NULL,
    answers json NOT NULL,
    state_version bigint NOT NULL,
    modified timestamp with time zone NOT NULL
);

CREATE TABLE public.answer_draft_p3 (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    usage_key text NOT NULL,
    answers json NOT NULL,
    state_version bigint NOT NULL,
    modified timestamp with time zone NOT NULL
);

CREATE TABLE public.audit (
    id bigint NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    actor bigint,
    real_actor bigint,
    action text NOT NULL,
    target text DEFAULT ''::text NOT NULL,
    course_key text DEFAULT ''::text NOT NULL,
    address text DEFAULT ''::text NOT NULL,
    request_id text DEFAULT ''::text NOT NULL,
    before jsonb,
    after jsonb,
    CONSTRAINT audit_action_check CHECK ((action ~ '^[a-z][a-z0-9_.]*$'::text))
);

ALTER TABLE public.audit ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.audit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.block_completion (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    usage_key text NOT NULL,
    completion double precision NOT NULL,
    modified timestamp with time zone NOT NULL,
    CONSTRAINT block_completion_completion_check CHECK (((completion >= (0)::double precision) AND (completion <= (1)::double precision)))
)
PARTITION BY HASH (user_id);

CREATE TABLE public.block_completion_p0 (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    usage_key text NOT NULL,
    completion double precision NOT NULL,
    modified timestamp with time zone NOT NULL,
    CONSTRAINT block_completion_completion_check CHECK (((completion >= (0)::double precision) AND (completion <= (1)::double precision)))
);

CREATE TABLE public.block_completion_p1 (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    usage_key text NOT NULL,
    completion double precision NOT NULL,
    modified timestamp with time zone NOT NULL,
    CONSTRAINT block_completion_completion_check CHECK (((completion >= (0)::double precision) AND (completion <= (1)::double precision)))
);

CREATE TABLE public.block_completion_p2 (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    usage_key text NOT NULL,
    completion double precision NOT NULL,
    modified timestamp with time zone NOT NULL,
    CONSTRAINT block_completion_completion_check CHECK (((completion >= (0)::double precision) AND (completion <= (1)::double precision)))
);

CREATE TABLE public.block_completion_p3 (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    usage_key text NOT NULL,
    completion double precision NOT NULL,
    modified timestamp with time zone NOT NULL,
    CONSTRAINT block_completion_completion_check CHECK (((completion >= (0)::double precision) AND (completion <= (1)::double precision)))
);

CREATE TABLE public.block_state (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    usage_key text NOT NULL,
    block_type text NOT NULL,
    state json NOT NULL,
    grade double precision,
    max_grade double precision,
    final boolean DEFAULT false NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    submission_id text,
    created timestamp with time zone NOT NULL,
    modified timestamp with time zone NOT NULL,
    CONSTRAINT block_state_check CHECK (((grade IS NULL) OR (max_grade IS NOT NULL)))
)
PARTITION BY HASH (user_id);
ALTER TABLE ONLY public.block_state ALTER COLUMN state SET COMPRESSION lz4;

CREATE TABLE public.block_state_history (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    usage_key text NOT NULL,
    version bigint NOT NULL,
    state json NOT NULL,
    grade double precision,
    max_grade double precision,
    cause text NOT NULL,
    actor_id bigint,
    submission_id text,
    request_hash bytea,
    reply json,
    grade_version bigint,
    created timestamp with time zone NOT NULL
)
PARTITION BY HASH (user_id);
ALTER TABLE ONLY public.block_state_history ALTER COLUMN state SET COMPRESSION lz4;

CREATE TABLE public.block_state_history_p0 (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    usage_key text NOT NULL,
    version bigint NOT NULL,
    state json NOT NULL,
    grade double precision,
    max_grade double precision,
    cause text NOT NULL,
    actor_id bigint,
    submission_id text,
    request_hash bytea,
    reply json,
    grade_version bigint,
    created timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.block_state_history_p0 ALTER COLUMN state SET COMPRESSION lz4;

CREATE TABLE public.block_state_history_p1 (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    usage_key text NOT NULL,
    version bigint NOT NULL,
    state json NOT NULL,
    grade double precision,
    max_grade double precision,
    cause text NOT NULL,
    actor_id bigint,
    submission_id text,
    request_hash bytea,
    reply json,
    grade_version bigint,
    created timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.block_state_history_p1 ALTER COLUMN state SET COMPRESSION lz4;

CREATE TABLE public.block_state_history_p2 (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    usage_key text NOT NULL,
    version bigint NOT NULL,
    state json NOT NULL,
    grade double precision,
    max_grade double precision,
    cause text NOT NULL,
    actor_id bigint,
    submission_id text,
    request_hash bytea,
    reply json,
    grade_version bigint,
    created timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.block_state_history_p2 ALTER COLUMN state SET COMPRESSION lz4;

CREATE TABLE public.block_state_history_p3 (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    usage_key text NOT NULL,
    version bigint NOT NULL,
    state json NOT NULL,
    grade double precision,
    max_grade double precision,
    cause text NOT NULL,
    actor_id bigint,
    submission_id text,
    request_hash bytea,
    reply json,
    grade_version bigint,
    created timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.block_state_history_p3 ALTER COLUMN state SET COMPRESSION lz4;

CREATE TABLE public.block_state_p0 (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    usage_key text NOT NULL,
    block_type text NOT NULL,
    state json NOT NULL,
    grade double precision,
    max_grade double precision,
    final boolean DEFAULT false NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    submission_id text,
    created timestamp with time zone NOT NULL,
    modified timestamp with time zone NOT NULL,
    CONSTRAINT block_state_check CHECK (((grade IS NULL) OR (max_grade IS NOT NULL)))
)
WITH (fillfactor='80');
ALTER TABLE ONLY public.block_state_p0 ALTER COLUMN state SET COMPRESSION lz4;

CREATE TABLE public.block_state_p1 (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    usage_key text NOT NULL,
    block_type text NOT NULL,
    state json NOT NULL,
    grade double precision,
    max_grade double precision,
    final boolean DEFAULT false NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    submission_id text,
    created timestamp with time zone NOT NULL,
    modified timestamp with time zone NOT NULL,
    CONSTRAINT block_state_check CHECK (((grade IS NULL) OR (max_grade IS NOT NULL)))
)
WITH (fillfactor='80');
ALTER TABLE ONLY public.block_state_p1 ALTER COLUMN state SET COMPRESSION lz4;

CREATE TABLE public.block_state_p2 (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    usage_key text NOT NULL,
    block_type text NOT NULL,
    state json NOT NULL,
    grade double precision,
    max_grade double precision,
    final boolean DEFAULT false NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    submission_id text,
    created timestamp with time zone NOT NULL,
    modified timestamp with time zone NOT NULL,
    CONSTRAINT block_state_check CHECK (((grade IS NULL) OR (max_grade IS NOT NULL)))
)
WITH (fillfactor='80');
ALTER TABLE ONLY public.block_state_p2 ALTER COLUMN state SET COMPRESSION lz4;

CREATE TABLE public.block_state_p3 (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    usage_key text NOT NULL,
    block_type text NOT NULL,
    state json NOT NULL,
    grade double precision,
    max_grade double precision,
    final boolean DEFAULT false NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    submission_id text,
    created timestamp with time zone NOT NULL,
    modified timestamp with time zone NOT NULL,
    CONSTRAINT block_state_check CHECK (((grade IS NULL) OR (max_grade IS NOT NULL)))
)
WITH (fillfactor='80');
ALTER TABLE ONLY public.block_state_p3 ALTER COLUMN state SET COMPRESSION lz4;

CREATE TABLE public.bookmark (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    usage_key text NOT NULL,
    created timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.clipboard (
    user_id bigint NOT NULL,
    id bigint NOT NULL,
    usage_key text NOT NULL,
    version text NOT NULL,
    files text DEFAULT ''::text NOT NULL,
    name text DEFAULT ''::text NOT NULL,
    course_name text DEFAULT ''::text NOT NULL,
    copied_at timestamp with time zone NOT NULL,
    CONSTRAINT clipboard_user_id_check CHECK ((user_id > 0))
);

ALTER TABLE public.clipboard ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.clipboard_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.course_grade (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    version bigint NOT NULL,
    course_version text NOT NULL,
    course_edited timestamp with time zone,
    policy_hash text NOT NULL,
    percent double precision NOT NULL,
    letter text NOT NULL,
    passing boolean NOT NULL,
    first_passed timestamp with time zone,
    created timestamp with time zone NOT NULL,
    modified timestamp with time zone NOT NULL
)
PARTITION BY HASH (user_id);

CREATE TABLE public.course_grade_p0 (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    version bigint NOT NULL,
    course_version text NOT NULL,
    course_edited timestamp with time zone,
    policy_hash text NOT NULL,
    percent double precision NOT NULL,
    letter text NOT NULL,
    passing boolean NOT NULL,
    first_passed timestamp with time zone,
    created timestamp with time zone NOT NULL,
    modified timestamp with time zone NOT NULL
)
WITH (fillfactor='80');

CREATE TABLE public.course_grade_p1 (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    version bigint NOT NULL,
    course_version text NOT NULL,
    course_edited timestamp with time zone,
    policy_hash text NOT NULL,
    percent double precision NOT NULL,
    letter text NOT NULL,
    passing boolean NOT NULL,
    first_passed timestamp with time zone,
    created timestamp with time zone NOT NULL,
    modified timestamp with time zone NOT NULL
)
WITH (fillfactor='80');

CREATE TABLE public.course_grade_p2 (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    version bigint NOT NULL,
    course_version text NOT NULL,
    course_edited timestamp with time zone,
    policy_hash text NOT NULL,
    percent double precision NOT NULL,
    letter text NOT NULL,
    passing boolean NOT NULL,
    first_passed timestamp with time zone,
    created timestamp with time zone NOT NULL,
    modified timestamp with time zone NOT NULL
)
WITH (fillfactor='80');

CREATE TABLE public.course_grade_p3 (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    version bigint NOT NULL,
    course_version text NOT NULL,
    course_edited timestamp with time zone,
    policy_hash text NOT NULL,
    percent double precision NOT NULL,
    letter text NOT NULL,
    passing boolean NOT NULL,
    first_passed timestamp with time zone,
    created timestamp with time zone NOT NULL,
    modified timestamp with time zone NOT NULL
)
WITH (fillfactor='80');

CREATE TABLE public.due_extension (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    usage_key text NOT NULL,
    due timestamp with time zone NOT NULL,
    granted_by bigint NOT NULL,
    granted timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.enrollment (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    mode text NOT NULL,
    is_active boolean NOT NULL,
    is_staff boolean DEFAULT false NOT NULL,
    created timestamp with time zone DEFAULT now() NOT NULL,
    changed timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT enrollment_mode_check CHECK ((mode <> ''::text))
)
PARTITION BY HASH (user_id);

CREATE TABLE public.enrollment_allowed (
    email text NOT NULL,
    course_key text NOT NULL,
    auto_enroll boolean DEFAULT false NOT NULL,
    created timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT enrollment_allowed_email_check CHECK ((email = lower(email)))
);

CREATE TABLE public.enrollment_history (
    user_id bigint NOT NULL,
    id bigint NOT NULL,
    course_key text NOT NULL,
    mode text NOT NULL,
    is_active boolean NOT NULL,
    actor_id bigint NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE public.enrollment_history ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.enrollment_history_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.enrollment_p0 (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    mode text NOT NULL,
    is_active boolean NOT NULL,
    is_staff boolean DEFAULT false NOT NULL,
    created timestamp with time zone DEFAULT now() NOT NULL,
    changed timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT enrollment_mode_check CHECK ((mode <> ''::text))
);

CREATE TABLE public.enrollment_p1 (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    mode text NOT NULL,
    is_active boolean NOT NULL,
    is_staff boolean DEFAULT false NOT NULL,
    created timestamp with time zone DEFAULT now() NOT NULL,
    changed timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT enrollment_mode_check CHECK ((mode <> ''::text))
);

CREATE TABLE public.enrollment_p2 (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    mode text NOT NULL,
    is_active boolean NOT NULL,
    is_staff boolean DEFAULT false NOT NULL,
    created timestamp with time zone DEFAULT now() NOT NULL,
    changed timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT enrollment_mode_check CHECK ((mode <> ''::text))
);

CREATE TABLE public.enrollment_p3 (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    mode text NOT NULL,
    is_active boolean NOT NULL,
    is_staff boolean DEFAULT false NOT NULL,
    created timestamp with time zone DEFAULT now() NOT NULL,
    changed timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT enrollment_mode_check CHECK ((mode <> ''::text))
);

CREATE TABLE public.enrollment_p4 (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    mode text NOT NULL,
    is_active boolean NOT NULL,
    is_staff boolean DEFAULT false NOT NULL,
    created timestamp with time zone DEFAULT now() NOT NULL,
    changed timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT enrollment_mode_check CHECK ((mode <> ''::text))
);

CREATE TABLE public.enrollment_p5 (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    mode text NOT NULL,
    is_active boolean NOT NULL,
    is_staff boolean DEFAULT false NOT NULL,
    created timestamp with time zone DEFAULT now() NOT NULL,
    changed timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT enrollment_mode_check CHECK ((mode <> ''::text))
);

CREATE TABLE public.enrollment_p6 (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    mode text NOT NULL,
    is_active boolean NOT NULL,
    is_staff boolean DEFAULT false NOT NULL,
    created timestamp with time zone DEFAULT now() NOT NULL,
    changed timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT enrollment_mode_check CHECK ((mode <> ''::text))
);

CREATE TABLE public.enrollment_p7 (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    mode text NOT NULL,
    is_active boolean NOT NULL,
    is_staff boolean DEFAULT false NOT NULL,
    created timestamp with time zone DEFAULT now() NOT NULL,
    changed timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT enrollment_mode_check CHECK ((mode <> ''::text))
);

CREATE TABLE public.enrollment_seats (
    course_key text NOT NULL,
    taken bigint NOT NULL,
    CONSTRAINT enrollment_seats_taken_check CHECK ((taken >= 0))
);

CREATE TABLE public.grade_history (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    version bigint NOT NULL,
    usage_key text NOT NULL,
    cause text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    actor_id bigint NOT NULL,
    before json NOT NULL,
    after json NOT NULL,
    created timestamp with time zone NOT NULL
);

CREATE TABLE public.grader_file (
    submission bigint NOT NULL,
    name text NOT NULL,
    content bytea NOT NULL
);

CREATE TABLE public.grader_queue (
    name text NOT NULL,
    push text,
    delay interval DEFAULT '00:05:00'::interval NOT NULL,
    expiry interval DEFAULT '30 days'::interval NOT NULL,
    created timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT grader_queue_delay_check CHECK ((delay > '00:00:00'::interval)),
    CONSTRAINT grader_queue_expiry_check CHECK ((expiry > '00:00:00'::interval)),
    CONSTRAINT grader_queue_name_check CHECK (((name <> ''::text) AND (octet_length(name) <= 128)))
);

CREATE TABLE public.grader_session (
    token bytea NOT NULL,
    user_name text NOT NULL,
    expires timestamp with time zone NOT NULL
);

CREATE TABLE public.grader_submission (
    id bigint NOT NULL,
    queue text NOT NULL,
    requester text,
    callback text NOT NULL,
    header text NOT NULL,
    body text NOT NULL,
    away boolean DEFAULT false NOT NULL,
    arrived timestamp with time zone NOT NULL,
    due timestamp with time zone NOT NULL,
    pulled timestamp with time zone,
    pull_key text,
    grader text,
    reply text,
    undelivered text,
    returned timestamp with time zone,
    failures integer DEFAULT 0 NOT NULL,
    failure text,
    ended timestamp with time zone,
    ending text,
    CONSTRAINT grader_submission_check CHECK (((ended IS NULL) = (ending IS NULL))),
    CONSTRAINT grader_submission_check1 CHECK (((reply IS NULL) = (returned IS NULL))),
    CONSTRAINT grader_submission_ending_check CHECK ((ending = ANY (ARRAY['delivered'::text, 'brought'::text, 'superseded'::text, 'failed'::text, 'retired'::text])))
);

ALTER TABLE public.grader_submission ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.grader_submission_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.grader_user (
    name text NOT NULL,
    password text NOT NULL,
    queues text[],
    created timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT grader_user_name_check CHECK ((name <> ''::text))
);

CREATE TABLE public.jobs_runner (
    id text NOT NULL,
    seen timestamp with time zone NOT NULL
);

CREATE TABLE public.mail_outbox (
    id bigint NOT NULL,
    key text NOT NULL,
    recipient text NOT NULL,
    subject text NOT NULL,
    body_text text NOT NULL,
    body_html text NOT NULL,
    repeatable boolean NOT NULL,
    state text DEFAULT 'queued'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    sent_at timestamp with time zone,
    error text DEFAULT ''::text NOT NULL,
    CONSTRAINT mail_outbox_key_check CHECK ((key <> ''::text)),
    CONSTRAINT mail_outbox_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'sending'::text, 'sent'::text, 'failed'::text, 'kept'::text])))
);

ALTER TABLE public.mail_outbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.mail_outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.subsection_grade (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    usage_key text NOT NULL,
    course_version text NOT NULL,
    subtree_edited timestamp with time zone,
    visible_blocks_hash text NOT NULL,
    earned_all double precision NOT NULL,
    possible_all double precision NOT NULL,
    earned_graded double precision NOT NULL,
    possible_graded double precision NOT NULL,
    first_attempted timestamp with time zone,
    first_attempted_graded timestamp with time zone,
    override_earned_all double precision,
    override_possible_all double precision,
    override_earned_graded double precision,
    override_possible_graded double precision,
    created timestamp with time zone NOT NULL,
    modified timestamp with time zone NOT NULL
)
PARTITION BY HASH (user_id);

CREATE TABLE public.subsection_grade_p0 (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    usage_key text NOT NULL,
    course_version text NOT NULL,
    subtree_edited timestamp with time zone,
    visible_blocks_hash text NOT NULL,
    earned_all double precision NOT NULL,
    possible_all double precision NOT NULL,
    earned_graded double precision NOT NULL,
    possible_graded double precision NOT NULL,
    first_attempted timestamp with time zone,
    first_attempted_graded timestamp with time zone,
    override_earned_all double precision,
    override_possible_all double precision,
    override_earned_graded double precision,
    override_possible_graded double precision,
    created timestamp with time zone NOT NULL,
    modified timestamp with time zone NOT NULL
)
WITH (fillfactor='80');

CREATE TABLE public.subsection_grade_p1 (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    usage_key text NOT NULL,
    course_version text NOT NULL,
    subtree_edited timestamp with time zone,
    visible_blocks_hash text NOT NULL,
    earned_all double precision NOT NULL,
    possible_all double precision NOT NULL,
    earned_graded double precision NOT NULL,
    possible_graded double precision NOT NULL,
    first_attempted timestamp with time zone,
    first_attempted_graded timestamp with time zone,
    override_earned_all double precision,
    override_possible_all double precision,
    override_earned_graded double precision,
    override_possible_graded double precision,
    created timestamp with time zone NOT NULL,
    modified timestamp with time zone NOT NULL
)
WITH (fillfactor='80');

CREATE TABLE public.subsection_grade_p2 (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    usage_key text NOT NULL,
    course_version text NOT NULL,
    subtree_edited timestamp with time zone,
    visible_blocks_hash text NOT NULL,
    earned_all double precision NOT NULL,
    possible_all double precision NOT NULL,
    earned_graded double precision NOT NULL,
    possible_graded double precision NOT NULL,
    first_attempted timestamp with time zone,
    first_attempted_graded timestamp with time zone,
    override_earned_all double precision,
    override_possible_all double precision,
    override_earned_graded double precision,
    override_possible_graded double precision,
    created timestamp with time zone NOT NULL,
    modified timestamp with time zone NOT NULL
)
WITH (fillfactor='80');

CREATE TABLE public.subsection_grade_p3 (
    user_id bigint NOT NULL,
    course_key text NOT NULL,
    usage_key text NOT NULL,
    course_version text NOT NULL,
    subtree_edited timestamp with time zone,
    visible_blocks_hash text NOT NULL,
    earned_all double precision NOT NULL,
    possible_all double precision NOT NULL,
    earned_graded double precision NOT NULL,
    possible_graded double precision NOT NULL,
    first_attempted timestamp with time zone,
    first_attempted_graded timestamp with time zone,
    override_earned_all double precision,
    override_possible_all double precision,
    override_earned_graded double precision,
    override_possible_graded double precision,
    created timestamp with time zone NOT NULL,
    modified timestamp with time zone NOT NULL
)
WITH (fillfactor='80');

CREATE TABLE public.team_role (
    user_id bigint NOT NULL,
    role text NOT NULL,
    course_key text DEFAULT ''::text NOT NULL,
    org text DEFAULT ''::text NOT NULL,
    granted_by bigint NOT NULL,
    granted_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT team_role_check CHECK (((course_key = ''::text) OR (org = ''::text))),
    CONSTRAINT team_role_role_check CHECK ((role ~ '^[a-z_]{1,64}$'::text)),
    CONSTRAINT team_role_user_id_check CHECK ((user_id > 0))
);

CREATE TABLE public.tracking_outbox (
    id bigint NOT NULL,
    lines bytea NOT NULL,
    events integer NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT tracking_outbox_events_check CHECK ((events > 0)),
    CONSTRAINT tracking_outbox_lines_check CHECK ((octet_length(lines) > 0))
);

ALTER TABLE public.tracking_outbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.tracking_outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.transfer_room (
    user_id bigint NOT NULL,
    hour timestamp with time zone NOT NULL,
    bytes bigint NOT NULL,
    CONSTRAINT transfer_room_bytes_check CHECK ((bytes >= 0)),
    CONSTRAINT transfer_room_user_id_check CHECK ((user_id > 0))
);

CREATE TABLE public.transfer_task (
    id bigint NOT NULL,
    kind text NOT NULL,
    course_key text DEFAULT ''::text NOT NULL,
    user_id bigint NOT NULL,
    username text NOT NULL,
    file text DEFAULT ''::text NOT NULL,
    ask jsonb DEFAULT '{}'::jsonb NOT NULL,
    state text NOT NULL,
    total bigint DEFAULT 0 NOT NULL,
    received bigint DEFAULT 0 NOT NULL,
    parts text[] DEFAULT '{}'::text[] NOT NULL,
    sizes bigint[] DEFAULT '{}'::bigint[] NOT NULL,
    step smallint DEFAULT 0 NOT NULL,
    done integer DEFAULT 0 NOT NULL,
    of_all integer DEFAULT 0 NOT NULL,
    problem jsonb,
    outcome jsonb,
    before jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL,
    undone_at timestamp with time zone,
    dismissed_at timestamp with time zone,
    CONSTRAINT transfer_task_check CHECK (((received >= 0) AND (received <= total))),
    CONSTRAINT transfer_task_kind_check CHECK ((kind = ANY (ARRAY['import'::text, 'export'::text, 'rerun'::text]))),
    CONSTRAINT transfer_task_state_check CHECK ((state = ANY (ARRAY['uploading'::text, 'waiting'::text, 'running'::text, 'done'::text, 'failed'::text]))),
    CONSTRAINT transfer_task_user_id_check CHECK ((user_id > 0))
);

ALTER TABLE public.transfer_task ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.transfer_task_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.visible_blocks (
    course_key text NOT NULL,
    hash text NOT NULL,
    blocks json NOT NULL
);

ALTER TABLE ONLY public.answer_draft ATTACH PARTITION public.answer_draft_p0 FOR VALUES WITH (modulus 4, remainder 0);

ALTER TABLE ONLY public.answer_draft ATTACH PARTITION public.answer_draft_p1 FOR VALUES WITH (modulus 4, remainder 1);

ALTER TABLE ONLY public.answer_draft ATTACH PARTITION public.answer_draft_p2 FOR VALUES WITH (modulus 4, remainder 2);

ALTER TABLE ONLY public.answer_draft ATTACH PARTITION public.answer_draft_p3 FOR VALUES WITH (modulus 4, remainder 3);

ALTER TABLE ONLY public.block_completion ATTACH PARTITION public.block_completion_p0 FOR VALUES WITH (modulus 4, remainder 0);

ALTER TABLE ONLY public.block_completion ATTACH PARTITION public.block_completion_p1 FOR VALUES WITH (modulus 4, remainder 1);

ALTER TABLE ONLY public.block_completion ATTACH PARTITION public.block_completion_p2 FOR VALUES WITH (modulus 4, remainder 2);

ALTER TABLE ONLY public.block_completion ATTACH PARTITION public.block_completion_p3 FOR VALUES WITH (modulus 4, remainder 3);

ALTER TABLE ONLY public.block_state_history ATTACH PARTITION public.block_state_history_p0 FOR VALUES WITH (modulus 4, remainder 0);

ALTER TABLE ONLY public.block_state_history ATTACH PARTITION public.block_state_history_p1 FOR VALUES WITH (modulus 4, remainder 1);

ALTER TABLE ONLY public.block_state_history ATTACH PARTITION public.block_state_history_p2 FOR VALUES WITH (modulus 4, remainder 2);

ALTER TABLE ONLY public.block_state_history ATTACH PARTITION public.block_state_history_p3 FOR VALUES WITH (modulus 4, remainder 3);

ALTER TABLE ONLY public.block_state ATTACH PARTITION public.block_state_p0 FOR VALUES WITH (modulus 4, remainder 0);

ALTER TABLE ONLY public.block_state ATTACH PARTITION public.block_state_p1 FOR VALUES WITH (modulus 4, remainder 1);

ALTER TABLE ONLY public.block_state ATTACH PARTITION public.block_state_p2 FOR VALUES WITH (modulus 4, remainder 2);

ALTER TABLE ONLY public.block_state ATTACH PARTITION public.block_state_p3 FOR VALUES WITH (modulus 4, remainder 3);

ALTER TABLE ONLY public.course_grade ATTACH PARTITION public.course_grade_p0 FOR VALUES WITH (modulus 4, remainder 0);

ALTER TABLE ONLY public.course_grade ATTACH PARTITION public.course_grade_p1 FOR VALUES WITH (modulus 4, remainder 1);

ALTER TABLE ONLY public.course_grade ATTACH PARTITION public.course_grade_p2 FOR VALUES WITH (modulus 4, remainder 2);

ALTER TABLE ONLY public.course_grade ATTACH PARTITION public.course_grade_p3 FOR VALUES WITH (modulus 4, remainder 3);

ALTER TABLE ONLY public.enrollment ATTACH PARTITION public.enrollment_p0 FOR VALUES WITH (modulus 8, remainder 0);

ALTER TABLE ONLY public.enrollment ATTACH PARTITION public.enrollment_p1 FOR VALUES WITH (modulus 8, remainder 1);

ALTER TABLE ONLY public.enrollment ATTACH PARTITION public.enrollment_p2 FOR VALUES WITH (modulus 8, remainder 2);

ALTER TABLE ONLY public.enrollment ATTACH PARTITION public.enrollment_p3 FOR VALUES WITH (modulus 8, remainder 3);

ALTER TABLE ONLY public.enrollment ATTACH PARTITION public.enrollment_p4 FOR VALUES WITH (modulus 8, remainder 4);

ALTER TABLE ONLY public.enrollment ATTACH PARTITION public.enrollment_p5 FOR VALUES WITH (modulus 8, remainder 5);

ALTER TABLE ONLY public.enrollment ATTACH PARTITION public.enrollment_p6 FOR VALUES WITH (modulus 8, remainder 6);

ALTER TABLE ONLY public.enrollment ATTACH PARTITION public.enrollment_p7 FOR VALUES WITH (modulus 8, remainder 7);

ALTER TABLE ONLY public.subsection_grade ATTACH PARTITION public.subsection_grade_p0 FOR VALUES WITH (modulus 4, remainder 0);

ALTER TABLE ONLY public.subsection_grade ATTACH PARTITION public.subsection_grade_p1 FOR VALUES WITH (modulus 4, remainder 1);

ALTER TABLE ONLY public.subsection_grade ATTACH PARTITION public.subsection_grade_p2 FOR VALUES WITH (modulus 4, remainder 2);

ALTER TABLE ONLY public.subsection_grade ATTACH PARTITION public.subsection_grade_p3 FOR VALUES WITH (modulus 4, remainder 3);

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_email_key UNIQUE (email);

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.account_preference
    ADD CONSTRAINT account_preference_pkey PRIMARY KEY (user_id, key);

ALTER TABLE ONLY public.account_profile
    ADD CONSTRAINT account_profile_pkey PRIMARY KEY (user_id);

ALTER TABLE ONLY public.account_session
    ADD CONSTRAINT account_session_pkey PRIMARY KEY (id_hash);

ALTER TABLE ONLY public.account_token
    ADD CONSTRAINT account_token_pkey PRIMARY KEY (hash);

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_username_key_key UNIQUE (username_key);

ALTER TABLE ONLY public.answer_draft
    ADD CONSTRAINT answer_draft_pkey PRIMARY KEY (user_id, course_key, usage_key);

ALTER TABLE ONLY public.answer_draft_p0
    ADD CONSTRAINT answer_draft_p0_pkey PRIMARY KEY (user_id, course_key, usage_key);

ALTER TABLE ONLY public.answer_draft_p1
    ADD CONSTRAINT answer_draft_p1_pkey PRIMARY KEY (user_id, course_key, usage_key);

ALTER TABLE ONLY public.answer_draft_p2
    ADD CONSTRAINT answer_draft_p2_pkey PRIMARY KEY (user_id, course_key, usage_key);

ALTER TABLE ONLY public.answer_draft_p3
    ADD CONSTRAINT answer_draft_p3_pkey PRIMARY KEY (user_id, course_key, usage_key);

ALTER TABLE ONLY public.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.block_completion
    ADD CONSTRAINT block_completion_pkey PRIMARY KEY (user_id, course_key, usage_key);

ALTER TABLE ONLY public.block_completion_p0
    ADD CONSTRAINT block_completion_p0_pkey PRIMARY KEY (user_id, course_key, usage_key);

ALTER TABLE ONLY public.block_completion_p1
    ADD CONSTRAINT block_completion_p1_pkey PRIMARY KEY (user_id, course_key, usage_key);

ALTER TABLE ONLY public.block_completion_p2
    ADD CONSTRAINT block_completion_p2_pkey PRIMARY KEY (user_id, course_key, usage_key);

ALTER TABLE ONLY public.block_completion_p3
    ADD CONSTRAINT block_completion_p3_pkey PRIMARY KEY (user_id, course_key, usage_key);

ALTER TABLE ONLY public.block_state_history
    ADD CONSTRAINT block_state_history_pkey PRIMARY KEY (user_id, course_key, usage_key, version);

ALTER TABLE ONLY public.block_state_history_p0
    ADD CONSTRAINT block_state_history_p0_pkey PRIMARY KEY (user_id, course_key, usage_key, version);

ALTER TABLE ONLY public.block_state_history_p1
    ADD CONSTRAINT block_state_history_p1_pkey PRIMARY KEY (user_id, course_key, usage_key, version);

ALTER TABLE ONLY public.block_state_history_p2
    ADD CONSTRAINT block_state_history_p2_pkey PRIMARY KEY (user_id, course_key, usage_key, version);

ALTER TABLE ONLY public.block_state_history_p3
    ADD CONSTRAINT block_state_history_p3_pkey PRIMARY KEY (user_id, course_key, usage_key, version);

ALTER TABLE ONLY public.block_state
    ADD CONSTRAINT block_state_pkey PRIMARY KEY (user_id, course_key, usage_key);

ALTER TABLE ONLY public.block_state_p0
    ADD CONSTRAINT block_state_p0_pkey PRIMARY KEY (user_id, course_key, usage_key);

ALTER TABLE ONLY public.block_state_p1
    ADD CONSTRAINT block_state_p1_pkey PRIMARY KEY (user_id, course_key, usage_key);

ALTER TABLE ONLY public.block_state_p2
    ADD CONSTRAINT block_state_p2_pkey PRIMARY KEY (user_id, course_key, usage_key);

ALTER TABLE ONLY public.block_state_p3
    ADD CONSTRAINT block_state_p3_pkey PRIMARY KEY (user_id, course_key, usage_key);

ALTER TABLE ONLY public.bookmark
    ADD CONSTRAINT bookmark_pkey PRIMARY KEY (user_id, course_key, usage_key);

ALTER TABLE ONLY public.clipboard
    ADD CONSTRAINT clipboard_id_key UNIQUE (id);

ALTER TABLE ONLY public.clipboard
    ADD CONSTRAINT clipboard_pkey PRIMARY KEY (user_id);

ALTER TABLE ONLY public.course_grade
    ADD CONSTRAINT course_grade_pkey PRIMARY KEY (user_id, course_key);

ALTER TABLE ONLY public.course_grade_p0
    ADD CONSTRAINT course_grade_p0_pkey PRIMARY KEY (user_id, course_key);

ALTER TABLE ONLY public.course_grade_p1
    ADD CONSTRAINT course_grade_p1_pkey PRIMARY KEY (user_id, course_key);

ALTER TABLE ONLY public.course_grade_p2
    ADD CONSTRAINT course_grade_p2_pkey PRIMARY KEY (user_id, course_key);

ALTER TABLE ONLY public.course_grade_p3
    ADD CONSTRAINT course_grade_p3_pkey PRIMARY KEY (user_id, course_key);

ALTER TABLE ONLY public.due_extension
    ADD CONSTRAINT due_extension_pkey PRIMARY KEY (user_id, course_key, usage_key);

ALTER TABLE ONLY public.enrollment
    ADD CONSTRAINT enrollment_pkey PRIMARY KEY (user_id, course_key);

ALTER TABLE ONLY public.enrollment_p0
    ADD CONSTRAINT enrollment_0_pkey PRIMARY KEY (user_id, course_key);

ALTER TABLE ONLY public.enrollment_p1
    ADD CONSTRAINT enrollment_1_pkey PRIMARY KEY (user_id, course_key);

ALTER TABLE ONLY public.enrollment_p2
    ADD CONSTRAINT enrollment_2_pkey PRIMARY KEY (user_id, course_key);

ALTER TABLE ONLY public.enrollment_p3
    ADD CONSTRAINT enrollment_3_pkey PRIMARY KEY (user_id, course_key);

ALTER TABLE ONLY public.enrollment_p4
    ADD CONSTRAINT enrollment_4_pkey PRIMARY KEY (user_id, course_key);

ALTER TABLE ONLY public.enrollment_p5
    ADD CONSTRAINT enrollment_5_pkey PRIMARY KEY (user_id, course_key);

ALTER TABLE ONLY public.enrollment_p6
    ADD CONSTRAINT enrollment_6_pkey PRIMARY KEY (user_id, course_key);

ALTER TABLE ONLY public.enrollment_p7
    ADD CONSTRAINT enrollment_7_pkey PRIMARY KEY (user_id, course_key);

ALTER TABLE ONLY public.enrollment_allowed
    ADD CONSTRAINT enrollment_allowed_pkey PRIMARY KEY (email, course_key);

ALTER TABLE ONLY public.enrollment_history
    ADD CONSTRAINT enrollment_history_pkey PRIMARY KEY (user_id, id);

ALTER TABLE ONLY public.enrollment_seats
    ADD CONSTRAINT enrollment_seats_pkey PRIMARY KEY (course_key);

ALTER TABLE ONLY public.grade_history
    ADD CONSTRAINT grade_history_pkey PRIMARY KEY (user_id, course_key, version, usage_key);

ALTER TABLE ONLY public.grader_file
    ADD CONSTRAINT grader_file_pkey PRIMARY KEY (submission, name);

ALTER TABLE ONLY public.grader_queue
    ADD CONSTRAINT grader_queue_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.grader_session
    ADD CONSTRAINT grader_session_pkey PRIMARY KEY (token);

ALTER TABLE ONLY public.grader_submission
    ADD CONSTRAINT grader_submission_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.grader_user
    ADD CONSTRAINT grader_user_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.jobs_runner
    ADD CONSTRAINT jobs_runner_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.mail_outbox
    ADD CONSTRAINT mail_outbox_key_key UNIQUE (key);

ALTER TABLE ONLY public.mail_outbox
    ADD CONSTRAINT mail_outbox_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.subsection_grade
    ADD CONSTRAINT subsection_grade_pkey PRIMARY KEY (user_id, course_key, usage_key);

ALTER TABLE ONLY public.subsection_grade_p0
    ADD CONSTRAINT subsection_grade_p0_pkey PRIMARY KEY (user_id, course_key, usage_key);

ALTER TABLE ONLY public.subsection_grade_p1
    ADD CONSTRAINT subsection_grade_p1_pkey PRIMARY KEY (user_id, course_key, usage_key);

ALTER TABLE ONLY public.subsection_grade_p2
    ADD CONSTRAINT subsection_grade_p2_pkey PRIMARY KEY (user_id, course_key, usage_key);

ALTER TABLE ONLY public.subsection_grade_p3
    ADD CONSTRAINT subsection_grade_p3_pkey PRIMARY KEY (user_id, course_key, usage_key);

ALTER TABLE ONLY public.team_role
    ADD CONSTRAINT team_role_pkey PRIMARY KEY (user_id, role, course_key, org);

ALTER TABLE ONLY public.tracking_outbox
    ADD CONSTRAINT tracking_outbox_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.transfer_room
    ADD CONSTRAINT transfer_room_pkey PRIMARY KEY (user_id, hour);

ALTER TABLE ONLY public.transfer_task
    ADD CONSTRAINT transfer_task_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.visible_blocks
    ADD CONSTRAINT visible_blocks_pkey PRIMARY KEY (course_key, hash);

CREATE INDEX account_changed_at ON public.account USING btree (changed_at);

CREATE INDEX account_session_ended ON public.account_session USING btree (ended_at) WHERE (ended_at IS NOT NULL);

CREATE INDEX account_session_expires ON public.account_session USING btree (expires_at);

CREATE INDEX account_session_parent ON public.account_session USING btree (parent) WHERE (parent IS NOT NULL);

CREATE INDEX account_session_user ON public.account_session USING btree (user_id);

CREATE INDEX account_token_expires ON public.account_token USING btree (expires_at);

CREATE INDEX account_token_user ON public.account_token USING btree (user_id, purpose) WHERE (used_at IS NULL);

CREATE INDEX audit_at ON public.audit USING btree (at);

CREATE INDEX audit_course ON public.audit USING btree (course_key, id) WHERE (course_key <> ''::text);

CREATE INDEX audit_target ON public.audit USING btree (target, id);

CREATE UNIQUE INDEX block_state_history_submission ON ONLY public.block_state_history USING btree (user_id, submission_id) WHERE (submission_id IS NOT NULL);

CREATE UNIQUE INDEX block_state_history_p0_user_id_submission_id_idx ON public.block_state_history_p0 USING btree (user_id, submission_id) WHERE (submission_id IS NOT NULL);

CREATE UNIQUE INDEX block_state_history_p1_user_id_submission_id_idx ON public.block_state_history_p1 USING btree (user_id, submission_id) WHERE (submission_id IS NOT NULL);

CREATE UNIQUE INDEX block_state_history_p2_user_id_submission_id_idx ON public.block_state_history_p2 USING btree (user_id, submission_id) WHERE (submission_id IS NOT NULL);

CREATE UNIQUE INDEX block_state_history_p3_user_id_submission_id_idx ON public.block_state_history_p3 USING btree (user_id, submission_id) WHERE (submission_id IS NOT NULL);

CREATE INDEX clipboard_age ON public.clipboard USING btree (copied_at);

CREATE INDEX course_grade_course ON ONLY public.course_grade USING btree (course_key, user_id);

CREATE INDEX course_grade_p0_course_key_user_id_idx ON public.course_grade_p0 USING btree (course_key, user_id);

CREATE INDEX course_grade_p1_course_key_user_id_idx ON public.course_grade_p1 USING btree (course_key, user_id);

CREATE INDEX course_grade_p2_course_key_user_id_idx ON public.course_grade_p2 USING btree (course_key, user_id);

CREATE INDEX course_grade_p3_course_key_user_id_idx ON public.course_grade_p3 USING btree (course_key, user_id);

CREATE INDEX due_extension_unit ON public.due_extension USING btree (course_key, usage_key);

CREATE INDEX enrollment_course ON ONLY public.enrollment USING btree (course_key, user_id);

CREATE INDEX enrollment_0_course_key_user_id_idx ON public.enrollment_p0 USING btree (course_key, user_id);

CREATE INDEX enrollment_1_course_key_user_id_idx ON public.enrollment_p1 USING btree (course_key, user_id);

CREATE INDEX enrollment_2_course_key_user_id_idx ON public.enrollment_p2 USING btree (course_key, user_id);

CREATE INDEX enrollment_3_course_key_user_id_idx ON public.enrollment_p3 USING btree (course_key, user_id);

CREATE INDEX enrollment_4_course_key_user_id_idx ON public.enrollment_p4 USING btree (course_key, user_id);

CREATE INDEX enrollment_5_course_key_user_id_idx ON public.enrollment_p5 USING btree (course_key, user_id);

CREATE INDEX enrollment_6_course_key_user_id_idx ON public.enrollment_p6 USING btree (course_key, user_id);

CREATE INDEX enrollment_7_course_key_user_id_idx ON public.enrollment_p7 USING btree (course_key, user_id);

CREATE INDEX grader_session_user ON public.grader_session USING btree (user_name);

CREATE INDEX grader_submission_callback ON public.grader_submission USING btree (callback) WHERE (ended IS NULL);

CREATE INDEX grader_submission_due ON public.grader_submission USING btree (due) WHERE ((ended IS NULL) AND ((reply IS NOT NULL) OR away));

CREATE INDEX grader_submission_ended ON public.grader_submission USING btree (ended) WHERE (ended IS NOT NULL);

CREATE INDEX grader_submission_waiting ON public.grader_submission USING btree (queue, arrived, id) WHERE ((ended IS NULL) AND (reply IS NULL) AND (NOT away));

CREATE INDEX mail_outbox_due ON public.mail_outbox USING btree (due_at) WHERE (state = ANY (ARRAY['queued'::text, 'sending'::text]));

CREATE INDEX subsection_grade_course ON ONLY public.subsection_grade USING btree (course_key, user_id);

CREATE INDEX subsection_grade_p0_course_key_user_id_idx ON public.subsection_grade_p0 USING btree (course_key, user_id);

CREATE INDEX subsection_grade_p1_course_key_user_id_idx ON public.subsection_grade_p1 USING btree (course_key, user_id);

CREATE INDEX subsection_grade_p2_course_key_user_id_idx ON public.subsection_grade_p2 USING btree (course_key, user_id);

CREATE INDEX subsection_grade_p3_course_key_user_id_idx ON public.subsection_grade_p3 USING btree (course_key, user_id);

CREATE INDEX team_role_course ON public.team_role USING btree (course_key, role, user_id) WHERE (course_key <> ''::text);

CREATE INDEX team_role_org ON public.team_role USING btree (org, role, user_id) WHERE (org <> ''::text);

CREATE INDEX transfer_room_hour ON public.transfer_room USING btree (hour);

CREATE INDEX transfer_task_course ON public.transfer_task USING btree (course_key, kind, id);

CREATE INDEX transfer_task_user ON public.transfer_task USING btree (user_id, id);

ALTER INDEX public.answer_draft_pkey ATTACH PARTITION public.answer_draft_p0_pkey;

ALTER INDEX public.answer_draft_pkey ATTACH PARTITION public.answer_draft_p1_pkey;

ALTER INDEX public.answer_draft_pkey ATTACH PARTITION public.answer_draft_p2_pkey;

ALTER INDEX public.answer_draft_pkey ATTACH PARTITION public.answer_draft_p3_pkey;

ALTER INDEX public.block_completion_pkey ATTACH PARTITION public.block_completion_p0_pkey;

ALTER INDEX public.block_completion_pkey ATTACH PARTITION public.block_completion_p1_pkey;

ALTER INDEX public.block_completion_pkey ATTACH PARTITION public.block_completion_p2_pkey;

ALTER INDEX public.block_completion_pkey ATTACH PARTITION public.block_completion_p3_pkey;

ALTER INDEX public.block_state_history_pkey ATTACH PARTITION public.block_state_history_p0_pkey;

ALTER INDEX public.block_state_history_submission ATTACH PARTITION public.block_state_history_p0_user_id_submission_id_idx;

ALTER INDEX public.block_state_history_pkey ATTACH PARTITION public.block_state_history_p1_pkey;

ALTER INDEX public.block_state_history_submission ATTACH PARTITION public.block_state_history_p1_user_id_submission_id_idx;

ALTER INDEX public.block_state_history_pkey ATTACH PARTITION public.block_state_history_p2_pkey;

ALTER INDEX public.block_state_history_submission ATTACH PARTITION public.block_state_history_p2_user_id_submission_id_idx;

ALTER INDEX public.block_state_history_pkey ATTACH PARTITION public.block_state_history_p3_pkey;

ALTER INDEX public.block_state_history_submission ATTACH PARTITION public.block_state_history_p3_user_id_submission_id_idx;

ALTER INDEX public.block_state_pkey ATTACH PARTITION public.block_state_p0_pkey;

ALTER INDEX public.block_state_pkey ATTACH PARTITION public.block_state_p1_pkey;

ALTER INDEX public.block_state_pkey ATTACH PARTITION public.block_state_p2_pkey;

ALTER INDEX public.block_state_pkey ATTACH PARTITION public.block_state_p3_pkey;

ALTER INDEX public.course_grade_course ATTACH PARTITION public.course_grade_p0_course_key_user_id_idx;

ALTER INDEX public.course_grade_pkey ATTACH PARTITION public.course_grade_p0_pkey;

ALTER INDEX public.course_grade_course ATTACH PARTITION public.course_grade_p1_course_key_user_id_idx;

ALTER INDEX public.course_grade_pkey ATTACH PARTITION public.course_grade_p1_pkey;

ALTER INDEX public.course_grade_course ATTACH PARTITION public.course_grade_p2_course_key_user_id_idx;

ALTER INDEX public.course_grade_pkey ATTACH PARTITION public.course_grade_p2_pkey;

ALTER INDEX public.course_grade_course ATTACH PARTITION public.course_grade_p3_course_key_user_id_idx;

ALTER INDEX public.course_grade_pkey ATTACH PARTITION public.course_grade_p3_pkey;

ALTER INDEX public.enrollment_course ATTACH PARTITION public.enrollment_0_course_key_user_id_idx;

ALTER INDEX public.enrollment_pkey ATTACH PARTITION public.enrollment_0_pkey;

ALTER INDEX public.enrollment_course ATTACH PARTITION public.enrollment_1_course_key_user_id_idx;

ALTER INDEX public.enrollment_pkey ATTACH PARTITION public.enrollment_1_pkey;

ALTER INDEX public.enrollment_course ATTACH PARTITION public.enrollment_2_course_key_user_id_idx;

ALTER INDEX public.enrollment_pkey ATTACH PARTITION public.enrollment_2_pkey;

ALTER INDEX public.enrollment_course ATTACH PARTITION public.enrollment_3_course_key_user_id_idx;

ALTER INDEX public.enrollment_pkey ATTACH PARTITION public.enrollment_3_pkey;

ALTER INDEX public.enrollment_course ATTACH PARTITION public.enrollment_4_course_key_user_id_idx;

ALTER INDEX public.enrollment_pkey ATTACH PARTITION public.enrollment_4_pkey;

ALTER INDEX public.enrollment_course ATTACH PARTITION public.enrollment_5_course_key_user_id_idx;

ALTER INDEX public.enrollment_pkey ATTACH PARTITION public.enrollment_5_pkey;

ALTER INDEX public.enrollment_course ATTACH PARTITION public.enrollment_6_course_key_user_id_idx;

ALTER INDEX public.enrollment_pkey ATTACH PARTITION public.enrollment_6_pkey;

ALTER INDEX public.enrollment_course ATTACH PARTITION public.enrollment_7_course_key_user_id_idx;

ALTER INDEX public.enrollment_pkey ATTACH PARTITION public.enrollment_7_pkey;

ALTER INDEX public.subsection_grade_course ATTACH PARTITION public.subsection_grade_p0_course_key_user_id_idx;

ALTER INDEX public.subsection_grade_pkey ATTACH PARTITION public.subsection_grade_p0_pkey;

ALTER INDEX public.subsection_grade_course ATTACH PARTITION public.subsection_grade_p1_course_key_user_id_idx;

ALTER INDEX public.subsection_grade_pkey ATTACH PARTITION public.subsection_grade_p1_pkey;

ALTER INDEX public.subsection_grade_course ATTACH PARTITION public.subsection_grade_p2_course_key_user_id_idx;

ALTER INDEX public.subsection_grade_pkey ATTACH PARTITION public.subsection_grade_p2_pkey;

ALTER INDEX public.subsection_grade_course ATTACH PARTITION public.subsection_grade_p3_course_key_user_id_idx;

ALTER INDEX public.subsection_grade_pkey ATTACH PARTITION public.subsection_grade_p3_pkey;

CREATE TRIGGER audit_append_only BEFORE DELETE OR UPDATE ON public.audit FOR EACH ROW EXECUTE FUNCTION public.audit_append_only();

CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON public.audit FOR EACH STATEMENT EXECUTE FUNCTION public.audit_append_only();

ALTER TABLE ONLY public.account_preference
    ADD CONSTRAINT account_preference_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.account(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.account_profile
    ADD CONSTRAINT account_profile_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.account(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.account_session
    ADD CONSTRAINT account_session_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.account(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.account_token
    ADD CONSTRAINT account_token_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.account(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.grader_file
    ADD CONSTRAINT grader_file_submission_fkey FOREIGN KEY (submission) REFERENCES public.grader_submission(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.grader_session
    ADD CONSTRAINT grader_session_user_name_fkey FOREIGN KEY (user_name) REFERENCES public.grader_user(name) ON DELETE CASCADE;
