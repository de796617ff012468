package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lyceum/internal/sharedtest"
	"lyceum/sample"
)

// storeless is an environment in which no store can be opened.
var storeless = []string{"LMS_DATA=/dev/null/nowhere"}

// TestInspectNeedsNoStore: the counts of real courses through the command, where no store can be had.
func TestInspectNeedsNoStore(t *testing.T) {
	t.Parallel()
	text := sharedtest.Read(t, "courses/expected.json")
	var want map[string]map[string]any
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"appsembler-onboarding-intro", "edx-insider", "microsoft-kitchen-sink"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := sharedtest.File(t, "courses/"+name+".tar.gz")
			for _, args := range [][]string{{"course", "inspect", path, "--json"}, {"course", "inspect", "--json", path}} {
				var got map[string]any
				if err := json.Unmarshal([]byte(must(t, storeless, args...)), &got); err != nil {
					t.Fatal(err)
				}
				for _, key := range []string{"course_key", "display_name", "start", "end", "language", "blocks", "problems", "drafts", "assets", "tabs", "grading", "graded_subsections", "unnamed_blocks"} {
					if diff := cmp.Diff(want[name][key], got[key]); diff != "" {
						t.Errorf("%s (-want +got):\n%s", key, diff)
					}
				}
			}
		})
	}
}

// unpack writes an archive below dir and returns its top directory.
func unpack(t testing.TB, archive, dir string) string {
	t.Helper()
	top := ""
	eachFile(t, archive, func(h *tar.Header, body []byte) {
		if top == "" {
			top, _, _ = strings.Cut(strings.TrimPrefix(h.Name, "./"), "/")
		}
		path := filepath.Join(dir, filepath.FromSlash(h.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		switch h.Typeflag {
		case tar.TypeReg:
			if err := os.WriteFile(path, body, 0o600); err != nil {
				t.Fatal(err)
			}
		case tar.TypeSymlink:
			if err := os.Symlink(h.Linkname, path); err != nil {
				t.Fatal(err)
			}
		}
	})
	return filepath.Join(dir, top)
}

func eachFile(t testing.TB, archive string, do func(*tar.Header, []byte)) {
	t.Helper()
	f, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		do(h, body)
	}
}

// everyCourse lists the shared courses: the archives of one course, and the directories of the archives that hold many.
func everyCourse(t testing.TB) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, archive := range sharedtest.Courses(t) {
		name := strings.TrimSuffix(filepath.Base(archive), ".tar.gz")
		many := true
		eachFile(t, archive, func(h *tar.Header, _ []byte) {
			if strings.Count(strings.TrimPrefix(h.Name, "./"), "/") == 1 && strings.HasSuffix(h.Name, "/course.xml") {
				many = false
			}
		})
		if !many {
			out[name] = archive
			continue
		}
		top := unpack(t, archive, t.TempDir())
		entries, err := os.ReadDir(top)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if e.IsDir() {
				out[name+"/"+e.Name()] = filepath.Join(top, e.Name())
			}
		}
	}
	return out
}

// TestEveryCourseThroughTheCommands imports, exports, imports and exports every shared course in one data directory, and
// wants the second export equal to the first byte for byte; what is no course is refused in one line.
func TestEveryCourseThroughTheCommands(t *testing.T) {
	t.Parallel()
	courses := everyCourse(t)
	dir := dataDir(t)
	openDir(t, dir)
	vars := []string{"LMS_DATA=" + dir}
	files := t.TempDir()
	refused, took := 0, time.Duration(0)
	for i, name := range sortedNames(courses) {
		// Keys of their own: many of the small courses are variants of one.
		key := fmt.Sprintf("course-v1:Test+C%d+R", i)
		first, second := filepath.Join(files, fmt.Sprintf("%d-1.tar.gz", i)), filepath.Join(files, fmt.Sprintf("%d-2.tar.gz", i))
		began := time.Now()
		got := line(t, vars, nil, "course", "import", courses[name], "--key", key, "--publish", "--json")
		took += time.Since(began)
		if got.code == exitFailed {
			refused++
			if !strings.Contains(got.err, "course.xml") || strings.Count(got.err, "\n") != 1 || got.out != "" {
				t.Errorf("%s: refused with %q and %q, want one line that names course.xml", name, got.err, got.out)
			}
			if list := must(t, vars, "course", "list"); strings.Contains(list, key) {
				t.Errorf("%s: refused and in the list", name)
			}
			continue
		}
		var res struct {
			Key string `json:"course_key"`
		}
		if err := json.Unmarshal([]byte(got.out), &res); got.code != exitDone || err != nil || res.Key != key {
			t.Errorf("%s: exit %d, %v\n%s%s", name, got.code, err, got.out, got.err)
			continue
		}
		must(t, vars, "course", "export", key, first)
		must(t, vars, "course", "import", first, "--publish")
		must(t, vars, "course", "export", key, second)
		a, err1 := os.ReadFile(first)
		b, err2 := os.ReadFile(second)
		if err1 != nil || err2 != nil || !bytes.Equal(a, b) {
			t.Errorf("%s: the second export differs from the first (%d and %d bytes, %v, %v)", name, len(a), len(b), err1, err2)
		}
	}
	t.Logf("%d courses, %d refused; first imports took %v", len(courses), refused, took.Round(time.Millisecond))
	if refused == 0 || refused > 8 {
		t.Errorf("%d of %d courses were refused", refused, len(courses))
	}
}

