package courseware

import (
	"reflect"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"lyceum/course"
	"lyceum/internal/pgtest"
	"lyceum/learner"
	"lyceum/learner/access"
)

// TestLoadAll: what is loaded for several is what is loaded for each.
func TestLoadAll(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	l := &Loader{DB: db, QueueRoles: func(_ *pgx.Batch, user learner.ID, _ course.Key) func() access.Roles {
		return func() access.Roles { return access.Roles{Beta: user == 9} }
	}}
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
