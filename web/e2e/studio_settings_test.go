package e2e

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestSettings walks through the pages around the content of a course, and looks at what a learner sees of each.
func TestSettings(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := newWalker(t, s.studio, 12*time.Minute)
	w.size(1280)
	w.toStudio(s.demo.Author.Email, s.demo.Author.Password)
	const key = "course-v1:Uni+S1+2027"
	eval[int](w.ctx, t, `(async () => (await fetch("/course/", {method: "POST", headers: {"Content-Type": "application/json", Accept: "application/json"},
		body: JSON.stringify({org: "Uni", number: "S1", run: "2027", display_name: "Settings"})})).status)()`)
	learner := newWalker(t, s.url, 12*time.Minute)
	learner.size(1280)
	learner.signIn(s.demo.Learner.Email, s.demo.Learner.Password)
	s.command("enroll", s.demo.Learner.Username, key)
	build(t, w, key)

	details(t, w, learner, key)
	grading(t, w, learner, key)
	advanced(t, w, learner, key)
	pages(t, w, learner, key)
	updates(t, w, learner, key)
	certificates(t, w, key)
}

// build puts a graded question into the course and publishes it.
func build(t *testing.T, w *walker, key string) {
	t.Helper()
	if got := eval[string](w.ctx, t, `(async () => {
		const send = async (path, body) => (await fetch(path, {method: "POST", headers: {"Content-Type": "application/json", Accept: "application/json"}, body: JSON.stringify(body)})).json();
		const add = async (parent, category, name) => (await send("/xblock/", {parent_locator: parent, category, display_name: name})).locator;
		const section = await add("block-v1:" + `+quote(key[len("course-v1:"):])+` + "+type@course+block@course", "chapter", "Week");
		const sub = await add(section, "sequential", "Homework one");
		await send("/xblock/" + sub, {graderType: "Homework"});
		const unit = await add(sub, "vertical", "Unit");
		const problem = await add(unit, "problem", "Question");
		await send("/xblock/" + problem, {data: '<problem><stringresponse answer="yes"><label>Well?</label><textline/></stringresponse></problem>'});
		return JSON.stringify((await send("/xblock/" + unit, {publish: "make_public"})).findings ?? []);
	})()`); got != "[]" {
		t.Fatalf("publish: %s", got)
	}
}

func details(t *testing.T, w, learner *walker, key string) {
	t.Helper()
	w.open("/settings/details/" + key)
	w.look("studio details")
	w.size(1280)
	w.check("dates name their zone", `document.querySelector(".settings__zone").textContent.includes("Times are in")`)
	set := func(name, value string) {
		t.Helper()
		eval[bool](w.ctx, t, `(() => { const f = document.querySelector("[name=`+name+`]"); f.value = `+quote(value)+`; f.dispatchEvent(new Event("input", {bubbles: true})); return true })()`)
	}
	set("start", "2020-01-01T09:00")
	set("end", "2019-01-01T09:00")
	set("short_description", "A short course.")
	w.allow(`status of 422 .*/settings/details/`)
	w.do("save", chromedp.Click(named("Save"), chromedp.NodeVisible))
	w.wait("refused beside the field, and filled", `document.activeElement.name === "end" && document.querySelector("[name=short_description]").value === "A short course."`)
	w.look("studio details refused")
	w.size(1280)
	set("end", "2099-06-30T18:00")
	set("effort", "3 hours a week")
	w.followNamed("Save")
	w.wait("saved", `document.querySelector(".notices")?.textContent.includes("Saved.")`)
	learner.open("/courses/" + key + "/about")
	learner.check("the learner sees it", `document.body.textContent.includes("A short course.") && document.body.textContent.includes("3 hours a week") && document.body.textContent.includes("2099")`)
	learner.open("/courses/" + key + "/dates")
	learner.check("the dates too", `document.body.textContent.includes("2099")`)
}

