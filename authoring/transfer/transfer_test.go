package transfer

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"lyceum/course"
	"lyceum/course/contentstore"
	"lyceum/course/modulestore"
	"lyceum/course/olx"
	"lyceum/internal/fault"
	"lyceum/internal/mongotest"
)

// house is content stores of the test's own.
type house struct {
	*Importer
	*Exporter
	t *testing.T
}

func newHouse(t *testing.T) *house {
	t.Helper()
	db, log := mongotest.New(t), slog.New(slog.DiscardHandler)
	files, err := contentstore.Open(t.Context(), db, contentstore.Options{Dir: t.TempDir(), Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	courses, err := modulestore.Open(t.Context(), db, modulestore.Options{Describe: func(*course.Block) course.Facts { return course.Facts{} }, Files: files.Manifest, Budget: 1 << 20, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	return &house{&Importer{Courses: courses, Files: files, TempDir: t.TempDir(), Clock: time.Now}, &Exporter{Courses: courses, Files: files}, t}
}

func (h *house) take(r Request) Result {
	h.t.Helper()
	res, err := h.Import(h.t.Context(), r)
	if err != nil {
		h.t.Fatal(err)
	}
	return res
}

func (h *house) give(key course.Key) []byte {
	h.t.Helper()
	var b bytes.Buffer
	if _, err := h.Export(h.t.Context(), key, &b); err != nil {
		h.t.Fatal(err)
	}
	return b.Bytes()
}

// temporary lists what is left in the place for temporary files.
func (h *house) temporary() []string {
	h.t.Helper()
	list, err := filepath.Glob(filepath.Join(h.TempDir, "*"))
	if err != nil {
		h.t.Fatal(err)
	}
	return list
}

// dot is a picture of one pixel.
const dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

func small(t *testing.T) fstest.MapFS {
	t.Helper()
	picture, err := base64.StdEncoding.DecodeString(dot)
	if err != nil {
		t.Fatal(err)
	}
	out := fstest.MapFS{}
	for path, text := range map[string]string{
		"course.xml":             `<course org="T" course="Small" url_name="1"/>`,
		"course/1.xml":           `<course><chapter url_name="c" display_name="Chapter"><sequential url_name="s" display_name="Sub"><vertical url_name="u" display_name="Unit"><html url_name="h"/><florb strange="yes"><deep/>text</florb></vertical></sequential></chapter></course>`,
		"html/h.xml":             `<html filename="h" display_name="Text"/>`,
		"html/h.html":            "<p>Hello\r\n  <b>unclosed",
		"drafts/vertical/d.xml":  `<vertical display_name="Draft" parent_url="block-v1:T+Small+1+type@sequential+block@s" index_in_children_list="1"><html url_name="dh" display_name="D">Later</html></vertical>`,
		"static/pic.png":         string(picture),
		"static/sub/broken.png":  "no picture at all",
		"static/notes.txt":       "notes",
		"about/overview.html":    "<p>About</p>",
		"policies/1/policy.json": `{"course/1": {"display_name": "Small", "start": "2020-01-01T00:00:00Z", "our_own_key": {"kept": [1, 2]}}}`,
	} {
		out[path] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
	}
	return out
}

func TestThereAndBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var steps []string
	res := h.take(Request{Path: "small", FS: small(t), Publish: true, Author: "ada", Progress: func(step string, _, _ int) {
		if len(steps) == 0 || steps[len(steps)-1] != step {
			steps = append(steps, step)
		}
	}})
	if res.Key.String() != "course-v1:T+Small+1" || res.Name != "Small" || res.Published == "" || res.Draft == res.Published {
		t.Errorf("result %+v", res)
	}
	if diff := cmp.Diff([]string{"read", "files", "store", "done"}, steps); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	head, err := h.Importer.Courses.Head(t.Context(), res.Key)
	if err != nil {
		t.Fatal(err)
	}
	files, err := h.Importer.Files.Manifest(t.Context(), head.Files)
	if err != nil {
		t.Fatal(err)
	}
	if f := files["pic.png"]; f.Thumbnail != "pic-png.jpg" || f.ThumbnailDigest == "" || f.ContentType != "image/png" {
		t.Errorf("the picture: %+v", f)
	}
	if f := files["sub_broken.png"]; f.Digest == "" || f.Thumbnail != "" {
		t.Errorf("what is no picture: %+v", f)
	}
	published, _, err := h.Importer.Courses.ContentAt(t.Context(), res.Published)
	if err != nil {
		t.Fatal(err)
	}
	draft, _, err := h.Importer.Courses.ContentAt(t.Context(), res.Draft)
	if err != nil {
		t.Fatal(err)
	}
	units := func(c *course.Content) (ids []string) {
		for _, u := range c.Root.Children[0].Children[0].Children {
			ids = append(ids, u.ID)
		}
		return ids
	}
	if !slices.Equal(units(published), []string{"u"}) || !slices.Equal(units(draft), []string{"u", "d"}) {
		t.Errorf("published units %v, draft %v", units(published), units(draft))
	}

	// Out, in elsewhere, out again: the same bytes.
	first := h.give(res.Key)
	path := filepath.Join(t.TempDir(), "small.tar.gz")
	if err := os.WriteFile(path, first, 0o600); err != nil {
		t.Fatal(err)
	}
	other := newHouse(t)
	again := other.take(Request{Path: path, Publish: true})
	if again.Key != res.Key {
		t.Errorf("key %s", again.Key)
	}
	if second := other.give(again.Key); !bytes.Equal(first, second) {
		t.Errorf("the second export differs: %d and %d bytes", len(first), len(second))
	}
	if left := other.temporary(); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	if !bytes.Equal(first, h.give(res.Key)) {
		t.Error("the same course gave other bytes")
	}
}

func TestUnpublishedStaysUnpublished(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	res := h.take(Request{Path: "small", FS: small(t)})
	if res.Published != "" {
		t.Errorf("published %s", res.Published)
	}
	if _, err := h.Importer.Courses.Compiled(t.Context(), res.Key); fault.KindOf(err) != fault.NotFound {
		t.Errorf("learners see it: %v", err)
	}
	path := filepath.Join(t.TempDir(), "x.tar.gz")
	if err := os.WriteFile(path, h.give(res.Key), 0o600); err != nil {
		t.Fatal(err)
	}
	other := newHouse(t)
	again := other.take(Request{Path: path, Publish: true})
	c, err := other.Importer.Courses.Compiled(t.Context(), again.Key)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := c.Find("vertical", "u"); ok {
		t.Error("a unit that was never published came out published")
	}
}

// broken is a course whose files fail to be read.
type broken struct {
	fstest.MapFS
	name string
	err  error
}

func (b broken) Open(name string) (fs.File, error) {
	if name == b.name {
		return nil, &fs.PathError{Op: "open", Path: name, Err: b.err}
	}
	return b.MapFS.Open(name)
}

func TestWhatFailsLeavesTheOldCourse(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	res := h.take(Request{Path: "small", FS: small(t), Publish: true})
	before := h.give(res.Key)
	noCourse := small(t)
	delete(noCourse, "course.xml")
	badCourse := small(t)
	badCourse["course.xml"] = &fstest.MapFile{Data: []byte("<course\n org=")}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	junk := filepath.Join(t.TempDir(), "junk.tar.gz")
	if err := os.WriteFile(junk, []byte("\x1f\x8b no archive"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name    string
		ctx     context.Context
		req     Request
		says    string
		refused bool
	}{
		{"no course.xml", t.Context(), Request{Path: "x", FS: noCourse, Key: res.Key, Publish: true}, "course.xml", true},
		{"broken course.xml", t.Context(), Request{Path: "x", FS: badCourse, Key: res.Key, Publish: true}, "course.xml", true},
		{"a file that cannot be read", t.Context(), Request{Path: "x", FS: broken{small(t), "static/notes.txt", errors.New("bad disk")}, Publish: true}, "bad disk", false},
		{"given up", canceled, Request{Path: "x", FS: small(t), Publish: true}, "cancel", false},
		{"no such file", t.Context(), Request{Path: filepath.Join(t.TempDir(), "none.tar.gz")}, "no such file", false},
		{"no archive", t.Context(), Request{Path: junk, Key: res.Key}, "junk", true},
	} {
		_, err := h.Import(tc.ctx, tc.req)
		if err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v, want one that says %q", tc.name, err, tc.says)
		}
		if errors.Is(err, olx.ErrRefused) != tc.refused {
			t.Errorf("%s: refused = %v: %v", tc.name, !tc.refused, err)
		}
	}
	if !bytes.Equal(before, h.give(res.Key)) {
		t.Error("the course has changed")
	}
	if left := h.temporary(); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestTwoImportsAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	texts := []string{"<p>one</p>", "<p>two</p>", "<p>three</p>"}
	var wg sync.WaitGroup
	for _, text := range texts {
		wg.Go(func() {
			files := small(t)
			files["html/h.html"], files["static/notes.txt"] = &fstest.MapFile{Data: []byte(text)}, &fstest.MapFile{Data: []byte(text)}
			if _, err := h.Import(t.Context(), Request{Path: "x", FS: files, Publish: true}); err != nil && fault.KindOf(err) != fault.Conflict {
				t.Errorf("%s: %v", text, err)
			}
		})
	}
	wg.Wait()
	c, err := h.Importer.Courses.Compiled(t.Context(), course.Key{Org: "T", Number: "Small", Run: "1"})
	if err != nil {
		t.Fatal(err)
	}
	n, _ := c.Find("html", "h")
	body, _, err := h.Importer.Files.Open(t.Context(), c.Files["notes.txt"].Digest)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	notes, err := io.ReadAll(body)
	if err != nil || string(notes) != string(n.Block.Body) || !slices.Contains(texts, string(notes)) {
		t.Errorf("the course is of two imports: text %q, file %q, %v", n.Block.Body, notes, err)
	}
}

func TestDirectories(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	dir, outside := filepath.Join(t.TempDir(), "course"), filepath.Join(t.TempDir(), "secret.txt")
	if err := os.CopyFS(dir, small(t)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "static", "link.txt")); err != nil {
		t.Fatal(err)
	}
	key := course.Key{Org: "X", Number: "Y", Run: "Z"}
	res := h.take(Request{Path: dir, Key: key, Publish: true})
	c, err := h.Importer.Courses.Compiled(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := c.Files["link.txt"]; ok || res.Key != key {
		t.Errorf("key %s; a link out of the course followed: %v", res.Key, ok)
	}
	if len(res.Report.Defects) == 0 {
		t.Error("the link is not reported")
	}
}

func TestExportOfNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if _, err := h.Export(t.Context(), course.Key{Org: "N", Number: "O", Run: "NE"}, io.Discard); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a course that is not there: %v", err)
	}
	res := h.take(Request{Path: "small", FS: small(t)})
	if _, err := h.Export(t.Context(), res.Key, full{}); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("a full disk: %v", err)
	}
}

// full is a place with no room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }
