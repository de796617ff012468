package e2e

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// beatNow lets the page beat without the wait of twenty seconds, as it does when its tab is seen again.
func (w *walker) beatNow() {
	w.t.Helper()
	eval[bool](w.ctx, w.t, `document.dispatchEvent(new Event("visibilitychange"))`)
}

// TestWhoIsHere lets two authors meet: in the bar, on the page of a unit, and in the editor of one component.
func TestWhoIsHere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ann, staff := newWalker(t, s.studio, 3*time.Minute), newWalker(t, s.studio, 3*time.Minute)
	ann.size(1280)
	staff.size(1280)
	ann.toStudio(s.demo.Author.Email, s.demo.Author.Password)
	staff.toStudio(s.demo.Staff.Email, s.demo.Staff.Password)
	unit, _ := ann.makeUnits("Here", "Meet", "2027")
	text := eval[string](ann.ctx, t, `(async () => {
		const json = {"Content-Type": "application/json", Accept: "application/json"};
		const make = async (category, name) => (await (await fetch("/xblock/", {method: "POST", headers: json, body: JSON.stringify({parent_locator: `+quote(unit)+`, category, display_name: name})})).json()).locator;
		const made = await make("html", "Welcome");
		await make("html", "Rules");
		return made;
	})()`)
	name := eval[string](staff.ctx, t, `document.querySelector(".masthead .menu__name")?.textContent.trim() ?? ""`)
	other := eval[string](ann.ctx, t, `document.querySelector(".masthead .menu__name")?.textContent.trim() ?? ""`)
	if name == "" || other == "" {
		t.Fatalf("the two are called %q and %q", name, other)
	}
	listed := func(words string) string {
		return `[...document.querySelectorAll(".others:not([hidden]) .others__list li")].some((li) => li.textContent === ` + quote(words) + `)`
	}

	ann.open("/container/" + unit)
	ann.check("nobody else", `document.querySelector(".others").hidden`)
	staff.open("/course/course-v1:Here+Meet+2027")
	staff.wait("whoever came second sees the first at once", listed(other+" is at “First steps”"))
	ann.beatNow()
	ann.wait("and is seen", listed(name+" is at “Outline”"))
	ann.check("said in words", `document.querySelector(".others summary").textContent.includes(`+quote(name+" is at “Outline”")+`)`)
	ann.press(".others summary")
	ann.wait("the list", `document.querySelector(".others").open`)
	ann.look("here list")
	ann.size(1280)

	staff.open("/edit/" + text)
	staff.wait("nobody has it open, too", listed(other+" is at “First steps”")+` && document.querySelector("[data-open-too]").textContent === ""`)
	ann.beatNow()
	marked := component("Welcome") + `.querySelector(":scope > .component__others")?.textContent === ` + quote(name+" has this open")
	ann.wait("the component is marked", marked)
	ann.check("and no other", `document.querySelectorAll(".component__others").length === 1`)
	ann.check("named in the bar", listed(name+" is editing “Welcome”"))
	ann.look("here unit")
	ann.size(1280)

	// The notice is said once: a live region speaks of every change.
	ann.do("open it, too", chromedp.Click(chromedp.JSPath(component("Welcome")+`.querySelector("[data-act-edit]")`), chromedp.NodeVisible))
	ann.wait("the editor", editorOpen)
	eval[bool](ann.ctx, t, `window.said = 0, new MutationObserver(() => window.said++).observe(document.querySelector("dialog [data-open-too]"), {childList: true, subtree: true, characterData: true}), true`)
	ann.wait("a notice", `document.querySelector("dialog [data-open-too][role=status]").textContent === `+quote(name+" has this open, too."))
	staff.beatNow()
	staff.wait("on both sides", `document.querySelector("[data-open-too]").textContent === `+quote(other+" has this open, too."))
	staff.look("here editor")
	ann.look("here dialog")
	ann.size(1280)
	eval[bool](ann.ctx, t, `window.beats = performance.getEntriesByType("resource").filter((e) => e.name.includes("/here/")).length, document.dispatchEvent(new Event("visibilitychange"))`)
	ann.wait("another beat", `performance.getEntriesByType("resource").filter((e) => e.name.includes("/here/")).length > window.beats`)
	ann.check("said once", `window.said <= 1`)

	staff.open("/home/") // the page says that it is left
	ann.beatNow()
	ann.wait("alone in the editor", `document.querySelector("dialog [data-open-too]").textContent === ""`)
	ann.check("and in the bar", `document.querySelector(".others").hidden && !document.querySelector(".component__others")`)
	ann.press("dialog [data-edit-cancel]")
	ann.wait("the editor is closed", `!document.querySelector("dialog[data-editor]").open`)
}
