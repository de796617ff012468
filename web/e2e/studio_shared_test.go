package e2e

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lyceum/internal/sharedtest"
)

// TestSharedCoursesInStudio brings each shared course in by the browser and opens it page by page: outline, every page of the course's menus, every
// unit and what in it has a page of its own. Nothing may go wrong in a page or in what it loads from here. It takes a quarter of an hour: make soak
// runs it; cmd/lms does the same without a browser, with every test.
func TestSharedCoursesInStudio(t *testing.T) {
	if os.Getenv("LYCEUM_LONG") == "" {
		t.Skip("make soak sets LYCEUM_LONG")
	}
	courses := sharedArchives(t)
	s := newSite(t)
	w := newWalker(t, s.studio, time.Hour)
	w.size(1280)
	w.toStudio(s.demo.Author.Email, s.demo.Author.Password)
	w.allow(`status of 404 .*(asset-v1|/assets?/|/static/)`) // files that were cut out of the archives, or never in them
	refused, pages := 0, 0
	for i, name := range slices.Sorted(maps.Keys(courses)) {
		key := fmt.Sprintf("course-v1:Shared+S%d+R", i)
		if got := eval[int](w.ctx, t, fmt.Sprintf(`(async () => (await fetch("/course/", {method: "POST", headers: {"Content-Type": "application/json", Accept: "application/json"},
			body: JSON.stringify({org: "Shared", number: "S%d", run: "R", display_name: %s})})).status)()`, i, quote(name))); got != 200 {
			t.Fatalf("%s: make a course: %d", name, got)
		}
		w.open("/import/" + key)
		w.bring(courses[name])
		w.followOrPress("Import")
		w.over(filepath.Base(courses[name]))
		if words := w.text("main .notice--error"); words != "" {
			t.Logf("%s is refused: %s", name, words)
			refused++
			continue
		}
		n := w.everyPage(key)
		t.Logf("%s: %d pages", name, n)
		pages += n
	}
	if len(courses) < 40 || refused > len(courses)/4 || pages < 1000 {
		t.Errorf("%d courses, %d refused, %d pages", len(courses), refused, pages)
	}
}

// everyPage opens the pages of a course and says how many there are. What does not open fails the test, which goes on.
func (w *walker) everyPage(key string) int {
	w.t.Helper()
	seen := map[string]bool{}
	wait := []string{"/course/" + key}
	for len(wait) > 0 {
		path := wait[0]
		wait = wait[1:]
		if seen[path] {
			continue
		}
		seen[path] = true
		if status := w.status(path); status != 200 {
			w.t.Errorf("%s: status %d", path, status)
			continue
		}
		if broken := w.text("main .broken-component, main .notice--error"); broken != "" && strings.HasPrefix(path, "/container/") {
			w.t.Logf("%s: %.200s", path, broken)
		}
		wait = append(wait, eval[[]string](w.ctx, w.t, `[...document.querySelectorAll(".studio-bar a, .row__name[href], .component a.menu__item[href^='/container/'], [data-row] > [data-more]")]
			.map(a => a.getAttribute("href")).filter(h => h?.startsWith("/") && !h.includes("?"))`)...)
	}
	return len(seen)
}

// sharedArchives are the archives of shared courses, one course in each: what holds several is taken apart.
func sharedArchives(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, archive := range sharedtest.Courses(t) {
		name := strings.TrimSuffix(filepath.Base(archive), ".tar.gz")
		courses := map[string]map[string]string{}
		one := false
		for file, text := range unpacked(t, archive) {
			dir, rest, ok := strings.Cut(file, "/")
			if one = one || file == "course.xml"; !ok {
				continue
			}
			if courses[dir] == nil {
				courses[dir] = map[string]string{}
			}
			courses[dir][rest] = text
		}
		if one {
			out[name] = archive
			continue
		}
		for dir, files := range courses {
			out[name+"/"+dir] = packed(t, filepath.Join(t.TempDir(), dir+".tar.gz"), files)
		}
	}
	return out
}