func grading(t *testing.T, w, learner *walker, key string) {
	t.Helper()
	learner.open("/courses/" + key + "/courseware/")
	learner.do("answer", chromedp.SendKeys(chromedp.CSS("main input[type=text]"), "yes"))
	learner.press("main [data-act=check], main .problem button.button--primary, main form button.button--primary")
	learner.wait("correct", `/correct/i.test(document.querySelector("main").textContent)`)

	w.open("/settings/grading/" + key)
	w.wait("the scale", `document.querySelectorAll(".cutoffs__handle").length === 1`)
	w.look("studio grading")
	w.size(1280)
	// Two grades more, one moved by keys, one by the mouse; they never pass each other.
	w.do("add", chromedp.Click(named("Add a grade"), chromedp.NodeVisible))
	w.wait("A and B", `[...document.querySelectorAll("[name=letter]")].map(e => e.value).join() === "A,B"`)
	w.do("a third", chromedp.Click(named("Add a grade"), chromedp.NodeVisible))
	w.wait("three", `document.querySelectorAll(".cutoffs__handle").length === 3`)
	w.do("away again", chromedp.Click(chromedp.JSPath(`document.querySelectorAll("[name=drop_grade]")[2]`), chromedp.NodeVisible))
	w.wait("two", `document.querySelectorAll(".cutoffs__handle").length === 2`)
	w.do("focus the handle of A", chromedp.Focus(chromedp.CSS(".cutoffs__handle")))
	w.do("up", chromedp.KeyEvent(kb.ArrowUp), chromedp.KeyEvent(kb.PageUp))
	w.wait("56", `document.querySelectorAll("[name=cutoff]")[0].value === "56" && document.activeElement.getAttribute("aria-valuenow") === "56"`)
	w.do("down to the bottom", chromedp.KeyEvent(kb.Home))
	w.wait("above B", `document.querySelectorAll("[name=cutoff]")[0].value === "26"`)
	w.do("up again", chromedp.KeyEvent(kb.End))
	w.wait("the top", `document.querySelectorAll("[name=cutoff]")[0].value === "100"`)
	x, y := w.middle(`document.querySelector(".cutoffs")`)
	w.drag(`document.querySelectorAll(".cutoffs__handle")[1]`, x, y)
	w.wait("B in the middle", `Math.abs(document.querySelectorAll("[name=cutoff]")[1].value - 50) <= 1`)
	eval[bool](w.ctx, t, `(() => { const f = document.querySelectorAll("[name=cutoff]")[1]; f.value = "10"; f.dispatchEvent(new Event("input", {bubbles: true})); return true })()`)
	// Types: one renamed, one removed, one added.
	w.do("remove", chromedp.Click(chromedp.JSPath(`[...document.querySelectorAll("[data-grader]")].find(g => g.querySelector("[name=type]").value === "Lab").querySelector("[name=drop_type]")`), chromedp.NodeVisible))
	w.wait("told", `document.querySelector("[data-sum-value]").textContent === "85" && document.querySelector("[data-sum]").classList.contains("is-off")`)
	w.do("add a type", chromedp.Click(named("Add an assignment type"), chromedp.NodeVisible))
	w.wait("its name can be typed", `document.activeElement.name === "type"`)
	w.do("type", chromedp.KeyEvent("Project"+kb.Tab+kb.Tab), chromedp.KeyEvent("15"))
	w.wait("100", `document.querySelector("[data-sum-value]").textContent === "100"`)
	eval[bool](w.ctx, t, `(() => { const f = document.querySelector("[name=type]"); f.value = "Exercises"; return true })()`)
	w.look("studio grading changed")
	w.size(1280)
	w.followNamed("Save")
	w.wait("saved", `document.querySelector(".notices")?.textContent.includes("Saved.")`)
	w.check("the subsection went along", `document.querySelector("[data-grader]").textContent.includes("1 subsection counts as this")`)
	learner.open("/courses/" + key + "/progress")
	learner.look("progress after grading")
	learner.check("the learner sees types and cutoffs", `["Exercises", "Project"].every(w => document.body.textContent.includes(w)) && !document.body.textContent.includes("Lab")`)
}

