package courseware

import (
	"context"
	"testing"
	"time"

	"lyceum/course"
	"lyceum/internal/pgtest"
)

func TestBookmarks(t *testing.T) {
	t.Parallel()
	ctx, db := context.Background(), pgtest.New(t)
	unit := course.Key{Org: "O", Number: "C", Run: "R"}.Usage("vertical", "u1")
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	if _, added, err := AddBookmark(ctx, db, 5, unit, now); err != nil || !added {
		t.Fatalf("add: %v, %v", added, err)
	}
	if b, added, err := AddBookmark(ctx, db, 5, unit, now.Add(time.Hour)); err != nil || added || !b.Created.Equal(now) {
		t.Errorf("add again: %+v, %v, %v", b, added, err)
	}
	if list, err := Bookmarks(ctx, db, 5, unit.Course); err != nil || len(list) != 1 || list[0].Block != unit {
		t.Errorf("list: %v, %v", list, err)
	}
	if ok, err := RemoveBookmark(ctx, db, 5, unit); err != nil || !ok {
		t.Errorf("remove: %v, %v", ok, err)
	}
	if ok, err := RemoveBookmark(ctx, db, 5, unit); err != nil || ok {
		t.Errorf("remove again: %v, %v", ok, err)
	}
}

func TestLoadAndStorePositions(t *testing.T) {
	t.Parallel()
	ctx, db := context.Background(), pgtest.New(t)
	l := &Loader{DB: db, Roles: testers, ReadRole: tester}
	c := sample()
	places := []*course.Node{c.Root(), &c.Nodes[1], &c.Nodes[2]}
	ask := Ask{Course: c.Compiled, User: 9, Positions: places, AllOfThem: true, Bookmarks: true, LastViewed: 3}
	got, err := l.Load(ctx, ask)
	if err != nil || got.Viewer.Enrolled || !got.Viewer.Roles.Beta || len(got.Positions) != 0 {
		t.Fatalf("load of a newcomer: %+v, %v", got, err)
	}
	u3, _ := c.FindID("u3")
	positions := c.PositionsFor(c.PlaceOf(u3))
	if err := l.StorePositions(ctx, 9, c.Key, got.Positions, positions, time.Now()); err != nil {
		t.Fatal(err)
	}
	got, err = l.Load(ctx, ask)
	if err != nil || got.Positions[c.Nodes[2].Key] != 3 || got.Positions[c.Root().Key] != 1 {
		t.Errorf("positions %v, %v", got.Positions, err)
	}
	if p := c.Resume(got.Last, got.Positions); at3(p) != "a/s1/u3" {
		t.Errorf("resume at %s", at3(p))
	}
	if visitor, err := l.Load(ctx, Ask{Course: c.Compiled}); err != nil || visitor.Viewer.SignedIn() {
		t.Errorf("visitor: %+v, %v", visitor, err)
	}
}
