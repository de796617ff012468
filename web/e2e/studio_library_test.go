package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestLibrary makes a library by keyboard, fills it, and uses it in a course: learners are shown some of it, and the course takes what is new when
// its author says so.
func TestLibrary(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := newWalker(t, s.studio, 6*time.Minute)
	w.size(1280)
	w.toStudio(s.demo.Author.Email, s.demo.Author.Password)
	unit, _ := w.makeUnits("Lib", "Course", "2027")

	w.open("/home_library/")
	w.look("library none")
	w.size(1280)
	w.followNamed("New library")
	w.allow("status of 4..")
	w.fill("org", "Lib")
	w.fill("library", "not a code")
	w.fill("display_name", "Questions on cells")
	w.do("create", chromedp.Click(chromedp.CSS(".form button.button--primary"), chromedp.NodeVisible))
	w.wait("refused", `!!document.querySelector(".field__error") && document.querySelector("[name=display_name]").value === "Questions on cells"`)
	w.look("library new refused")
	w.size(1280)
	w.do("to the code", chromedp.Focus(chromedp.CSS("[name=library]")))
	eval[bool](w.ctx, w.t, `document.activeElement.select(), true`)
	w.follow("create by keyboard", chromedp.KeyEvent("CELLS"+kb.Enter))
	w.check("the library's page", `location.pathname === "/library/library-v1:Lib+CELLS" && document.querySelector("h1").textContent === "Questions on cells"`)
	w.look("library empty")
	w.size(1280)

	t.Run("filled by keyboard", func(*testing.T) {
		w.tabTo(`!!document.activeElement.closest(".offers") && document.activeElement.textContent.trim().startsWith("Problem")`)
		w.do("the menu of problems", chromedp.KeyEvent(kb.Enter))
		w.tabTo(`document.activeElement.value === "multiplechoice.yaml"`)
		w.do("choose", chromedp.KeyEvent(kb.Enter))
		w.nameIt("A question")
		w.check("the focus is back", component("A question")+`.contains(document.activeElement)`)
		w.do("delete", chromedp.KeyEvent(kb.Delete))
		w.waitComponents("deleted")
		w.do("undo", chromedp.Click(named("Undo"), chromedp.NodeVisible))
		w.waitComponents("undone", "A question")
	})
	t.Run("pages", func(*testing.T) {
		eval[bool](w.ctx, w.t, `(async () => {
			for (let i = 1; i <= 10; i++) {
				await fetch("/xblock/", {method: "POST", headers: {"Content-Type": "application/json", Accept: "application/json"},
					body: JSON.stringify({parent_locator: "lib-block-v1:Lib+CELLS+type@library+block@library", category: "problem", boilerplate: "multiplechoice.yaml", display_name: "Question " + i})});
			}
			return true;
		})()`)
		w.open("/library/library-v1:Lib+CELLS")
		w.check("ten on a page", `document.querySelectorAll("[data-component]").length === 10 && document.querySelector(".pager")`)
		w.look("library full")
		w.size(1280)
		w.followNamed("Hide previews")
		w.check("names alone", `!document.querySelector(".component__view")`)
		w.look("library without previews")
		w.size(1280)
		w.followNamed("Show previews")
		w.follow("the second page", chromedp.Click(chromedp.CSS(".pager [rel=next]"), chromedp.NodeVisible))
		w.check("the last one", `document.querySelectorAll("[data-component]").length === 1`)
		w.do("move it up", chromedp.Click(chromedp.CSS(`[data-component] form[data-act="up"] button`), chromedp.NodeVisible))
		w.wait("another is last", `document.querySelector(".component__name").firstChild.textContent.trim() === "Question 9"`)
	})
	t.Run("team", func(*testing.T) {
		w.open("/library/library-v1:Lib+CELLS/team/")
		w.fill("who", s.demo.Staff.Email)
		w.followNamed("Add to the team")
		w.check("a user of the library", `document.querySelector(".team").textContent.includes("User")`)
		w.look("library team")
		w.size(1280)
	})
	t.Run("in a course", func(*testing.T) {
		w.open("/container/" + unit)
		w.add("library_content")
		w.wait("the editor", editorOpen)
		eval[bool](w.ctx, w.t, `(() => {
			const choose = document.querySelector('dialog [name="f.source_library_id"]');
			choose.value = "library-v1:Lib+CELLS";
			choose.dispatchEvent(new Event("input", {bubbles: true}));
			choose.dispatchEvent(new Event("change", {bubbles: true}));
			return true;
		})()`)
		w.look("library choose")
		w.size(1280)
		w.do("save", chromedp.Click(chromedp.JSPath(`document.querySelector("dialog .edit__foot button.button--primary")`), chromedp.NodeVisible))
		w.wait("what it takes", `document.querySelector(".library-source")?.textContent.includes("1 of 11")`)
		w.look("library in a unit")
		w.size(1280)
		eval[bool](w.ctx, w.t, `(async () => {
			await fetch("/xblock/", {method: "POST", headers: {"Content-Type": "application/json", Accept: "application/json"},
				body: JSON.stringify({parent_locator: "lib-block-v1:Lib+CELLS+type@library+block@library", category: "problem", boilerplate: "multiplechoice.yaml", display_name: "Brand new"})});
			return true;
		})()`)
		w.open("/container/" + unit)
		w.check("it is told", `document.querySelector(".library-source .notice").textContent.includes("The library has changed since")`)
		w.look("library outdated")
		w.size(1280)
		w.do("update", chromedp.Click(named("Update now"), chromedp.NodeVisible))
		w.wait("up to date", `document.querySelector(".library-source").textContent.includes("1 of 12") && !document.querySelector(".library-source .notice")`)
		w.follow("the copies", chromedp.Click(named("Show all copies"), chromedp.NodeVisible))
		w.check("all of them", `document.querySelectorAll("[data-component]").length === 12 && !document.querySelector(".offers")`)
		w.look("library copies")
		w.size(1280)
		w.do("edit one", chromedp.Click(chromedp.CSS("[data-act-edit]"), chromedp.NodeVisible))
		w.wait("its form says what it is", editorOpen+` && document.querySelector("dialog").textContent.includes("This is a copy of")`)
		w.look("library copy")
		w.size(1280)
		w.closeEditor()
	})
	t.Run("learners", func(t *testing.T) {
		w.open("/container/" + unit)
		w.do("publish", chromedp.Click(chromedp.CSS(".part-unit__side [data-act=publish] button"), chromedp.NodeVisible))
		w.wait("published", `document.querySelector(".part-unit__head .row__state").textContent.includes("Published and Live")`)
		s.command("enroll", s.demo.Learner.Username, "course-v1:Lib+Course+2027")
		learner := newWalker(t, s.url, 2*time.Minute)
		learner.size(1280)
		learner.signIn(s.demo.Learner.Email, s.demo.Learner.Password)
		shown := ""
		for range 2 {
			learner.open("/courses/course-v1:Lib+Course+2027/jump_to/" + unit)
			learner.wait("one question", `document.querySelectorAll("[data-problem]").length === 1`)
			now := eval[string](learner.ctx, t, `document.querySelector("[data-problem]").closest("[data-usage]").dataset.usage`)
			if shown != "" && now != shown {
				t.Errorf("shown %s, then %s", shown, now)
			}
			shown = now
		}
		learner.do("choose an answer", chromedp.Click(chromedp.CSS("[data-problem] input[type=radio]"), chromedp.NodeVisible))
		learner.do("submit", chromedp.Click(chromedp.CSS("[data-problem] [data-act=problem_check]"), chromedp.NodeVisible))
		learner.wait("a verdict", `document.querySelector(".verdict")`)
		learner.look("library learner")
	})
	t.Run("deleted", func(*testing.T) {
		w.open("/library/library-v1:Lib+CELLS/delete")
		w.look("library delete")
		w.size(1280)
		w.fill("name", "Questions on cells")
		w.follow("delete", chromedp.Click(chromedp.CSS(".form button.button--danger"), chromedp.NodeVisible))
		w.check("it can come back", `document.body.textContent.includes("1 deleted library")`)
		w.look("library deleted")
		w.size(1280)
		w.open("/container/" + unit)
		w.check("the copies stay", fmt.Sprintf(`document.querySelector(".library-source").textContent.includes(%q)`, "is not here any more"))
	})
}
