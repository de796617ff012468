-- +goose Up
-- Partitions are named alike everywhere, TABLE_pN: statements about one user go to them by name.
-- +goose StatementBegin
DO $$
BEGIN
    FOR i IN 0..7 LOOP
        EXECUTE format('ALTER TABLE enrollment_%s RENAME TO enrollment_p%s', i, i);
    END LOOP;
END $$;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
DO $$
BEGIN
    FOR i IN 0..7 LOOP
        EXECUTE format('ALTER TABLE enrollment_p%s RENAME TO enrollment_%s', i, i);
    END LOOP;
END $$;
-- +goose StatementEnd
