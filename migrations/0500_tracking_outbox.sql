-- +goose Up
-- Tracking events that could not be written to the log: whole JSON lines, a few hundred to a row, removed when they are in the log.
CREATE TABLE tracking_outbox (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lines      bytea       NOT NULL CHECK (octet_length(lines) > 0),
    events     integer     NOT NULL CHECK (events > 0),
    created_at timestamptz NOT NULL DEFAULT now()
);
