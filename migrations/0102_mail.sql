-- +goose Up

-- Mail, written in the transaction that decided to send it. Bodies of sent messages are emptied: they carry secrets.
CREATE TABLE mail_outbox (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key        text        NOT NULL UNIQUE CHECK (key <> ''), -- names the message: a flow that runs twice sends once
    recipient  text        NOT NULL,
    subject    text        NOT NULL,
    body_text  text        NOT NULL,
    body_html  text        NOT NULL,
    repeatable boolean     NOT NULL, -- sent again when it is not known whether the first sending arrived
    state      text        NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'kept')),
    attempts   integer     NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    due_at     timestamptz NOT NULL DEFAULT now(), -- queued: not before; sending: in doubt from then on
    sent_at    timestamptz,
    error      text        NOT NULL DEFAULT ''
);
CREATE INDEX mail_outbox_due ON mail_outbox (due_at) WHERE state IN ('queued', 'sending');
