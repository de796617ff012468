package modulestore

import (
	"fmt"
	"testing"

	"lyceum/course"
)

// TestLook: many versions are looked at by reading what they do not have in common, and none of them takes the place of what is kept in memory.
func TestLook(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	c := generate(testKey, 2, 5, 3, 3)
	must[Result](t)(s.Import(t.Context(), ImportRequest{Key: testKey, Draft: c, Published: c}))
	for i := range 20 {
		head := must[Head](t)(s.Head(t.Context(), testKey))
		now, _, err := s.ContentAt(t.Context(), head.Draft)
		if err != nil {
			t.Fatal(err)
		}
		must[Head](t)(s.Edit(t.Context(), Edit{Key: testKey, Seen: head, Draft: renamed(t, now, fmt.Sprint("Name ", i))}))
	}
	cold := second(t, s)
	line := must[[]course.Version](t)(cold.Line(t.Context(), testKey, course.Draft, "", 50))
	if len(line) != 21 {
		t.Fatalf("%d versions", len(line))
	}
	var seen []*course.Content
	if err := cold.Look(t.Context(), line, func(_ int, c *course.Content) { seen = append(seen, c) }); err != nil {
		t.Fatal(err)
	}
	for i, v := range line {
		want, _, err := s.ContentAt(t.Context(), v.ID)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := seen[i].Root.Children[0].Fields["display_name"].Text()
		if name, _ := want.Root.Children[0].Fields["display_name"].Text(); got != name {
			t.Errorf("version %d is called %q, want %q", i, got, name)
		}
		if i > 0 && seen[i].Root.Children[1] != seen[i-1].Root.Children[1] {
			t.Errorf("versions %d and %d do not share what they have in common", i-1, i)
		}
		if cold.kept(v.ID) != nil {
			t.Errorf("version %d is kept", i)
		}
	}
}
