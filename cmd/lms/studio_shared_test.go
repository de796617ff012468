package main

import (
	"archive/tar"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"lyceum/course"
)

// lines keeps what is logged, for many writers at once.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

var barLink = regexp.MustCompile(`href="(/[^"]*course-v1:[^"]*)"`)

// displayName is the attribute that is edited.
var displayName = regexp.MustCompile(`\s*display_name=("[^"]*"|'[^']*')`)

// TestEverySharedCourseInStudio opens every shared course page by page in Studio, edits one block of each kind, and holds the exports
// before and after against each other: nothing differs but the names that were edited, byte by byte.
func TestEverySharedCourseInStudio(t *testing.T) {
	t.Parallel()
	courses := everyCourse(t)
	log := &lines{}
	s := newLoggedSite(t, slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelError})), "LMS_RATE_LIMITS=no")
	ann := s.creator("ann")
	const mark = "MARKED"
	for i, name := range sortedNames(courses) {
		data, err := os.ReadFile(courses[name])
		if err != nil { // a directory
			data = pack(t, os.DirFS(courses[name]))
		}
		key := ann.makeCourse("Test", fmt.Sprintf("S%d", i), "R", "Course")
		if end := ann.bring(key, "course.tar.gz", data); end.State == "failed" {
			continue // TestEveryCourseThroughTheBrowser holds the count of these
		}
		open := func(path string) string {
			got := ann.get(path, asPage...)
			for got.status/100 == 3 {
				got = ann.get(got.location(), asPage...)
			}
			if got.status != http.StatusOK {
				t.Errorf("%s: %s: %d", name, path, got.status)
			}
			return got.body
		}
		for _, link := range barLink.FindAllStringSubmatch(open("/course/"+key.String()), -1) {
			if strings.Contains(link[1], key.String()) {
				open(link[1])
			}
		}
		head, err := s.stores.courses.Head(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		content, _, err := s.stores.courses.ContentAt(t.Context(), head.Draft)
		if err != nil {
			t.Fatal(err)
		}
		before := exported(t, s, key)
		if slices.ContainsFunc(slices.Collect(maps.Keys(before)), func(path string) bool { return strings.Contains(path, "/drafts/") }) {
			// What came as a draft is published first, so that publishing an edit later moves no file.
			for _, chapter := range content.Root.Children {
				for _, sub := range chapter.Children {
					for _, unit := range sub.Children {
						ann.json("POST", "/xblock/"+key.Usage(unit.Type, unit.ID).String(), map[string]any{"publish": "make_public"})
					}
				}
			}
			before = exported(t, s, key)
		}
		done, pages := map[string]bool{}, 0
		var units []string // edited
		unit := ""         // walked
		var walk func(b *course.Block, depth int)
		walk = func(b *course.Block, depth int) {
			u := key.Usage(b.Type, b.ID)
			if depth == 3 {
				unit = u.String()
			}
			if depth >= 3 && (depth == 3 || len(b.Children) > 0) {
				open("/container/" + u.String())
				pages++
			}
			if depth == 3 {
				open("/preview/unit/" + u.String())
			}
			if (depth == 1 || depth == 2) && !done[b.Type] {
				done[b.Type] = true
				open("/part/" + u.String())
				if got := ann.do("POST", "/part/"+u.String(), form("act", "rename", "name", mark), append([]string{"Content-Type", formType}, asPage...)...); got.status != http.StatusSeeOther {
					t.Errorf("%s: rename %s: %d", name, u, got.status)
				}
				if b.Type != "chapter" && b.Type != "sequential" { // which have no drafts
					units = append(units, u.String())
				}
			}
			if depth >= 3 && !done[b.Type] {
				done[b.Type] = true
				if !slices.Contains(units, unit) {
					units = append(units, unit)
				}
				page := open("/edit/" + u.String())
				sent := fieldsOf(page)
				for j := 0; j+1 < len(sent); j += 2 {
					if sent[j] == "f.display_name" {
						sent[j+1] = mark
					}
				}
				if got := ann.do("POST", "/edit/"+u.String(), form(sent...), append([]string{"Content-Type", formType}, asPage...)...); got.status != http.StatusSeeOther {
					t.Errorf("%s: save %s: %d", name, u, got.status)
				}
			}
			for _, child := range b.Children {
				walk(child, depth+1)
			}
		}
		walk(content.Root, 0)
		// Published, what was edited stands where it stood.
		for _, u := range units {
			got := ann.json("POST", "/xblock/"+u, map[string]any{"publish": "make_public"})
			if got.status >= http.StatusInternalServerError || got.status == http.StatusOK && strings.Contains(got.body, "<html") {
				t.Errorf("%s: publish %s: %d %.300s", name, u, got.status, got.body)
			} else if got.status != http.StatusOK {
				t.Logf("%s: publish %s: %d %.300s", name, u, got.status, got.body)
			}
		}
		after := exported(t, s, key)
		for path, was := range before {
			if now := after[path]; displayName.ReplaceAllString(now, "") != displayName.ReplaceAllString(was, "") {
				t.Errorf("%s: %s: %s", name, path, apart(was, now))
			}
			names := displayName.FindAllString(was, -1)
			for _, now := range displayName.FindAllString(after[path], -1) {
				if at := slices.Index(names, now); at >= 0 {
					names = names[at+1:]
				} else if !strings.Contains(now, mark) {
					t.Errorf("%s: %s: the name%s was not there", name, path, now)
				}
			}
		}
		for path := range after {
			if _, ok := before[path]; !ok {
				t.Errorf("%s: %s is new", name, path)
			}
		}
		t.Logf("%s: %d pages, %d kinds", name, pages, len(done))
	}
	if text := log.String(); text != "" {
		t.Errorf("logged:\n%.5000s", text)
	}
}

// apart shows where two texts part.
func apart(was, now string) string {
	i := 0
	for i < len(was) && i < len(now) && was[i] == now[i] {
		i++
	}
	from := max(0, i-80)
	return fmt.Sprintf("%q, was %q", now[from:min(len(now), i+160)], was[from:min(len(was), i+160)])
}

// exported is every file of the export of a course.
func exported(t *testing.T, s *testSite, key course.Key) map[string]string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "out.tar.gz")
	must(t, s.vars, "course", "export", key.String(), file)
	out := map[string]string{}
	eachFile(t, file, func(h *tar.Header, data []byte) { out[h.Name] = string(data) })
	return out
}
