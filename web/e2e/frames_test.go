package e2e

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"lyceum/internal/sharedtest"
)

// framedCourse is a course whose questions carry scripts of their author.
const (
	framedKey  = "course-v1:Walks+Frames+2026"
	framedHome = "/courses/" + framedKey
)

var framedFiles = map[string]string{
	"course.xml": `<course org="Walks" course="Frames" url_name="2026"/>`,
	"course/2026.xml": `<course display_name="Frames" start="2020-01-01T00:00:00Z"><chapter url_name="c" display_name="Chapter">
		<sequential url_name="s" display_name="Section">
		<vertical url_name="dials" display_name="Dials"><problem url_name="dial"/></vertical>
		<vertical url_name="choices" display_name="Choices"><problem url_name="boxes"/><problem url_name="drawn"/></vertical>
		<vertical url_name="files" display_name="Files"><problem url_name="handed"/></vertical>
		</sequential></chapter></course>`,
	"problem/dial.xml": `<problem display_name="The dial" showanswer="always" show_reset_button="true" max_attempts="9">
		<script type="text/javascript">
			window.runs = (window.runs || 0) + 1;
			window.heardMath = typeof MathJax.Hub.Queue;
			Logger.log("nobody", "hears this");
			function turn(by) { var f = $("input[name^=input_]"); f.val(Number(f.val() || 0) + by).trigger("change"); }
			$(document).ready(function () { $(".problem .state").text("ready"); });
		</script>
		<style>.state { letter-spacing: 3px }</style>
		<p>Turn to five. <span class="state"/> \(x^2\)</p>
		<p><button type="button" id="more" onclick="turn(1)">More</button> <button type="button" id="tall" onclick="$('#room').height(900)">Tall</button> <button type="button" id="short" onclick="$('#room').height(0)">Short</button></p>
		<div id="room"/>
		<numericalresponse answer="5"><label>Turns</label><formulaequationinput/></numericalresponse>
		<solution><p id="why" onclick="$(this).addClass('asked')">Because five is five.</p><script type="text/javascript">window.solved = true</script></solution>
		<demandhint><hint>Less than six.</hint></demandhint></problem>`,
	"problem/boxes.xml": `<problem display_name="Boxes" show_reset_button="true"><choiceresponse><label>Which are even?</label><checkboxgroup>
		<choice correct="true">Two<choicehint selected="true">Indeed even.</choicehint></choice><choice correct="false">Three</choice></checkboxgroup></choiceresponse>
		<script type="text/javascript" src="/static/paint.js"/></problem>`,
	"problem/handed.xml": `<problem display_name="Handed in"><script type="text/javascript">window.ran = true</script><p>Hand in your program.</p>
		<coderesponse queuename="none"><filesubmission allowed_files="walk.py" required_files="walk.py"/><codeparam><initial_display/><answer_display/><grader_payload/></codeparam></coderesponse></problem>`,
	"static/paint.js":   `window.painted = $(".problem label").css("color", "rgb(1, 2, 3)").length;`,
	"problem/drawn.xml": `<problem display_name="In line"><stringresponse answer="yes"><label>Plain?</label><textline/></stringresponse></problem>`,
}

// TestFrames answers questions whose authors wrote scripts into them: the scripts run, the answer is sent by the page, and the scripts
// reach nothing but their own frame.
func TestFrames(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	dir := t.TempDir()
	for name, text := range framedFiles {
		put(t, filepath.Join(dir, filepath.FromSlash(name)), []byte(text))
	}
	s.command("course", "import", dir, "--publish")
	s.command("enroll", s.demo.Learner.Username, framedKey)
	s.command("enroll", s.demo.Staff.Username, framedKey)
	t.Run("answering", func(t *testing.T) { answerInFrame(t, s) })
	t.Run("files", func(t *testing.T) { filesInFrame(t, s) })
	t.Run("prison", func(t *testing.T) { frameIsPrison(t, s) })
	t.Run("without scripts", func(t *testing.T) { frameWithoutScripts(t, s) })
	t.Run("shared course", func(t *testing.T) { sharedFrames(t, s) })
}

