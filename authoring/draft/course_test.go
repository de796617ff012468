package draft

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"lyceum/course"
	"lyceum/course/team"
	"lyceum/internal/fault"
)

var creator = Author{Name: "cleo", Roles: team.Roles{Grants: []team.Grant{{Role: team.OrgCreator, Scope: team.Of("Org")}}}}

func TestNewCourseKey(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		n    NewCourse
		bad  string // field
	}{
		{"good", NewCourse{Org: "Org", Number: "M-1.0", Run: "2026_T1", Name: "Maths"}, ""},
		{"letters of all scripts", NewCourse{Org: "大学", Number: "数学", Run: "R", Name: "x"}, ""},
		{"space", NewCourse{Org: "My Org", Number: "M", Run: "R", Name: "x"}, "org"},
		{"plus", NewCourse{Org: "Org", Number: "M+1", Run: "R", Name: "x"}, "number"},
		{"slash", NewCourse{Org: "Org", Number: "M", Run: "R/S", Name: "x"}, "run"},
		{"branch", NewCourse{Org: "Org", Number: "M", Run: "branch@x", Name: "x"}, "run"},
		{"nothing", NewCourse{Org: "Org", Number: "M", Run: "", Name: "x"}, "run"},
		{"no name", NewCourse{Org: "Org", Number: "M", Run: "R", Name: " "}, "display_name"},
		{"65", NewCourse{Org: strings.Repeat("o", 63), Number: "n", Run: "r", Name: "x"}, ""},
		{"66", NewCourse{Org: strings.Repeat("o", 64), Number: "n", Run: "r", Name: "x"}, "number"},
	} {
		_, err := tc.n.Key()
		f, _ := fault.As(err)
		switch {
		case tc.bad == "" && err != nil:
			t.Errorf("%s: %v", tc.name, err)
		case tc.bad != "" && (!fault.Is(err, fault.Invalid) || f.Fields[tc.bad] == ""):
			t.Errorf("%s: got %v, want a message at %s", tc.name, err, tc.bad)
		}
	}
}

func TestCreateCourse(t *testing.T) {
	t.Parallel()
	h := newHouse(t, small())
	made := NewCourse{Org: "Org", Number: "New", Run: "R", Name: " A new one ", By: creator}
	head, err := h.Create(t.Context(), made)
	if err != nil {
		t.Fatal(err)
	}
	if head.Draft == "" || head.Draft != head.Published {
		t.Errorf("head: %+v, want one version on both branches", head)
	}
	_, b, err := h.Read(t.Context(), head.Key)
	if err != nil {
		t.Fatal(err)
	}
	if name, _ := b.Draft.Root.Fields["display_name"].Text(); name != "A new one" {
		t.Errorf("name %q", name)
	}
	if v, err := course.ParseValue([]byte(b.Draft.Grading)); err != nil || v != b.Draft.Grading {
		t.Errorf("grading policy is not in its compact form: %v", err)
	}
	for name, tc := range map[string]struct {
		with func(*NewCourse)
		kind fault.Kind
	}{
		"taken":             {func(*NewCourse) {}, fault.Conflict},
		"in another case":   {func(n *NewCourse) { n.Number = "NEW" }, fault.Conflict},
		"of another org":    {func(n *NewCourse) { n.Org = "Arts" }, fault.Forbidden},
		"by a team member":  {func(n *NewCourse) { n.By, n.Number = ada, "Other" }, fault.Forbidden},
		"not a key":         {func(n *NewCourse) { n.Run = "a b" }, fault.Invalid},
		"existing, imports": {func(n *NewCourse) { n.Number, n.Run = "Num", "Run" }, fault.Conflict},
	} {
		n := made
		tc.with(&n)
		if _, err := h.Create(t.Context(), n); !fault.Is(err, tc.kind) {
			t.Errorf("%s: got %v, want %s", name, err, tc.kind)
		}
	}
}

// Of many who make the same course at once, one does.
func TestCreateCourseOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, small())
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = h.Create(t.Context(), NewCourse{Org: "Org", Number: "Race", Run: "R", Name: "x", By: creator})
		})
	}
	wg.Wait()
	made := 0
	for _, err := range errs {
		switch {
		case err == nil:
			made++
		case !fault.Is(err, fault.Conflict):
			t.Error(err)
		}
	}
	if made != 1 {
		t.Errorf("%d made it, want one", made)
	}
}

// A deletion undone leaves both branches as they were.
func TestUndoDeletion(t *testing.T) {
	t.Parallel()
	for _, u := range []course.UsageKey{key("vertical", "u"), key("sequential", "s"), key("chapter", "a"), key("html", "h")} {
		for _, between := range [][]Op{nil, {Create{Parent: key("course", "course"), Type: "chapter", ID: "z"}}} {
			h := newHouse(t, small())
			if _, err := h.Apply(t.Context(), Edit{Key: testKey, By: ada, Ops: []Op{Update{Block: key("html", "i"), Set: course.Fields{"display_name": `"changed"`}}}}); err != nil {
				t.Fatal(err)
			}
			_, was, err := h.Read(t.Context(), testKey)
			if err != nil {
				t.Fatal(err)
			}
			done, err := h.Apply(t.Context(), Edit{Key: testKey, By: ada, Ops: []Op{Delete{u}}})
			if err != nil {
				t.Fatal(err)
			}
			if between != nil {
				if _, err := h.Apply(t.Context(), Edit{Key: testKey, By: bob, Ops: between}); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := h.Apply(t.Context(), Edit{Key: testKey, By: ada, Ops: []Op{Restore{Version: done.Before.Draft, Block: u, Learners: done.Before.Published}}}); err != nil {
				t.Fatal(err)
			}
			_, now, err := h.Read(t.Context(), testKey)
			if err != nil {
				t.Fatal(err)
			}
			for name, pair := range map[string][2]*course.Content{"draft": {was.Draft, now.Draft}, "published": {was.Published, now.Published}} {
				for i, section := range pair[0].Root.Children {
					if !Same(section, pair[1].Root.Children[i]) {
						t.Errorf("%s undone (in between: %v): section %d of the %s is not as it was", u, between != nil, i, name)
					}
				}
			}
		}
	}
}

// What learners had does not come back to them when it does not load any more: its unit comes back as a draft, what stands beside it
// comes back whole.
func TestUndoDeletionOfWhatDoesNotLoad(t *testing.T) {
	t.Parallel()
	u := key("vertical", "u")
	for _, tc := range []struct {
		block     course.UsageKey
		published string
		withheld  []course.UsageKey
	}{
		{u, "a(s(v(j))) b(t)", []course.UsageKey{u}},
		{key("sequential", "s"), "a(s(v(j))) b(t)", []course.UsageKey{u}},
		{key("chapter", "a"), "a(s(v(j))) b(t)", []course.UsageKey{u}},
		{key("vertical", "v"), before, nil},
	} {
		h := newHouse(t, small())
		done := h.do(Delete{tc.block})
		h.Loads = func(b *course.Block) []string {
			if b.ID == "i" {
				return []string{"no end"}
			}
			return nil
		}
		undone := h.do(Restore{Version: done.Before.Draft, Block: tc.block, Learners: done.Before.Published})
		if b := h.now(); show(b.Draft) != before || show(b.Published) != tc.published || !slices.Equal(undone.Withheld, tc.withheld) {
			t.Errorf("%s undone: draft %s, published %s, withheld %v", tc.block, show(b.Draft), show(b.Published), undone.Withheld)
		}
	}
}
