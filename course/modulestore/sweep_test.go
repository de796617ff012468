package modulestore

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"lyceum/course"
	"lyceum/internal/fault"
)

func countAll(t testing.TB, s *Store) (documents, versions int64) {
	t.Helper()
	d, err := s.documents.CountDocuments(t.Context(), bson.D{})
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.versions.CountDocuments(t.Context(), bson.D{})
	if err != nil {
		t.Fatal(err)
	}
	return d, v
}

func TestSweep(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	later := time.Now().Add(time.Minute)
	c := generate(testKey, 2, 2, 1, 1)
	c.Root.Children[0].Children[0].Children[0].Children[0].Body = make([]byte, 9<<20) // definition in two parts
	res := must[Result](t)(s.Import(t.Context(), ImportRequest{Key: testKey, Draft: c, Published: c}))
	old := c.Root.Children[1].Children[1].Children[0].Children[0]
	b := *old
	b.Body = []byte("changed")
	next, _ := Replace(c, old, &b)
	must[course.Version](t)(s.SetDraft(t.Context(), testKey, res.Draft, next, "", ""))
	if got := must[Swept](t)(s.sweep(t.Context(), later)); got != (Swept{}) {
		t.Errorf("sweep with nothing to remove: got %+v", got)
	}
	documents, versions := countAll(t, s)

	// What an import left that was stopped before its move is garbage; so is what a lost edit left.
	s.step = func(_ context.Context, name string) error {
		if name == "move" {
			return errors.New("killed")
		}
		return nil
	}
	if _, err := s.Import(t.Context(), ImportRequest{Key: testKey, Draft: generate(testKey, 1, 1, 1, 3)}); err == nil {
		t.Fatal("the import was not stopped")
	}
	s.step = nil
	if got := must[Swept](t)(s.Sweep(t.Context(), 0)); got != (Swept{}) {
		t.Errorf("sweep of what is young: got %+v", got)
	}
	if got := must[Swept](t)(s.sweep(t.Context(), later)); got.Versions != 1 || got.Documents == 0 {
		t.Errorf("sweep: got %+v", got)
	}
	if d, v := countAll(t, s); d != documents || v != versions {
		t.Errorf("after the sweep: %d documents and %d versions, want %d and %d", d, v, documents, versions)
	}
	read := second(t, s)
	for id, want := range map[course.VersionID]*course.Content{res.Draft: c, must[Head](t)(read.Head(t.Context(), testKey)).Draft: next} {
		got, _, err := read.ContentAt(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if d := diff(want, got); d != "" {
			t.Errorf("version %s (-want +got):\n%s", id, d)
		}
	}

	if err := s.Delete(t.Context(), testKey, "ada"); err != nil {
		t.Fatal(err)
	}
	must[Swept](t)(s.sweep(t.Context(), later))
	if d, v := countAll(t, s); d != 0 || v != 0 {
		t.Errorf("after deletion: %d documents and %d versions left", d, v)
	}
	if _, err := s.Compiled(t.Context(), testKey); !fault.Is(err, fault.NotFound) {
		t.Errorf("deleted course: got %v, want not found", err)
	}
	must[Result](t)(s.Import(t.Context(), ImportRequest{Key: testKey, Draft: c, Published: c}))
	must[*course.Compiled](t)(second(t, s).Compiled(t.Context(), testKey))
}
