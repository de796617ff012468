-- +goose Up

-- Bytes of archives that were kept for somebody, hour by hour, whatever became of the archive: what is given up stays on disk until course
-- files are swept.
CREATE TABLE transfer_room (
    user_id bigint      NOT NULL CHECK (user_id > 0),
    hour    timestamptz NOT NULL,
    bytes   bigint      NOT NULL CHECK (bytes >= 0),
    PRIMARY KEY (user_id, hour)
);
CREATE INDEX transfer_room_hour ON transfer_room (hour);
