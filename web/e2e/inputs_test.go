package e2e

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// inputsCourse has a question of every kind of input.
const (
	inputsKey  = "course-v1:Walks+Inputs+2026"
	inputsHome = "/courses/" + inputsKey
)

const (
	always = ` showanswer="always" show_reset_button="true" max_attempts="20"`
	anyBut = `<answer type="loncapa/python">
import json
value = submission[0]
`
)

var inputsFiles = map[string]string{
	"course.xml": `<course org="Walks" course="Inputs" url_name="2026"/>`,
	"course/2026.xml": `<course display_name="Inputs" start="2020-01-01T00:00:00Z"><chapter url_name="c" display_name="Chapter"><sequential url_name="s" display_name="Section">
		<vertical url_name="typed" display_name="Typed"><problem url_name="formula"/><problem url_name="symbols"/><problem url_name="equation"/></vertical>
		<vertical url_name="chosen" display_name="Chosen"><problem url_name="picture"/><problem url_name="numbers"/><problem url_name="boxes"/><problem url_name="passage"/></vertical>
		<vertical url_name="written" display_name="Written"><problem url_name="code"/><problem url_name="graded"/><problem url_name="files"/></vertical>
		<vertical url_name="dragged" display_name="Dragged"><problem url_name="board"/><problem url_name="free"/><problem url_name="shelf"/></vertical>
		<vertical url_name="scripted" display_name="Scripted"><problem url_name="page"/><problem url_name="channel"/></vertical>
		<vertical url_name="framed" display_name="Framed"><problem url_name="inframe"/></vertical>
		</sequential></chapter></course>`,
	"problem/formula.xml": `<problem display_name="Formula"` + always + `><formularesponse type="ci" samples="x@1:2#4" answer="x^2/2"><label>Half the square of x?</label>
		<responseparam type="tolerance" default="1%"/><formulaequationinput size="30"/></formularesponse></problem>`,
	"problem/symbols.xml": `<problem display_name="Symbols"` + always + `><customresponse><textline math="1" size="30" label="Any sum" correct_answer="x+1"/>` + anyBut + `correct = ['correct' if '+' in value else 'incorrect']
</answer></customresponse></problem>`,
	"problem/equation.xml": `<problem display_name="Equation"` + always + `><customresponse><chemicalequationinput size="40" label="Water falls apart" correct_answer="H2O -> H^+ + OH^-"/>` + anyBut + `correct = ['correct' if value == 'H2O -> H^+ + OH^-' else 'incorrect']
</answer></customresponse></problem>`,
	"problem/picture.xml": `<problem display_name="Picture"` + always + `><imageresponse><label>Where is the square?</label>
		<imageinput src="/static/board.png" width="640" height="400" rectangle="(80,80)-(240,240)" alt="A board with a dark square at the left and a light one at the right"/></imageresponse></problem>`,
	"problem/numbers.xml": `<problem display_name="Numbers"` + always + `><choicetextresponse><label>Which is so?</label><radiotextgroup>
		<choice correct="false">The mean is <decoy_input/></choice><choice correct="true">The median is <numtolerance_input answer="5"/> units</choice><choice correct="false">None</choice></radiotextgroup></choicetextresponse></problem>`,
	"problem/boxes.xml": `<problem display_name="Boxes"` + always + `><choicetextresponse><label>Which are so?</label><checkboxtextgroup>
		<choice correct="true">Half of <numtolerance_input answer="4"/> is two</choice><choice correct="true">A third of <numtolerance_input answer="9"/> is three</choice><choice correct="false">None</choice></checkboxtextgroup></choicetextresponse></problem>`,
	"problem/passage.xml": `<problem display_name="Passage"` + always + `><annotationresponse><annotationinput><title>Agamemnon</title><text>They put savage derangement into my thinking.</text>
		<comment>He says that it was the cause.</comment><comment_prompt>What do you say?</comment_prompt><tag_prompt>Derangement is</tag_prompt>
		<options><option choice="correct">a cause and an effect</option><option choice="incorrect">a cause</option><option choice="partially-correct">an effect</option></options></annotationinput></annotationresponse></problem>`,
	"problem/code.xml": `<problem display_name="Code"` + always + `><customresponse><textbox rows="8" mode="python" label="Write a function"/>` + anyBut + `correct = ['correct' if value == 'def f(x):\n    return x\n' else 'incorrect']
</answer></customresponse></problem>`,
	"problem/graded.xml": `<problem display_name="Graded elsewhere"` + always + `><coderesponse queuename="walks"><textbox rows="6" mode="python"/>
		<codeparam><initial_display>print("hello")</initial_display><answer_display>print("bye")</answer_display><grader_payload>{}</grader_payload></codeparam></coderesponse></problem>`,
	"problem/files.xml": `<problem display_name="Files"` + always + `><coderesponse queuename="walks"><filesubmission allowed_files="walk.py notes.txt" required_files="walk.py"/>
		<codeparam><initial_display></initial_display><answer_display>none</answer_display><grader_payload>{}</grader_payload></codeparam></coderesponse></problem>`,
	"problem/board.xml": `<problem display_name="Board"` + always + `><customresponse><drag_and_drop_input img="/static/board.png" target_outline="true" label_bg_color="rgb(222, 139, 238)">
		<draggable id="dark" label="Dark"/><draggable id="light" label="Light"/><draggable id="none" label="Neither"/>
		<target id="left" x="80" y="80" w="160" h="160"/><target id="right" x="400" y="80" w="160" h="160"/></drag_and_drop_input>
		<answer type="loncapa/python">correct = ['correct' if draganddrop.grade(submission[0], {'dark': 'left', 'light': 'right'}) else 'incorrect']</answer></customresponse></problem>`,
	"problem/free.xml": `<problem display_name="Anywhere"` + always + `><customresponse><drag_and_drop_input img="/static/board.png"><draggable id="dark" label="Dark"/><draggable id="icon" label="Picture" icon="/static/small.png"/></drag_and_drop_input>
		<answer type="loncapa/python">correct = ['correct' if draganddrop.grade(submission[0], {'dark': [[160, 160], 90]}) else 'incorrect']</answer></customresponse></problem>`,
	"problem/shelf.xml": `<problem display_name="On each other"` + always + `><customresponse><drag_and_drop_input img="/static/board.png" one_per_target="true">
		<draggable id="shelf" icon="/static/board.png" label="Shelf"><target id="top" x="80" y="80" w="160" h="160"/></draggable><draggable id="cup" label="Cup" can_reuse="true"/>
		<target id="wall" x="300" y="60" w="300" h="280"/></drag_and_drop_input>
		<answer type="loncapa/python">correct = ['correct' if draganddrop.grade(submission[0], [{'draggables': ['shelf'], 'targets': ['wall'], 'rule': 'exact'}, {'draggables': ['cup'], 'targets': ['wall[shelf][top]'], 'rule': 'exact'}]) else 'incorrect']</answer></customresponse></problem>`,
	"problem/page.xml":    `<problem display_name="An author's page"` + always + `><customresponse><jsinput gradefn="app.grade" get_statefn="app.get" set_statefn="app.set" initial_state='{"n": 1}' html_file="/static/app/app.html" width="300" height="120" title="A counter" sop="false"/>` + anyBut + `correct = ['correct' if json.loads(value) == {'answer': '{"n":4}', 'state': '{"n":4}'} else 'incorrect']</answer></customresponse></problem>`,
	"problem/channel.xml": `<problem display_name="A page with a channel"` + always + `><customresponse><jsinput gradefn="hidden.getGrade" get_statefn="hidden.getState" set_statefn="hidden.setState" html_file="/static/app/channel.html" width="300" height="60" title="A channel" sop="false"/>` + anyBut + `correct = ['correct' if json.loads(value) == {'answer': 'yes', 'state': 'kept'} else 'incorrect']</answer></customresponse></problem>`,
	"problem/inframe.xml": `<problem display_name="In a frame"` + always + `><script type="text/javascript">window.author = 1</script><p>Half the square of x?</p><formularesponse type="ci" samples="x@1:2#4" answer="x^2/2"><label>Half</label>
		<responseparam type="tolerance" default="1%"/><formulaequationinput size="30"/></formularesponse></problem>`,
	"static/app/app.html": `<!DOCTYPE html><html><head><title>Counter</title><script src="app.js"></script></head><body><button id="more" onclick="app.more()">More</button> <output id="n">?</output></body></html>`,
	"static/app/app.js": `const app = (function () { let n = 0; const show = () => document.getElementById("n").textContent = n;
		return { more() { n++; show(); }, grade() { return JSON.stringify({ n }); }, get() { return JSON.stringify({ n }); }, set(s) { n = JSON.parse(s).n; show(); } }; })();
		try { window.parent.document.title = "reached"; } catch (e) { window.held = true; }`,
	// Answers in the form of the channel that existing pages bring along.
	"static/app/channel.html": `<!DOCTYPE html><html><head><title>Channel</title></head><body><p>Listening</p><script>
		(function () { var functions = { getGrade: function () { return "yes"; }, getState: function () { return "kept"; }, setState: function () { return true; } };
		window.addEventListener("message", function (e) { var m; if (typeof e.data !== "string") return; m = JSON.parse(e.data);
			if (m.method && m.method.indexOf("JSInput::") === 0 && functions[m.method.slice(9)]) e.source.postMessage(JSON.stringify({ id: m.id, result: functions[m.method.slice(9)](m.params) }), "*"); }); })();
		</script></body></html>`,
}

