package files

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lyceum/authoring/draft"
	"lyceum/course"
	"lyceum/internal/fault"
)

// restore goes back to a version of a block, or of the course, with its files.
func (s *Service) restore(t *testing.T, block course.UsageKey, b Restored) (draft.Done, error) {
	t.Helper()
	b.Key = testKey
	editor := &draft.Editor{Courses: s.Courses, Schemas: course.Schemas}
	return editor.Apply(t.Context(), draft.Edit{
		Key: testKey, By: ada, Seen: b.Seen, Ops: []draft.Op{draft.Restore{Version: b.Version, Block: block}}, Files: s.Restoring(b),
	})
}

// texts are the files in force, by name.
func (s *Service) texts(t *testing.T) map[string]string {
	t.Helper()
	now, err := s.Read(t.Context(), ada, testKey)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for name, f := range now.Files {
		body, _, err := s.Files.Open(t.Context(), f.Digest)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		text, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = string(text)
		body.Close()
	}
	return out
}

// TestRestoreCourseWithFiles: the course has the files it had, what learners see of those that came since stays, and the way back is a
// restore like any other; what versions had outlives sweeps.
func TestRestoreCourseWithFiles(t *testing.T) {
	t.Parallel()
	s := newTest(t, t.TempDir())
	s.mustPut(t, "c.png", "c1")
	then := s.mustPut(t, "gone.txt", "gone").Head
	s.mustPut(t, "c.png", "c2")
	s.mustPut(t, "later.txt", "later")
	s.mustPut(t, "d.pdf", "seen by learners in a page")
	deleted, err := s.Delete(t.Context(), ada, testKey, []string{"gone.txt"})
	if err != nil {
		t.Fatal(err)
	}
	sweep := func() {
		t.Helper()
		keep, err := s.Courses.Manifests(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Files.Sweep(t.Context(), keep, time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	sweep()
	done, err := s.restore(t, course.UsageKey{}, Restored{Version: then.Draft, Seen: deleted.Head.Draft})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"c.png": "c1", "gone.txt": "gone", "d.pdf": "seen by learners in a page"}, s.texts(t)); diff != "" {
		t.Errorf("restored (-want +got):\n%s", diff)
	}
	v, err := s.Courses.Version(t.Context(), done.Head.Draft)
	if err != nil || v.Author != "ada" || v.Message != "Restore the course as of version "+string(then.Draft) {
		t.Errorf("its version: %+v, %v", v, err)
	}
	was, err := s.At(t.Context(), ada, testKey, deleted.Head.Draft)
	if err != nil {
		t.Fatal(err)
	}
	now, err := s.At(t.Context(), ada, testKey, done.Head.Draft)
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for _, d := range Compare(was, now) {
		switch {
		case d.Old == nil:
			words = append(words, "+"+d.Name)
		case d.New == nil:
			words = append(words, "-"+d.Name)
		default:
			words = append(words, "~"+d.Name)
		}
	}
	if diff := cmp.Diff([]string{"~c.png", "+gone.txt", "-later.txt"}, words); diff != "" {
		t.Errorf("differences (-want +got):\n%s", diff)
	}
	sweep()
	if _, err := s.restore(t, course.UsageKey{}, Restored{Version: done.Before.Draft}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"c.png": "c2", "later.txt": "later", "d.pdf": "seen by learners in a page"}, s.texts(t)); diff != "" {
		t.Errorf("undone (-want +got):\n%s", diff)
	}
	// What somebody brought since the author looked is not taken away.
	s.mustPut(t, "other.txt", "of another author")
	var lost *draft.Lost
	if _, err := s.restore(t, course.UsageKey{}, Restored{Version: then.Draft, Seen: done.Head.Draft}); !errors.As(err, &lost) || !fault.Is(err, fault.Conflict) {
		t.Errorf("a lost race: %v", err)
	}
	if s.texts(t)["other.txt"] == "" {
		t.Error("the file is lost")
	}
	if _, err := s.At(t.Context(), bob, testKey, then.Draft); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a stranger: %v", err)
	}
}

