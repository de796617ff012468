package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestEditors walks through the forms of blocks: settings, a video, a kind nobody has an editor for.
func TestEditors(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := newWalker(t, s.studio, 6*time.Minute)
	w.size(1280)
	w.toStudio(s.demo.Author.Email, s.demo.Author.Password)

	// A course by the door that authoring scripts use.
	made := eval[map[string]string](w.ctx, t, `(async () => {
		const send = async (path, body) => (await fetch(path, {method: "POST", headers: {"Content-Type": "application/json", Accept: "application/json"}, body: JSON.stringify(body)})).json();
		const course = (await send("/course/", {org: "Uni", number: "E1", run: "2027", display_name: "Editing"})).course_key;
		const add = async (parent, category, name) => (await send("/xblock/", {parent_locator: parent, category, display_name: name})).locator;
		const root = "block-v1:" + course.slice("course-v1:".length) + "+type@course+block@course";
		const section = await add(root, "chapter", "Week one");
		const subsection = await add(section, "sequential", "Lesson one");
		const unit = await add(subsection, "vertical", "First steps");
		const out = {course, root, section, subsection, unit};
		for (const kind of ["video", "poll", "lti_consumer", "scorm", "discussion"]) {
			out[kind] = await add(unit, kind, "A " + kind);
		}
		await send("/xblock/" + out.scorm, {data: "<scorm url_name=\"x\"><package name=\"a\"/></scorm>"});
		return out;
	})()`)
	if made["scorm"] == "" || made["video"] == "" {
		t.Fatalf("make a course: %v", made)
	}
	set := func(name, value string) {
		t.Helper()
		eval[bool](w.ctx, t, fmt.Sprintf(`(() => { const f = document.querySelector("[data-edit-form] [name=" + JSON.stringify(%s) + "]");
			f.value = %s; f.dispatchEvent(new Event("input", {bubbles: true})); f.dispatchEvent(new Event("change", {bubbles: true})); return true; })()`, quote(name), quote(value)))
	}
	ready := func() {
		t.Helper()
		w.wait("the form is ready", `document.querySelector("[data-edit-form]") && document.readyState === "complete" && document.querySelector(".edit.is-ready")`)
	}

	// A video: places to play it from, and the player of what is typed.
	w.open("/edit/" + made["video"])
	ready()
	w.wait("rows for video files", `document.querySelector(".video-editor__source input")`)
	w.do("type an address", chromedp.Focus(chromedp.CSS(".video-editor__source input")), chromedp.KeyEvent("/static/film.mp4"))
	w.wait("the player of what is typed", `document.querySelector("[data-preview] source")?.src.includes("film.mp4")`)
	w.allow(`film\.mp4`)
	w.do("another", chromedp.Click(chromedp.CSS("[data-sources] > .field > button"), chromedp.NodeVisible))
	w.do("type it", chromedp.KeyEvent("https://example.org/film.m3u8"))
	w.do("move it up", chromedp.Click(chromedp.CSS(`.video-editor__source:nth-child(2) [data-does=up]`), chromedp.NodeVisible))
	w.wait("moved", `document.querySelector("[name='v.sources']").value === "https://example.org/film.m3u8\n/static/film.mp4"`)
	w.wait("kept while it is not saved", `Object.keys(localStorage).some(k => k.startsWith("draft:edit:") && localStorage[k].includes("film.m3u8"))`)
	w.open("/edit/" + made["video"])
	ready()
	w.wait("back after a reload", `document.querySelectorAll(".video-editor__source").length === 2 && !document.querySelector("[data-edit-restored]").hidden`)
	w.look("edit video")
	w.size(1280)
	set("v.start", "later")
	w.allow(`status of 400`)
	w.press(".edit__foot button")
	w.wait("refused beside its field", `document.activeElement.name === "v.start" && document.activeElement.getAttribute("aria-invalid") === "true" && document.querySelector("[data-edit-error]")`)
	w.look("edit video refused")
	w.size(1280)
	set("v.start", "1:30")
	w.follow("save", chromedp.Click(chromedp.CSS(".edit__foot button"), chromedp.NodeVisible))
	w.wait("back at the unit", `location.pathname === "/container/" + `+quote(made["unit"])+` && location.hash.startsWith("#video-")`)
	w.check("nothing is kept any more", `!Object.keys(localStorage).some(k => k.startsWith("draft:edit:"))`)

	// A kind without an editor: its fields as a form, set and reset.
	w.open("/edit/" + made["lti_consumer"])
	ready()
	w.look("edit settings")
	w.size(1280)
	set("f.modal_height", "ninety")
	w.check("it says that it is changed", `document.querySelector("[data-setting=modal_height] [data-whose]").textContent.includes("Changed")`)
	w.do("save by keyboard", chromedp.Focus(chromedp.CSS("[name='f.modal_height']")), chromedp.KeyEvent("s", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	w.wait("refused, and still there", `document.querySelector("[data-setting=modal_height] [data-edit-error]") && document.querySelector("[name='f.modal_height']").value === "ninety"`)
	set("f.modal_height", "90")
	w.follow("save", chromedp.KeyEvent("s", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	w.open("/edit/" + made["lti_consumer"])
	ready()
	w.check("set here", `document.querySelector("[data-setting=modal_height] [data-whose]").textContent.trim() === "Set here" && document.querySelector("[name='f.modal_height']").value === "90"`)
	w.do("reset", chromedp.Click(chromedp.CSS("[data-setting=modal_height] [data-reset]"), chromedp.NodeVisible))
	w.check("the default is shown", `document.querySelector("[name='f.modal_height']").value === "80"`)
	w.follow("save", chromedp.Click(chromedp.CSS(".edit__foot button"), chromedp.NodeVisible))

	// A kind nobody knows: its source, checked as it is typed, with undo.
	w.open("/edit/" + made["scorm"])
	ready()
	w.do("type", chromedp.Focus(chromedp.CSS(".cm-content")), chromedp.KeyEvent(kb.End, chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.KeyEvent("\n<b>"))
	w.wait("the line is told", `document.querySelector(".source__problem") && document.querySelector(".cm-problem")`)
	w.look("edit source")
	w.size(1280)
	w.do("undo", chromedp.Click(chromedp.CSS("[data-undo]"), chromedp.NodeVisible))
	w.wait("undone", `!document.querySelector("[name=data]").value.includes("<b>")`)
	w.wait("mended", `!document.querySelector(".source__problem")`)

	// Two tabs: both versions are shown, and nothing of either is lost.
	w.open("/edit/" + made["poll"])
	ready()
	other := w.tab()
	other.size(1280)
	other.open("/edit/" + made["poll"])
	other.wait("ready", `document.querySelector(".edit.is-ready")`)
	eval[bool](other.ctx, t, `document.querySelector("[name='f.display_name']").value = "Theirs", true`)
	other.follow("save", chromedp.Click(chromedp.CSS(".edit__foot button"), chromedp.NodeVisible))
	set("f.display_name", "Mine")
	w.allow(`status of 409`)
	w.press(".edit__foot button")
	w.wait("both versions", `document.querySelector("[data-lost]")?.textContent.includes("Theirs") && document.querySelector("[data-lost]").textContent.includes("Mine")`)
	w.look("edit lost race")
	w.size(1280)
	w.followNamed("Use mine")
	w.open("/edit/" + made["poll"])
	w.wait("mine", `document.querySelector("[name='f.display_name']")?.value === "Mine"`)
	parts(t, w, made)
}

// parts walks through the settings of a section, a subsection and a unit.
func parts(t *testing.T, w *walker, made map[string]string) {
	t.Helper()
	w.open("/part/" + made["section"])
	w.fill("h0", "You have seen the first page.")
	w.followNamed("Save settings")
	w.check("the highlight is kept", `document.querySelector("[name=h0]").value === "You have seen the first page."`)
	w.look("part section")
	w.size(1280)

	w.open("/part/" + made["subsection"])
	eval[bool](w.ctx, t, `document.querySelector("#settings [name=exam]").value = "timed", document.querySelector("#settings [name=visibility][value=staff_only]").checked = true`)
	w.allow(`status of 422 .*/part/`)
	w.do("save", chromedp.Click(named("Save settings"), chromedp.NodeVisible))
	w.wait("refused beside its field, the rest as it was chosen", `document.querySelector("[name=minutes]")?.getAttribute("aria-invalid") === "true" &&
		document.querySelector("[name=exam]").value === "timed" && document.querySelector("#settings [name=visibility]:checked").value === "staff_only"`)
	w.look("part subsection")
	w.size(1280)
	w.fill("minutes", "45")
	w.followNamed("Save settings")
	w.check("kept", `document.querySelector("[name=minutes]").value === "45" && document.querySelector("[name=exam]").value === "timed"`)

	w.open("/part/" + made["unit"])
	w.look("part unit")
	w.size(1280)
}
