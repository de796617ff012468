package e2e

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const (
	wholeKey  = "course-v1:Uni+Whole+runone"
	secondKey = "course-v1:Uni+Whole+runtwo"
)

// TestWholeCourse makes a course from nothing by keyboard alone, with each component and each template of a problem, files, grading, pages and
// groups; a learner takes it while the author changes it; a change is undone, a version restored; and the course goes out, into another run, and
// out again as the same files.
func TestWholeCourse(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := newWalker(t, s.studio, 20*time.Minute)
	w.size(1280)
	w.toStudio(s.demo.Author.Email, s.demo.Author.Password)
	k := &keyboard{walker: w}
	learner := newWalker(t, s.url, 20*time.Minute)
	learner.size(1280)
	for _, part := range []struct {
		name string
		run  func()
	}{
		{"settings", k.settings},
		{"grading", k.grading},
		{"files", k.files},
		{"pages", k.pages},
		{"groups", k.groups},
		{"outline", k.outline},
		{"texts", k.texts},
		{"problems", k.problems},
		{"other kinds", k.kinds},
		{"for a group", k.forGroup},
		{"publish", k.publish},
		{"learn", func() { k.learn(s, learner) }},
		{"change", func() { k.change(learner) }},
		{"undo and restore", func() { k.undoAndRestore(learner) }},
		{"two runs", k.secondRun},
	} {
		began := time.Now()
		if !t.Run(part.name, func(t *testing.T) {
			defer func(a, b *testing.T) { w.t, learner.t = a, b }(w.t, learner.t)
			w.t, learner.t = t, t
			part.run()
		}) {
			return // what follows stands on it
		}
		t.Logf("%s: %.1f s", part.name, time.Since(began).Seconds())
	}
}

// keyboard is an author without a mouse.
type keyboard struct {
	*walker
	units map[string]string // keys by name
}

// enterKey is Enter as a keyboard sends it: where the page takes the key, no character follows.
func enterKey() chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		press := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: "Enter", Code: "Enter", Text: "\r", WindowsVirtualKeyCode: 13}
		release := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyUp, Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 13}
		_, down := cdp.Call(ctx, tab, input.DispatchKeyEvent, press)
		_, up := cdp.Call(ctx, tab, input.DispatchKeyEvent, release)
		return errors.Join(down, up)
	})
}

// enter presses Enter where the focus is.
func (k *keyboard) enter(what string) {
	k.t.Helper()
	k.do(what, enterKey())
}

// onward presses Enter on what leads to another page.
func (k *keyboard) onward(what string) {
	k.t.Helper()
	k.follow(what, enterKey())
	k.wait("the page after "+what, `document.readyState === "complete"`)
}

// saying is a condition: the focus is on a link, button or summary of these words.
func saying(words string) string {
	return `((e) => e.matches("a, button, summary") && (e.getAttribute("aria-label") ?? e.textContent).trim().replace(/\s+/g, " ") === ` + quote(words) + `)(document.activeElement)`
}

// menu goes to a page of the course.
func (k *keyboard) menu(group, item string) {
	k.t.Helper()
	k.tabWithin(250, `document.activeElement.matches(".studio-bar summary") && `+saying(group))
	k.enter("open " + group)
	k.tabTo(`document.activeElement.matches(".studio-bar a.menu__item") && ` + saying(item))
	k.onward(item)
}

// retypeIn goes to a field and writes over what is in it.
func (k *keyboard) retypeIn(name, text string) {
	k.t.Helper()
	k.tabTo(`document.activeElement.name === ` + quote(name))
	k.overwrite(text)
}