// TestRestoreUnitWithFiles: of the files a unit names, those gone or changed since are known, and come back as they are chosen.
func TestRestoreUnitWithFiles(t *testing.T) {
	t.Parallel()
	s := newTest(t, t.TempDir())
	unit := testKey.Usage("vertical", "u")
	s.mustPut(t, "c.png", "c1")
	s.mustPut(t, "book.pdf", "the unit does not name it")
	then := s.mustPut(t, "a b.png", "a").Head
	s.mustPut(t, "c.png", "c2")
	deleted, err := s.Delete(t.Context(), ada, testKey, []string{"a_b.png", "book.pdf"})
	if err != nil {
		t.Fatal(err)
	}
	missing, err := s.Missing(t.Context(), ada, then.Draft, unit)
	if err != nil || len(missing) != 2 || missing[0].Name != "a_b.png" || missing[0].New != nil || missing[1].Name != "c.png" || missing[1].New == nil {
		t.Fatalf("missing: %+v, %v", missing, err)
	}
	if _, err := s.restore(t, unit, Restored{Version: then.Draft, Names: []string{}}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"c.png": "c2"}, s.texts(t)); diff != "" {
		t.Errorf("without files (-want +got):\n%s", diff)
	}
	if _, err := s.restore(t, unit, Restored{Version: then.Draft, Names: []string{"a_b.png"}, Seen: deleted.Head.Draft}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"c.png": "c2", "a_b.png": "a"}, s.texts(t)); diff != "" {
		t.Errorf("one chosen (-want +got):\n%s", diff)
	}
	if _, err := s.restore(t, unit, Restored{Version: then.Draft, Names: []string{"never.png"}}); !fault.Is(err, fault.NotFound) {
		t.Errorf("a file that never was: %v", err)
	}
	s.mustPut(t, "c.png", "of another author")
	var lost *draft.Lost
	if _, err := s.restore(t, unit, Restored{Version: then.Draft, Names: []string{"c.png"}, Seen: deleted.Head.Draft}); !errors.As(err, &lost) {
		t.Errorf("a lost race: %v", err)
	}
	if got := s.texts(t)["c.png"]; got != "of another author" {
		t.Errorf("afterwards: %q", got)
	}
}

// TestRestoreMeetsUploads: restores and uploads at once lose nothing: each is a version, and the list in force is the last one's.
func TestRestoreMeetsUploads(t *testing.T) {
	t.Parallel()
	s := newTest(t, t.TempDir())
	then := s.mustPut(t, "first.txt", "first").Head
	const each = 5
	errs := make(chan error, 2*each)
	for i := range each {
		go func() {
			_, err := s.Put(t.Context(), ada, testKey, Upload{Name: string(rune('a'+i)) + ".txt", Body: strings.NewReader("x")})
			errs <- err
		}()
		go func() {
			editor := &draft.Editor{Courses: s.Courses, Schemas: course.Schemas}
			_, err := editor.Apply(t.Context(), draft.Edit{
				Key: testKey, By: ada, Ops: []draft.Op{draft.Restore{Version: then.Draft}}, Files: s.Restoring(Restored{Key: testKey, Version: then.Draft}),
			})
			errs <- err
		}()
	}
	for range 2 * each {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	line, err := s.Courses.Line(t.Context(), testKey, course.Draft, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, v := range line[:len(line)-1] {
		files, err := s.At(t.Context(), ada, testKey, v.ID)
		if err != nil {
			t.Fatal(err)
		}
		for name := range files {
			known[name] = true
		}
	}
	if len(known) != each+1 {
		t.Errorf("versions hold %v, want every file that was brought", known)
	}
}

// What was locked since stays locked when an older list comes back, and undoing what brought files back undoes no lock of somebody else.
func TestRestoreOpensNothing(t *testing.T) {
	t.Parallel()
	s := newTest(t, t.TempDir())
	then := s.mustPut(t, "exam.pdf", "questions").Head
	s.mustPut(t, "other.txt", "more")
	locked, err := s.Lock(t.Context(), ada, testKey, []string{"exam.pdf"}, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, names := range [][]string{nil, {"exam.pdf"}} {
		if _, err := s.restore(t, course.UsageKey{}, Restored{Version: then.Draft, Seen: locked.Head.Draft, Names: names}); err != nil {
			t.Fatal(err)
		}
		head, err := s.Courses.Head(t.Context(), testKey)
		if err != nil {
			t.Fatal(err)
		}
		list, err := s.Files.Manifest(t.Context(), head.Files)
		if err != nil || !list["exam.pdf"].Locked {
			t.Errorf("%v: the exam is open to everybody: %+v, %v", names, list["exam.pdf"], err)
		}
		locked.Head = head
	}
}
