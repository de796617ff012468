package e2e

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"lyceum/internal/sharedtest"
)

// TestStudio walks through an author's first hour.
func TestStudio(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	t.Run("an author", func(t *testing.T) { author(t, s) })
	t.Run("without scripts", func(t *testing.T) { authorWithoutScripts(t, s) })
	t.Run("a large course", func(t *testing.T) { largeOutline(t, s) })
}

// toStudio signs in at the learners' face, where Studio sends whoever is not signed in, and is back at home.
func (w *walker) toStudio(email, password string) {
	w.t.Helper()
	w.open("/home/")
	w.wait("the sign-in page of the learners' face", `location.pathname === "/login"`)
	w.fill("email_or_username", email)
	w.fill("password", password)
	w.followNamed("Sign in")
	w.wait("home", `location.pathname === "/home/" && document.readyState === "complete"`)
}

// row finds the row of an outline by its name.
func row(name string) string {
	return `[...document.querySelectorAll("[data-row]")].find(r => r.querySelector(".row__name").textContent.trim() === ` + quote(name) + `)`
}

// at puts the focus on a row.
func (w *walker) focusRow(name string) {
	w.t.Helper()
	w.do("focus "+name, chromedp.Focus(chromedp.JSPath(row(name)+`.querySelector(":scope > .row__line > .row__name, :scope > details > summary")`)))
}

// alt presses a key with Alt held.
func (w *walker) alt(key string) {
	w.t.Helper()
	w.do("Alt and "+key, chromedp.KeyEvent(key, chromedp.KeyModifiers(chromedp.ModifierAlt)))
}

// choose opens a row's menu and presses an item.
func (w *walker) chooseAct(name, act string) {
	w.t.Helper()
	w.do("menu of "+name, chromedp.Click(chromedp.JSPath(row(name)+`.querySelector(":scope > [data-more]")`), chromedp.NodeVisible))
	w.wait("the menu", `document.querySelector("[data-row-menu]").matches(":popover-open")`)
	w.press("[data-row-menu] [data-act=" + act + "]")
}

// names are the rows of the outline from top to bottom.
func (w *walker) waitNames(what string, names ...string) {
	w.t.Helper()
	list := "["
	for _, n := range names {
		list += quote(n) + ","
	}
	w.wait(what, `[...document.querySelectorAll("[data-row] .row__name")].map(e => e.textContent.trim()).join("|") === `+list+`].join("|")`)
}

