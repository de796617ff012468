package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"lyceum/course"
)

// TestMistypedData: a mistyped data directory is told, and no second site made in it.
func TestMistypedData(t *testing.T) {
	t.Parallel()
	parent := shortTemp(t)
	site := filepath.Join(parent, "lms-data")
	src := write(t, ownCourse("Typed"))

	// Commands that could only read refuse; those that may be the first in a site make it, and say so.
	for _, args := range []string{"course list", "user list", "course export course-v1:A+B+C", "course publish course-v1:A+B+C", "enroll a course-v1:A+B+C", "migrate status", "grader list", "grade report course-v1:A+B+C"} {
		got := line(t, nil, strings.NewReader(""), append(strings.Fields(args), "--data", site)...)
		if got.code != exitFailed || !strings.Contains(got.err, "there is no site in "+site) || !strings.Contains(got.err, "lms serve") {
			t.Errorf("%s without a site: exit %d, %s", args, got.code, got.err)
		}
	}
	if got := line(t, nil, nil, "doctor", "--data", site); got.code != exitDone || !strings.Contains(got.out, "will be made at the first start") {
		t.Errorf("doctor without a site: exit %d, %s%s", got.code, got.out, got.err)
	}
	if _, err := os.Stat(site); !os.IsNotExist(err) {
		t.Fatalf("something made the directory: %v", err)
	}
	got := line(t, nil, nil, "course", "import", src, "--data", site)
	if got.code != exitDone || !strings.Contains(got.err, "a new site was made in "+site) {
		t.Fatalf("first import: exit %d, %s", got.code, got.err)
	}
	if got = line(t, nil, nil, "course", "import", src, "--data", site); got.code != exitDone || strings.Contains(got.err, "new site") {
		t.Fatalf("second import: exit %d, %s", got.code, got.err)
	}

	// Nearly its name: neither reads nor makes, unless the directory was made by hand.
	for _, name := range []string{"lms-dta", "LMS-data", "lmsdata"} {
		wrong := filepath.Join(parent, name)
		for _, args := range [][]string{{"course", "list"}, {"course", "import", src}, {"migrate"}} {
			got := line(t, nil, nil, append(args, "--data", wrong)...)
			if got.code != exitFailed || !strings.Contains(got.err, "but in "+site) || !strings.Contains(got.err, "mistyped") || strings.Count(got.err, "\n") != 1 {
				t.Errorf("%v in %s: exit %d, %s", args, name, got.code, got.err)
			}
		}
		if _, err := os.Stat(wrong); !os.IsNotExist(err) {
			t.Errorf("%s was made: %v", wrong, err)
		}
	}
	meant := filepath.Join(parent, "lms-data2")
	if err := os.Mkdir(meant, 0o700); err != nil {
		t.Fatal(err)
	}
	if got := line(t, nil, nil, "migrate", "--data", meant); got.code != exitDone || !strings.Contains(got.err, "a new site was made in "+meant) {
		t.Errorf("a directory made by hand: exit %d, %s", got.code, got.err)
	}
}

func TestDistance(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"lms-data", "lms-data", 0}, {"lms-data", "lms-dat", 1}, {"lms-data", "lsm-data", 2}, {"", "abc", 3}, {"kitten", "sitting", 3}} {
		if got := distance(c.a, c.b); got != c.want || distance(c.b, c.a) != c.want {
			t.Errorf("%q to %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

// TestPublishCommand: what was imported as a draft is shown to learners, pages and policy with it; --check changes nothing.
func TestPublishCommand(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	vars := s.vars
	key := ownKey(t, "Shown")
	must(t, vars, "course", "import", write(t, ownCourse("Shown")), "--data", s.data)
	if out := must(t, vars, "course", "publish", key.String(), "--check", "--data", s.data); !strings.Contains(out, "! video/v1: a file is not among the course's files: film.mp4") || strings.Count(out, "\n") != 1 {
		t.Errorf("check: %s", out)
	}
	if out := must(t, vars, "course", "list", "--data", s.data); !strings.Contains(out, " draft ") {
		t.Fatalf("list: %s", out)
	}
	if out := must(t, vars, "course", "publish", key.String(), "--data", s.data); !strings.Contains(out, "4 units are new or changed") {
		t.Errorf("publish: %s", out)
	}
	if out := must(t, vars, "course", "publish", key.String(), "--data", s.data); !strings.Contains(out, "as it is in the draft") {
		t.Errorf("once more: %s", out)
	}
	// A question that does not load keeps its unit a draft, and is named.
	broken := ownCourse("Shown")
	broken["problem/p3.xml"] = &fstest.MapFile{Data: []byte(`<problem display_name="Broken"><schematicresponse><textline/></schematicresponse></problem>`)}
	broken["html/text2.html"] = &fstest.MapFile{Data: []byte("<p>Second page, anew</p>")}
	must(t, vars, "course", "import", write(t, broken), "--data", s.data)
	if out := must(t, vars, "course", "publish", key.String(), "--check", "--data", s.data); !strings.Contains(out, "! problem/p3:1: learners would see a notice") {
		t.Errorf("check of a broken question: %s", out)
	}
	if out := must(t, vars, "course", "publish", key.String(), "--data", s.data); !strings.Contains(out, "! problem/p3:1: learners would see a notice") || !strings.Contains(out, "1 units are new") {
		t.Errorf("publish beside a broken question: %s", out)
	}
	if got := line(t, vars, nil, "course", "publish", key.String(), "--data", s.data); got.code != exitFailed || !strings.Contains(got.out, "! problem/p3:1") || strings.Count(got.err, "\n") != 1 {
		t.Errorf("publish of nothing but a broken question: exit %d, %s%s", got.code, got.out, got.err)
	}
	c, err := s.stores.courses.Compiled(t.Context(), key)
	for began := time.Now(); err != nil && time.Since(began) < 10*time.Second; c, err = s.stores.courses.Compiled(t.Context(), key) {
		time.Sleep(50 * time.Millisecond) // another process published; this one looks again and again
	}
	if err != nil {
		t.Fatal(err)
	}
	if n, ok := c.Find("problem", "p3"); !ok || n.Name != "Question 3" {
		t.Errorf("learners have %v in the place of the question they had", n)
	}
	whole := s.teach(ownCourse("Whole"))
	if got, want := len(c.Below(c.Root())), len(whole.Below(whole.Root())); got != want {
		t.Errorf("learners get %d blocks, want %d", got, want)
	}
	if c.Page("static_tab", "glossary") == nil || len(c.Tabs) != len(whole.Tabs) || len(c.Files) != len(whole.Files) {
		t.Errorf("tabs %d of %d, files %d of %d", len(c.Tabs), len(whole.Tabs), len(c.Files), len(whole.Files))
	}
	b := s.person("learner", nil)
	s.enroll(b, c)
	if got := b.get("/courses/" + key.String() + "/courseware/open/s1/1/"); got.status != 200 || !strings.Contains(got.body, "Question 1") {
		t.Errorf("unit: %d %s", got.status, got.body)
	}
	if got := line(t, vars, nil, "course", "publish", "course-v1:No+Such+Course", "--data", s.data); got.code != exitFailed || !strings.Contains(got.err, "lms course list") {
		t.Errorf("no such course: exit %d, %s", got.code, got.err)
	}
}

// ownKey is the key of ownCourse(name).
func ownKey(t *testing.T, name string) course.Key {
	t.Helper()
	key, err := course.ParseKey("course-v1:T+" + name + "+1")
	if err != nil {
		t.Fatal(err)
	}
	return key
}
