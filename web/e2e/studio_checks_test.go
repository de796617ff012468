package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestChecks publishes what learners would stumble over: asked first, in the unit, in the outline and without scripts.
func TestChecks(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := newWalker(t, s.studio, 15*time.Minute)
	w.size(1280)
	w.toStudio(s.demo.Author.Email, s.demo.Author.Password)
	first, second := w.makeUnits("Che", "Cks", "2027")
	const key = "course-v1:Che+Cks+2027"
	w.addText(first, "Reading", `<p>Read <a href="/jump_to_id/gone">on</a>.</p><p><img src="/static/map.png"></p>`)
	w.addText(second, "More", `<p><img src="/static/other.png" alt="Another"></p>`)

	t.Run("in the unit", func(*testing.T) { w.reviewUnit(first) })
	t.Run("checklists", func(*testing.T) { w.readChecklists(key) })
	t.Run("in the outline", func(*testing.T) { w.reviewOutline(key) })
	t.Run("what does not load", func(*testing.T) { w.refuseBroken(first) })
	t.Run("without scripts", func(t *testing.T) { plainReview(t, s, second) })
}

// addText adds a text to a unit, as a program does.
func (w *walker) addText(unit, name, body string) {
	w.t.Helper()
	w.addWritten(unit, "html", name, body)
}

func (w *walker) addWritten(unit, kind, name, body string) string {
	w.t.Helper()
	return eval[string](w.ctx, w.t, fmt.Sprintf(`(async () => {
		const send = async (path, body) => (await fetch(path, {method: "POST", headers: {"Content-Type": "application/json", Accept: "application/json"}, body: JSON.stringify(body)})).json();
		const made = (await send("/xblock/", {parent_locator: %s, category: %s, display_name: %s})).locator;
		await send("/xblock/" + made, {data: %s});
		return made;
	})()`, quote(unit), quote(kind), quote(name), quote(body)))
}

const (
	reviewOpen   = `document.querySelector("dialog#review[open]")`
	reviewClosed = `!document.querySelector("dialog#review")`
)

func (w *walker) reviewUnit(unit string) {
	w.allow(`status of 404 .*@(map|other)\.png`)
	w.open("/container/" + unit)
	at := component("Reading")
	w.check("the link is told of beside the component", at+`.querySelector(".component__findings").textContent.includes("/jump_to_id/gone")`)
	w.check("the file and the picture too", `["map.png", "no text for those"].every(w => `+at+`.querySelector(".component__findings").textContent.includes(w))`)
	// The page shows what the author wrote as it is; what that lacks is what the findings tell of.
	eval[bool](w.ctx, w.t, at+`.querySelectorAll(".component__view img:not([alt])").forEach(i => { i.alt = "" }), true`)
	w.look("unit findings")
	w.size(1280)

	// By keyboard: publish, read, leave it.
	const publish = `.part-unit__side [data-act=publish] button`
	w.do("to the button", chromedp.Focus(chromedp.CSS(publish)))
	w.do("publish", chromedp.KeyEvent(kb.Enter))
	w.wait("asked first", reviewOpen+`?.textContent.includes("/jump_to_id/gone")`)
	w.check("the focus is in the dialog", reviewOpen+`.contains(document.activeElement)`)
	w.lookDialog("review")
	w.do("leave", chromedp.KeyEvent(kb.Escape))
	w.wait("closed", reviewClosed)
	w.check("nothing was published", `document.querySelector(".part-unit__head .row__state").textContent.includes("Never published")`)
	w.wait("the focus is back", `document.activeElement.matches(`+quote(publish)+`)`)

	w.do("publish", chromedp.KeyEvent(kb.Enter))
	w.wait("asked again", reviewOpen)
	w.tabTo(`document.activeElement.textContent.trim() === "Publish anyway"`)
	w.do("anyway", chromedp.KeyEvent(kb.Enter))
	w.wait("published", `document.querySelector(".part-unit__head .row__state").textContent.includes("Published and Live")`)
	w.check("the dialog is gone", reviewClosed)
}