// TestInputs answers a question of every kind of input, by keyboard and by pointer.
func TestInputs(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	dir := t.TempDir()
	for name, text := range inputsFiles {
		put(t, filepath.Join(dir, filepath.FromSlash(name)), []byte(text))
	}
	put(t, filepath.Join(dir, "static", "board.png"), drawBoard(t, 640, 400))
	put(t, filepath.Join(dir, "static", "small.png"), drawBoard(t, 64, 40))
	s.command("course", "import", dir, "--publish")
	s.command("enroll", s.demo.Learner.Username, inputsKey)
	for _, part := range []struct {
		name, unit string
		walk       func(*walker, *testing.T)
	}{
		{"typed", "formula", (*walker).typed},
		{"chosen", "picture", (*walker).chosen},
		{"written", "code", (*walker).written},
		{"dragged", "board", (*walker).dragged},
		{"scripted", "page", (*walker).scripted},
		{"framed", "inframe", (*walker).previewInFrame},
	} {
		t.Run(part.name, func(t *testing.T) {
			w := newWalker(t, s.url, 4*time.Minute)
			w.size(1280)
			w.signIn(s.demo.Learner.Email, s.demo.Learner.Password)
			w.open(inputsHome + "/jump_to_id/" + part.unit)
			w.wait("the unit", `document.readyState === "complete" && document.querySelector("[data-unit]")`)
			w.look("inputs " + part.name)
			w.size(1280)
			part.walk(w, t)
			w.look("inputs " + part.name + " answered")
		})
	}
}