// filesInFrame chooses files in a frame; the page looks at them and sends them.
func filesInFrame(t *testing.T, s *site) {
	w := framesOf(t, s, "handed")
	f := w.frame("handed")
	f.waitIn("the author's script", "ran")
	trouble := `document.querySelector(` + quote(problem("handed")+" [data-trouble]") + `).textContent`
	dir := t.TempDir()
	choose := func(name string) {
		put(t, filepath.Join(dir, name), []byte("print(1)\n"))
		f.inside("choose "+name, chromedp.SetUploadFiles(chromedp.CSS("input[type=file]"), []string{filepath.Join(dir, name)}))
	}
	f.press("problem_check")()
	w.wait("nothing is chosen", trouble+`.includes("walk.py is missing")`)
	choose("other.py")
	f.press("problem_check")()
	w.wait("another file", trouble+`.includes("other.py is not asked for")`)
	choose("walk.py")
	f.press("problem_check")()
	w.wait("the file has reached the server, which has nobody to grade it", trouble+`.match(/grader/i)`)
}

// framed is the frame of a question in the page of a walker.
type framed struct {
	*walker
	id  string
	ctx context.Context //nolint:containedctx // chromedp keeps the frame in it
}

// frame waits for the frame of a problem and attaches to it.
func (w *walker) frame(id string) *framed {
	w.t.Helper()
	f := &framed{walker: w, id: id}
	w.do("scroll to "+id, chromedp.ScrollIntoView(chromedp.CSS(problem(id))))
	w.waitFor("the frame of "+id, patience, func() bool {
		all, err := chromedp.Targets(w.ctx)
		if err != nil {
			return false
		}
		for _, target := range all {
			if target.Type == "iframe" && strings.Contains(target.URL, "/frame/") && strings.HasSuffix(target.URL, "@"+id) {
				ctx, cancel := chromedp.NewContext(w.ctx, chromedp.WithTargetID(target.TargetID), chromedp.WithListener(w.listen))
				w.t.Cleanup(cancel)
				f.ctx = ctx
				return chromedp.Do(ctx) == nil // it is attached as long as this context lives, not that of a single step
			}
		}
		return false
	})
	f.waitIn("the question of "+id, `document.readyState === "complete" && document.querySelector("[data-fields]")`)
	return f
}

// waitIn waits for a condition in the frame.
func (f *framed) waitIn(what, condition string) {
	f.t.Helper()
	f.waitFor(what, patience, func() bool {
		ctx, cancel := context.WithTimeout(f.ctx, 5*time.Second)
		defer cancel()
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+condition+")"))
		return err == nil && ok
	})
}

// checkIn fails the test, which goes on, when a condition does not hold in the frame.
func (f *framed) checkIn(what, condition string) {
	f.t.Helper()
	if !eval[bool](f.ctx, f.t, "!!("+condition+")") {
		f.t.Errorf("not so in the frame: %s", what)
	}
}

// inside does something in the frame, as a person would.
func (f *framed) inside(what string, steps ...chromedp.Action[chromedp.Void]) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		f.t.Fatalf("%s: %v\nat %s", what, err, f.where())
	}
}

