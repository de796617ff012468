package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestAuthorFaults has things go wrong around an author: nothing that was written is lost, and the words say what to do.
func TestAuthorFaults(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := newWalker(t, s.studio, 10*time.Minute)
	w.size(1280)
	w.toStudio(s.demo.Author.Email, s.demo.Author.Password)
	unit, other := w.makeUnits("Uni", "Faults", "2027")
	question := w.makeBlock(unit, "problem", "A question", "<problem><stringresponse answer=\"yes\"><label>Well?</label><textline/></stringresponse></problem>")
	w.makeBlock(unit, "html", "Words", "<p>Beside it.</p>")
	if question == "" {
		t.Fatal("no question was made")
	}
	for _, part := range []struct {
		name string
		run  func()
	}{
		{"signed out", func() { w.signedOut(s, unit) }},
		{"line cut", func() { w.lineCut(unit) }},
		{"inside another", func() { w.insideAnother(other) }},
		{"off the team", func() { w.offTheTeam(s, unit) }},
	} {
		t.Run(part.name, func(t *testing.T) {
			defer func(before *testing.T) { w.t = before }(w.t)
			w.t = t
			w.size(1280)
			part.run()
		})
	}
}

// makeBlock makes a block by the door of authoring scripts and returns its key.
func (w *walker) makeBlock(parent, kind, name, text string) string {
	w.t.Helper()
	return eval[string](w.ctx, w.t, fmt.Sprintf(`(async () => {
		const send = async (path, body) => (await fetch(path, {method: "POST", headers: {"Content-Type": "application/json", Accept: "application/json"}, body: JSON.stringify(body)})).json();
		const {locator} = await send("/xblock/", {parent_locator: %s, category: %s, display_name: %s});
		if (%s) await send("/xblock/" + locator, {data: %s});
		return locator ?? "";
	})()`, quote(parent), quote(kind), quote(name), quote(text), quote(text)))
}

// editorReady says that the editor of a component is open and takes keys.
const editorReady = editorOpen + ` && document.querySelector("dialog .edit.is-ready")`

// openEditor opens the editor of a component in place.
func (w *walker) openEditor(name string) {
	w.t.Helper()
	w.do("edit "+name, chromedp.Click(chromedp.JSPath(component(name)+`.querySelector("[data-act-edit]")`), chromedp.NodeVisible))
	w.wait("the editor", editorReady)
}

func (w *walker) sendEditor() {
	w.t.Helper()
	w.do("save", chromedp.KeyEvent("s", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
}

const (
	editorAlert = `document.querySelector("dialog [data-edit-alert]").textContent`
	editorText  = `document.querySelector("dialog .cm-content").textContent`
)

// signedOut ends the session under an editor that is open, and saves once it is back.
func (w *walker) signedOut(s *site, unit string) {
	w.open("/container/" + unit)
	w.openEditor("A question")
	w.write(`<problem><stringresponse answer="no"><label>Signed out?</label><textline/></stringresponse></problem>`)
	w.do("end the session", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, network.ClearBrowserCookies, cdp.Empty{})
		return err
	}))
	w.allow(`status of 401`)
	w.sendEditor()
	w.wait("told", editorAlert+`.includes("You were signed out") && document.querySelector("dialog [data-edit-alert] a[target=_blank]")`)
	w.check("what was typed is there", editorText+`.includes("Signed out?")`)
	w.look("fault signed out")
	w.size(1280)
	back := w.tab()
	back.size(1280)
	back.toStudio(s.demo.Author.Email, s.demo.Author.Password)
	w.do("into the text", chromedp.Focus(chromedp.CSS("dialog .cm-content")))
	w.sendEditor()
	w.wait("saved", `!document.querySelector("dialog[data-editor]").open && `+component("A question")+`.textContent.includes("Signed out?")`)
}

// lineCut cuts the line under an editor that is open, and under acts on the page.
func (w *walker) lineCut(unit string) {
	w.open("/container/" + unit)
	w.openEditor("A question")
	w.write(`<problem><stringresponse answer="no"><label>Cut off?</label><textline/></stringresponse></problem>`)
	w.line(dead(""))
	w.allow(`ERR_INTERNET_DISCONNECTED`)
	w.sendEditor()
	w.wait("it goes on trying, in words", `(e => e.dataset.state === "retrying" && e.textContent.trim() !== "")(document.querySelector("dialog .save-state"))`)
	w.check("what was typed is there", editorText+`.includes("Cut off?")`)
	w.check("and kept in this browser", `Object.keys(localStorage).some(k => k.startsWith("draft:edit:") && localStorage[k].includes("Cut off?"))`)
	w.look("fault line cut")
	w.size(1280)
	w.line()
	w.within(time.Minute, "saved by itself", `!document.querySelector("dialog[data-editor]").open && `+component("A question")+`.textContent.includes("Cut off?")`)

	w.line(dead(""))
	w.do("edit", chromedp.Click(chromedp.JSPath(component("A question")+`.querySelector("[data-act-edit]")`), chromedp.NodeVisible))
	w.wait("the editor did not open", `document.querySelector(".toast--error")?.textContent.includes("The editor did not open") && !document.querySelector("dialog[data-editor]").open`)
	w.do("focus", chromedp.Focus(chromedp.JSPath(component("A question")+`.querySelector("[data-act-edit]")`)))
	w.alt(kb.ArrowDown)
	w.wait("nothing was moved", `[...document.querySelectorAll(".toast--error")].some(e => e.textContent.includes("the server cannot be reached"))`)
	w.line()
	w.alt(kb.ArrowDown)
	w.waitComponents("moved", "Words", "A question")
	w.alt(kb.ArrowUp)
	w.waitComponents("and back", "A question", "Words")
}