// drawBoard is a picture of a dark square and a light one.
func drawBoard(t *testing.T, width, height int) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			at := color.RGBA{244, 240, 230, 255}
			switch px, py := x*640/width, y*400/height; {
			case px >= 80 && px < 240 && py >= 80 && py < 240:
				at = color.RGBA{60, 70, 90, 255}
			case px >= 400 && px < 560 && py >= 80 && py < 240:
				at = color.RGBA{190, 200, 215, 255}
			}
			m.Set(x, y, at)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// in is an element of a problem, for scripts.
func in(id, selector string) string {
	return `document.querySelector(` + quote(problem(id)+" "+selector) + `)`
}

// keys presses keys, one after the other.
func (w *walker) keys(what string, keys ...string) {
	w.t.Helper()
	for _, k := range keys {
		w.do(what, chromedp.KeyEvent(k))
	}
}

// stroke presses a key as a keyboard does: when the page takes it, nothing is typed.
func (w *walker) stroke(key, text string, code int64) {
	w.t.Helper()
	press := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: key, Code: key, Text: text, WindowsVirtualKeyCode: code}
	release := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyUp, Key: key, Code: key, WindowsVirtualKeyCode: code}
	w.do("press "+key, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, press); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, t, input.DispatchKeyEvent, release)
		return err
	}))
}

