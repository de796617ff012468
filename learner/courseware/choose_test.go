package courseware

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lyceum/course"
	"lyceum/internal/pgtest"
	"lyceum/learner/access"
	"lyceum/learner/state"
)

// bank is a course whose unit shows some of its questions.
func bank(fields course.Fields, ids ...string) *course.Compiled {
	pick := &course.Block{Type: "library_content", ID: "pick", Fields: fields}
	for _, id := range ids {
		pick.Children = append(pick.Children, &course.Block{Type: "problem", ID: id})
	}
	root := &course.Block{Type: "course", ID: "R", Fields: course.Fields{"start": `"2020-01-01T00:00:00Z"`}, Children: []*course.Block{
		{Type: "chapter", ID: "c", Children: []*course.Block{{Type: "sequential", ID: "s", Children: []*course.Block{{Type: "vertical", ID: "u", Children: []*course.Block{pick}}}}}},
	}}
	return course.Compile(&course.Content{Key: course.Key{Org: "O", Number: "N", Run: "R"}, Root: root}, "v", nil, func(b *course.Block) course.Facts {
		return course.Facts{Chooses: b.Type == "library_content", Scored: b.Type == "problem"}
	})
}

func picks(c *course.Compiled, shown []int32) []string {
	var out []string
	for _, i := range shown {
		out = append(out, c.Nodes[i].Block.ID)
	}
	return out
}

// Whatever was kept and whatever the block holds now: as many are shown as may be, what is there stays, and nothing is shuffled when nothing
// changes.
func TestChoose(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		all := []string{"a", "b", "c", "d", "e"}
		has := rapid.SliceOfNDistinct(rapid.SampledFrom(all), 0, 5, rapid.ID[string]).Draw(t, "has")
		most := rapid.IntRange(-1, 6).Draw(t, "most")
		was := rapid.SliceOfNDistinct(rapid.SampledFrom(all), 0, 5, rapid.ID[string]).Draw(t, "was")
		c := bank(course.Fields{"max_count": course.JSON(most)}, has...)
		n := &c.Nodes[c.Choosers[0]]
		var kept []pick
		for _, id := range was {
			kept = append(kept, pick{"problem", id})
		}
		got := choose(c, n, kept, rand.New(rand.NewPCG(1, rapid.Uint64().Draw(t, "seed"))))
		shown := picks(c, got.Shown)
		want := len(has)
		if most >= 0 {
			want = min(want, most)
		}
		if len(shown) != want || len(got.selected) != want {
			t.Fatalf("%v of %v shown", shown, has)
		}
		for _, id := range shown {
			if !slices.Contains(has, id) {
				t.Errorf("%s is shown, which is not there", id)
			}
		}
		stay := 0
		for _, id := range was {
			if slices.Contains(shown, id) {
				stay++
			}
		}
		valid := slices.DeleteFunc(slices.Clone(was), func(id string) bool { return !slices.Contains(has, id) })
		if stay != min(len(valid), want) {
			t.Errorf("%d of %v stayed in %v", stay, valid, shown)
		}
		if len(got.Invalid) != len(was)-len(valid) || len(got.OverLimit) != len(valid)-stay || len(got.Added) != want-stay {
			t.Errorf("%+v", got)
		}
		if !got.Changed() && !slices.Equal(shown, was) {
			t.Errorf("shuffled without need: %v, was %v", shown, was)
		}
	})
}

// Two pages of one learner at once show the same, and it is kept; later pages draw no lots.
func TestChooseAtOnce(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	l := &Loader{DB: db, Roles: testers, ReadRole: tester}
	c := bank(course.Fields{"max_count": "2"}, "a", "b", "c", "d", "e", "f", "g")
	now := time.Now()
	load := func() *Learner {
		who, err := l.Load(ctx, Ask{Course: c, User: 9, GlobalStaff: true})
		if err != nil {
			t.Fatal(err)
		}
		return who
	}
	var wg sync.WaitGroup
	seen := make([]string, 6)
	events := make([]int, 6)
	for i := range seen {
		who := load()
		wg.Go(func() {
			made, err := l.Choose(ctx, c, who, now)
			if err != nil {
				t.Error(err)
			}
			events[i] = len(made)
			seen[i] = fmt.Sprint(picks(c, who.Viewer.Chosen[c.Choosers[0]]))
		})
	}
	wg.Wait()
	first, told := seen[0], 0
	for i := range seen {
		if seen[i] != first {
			t.Errorf("pages show %v", seen)
		}
		told += events[i]
	}
	if told != 1 {
		t.Errorf("%d choices were made", told)
	}
	who := load()
	shown := who.Viewer.Chosen[c.Choosers[0]]
	if got := fmt.Sprint(picks(c, shown)); got != first || len(shown) != 2 {
		t.Errorf("kept %s, shown %s", got, first)
	}
	visible := access.Visible(c, &who.Viewer, now)
	count := 0
	for _, i := range c.Nodes[c.Choosers[0]].Children {
		if visible(&c.Nodes[i]) {
			count++
		}
	}
	if count != 2 {
		t.Errorf("%d questions are open", count)
	}

	// Other members of the state stay, and a child that went is replaced.
	n := &c.Nodes[c.Choosers[0]]
	states, err := state.New(db).Load(ctx, 9, c.Key, n.Key)
	if err != nil {
		t.Fatal(err)
	}
	if err := state.New(db).Save(ctx, state.Change{User: 9, Course: c.Key, Key: n.Key, Seen: states[n.Key].Version, State: []byte(`{"x":1,"selected":[["problem","gone"],["problem","a"]]}`), Time: now}); err != nil {
		t.Fatal(err)
	}
	who = load()
	made, err := l.Choose(ctx, c, who, now)
	if err != nil || len(made) != 1 || len(made[0].Invalid) != 1 || len(made[0].Added) != 1 || made[0].Before != 2 {
		t.Fatalf("%+v, %v", made, err)
	}
	if got := picks(c, who.Viewer.Chosen[n.Index]); !slices.Contains(got, "a") || len(got) != 2 {
		t.Errorf("shown %v", got)
	}
	states, _ = state.New(db).Load(ctx, 9, c.Key, n.Key)
	if _, rest := keptIn(states[n.Key]); string(rest["x"]) != "1" {
		t.Errorf("state %s", states[n.Key].State)
	}
}

// Visitors are shown the same each time, and who does not learn here leaves no choice behind.
func TestChooseForVisitors(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	l := &Loader{DB: db, Roles: testers, ReadRole: tester}
	c := bank(course.Fields{"max_count": "2"}, "a", "b", "c", "d", "e")
	n := &c.Nodes[c.Choosers[0]]
	var before string
	for range 3 {
		who, err := l.Load(ctx, Ask{Course: c})
		if err != nil {
			t.Fatal(err)
		}
		made, err := l.Choose(ctx, c, who, time.Now())
		got := fmt.Sprint(picks(c, who.Viewer.Chosen[n.Index]))
		if err != nil || len(made) != 0 || before != "" && got != before || len(who.Viewer.Chosen[n.Index]) != 2 {
			t.Fatalf("%v, %v: shown %s, before %s", made, err, got, before)
		}
		before = got
	}
	who, err := l.Load(ctx, Ask{Course: c, User: 10})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Choose(ctx, c, who, time.Now()); err != nil {
		t.Fatal(err)
	}
	if states, err := state.New(db).Load(ctx, 10, c.Key, n.Key); err != nil || len(states) != 0 {
		t.Errorf("kept %v, %v", states, err)
	}
}
