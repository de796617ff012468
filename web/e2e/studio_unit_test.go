package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestUnitPage builds a unit: by keyboard first, then with the mouse, then without scripts.
func TestUnitPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := newWalker(t, s.studio, 8*time.Minute)
	w.size(1280)
	w.toStudio(s.demo.Author.Email, s.demo.Author.Password)
	unit, other := w.makeUnits("Uni", "Pages", "2027")
	w.open("/container/" + unit)
	w.look("unit empty")
	w.size(1280)

	t.Run("by keyboard", func(*testing.T) { w.buildUnit() })
	t.Run("with the mouse", func(*testing.T) { w.arrangeUnit(other) })
	t.Run("published", func(*testing.T) { w.publishUnit(s, unit) })
	t.Run("who sees it", func(*testing.T) { w.lockUnit(unit) })
	t.Run("without scripts", func(t *testing.T) { plainUnit(t, s, unit) })
}

// makeUnits makes a course that has begun with two units in it, and returns their keys.
func (w *walker) makeUnits(org, number, run string) (first, second string) {
	w.t.Helper()
	got := eval[[]string](w.ctx, w.t, fmt.Sprintf(`(async () => {
		const send = async (path, body) => (await fetch(path, {method: "POST", headers: {"Content-Type": "application/json", Accept: "application/json"}, body: JSON.stringify(body)})).json();
		const course = (await send("/course/", {org: %s, number: %s, run: %s, display_name: "Pages"})).course_key;
		const root = course.replace("course-v1:", "block-v1:") + "+type@course+block@course";
		await send("/xblock/" + root, {metadata: {start: "2020-01-01T00:00:00Z", advanced_modules: ["poll", "word_cloud"]}});
		const make = async (parent, category, name) => (await send("/xblock/", {parent_locator: parent, category, display_name: name})).locator;
		const sub = await make(await make(root, "chapter", "Week one"), "sequential", "Lesson one");
		return [await make(sub, "vertical", "First steps"), await make(sub, "vertical", "Second steps")];
	})()`, quote(org), quote(number), quote(run)))
	return got[0], got[1]
}

// component finds a component of a unit's page by its name.
func component(name string) string {
	return `[...document.querySelectorAll("[data-component]")].find(c => c.querySelector(".component__name").firstChild.textContent.trim() === ` + quote(name) + `)`
}

func (w *walker) waitComponents(what string, names ...string) {
	w.t.Helper()
	list := ""
	for _, n := range names {
		list += quote(n) + ","
	}
	w.wait(what, `[...document.querySelectorAll(".component__name")].map(e => e.firstChild.textContent.trim()).join("|") === [`+list+`].join("|")`)
}

const editorOpen = `document.querySelector("dialog[data-editor]").open && document.querySelector("dialog [data-edit-form]")`

func (w *walker) closeEditor() {
	w.t.Helper()
	w.do("leave the editor", chromedp.KeyEvent(kb.Escape))
	w.wait("the editor is closed", `!document.querySelector("dialog[data-editor]").open`)
}