// insideAnother writes components that stand in others, two deep.
func (w *walker) insideAnother(unit string) {
	outer := w.makeBlock(unit, "conditional", "Only if", "")
	w.makeBlock(outer, "conditional", "Only then", "")
	w.open("/container/" + unit)
	w.check("drawn in its unit", component("Only if"))
	inside := func(name string) {
		w.t.Helper()
		w.do("menu", chromedp.Click(chromedp.JSPath(component(name)+`.querySelector(".component__menu > summary")`), chromedp.NodeVisible))
		w.follow("what is inside "+name, chromedp.Click(chromedp.JSPath(component(name)+`.querySelector(".menu__panel a[href^='/container/']")`), chromedp.NodeVisible))
		w.wait("its page", `document.querySelector("h1").textContent.trim() === `+quote(name))
	}
	inside("Only if")
	inside("Only then")
	add := func(kind, name string) {
		w.t.Helper()
		w.do("add "+kind, chromedp.Click(chromedp.JSPath(`document.querySelector(".offers input[value=`+kind+`]").closest("form").querySelector("button")`), chromedp.NodeVisible))
		w.nameIt(name)
	}
	add("discussion", "First")
	add("poll", "Second")
	w.waitComponents("both", "First", "Second")
	w.alt(kb.ArrowUp)
	w.waitComponents("moved up", "Second", "First")
	w.do("delete", chromedp.KeyEvent(kb.Delete))
	w.waitComponents("deleted", "First")
	w.do("undo", chromedp.KeyEvent("z", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	w.waitComponents("undone by keyboard", "Second", "First")
	w.check("the way up", `[...document.querySelectorAll(".breadcrumbs li, nav[aria-label] ol li")].map(e => e.textContent.trim()).join().includes("Only if")`)
	w.follow("one up", chromedp.Click(chromedp.CSS(".part-unit__side .unit-card a"), chromedp.NodeVisible))
	w.check("one up", `document.querySelector("h1").textContent.trim() === "Only if" && `+component("Only then"))
	w.follow("to the unit", chromedp.Click(chromedp.CSS(".part-unit__side .unit-card a"), chromedp.NodeVisible))
	w.check("the unit", `document.querySelector("h1").textContent.trim() === "Second steps"`)
	w.publishAnyway()
}

// publishAnyway publishes the unit that is open, whatever was found in it.
func (w *walker) publishAnyway() {
	w.t.Helper()
	w.do("publish", chromedp.Click(chromedp.CSS(".part-unit__side [data-act=publish] button"), chromedp.NodeVisible))
	w.wait("published, or asked", published+` || document.querySelector("dialog[open] [data-anyway]")`)
	if eval[bool](w.ctx, w.t, `!!document.querySelector("dialog[open] [data-anyway]")`) {
		w.press("dialog[open] [data-anyway] button")
	}
	w.wait("published", published)
}

// published says that the unit that is open is.
const published = `document.querySelector(".part-unit__head .row__state").textContent.includes("Published and Live")`

// offTheTeam removes an author from the team while they write.
func (w *walker) offTheTeam(s *site, unit string) {
	const key = "course-v1:Uni+Faults+2027"
	w.open("/course_team/" + key)
	w.fill("who", s.demo.Learner.Email)
	w.followNamed("Add to the team")
	member := newWalker(w.t, s.studio, 3*time.Minute)
	member.size(1280)
	member.toStudio(s.demo.Learner.Email, s.demo.Learner.Password)
	member.open("/container/" + unit)
	member.openEditor("A question")
	member.write(`<problem><stringresponse answer="no"><label>Still mine?</label><textline/></stringresponse></problem>`)

	w.open("/course_team/" + key)
	w.followNamed("Remove: Learner")
	member.allow(`status of 403`)
	member.sendEditor()
	member.wait("told", editorAlert+`.includes("not on the team of this course")`)
	member.check("what was typed is there", editorText+`.includes("Still mine?")`)
	member.look("fault off the team")
	for _, path := range []string{"/container/" + unit, "/course/" + key, "/edit/" + unit, "/settings/details/" + key} {
		if status := member.status(path); status != 403 {
			member.t.Errorf("%s for somebody off the team: %d", path, status)
		}
	}
	member.check("in words", `document.querySelector("main").textContent.includes("not on the team of this course")`)
	w.open("/container/" + unit)
	w.check("nothing came in", `!`+component("A question")+`.textContent.includes("Still mine?")`)
}
