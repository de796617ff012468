// Package migrations holds the PostgreSQL schema as numbered steps and applies them.
//
// A step is a file NNNN_room_what.sql that begins with "-- +goose Up" and only goes forward; a mistake is corrected by another step.
// Each runs in a transaction of its own (a file that must not, for CREATE INDEX CONCURRENTLY, says "-- +goose NO TRANSACTION") and must
// be restartable. A statement with semicolons in it, the body of a function, stands between "-- +goose StatementBegin" and
// "-- +goose StatementEnd". Releases n and n-1 run beside each other on one schema: add first, use next, drop a release later. The job queue's own
// tables are made in the same run, under the same lock.
//
// Rooms are written side by side, so each has numbers of its own, and a step may be applied after a higher one of another room:
//
//	0001-0099  base, shared by all
//	0100-0199  learner/account
//	0200-0299  learner/enrollment
//	0300-0399  learner/state, completion, schedule, courseware, cohort, access
//	0400-0499  grading
//	0500-0599  tracking
//	0600-0699  authoring, jobs, course/team
//	0700-0799  component, graderqueue
//	0800-0999  later rooms
//
// So a step may refer only to tables of its own room and of lower numbers, and a foreign key to another room's table is allowed only
// downward in this list. Tables that grow with learners carry user_id first in their key and are hash-partitioned on it.
//
// schema.sql is the result, committed for review; go test ./migrations -update rewrites it.
package migrations