// readChecklists opens everything that is folded.
func (w *walker) readChecklists(key string) {
	w.open("/checklists/" + key)
	w.check("the links are told of", `[...document.querySelectorAll(".check")].some(c => c.textContent.includes("/jump_to_id/gone"))`)
	eval[bool](w.ctx, w.t, `document.querySelectorAll(".check__places").forEach(d => { d.open = true }), true`)
	w.look("studio checklists")
	w.size(1280)
	w.follow("to the place", chromedp.Click(chromedp.CSS(".check .finding__place"), chromedp.NodeVisible))
	w.check("where it is mended", `location.pathname.startsWith("/edit/") || location.pathname.startsWith("/container/")`)
}

func (w *walker) reviewOutline(key string) {
	w.open("/course/" + key)
	w.chooseAct("Week one", "publish")
	w.wait("asked first", reviewOpen+`?.textContent.includes("other.png")`)
	w.check("only of what has changed", `!`+reviewOpen+`.textContent.includes("map.png")`)
	w.check("it leads to the place", reviewOpen+`.querySelector("a[href^='/edit/']")`)
	w.do("not yet", chromedp.Click(chromedp.JSPath(reviewOpen+`.querySelector("form[method=dialog] button:not(.button--icon)")`), chromedp.NodeVisible))
	w.wait("closed", reviewClosed)
	w.chooseAct("Second steps", "publish")
	w.wait("asked of the unit", reviewOpen)
	w.do("anyway", chromedp.Click(chromedp.JSPath(reviewOpen+`.querySelector("[data-anyway] button")`), chromedp.NodeVisible))
	w.wait("published", row("Second steps")+`.textContent.includes("Published and Live")`)
}

func (w *walker) refuseBroken(unit string) {
	w.addWritten(unit, "problem", "Broken", "<problem>\n<p>never ends</problem>")
	w.open("/container/" + unit)
	w.check("told with its line", component("Broken")+`.querySelector(".finding--blocks").textContent.includes("Line ")`)
	w.do("publish", chromedp.Click(chromedp.CSS(`.part-unit__side [data-act=publish] button`), chromedp.NodeVisible))
	w.wait("refused", reviewOpen+`?.textContent.includes("cannot be published")`)
	w.check("no way around it", `!`+reviewOpen+`.querySelector("[data-anyway]")`)
	w.lookDialog("review refused")
	w.follow("to the place", chromedp.Click(chromedp.JSPath(reviewOpen+`.querySelector(".finding--blocks a")`), chromedp.NodeVisible))
	w.check("the editor", `location.pathname.startsWith("/edit/") && location.pathname.includes("problem")`)
}

// plainReview does the same with forms and links.
func plainReview(t *testing.T, s *site, unit string) {
	w := newWalker(t, s.studio, 6*time.Minute)
	w.size(390)
	w.toStudio(s.demo.Author.Email, s.demo.Author.Password)
	w.addText(unit, "Third", `<a href="/jump_to_id/nowhere">on</a>`)
	w.scriptsOff()
	w.allow(`status of 404 .*@(map|other)\.png`)
	w.open("/container/" + unit)
	publish := chromedp.Click(chromedp.CSS(`.part-unit__side [data-act=publish] button`), chromedp.NodeVisible)
	w.follow("publish", publish)
	w.check("asked first", `document.querySelector("h1").textContent.startsWith("Before publishing") && document.body.textContent.includes("/jump_to_id/nowhere")`)
	w.followNamed("Not yet")
	w.check("back on the unit", `location.pathname.startsWith("/container/") && document.querySelector(".part-unit__head .row__state").textContent.includes("Unpublished changes")`)
	w.follow("publish", publish)
	w.followNamed("Publish anyway")
	w.check("published", `location.pathname.startsWith("/container/") && document.querySelector(".part-unit__head .row__state").textContent.includes("Published and Live")`)
}