// retype types over what stands in a field of a problem.
func (w *walker) retype(id, selector, text string) {
	w.t.Helper()
	field := in(id, selector)
	eval[bool](w.ctx, w.t, field+`.focus(), `+field+`.select(), true`)
	w.do("type "+text, chromedp.KeyEvent(text))
}

// focusOn gives the focus to an element of a problem, as the tab key would.
func (w *walker) focusOn(id, selector string) {
	w.t.Helper()
	w.do("focus "+selector, chromedp.Focus(chromedp.CSS(problem(id)+" "+selector), chromedp.NodeVisible))
}

func (w *walker) typed(_ *testing.T) {
	w.typeAnswer("formula", 0, "x^2/2")
	w.wait("the formula is set", in("formula", "[data-preview] mjx-container")+`?.querySelector("mjx-mfrac")`)
	w.retype("formula", "input[type=text]", "x^(2")
	w.wait("what is wrong is said", in("formula", "[data-preview].is-unreadable")+`?.textContent.includes("cannot be read")`)
	w.retype("formula", "input[type=text]", "x*x/2")
	w.wait("it is set again", in("formula", "[data-preview]:not(.is-unreadable) mjx-container"))
	w.submit("formula", "correct")
	w.wait("the answer is drawn set", in("formula", "[data-preview] mjx-container"))

	w.typeAnswer("symbols", 0, "x + 1")
	w.wait("a line with mathematics is set", in("symbols", "[data-preview] mjx-container"))
	w.submit("symbols", "correct")

	w.typeAnswer("equation", 0, "H2O -> H^+ + OH^-")
	w.wait("the equation is drawn", in("equation", "[data-preview] sub")+`?.textContent === "2"`)
	w.submit("equation", "correct")
	w.check("it is drawn afterwards", in("equation", "[data-preview] sup"))
}

func (w *walker) chosen(_ *testing.T) {
	// By keyboard.
	w.focusOn("picture", "[data-picture-area]")
	w.keys("move the mark", kb.ArrowLeft, kb.ArrowLeft, kb.ArrowDown)
	w.check("the mark has moved", in("picture", `input[name$="{x}"]`)+`.value === "314" && `+in("picture", `input[name$="{y}"]`)+`.value === "206"`)
	w.submit("picture", "incorrect")
	// By pointer, on a picture that is smaller than its size.
	w.size(390)
	w.do("look at the picture", chromedp.ScrollIntoView(chromedp.CSS(problem("picture")+" [data-picture-area]")))
	x, y := w.middle(in("picture", "[data-picture-area] img"))
	box := w.rect(in("picture", "[data-picture-area] img"))
	w.do("click at the square", chromedp.MouseClickXY(x-box[2]/4, y-box[3]*0.1))
	w.check("the place is in pixels of the picture", `Math.abs(`+in("picture", `input[name$="{x}"]`)+`.value - 160) < 4 && Math.abs(`+in("picture", `input[name$="{y}"]`)+`.value - 160) < 4`)
	w.size(1280)
	w.submit("picture", "correct")
	w.press(problem("picture") + " [data-act=problem_show]")
	w.wait("the right place is drawn and said", in("picture", ".picture__right polygon")+` && `+in("picture", ".answer__key")+`.textContent.includes("80–240")`)

	// Who types a number chooses its choice.
	w.do("type a number", chromedp.SendKeys(chromedp.CSS(problem("numbers")+` [data-choice$="_1bc"] .option__field`), "5"))
	w.check("the choice is chosen", in("numbers", `[data-choice$="_1bc"] .choice__box`)+`.checked`)
	w.submit("numbers", "correct")
	w.press(problem("numbers") + " [data-act=problem_show]")
	w.wait("the right choice and its number", in("numbers", `[data-choice$="_1bc"].is-key .option__key`)+`?.innerText.includes("5")`)
	w.do("fill both", chromedp.SendKeys(chromedp.CSS(problem("boxes")+` [data-choice$="_0bc"] .option__field`), "4"),
		chromedp.SendKeys(chromedp.CSS(problem("boxes")+` [data-choice$="_1bc"] .option__field`), "8"))
	w.submit("boxes", "incorrect")
	w.check("the numbers stay", in("boxes", `[data-choice$="_1bc"] .option__field`)+`.value === "8"`)

	w.do("comment", chromedp.SendKeys(chromedp.CSS(problem("passage")+" textarea"), "A cause, and what it causes."))
	w.choose("passage", "a cause and")
	w.submit("passage", "correct")
	w.check("the comment stays", in("passage", "textarea")+`.value.startsWith("A cause, and")`)
}

