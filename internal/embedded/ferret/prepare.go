package ferret

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Prepare makes the database if it is missing and sets it up; it is safe to repeat. The role of adminURL must be a superuser.
//
// The engine passes a field's name as a parameter (_jsonb->$1 @> $2), which only a plan made for the values can match with an index on
// that field; and its own indexes, B-trees on the field's value, do not serve @>. So plans are made anew each time, and beside each index
// it makes (for _id of each collection, and for what createIndexes asks) a GIN index on the first field is made. PostgreSQL would still
// read a table of some hundred documents from end to end, as it counts their pages and not what it takes to unpack each of them only to look
// at its _id: opening a course took ten times as long.
func Prepare(ctx context.Context, adminURL, database string) error {
	admin, err := pgx.Connect(ctx, adminURL)
	if err != nil {
		return fmt.Errorf("set up the document store: %w", err)
	}
	defer admin.Close(ctx)
	name := pgx.Identifier{database}.Sanitize()
	var exists bool
	if err := admin.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, database).Scan(&exists); err != nil {
		return fmt.Errorf("look for the document store: %w", err)
	}
	if !exists {
		if _, err := admin.Exec(ctx, `CREATE DATABASE `+name+` TEMPLATE template0`); err != nil {
			return fmt.Errorf("make the document store: %w", err)
		}
	}
	for _, setting := range []string{"plan_cache_mode = force_custom_plan", "enable_seqscan = off"} {
		if _, err := admin.Exec(ctx, `ALTER DATABASE `+name+` SET `+setting); err != nil {
			return fmt.Errorf("set up the document store: %w", err)
		}
	}

	config := admin.Config().Copy()
	config.Database = database
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("open the document store: %w", err)
	}
	_, err = conn.Exec(ctx, indexTrigger)
	if err := errors.Join(err, conn.Close(ctx)); err != nil {
		return fmt.Errorf("set up the document store's indexes: %w", err)
	}
	return nil
}

// indexTrigger makes the GIN index for the first field of each new B-tree index. A nested field is searched by path (#>), so its index is
// on the path. Whatever goes wrong costs speed only: the engine must get its own index.
const indexTrigger = `
CREATE SCHEMA IF NOT EXISTS lyceum_ferret;

CREATE OR REPLACE FUNCTION lyceum_ferret.index_for_search() RETURNS event_trigger LANGUAGE plpgsql AS $body$
DECLARE
	made record;
	field text;
	path text[];
	search text;
BEGIN
	FOR made IN
		SELECT c.relname AS name, n.nspname AS schema, t.relname AS tbl, t.oid AS tbl_id, pg_get_indexdef(c.oid, 1, true) AS first
		FROM   pg_event_trigger_ddl_commands() d
		JOIN   pg_class c ON c.oid = d.objid
		JOIN   pg_am am ON am.oid = c.relam AND am.amname = 'btree'
		JOIN   pg_index i ON i.indexrelid = c.oid
		JOIN   pg_class t ON t.oid = i.indrelid
		JOIN   pg_namespace n ON n.oid = t.relnamespace
		WHERE  d.classid = 'pg_class'::regclass AND t.relname NOT LIKE '\_ferretdb\_%'
	LOOP
		BEGIN
			path := ARRAY(SELECT replace(m[1], '''''', '''') FROM regexp_matches(made.first, '-> ''((?:[^'']|'''')*)''', 'g') AS m);
			IF cardinality(path) = 0 THEN
				CONTINUE;
			ELSIF cardinality(path) = 1 THEN
				search := format('_jsonb->%L', path[1]);
			ELSE
				search := format('_jsonb#>%L', path);
			END IF;
			EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON %I.%I USING gin ((%s) jsonb_path_ops) WITH (fastupdate = off)',
				'search_' || md5(made.tbl_id || search), made.schema, made.tbl, search);
		EXCEPTION WHEN OTHERS THEN
			RAISE WARNING 'no search index beside %: %', made.name, SQLERRM;
		END;
	END LOOP;
END
$body$;

DO $do$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_event_trigger WHERE evtname = 'lyceum_index_for_search') THEN
		CREATE EVENT TRIGGER lyceum_index_for_search ON ddl_command_end WHEN TAG IN ('CREATE INDEX')
			EXECUTE FUNCTION lyceum_ferret.index_for_search();
	END IF;
END
$do$;
`
