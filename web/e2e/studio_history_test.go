package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestTeamAndHistory walks through the pages of who writes a course and of what it was: somebody joins and leaves the team, a change is read, and
// an earlier version comes back and goes again.
func TestTeamAndHistory(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := newWalker(t, s.studio, 6*time.Minute)
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
	w.check("what it changed, told to eyes and ears", `[...document.querySelectorAll(".difference ins")].map((i) => i.textContent).join(" ").includes("added: ")`)
	w.check("in whole words", `document.querySelector(".compare__new .compare__words").textContent.replaceAll("added: ", "").replaceAll(" end.", "") === "A walk, renamed"`)
	w.look("studio difference")
	w.size(1280)
	w.open("/history/" + key)
	w.follow("go back", chromedp.Click(chromedp.CSS(".version:not(.is-now) button"), chromedp.NodeVisible))
	w.check("a way to undo", `!!document.querySelector("form.undo")`)
	w.followNamed("Undo")
	w.check("the change is back", `document.querySelector(".studio-bar__title").textContent === "A walk, renamed"`)
	w.wordsAndFiles()
}

// wordsAndFiles reads a change of words and of files, and goes back with a picture that is gone.
func (w *walker) wordsAndFiles() {
	w.t.Helper()
	unit, _ := w.makeUnits("Past", "WORDS", "2026")
	text := eval[string](w.ctx, w.t, `(async () => {
		const json = {"Content-Type": "application/json", Accept: "application/json"};
		const send = async (path, body) => (await fetch(path, {method: "POST", headers: json, body: JSON.stringify(body)})).json();
		const unit = `+quote(unit)+`, course = "course-v1:" + unit.slice("block-v1:".length).split("+type@")[0];
		const text = (await send("/xblock/", {parent_locator: unit, category: "html", display_name: "Walk"})).locator;
		const other = (await send("/xblock/", {parent_locator: unit, category: "html", display_name: "Lunch"})).locator;
		const form = new FormData();
		form.append("file", new File(["<svg xmlns='http://www.w3.org/2000/svg'/>"], "plan.svg"));
		await fetch("/assets/" + course + "/", {method: "POST", headers: {Accept: "application/json"}, body: form});
		await send("/xblock/" + text, {data: "<p>Morning in the old town</p>\n<p>The bridge was built in 1357.</p>\n<p><img src=\"/static/plan.svg\" alt=\"Plan\"></p>\n<p>Lunch</p>\n"});
		await send("/xblock/" + text, {data: "<p>Morning in the new town</p>\n<p>The bridge was built in 1402, of sandstone.</p>\n<p>Lunch by the river</p>\n", metadata: {display_name: "A long walk"}});
		await send("/xblock/" + unit, {children: [other, text]});
		await fetch("/assets/" + course + "/" + course.replace("course-v1:", "asset-v1:") + "+type@asset+block@plan.svg", {method: "DELETE", headers: {Accept: "application/json"}});
		return text;
	})()`)
	w.open("/history/" + unit)
	w.follow("the change of order", chromedp.Click(chromedp.CSS(".version__words"), chromedp.NodeVisible))
	w.check("the order, before and after", `document.querySelectorAll(".compare--text del").length === 1 && document.querySelectorAll(".compare--text ins").length === 1`)
	w.look("studio difference order")
	w.size(1280)
	w.open("/history/" + text)
	w.follow("the change of words", chromedp.Click(chromedp.CSS(".version__words"), chromedp.NodeVisible))
	row := `[...document.querySelectorAll(".compare--text tbody tr")][0].cells`
	w.check("side by side", `(([a, b]) => a.getBoundingClientRect().top === b.getBoundingClientRect().top)(`+row+`)`)
	w.check("the words", `((all) => all.includes("removed: old end.") && all.includes("added: new end.") && all.includes("removed: 1357 end."))([...document.querySelectorAll(".compare--text del, .compare--text ins")].map((d) => d.textContent))`)
	w.look("studio difference words")
	w.size(390)
	w.check("one under the other", `(([a, b]) => a.getBoundingClientRect().bottom <= b.getBoundingClientRect().top + 1)(`+row+`)`)
	w.size(1280)
	course := "course-v1:" + strings.Split(strings.TrimPrefix(unit, "block-v1:"), "+type@")[0]
	w.open("/history/" + course)
	w.follow("the deletion of the file", chromedp.Click(chromedp.CSS(".version__words"), chromedp.NodeVisible))
	w.check("the file is told", `document.querySelector(".compare__name").textContent.includes("plan.svg")`)
	w.look("studio difference file")
	w.size(1280)
	w.open("/history/" + text)
	w.follow("go back", chromedp.Click(chromedp.JSPath(`document.querySelectorAll(".version")[1].querySelector("button")`), chromedp.NodeVisible))
	w.check("asked for the picture", `document.querySelector("input[name=file][value='plan.svg']").checked`)
	w.look("studio history bring")
	w.size(1280)
	w.followNamed("Go back to this")
	w.check("it is done", `!!document.querySelector("form.undo")`)
	w.open("/assets/" + course)
	w.check("the picture is back", `document.body.textContent.includes("plan.svg")`)
}
