package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// barriers visits every page there is, as the people who see it, and looks for what keeps somebody out: with axe-core at phone and desktop
// width, light and dark. The walks before it have left it something to show.
func barriers(t *testing.T, s *site) {
	stranger := newWalker(t, s.url, 4*time.Minute)
	stranger.allow(`status of 404 \(Not Found\) \(http://localhost:\d+/nowhere\)`)
	for _, v := range []struct{ name, path string }{
		{"front", "/"},
		{"catalog", "/courses"},
		{"catalog empty", "/courses?search_query=nothing+of+the+kind"},
		{"about", sampleHome + "/about"},
		{"login", "/login"},
		{"register", "/register"},
		{"password reset", "/password_reset"},
		{"outbox", "/outbox"},
	} {
		stranger.open(v.path)
		stranger.look(v.name)
	}
	if status := stranger.status("/nowhere"); status != 404 {
		t.Errorf("/nowhere: status %d", status)
	}
	stranger.look("error")

	w := newWalker(t, s.url, 4*time.Minute)
	w.signIn(s.demo.Learner.Email, s.demo.Learner.Password)
	for _, v := range []struct{ name, path string }{
		{"dashboard", "/dashboard"},
		{"settings", "/account/settings"},
		{"home", sampleHome + "/course/"},
		{"unit text", sampleHome + "/jump_to_id/text-and-tables"},
		{"unit mathematics", sampleHome + "/jump_to_id/mathematics"},
		{"unit video", sampleHome + "/jump_to_id/grade-film"},
		{"unit frame", sampleHome + "/jump_to_id/pendulum"},
		{"unit choice", sampleHome + "/jump_to_id/peripatetics"},
		{"unit choices", sampleHome + "/jump_to_id/saved"},
		{"unit number", sampleHome + "/jump_to_id/stadion"},
		{"unit steps", sampleHome + "/jump_to_id/three-steps"},
		{"unit answered", sampleHome + "/jump_to_id/first-answer"},
		{"dates", sampleHome + "/dates"},
		{"glossary", sampleHome + "/glossary/"},
		{"book", sampleHome + "/pdfbook/0/"},
		{"bookmarks", sampleHome + "/bookmarks/"},
		{"progress", sampleHome + "/progress"},
	} {
		w.open(v.path)
		w.wait("the page is there", `document.readyState === "complete"`)
		if strings.HasPrefix(v.name, "unit m") {
			w.wait("formulas are set", `document.querySelector("mjx-container")`)
		}
		w.look(v.name)
	}

	// What opens, and what goes wrong.
	w.open(sampleHome + "/jump_to_id/hints-on-demand")
	w.typeAnswer("hints-on-demand", 0, "pedestrian")
	w.submit("hints-on-demand", "incorrect")
	w.press(problem("hints-on-demand") + " [data-act=hint_button]")
	w.wait("a hint", `document.querySelector("[data-hints]").textContent`)
	w.press(problem("hints-on-demand") + " [data-act=problem_show]")
	w.wait("the answer", `document.querySelector("[data-act=problem_show]").getAttribute("aria-expanded") === "true"`)
	w.look("unit wrong")
	w.do("ask for the keys", chromedp.KeyEvent("?"))
	w.wait("the list of keys", `document.querySelector("#unit-keys[open]")`)
	w.look("unit keys")
	w.open(sampleHome + "/jump_to_id/three-steps")
	w.size(390)
	w.press("[data-opens=unit-outline]")
	w.wait("the outline with its ticks", `document.querySelectorAll("#unit-outline[open] details").length > 2`)
	w.lookAt("outline drawer", 390)
	w.open("/dashboard")
	w.press("details[data-menu] summary")
	w.lookAt("menu", 390)
	stranger.open("/login")
	stranger.fill("email_or_username", "nobody@example.com")
	stranger.fill("password", "not the password")
	stranger.allow(`status of 422 .*/login\)`)
	stranger.do("try to sign in", chromedp.KeyEvent(kb.Enter))
	stranger.wait("refused", `document.querySelector("main .notice--error")`)
	stranger.look("login refused")
	stranger.open(sampleHome + "/courseware/")
	stranger.wait("led to the door", `document.querySelector("main h1")`)
	stranger.look("door")

	// On a phone the tab one is in is in view.
	w.size(390)
	w.open(sampleHome + "/dates")
	w.wait("the tab is in view", `(r => r.left >= 0 && r.right <= innerWidth)(document.querySelector(".course-tabs [aria-current]").getBoundingClientRect())`)
}
