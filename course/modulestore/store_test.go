package modulestore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"lyceum/course"
	"lyceum/internal/fault"
)

func TestImportAndRead(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	draft, published := generate(testKey, 2, 2, 2, 2), generate(testKey, 2, 2, 1, 2)
	draft.Root.Children[0].Children[0].Children[0].Children[0].Body = bytes.Repeat([]byte("0123456789abcdef"), 30<<20/16) // three parts
	draft.Pages = nil
	published.Extra = nil
	res := must[Result](t)(s.Import(t.Context(), ImportRequest{Key: testKey, Draft: draft, Published: published, Author: "ada", Message: "first"}))
	for _, read := range []*Store{s, second(t, s)} {
		for branch, want := range map[course.Branch]*course.Content{course.Draft: draft, course.Published: published} {
			got, v, err := read.Content(t.Context(), testKey, branch)
			if err != nil {
				t.Fatal(err)
			}
			if d := diff(want, got); d != "" {
				t.Errorf("%s (-want +got):\n%.2000s", branch, d)
			}
			id := map[course.Branch]course.VersionID{course.Draft: res.Draft, course.Published: res.Published}[branch]
			if v.ID != id || v.Author != "ada" || v.Message != "first" || v.Course != testKey || v.Time.Location() != time.UTC {
				t.Errorf("%s version: got %+v, want %s", branch, v, id)
			}
		}
	}
	sums := must[[]course.Summary](t)(s.List(t.Context()))
	if len(sums) != 1 || sums[0].Name != "The course_00001" || sums[0].ShortDescription != "A short one" || sums[0].Version != res.Published {
		t.Errorf("list: got %+v", sums)
	}
}

func TestCaseTwinIsRefused(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	c := generate(testKey, 1, 1, 1, 1)
	must[Result](t)(s.Import(t.Context(), ImportRequest{Key: testKey, Draft: c}))
	twin := course.Key{Org: "ORG", Number: "Num", Run: "Run"}
	if _, err := s.Import(t.Context(), ImportRequest{Key: twin, Draft: c}); !fault.Is(err, fault.Conflict) {
		t.Errorf("import of a twin: got %v, want a conflict", err)
	}
	if _, err := s.Head(t.Context(), twin); !fault.Is(err, fault.NotFound) {
		t.Errorf("head of a twin: got %v, want not found", err)
	}
	if err := s.Delete(t.Context(), testKey, "ada"); err != nil {
		t.Fatal(err)
	}
	must[Result](t)(s.Import(t.Context(), ImportRequest{Key: twin, Draft: c}))
}

func TestSetDraft(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	c := generate(testKey, 3, 3, 2, 2)
	res := must[Result](t)(s.Import(t.Context(), ImportRequest{Key: testKey, Draft: c, Published: c}))
	if res.Draft != res.Published {
		t.Errorf("equal branches: got versions %s and %s, want one", res.Draft, res.Published)
	}
	edit := func(c *course.Content, text string) *course.Content {
		old := c.Root.Children[1].Children[1].Children[1].Children[0]
		b := *old
		b.Body = []byte(text)
		out, ok := Replace(c, old, &b)
		if !ok {
			t.Fatal("block not found")
		}
		return out
	}
	mine, theirs := edit(c, "mine"), edit(c, "theirs")
	v := must[course.Version](t)(s.SetDraft(t.Context(), testKey, res.Draft, mine, "ada", "edit"))
	if v.Parent != res.Draft {
		t.Errorf("parent: got %s, want %s", v.Parent, res.Draft)
	}
	_, err := second(t, s).SetDraft(t.Context(), testKey, res.Draft, theirs, "bob", "edit")
	var lost *Conflict
	if !errors.As(err, &lost) || lost.Other != v.ID || !fault.Is(err, fault.Conflict) {
		t.Fatalf("second edit: got %v, want a conflict with %s", err, v.ID)
	}
	again := must[course.Version](t)(s.SetDraft(t.Context(), testKey, v.ID, mine, "ada", "edit"))
	if again.ID != v.ID {
		t.Errorf("same content: got version %s, want %s again", again.ID, v.ID)
	}
	got, _, err := second(t, s).Content(t.Context(), testKey, course.Draft)
	if err != nil {
		t.Fatal(err)
	}
	if d := diff(mine, got); d != "" {
		t.Errorf("draft (-want +got):\n%s", d)
	}
	if err := s.Publish(t.Context(), testKey, res.Published, v.ID); err != nil {
		t.Fatal(err)
	}
	old, _, err := second(t, s).ContentAt(t.Context(), res.Published)
	if err != nil {
		t.Fatal(err)
	}
	if d := diff(c, old); d != "" {
		t.Errorf("old version (-want +got):\n%s", d)
	}
	list := must[[]course.Version](t)(s.Versions(t.Context(), testKey, 10))
	if len(list) != 2 || list[0].ID != v.ID || list[1].ID != res.Draft {
		t.Errorf("versions: got %+v", list)
	}
}

