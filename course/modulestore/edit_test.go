package modulestore

import (
	"context"
	"errors"
	"testing"

	"lyceum/course"
	"lyceum/internal/fault"
)

// renamed gives a section another name.
func renamed(t testing.TB, c *course.Content, name string) *course.Content {
	t.Helper()
	b := *c.Root.Children[0]
	b.Fields = b.Fields.Clone()
	b.Fields["display_name"] = course.Text(name)
	out, ok := Replace(c, c.Root.Children[0], &b)
	if !ok {
		t.Fatal("section not found")
	}
	return out
}

func TestEditMovesBothBranchesOrNone(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	draft, published := generate(testKey, 2, 2, 2, 2), generate(testKey, 2, 2, 1, 2)
	must[Result](t)(s.Import(t.Context(), ImportRequest{Key: testKey, Draft: draft, Published: published}))
	first := must[Head](t)(s.Head(t.Context(), testKey))
	next := must[Head](t)(s.Edit(t.Context(), Edit{
		Key: testKey, Seen: first, Draft: renamed(t, draft, "New"), Published: renamed(t, published, "New"), Author: "ada", Message: "Rename",
	}))
	for branch, seen := range map[course.Branch]course.VersionID{course.Draft: first.Draft, course.Published: first.Published} {
		c, v, err := second(t, s).Content(t.Context(), testKey, branch)
		if err != nil {
			t.Fatal(err)
		}
		if name, _ := c.Root.Children[0].Fields["display_name"].Text(); name != "New" || v.Parent != seen || v.Author != "ada" || v.Message != "Rename" {
			t.Errorf("%s: %q in %+v, parent should be %s", branch, name, v, seen)
		}
	}
	// Either branch that moved refuses the edit whole.
	for name, seen := range map[string]Head{
		"draft": {Draft: first.Draft, Published: next.Published}, "published": {Draft: next.Draft, Published: first.Published},
	} {
		_, err := s.Edit(t.Context(), Edit{Key: testKey, Seen: seen, Draft: renamed(t, draft, "Lost")})
		var lost *Conflict
		if !errors.As(err, &lost) || string(lost.Branch) != name || !fault.Is(err, fault.Conflict) {
			t.Errorf("%s moved: %v", name, err)
		}
	}
	same := must[Head](t)(s.Edit(t.Context(), Edit{Key: testKey, Seen: next, Draft: renamed(t, draft, "New")}))
	if same.Draft != next.Draft || same.Published != next.Published {
		t.Errorf("equal content: head %+v, want %+v", same, next)
	}
	line := must[[]course.Version](t)(second(t, s).Line(t.Context(), testKey, course.Draft, "", 10))
	if len(line) != 2 || line[0].ID != next.Draft || line[1].ID != first.Draft {
		t.Errorf("line: %+v", line)
	}
}

// An edit of both branches that ends between any two steps leaves both as they were.
func TestEditStopped(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	c := generate(testKey, 2, 1, 1, 1)
	must[Result](t)(s.Import(t.Context(), ImportRequest{Key: testKey, Draft: c, Published: c}))
	first := must[Head](t)(s.Head(t.Context(), testKey))
	killed, steps := errors.New("killed"), 0
	for stop := 0; ; stop++ {
		left := stop
		s.step = stopAfter(&left, killed)
		_, err := s.Edit(t.Context(), Edit{Key: testKey, Seen: first, Draft: renamed(t, c, "New"), Published: renamed(t, c, "New")})
		if err == nil {
			break
		}
		steps++
		if !errors.Is(err, killed) {
			t.Fatal(err)
		}
		if now := must[Head](t)(second(t, s).Head(t.Context(), testKey)); now != first {
			t.Errorf("stopped at step %d: head %+v, want %+v", stop, now, first)
		}
	}
	if steps < 5 {
		t.Errorf("stopped at %d places, want 5 or more", steps)
	}
}

func stopAfter(left *int, with error) func(context.Context, string) error {
	return func(context.Context, string) error {
		if *left--; *left < 0 {
			return with
		}
		return nil
	}
}

// TestEditWithFiles: files move with the branches or not at all, also where a process dies in between, and a version is asked later for
// the files it had.
func TestEditWithFiles(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	c := generate(testKey, 2, 2, 2, 2)
	must[Result](t)(s.Import(t.Context(), ImportRequest{Key: testKey, Draft: c, Published: c, Files: "one"}))
	first := must[Head](t)(s.Head(t.Context(), testKey))
	list := func(id string) *string { return &id }
	s.step = func(_ context.Context, name string) error {
		if name == "move" {
			return errors.New("killed")
		}
		return nil
	}
	edit := Edit{Key: testKey, Seen: first, Draft: renamed(t, c, "New"), Files: list("two"), Author: "ada", Message: "Both"}
	if _, err := s.Edit(t.Context(), edit); err == nil {
		t.Fatal("the edit was not stopped")
	}
	s.step = nil
	if now := must[Head](t)(second(t, s).Head(t.Context(), testKey)); now != first {
		t.Errorf("after a death in between: %+v, want %+v", now, first)
	}
	both := must[Head](t)(s.Edit(t.Context(), edit))
	if both.Files != "two" || both.Draft == first.Draft {
		t.Errorf("both: %+v", both)
	}
	alone := must[Head](t)(s.Edit(t.Context(), Edit{Key: testKey, Seen: both, Files: list("three"), Message: "Files alone"}))
	if alone.Files != "three" || alone.Draft == both.Draft {
		t.Errorf("files alone: %+v", alone)
	}
	same := must[Head](t)(s.Edit(t.Context(), Edit{Key: testKey, Seen: alone, Files: list("three")}))
	if same.Draft != alone.Draft || same.Files != alone.Files {
		t.Errorf("nothing new: %+v", same)
	}
	// Files that moved refuse an edit that would change them, and no other.
	late := both
	late.Draft, late.Published = alone.Draft, alone.Published
	var lost *Conflict
	if _, err := s.Edit(t.Context(), Edit{Key: testKey, Seen: late, Files: list("four")}); !errors.As(err, &lost) {
		t.Errorf("files moved: %v", err)
	}
	last := must[Head](t)(s.Edit(t.Context(), Edit{Key: testKey, Seen: late, Draft: renamed(t, c, "Newer")}))
	if last.Files != "three" {
		t.Errorf("an edit without files: %+v", last)
	}
	for version, want := range map[course.VersionID]string{first.Draft: "one", both.Draft: "two", alone.Draft: "three", last.Draft: "three"} {
		if got := must[string](t)(second(t, s).FilesAt(t.Context(), testKey, version)); got != want {
			t.Errorf("files of version %s: %q, want %q", version, got, want)
		}
	}
	if _, err := s.FilesAt(t.Context(), testKey, "0123456789abcdef01234567"); !fault.Is(err, fault.NotFound) {
		t.Errorf("files of no version: %v", err)
	}
}
