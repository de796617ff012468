package ferret_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"lyceum/internal/embedded/postgres"
	"lyceum/internal/mongotest"
	"lyceum/internal/pgtest"
)

// TestSearchesMeetAnIndex asks PostgreSQL for the plan of the searches the engine makes, in its words.
func TestSearchesMeetAnIndex(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), mongotest.New(t)
	chunks := db.Collection("fs.chunks")
	_, err := chunks.Indexes().CreateMany(ctx, []mongo.IndexModel{
		{Keys: bson.D{{Key: "files_id", Value: 1}, {Key: "n", Value: 1}}},
		{Keys: bson.D{{Key: "it's.nested", Value: -1}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(ctx, postgres.URL(pgtest.Socket(t), "documents"))
	if err != nil {
		t.Skipf("not on the embedded store: %v", err)
	}
	defer conn.Close(ctx)
	var table string
	err = conn.QueryRow(ctx, `SELECT tablename FROM pg_tables WHERE schemaname = $1 AND tablename LIKE 'fs%'`, db.Name()).Scan(&table)
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name, where string
		field       any
	}{
		{name: "_id", where: `_jsonb->$1 @> $2`, field: "_id"},
		{name: "first field of an index", where: `_jsonb->$1 @> $2`, field: "files_id"},
		{name: "nested field", where: `_jsonb#>$1 @> $2`, field: []string{"it's", "nested"}},
	}
	for _, c := range cases {
		rows, err := conn.Query(ctx, `EXPLAIN SELECT _jsonb FROM `+pgx.Identifier{db.Name(), table}.Sanitize()+` WHERE `+c.where, c.field, `"x"`)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(strings.Join(plan, "\n"), "Bitmap Index Scan on search_") {
			t.Errorf("%s: the plan does not use a search index:\n%s", c.name, strings.Join(plan, "\n"))
		}
	}
}