// Two imports at once: both are acknowledged, in one order, and what is in force is one of them whole.
func TestImportsAtOnce(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	const n = 6
	var wg sync.WaitGroup
	results := make([]Result, n)
	for i := range n {
		c := generate(testKey, 2, 2, 1, 1+i%3)
		c.Root.Fields["display_name"] = course.Text(fmt.Sprint(i))
		store := second(t, s)
		wg.Go(func() {
			var err error
			results[i], err = store.Import(t.Context(), ImportRequest{Key: testKey, Draft: c, Published: c, Files: fmt.Sprint("m", i)})
			if err != nil {
				t.Errorf("import %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	h := must[Head](t)(s.Head(t.Context(), testKey))
	found := false
	for i, r := range results {
		if r.Draft == h.Draft {
			found = r.Published == h.Published && h.Files == fmt.Sprint("m", i)
		}
	}
	if !found {
		t.Errorf("head %+v is none of the imports %+v", h, results)
	}
	if list := must[[]course.Version](t)(s.Versions(t.Context(), testKey, 100)); len(list) != n {
		t.Errorf("got %d versions, want %d", len(list), n)
	}
}

// Many edits by two authors, each from what they last saw: none is lost, and each conflict names the other.
func TestEditsAtOnce(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	c := generate(testKey, 1, 1, 1, 1)
	res := must[Result](t)(s.Import(t.Context(), ImportRequest{Key: testKey, Draft: c}))
	const authors, edits = 2, 15
	var wg sync.WaitGroup
	for a := range authors {
		store := second(t, s)
		wg.Go(func() {
			seen := res.Draft
			for i := 0; i < edits; {
				content, v, err := store.ContentAt(t.Context(), seen)
				if err != nil {
					t.Error(err)
					return
				}
				old := content.Root.Children[0].Children[0].Children[0].Children[0]
				b := *old
				b.Body = append(bytes.Clone(b.Body), fmt.Sprintf("[%d.%d]", a, i)...)
				next, _ := Replace(content, old, &b)
				made, err := store.SetDraft(t.Context(), testKey, v.ID, next, "", "")
				var lost *Conflict
				switch {
				case errors.As(err, &lost):
					seen = lost.Other
				case err != nil:
					t.Error(err)
					return
				default:
					seen = made.ID
					i++
				}
			}
		})
	}
	wg.Wait()
	content, _, err := s.Content(t.Context(), testKey, course.Draft)
	if err != nil {
		t.Fatal(err)
	}
	body := content.Root.Children[0].Children[0].Children[0].Children[0].Body
	for a := range authors {
		for i := range edits {
			if !bytes.Contains(body, fmt.Appendf(nil, "[%d.%d]", a, i)) {
				t.Errorf("edit %d of author %d is lost", i, a)
			}
		}
	}
}

// An import that ends between any two steps leaves the old version whole, and the next import works.
func TestImportStopped(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	before, after := generate(testKey, 2, 1, 1, 1), generate(testKey, 2, 1, 1, 2)
	must[Result](t)(s.Import(t.Context(), ImportRequest{Key: testKey, Draft: before, Published: before, Files: "old"}))
	killed := errors.New("killed")
	steps := 0
	for stop := 0; ; stop++ {
		left := stop
		s.step = func(context.Context, string) error {
			if left--; left < 0 {
				return killed
			}
			return nil
		}
		_, err := s.Import(t.Context(), ImportRequest{Key: testKey, Draft: after, Published: before, Files: "new"})
		if err == nil {
			break
		}
		steps++
		if !errors.Is(err, killed) {
			t.Fatal(err)
		}
		read := second(t, s)
		h := must[Head](t)(read.Head(t.Context(), testKey))
		got, _, err := read.Content(t.Context(), testKey, course.Draft)
		if err != nil {
			t.Fatal(err)
		}
		if d := diff(before, got); d != "" || h.Files != "old" {
			t.Errorf("stopped at step %d: files %s, draft (-want +got):\n%s", stop, h.Files, d)
		}
	}
	if steps < 4 {
		t.Errorf("stopped at %d places, want 4 or more", steps)
	}
	got, _, err := second(t, s).Content(t.Context(), testKey, course.Draft)
	if err != nil {
		t.Fatal(err)
	}
	if d := diff(after, got); d != "" {
		t.Errorf("after (-want +got):\n%s", d)
	}
}