func sortedNames(m map[string]string) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// TestCourseCommands goes through the life of one course.
func TestCourseCommands(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	openDir(t, dir)
	vars := []string{"LMS_DATA=/wrong", "LMS_DATA=" + dir}
	src := filepath.Join(t.TempDir(), "tour")
	if err := os.CopyFS(src, sample.Course()); err != nil {
		t.Fatal(err)
	}
	list := func() string { return must(t, vars, "course", "list") }
	if got := list(); !strings.Contains(got, sample.Key) || !strings.Contains(got, "published") {
		t.Fatalf("the demonstration's course is not in the list:\n%s", got)
	}

	const draftKey, key = "course-v1:Test+Draft+1", "course-v1:Test+Life+1"
	if got := must(t, vars, "course", "import", src, "--key", draftKey); !strings.Contains(got, "imported as a draft") {
		t.Errorf("import without --publish says\n%s", got)
	}
	if got := must(t, vars, "course", "list", "--json"); !strings.Contains(got, draftKey) {
		t.Errorf("the draft is not in the list:\n%s", got)
	}
	if !regexp.MustCompile(regexp.QuoteMeta(draftKey) + ` +draft`).MatchString(list()) {
		t.Errorf("the draft is not listed as one:\n%s", list())
	}
	// Flags before and after the argument; the key is the one asked for.
	if got := must(t, vars, "course", "import", "--publish", "--key="+key, src, "--data", dir); !strings.Contains(got, "published in") || !strings.HasPrefix(got, key) {
		t.Errorf("import with --publish says\n%s", got)
	}
	if !regexp.MustCompile(regexp.QuoteMeta(key) + ` +published`).MatchString(list()) {
		t.Errorf("the course is not listed as published:\n%s", list())
	}

	// Inspecting by key counts what the directory counts.
	var fromKey, fromPath map[string]any
	if err := json.Unmarshal([]byte(must(t, vars, "course", "inspect", key, "--json")), &fromKey); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(must(t, storeless, "course", "inspect", src, "--json")), &fromPath); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"blocks", "display_name", "start", "problems", "tabs", "grading"} {
		if diff := cmp.Diff(fromPath[name], fromKey[name]); diff != "" {
			t.Errorf("inspect KEY: %s differs from the directory's (-directory +key):\n%s", name, diff)
		}
	}
	if fromKey["course_key"] != key {
		t.Errorf("inspect KEY: course_key %v", fromKey["course_key"])
	}

	// Standard output and file are the same archive; files survive byte for byte.
	out := must(t, vars, "course", "export", key)
	file := filepath.Join(t.TempDir(), "out.tar.gz")
	if got := must(t, vars, "course", "export", key, file); !strings.HasPrefix(got, key+" is in "+file+" (1.") {
		t.Errorf("export to a file says %q", got)
	}
	text, err := os.ReadFile(file)
	if err != nil || string(text) != out {
		t.Errorf("export to a file and to standard output differ: %d and %d bytes, %v", len(text), len(out), err)
	}
	bodies := map[string][]byte{}
	eachFile(t, file, func(h *tar.Header, body []byte) {
		_, name, _ := strings.Cut(h.Name, "/")
		bodies[name] = body
	})
	for _, name := range []string{"static/evening.jpg", "static/pendulum.js", "html/welcome.html"} {
		want, err := os.ReadFile(filepath.Join(src, name))
		if err != nil || !bytes.Equal(bodies[name], want) {
			t.Errorf("%s did not survive: %d bytes, want %d, %v", name, len(bodies[name]), len(want), err)
		}
	}
	if got := line(t, vars, nil, "course", "export", key, "/does/not/exist/x.tar.gz"); got.code != exitFailed || strings.Count(got.err, "\n") != 1 {
		t.Errorf("export to nowhere: exit %d, %q", got.code, got.err)
	}

	must(t, vars, "course", "delete", key)
	if strings.Contains(list(), key) {
		t.Error("deleted and in the list")
	}
	for _, args := range [][]string{{"export", key}, {"delete", key}, {"inspect", key}} {
		if got := line(t, vars, nil, append([]string{"course"}, args...)...); got.code != exitFailed || strings.Count(got.err, "\n") != 1 || got.out != "" {
			t.Errorf("%v of a deleted course: exit %d, %q", args, got.code, got.err)
		}
	}
}