func (w *walker) written(t *testing.T) {
	const there = `document.activeElement?.matches(".cm-content")`
	w.wait("the editor", in("code", ".cm-content"))
	w.check("the editor has the field's name", in("code", ".cm-content")+`.ariaLabel === `+in("code", "textarea")+`.ariaLabel && `+in("code", ".cm-content")+`.ariaLabel`)
	w.focusOn("code", "textarea")
	w.check("who is sent to the field comes to the editor", there)
	w.keys("pass by", kb.Tab)
	w.check("the tab key holds nobody", `!(`+there+`)`)
	w.focusOn("code", "textarea")
	w.do("write", chromedp.KeyEvent("def f(x):"))
	w.stroke("Enter", "\r", 13)
	w.check("the next line is moved in", in("code", "textarea")+`.value === "def f(x):\n    "`)
	w.do("write on", chromedp.KeyEvent("return x"))
	w.stroke("Enter", "\r", 13)
	w.stroke("Tab", "", 9)
	w.check("blanks", in("code", "textarea")+`.value === "def f(x):\n    return x\n    "`)
	w.check("lines have numbers", `[...`+in("code", ".cm-lineNumbers")+`.children].filter(e => e.offsetHeight > 0).map(e => e.textContent).join() === "1,2,3"`)
	w.check("words have colors", `new Set([...`+in("code", ".cm-content")+`.querySelectorAll("span")].map(e => getComputedStyle(e).color)).size > 1`)
	w.do("move out", chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(chromedp.ModifierShift)))
	w.check("moved out", in("code", "textarea")+`.value === "def f(x):\n    return x\n"`)
	w.look("code is written")
	w.size(1280)
	w.focusOn("code", "textarea")
	w.keys("leave", kb.Escape, kb.Tab)
	w.check("left", `!(`+there+`)`)
	// What is typed comes back.
	w.wait("kept", in("code", "[data-save-state]")+`.dataset.state === "saved"`)
	w.do("load again", chromedp.Reload())
	w.wait("it is there again", in("code", "textarea")+`?.value === "def f(x):\n    return x\n" && `+in("code", ".cm-content")+`?.innerText.startsWith("def f(x):\n    return x")`)
	w.submit("code", "correct")

	w.check("what the author has prepared", in("graded", "textarea")+`.value === 'print("hello")'`)

	// Files: what is not asked for does not leave.
	dir := t.TempDir()
	for _, name := range []string{"walk.py", "secret.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("print(1)\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	choose := func(names ...string) {
		var paths []string
		for _, name := range names {
			paths = append(paths, filepath.Join(dir, name))
		}
		w.do("choose files", chromedp.SetUploadFiles(chromedp.CSS(problem("files")+" input[type=file]"), paths))
	}
	w.press(problem("files") + " [data-act=problem_check]")
	w.wait("a file is missing", in("files", "[data-trouble]")+`.textContent.includes("walk.py is missing")`)
	choose("walk.py", "secret.txt")
	w.press(problem("files") + " [data-act=problem_check]")
	w.wait("one is not asked for", in("files", "[data-trouble]")+`.textContent.includes("secret.txt is not asked for")`)
	choose("walk.py")
	w.press(problem("files") + " [data-act=problem_check]")
	w.wait("they are handed in, or it is said why not", in("files", "form[data-pending]")+` || `+in("files", "[data-trouble]")+`.textContent.match(/grader/i)`)
}