// author makes a course by keyboard alone, then goes on with the mouse: moves, publishes, deletes and undoes; a learner sees it at once.
func author(t *testing.T, s *site) {
	w := newWalker(t, s.studio, 6*time.Minute)
	w.size(1280)
	w.toStudio(s.demo.Author.Email, s.demo.Author.Password)
	w.look("studio home")

	w.size(1280)
	w.tabTo(`document.activeElement.getAttribute("href") === "/course/new"`)
	w.follow("new course", chromedp.KeyEvent(kb.Enter))
	w.look("studio new course")
	w.size(1280)
	w.tabTo(`document.activeElement.name === "display_name"`)
	w.do("type", chromedp.KeyEvent("Walking"), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent("Uni"), chromedp.KeyEvent(kb.Tab),
		chromedp.KeyEvent("bad number"), chromedp.KeyEvent(kb.Tab))
	w.allow(`status of 422 .*/course/`)
	w.do("send", chromedp.KeyEvent("2027"+kb.Enter))
	w.wait("the refusal beside its field", `document.activeElement.name === "number" && document.activeElement.getAttribute("aria-invalid") === "true"`)
	w.look("studio new course refused")
	w.size(1280)
	w.do("mend", chromedp.Focus(chromedp.CSS("[name=number]")), chromedp.KeyEvent(kb.Home), chromedp.KeyEvent(kb.End, chromedp.KeyModifiers(chromedp.ModifierShift)))
	w.follow("send again", chromedp.KeyEvent("W1"+kb.Enter))
	const key = "course-v1:Uni+W1+2027"
	w.wait("the outline of the new course", `location.pathname === "/course/`+key+`"`)
	w.look("studio outline empty")
	w.size(1280)

	// A section, a subsection, two units, by keyboard.
	add := func(kind, name string) {
		t.Helper()
		w.tabTo(`!!document.activeElement.closest(".adder--` + kind + `")`)
		w.do("add", chromedp.KeyEvent(kb.Enter))
		w.wait("its name can be typed", `document.activeElement.closest(".row__rename")`)
		w.do("name", chromedp.KeyEvent(name+kb.Enter))
		w.wait(name+" is there", row(name)+` && !document.querySelector(".row__rename")`)
	}
	add("section", "Week one")
	add("subsection", "Lesson one")
	add("unit", "First steps")
	add("unit", "Second steps")
	add("section", "Week two")
	w.waitNames("five rows", "Week one", "Lesson one", "First steps", "Second steps", "Week two")

	w.focusRow("First steps")
	w.do("rename", chromedp.KeyEvent(kb.F2))
	w.wait("the field", `document.activeElement.closest(".row__rename")`)
	w.do("leave it as it was", chromedp.KeyEvent("Nonsense"), chromedp.KeyEvent(kb.Escape))
	w.check("Escape changes nothing", row("First steps"))
	w.do("rename", chromedp.KeyEvent(kb.F2))
	w.do("type", chromedp.KeyEvent("Baby steps"+kb.Enter))
	w.wait("the new name, with the focus on it", row("Baby steps")+`?.contains(document.activeElement)`)
	w.alt(kb.ArrowDown)
	w.waitNames("moved down", "Week one", "Lesson one", "Second steps", "Baby steps", "Week two")
	w.wait("the focus goes along", row("Baby steps")+`?.contains(document.activeElement)`)
	w.wait("it is said", `document.getElementById("live").textContent === "Moved to place 2 of 2."`)
	w.alt(kb.ArrowUp)
	w.waitNames("moved up", "Week one", "Lesson one", "Baby steps", "Second steps", "Week two")

	// A subsection dragged into another section, by the mouse.
	x, y := w.middle(row("Week two") + `.querySelector("summary")`)
	w.drag(row("Lesson one")+`.querySelector("[data-grip]")`, x, y)
	w.waitNames("dragged", "Week one", "Week two", "Lesson one", "Baby steps", "Second steps")
	w.focusRow("Lesson one")
	w.alt(kb.ArrowUp)
	w.waitNames("over the edge of a section", "Week one", "Lesson one", "Baby steps", "Second steps", "Week two")

	// Something to see: the door that authoring scripts use.
	unit := eval[string](w.ctx, t, row("Baby steps")+`.querySelector("[data-more]").getAttribute("href").slice("/part/".length)`)
	made := eval[int](w.ctx, t, fmt.Sprintf(`(async () => {
		const send = (path, body) => fetch(path, {method: "POST", headers: {"Content-Type": "application/json", Accept: "application/json"}, body: JSON.stringify(body)});
		const block = await (await send("/xblock/", {parent_locator: %s, category: "html", display_name: "Text"})).json();
		return (await send("/xblock/" + block.locator, {data: "<p>One foot before the other.</p>"})).status;
	})()`, quote(unit)))
	if made != 200 {
		t.Fatalf("the JSON door: %d", made)
	}
	w.followNamed("No start date yet")
	eval[bool](w.ctx, t, `document.querySelector("[name=start]").value = "2020-01-01T00:00", true`)
	w.followNamed("Save dates")
	w.check("the date is kept", `document.querySelector("[name=start]").value === "2020-01-01T00:00"`)
	learner := newWalker(t, s.url, 2*time.Minute)
	learner.size(1280)
	learner.signIn(s.demo.Learner.Email, s.demo.Learner.Password)
	s.command("enroll", s.demo.Learner.Username, key)
	learner.open("/courses/" + key + "/course/")
	learner.check("nothing is published yet", `!document.body.textContent.includes("Baby steps")`)

	w.open("/course/" + key)
	w.chooseAct("Lesson one", "publish")
	w.wait("published, in words", row("Baby steps")+`?.classList.contains("is-live") && document.querySelector("#toasts").textContent.includes("Published")`)
	learner.open("/courses/" + key + "/courseware/")
	learner.wait("the learner sees it", `document.body.textContent.includes("One foot before the other.")`)
	w.look("studio outline")
	w.size(1280)

	// Deleted, and back as it was.
	w.focusRow("Second steps")
	w.do("delete", chromedp.KeyEvent(kb.Delete))
	w.waitNames("deleted", "Week one", "Lesson one", "Baby steps", "Week two")
	w.do("undo", chromedp.Click(named("Undo"), chromedp.NodeVisible))
	w.waitNames("undone", "Week one", "Lesson one", "Baby steps", "Second steps", "Week two")
	w.wait("still published", row("Second steps")+`?.classList.contains("is-live")`)
	w.chooseAct("Second steps", "duplicate")
	w.waitNames("duplicated", "Week one", "Lesson one", "Baby steps", "Second steps", "Duplicate of 'Second steps'", "Week two")
	w.chooseAct("Week two", "hide")
	w.wait("hidden", row("Week two")+`?.classList.contains("is-staff_only")`)
	w.do("menu", chromedp.Click(chromedp.JSPath(row("Lesson one")+`.querySelector(":scope > [data-more]")`), chromedp.NodeVisible))
	w.wait("the menu", `document.querySelector("[data-row-menu]").matches(":popover-open") && document.activeElement.dataset.act === "rename"`)
	if os.Getenv("LYCEUM_SHOTS") != "" {
		w.shoot("studio-menu-1280-light.png")
	}
	w.do("close", chromedp.KeyEvent(kb.Escape))
	w.wait("the focus is back", row("Lesson one")+`.contains(document.activeElement)`)

	// What lies open stays so.
	w.do("close a section", chromedp.Click(chromedp.JSPath(row("Week one")+`.querySelector("summary .row__name")`), chromedp.NodeVisible))
	w.wait("closed", `!`+row("Week one")+`.querySelector("details").open && document.cookie.includes("outline=")`)
	w.open("/course/" + key)
	w.check("closed still", `!`+row("Week one")+`.querySelector("details").open`)

	// Two tabs on one place: both versions are shown, and the author chooses.
	other := w.tab()
	other.size(1280)
	other.open("/course/" + key)
	rename := func(w *walker, name string) {
		t.Helper()
		w.focusRow("Week two")
		w.do("rename", chromedp.KeyEvent(kb.F2))
		w.wait("the field", `document.activeElement.closest(".row__rename")`)
		w.do("type", chromedp.KeyEvent(name+kb.Enter))
	}
	rename(other, "Week B")
	other.wait("renamed", row("Week B")+` && !document.querySelector(".row__rename")`)
	w.allow(`status of 409 .*/part/`)
	rename(w, "Week A")
	w.wait("both versions", `document.querySelector("h1").textContent.trim() === "Somebody was faster" && document.body.textContent.includes("Week A") && document.body.textContent.includes("Week B")`)
	w.look("studio conflict")
	w.size(1280)
	w.followNamed("Use mine")
	w.wait("one's own", row("Week A"))

	w.open("/part/" + eval[string](w.ctx, t, row("Baby steps")+`.querySelector("[data-more]").getAttribute("href").slice("/part/".length)`))
	w.look("studio unit")
	w.size(1280)
	w.open("/part/block-v1:Uni+W1+2027+type@course+block@course")
	w.look("studio part")
	w.size(1280)
	w.do("sign out", chromedp.Click(chromedp.CSS("details.menu > summary"), chromedp.NodeVisible))
	w.followNamed("Sign out")
	w.wait("signed out", `location.pathname === "/logout"`)
	w.look("studio signed out")
	w.open("/home/")
	w.wait("signed out of both", `location.pathname === "/login"`)
}

