package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestClipboard copies between courses, chooses several parts at once and takes acts back: by keyboard, with the mouse, without scripts.
func TestClipboard(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := newWalker(t, s.studio, 8*time.Minute)
	w.size(1280)
	w.toStudio(s.demo.Author.Email, s.demo.Author.Password)
	source, _ := w.makeUnits("Uni", "Source", "2027")
	target, _ := w.makeUnits("Uni", "Target", "2027")
	const from, to = "course-v1:Uni+Source+2027", "course-v1:Uni+Target+2027"
	w.fillUnit(source)

	t.Run("between courses", func(*testing.T) { w.copyOver(from, to) })
	t.Run("a component", func(*testing.T) { w.copyComponent(source, target) })
	t.Run("several at once", func(*testing.T) { w.chooseSeveral(to) })
	t.Run("without scripts", func(t *testing.T) { plainClipboard(t, s, to) })
}

// fillUnit puts a text with a picture that the course has into a unit.
func (w *walker) fillUnit(unit string) {
	w.t.Helper()
	status := eval[int](w.ctx, w.t, fmt.Sprintf(`(async () => {
		const course = %[1]s.replace("block-v1:", "course-v1:").replace(/\+type@.*/, "");
		const form = new FormData();
		form.append("file", new Blob(["hello"], {type: "text/plain"}), "hello.txt");
		const put = await fetch("/assets/" + course + "/", {method: "POST", headers: {Accept: "application/json"}, body: form});
		const send = (path, body) => fetch(path, {method: "POST", headers: {"Content-Type": "application/json", Accept: "application/json"}, body: JSON.stringify(body)});
		const block = await (await send("/xblock/", {parent_locator: %[1]s, category: "html", display_name: "Greeting"})).json();
		const got = await send("/xblock/" + block.locator, {data: '<p>Read <a href="/static/hello.txt">this</a>.</p>'});
		return put.ok ? got.status : put.status;
	})()`, quote(unit)))
	if status != 200 {
		w.t.Fatalf("fill a unit: %d", status)
	}
}

// ctrl presses a key with Ctrl held.
func (w *walker) ctrl(key string) {
	w.t.Helper()
	w.do("Ctrl and "+key, chromedp.KeyEvent(key, chromedp.KeyModifiers(chromedp.ModifierCtrl)))
}

// saysToast waits until a notice has words.
func (w *walker) saysToast(words string) {
	w.t.Helper()
	w.wait("a notice: "+words, `document.querySelector("#toasts").textContent.includes(`+quote(words)+`)`)
}

// copyOver copies a unit in one outline and pastes it in another, and takes it back.
func (w *walker) copyOver(from, to string) {
	w.open("/course/" + from)
	w.check("nothing is copied", `!document.querySelector(".clip") && !document.querySelector("[data-paste]")`)
	w.focusRow("First steps")
	w.ctrl("c")
	w.wait("what is copied is told", `document.querySelector(".clip")?.textContent.includes("First steps") && document.querySelectorAll(".adder--unit [data-paste]").length === 1`)
	w.check("the focus stays", row("First steps")+`.contains(document.activeElement)`)
	w.open("/course/" + to)
	w.wait("in the other course too", `document.querySelector(".clip a")?.textContent.includes("from Pages")`)
	w.look("clipboard outline")
	w.size(1280)
	w.focusRow("Second steps")
	w.ctrl("v")
	w.waitNames("pasted", "Week one", "Lesson one", "First steps", "Second steps", "First steps")
	w.saysToast("Files that came along: 1")
	w.ctrl("z")
	w.waitNames("taken back", "Week one", "Lesson one", "First steps", "Second steps")
	files := eval[string](w.ctx, w.t, `fetch("/assets/`+to+`/", {headers: {Accept: "application/json"}}).then(r => r.text())`)
	if strings.Contains(files, "hello.txt") {
		w.t.Errorf("the file stays: %s", files)
	}
	w.press(".adder--unit [data-paste]")
	w.waitNames("pasted by the mouse", "Week one", "Lesson one", "First steps", "Second steps", "First steps")

	// Each act is taken back by its notice.
	w.chooseAct("Second steps", "hide")
	w.wait("hidden", row("Second steps")+`?.classList.contains("is-staff_only")`)
	w.do("undo", chromedp.Click(named("Undo"), chromedp.NodeVisible))
	w.wait("shown", row("Second steps")+`?.classList.contains("is-staff_only") === false`)
	w.chooseAct("Lesson one", "duplicate")
	w.wait("duplicated", row("Duplicate of 'Lesson one'"))
	w.ctrl("z")
	w.wait("no duplicate", `!`+row("Duplicate of 'Lesson one'"))
	w.focusRow("Second steps")
	w.alt(kb.ArrowUp)
	w.waitNames("moved", "Week one", "Lesson one", "Second steps", "First steps", "First steps")
	w.ctrl("z")
	w.waitNames("moved back", "Week one", "Lesson one", "First steps", "Second steps", "First steps")
}

