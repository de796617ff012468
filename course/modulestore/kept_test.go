package modulestore

import (
	"testing"

	"lyceum/course"
)

// Who is told of a published version finds it in memory: nothing is read for it, and blocks that did not change are the very same.
func TestPublishedFromMemory(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	found := map[course.VersionID]bool{}
	s.OnPublished(func(e course.PublishedEvent) { found[e.Version] = s.kept(e.Version) != nil })
	c := generate(testKey, 2, 2, 2, 2)
	must[Result](t)(s.Import(t.Context(), ImportRequest{Key: testKey, Draft: c, Published: c}))
	old := c.Root.Children[0].Children[0].Children[0].Children[0]
	b := *old
	b.Body = []byte("new")
	next, _ := Replace(c, old, &b)
	head := must[Head](t)(s.Head(t.Context(), testKey))
	head = must[Head](t)(s.Edit(t.Context(), Edit{Key: testKey, Seen: head, Draft: next, Published: next}))
	must[course.Version](t)(s.SetPublished(t.Context(), testKey, head.Published, c, "", ""))
	if len(found) != 3 {
		t.Fatalf("told of %d versions, want 3", len(found))
	}
	for id, in := range found {
		if !in {
			t.Errorf("version %s came in force before it was in memory", id)
		}
	}
}
