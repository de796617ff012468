package courseware

import (
	"reflect"
	"testing"
	"time"

	"lyceum/course"
	"lyceum/internal/pg"
	"lyceum/internal/pgtest"
	"lyceum/learner/access"
)

// testers makes user 9 a beta tester.
const testers pg.Small = `SELECT NULL, NULL, NULL, NULL::timestamptz, NULL::timestamptz, true WHERE $1 = 9 AND $2 <> ''`

func tester(row *pg.Row, _ course.Key) (access.Roles, error) {
	return access.Roles{Beta: row.Bool(6)}, row.Err()
}

// TestLoadAll: what is loaded for several is what is loaded for each.
func TestLoadAll(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	l := &Loader{DB: db, Roles: testers, ReadRole: tester}
	c := sample()
	u3, _ := c.FindID("u3")
	if err := l.StorePositions(ctx, 9, c.Key, Positions{}, c.PositionsFor(c.PlaceOf(u3)), time.Now()); err != nil {
		t.Fatal(err)
	}
	ask := Ask{Course: c.Compiled, User: 9, Positions: []*course.Node{c.Root()}, AllOfThem: true, Bookmarks: true, LastViewed: 3}
	other := ask
	other.User, other.GlobalStaff = 10, true
	asks := []Ask{other, {Course: c.Compiled}, ask}
	all, err := l.LoadAll(ctx, asks)
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range asks {
		one, err := l.Load(ctx, a)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(all[i], one) {
			t.Errorf("%d: together %+v, alone %+v", i, all[i], one)
		}
	}
	if all[2].Positions[c.Root().Key] != 1 || !all[0].Viewer.Roles.GlobalStaff {
		t.Errorf("loaded %+v and %+v", all[0], all[2])
	}
	if none, err := l.LoadAll(ctx, nil); err != nil || len(none) != 0 {
		t.Errorf("nobody: %v, %v", none, err)
	}
}
