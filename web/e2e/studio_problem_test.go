package e2e

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const problemsKey = "course-v1:Walks+Problems+2027"

var problemsFiles = map[string]string{
	"course.xml": `<course org="Walks" course="Problems" url_name="2027"/>`,
	"course/2027.xml": `<course display_name="Problems" start="2020-01-01T00:00:00Z"><chapter url_name="c" display_name="Chapter"><sequential url_name="s" display_name="Section">
		<vertical url_name="u" display_name="Unit"><problem url_name="p"/><problem url_name="code"/><problem url_name="script"/><problem url_name="plain"/></vertical></sequential></chapter></course>`,
	"problem/p.xml":     `<problem display_name="A question" markdown=""/>`,
	"problem/plain.xml": `<problem display_name="Without scripts" markdown="&gt;&gt;2+2?&lt;&lt;&#10;= 4"><numericalresponse answer="4"><label>2+2?</label><formulaequationinput/></numericalresponse></problem>`,
	"problem/code.xml": `<problem display_name="Random"><script type="loncapa/python">
x = random.randint(1, 900)
</script>
<numericalresponse answer="$x"><label>Write $x</label><formulaequationinput/></numericalresponse>
<demandhint><hint>Look at the question.</hint></demandhint>
<solution><p>It says so itself.</p></solution></problem>`,
	"problem/script.xml": `<problem display_name="With scripts"><p id="told">nothing</p>
<script type="text/javascript">document.addEventListener("DOMContentLoaded", function () { document.getElementById("told").textContent = "the author's script ran"; });</script>
<stringresponse answer="yes" type="ci"><label>Did it?</label><textline/></stringresponse></problem>`,
}

// inTrial is a condition on the document in the preview, d.
func inTrial(condition string) string {
	return `(() => { const d = document.querySelector("[data-trial-frame]")?.contentDocument; return d?.readyState === "complete" && !!d.querySelector("[data-trial]") && (` + condition + `); })()`
}

// write replaces the text of the editor that is open, by keyboard.
func (w *walker) write(text string) {
	w.t.Helper()
	w.do("go into the text", chromedp.Focus(chromedp.JSPath(`[...document.querySelectorAll(".cm-content")].find(e => e.getClientRects().length > 0)`)))
	w.do("choose it all", chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	w.do("clear", chromedp.KeyEvent(kb.Backspace))
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			// The key alone: its character, which a browser leaves out once an editor has taken the key, would be a second line.
			w.do("next line", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
				_, err := cdp.Call(ctx, tab, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: "rawKeyDown", Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 13})
				return err
			}))
		}
		if line != "" {
			w.do("write "+line, chromedp.KeyEvent(line))
		}
	}
}

// tryAnswer does something in the preview and submits.
func (w *walker) tryAnswer(what, script string) {
	w.t.Helper()
	w.check(what, inTrial(`(() => { `+script+`; d.querySelector("form.problem__form").dispatchEvent(new Event("input", {bubbles: true})); d.querySelector("form.problem__form").dispatchEvent(new Event("change", {bubbles: true})); return true; })()`))
	w.check("submit "+what, inTrial(`(() => { d.querySelector("[data-act=problem_check]").click(); return true; })()`))
}

func (w *walker) trialVerdict(word string) {
	w.t.Helper()
	w.wait("the verdict "+word, inTrial(`d.querySelector(".verdict--`+word+`") && !d.querySelector(".problem[data-busy]")`))
}

func (w *walker) again() {
	w.t.Helper()
	w.press("[data-again]")
	w.wait("the problem afresh", inTrial(`!d.querySelector(".verdict")`))
}

// TestProblemEditor writes one question of each kind, tries each out, and goes on to XML.
func TestProblemEditor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	dir := t.TempDir()
	for name, text := range problemsFiles {
		put(t, filepath.Join(dir, filepath.FromSlash(name)), []byte(text))
	}
	s.command("course", "import", dir, "--publish")
	t.Run("markdown", func(t *testing.T) { problemInMarkdown(t, s) })
	t.Run("xml", func(t *testing.T) { problemInXML(t, s) })
	t.Run("without scripts", func(t *testing.T) { problemWithoutScripts(t, s) })
}

