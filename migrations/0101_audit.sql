-- +goose Up

-- Who did what to whom. Rows are added and never changed; whoever runs the application cannot change or remove them through it.
CREATE TABLE audit (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT now(),
    actor      bigint, -- whose rights were used; null: nobody signed in, or the system
    real_actor bigint, -- who acted, under masquerade
    action     text        NOT NULL CHECK (action ~ '^[a-z][a-z0-9_.]*$'),
    target     text        NOT NULL DEFAULT '', -- kind:id, as user:42
    course_key text        NOT NULL DEFAULT '',
    address    text        NOT NULL DEFAULT '',
    request_id text        NOT NULL DEFAULT '',
    before     jsonb,
    after      jsonb
);
CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_target ON audit (target, id);
CREATE INDEX audit_course ON audit (course_key, id) WHERE course_key <> '';

-- +goose StatementBegin
CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit rows are never changed or removed' USING ERRCODE = 'insufficient_privilege';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only();