// middle is the middle of an element in the window.
func (w *walker) middle(element string) (x, y float64) {
	w.t.Helper()
	box := w.rect(element)
	return box[0] + box[2]/2, box[1] + box[3]/2
}

// rect is where an element is in the window: left, top, width, height.
func (w *walker) rect(element string) []float64 {
	w.t.Helper()
	return eval[[]float64](w.ctx, w.t, `(r => [r.x, r.y, r.width, r.height])(`+element+`.getBoundingClientRect())`)
}

// drag drags one element onto a point by mouse.
func (w *walker) drag(element string, toX, toY float64) {
	w.t.Helper()
	x, y := w.middle(element)
	w.do("drag",
		chromedp.MouseEvent(chromedp.MousePressed, x, y, chromedp.ButtonLeft, chromedp.ClickCount(1)),
		chromedp.MouseEvent(chromedp.MouseMoved, x+9, y+9, chromedp.ButtonLeft),
		chromedp.MouseEvent(chromedp.MouseMoved, toX, toY, chromedp.ButtonLeft),
		chromedp.MouseEvent(chromedp.MouseReleased, toX, toY, chromedp.ButtonLeft, chromedp.ClickCount(1)))
}

func (w *walker) dragged(_ *testing.T) {
	place := func(id, target string) string { return in(id, `[data-place='`+target+`']`) }
	thing := func(id, name string) string { return in(id, `.thing[aria-label^="`+name+`"]`) }
	show := func(id string) {
		w.do("scroll to "+id, chromedp.ScrollIntoView(chromedp.CSS(problem(id)+" [data-board-picture]")))
		w.wait("the things are there", in(id, ".thing"))
	}
	// One by pointer, one by keyboard.
	show("board")
	x, y := w.middle(place("board", `"left"`))
	w.drag(thing("board", "Dark"), x, y)
	w.wait("it is there", place("board", `"left"`)+`.getAttribute("aria-label") === "Place 1: Dark"`)
	w.focusOn("board", `.thing[aria-label="Light"]`)
	w.keys("pick up", kb.Enter)
	w.check("the next place has the focus", `document.activeElement === `+place("board", `"right"`))
	w.keys("give back", kb.Escape)
	w.check("back at the thing", `document.activeElement === `+thing("board", "Light"))
	w.keys("put down", kb.Enter, kb.Enter)
	w.wait("it is there too", place("board", `"right"`)+`.getAttribute("aria-label") === "Place 2: Light" && document.activeElement === `+place("board", `"right"`))
	w.look("inputs board placed")
	w.size(1280)
	show("board")
	w.submit("board", "correct")
	w.wait("the picture shows the answer", place("board", `"right"`)+`?.classList.contains("is-filled")`)
	// By the list, and back to the tray.
	w.press(problem("board") + " .board__list summary")
	eval[bool](w.ctx, w.t, `(s => { s.value = '"right"'; s.dispatchEvent(new Event("change", {bubbles: true})); return true; })(`+in("board", `[data-item=none] select`)+`)`)
	w.wait("the picture follows the list", place("board", `"right"`)+`.getAttribute("aria-label") === "Place 2: Neither" && `+in("board", `[data-item=light] select`)+`.value === ""`)
	w.focusOn("board", `[data-place='"left"']`)
	w.keys("take away", kb.Delete)
	w.wait("back among the things", thing("board", "Dark")+` && `+in("board", `[data-item=dark] select`)+`.value === ""`)
	w.submit("board", "incorrect")

	// Anywhere.
	show("free")
	w.focusOn("free", `.thing[aria-label="Dark"]`)
	w.keys("pick up", kb.Enter)
	w.check("the picture has the focus", `document.activeElement === `+in("free", "[data-board-picture]"))
	for range 20 {
		w.keys("move", kb.ArrowLeft)
	}
	w.keys("put down", kb.Enter)
	w.wait("at its point", in("free", `[data-item=dark] input`)+`.value === "220"`)
	w.submit("free", "correct")
	box := w.rect(in("free", "[data-board-picture] img"))
	w.drag(thing("free", "Dark"), box[0]+box[2]*0.9, box[1]+box[3]*0.9)
	w.wait("dragged away", `Math.abs(`+in("free", `[data-item=dark] input`)+`.value - 576) < 4`)
	w.submit("free", "incorrect")

	// A thing on a thing.
	show("shelf")
	x, y = w.middle(place("shelf", `"wall"`))
	w.drag(thing("shelf", "Shelf"), x, y)
	w.wait("the shelf hangs", place("shelf", `"wall"`)+`.classList.contains("is-filled")`)
	x, y = w.middle(place("shelf", `{"top":{"shelf":null}}`))
	w.drag(thing("shelf", "Cup"), x, y)
	w.wait("the cup stands", place("shelf", `{"top":{"shelf":null}}`)+`.classList.contains("is-filled")`)
	w.submit("shelf", "correct")
	w.wait("it is drawn again", place("shelf", `{"top":{"shelf":null}}`)+`?.classList.contains("is-filled")`)
}

