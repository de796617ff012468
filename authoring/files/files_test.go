package files

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lyceum/authoring/draft"
	"lyceum/course"
	"lyceum/course/contentstore"
	"lyceum/course/modulestore"
	"lyceum/course/team"
	"lyceum/internal/fault"
	"lyceum/internal/mongotest"
)

var (
	testKey = course.Key{Org: "Org", Number: "Num", Run: "Run"}
	ada     = draft.Author{Name: "ada", Roles: team.Roles{Grants: []team.Grant{{Role: team.Staff, Scope: team.In(testKey)}}}}
	bob     = draft.Author{Name: "bob"}
)

// newTest is a course with a unit that shows files, in stores of its own; dir is where local copies are kept.
func newTest(t testing.TB, dir string) *Service {
	t.Helper()
	db := mongotest.New(t)
	quiet := slog.New(slog.DiscardHandler)
	store, err := contentstore.Open(t.Context(), db, contentstore.Options{Dir: dir, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	courses, err := modulestore.Open(t.Context(), db, modulestore.Options{Files: store.Manifest, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	block := func(typ, id, body string, children ...*course.Block) *course.Block {
		return &course.Block{Type: typ, ID: id, Body: []byte(body), Fields: course.Fields{"display_name": course.Text(strings.ToUpper(id))}, Children: children}
	}
	shows := `<img src="/static/a b.png"><img alt="" src='/static/c.png?x=1#y'><a href="/asset-v1:Org+Num+Run+type@asset+block@d.pdf">d</a>` +
		`<img src="/static/Brain%20green.png" alt="x"><a href="/static/images/deep.txt">`
	root := block("course", "course", "", block("chapter", "w", "", block("sequential", "s", "", block("vertical", "u", "", block("html", "h", shows)))))
	root.Fields["pdf_textbooks"] = `[{"tab_title":"Book","chapters":[{"title":"1","url":"/static/book.pdf"}]}]`
	root.Fields["course_image"] = `"images_course_image.jpg"`
	published := *root
	published.Children = nil
	pages := []*course.Block{{Type: "course_info", ID: "handouts", Body: []byte(`<a href="/static/d.pdf">`)}}
	_, err = courses.Import(t.Context(), modulestore.ImportRequest{
		Key: testKey, Draft: &course.Content{Key: testKey, Root: root, Pages: pages}, Published: &course.Content{Key: testKey, Root: &published, Pages: pages},
	})
	if err != nil {
		t.Fatal(err)
	}
	return &Service{Courses: courses, Files: store, Clock: time.Now}
}

func (s *Service) mustPut(t testing.TB, name, content string) Put {
	t.Helper()
	put, err := s.Put(t.Context(), ada, testKey, Upload{Name: name, Body: strings.NewReader(content)})
	if err != nil {
		t.Fatal(err)
	}
	return put
}

func TestUsage(t *testing.T) {
	t.Parallel()
	s := newTest(t, t.TempDir())
	used, err := s.Usage(t.Context(), ada, testKey)
	if err != nil {
		t.Fatal(err)
	}
	path, unit := []string{"W", "S", "U"}, testKey.Usage("vertical", "u")
	in := func(noAlt bool) []Place {
		return []Place{{Block: testKey.Usage("html", "h"), Name: "H", Path: path, Unit: unit, NoAlt: noAlt, Draft: true}}
	}
	settings := Place{Block: testKey.Usage("course", "course"), Name: "COURSE", Draft: true, Live: true}
	handouts := Place{Block: testKey.Usage("course_info", "handouts"), Draft: true, Live: true}
	for name, want := range map[string][]Place{
		"a_b.png": in(true), "c.png": in(false), "Brain_green.png": in(false), "images_deep.txt": in(false), "d.pdf": append(in(false), handouts),
		"book.pdf": {settings}, "images_course_image.jpg": {settings}, "none.png": nil,
	} {
		if diff := cmp.Diff(used[name], want); diff != "" {
			t.Errorf("%s: got, want\n%s", name, diff)
		}
	}
	if _, err := s.Usage(t.Context(), bob, testKey); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a stranger: %v", err)
	}
	// An act on files changes no content, and what was found still holds.
	before := len(s.used.order)
	s.mustPut(t, "x.txt", "x")
	if _, err := s.Usage(t.Context(), ada, testKey); err != nil || len(s.used.order) != before {
		t.Errorf("looked again: %d, %v", len(s.used.order), err)
	}
}

// TestPutKeeps: replacing keeps lock, name and place of a file, and is one version; nothing new is no version.
func TestPutKeeps(t *testing.T) {
	t.Parallel()
	s := newTest(t, t.TempDir())
	s.mustPut(t, "Brain green.png", "one")
	if _, err := s.Lock(t.Context(), ada, testKey, []string{"Brain_green.png"}, true); err != nil {
		t.Fatal(err)
	}
	put := s.mustPut(t, "Brain_green.png", "two")
	if f := put.File; !put.Replaced || !f.Locked || f.DisplayName != "Brain green.png" || f.Size != 3 {
		t.Errorf("replaced: %+v", put)
	}
	again := s.mustPut(t, "Brain_green.png", "two")
	if again.Head.Draft != put.Head.Draft {
		t.Error("the same bytes again made a version")
	}
	line, err := s.Courses.Line(t.Context(), testKey, course.Draft, "", 10)
	if err != nil || len(line) != 4 || line[0].Message != "Replace Brain green.png" || line[0].Author != "ada" || line[0].Root != line[3].Root {
		t.Errorf("history: %+v, %v", line, err)
	}
	for _, by := range []draft.Author{bob, {}} {
		if _, err := s.Put(t.Context(), by, testKey, Upload{Name: "x", Body: strings.NewReader("x")}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a stranger puts: %v", err)
		}
		if _, err := s.Delete(t.Context(), by, testKey, []string{"Brain_green.png"}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a stranger deletes: %v", err)
		}
		if _, err := s.PutBack(t.Context(), by, testKey, "", ""); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a stranger puts back: %v", err)
		}
	}
}

// TestFullDisk: without room an upload is refused in words, and what is there stays; with room the same works.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	small := filepath.Join(dir, "small")
	s := newTest(t, small)
	if err := mkdirAndMount(small, "size=256k"); err != nil {
		t.Skipf("no small disk to be had: %v", err)
	}
	t.Cleanup(func() { unmount(small) })
	first := s.mustPut(t, "first.txt", "first")
	_, err := s.Put(t.Context(), ada, testKey, Upload{Name: "large.bin", Body: bytes.NewReader(make([]byte, 1<<20))})
	if f, ok := fault.As(err); !ok || f.Kind != fault.Busy || f.Message != "files.full" {
		t.Fatalf("on a full disk: %v", err)
	}
	now, err := s.Read(t.Context(), ada, testKey)
	if err != nil || len(now.Files) != 1 || now.Head.Files != first.Head.Files {
		t.Errorf("afterwards: %+v, %v", now, err)
	}
	s.mustPut(t, "second.txt", "second")
}

// TestBrokenUpload: a body that ends in an error changes nothing.
func TestBrokenUpload(t *testing.T) {
	t.Parallel()
	s := newTest(t, t.TempDir())
	broken := io.MultiReader(strings.NewReader("half"), errReader{errors.New("line lost")})
	if _, err := s.Put(t.Context(), ada, testKey, Upload{Name: "x.txt", Body: broken}); err == nil {
		t.Error("half a file was taken")
	}
	if now, err := s.Read(context.Background(), ada, testKey); err != nil || len(now.Files) != 0 {
		t.Errorf("afterwards: %+v, %v", now, err)
	}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }
