package modulestore

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"lyceum/course"
	"lyceum/internal/fault"
)

func TestWatch(t *testing.T) {
	t.Parallel()
	author := openTest(t, Options{})
	reader := second(t, author)
	events := make(chan course.PublishedEvent, 10)
	reader.OnPublished(func(e course.PublishedEvent) { events <- e })
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- reader.Watch(ctx, 20*time.Millisecond) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("watch ended: %v", err)
		}
	})
	next := func(want course.VersionID) {
		t.Helper()
		select {
		case e := <-events:
			if e.Key != testKey || e.Version != want {
				t.Errorf("event: got %+v, want version %s", e, want)
			}
		case <-time.After(5 * time.Second):
			t.Fatal("no event")
		}
	}
	for !reader.watching.Load() {
		time.Sleep(time.Millisecond)
	}

	c := generate(testKey, 2, 2, 1, 2)
	res := must[Result](t)(author.Import(t.Context(), ImportRequest{Key: testKey, Draft: c, Published: c}))
	first := must[*course.Compiled](t)(reader.Compiled(t.Context(), testKey)) // unknown a moment ago: looks at once
	if first.Version != res.Published {
		t.Errorf("compiled version: got %s, want %s", first.Version, res.Published)
	}
	next(res.Published)

	old := c.Root.Children[0].Children[0].Children[0].Children[0]
	b := *old
	b.Body = []byte("changed")
	changed, _ := Replace(c, old, &b)
	began := time.Now()
	v := must[course.Version](t)(author.SetPublished(t.Context(), testKey, res.Published, changed, "", ""))
	next(v.ID)
	if d := time.Since(began); d > time.Second {
		t.Errorf("the other process learned of a version after %s", d)
	}
	got := must[*course.Compiled](t)(reader.Compiled(t.Context(), testKey))
	if n, ok := got.Find("html", old.ID); !ok || string(n.Block.Body) != "changed" {
		t.Error("the other process serves the old version")
	}
	if n, ok := first.Find("html", old.ID); !ok || string(n.Block.Body) == "changed" {
		t.Error("the old version has changed")
	}
	// What the versions have in common is in memory once.
	if a, b := first.Nodes[len(first.Nodes)-1].Block, got.Nodes[len(got.Nodes)-1].Block; a != b {
		t.Error("an unchanged subsection was loaded again")
	}
	if sums := must[[]course.Summary](t)(reader.List(t.Context())); len(sums) != 1 || sums[0].Version != v.ID {
		t.Errorf("list: got %+v", sums)
	}
	if err := author.Delete(t.Context(), testKey, ""); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, err := reader.Compiled(t.Context(), testKey); fault.Is(err, fault.NotFound) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("a deleted course is still served")
		}
	}
}

// Many who ask for a course that is not in memory wait for one build, and one who leaves does not end it.
func TestOneBuild(t *testing.T) {
	t.Parallel()
	author := openTest(t, Options{})
	c := generate(testKey, 1, 1, 1, 1)
	must[Result](t)(author.Import(t.Context(), ImportRequest{Key: testKey, Draft: c, Published: c, Files: "m"}))
	builds := 0
	release := make(chan struct{})
	reader := second(t, author)
	reader.files = func(context.Context, string) (map[string]course.File, error) {
		builds++
		<-release
		return map[string]course.File{"a": {}}, nil
	}
	gone, leave := context.WithCancel(t.Context())
	type answer struct {
		c   *course.Compiled
		err error
	}
	answers := make(chan answer)
	ask := func(ctx context.Context) {
		c, err := reader.Compiled(ctx, testKey)
		answers <- answer{c, err}
	}
	go ask(gone)
	for range 20 {
		go ask(t.Context())
	}
	leave()
	if a := <-answers; !errors.Is(a.err, context.Canceled) {
		t.Errorf("who left: got %v", a.err)
	}
	close(release)
	for range 20 {
		if a := <-answers; a.err != nil || len(a.c.Files) != 1 {
			t.Errorf("got %+v, %v", a.c, a.err)
		}
	}
	if builds != 1 {
		t.Errorf("%d builds, want 1", builds)
	}
}

// A store that cannot be reached is Busy, not a mistake of ours; what is in memory is served.
func TestStoreUnreachable(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	c := generate(testKey, 1, 1, 1, 1)
	must[Result](t)(s.Import(t.Context(), ImportRequest{Key: testKey, Draft: c, Published: c}))
	want := must[*course.Compiled](t)(s.Compiled(t.Context(), testKey))
	client, err := mongo.Connect(options.Client().ApplyURI("mongodb://127.0.0.1:1").SetServerSelectionTimeout(100 * time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	s.heads = client.Database("x").Collection(heads)
	s.versions = client.Database("x").Collection(versions)
	if got, err := s.Compiled(t.Context(), testKey); err != nil || got != want {
		t.Errorf("warm course: got %p, %v; want %p", got, err, want)
	}
	if _, err := s.Head(t.Context(), testKey); !fault.Is(err, fault.Busy) {
		t.Errorf("head: got %v, want busy", err)
	}
	if _, err := s.SetDraft(t.Context(), testKey, "", c, "", ""); !fault.Is(err, fault.Busy) {
		t.Errorf("edit: got %v, want busy", err)
	}
	if _, _, err := s.ContentAt(t.Context(), "000000000000000000000000"); !fault.Is(err, fault.Busy) {
		t.Errorf("content: got %v, want busy", err)
	}
}

// Courses in memory are served while the store is away.
func TestStoreAway(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	c := generate(testKey, 1, 1, 1, 1)
	must[Result](t)(s.Import(t.Context(), ImportRequest{Key: testKey, Draft: c, Published: c}))
	if err := s.poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := must[*course.Compiled](t)(s.Compiled(t.Context(), testKey))
	away, cancel := context.WithCancel(t.Context())
	cancel() // nothing can be asked under this context
	got, err := s.Compiled(away, testKey)
	if err != nil || got != want {
		t.Errorf("got %p, %v; want %p", got, err, want)
	}
	if sums, err := s.List(away); err != nil || len(sums) != 1 {
		t.Errorf("list: %+v, %v", sums, err)
	}
}
