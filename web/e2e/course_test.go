package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"lyceum/internal/sharedtest"
)

// tour goes through a whole course by the next button and returns the addresses it came by. No notice may stand where content
// belongs, but for those that begin as unbuilt says: what is not built yet.
func (w *walker) tour(start string, unbuilt ...string) []string {
	w.t.Helper()
	w.open(start)
	var seen []string
	for {
		w.wait("the unit is there", `document.querySelector("[data-unit]") && document.readyState === "complete"`)
		here := w.path()
		if slices.Contains(seen, here) {
			w.t.Fatalf("the next button leads back to %s", here)
		}
		seen = append(seen, here)
		// What is fetched when it comes into view is fetched.
		eval[bool](w.ctx, w.t, `(async () => {
			for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight) {
				scrollTo(0, y); await new Promise(requestAnimationFrame);
			}
			return true;
		})()`)
		for _, notice := range eval[[]string](w.ctx, w.t, `[...document.querySelectorAll(".unit-blocks .notice")].map(e =>
			(e.closest("[data-kind]")?.dataset.kind ?? "") + ": " + e.textContent.trim().replace(/\s+/g, " ").slice(0, 120))`) {
			if !slices.ContainsFunc(unbuilt, func(start string) bool { return strings.HasPrefix(notice, start) }) {
				w.t.Errorf("%s: a notice instead of content: %s", here, notice)
			}
		}
		noSideways(w.ctx, w.t)
		if !eval[bool](w.ctx, w.t, `!!document.querySelector("a[data-turn=next][data-placement=bottom]")`) {
			break
		}
		w.follow("next", chromedp.Click(chromedp.CSS("a[data-turn=next][data-placement=bottom]"), chromedp.NodeVisible))
	}
	return seen
}

// sharedCourses goes through courses others wrote, imported while the site serves.
func sharedCourses(t *testing.T, s *site) {
	for _, c := range []struct {
		archive string
		key     string
		units   int
		staff   bool     // it has not started: only its team gets in
		unbuilt []string // how notices begin that tell of what is not built yet
		allow   []string // what is broken in the course itself
	}{
		{archive: "appsembler-onboarding-intro", key: "course-v1:intro-course+OEX101+2021", units: 6, staff: true},
		{
			archive: "jyu-math-percent-fi", key: "course-v1:JYU+MA8-K7+2021K", units: 46,
			unbuilt: []string{"edx_sga: "},
		},
		{
			archive: "dhis2-fundamentals-v1", key: "course-v1:HISP_UiO+DHIS2_101+course", units: 115,
			unbuilt: []string{"word_cloud: ", "discussion: "},
		},
	} {
		t.Run(c.archive, func(t *testing.T) {
			s.command("course", "import", sharedtest.File(t, "courses/"+c.archive+".tar.gz"), "--publish")
			who := s.demo.Learner
			if c.staff {
				who = s.demo.Staff
			}
			s.command("enroll", who.Username, c.key)
			w := newWalker(t, s.url, 4*time.Minute)
			for _, pattern := range c.allow {
				w.allow(pattern)
			}
			w.size(1280)
			w.signIn(who.Email, who.Password)
			seen := w.tour("/courses/"+c.key+"/courseware/", c.unbuilt...)
			if len(seen) != c.units {
				t.Errorf("came by %d units, want %d", len(seen), c.units)
			}
		})
	}
}
