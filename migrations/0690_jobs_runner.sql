-- +goose Up

-- A process that works jobs, and when it last said so: jobs of one that is silent are given to others.
CREATE TABLE jobs_runner (
	id   text        PRIMARY KEY,
	seen timestamptz NOT NULL
);