func problemInMarkdown(t *testing.T, s *site) {
	w := newWalker(t, s.studio, 6*time.Minute)
	w.size(1280)
	w.toStudio(s.demo.Staff.Email, s.demo.Staff.Password)
	edit := "/edit/block-v1:Walks+Problems+2027+type@problem+block@p"
	w.open(edit)
	w.wait("the editor", `document.querySelector(".problem-editor[data-trial=drawn] .cm-content")`)
	field := `d.querySelector(".problem__form input[type=text]").value = `
	for _, kind := range []struct{ name, text, shown, wrong, right string }{
		{"choice", ">>The capital of Peru?||One answer.<<\n\n( ) Cusco {{Once it was.}}\n(x) Lima\n", "The capital of Peru?", `d.querySelectorAll("input[type=radio]")[0].checked = true`, `d.querySelectorAll("input[type=radio]")[1].checked = true`},
		{"boxes", ">>Even numbers?<<\n[x] 2\n[ ] 3\n[x] 4\n", "Even numbers?", `d.querySelectorAll("input[type=checkbox]")[0].checked = true`, `d.querySelectorAll("input[type=checkbox]")[0].checked = true; d.querySelectorAll("input[type=checkbox]")[2].checked = true`},
		{"dropdown", ">>A fruit?<<\n[[leek, (plum), oak]]\n", "A fruit?", `d.querySelector("select").value = "leek"`, `d.querySelector("select").value = "plum"`},
		{"number", ">>Pi?<<\n= 3.14 +- 0.01\n||It begins with three.||\n[explanation]\nA circle knows.\n[explanation]\n", "Pi?", field + `"3"`, field + `"3.141"`},
		{"text", ">>A color of the sky?<<\n= blue\nor= gray\n", "A color of the sky?", field + `"green"`, field + `"Gray"`},
	} {
		w.write(kind.text)
		w.wait("the "+kind.name+" drawn", inTrial(`d.querySelector(".problem").textContent.includes(`+quote(kind.shown)+`)`)+` && document.querySelector(".problem-editor[data-trial=drawn]")`)
		w.tryAnswer("a wrong "+kind.name, kind.wrong)
		w.trialVerdict("incorrect")
		w.tryAnswer("a right "+kind.name, kind.right)
		w.trialVerdict("correct")
		if kind.name == "number" {
			w.check("ask for a hint", inTrial(`(() => { d.querySelector("[data-act=hint_button]").click(); return true; })()`))
			w.wait("the hint", inTrial(`d.querySelector("[data-hints]").textContent.includes("It begins with three.")`))
			w.check("ask for the answer", inTrial(`(() => { d.querySelector("[data-act=problem_show]").click(); return true; })()`))
			w.wait("the answer", inTrial(`d.querySelector(".solution:not([hidden])").textContent.includes("A circle knows.")`))
		}
		w.again()
	}

	// The buttons put examples in, and what an author will write over is selected.
	w.write("")
	w.press(`[data-tool-name=label]`)
	w.do("write the question", chromedp.KeyEvent("Who was it?"), chromedp.KeyEvent(kb.End, chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	w.press(`[data-tool-name=text]`)
	w.do("write the answer", chromedp.KeyEvent("Zeno"))
	w.wait("both in the field", `document.querySelector("#markdown").value.includes(">>Who was it?||") && document.querySelector("#markdown").value.includes("= Zeno\n")`)
	w.wait("it is drawn", inTrial(`d.querySelector(".problem").textContent.includes("Who was it?")`))
	w.press(".problem-editor__help > summary")
	w.press(".problem-editor__xml > summary")
	w.wait("the XML beside", `document.querySelector("[data-made-xml]").textContent.includes('<stringresponse answer="Zeno"')`)
	w.look("problem markdown")
	w.size(1280)

	// What cannot be read is told by its line, and the text stays.
	w.write(">>Less?<<\n\nWhen a < b\n\n= 5\n")
	w.wait("the line", `document.querySelector(".source__line")?.textContent.includes("3") && document.querySelector(".cm-problem")`)
	w.wait("the preview says so", inTrial(`d.querySelector(".notice--error")`))
	w.look("problem broken markdown")
	w.size(1280)

	// On to XML; a tag is missing, then it is not.
	w.write(">>Five?<<\n= 5\n")
	w.wait("it is drawn", inTrial(`d.querySelector(".problem").textContent.includes("Five?")`))
	w.press(".problem-editor__switch > summary")
	w.press("[data-switch-now]")
	w.wait("XML", `document.querySelector("[data-xml]:not([hidden]) .cm-content")?.textContent.includes("<numericalresponse")`)
	w.write("<problem>\n<numericalresponse answer=\"7\">\n<label>Seven?</label>\n<formulaequationinput>\n</numericalresponse>\n</problem>")
	w.wait("the line", `[...document.querySelectorAll("[data-xml] .source__line")].some(e => e.textContent.includes("5"))`)
	w.look("problem broken xml")
	w.size(1280)
	w.write("<problem>\n<numericalresponse answer=\"7\">\n<label>Seven?</label>\n<formulaequationinput/>\n</numericalresponse>\n</problem>")
	w.wait("it is drawn", inTrial(`d.querySelector(".problem")?.textContent.includes("Seven?")`))
	w.tryAnswer("seven", field+`"7"`)
	w.trialVerdict("correct")
	w.look("problem xml")
	w.size(1280)
	w.follow("save", chromedp.Click(chromedp.CSS(".edit__foot .button--primary"), chromedp.NodeVisible))
	w.open(edit)
	w.wait("XML for good", `document.querySelector("#data")?.value.includes("Seven?") && !document.querySelector("#markdown")`)
	w.open("/part/block-v1:Walks+Problems+2027+type@vertical+block@u")
	w.followNamed("Publish")

	l := newWalker(t, s.url, 2*time.Minute)
	l.signIn(s.demo.Staff.Email, s.demo.Staff.Password)
	l.open("/courses/" + problemsKey + "/jump_to_id/u")
	l.wait("learners see it", `document.body.textContent.includes("Seven?")`)
	l.check("and nothing of the trials", `!document.querySelector(".verdict")`)
}

func problemInXML(t *testing.T, s *site) {
	w := newWalker(t, s.studio, 4*time.Minute)
	w.size(1280)
	w.toStudio(s.demo.Staff.Email, s.demo.Staff.Password)
	w.open("/edit/block-v1:Walks+Problems+2027+type@problem+block@code")
	w.wait("the editor", `document.querySelector(".problem-editor[data-trial=drawn] .cm-content")`)
	number := `d.querySelector(".problem").textContent.match(/Write (\d+)/)?.[1]`
	w.wait("a variant", inTrial(number))
	w.check("keep the number", inTrial(`(window.first = `+number+`) !== ""`))
	w.do("a seed", chromedp.Focus(chromedp.CSS("[data-seed]")), chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.KeyEvent("77"+kb.Enter))
	w.wait("another variant", inTrial(number+` && `+number+` !== window.first`))
	w.tryAnswer("its number", `d.querySelector(".problem__form input[type=text]").value = `+number)
	w.trialVerdict("correct")
	w.press("[data-another]")
	w.wait("afresh", inTrial(`!d.querySelector(".verdict")`)+` && document.querySelector("[data-seed]").value !== "77"`)

	// A script that fails.
	w.write("<problem>\n<script type=\"loncapa/python\">\nx = 1/0\n</script>\n<p>$x</p>\n</problem>")
	w.wait("its failure", inTrial(`d.querySelector(".notice--error")?.textContent.includes("ZeroDivisionError")`))
	w.look("problem script fails")
	w.size(1280)

	// A question with its author's scripts stands in a frame of its own.
	w.open("/edit/block-v1:Walks+Problems+2027+type@problem+block@script")
	w.wait("the editor", `document.querySelector(".problem-editor[data-trial=drawn] .cm-content")`)
	w.wait("the frame in the frame", inTrial(`d.querySelector("[data-question] > iframe") && !d.querySelector("[data-question] > iframe").contentDocument`))
	w.wait("its height", inTrial(`d.querySelector("[data-question] > iframe").getBoundingClientRect().height > 40`))
	time.Sleep(time.Second) // another origin: nothing tells when it is drawn
	w.look("problem in a frame")
}

func problemWithoutScripts(t *testing.T, s *site) {
	w := newWalker(t, s.studio, 2*time.Minute)
	w.size(390)
	w.scriptsOff()
	w.open("/home/")
	w.fill("email_or_username", s.demo.Staff.Email)
	w.fill("password", s.demo.Staff.Password)
	w.followNamed("Sign in")
	w.followNamed("Go on to Studio")
	w.open("/edit/block-v1:Walks+Problems+2027+type@problem+block@plain")
	w.check("a plain field", `document.querySelector("#markdown").value.includes("2+2?")`)
	w.do("write", chromedp.SetValue(chromedp.CSS("#markdown"), ">>3+3?<<\n= 6"))
	w.check("show it", `(document.querySelector("[data-plain-preview]").click(), true)`)
	w.wait("the preview", inTrial(`d.querySelector(".problem").textContent.includes("3+3?")`))
	w.follow("save", chromedp.Click(chromedp.CSS(".edit__foot .button--primary"), chromedp.NodeVisible))
	w.open("/edit/block-v1:Walks+Problems+2027+type@problem+block@plain")
	w.check("it was saved", `document.querySelector("#markdown").value.includes("3+3?")`)
}