func advanced(t *testing.T, w, learner *walker, key string) {
	t.Helper()
	w.open("/settings/advanced/" + key)
	w.wait("scripts", `document.querySelector("[data-find]").checkVisibility()`)
	w.look("studio advanced")
	w.size(1280)
	shown := `[...document.querySelectorAll("[data-setting]")].filter(e => e.checkVisibility()).map(e => e.querySelector("code").textContent)`
	w.do("search", chromedp.SendKeys(chromedp.CSS("[data-find]"), "advanced modules"))
	w.wait("found", shown+`.includes("advanced_modules") && `+shown+`.length < 5`)
	set := func(name, value string) {
		t.Helper()
		eval[bool](w.ctx, t, `(() => { const f = document.querySelector("[name='f.`+name+`']"); f.value = `+quote(value)+`; f.dispatchEvent(new Event("input", {bubbles: true})); return true })()`)
	}
	set("advanced_modules", "[\n  \"poll\",\n]")
	set("display_organization", "The University")
	w.allow(`status of 422 .*/settings/advanced/`)
	w.do("save", chromedp.Click(named("Save"), chromedp.NodeVisible))
	w.wait("refused at its key, at its place, as it was typed", `(f => f?.getAttribute("aria-invalid") === "true" && f.value.includes('"poll",') && /line 3/i.test(f.closest("[data-setting]").textContent))(document.querySelector("[name='f.advanced_modules']")) && document.querySelector("[name='f.display_organization']").value === "The University"`)
	w.look("studio advanced refused")
	w.size(1280)
	set("advanced_modules", "[\"poll\"]")
	w.followNamed("Save")
	w.wait("saved", `document.querySelector(".notices")?.textContent.includes("Saved.")`)
	w.check("kept", `document.querySelector("[name='f.advanced_modules']").value.includes("poll")`)
	learner.open("/courses/" + key + "/about")
	learner.check("the learner sees the organization", `document.body.textContent.includes("The University")`)
}

func pages(t *testing.T, w, learner *walker, key string) {
	t.Helper()
	names := `[...document.querySelectorAll("[data-tab] strong")].map(e => e.textContent).join()`
	row := func(name string) string {
		return `[...document.querySelectorAll("[data-tab]")].find(r => r.querySelector("strong").textContent === ` + quote(name) + `)`
	}
	at := func(name string) string {
		return `[...document.querySelectorAll("[data-tab]")].indexOf(` + row(name) + `)`
	}
	kept := func(place int) {
		t.Helper()
		w.waitFor("kept", patience, func() bool {
			list := eval[[]string](w.ctx, t, `(async () => (await (await fetch(location.pathname, {headers: {Accept: "application/json"}})).json()).tabs.map(t => t.name))()`)
			return list[place] == "Syllabus"
		})
	}
	w.open("/tabs/" + key)
	w.fill("name", "Syllabus")
	w.followNamed("Add page")
	w.wait("its editor", `new URLSearchParams(location.search).has("page") && document.querySelector("[name=body]")`)
	w.look("studio page")
	w.size(1280)
	eval[bool](w.ctx, t, `(() => { const f = document.querySelector("[name=body]"); f.value = "<p>Week one: <b>begin</b>.</p>"; f.dispatchEvent(new Event("input", {bubbles: true})); return true })()`)
	w.followNamed("Save")
	w.wait("the list", names+`.endsWith("Syllabus")`)
	w.look("studio pages")
	w.size(1280)
	// By keyboard to the front, as far as it goes; by mouse back behind the one after it.
	w.wait("scripts", row("Syllabus")+`.querySelector("[data-grip]").checkVisibility()`)
	w.do("focus", chromedp.Focus(chromedp.JSPath(row("Syllabus")+`.querySelector("a")`)))
	// What is sent first takes longest.
	eval[bool](w.ctx, t, `(() => { const send = window.fetch; let n = 0; window.fetch = async (...a) => {
		if (a[1]?.method === "POST") await new Promise((r) => setTimeout(r, Math.max(0, 800 - 200 * n++)));
		return send(...a);
	}; return true })()`)
	for range 6 {
		w.alt(kb.ArrowUp)
	}
	w.wait("behind home and course", at("Syllabus")+` === 2 && document.activeElement.closest("[data-tab]") === `+row("Syllabus"))
	kept(2)
	last := `document.querySelectorAll("[data-tab]")[3]`
	box := w.rect(last)
	w.drag(row("Syllabus")+`.querySelector("[data-grip]")`, box[0]+box[2]/2, box[1]+box[3]-4)
	w.wait("dragged", at("Syllabus")+` === 3`)
	kept(3)
	w.followNamed("Hide Progress from learners")
	w.wait("hidden", row("Progress")+`.classList.contains("is-hidden")`)
	bar := `[...document.querySelectorAll("nav a")].map(a => a.textContent.trim())`
	learner.open("/courses/" + key + "/course/")
	learner.check("the learner's tabs", bar+`.includes("Syllabus") && !`+bar+`.includes("Progress")`)
	w.followNamed("Delete Syllabus")
	w.wait("gone", `!`+names+`.includes("Syllabus") && document.querySelector(".settings__undo")`)
	w.look("studio pages undo")
	w.size(1280)
	learner.open("/courses/" + key + "/course/")
	learner.check("gone for the learner", `!`+bar+`.includes("Syllabus")`)
	w.followNamed("Undo")
	w.wait("back in its place", at("Syllabus")+` === 3`)
	learner.open("/courses/" + key + "/course/")
	learner.followNamed("Syllabus")
	learner.check("its words", `document.querySelector("main").textContent.includes("Week one: begin.")`)
}