// scriptPage attaches to an author's page inside a problem.
func (w *walker) scriptPage(id, file string) *framed {
	w.t.Helper()
	f := &framed{walker: w, id: id}
	w.do("scroll to "+id, chromedp.ScrollIntoView(chromedp.CSS(problem(id)+" iframe")))
	w.waitFor("the page of "+id, patience, func() bool {
		all, err := chromedp.Targets(w.ctx)
		if err != nil {
			return false
		}
		for _, target := range all {
			if target.Type == "iframe" && strings.HasSuffix(target.URL, file+"?jsinput") {
				ctx, cancel := chromedp.NewContext(w.ctx, chromedp.WithTargetID(target.TargetID), chromedp.WithListener(w.listen))
				w.t.Cleanup(cancel)
				f.ctx = ctx
				return chromedp.Do(ctx) == nil
			}
		}
		return false
	})
	return f
}

func (w *walker) scripted(_ *testing.T) {
	f := w.scriptPage("page", "app.html")
	f.waitIn("it begins as the author wants, and held", `document.getElementById("n").textContent === "1" && held`)
	f.click("#more")
	f.click("#more")
	f.waitIn("it runs", `document.getElementById("n").textContent === "3"`)
	w.wait("what was done is kept", in("page", "input[type=hidden]")+`.value.includes('{\\"n\\":3}') && `+in("page", "[data-save-state]")+`.dataset.state === "saved"`)
	w.do("load again", chromedp.Reload())
	f = w.scriptPage("page", "app.html")
	f.waitIn("it is as it was", `document.getElementById("n")?.textContent === "3"`)
	f.click("#more")
	w.submit("page", "correct")
	f = w.scriptPage("page", "app.html")
	f.waitIn("it is as it was answered", `document.getElementById("n")?.textContent === "4"`)
	w.submit("channel", "correct")
}

func (w *walker) previewInFrame(_ *testing.T) {
	f := w.frame("inframe")
	f.inside("type", chromedp.SendKeys(chromedp.CSS("input[name^=input_]"), "x^2/2"))
	f.waitIn("the formula is set", `document.querySelector("[data-preview] mjx-container mjx-mfrac")`)
	f.verdict("correct", f.press("problem_check"))
	f.waitIn("it is drawn set", `document.querySelector("[data-preview] mjx-container mjx-mfrac")`)
}
