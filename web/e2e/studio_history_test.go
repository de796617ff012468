package e2e

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestTeamAndHistory walks through the pages of who writes a course and of what it was: somebody joins and leaves the team, a change is read, and
// an earlier version comes back and goes again.
func TestTeamAndHistory(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := newWalker(t, s.studio, 4*time.Minute)
	w.size(1280)
	w.toStudio(s.demo.Staff.Email, s.demo.Staff.Password)
	const key = "course-v1:Lyceum+TOUR+2026"
	w.open("/course_team/" + key)
	w.allow("status of 422")
	w.fill("who", "nobody@example.org")
	w.do("add nobody", chromedp.Click(chromedp.CSS(".form button.button--primary"), chromedp.NodeVisible))
	w.wait("refused", `!!document.querySelector(".field__error")`)
	w.check("told beside the field, which keeps what was typed", `document.querySelector("#who[aria-invalid]").value === "nobody@example.org"`)
	w.look("studio team refused")
	w.size(1280)
	w.fill("who", s.demo.Learner.Email)
	w.followNamed("Add to the team")
	w.check("on the team", `document.querySelector(".team").textContent.includes("`+s.demo.Learner.Email+`")`)
	w.look("studio team")
	w.size(390)
	w.followNamed("Remove: Learner")
	w.check("off the team", `!document.querySelector(".team")?.textContent.includes("`+s.demo.Learner.Email+`")`)

	w.size(1280)
	w.open("/history/" + key)
	w.check("versions", `document.querySelectorAll(".version").length >= 1`)
	name := func(text string) {
		t.Helper()
		if got := eval[int](w.ctx, t, `(async () => (await fetch("/xblock/block-v1:Lyceum+TOUR+2026+type@course+block@course", {method: "POST",
			headers: {"Content-Type": "application/json", Accept: "application/json"}, body: JSON.stringify({metadata: {display_name: `+quote(text)+`}})})).status)()`); got != 200 {
			t.Fatalf("rename the course: %d", got)
		}
	}
	name("A walk, renamed")
	w.open("/history/" + key)
	w.look("studio history")
	w.size(1280)
	w.follow("the newest change", chromedp.Click(chromedp.CSS(".version__words"), chromedp.NodeVisible))
	w.check("what it changed", `document.querySelector(".difference ins").textContent.includes("A walk, renamed")`)
	w.look("studio difference")
	w.size(1280)
	w.open("/history/" + key)
	w.follow("go back", chromedp.Click(chromedp.CSS(".version:not(.is-now) button"), chromedp.NodeVisible))
	w.check("a way to undo", `!!document.querySelector("form.undo")`)
	w.followNamed("Undo")
	w.check("the change is back", `document.querySelector(".studio-bar__title").textContent === "A walk, renamed"`)
}