// TestRefusedArchives: what is no course, or no safe archive, ends with exit 1, one line and the old course untouched.
func TestRefusedArchives(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	openDir(t, dir)
	vars := []string{"LMS_DATA=" + dir}
	before := must(t, vars, "course", "export", sample.Key)
	temp := t.TempDir()
	for _, c := range []struct {
		name    string
		entries []tar.Header
		body    string // of each entry
		raw     []byte // instead
		want    string // what the line holds
	}{
		{name: "empty", raw: []byte{}, want: "empty"},
		{name: "no-gzip", raw: []byte("this is no archive at all"), want: "no-gzip"},
		{name: "no-course", entries: []tar.Header{{Name: "c/readme.txt"}}, body: "hello", want: "course.xml"},
		{name: "bare-less-than", entries: []tar.Header{{Name: "c/course.xml"}}, body: "<course org=\"O\" course=\"C\"\n url_name=\"R\">\n a < b </course>", want: "course.xml:3"},
		{name: "entities", entries: []tar.Header{{Name: "c/course.xml"}}, body: "<!DOCTYPE x [<!ENTITY a SYSTEM \"/etc/passwd\">]>\n<course org=\"O\" course=\"C\" url_name=\"&a;\"/>", want: "course.xml"},
		{name: "deep", entries: []tar.Header{{Name: "c/course.xml"}}, body: strings.Repeat("<a>", 10_000) + strings.Repeat("</a>", 10_000), want: "course.xml"},
		{name: "other-root", entries: []tar.Header{{Name: "c/course.xml"}}, body: "<html/>", want: "course.xml"},
		{name: "dot-dot", entries: []tar.Header{{Name: "c/course.xml"}, {Name: "c/../../x"}}, body: `<course org="Lyceum" course="TOUR" url_name="2026"/>`, want: "../"},
		{name: "absolute", entries: []tar.Header{{Name: "c/course.xml"}, {Name: "/etc/x"}}, body: `<course org="Lyceum" course="TOUR" url_name="2026"/>`, want: "/etc/x"},
		{name: "fifo", entries: []tar.Header{{Name: "c/course.xml"}, {Name: "c/pipe", Typeflag: tar.TypeFifo}}, body: `<course org="Lyceum" course="TOUR" url_name="2026"/>`, want: "pipe"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(temp, c.name+".tar.gz")
			raw := c.raw
			if raw == nil {
				raw = tarball(t, c.entries, c.body)
			}
			if err := os.WriteFile(path, raw, 0o600); err != nil {
				t.Fatal(err)
			}
			got := line(t, vars, nil, "course", "import", path, "--publish", "--key", sample.Key)
			if got.code != exitFailed || got.out != "" || strings.Count(got.err, "\n") != 1 || !strings.Contains(got.err, c.want) {
				t.Errorf("import: exit %d, %q, %q, want one line with %q", got.code, got.out, got.err, c.want)
			}
			inspected := line(t, storeless, nil, "course", "inspect", path)
			if inspected.code != exitFailed || !strings.Contains(inspected.err, c.want) {
				t.Errorf("inspect: exit %d, %q, want %q", inspected.code, inspected.err, c.want)
			}
		})
	}
	// A whole archive cut in the middle.
	cut := filepath.Join(temp, "cut.tar.gz")
	if err := os.WriteFile(cut, []byte(before[:len(before)/2]), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := line(t, vars, nil, "course", "import", cut, "--publish"); got.code != exitFailed || strings.Count(got.err, "\n") != 1 {
		t.Errorf("cut archive: exit %d, %q", got.code, got.err)
	}
	if after := must(t, vars, "course", "export", sample.Key); after != before {
		t.Error("a refused archive changed the course")
	}
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "lyceum-archive-*"))
	if err != nil || len(left) > 20 { // other tests import beside this one
		t.Errorf("temporary archives were left: %v, %v", left, err)
	}
}

func tarball(t testing.TB, entries []tar.Header, body string) []byte {
	t.Helper()
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	w := tar.NewWriter(z)
	for _, h := range entries {
		if h.Typeflag == 0 {
			h.Typeflag, h.Size = tar.TypeReg, int64(len(body))
		}
		h.Mode = 0o644
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			if _, err := io.WriteString(w, body); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// TestStoresOfItsOwn: without a server a command starts the stores for its own run, and leaves nothing running.
func TestStoresOfItsOwn(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	for range 2 {
		if got := must(t, nil, "course", "list", "--data", dir); !strings.Contains(got, sample.Key) {
			t.Errorf("course list: %q", got)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "postgres", "postmaster.pid")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("PostgreSQL still runs: %v", err)
	}
}