func updates(t *testing.T, w, learner *walker, key string) {
	t.Helper()
	write := func(selector, text string) {
		t.Helper()
		eval[bool](w.ctx, t, `(() => { const f = document.querySelector(`+quote(selector)+`); f.value = `+quote(text)+`; f.dispatchEvent(new Event("input", {bubbles: true})); return true })()`)
	}
	home := func(words string, there bool) {
		t.Helper()
		learner.open("/courses/" + key + "/course/")
		if got := eval[bool](learner.ctx, t, `document.querySelector("main").textContent.includes(`+quote(words)+`)`); got != there {
			t.Errorf("%q on the home page of the course: %v", words, got)
		}
	}
	w.open("/course_info/" + key)
	write("#content-new", "<p>We <b>begin</b> on Monday.</p>")
	w.followNamed("Post")
	w.wait("posted", `document.querySelectorAll(".news").length === 1`)
	home("We begin on Monday.", true)
	w.do("open it", chromedp.Click(chromedp.CSS(".news > summary"), chromedp.NodeVisible))
	w.wait("its form", `document.querySelector("#content-1").closest("form").checkVisibility()`)
	w.look("studio updates")
	w.size(1280)
	write("#content-1", "<p>We begin on Tuesday.</p>")
	w.followNamed("Save")
	w.wait("edited", `document.querySelector(".news__start")?.textContent.includes("Tuesday")`)
	home("We begin on Tuesday.", true)
	write("[name=handouts]", `<p><a href="/static/notes.pdf">Notes of the course</a></p>`)
	w.followNamed("Save handouts")
	w.wait("saved", `document.querySelector(".notices")?.textContent.includes("Saved.")`)
	home("Notes of the course", true)
	w.do("open it", chromedp.Click(chromedp.CSS(".news > summary"), chromedp.NodeVisible))
	w.followNamed("Delete")
	w.wait("gone", `document.querySelectorAll(".news").length === 0 && document.querySelector(".settings__undo")`)
	home("We begin on Tuesday.", false)
	w.followNamed("Undo")
	w.wait("back", `document.querySelectorAll(".news").length === 1`)
	home("We begin on Tuesday.", true)
}

func certificates(t *testing.T, w *walker, key string) {
	t.Helper()
	w.open("/certificates/" + key)
	w.fill("sig_name", "Ann Dean")
	w.followNamed("Add a signatory")
	w.wait("two", `document.querySelector(".settings__upload") && document.querySelectorAll("[name=sig_id]").length === 2 && document.querySelector("[name=sig_name]").value === "Ann Dean"`)
	w.look("studio certificates")
	w.size(1280)
	w.followNamed("Remove signatory 2")
	w.wait("one", `document.querySelector(".settings__upload") && document.querySelectorAll("[name=sig_id]").length === 1`)
	eval[bool](w.ctx, t, `(async () => {
		const canvas = document.createElement("canvas"), files = new DataTransfer(), chooser = document.querySelector(".certificate input[type=file]");
		const blob = await new Promise((done) => canvas.toBlob(done));
		files.items.add(new File([blob], "signature.png", {type: "image/png"}));
		chooser.files = files.files;
		chooser.dispatchEvent(new Event("change"));
		return true;
	})()`)
	w.wait("uploaded", `document.querySelector("[name=sig_picture]").value === "signature.png"`)
	w.follow("save", chromedp.Click(chromedp.CSS("main .button--primary[value=save]"), chromedp.NodeVisible))
	w.wait("its picture", `document.querySelector(".certificate img")?.naturalWidth > 0`)
	w.wait("saved", `document.querySelector(".notices")?.textContent.includes("Saved.")`)
	w.followNamed("Activate")
	w.wait("active", `document.querySelector(".certificate__state").textContent.includes("Deactivate")`)
	w.look("studio certificates active")
	w.size(1280)
	w.followNamed("Deactivate")
	w.followNamed("Delete certificate")
	w.wait("gone", `document.querySelector(".settings__undo")`)
	w.followNamed("Undo")
	w.wait("back", `document.querySelector("[name=sig_name]").value === "Ann Dean" && document.querySelector(".certificate__state")`)
}
