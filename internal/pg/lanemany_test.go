package pg_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"lyceum/internal/pg"
)

// sitDown changes a chair and tells of it: what learners' acts are made of, with a parameter of each type and some nulls.
var sitDown = pg.Changes(pg.Change{
	With: `seated AS (
		UPDATE {chair/4} SET n = n + 1, note = $3, text = $4
		/*many FROM given*/
		WHERE id = $1 AND n = $2
		RETURNING id, n
	)`, Found: "seated", Parameters: 4,
}, pg.Change{
	With: `told AS (
		INSERT INTO {sitting/4} (id, n, text, weight, late, at, hash)
		SELECT $1, n, $3, $4, $5, $6, $7 FROM seated /*many JOIN given ON $1 = seated.id*/
		WHERE $2::text IS NOT NULL
		RETURNING 1
	)`, Found: "told", Parameters: 7,
})

// sit is one act of one user.
func sit(lanes *pg.Lanes, t *testing.T, user, seen int64, text string) error {
	var b pgx.Batch
	var note *string
	if user%3 != 0 {
		note = new(fmt.Sprint("note ", user))
	}
	var weight *float64
	if user%2 == 0 {
		weight = new(float64(user) / 2)
	}
	args := []any{user, seen, note, text, user, "told", text, weight, user%5 == 0, time.Unix(user, 0), []byte{byte(user), 0}}
	b.Queue(sitDown.Of(user), args...)
	_, err := lanes.Write(t.Context(), user, &b)
	return err
}

func TestLaneMany(t *testing.T) {
	t.Parallel()
	pool, lanes := open(t)
	const users = 60
	if _, err := pool.Exec(t.Context(), `
		CREATE TABLE chair (id bigint PRIMARY KEY, n bigint NOT NULL DEFAULT 0, note text, text json) PARTITION BY HASH (id);
		CREATE TABLE sitting (id bigint, n bigint, text json, weight double precision, late boolean, at timestamptz, hash bytea, PRIMARY KEY (id, n)) PARTITION BY HASH (id);
		CREATE TABLE whole (n bigint);
		DO $$ BEGIN
			FOR i IN 0..3 LOOP
				EXECUTE format('CREATE TABLE chair_p%s PARTITION OF chair FOR VALUES WITH (MODULUS 4, REMAINDER %s)', i, i);
				EXECUTE format('CREATE TABLE sitting_p%s PARTITION OF sitting FOR VALUES WITH (MODULUS 4, REMAINDER %s)', i, i);
			END LOOP;
		END $$;
		INSERT INTO chair SELECT generate_series(1, 60);
		-- It hears statements that name the whole table: those for several users.
		CREATE FUNCTION heard() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN INSERT INTO whole SELECT count(*) FROM new; RETURN NULL; END $$;
		CREATE TRIGGER heard AFTER UPDATE ON chair REFERENCING NEW TABLE AS new FOR EACH STATEMENT EXECUTE FUNCTION heard()`); err != nil {
		t.Fatal(err)
	}
	const rounds = 6
	for n := range int64(rounds) {
		for i, err := range crowd(users, func(i int) error {
			return sit(lanes, t, int64(i+1), n, fmt.Sprintf(`{"round": %d, "é\"": [%d]}`, n, i+1))
		}) {
			if err != nil {
				t.Fatalf("round %d, user %d: %v", n, i+1, err)
			}
		}
	}
	var good, merged, largest int64
	if err := pool.QueryRow(t.Context(), `
		SELECT count(*) FROM chair JOIN sitting USING (id) WHERE chair.n = 6
		AND    note IS NOT DISTINCT FROM CASE WHEN id % 3 <> 0 THEN 'note ' || id END
		AND    sitting.text::text = format('{"round": %s, "é\"": [%s]}', sitting.n - 1, id) AND (sitting.n < 6 OR sitting.text::text = chair.text::text)
		AND    weight IS NOT DISTINCT FROM CASE WHEN id % 2 = 0 THEN id / 2.0 END AND late = (id % 5 = 0)
		AND    at = to_timestamp(id) AND hash = decode(lpad(to_hex(id), 2, '0') || '00', 'hex')`).Scan(&good); err != nil {
		t.Fatal(err)
	}
	if good != users*rounds {
		t.Errorf("%d rows are as they should be, want %d", good, users*rounds)
	}
	if err := pool.QueryRow(t.Context(), `SELECT coalesce(sum(n), 0), coalesce(max(n), 0) FROM whole`).Scan(&merged, &largest); err != nil {
		t.Fatal(err)
	}
	if merged < users || largest < 4 {
		t.Errorf("%d acts went together with others, at most %d at once: want most", merged, largest)
	}

	// One has lost its race, another says what the store does not take: they are told, and nobody else is.
	for i, err := range crowd(users, func(i int) error {
		seen, text := int64(rounds), `{}`
		switch i {
		case 20:
			seen = 2
		case 40:
			text = `{"no end`
		}
		return sit(lanes, t, int64(i+1), seen, text)
	}) {
		want := map[int]string{20: "LY001", 40: "22P02"}[i]
		if code := pg.Code(err); code != want || want == "" && err != nil {
			t.Errorf("user %d: %v, want %q", i+1, err, want)
		}
	}
	var changed, told int64
	if err := pool.QueryRow(t.Context(), `SELECT count(*), (SELECT count(*) FROM sitting WHERE n = 7) FROM chair WHERE n = 7`).Scan(&changed, &told); err != nil {
		t.Fatal(err)
	}
	if changed != users-2 || told != changed {
		t.Errorf("%d changed and %d told, want %d of each", changed, told, users-2)
	}
}

// A statement for one user has nothing in it that is meant for several.
func TestChangesForOne(t *testing.T) {
	t.Parallel()
	if text := sitDown.Of(1); strings.Contains(text, "given") {
		t.Error(text)
	}
}