// overwrite writes over what is in the field with the focus.
func (k *keyboard) overwrite(text string) {
	k.t.Helper()
	k.do("choose all", chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	k.do("write "+text, chromedp.KeyEvent(text))
}

func (k *keyboard) save() {
	k.t.Helper()
	k.tabTo(saying("Save"))
	k.onward("save")
	k.wait("saved", `document.querySelector(".notices")?.textContent.includes("Saved.")`)
}

// settings makes the course, lets it begin, and switches on every kind of component there is.
func (k *keyboard) settings() {
	k.tabTo(`document.activeElement.getAttribute("href") === "/course/new"`)
	k.onward("new course")
	k.retypeIn("display_name", "The whole of it")
	k.retypeIn("org", "Uni")
	k.retypeIn("number", "Whole")
	k.retypeIn("run", "runone")
	k.onward("create")
	k.wait("its outline", `location.pathname === "/course/`+wholeKey+`"`)

	k.menu("Settings", "Schedule & details")
	k.tabTo(`document.activeElement.name === "start"`)
	for _, keys := range []string{"01", "01", "2020", kb.Tab, "09", "00", "AM"} {
		k.do("the start", chromedp.KeyEvent(keys))
	}
	k.check("it begins in the past", `document.querySelector("[name=start]").value === "2020-01-01T09:00"`)
	k.retypeIn("short_description", "All there is.")
	k.save()

	k.menu("Settings", "Advanced settings")
	k.tabTo(`document.activeElement.id === "find-setting"`)
	k.do("look for it", chromedp.KeyEvent("advanced_modules"))
	k.retypeIn("f.advanced_modules", `["conditional", "split_test", "randomize", "poll_question", "poll", "survey", "word_cloud", "annotatable", "lti", "lti_consumer", "openassessment", "edx_sga", "staffgradedxblock", "done", "drag-and-drop-v2"]`)
	k.save()
}

// grading writes a policy of two types and three grades.
func (k *keyboard) grading() {
	k.menu("Settings", "Grading")
	k.tabTo(saying("Add a grade"))
	k.enter("a second grade")
	k.wait("A and B", `[...document.querySelectorAll("[name=letter]")].map(e => e.value).join() === "A,B"`)
	k.save()
	k.menu("Settings", "Grading")
	k.check("kept", `[...document.querySelectorAll("[name=letter]")].map(e => e.value).join() === "A,B"`)
	k.retypeIn("grace", "02:00")
	k.save()
}

func (k *keyboard) has(selector string) bool {
	k.t.Helper()
	return eval[bool](k.ctx, k.t, `!!document.querySelector(`+quote(selector)+`)`)
}

// files sends a picture. The window in which the system has a file chosen is not the page's: the file is given to the field.
func (k *keyboard) files() {
	k.menu("Content", "Files & uploads")
	picture := filepath.Join(k.t.TempDir(), "bridge.svg")
	put(k.t, picture, []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="120" height="40"><path d="M0 30Q60 0 120 30" fill="none" stroke="#246"/></svg>`))
	k.tabTo(`document.activeElement.id === "file"`)
	k.do("choose a file", chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{picture}))
	k.wait("it is there", `[...document.querySelectorAll(".files-list__name")].some(a => a.textContent.trim() === "bridge.svg")`)
}

// pages adds one, writes it, and puts it third.
func (k *keyboard) pages() {
	k.menu("Content", "Pages")
	k.retypeIn("name", "Syllabus")
	k.onward("add a page")
	k.wait("its editor", `document.querySelector(".rich__text")`)
	k.tabTo(`document.activeElement.matches(".rich__text")`)
	k.do("write", chromedp.KeyEvent("Week one: begin."))
	k.tabTo(saying("Save"))
	k.onward("save")
	tabs := `[...document.querySelectorAll(".tab-list__name strong")].map(e => e.textContent.trim())`
	k.wait("in the list", tabs+`.includes("Syllabus")`)
	k.tabTo(`document.activeElement.matches("[data-tab] a") && document.activeElement.closest("[data-tab]").textContent.includes("Syllabus")`)
	for range 6 {
		k.alt(kb.ArrowUp)
	}
	k.wait("third", tabs+`[2] === "Syllabus"`)
}

// groups makes two groups learners may be in.
func (k *keyboard) groups() {
	k.menu("Settings", "Group configurations")
	for _, name := range []string{"Beginners", "Advanced"} {
		k.tabTo(`document.activeElement.matches("#content-groups input[name=name][id^=add]")`)
		k.do("its name", chromedp.KeyEvent(name))
		k.onward("add " + name)
		k.wait(name, `[...document.querySelectorAll("#content-groups .groups__name strong")].some(e => e.textContent === `+quote(name)+`)`)
	}
}

// problemTemplates are what a problem can begin as.
var problemTemplates = strings.Fields(`blank_common multiplechoice checkboxes_response optionresponse numericalresponse string_response
	multiplechoice_hint checkboxes_response_hint optionresponse_hint numericalresponse_hint string_response_hint
	blankadvanced customgrader randomized formularesponse symbolicresponse problem_with_hint partial_credit truefalseresponse choicetextresponse
	imageresponse drag_and_drop annotationresponse circuitschematic latex_problem chemical_equation molecule crystal protein gene jsinput_response
	coderesponse filesubmission`)

const perUnit = 11 // problems in one unit

// outline makes a section, a graded subsection and one that is not, with their units.
func (k *keyboard) outline() {
	k.menu("Content", "Outline")
	add := func(kind, name string) {
		k.t.Helper()
		k.tabTo(`!!document.activeElement.closest(".adder--` + kind + `")`)
		k.enter("add")
		k.wait("its name can be typed", `document.activeElement.closest(".row__rename")`)
		k.do("name", chromedp.KeyEvent(name+kb.Enter))
		k.wait(name+" is there", row(name)+` && !document.querySelector(".row__rename")`)
	}
	add("section", "Everything")
	add("subsection", "To read")
	for _, name := range []string{"Texts", "Tools", "For some"} {
		add("unit", name)
	}
	// The next subsection is added below: from the last unit on, the first place of that name is its section's.
	add("subsection", "To answer")
	for i := range (len(problemTemplates) + perUnit - 1) / perUnit {
		add("unit", fmt.Sprintf("Questions %d", i+1))
	}
	k.units = eval[map[string]string](k.ctx, k.t, `Object.fromEntries([...document.querySelectorAll(".row--unit")].map(r => [r.querySelector(".row__name").textContent.trim(), r.querySelector("[data-more]").getAttribute("href").slice("/part/".length)]))`)
	k.check("units stand where they were made", `(`+row("To answer")+`).textContent.includes("Questions 1") && (`+row("To read")+`).textContent.includes("For some")`)

	// What is answered counts as homework.
	k.menu("Content", "Outline")
	k.rowAct("To answer", "settings")
	k.wait("its settings", `document.readyState === "complete" && location.pathname.startsWith("/part/")`)
	k.tabTo(`document.activeElement.name === "grader"`)
	k.do("homework", chromedp.KeyEvent("Homework"))
	k.check("chosen", `document.querySelector("[name=grader]").value === "Homework"`)
	k.tabTo(saying("Save dates"))
	k.onward("save")
	k.check("kept", `document.querySelector("[name=grader]").value === "Homework"`)
}

// rowAct chooses in the menu of a row of the outline.
func (k *keyboard) rowAct(name, act string) {
	k.t.Helper()
	k.tabTo(`document.activeElement === (` + row(name) + `)?.querySelector(":scope > [data-more]")`)
	k.enter("the menu of " + name)
	k.wait("the menu", `document.querySelector("[data-row-menu]").matches(":popover-open") && document.activeElement.dataset.act`)
	for !eval[bool](k.ctx, k.t, `document.activeElement.dataset.act === `+quote(act)) {
		was := eval[string](k.ctx, k.t, `document.activeElement.dataset.act`)
		k.do("down", chromedp.KeyEvent(kb.ArrowDown))
		if eval[string](k.ctx, k.t, `document.activeElement.dataset.act`) == was {
			k.t.Fatalf("the menu of %s has no %s", name, act)
		}
	}
	k.enter(act)
}

// to goes from the outline to a unit.
func (k *keyboard) to(unit string) {
	k.t.Helper()
	k.menu("Content", "Outline")
	k.tabTo(`document.activeElement === (` + row(unit) + `)?.querySelector(":scope > .row__line > .row__name")`)
	k.onward("open " + unit)
	k.wait("the unit", `location.pathname === "/container/`+k.units[unit]+`"`)
}

// offer adds what a button of the unit offers, of a template if it has some.
func (k *keyboard) offer(kind, template string) {
	k.t.Helper()
	k.tabTo(`document.activeElement.matches(".offer") && document.activeElement.parentElement.querySelector("input[name=category]").value === ` + quote(kind))
	k.enter("add a " + kind)
	if eval[bool](k.ctx, k.t, `!!document.activeElement.closest("details[open].offer-menu")`) {
		at := `document.activeElement.name === "boilerplate" && document.activeElement.value === ` + quote(template)
		if !eval[bool](k.ctx, k.t, at) {
			k.tabTo(at)
		}
		k.enter("its template " + template)
	}
	k.wait("the editor of "+kind, editorReady)
}

// saveAs names what the editor shows and saves it.
func (k *keyboard) saveAs(name string) {
	k.t.Helper()
	k.tabTo(`document.activeElement.name === "f.display_name"`)
	k.overwrite(name)
	k.do("save", chromedp.KeyEvent("s", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	k.wait("saved", `!document.querySelector("dialog[data-editor]").open && `+component(name)+`?.contains(document.activeElement)`)
}

// texts writes with the rich text, links, and shows the picture.
func (k *keyboard) texts() {
	k.to("Texts")
	k.offer("html", k.firstTemplate("html"))
	k.tabTo(`document.activeElement.matches(".rich__text")`)
	k.overwrite("The first bridge.")
	k.saveAs("First words")
	k.wait("shown", component("First words")+`.textContent.includes("The first bridge.")`)
}

// firstTemplate is the template a kind offers first, or none.
func (k *keyboard) firstTemplate(kind string) string {
	k.t.Helper()
	return eval[string](k.ctx, k.t, `document.querySelector(".offers input[value=`+kind+`]").closest("form").querySelector("[name=boilerplate]")?.value ?? ""`)
}

// problems adds each template, as it comes.
func (k *keyboard) problems() {
	for i, template := range problemTemplates {
		if i%perUnit == 0 {
			k.to(fmt.Sprintf("Questions %d", i/perUnit+1))
			if i == 0 {
				got := eval[[]string](k.ctx, k.t, `[...document.querySelectorAll(".offers input[value=problem]")].flatMap(i => [...i.closest("form").querySelectorAll("[name=boilerplate]")].map(b => b.value))`)
				if len(got) != len(problemTemplates) {
					k.t.Errorf("templates of problems: %q", got)
				}
			}
		}
		k.offer("problem", template+".yaml")
		k.saveAs("Q " + template)
	}
}

// kinds adds one of each other kind the unit offers.
func (k *keyboard) kinds() {
	k.to("Tools")
	kinds := eval[[]string](k.ctx, k.t, `[...new Set([...document.querySelectorAll(".offers input[name=category]")].map(i => i.value))]`)
	if len(kinds) < 20 {
		k.t.Errorf("the unit offers %q", kinds)
	}
	for _, kind := range kinds {
		if kind == "html" || kind == "problem" {
			continue
		}
		k.offer(kind, "")
		k.saveAs("A " + kind)
	}
}

// forGroup writes a text only one group sees.
func (k *keyboard) forGroup() {
	k.to("For some")
	k.offer("html", k.firstTemplate("html"))
	k.tabTo(`document.activeElement.matches(".rich__text")`)
	k.overwrite("For the advanced.")
	k.saveAs("For some only")
	k.tabTo(saying("More for For some only"))
	k.enter("its menu")
	k.tabTo(`document.activeElement.matches("a[href^='/access/']") && !!document.activeElement.closest(".component__menu")`)
	k.onward("who sees it")
	k.tabTo(`document.activeElement.name === "who"`)
	k.do("groups", chromedp.KeyEvent(kb.ArrowDown))
	for range 3 {
		if eval[bool](k.ctx, k.t, `document.activeElement.value === "groups"`) {
			break
		}
		k.do("groups", chromedp.KeyEvent(kb.ArrowDown))
	}
	k.tabTo(`document.activeElement.name === "group" && document.querySelector("label[for='" + document.activeElement.id + "']").textContent.includes("Advanced")`)
	k.do("this one", chromedp.KeyEvent(" "))
	k.tabTo(saying("Save"))
	k.onward("save")
	k.wait("told", `document.body.textContent.includes("Advanced")`)
}

// publish takes all of it to the learners.
func (k *keyboard) publish() {
	k.menu("Content", "Outline")
	k.rowAct("Everything", "publish")
	// What there is to say about it is said first: templates name no files of this course and the like.
	k.wait("published, or asked", `document.querySelector("dialog[open]") || document.querySelector("#toasts").textContent.includes("Published")`)
	if k.has("dialog[open]") {
		k.tabTo(`!!document.activeElement.closest("dialog[open]") && /^Publish/.test(document.activeElement.textContent.trim())`)
		k.enter("publish all the same")
	}
	k.wait("published", `document.querySelector("#toasts").textContent.includes("Published") && [...document.querySelectorAll(".row--unit")].every(r => r.classList.contains("is-live"))`)
}

// question is a condition on a question of a learner's page, q.
func question(name, condition string) string {
	return `((q) => !!q && (` + condition + `))([...document.querySelectorAll("[data-problem]")].find(q => q.querySelector(".problem__title")?.textContent.trim() === ` + quote("Q "+name) + `))`
}

// reply chooses or writes an answer in a learner's page and waits for its verdict.
func (w *walker) reply(name, how, verdict string) {
	w.t.Helper()
	w.check("answer "+name, question(name, how+`, q.querySelector("form.problem__form").dispatchEvent(new Event("input", {bubbles: true})), q.querySelector("form.problem__form").dispatchEvent(new Event("change", {bubbles: true})), true`))
	w.check("submit "+name, question(name, `q.querySelector("[data-act=problem_check]").click(), true`))
	w.wait("the verdict of "+name, question(name, `q.querySelector(".verdict--`+verdict+`") && !q.matches("[data-busy]")`))
}

// learn goes through the whole course by its next button, and answers.
func (k *keyboard) learn(s *site, learner *walker) {
	s.command("enroll", s.demo.Learner.Username, wholeKey)
	learner.signIn(s.demo.Learner.Email, s.demo.Learner.Password)
	learner.allow(`lti|youtube|example\.(org|com)`) // tools and films elsewhere
	learner.open("/courses/" + wholeKey + "/course/")
	learner.check("its pages", `[...document.querySelectorAll("nav a")].some(a => a.textContent.trim() === "Syllabus")`)
	learner.open("/courses/" + wholeKey + "/courseware/")
	var seen []string
	for range len(k.units) {
		learner.wait("a unit", `document.readyState === "complete" && document.querySelector("[data-unit]")`)
		seen = append(seen, learner.text("h1"))
		learner.check("nothing is broken", `!document.querySelector("main .notice--error")`)
		learner.check("nothing for another group", `!document.body.textContent.includes("For the advanced.")`)
		if len(seen) == len(k.units) {
			break
		}
		learner.follow("next", chromedp.Click(chromedp.JSPath(`[...document.querySelectorAll("main a")].find(a => a.rel === "next" && a.checkVisibility())`), chromedp.NodeVisible))
	}
	if want := []string{"Texts", "Tools", "For some", "Questions 1", "Questions 2", "Questions 3"}; strings.Join(seen, "|") != strings.Join(want, "|") {
		learner.t.Errorf("the way through the course: %q, want %q", seen, want)
	}
	learner.open("/courses/" + wholeKey + "/jump_to/" + k.units["Questions 1"])
	learner.reply("multiplechoice", `(q.querySelectorAll("input[type=radio]")[1].checked = true)`, "correct")
	learner.reply("string_response", `(q.querySelector("input[type=text]").value = "Oporto")`, "incorrect")
	learner.reply("string_response", `(q.querySelector("input[type=text]").value = "lisboa")`, "correct")
}

// change writes into the course while the learner is in it.
func (k *keyboard) change(learner *walker) {
	k.to("Texts")
	k.tabTo(`document.activeElement.matches("[data-act-edit]") && !!document.activeElement.closest("[data-component]")`)
	k.enter("edit")
	k.wait("the editor", editorReady)
	k.tabTo(`document.activeElement.matches(".rich__text")`)
	k.overwrite("The second bridge.")
	k.saveAs("First words")
	learner.open("/courses/" + wholeKey + "/jump_to/" + k.units["Texts"])
	learner.check("not yet", `document.body.textContent.includes("The first bridge.")`)
	k.publishUnit()
	learner.open("/courses/" + wholeKey + "/jump_to/" + k.units["Texts"])
	learner.check("now", `document.body.textContent.includes("The second bridge.")`)

	// The page the learner has open is of the version before: what is answered there counts.
	learner.open("/courses/" + wholeKey + "/jump_to/" + k.units["Questions 1"])
	k.to("Questions 1")
	k.tabTo(`document.activeElement.matches("[data-act-edit]") && document.activeElement.closest("[data-component]").textContent.includes("Q multiplechoice")`)
	k.enter("edit")
	k.wait("the editor", editorReady)
	k.saveAs("Q renamed")
	k.publishUnit()
	learner.reply("optionresponse", `(q.querySelector("select").selectedIndex = 1)`, "incorrect")
	learner.open("/courses/" + wholeKey + "/jump_to/" + k.units["Questions 1"])
	learner.check("what was answered stays", question("renamed", `q.querySelector(".verdict--correct") && q.querySelectorAll("input[type=radio]")[1].checked`))
	learner.open("/courses/" + wholeKey + "/progress")
	learner.check("and counts", `/To answer/.test(document.querySelector("main").textContent)`)
}

// publishUnit presses Publish on the page of a unit.
func (k *keyboard) publishUnit() {
	k.t.Helper()
	k.tabWithin(250, saying("Publish")+` && !!document.activeElement.closest(".part-unit__side")`)
	k.enter("publish")
	published := `document.querySelector(".part-unit__head .row__state").textContent.includes("Published and Live")`
	k.wait("published, or asked", `document.querySelector("dialog[open]:not([data-editor])") || `+published)
	if k.has("dialog[open]") {
		k.tabTo(`!!document.activeElement.closest("dialog[open]") && /^Publish/.test(document.activeElement.textContent.trim())`)
		k.enter("publish all the same")
	}
	k.wait("published", published)
}

// undoAndRestore takes a deletion back, and brings an old version of a unit back.
func (k *keyboard) undoAndRestore(learner *walker) {
	k.to("Tools")
	names := `[...document.querySelectorAll(".component__name")].map(e => e.firstChild.textContent.trim()).join("|")`
	all := eval[string](k.ctx, k.t, names)
	k.tabWithin(250, `document.activeElement.matches("[data-act-edit]") && document.activeElement.closest("[data-component]") === `+component("A video"))
	k.do("delete", chromedp.KeyEvent(kb.Delete))
	k.wait("gone", `!`+component("A video"))
	k.wait("a way back", `document.querySelector("#toasts").textContent.includes("Undo")`)
	k.do("undo", chromedp.KeyEvent("z", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	k.wait("as it was", names+` === `+quote(all))

	k.to("Texts")
	k.tabWithin(250, `document.activeElement.matches(".part-unit__side a[href^='/history/']")`)
	k.onward("history")
	k.check("its versions", `document.querySelectorAll(".version").length >= 3`)
	k.tabTo(`!!document.activeElement.closest(".version:not(.is-now)") && document.activeElement.matches("button")`)
	k.onward("go back")
	k.to("Texts")
	k.wait("the text of then", component("First words")+`.textContent.includes("The first bridge.")`)
	k.publishUnit()
	learner.open("/courses/" + wholeKey + "/jump_to/" + k.units["Texts"])
	learner.check("for learners", `document.body.textContent.includes("The first bridge.")`)
}

// take exports the course whose pages are open, and downloads the archive.
func (k *keyboard) take(key string) string {
	k.t.Helper()
	k.menu("Tools", "Export")
	k.tabTo(saying("Export") + ` && !!document.activeElement.closest("main")`)
	k.onward("export")
	k.over(exportName(key))
	k.tabTo(`document.activeElement.matches("a[download]")`)
	return k.download(enterKey())
}

// secondRun takes the course into another run. Both go out as the same files.
func (k *keyboard) secondRun() {
	k.menu("Content", "Outline")
	archive := k.take(wholeKey)
	first := unpacked(k.t, archive)
	k.open("/home/")
	k.tabTo(`document.activeElement.getAttribute("href") === "/course/new"`)
	k.onward("new course")
	for _, f := range [][2]string{{"display_name", "Another name"}, {"org", "Uni"}, {"number", "Whole"}, {"run", "runtwo"}} {
		k.retypeIn(f[0], f[1])
	}
	k.onward("create")
	k.wait("its outline", `location.pathname === "/course/`+secondKey+`"`)
	k.menu("Tools", "Import")
	k.tabTo(`document.activeElement.id === "course-data"`)
	k.bring(archive)
	k.tabTo(saying("Import") + ` && !!document.activeElement.closest("form[data-upload]")`)
	k.enter("import")
	k.over(exportName(wholeKey))
	k.check("it is in", `document.querySelector(".report__clean")?.textContent.includes("The course is in.")`)
	run := strings.NewReplacer("runtwo", "runone")
	second := map[string]string{}
	for name, text := range unpacked(k.t, k.take(secondKey)) {
		second[run.Replace(name)] = run.Replace(text)
	}
	for name, text := range first {
		if got, ok := second[name]; !ok {
			k.t.Errorf("%s is not in the second export", name)
		} else if got != text {
			k.t.Errorf("%s\n%.2000s\nin the first run:\n%.2000s", name, got, text)
		}
	}
	for name := range second {
		if _, ok := first[name]; !ok {
			k.t.Errorf("%s is new in the second export", name)
		}
	}
	if len(first) < 60 {
		k.t.Errorf("the export has %d files", len(first))
	}
}