// nameIt gives what the editor shows a name, and saves by keyboard.
func (w *walker) nameIt(name string) {
	w.t.Helper()
	w.wait("the editor", editorOpen)
	w.do("to the name", chromedp.Focus(chromedp.CSS(`dialog [name="f.display_name"]`)))
	eval[bool](w.ctx, w.t, `document.activeElement.select(), true`)
	w.do("name and save", chromedp.KeyEvent(name), chromedp.KeyEvent("s", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	w.wait("saved", `!document.querySelector("dialog[data-editor]").open && `+component(name))
}

func (w *walker) buildUnit() {
	w.tabTo(`!!document.activeElement.closest(".offers")`)
	w.wait("text is offered", `document.activeElement.textContent.trim().startsWith("Text")`)
	open := eval[bool](w.ctx, w.t, `document.activeElement.matches("summary")`)
	w.do("add", chromedp.KeyEvent(kb.Enter))
	if open {
		w.do("the first template", chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.Enter))
	}
	w.nameIt("Welcome")
	w.check("the focus is back", component("Welcome")+`.contains(document.activeElement)`)

	w.tabTo(`!!document.activeElement.closest(".offers") && document.activeElement.textContent.trim().startsWith("Problem")`)
	w.do("the menu of problems", chromedp.KeyEvent(kb.Enter))
	w.wait("it lists templates", `document.activeElement.closest("details").open`)
	w.tabTo(`document.activeElement.value === "multiplechoice.yaml"`)
	w.do("choose", chromedp.KeyEvent(kb.Enter))
	w.nameIt("A question")
	w.waitComponents("both", "Welcome", "A question")

	w.alt(kb.ArrowUp)
	w.waitComponents("moved up", "A question", "Welcome")
	w.wait("it is said", `document.getElementById("live").textContent === "Moved to place 1 of 2."`)
	w.check("the focus went along", component("A question")+`.contains(document.activeElement)`)
	w.alt(kb.ArrowDown)
	w.waitComponents("moved down", "Welcome", "A question")

	w.do("delete", chromedp.KeyEvent(kb.Delete))
	w.waitComponents("deleted", "Welcome")
	w.do("undo", chromedp.Click(named("Undo"), chromedp.NodeVisible))
	w.waitComponents("undone", "Welcome", "A question")

	// The unit's own name.
	w.do("rename", chromedp.Click(chromedp.CSS(".unit-rename > summary"), chromedp.NodeVisible))
	w.do("to the name", chromedp.Focus(chromedp.CSS(".unit-rename [name=name]")))
	eval[bool](w.ctx, w.t, `document.activeElement.select(), true`)
	w.do("type", chromedp.KeyEvent("Baby steps"+kb.Enter))
	w.wait("renamed", `document.querySelector("h1").textContent.trim() === "Baby steps"`)
}

// add presses what adds a component of a kind, in the middle of the window: notices come up at its end.
func (w *walker) add(kind string) {
	w.t.Helper()
	button := `document.querySelector(".offers input[value=` + kind + `]").closest("form").querySelector("button")`
	eval[bool](w.ctx, w.t, button+`.scrollIntoView({block: "center"}), true`)
	w.do("add "+kind, chromedp.Click(chromedp.JSPath(button), chromedp.NodeVisible))
}

func (w *walker) arrangeUnit(other string) {
	for _, kind := range []string{"video", "discussion", "library_content", "poll", "word_cloud"} {
		before := eval[int](w.ctx, w.t, `document.querySelectorAll("[data-component]").length`)
		w.add(kind)
		w.wait("the editor of "+kind, editorOpen)
		w.closeEditor()
		w.wait(kind+" is there", fmt.Sprintf(`document.querySelectorAll("[data-component]").length === %d`, before+1))
	}
	// A question is answered where it stands, and graded.
	question := component("A question")
	w.do("choose an answer", chromedp.Click(chromedp.JSPath(question+`.querySelector("input[type=radio]")`), chromedp.NodeVisible))
	w.do("submit", chromedp.Click(chromedp.JSPath(question+`.querySelector("[data-act=problem_check]")`), chromedp.NodeVisible))
	w.wait("a verdict", question+`.querySelector(".verdict")`)
	w.look("unit full")
	w.size(1280)

	// Dragged to the top.
	x, y := w.middle(component("Welcome") + `.querySelector(".component__name")`)
	w.drag(question+`.querySelector("[data-grip]")`, x, y-30)
	w.wait("dragged", `document.querySelector(".component__name").firstChild.textContent.trim() === "A question"`)

	menu := func(act string) {
		w.t.Helper()
		w.do("menu", chromedp.Click(chromedp.JSPath(component("A question")+`.querySelector(".component__menu > summary")`), chromedp.NodeVisible))
		w.do(act, chromedp.Click(chromedp.JSPath(component("A question")+`.querySelector("[data-act=`+act+`] button")`), chromedp.NodeVisible))
	}
	menu("duplicate")
	w.wait("a copy", component("Duplicate of 'A question'"))
	w.do("delete it", chromedp.Click(chromedp.JSPath(component("Duplicate of 'A question'")+`.querySelector(".component__menu > summary")`), chromedp.NodeVisible))
	w.do("delete it", chromedp.Click(chromedp.JSPath(component("Duplicate of 'A question'")+`.querySelector("[data-act=delete] button")`), chromedp.NodeVisible))
	w.wait("gone", `!`+component("Duplicate of 'A question'"))

	// Elsewhere, and what is there is found there.
	w.do("menu", chromedp.Click(chromedp.JSPath(component("Welcome")+`.querySelector(".component__menu > summary")`), chromedp.NodeVisible))
	w.follow("elsewhere", chromedp.Click(chromedp.JSPath(component("Welcome")+`.querySelector("a[href*='move=']")`), chromedp.NodeVisible))
	eval[bool](w.ctx, w.t, `document.querySelector("#move-to").value = `+quote(other)+`, true`)
	w.follow("move", chromedp.Click(chromedp.CSS("#move [type=submit], #move button"), chromedp.NodeVisible))
	w.open("/container/" + other)
	w.check("it is there", component("Welcome"))
}

func (w *walker) publishUnit(s *site, unit string) {
	w.open("/container/" + unit)
	w.do("publish", chromedp.Click(chromedp.CSS(".part-unit__side [data-act=publish] button"), chromedp.NodeVisible))
	w.wait("published", `document.querySelector(".part-unit__head .row__state").textContent.includes("Published and Live")`)
	s.command("enroll", s.demo.Learner.Username, "course-v1:Uni+Pages+2027")
	learner := newWalker(w.t, s.url, 2*time.Minute)
	learner.size(1280)
	learner.signIn(s.demo.Learner.Email, s.demo.Learner.Password)
	learner.open("/courses/course-v1:Uni+Pages+2027/jump_to/" + unit)
	learner.wait("the learner sees it", `document.querySelector("[data-problem]") && document.body.textContent.includes("Baby steps")`)
	learner.check("nobody has answered for them", `!document.querySelector(".verdict")`)

	w.do("edit", chromedp.Click(chromedp.JSPath(component("A question")+`.querySelector("[data-act-edit]")`), chromedp.NodeVisible))
	w.nameIt("Another question")
	w.wait("a change waits", `document.querySelector(".unit-changes").textContent.includes("Another question")`)
	w.look("unit changed")
	w.size(1280)
	w.do("discard", chromedp.Click(chromedp.CSS(".part-unit__side [data-act=discard] button"), chromedp.NodeVisible))
	w.wait("as learners have it", component("A question"))

	w.open("/preview/" + unit)
	w.check("no bars", `!document.querySelector(".component__bar") && document.querySelector("[data-problem]")`)
	w.look("unit preview")
	w.size(1280)
	w.followNamed("Next")
	w.check("the next unit", `document.querySelector("h1").textContent.trim() === "Second steps"`)
}

func (w *walker) lockUnit(unit string) {
	w.open("/access/" + unit)
	w.look("unit access")
	w.size(1280)
	w.press(`[name=who][value=team]`)
	w.followNamed("Save")
	w.wait("for the team only", `location.pathname.startsWith("/container/") && document.querySelector(".part-unit__head .row__state").textContent.includes("Staff Only")`)
	w.followNamed("Undo")
	w.wait("as it was", `!document.querySelector(".part-unit__head .row__state").textContent.includes("Staff Only")`)
	w.open("/access/" + unit)
	w.press(`[name=who][value=team]`)
	w.followNamed("Save")
	w.wait("for the team again", `document.querySelector(".part-unit__head .row__state").textContent.includes("Staff Only")`)
	w.do("show", chromedp.Click(chromedp.CSS(".part-unit__side [data-act=show] button"), chromedp.NodeVisible))
	w.wait("shown", `!document.querySelector(".part-unit__head .row__state").textContent.includes("Staff Only")`)
}

// plainUnit does the same with forms and links.
func plainUnit(t *testing.T, s *site, unit string) {
	w := newWalker(t, s.studio, 2*time.Minute)
	w.size(390)
	w.toStudio(s.demo.Author.Email, s.demo.Author.Password)
	w.scriptsOff()
	w.open("/container/" + unit)
	press := func(what, selector string) {
		t.Helper()
		w.follow(what, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
	}
	w.follow("add a discussion", chromedp.Click(chromedp.JSPath(`document.querySelector(".offers input[value=discussion]").closest("form").querySelector("button")`), chromedp.NodeVisible))
	w.check("its form", `location.pathname.startsWith("/edit/")`)
	w.fill("f.display_name", "Talk")
	w.followNamed("Save")
	w.check("back on the unit", `location.pathname.startsWith("/container/") && `+component("Talk"))
	at := `[data-component]:last-child`
	press("up", at+` [data-act=up] button`)
	w.check("moved", `!document.querySelector("`+at+`").textContent.includes("Talk")`)
	w.do("menu", chromedp.Click(chromedp.JSPath(component("Talk")+`.querySelector(".component__menu > summary")`), chromedp.NodeVisible))
	w.follow("delete", chromedp.Click(chromedp.JSPath(component("Talk")+`.querySelector("[data-act=delete] button")`), chromedp.NodeVisible))
	w.check("gone", `!(`+component("Talk")+`)`)
	w.followNamed("Undo")
	w.check("back", component("Talk"))
}