// authorWithoutScripts signs in and writes with links and forms.
func authorWithoutScripts(t *testing.T, s *site) {
	w := newWalker(t, s.studio, 2*time.Minute)
	w.size(390)
	w.scriptsOff()
	w.open("/home/")
	w.fill("email_or_username", s.demo.Author.Email)
	w.fill("password", s.demo.Author.Password)
	w.followNamed("Sign in")
	w.followNamed("Go on to Studio")
	w.followNamed("New course")
	w.fill("display_name", "Plain")
	w.fill("org", "Uni")
	w.fill("number", "P1")
	w.fill("run", "2027")
	w.followNamed("Create")
	press := func(what, selector string) {
		t.Helper()
		w.follow(what, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
	}
	press("add a section", ".adder--section button")
	press("add a subsection", ".adder--subsection button")
	press("add a unit", ".adder--unit button")
	w.check("a unit", `document.querySelector(".row--unit .row__name").textContent.trim() === "Unit"`)
	press("what can be done with it", ".row--unit [data-more]")
	w.fill("name", "Plain steps")
	w.followNamed("Save")
	w.check("renamed", `document.querySelector("h1").textContent.trim() === "Plain steps"`)
	w.followNamed("Publish")
	w.check("published", `document.body.textContent.includes("Published. Learners see it as soon as it is released.")`)
	w.followNamed("Delete")
	w.check("deleted", `document.querySelector(".undo").textContent.includes("Plain steps")`)
	w.followNamed("Undo")
	w.check("back", `document.querySelector(".row--unit .row__name").textContent.trim() === "Plain steps"`)
}

// largeOutline opens the outline of the largest shared course.
func largeOutline(t *testing.T, s *site) {
	s.command("course", "import", sharedtest.File(t, "courses/harvardx-studio-advanced.tar.gz"), "--publish")
	w := newWalker(t, s.studio, 3*time.Minute)
	w.size(1280)
	w.toStudio(s.demo.Staff.Email, s.demo.Staff.Password)
	w.fill("q", "harvard")
	w.follow("search", chromedp.KeyEvent(kb.Enter))
	w.follow("open it", chromedp.Click(chromedp.CSS(".course-list__name"), chromedp.NodeVisible))
	w.check("all units", `document.querySelectorAll(".row--unit").length === 169`)
	t.Logf("ready after %.0f ms", eval[float64](w.ctx, t, `performance.getEntriesByType("navigation")[0].domComplete`))
	w.look("studio large")
	w.size(1280)
	w.press("[data-turn=open]")
	w.wait("all open", `[...document.querySelectorAll("[data-row] > details")].every(d => d.open)`)
	w.do("look for", chromedp.SendKeys(chromedp.CSS("[data-filter]"), "video", chromedp.NodeVisible))
	w.wait("fewer rows", `[...document.querySelectorAll(".row--unit")].some(r => r.hidden) && [...document.querySelectorAll(".row--unit")].some(r => !r.hidden)`)
	w.lookAt("studio large filtered", 390)
}