// copyComponent copies on the page of a unit and pastes on another.
func (w *walker) copyComponent(source, target string) {
	w.open("/container/" + source)
	w.do("its menu", chromedp.Click(chromedp.JSPath(component("Greeting")+`.querySelector(".component__menu > summary")`), chromedp.NodeVisible))
	w.do("copy", chromedp.Click(chromedp.JSPath(component("Greeting")+`.querySelector("form[data-act=copy] button")`), chromedp.NodeVisible))
	w.wait("it can be pasted", `document.querySelector(".unit-paste")?.textContent.includes("Greeting")`)
	w.open("/container/" + target)
	w.look("clipboard unit")
	w.size(1280)
	w.press(".unit-paste button")
	w.wait("pasted", component("Greeting"))
	w.saysToast("Pasted: Greeting")
	w.ctrl("z")
	w.wait("taken back", `!`+component("Greeting"))
}

// chooseSeveral chooses rows by keyboard and mouse and does acts on all of them.
func (w *walker) chooseSeveral(to string) {
	w.open("/course/" + to)
	w.focusRow("First steps")
	w.do("choose", chromedp.KeyEvent("x"))
	w.wait("one is chosen", `document.querySelector("[data-count]").textContent === "1 chosen"`)
	w.do("the next too", chromedp.KeyEvent(kb.ArrowDown, chromedp.KeyModifiers(chromedp.ModifierShift)))
	w.wait("two are chosen", `document.querySelector("[data-count]").textContent === "2 chosen" && `+row("Second steps")+`.contains(document.activeElement)`)
	w.look("several chosen")
	w.size(1280)
	w.press(`[data-bulk] > .bulk__acts > [value="hide"]`)
	w.wait("both hidden", `document.querySelectorAll(".row--unit.is-staff_only").length === 2`)
	w.wait("it can be taken back", `document.querySelector("#toasts button")`)
	w.ctrl("z")
	w.wait("both shown", `document.querySelectorAll(".row--unit.is-staff_only").length === 0`)
	eval[bool](w.ctx, w.t, `document.querySelectorAll(".row--unit > .row__pick")[2].dispatchEvent(new MouseEvent("click", {bubbles: true, cancelable: true, shiftKey: true}))`)
	w.wait("three are chosen", `document.querySelector("[data-count]").textContent === "3 chosen"`)
	w.press(`[data-bulk] > .bulk__acts > [value="delete"]`)
	w.waitNames("all deleted", "Week one", "Lesson one")
	w.do("undo", chromedp.Click(named("Undo"), chromedp.NodeVisible))
	w.waitNames("all back", "Week one", "Lesson one", "First steps", "Second steps", "First steps")

	w.do("choose the subsection", chromedp.Click(chromedp.JSPath(row("Lesson one")+`.querySelector(":scope > .row__pick")`)))
	w.press(".bulk__menu:first-of-type > summary")
	w.wait("dates", `document.querySelector("#bulk-due").checkVisibility()`)
	w.look("several dates")
	w.size(1280)
	eval[bool](w.ctx, w.t, `document.querySelector("#bulk-due").value = "2031-05-06T12:00", true`)
	w.press(`[data-bulk] [value="dates"]`)
	w.wait("due", row("Lesson one")+`.textContent.includes("2031")`)
	w.focusRow("Lesson one")
	w.do("leave choosing", chromedp.KeyEvent(kb.Escape))
	w.wait("no boxes", `document.querySelector("[data-bulk]").hidden && !document.querySelector(".row__pick")`)
}

// plainClipboard copies, pastes, chooses and takes back by links and forms.
func plainClipboard(t *testing.T, s *site, to string) {
	w := newWalker(t, s.studio, 3*time.Minute)
	w.size(390)
	w.scriptsOff()
	w.open("/home/")
	w.fill("email_or_username", s.demo.Author.Email)
	w.fill("password", s.demo.Author.Password)
	w.followNamed("Sign in")
	w.followNamed("Go on to Studio")
	w.open("/course/" + to)
	press := func(what, selector string) {
		t.Helper()
		w.follow(what, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
	}
	units := func(n int) {
		t.Helper()
		w.check(fmt.Sprint(n, " units"), fmt.Sprintf(`document.querySelectorAll(".row--unit").length === %d`, n))
	}
	units(3)
	press("a unit", ".row--unit [data-more]")
	w.followNamed("Copy")
	w.check("copied", `document.body.textContent.includes("Copied: First steps")`)
	w.open("/course/" + to)
	press("paste", ".adder--unit [data-paste]")
	units(4)
	w.followNamed("Undo")
	units(3)
	w.followNamed("Choose several")
	w.do("one", chromedp.Focus(chromedp.CSS(".row--unit > .row__pick")), chromedp.KeyEvent(" "))
	w.check("it is chosen", `document.querySelector(".row--unit > .row__pick").checked`)
	w.followNamed("Delete")
	units(2)
	w.followNamed("Undo")
	units(3)
}