// click presses an element of the frame with the mouse.
func (f *framed) click(selector string) {
	f.t.Helper()
	f.inside("scroll to "+selector, chromedp.ScrollIntoView(chromedp.CSS(selector), chromedp.NodeVisible))
	still(f.ctx, selector)
	still(f.walker.ctx, problem(f.id)+" iframe")
	f.inside("click "+selector, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// verdict waits for another verdict than the one that stands there, after something was done.
func (f *framed) verdict(want string, do func()) {
	f.t.Helper()
	eval[bool](f.walker.ctx, f.t, `document.querySelector(`+quote(problem(f.id)+" .verdict")+`)?.setAttribute("data-old", ""), true`)
	do()
	f.wait("a verdict of "+f.id, `document.querySelector(`+quote(problem(f.id)+" .verdict:not([data-old])")+`)`)
	f.wait("the verdict of "+f.id, `document.querySelector(`+quote(problem(f.id)+" .verdict--"+want+":not([data-old]) .verdict__receipt")+`)`)
}

func (f *framed) press(act string) func() {
	return func() {
		f.t.Helper()
		button := problem(f.id) + " [data-act=" + act + "]"
		f.walker.press(button)
	}
}

// framesOf signs in and opens a unit.
func framesOf(t *testing.T, s *site, block string) *walker {
	t.Helper()
	w := newWalker(t, s.url, 3*time.Minute)
	w.size(1280)
	w.signIn(s.demo.Learner.Email, s.demo.Learner.Password)
	w.open(framedHome + "/jump_to_id/" + block)
	w.wait("the unit", `document.querySelector("[data-unit]")`)
	return w
}

// theDial is the field of the dial, in its frame.
const theDial = `document.querySelector("input[name^=input_]")`

func answerInFrame(t *testing.T, s *site) {
	w := framesOf(t, s, "dial")
	f := w.frame("dial")
	f.waitIn("the author's script", `runs === 1 && heardMath === "function" && document.querySelector(".state").textContent === "ready"`)
	f.waitIn("mathematics", `document.querySelector("mjx-container")`)
	f.checkIn("the field has its label", theDial+`.labels[0]?.textContent.trim() === "Turns"`)
	f.checkIn("the fields are in no page of ours", `document.querySelectorAll("input").length === 1`)
	w.check("the fields are in the frame", `!document.querySelector(`+quote(problem("dial")+" input")+`)`)
	w.check("no notice", `!document.querySelector(".unit-blocks .notice")`)

	// Height follows.
	tall := `document.querySelector(` + quote(problem("dial")+" iframe") + `).clientHeight`
	w.wait("no room lost", tall+` < 700 && `+tall+` > 150`)
	f.click("#tall")
	w.wait("the frame has grown", tall+` > 900`)
	f.click("#short")
	w.wait("the frame has shrunk", tall+` < 700`)

	// Typed by the author's script, kept, and back after a reload.
	for range 4 {
		f.click("#more")
	}
	w.wait("kept", `document.querySelector(`+quote(problem("dial")+" [data-save-state]")+`).dataset.state === "saved"`)
	eval[bool](w.ctx, t, `localStorage.clear(), true`) // as on another device
	w.open(framedHome + "/jump_to_id/dial")
	f = w.frame("dial")
	f.waitIn("what the server kept", theDial+`.value === "4"`)
	f.click("#more")
	w.wait("it is in the browser", `Object.entries(localStorage).some(([k, v]) => k.startsWith("draft:problem:") && v.includes('"5"'))`)
	w.do("reload at once", chromedp.Reload())
	f = w.frame("dial")
	f.waitIn("what the browser kept", theDial+`.value === "5"`)

	// Right, by the page's button.
	f.verdict("correct", f.press("problem_check"))
	f.waitIn("the verdict beside the field, with its sign", `document.querySelector(".answer.is-correct .answer__status")?.textContent.includes("Correct") &&
		document.querySelector(document.querySelector(".answer__status use").getAttribute("href")) && document.querySelector(".answer__status svg").getBoundingClientRect().width > 5`)
	f.waitIn("the script runs on what is drawn anew", `runs === 2 && document.querySelector(".state").textContent === "ready"`)
	w.check("the focus is at the verdict", `document.activeElement?.matches("[data-result]")`)
	w.check("points", `document.querySelector("[data-points]").textContent.includes("1/1")`)
	receipt := w.text(".verdict__receipt")

	// Wrong, by keyboard alone.
	f.verdict("incorrect", func() {
		f.inside("type 9 and Enter", chromedp.SendKeys(chromedp.CSS("input[name^=input_]"), "9"+kb.Enter, chromedp.NodeVisible))
	})
	f.waitIn("wrong beside the field", `document.querySelector(".answer.is-incorrect") && `+theDial+`.value.includes("9")`)
	w.check("two attempts", `document.querySelector(".problem__attempts").textContent.includes("2 of 9")`)
	if got := w.text(".verdict__receipt"); got == receipt || got == "" {
		t.Errorf("receipt %q after %q", got, receipt)
	}

	// Hint, answer and solution, reset.
	f.press("hint_button")()
	w.wait("the hint", `document.querySelector("[data-hints]").textContent.includes("Less than six")`)
	f.press("problem_show")()
	f.waitIn("the answer and the solution, whose script has run", `document.querySelector("[data-answer]").checkVisibility() && document.querySelector("[data-answer]").textContent === "Answer: 5" && document.querySelector("#why") && solved`)
	f.click("#why")
	f.waitIn("the solution does what its author wrote", `document.querySelector("#why.asked")`)
	f.press("problem_show")()
	f.waitIn("hidden again", `!document.querySelector("[data-answer]").checkVisibility() && !document.querySelector("#why").checkVisibility()`)
	f.press("problem_reset")()
	f.waitIn("reset", theDial+`.value === ""`)

	// A frame that shows a later state than the page brings the page up to it.
	w.open(framedHome + "/jump_to_id/dial")
	f = w.frame("dial")
	eval[int](w.ctx, t, `fetch(document.querySelector("[data-handler]").dataset.handler + "/problem_save", {method: "POST", body: new URLSearchParams({input_dial_2_1: "7"})}).then(r => r.status)`)
	before := eval[string](w.ctx, t, `document.querySelector("[data-version]").dataset.version`)
	eval[bool](w.ctx, t, `(f => { f.src = f.src })(document.querySelector("iframe")), true`)
	w.wait("the page is drawn anew", `document.querySelector("[data-version]").dataset.version !== `+quote(before)+` && document.querySelector("[data-trouble]").textContent.includes("loaded again")`)
	f = w.frame("dial")
	f.waitIn("what was saved elsewhere", theDial+`.value === "7"`)

	// A choice in a frame, with its feedback; its neighbor is in line.
	w.open(framedHome + "/jump_to_id/boxes")
	f = w.frame("boxes")
	f.waitIn("the course's script", `painted > 0`)
	w.wait("nothing to submit yet", `document.querySelector(`+quote(problem("boxes")+" [data-act=problem_check]")+`).getAttribute("aria-disabled") === "true"`)
	f.press("problem_check")()
	w.wait("and it says so", `document.querySelector(`+quote(problem("boxes")+" [data-trouble]")+`).textContent.includes("Answer the question first")`)
	f.click("input[value=choice_0]")
	f.verdict("correct", f.press("problem_check"))
	f.waitIn("feedback", `document.querySelector(".problem").textContent.includes("Indeed even")`)
	w.check("in line", `document.querySelector(`+quote(problem("drawn")+" input")+`)`)
	w.open(framedHome + "/jump_to_id/boxes")
	f = w.frame("boxes")
	f.checkIn("the answer is kept", `document.querySelector("input[value=choice_0]").checked && document.querySelector(".is-correct")`)

	// Light and dark as the page, and no barriers.
	eval[bool](w.ctx, t, `document.documentElement.dataset.theme = "dark", true`)
	f.waitIn("dark", `getComputedStyle(document.documentElement).colorScheme === "dark"`)
	eval[bool](f.ctx, t, `$("label").css("color", ""), true`)
	barriersIn(f, t)
	eval[bool](w.ctx, t, `delete document.documentElement.dataset.theme, true`)
	barriersIn(f, t)
	w.look("a question in a frame")
	w.size(1280)
	w.open(framedHome + "/jump_to_id/dial")
	w.frame("dial")
	w.look("a dial in a frame")

	// The team is told nothing: the scripts run.
	team := newWalker(t, s.url, time.Minute)
	team.size(1280)
	team.signIn(s.demo.Staff.Email, s.demo.Staff.Password)
	team.open(framedHome + "/jump_to_id/dial")
	team.frame("dial")
	team.check("no notice for the team", `!document.querySelector(".unit-blocks .notice")`)
}

// barriersIn fails the test for what axe finds inside a frame.
func barriersIn(f *framed, t *testing.T) {
	t.Helper()
	eval[bool](f.ctx, t, axeSource+"; true")
	eval[bool](f.ctx, t, `Promise.allSettled(document.getAnimations().map(a => a.finished)).then(() => true)`)
	found := eval[[]string](f.ctx, t, `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
		.then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + ": " + n.html.slice(0, 160))))`)
	if len(found) > 0 {
		t.Errorf("axe found in the frame:\n%s", strings.Join(found, "\n"))
	}
}

// frameIsPrison tries what a script must not reach, and what a page must not believe.
func frameIsPrison(t *testing.T, s *site) {
	w := framesOf(t, s, "dial")
	w.allow(`Blocked a frame|Unsafe attempt|sandboxed|CORS policy|ERR_FAILED|ERR_BLOCKED|frame-src`) // what the tries below bring
	f := w.frame("dial")
	for what, try := range map[string]string{
		"cookies": `document.cookie`, "storage": `localStorage.length`, "the page": `parent.document.title`, "the page's storage": `parent.localStorage`,
		"the top": `top.document.body`, "a way out": `top.location = "/dashboard"`, "the page's address": `parent.location.href`,
	} {
		if got := eval[string](f.ctx, t, `(() => { try { return "reached: " + (`+try+`) } catch (e) { return e.name } })()`); got != "SecurityError" {
			t.Errorf("%s: %s", what, got)
		}
	}
	if got := eval[string](f.ctx, t, `fetch("/account/settings", {credentials: "include"}).then(r => "reached: " + r.status, e => e.name)`); got != "TypeError" {
		t.Errorf("a page of the learner's: %s", got)
	}
	if got := eval[string](f.ctx, t, `document.documentElement.outerHTML`); strings.Contains(got, s.demo.Learner.Username) || strings.Contains(got, s.demo.Learner.Email) || strings.Contains(got, "csrf") {
		t.Error("the frame knows the learner")
	}
	if got := eval[string](f.ctx, t, `self.origin`); got != "null" {
		t.Errorf("the frame's origin is %s", got)
	}

	// Nobody pressed anything: nothing is sent, and nothing typed is believed.
	attempts := w.text(".problem__attempts")
	name := eval[string](f.ctx, t, theDial+`.name`)
	eval[bool](f.ctx, t, `(() => {
		const say = m => parent.postMessage(m, "*");
		say({lyceum: "problem", tell: "check"});
		for (const answers of [null, 7, "x", {length: 1}, [["submission_id", "x"]], [["input_other_2_1", "x"]], [[`+quote(name)+`, 5]], [[`+quote(name)+`]],
			[[`+quote(name)+`, "x".repeat(70000)]], Array(2000).fill([`+quote(name)+`, ""])]) {
			say({lyceum: "problem", tell: "answers", answers});
		}
		for (const m of [null, 1, "height", {}, {lyceum: 1}, {lyceum: "other"}, {lyceum: "problem"}, {lyceum: "problem", tell: "more"}, {lyceum: "height", height: 1e309}, {lyceum: "height", height: "9"}]) say(m);
		return true;
	})()`)
	eval[bool](f.ctx, t, `new Promise(done => setTimeout(() => done(true), 1100))`) // the page hears so much a second
	if got := eval[int](w.ctx, t, `Object.keys(localStorage).filter(k => k.startsWith("draft:problem:")).length`); got != 0 {
		t.Errorf("%d drafts nobody typed", got)
	}
	w.check("nothing was sent", `!performance.getEntriesByType("resource").some(e => e.name.includes("problem_check") || e.name.includes("keep_draft"))`)
	if got := w.text(".problem__attempts"); got != attempts {
		t.Errorf("%q after a script asked for a check, was %q", got, attempts)
	}

	// A frame that shouts is not heard, and the page goes on.
	eval[bool](f.ctx, t, `(() => { for (let i = 0; i < 10000; i++) parent.postMessage({lyceum: "height", height: 300 + i}, "*"); return true })()`)
	w.check("the page is itself", `document.querySelector(`+quote(problem("dial")+" iframe")+`).clientHeight < 500`)
	eval[bool](f.ctx, t, `new Promise(done => setTimeout(() => done(true), 4000))`) // a busy machine is not through with them in a second
	f.inside("type the answer", chromedp.Clear(chromedp.CSS("input"), chromedp.NodeVisible), chromedp.SendKeys(chromedp.CSS("input"), "5"))
	f.verdict("correct", f.press("problem_check"))

	// A frame that has gone elsewhere answers nothing, and the answer is not lost.
	w.open(framedHome + "/jump_to_id/dial")
	f = w.frame("dial")
	eval[bool](f.ctx, t, `location.href = "data:text/html,elsewhere", true`)
	f.press("problem_check")()
	w.wait("the page says that nothing was sent", `document.querySelector("[data-trouble]").textContent.includes("nothing was sent")`)

	// Opened by itself, the address has no origin either.
	w.open(framedHome + "/frame/block-v1:Walks+Frames+2026+type@problem+block@dial")
	if got := eval[string](w.ctx, t, `(() => { try { return document.cookie } catch (e) { return e.name } })()`); got != "SecurityError" {
		t.Errorf("the frame opened by itself: %q", got)
	}
}

// frameWithoutScripts answers in a browser that runs no script: the question stands in line, and the form does.
func frameWithoutScripts(t *testing.T, s *site) {
	w := newWalker(t, s.url, time.Minute)
	w.size(1280)
	w.signIn(s.demo.Staff.Email, s.demo.Staff.Password)
	w.do("turn scripts off", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
	w.open(framedHome + "/jump_to_id/dial")
	w.check("the team is told", `document.querySelector(`+quote(problem("dial")+" .notice")+`).textContent.includes("do not run here")`)
	w.check("no script", `!document.querySelector(`+quote(problem("dial")+" script")+`) && !document.querySelector(`+quote(problem("dial")+" [onclick]")+`)`)
	w.do("answer", chromedp.SendKeys(chromedp.CSS(problem("dial")+" input[type=text]"), "5", chromedp.NodeVisible))
	w.follow("submit", chromedp.Click(chromedp.CSS(problem("dial")+" [type=submit]"), chromedp.NodeVisible))
	w.check("the verdict", `document.querySelector(`+quote(problem("dial")+" .verdict--correct")+`)`)
}

// sharedFrames answers questions with scripts in a course that others wrote.
func sharedFrames(t *testing.T, s *site) {
	const key = "course-v1:HarvardX+StudioAdv1+2T2019"
	s.command("course", "import", unpackLasting(t, sharedtest.File(t, "courses/harvardx-studio-advanced.tar.gz")), "--publish")
	s.command("enroll", s.demo.Staff.Username, key)
	w := newWalker(t, s.url, 2*time.Minute)
	w.allow(`net::ERR_|Failed to load resource`) // what the course takes from elsewhere
	w.size(1280)
	w.signIn(s.demo.Staff.Email, s.demo.Staff.Password)
	const custom, feedback = "869ab95e47834b1e8b51f71dbcd3b9e8", "bcdb6241767c43cdb469798154920ef0"
	w.open("/courses/" + key + "/jump_to_id/" + custom)
	f := w.frame(custom)
	f.waitIn("the author's script has changed the labels", `[...document.querySelectorAll("label")].some(l => l.style.fontSize === "larger")`)
	f.click("input[value=choice_1]")
	f.verdict("correct", f.press("problem_check"))
	w.open("/courses/" + key + "/jump_to_id/" + feedback)
	f = w.frame(feedback)
	f.waitIn("the course's script and style sheet", `[...document.scripts].some(s => s.src.endsWith("/hx.js")) && document.styleSheets.length > 1`)
	f.click("input[value=choice_1]")
	f.verdict("correct", f.press("problem_check"))
}

// unpackLasting unpacks a course that has ended in 2019, and lets it go on.
func unpackLasting(t *testing.T, archive string) string {
	t.Helper()
	f, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return filepath.Join(dir, "course")
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag != tar.TypeReg || !filepath.IsLocal(h.Name) {
			continue
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(h.Name, "course/course/") || strings.HasPrefix(h.Name, "course/policies/") {
			text = bytes.ReplaceAll(text, []byte("2019-12-29T"), []byte("2099-12-29T"))
		}
		put(t, filepath.Join(dir, filepath.FromSlash(h.Name)), text)
	}
}

// put writes a file of a course and the directories above it.
func put(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // a course
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil { //nolint:gosec // a course
		t.Fatal(err)
	}
}
