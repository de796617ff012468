package e2e

import (
	"context"
	"fmt"
	"html"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const (
	circuitsKey  = "course-v1:Walks+Circuits+2026"
	circuitsHome = "/courses/" + circuitsKey
)

// divider is what a published course begins its question with: a source, a resistor to the node output, and ground below.
const divider = `[["v",[168,144,0],{"value":"dc(1)","_json_":0},["1","0"]],["r",[296,120,0],{"r":"1","_json_":1},["1","output"]],["L",[296,168,3],{"label":"output","_json_":2},["output"]],["w",[296,216,168,216]],["w",[168,216,168,192]],["w",[168,144,168,120]],["w",[168,120,296,120]],["g",[168,216,0],{"_json_":7},["0"]],["view",-67.49999999999994,-78.49999999999994,1.6000000000000003,"50","10","1G",null,"100","1","1000"]]`

// half is the check of that course.
const half = `<answer type="loncapa/python">
dc_value = "dc analysis not found"
for response in submission[0]:
  if response[0] == 'dc':
      for node in response[1:]:
          dc_value = node['output']

if dc_value == .5:
  correct = ['correct']
else:
  correct = ['incorrect']
</answer>`

const highPass = `[["v",[160,152,0],{"name":"v1","value":"sin(0,1,1,0,0)","_json_":0},["1","0"]],["w",[160,200,240,200]],["g",[160,200,0],{"_json_":2},["0"]],["L",[240,152,3],{"label":"NodeA","_json_":3},["NodeA"]],["s",[240,152,0],{"color":"cyan","offset":"0","_json_":4},["NodeA"]],["view",64.5,54.1,2.5,"50","10","1G",null,"100","1","1000"]]`

// charging is a resistor and a capacitor behind a step; what is missing is the resistance of the one and the capacitance of the other.
const charging = `[["v",[0,0,0],{"name":"step","value":"step(0,1)"},["in","0"]],["r",[0,0,3],{"name":"R1","r":"1"},["in","out"]],["c",[48,0,0],{"name":"C1","c":"1u"},["out","0"]],["w",[0,48,48,48]],["g",[0,48,0],{},["0"]],["L",[48,0,3],{"label":"out"},["out"]],["view",0,0,2,"50","10","1G",null,"100","5m","1000"]]`

func circuit(name, attributes, initial, answer string) string {
	return `<problem display_name="` + name + `"` + always + `><schematicresponse><schematic height="400" width="600" label="` + name + `" ` + attributes + ` initial_value="` + html.EscapeString(initial) + `"/>` + answer + `</schematicresponse></problem>`
}

var circuitsFiles = map[string]string{
	"course.xml": `<course org="Walks" course="Circuits" url_name="2026"/>`,
	"course/2026.xml": `<course display_name="Circuits" start="2020-01-01T00:00:00Z"><chapter url_name="c" display_name="Chapter"><sequential url_name="s" display_name="Section">
		<vertical url_name="drawn" display_name="Drawn"><problem url_name="mouse"/></vertical>
		<vertical url_name="keyed" display_name="Keyed"><problem url_name="keys"/></vertical>
		<vertical url_name="listed" display_name="Listed"><problem url_name="list"/></vertical>
		<vertical url_name="tapped" display_name="Tapped"><problem url_name="touch"/></vertical>
		<vertical url_name="measured" display_name="Measured"><problem url_name="filter"/><problem url_name="charging"/></vertical>
		<vertical url_name="odd" display_name="Odd"><problem url_name="broken"/><problem url_name="strange"/><problem url_name="shown"/><problem url_name="once"/></vertical>
		<vertical url_name="written" display_name="Written"><problem url_name="plain"/></vertical>
		<vertical url_name="framed" display_name="Framed"><problem url_name="inframe"/></vertical>
		</sequential></chapter></course>`,
	"problem/mouse.xml": circuit("By mouse", `parts="g,r" analyses="dc"`, divider, half),
	"problem/keys.xml":  circuit("By keys", `parts="g,r" analyses="dc"`, divider, half),
	"problem/touch.xml": circuit("By touch", `parts="g,r" analyses="dc"`, divider, half),
	"problem/plain.xml": circuit("Without scripts", `parts="g,r" analyses="dc"`, divider, half),
	"problem/list.xml":  circuit("By list", `parts="g,r" analyses="dc"`, divider, half),
	"problem/filter.xml": circuit("Filter", `parts="g,r,s,c" analyses="ac" submit_analyses="{&quot;ac&quot;:[[&quot;NodeA&quot;,1,9]]}"`, highPass, `<answer type="loncapa/python">
ac_values = None
for response in submission[0]:
  if response[0] == 'ac':
      for node in response[1:]:
          ac_values = node['NodeA']
if ac_values == None:
  correct = ['incorrect']
elif ac_values[0][1] &lt; ac_values[1][1]:
  correct = ['correct']
else:
  correct = ['incorrect']
</answer>`),
	"problem/charging.xml": circuit("Charging", `submit_analyses="{&quot;tran&quot;:[[&quot;out&quot;,0.001,0.005]]}"`, charging, `<answer type="loncapa/python">
import math
correct = ['incorrect']
for part in submission[0]:
  if part[0] == 'transient':
      (t1, v1), (t2, v2) = part[1]['out']
      if abs(v1 - (1 - math.exp(-1))) &lt; 0.002 and abs(v2 - 1) &lt; 0.01:
          correct = ['correct']
</answer>`),
	"problem/broken.xml": circuit("Broken", ``, `[["r",[0,0`, `<answer type="loncapa/python">correct = ['correct' if submission[0][-1][0] == 'view' else 'incorrect']</answer>`),
	"problem/strange.xml": circuit("Strange", ``, `[["r",[0,0,0],{"r":"&lt;b&gt;x"}],["lamp",[1]],7,["L",[0,0,0],{"label":"__proto__"}],["w",[0,48,1e300,48]],["i",[96,96,0],{"value":"pwl(0,0`+strings.Repeat(",1,2", 1000)+`)"}]]`, `<answer type="loncapa/python">
kept = ['lamp', [1]] in submission[0] and 7 in submission[0]
kept = kept and [len(e[2]['value']) for e in submission[0] if e != 7 and e[0] == 'i'] == [4008]
correct = ['correct' if kept else 'incorrect']</answer>`),
	"problem/shown.xml":   circuit("Shown", `parts="" analyses=""`, divider, half),
	"problem/once.xml":    `<problem display_name="Once" max_attempts="1" showanswer="always"><schematicresponse><schematic parts="r" analyses="dc" label="Once" correct_answer="` + html.EscapeString(divider) + `" initial_value="` + html.EscapeString(divider) + `"/>` + half + `</schematicresponse></problem>`,
	"problem/inframe.xml": `<problem display_name="In a frame"` + always + `><script type="text/javascript">window.author = 1</script><schematicresponse><schematic parts="g,r" analyses="dc" label="In a frame" initial_value="` + html.EscapeString(divider) + `"/>` + half + `</schematicresponse></problem>`,
}

// TestCircuits draws circuits by mouse, by keyboard and in the list, and has them graded by what is measured in them.
func TestCircuits(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	dir := t.TempDir()
	for name, text := range circuitsFiles {
		put(t, filepath.Join(dir, filepath.FromSlash(name)), []byte(text))
	}
	s.command("course", "import", dir, "--publish")
	s.command("enroll", s.demo.Learner.Username, circuitsKey)
	for _, part := range []struct {
		name, unit string
		walk       func(*walker)
	}{
		{"drawn", "mouse", (*walker).drawCircuit},
		{"keyed", "keys", (*walker).keyCircuit},
		{"listed", "list", (*walker).listCircuit},
		{"tapped", "touch", (*walker).tapCircuit},
		{"measured", "filter", (*walker).measure},
		{"odd", "broken", (*walker).oddCircuits},
		{"written", "plain", (*walker).writeCircuit},
		{"framed", "inframe", (*walker).framedCircuit},
	} {
		t.Run(part.name, func(t *testing.T) {
			w := newWalker(t, s.url, 4*time.Minute)
			w.size(1280)
			w.signIn(s.demo.Learner.Email, s.demo.Learner.Password)
			w.open(circuitsHome + "/jump_to_id/" + part.unit)
			w.wait("the unit", `document.readyState === "complete" && document.querySelector("[data-unit]")`)
			if part.name != "framed" {
				w.wait("the sheet", in(part.unit, ".circuit.is-live"))
			}
			w.look("circuits " + part.name)
			w.size(1280)
			part.walk(w)
			if part.name != "written" { // axe is a script, too
				w.look("circuits " + part.name + " answered")
			}
		})
	}
}

// writeCircuit answers where no script runs: the text is a field like any other.
func (w *walker) writeCircuit() {
	w.scriptsOff()
	w.open(circuitsHome + "/jump_to_id/plain")
	w.check("the text can be written", in("plain", ".circuit__text")+`.open && `+in("plain", "textarea")+`.value.startsWith('[["v",') && `+in("plain", "[data-desk]")+`.getClientRects().length === 0`)
	w.do("write it", chromedp.Clear(chromedp.CSS(problem("plain")+" textarea"), chromedp.NodeVisible), chromedp.SendKeys(chromedp.CSS(problem("plain")+" textarea"), `[["dc", {"output": 0.5}]]`))
	w.follow("submit", chromedp.Click(chromedp.CSS(problem("plain")+" [type=submit]"), chromedp.NodeVisible))
	w.check("the verdict", `document.querySelector(`+quote(problem("plain")+" .verdict--correct")+`)`)
}

// onSheet is where a place of the sheet is in the window.
func (w *walker) onSheet(id string, x, y float64) (float64, float64) {
	w.t.Helper()
	at := eval[[]float64](w.ctx, w.t, fmt.Sprintf(`(svg => { const p = new DOMPoint(%v, %v).matrixTransform(svg.getScreenCTM()); return [p.x, p.y]; })(%s)`, x, y, in(id, ".sheet__svg")))
	return at[0], at[1]
}

// dragOnSheet drags from one place of the sheet to another.
func (w *walker) dragOnSheet(id string, x1, y1, x2, y2 float64) {
	w.t.Helper()
	fromX, fromY := w.onSheet(id, x1, y1)
	toX, toY := w.onSheet(id, x2, y2)
	w.do("drag on the sheet",
		chromedp.MouseEvent(chromedp.MousePressed, fromX, fromY, chromedp.ButtonLeft, chromedp.ClickCount(1)),
		chromedp.MouseEvent(chromedp.MouseMoved, fromX+9, fromY+9, chromedp.ButtonLeft),
		chromedp.MouseEvent(chromedp.MouseMoved, toX, toY, chromedp.ButtonLeft),
		chromedp.MouseEvent(chromedp.MouseReleased, toX, toY, chromedp.ButtonLeft, chromedp.ClickCount(1)))
}

// stored is an expression for the circuit in the field of a problem.
func stored(id string) string { return `JSON.parse(` + in(id, "textarea") + `.value)` }

func (w *walker) toSheet(id string) {
	w.t.Helper()
	w.do("scroll to the sheet", chromedp.ScrollIntoView(chromedp.CSS(problem(id)+" .circuit__box")))
}

func (w *walker) drawCircuit() {
	w.toSheet("mouse")
	w.check("voltages are on the sheet", `[...`+in("mouse", ".sheet__svg")+`.querySelectorAll(".sheet__note")].some(n => n.textContent === "1 V")`)
	w.check("only what the author allows is in the box", `[...document.querySelectorAll(`+quote(problem("mouse")+" [data-kind]")+`)].map(b => b.dataset.kind).join() === "g,r"`)
	w.submit("mouse", "incorrect")
	w.toSheet("mouse")
	w.press(problem("mouse") + ` [data-kind=r]`)
	x, y := w.onSheet("mouse", 376, 144)
	w.do("put the resistor down", chromedp.MouseClickXY(x, y))
	w.wait("it lies there", stored("mouse")+`.some(p => p[0] === "r" && p[1][0] === 376 && p[1][1] === 144)`)
	w.wait("its fields are shown", in("mouse", ".circuit__panel input"))
	w.dragOnSheet("mouse", 376, 144, 296, 168)
	w.dragOnSheet("mouse", 376, 192, 296, 216)
	w.wait("the middle is at one half", `(dc => dc && dc[1].output === 0.5)(`+stored("mouse")+`.find(p => p[0] === "dc"))`)
	// Moved and turned, it stays connected.
	w.dragOnSheet("mouse", 376, 168, 424, 176)
	w.wait("moved", stored("mouse")+`.some(p => p[0] === "r" && p[1][0] === 424)`)
	w.check("still one half", stored("mouse")+`.find(p => p[0] === "dc")[1].output === 0.5`)
	w.press(problem("mouse") + ` [data-do=rotate]`)
	w.wait("turned", stored("mouse")+`.some(p => p[0] === "r" && p[1][2] === 1)`)
	w.check("and still", stored("mouse")+`.find(p => p[0] === "dc")[1].output === 0.5`)
	for range 2 {
		w.press(problem("mouse") + ` [data-do=undo]`)
	}
	w.wait("undone", stored("mouse")+`.some(p => p[0] === "r" && p[1][0] === 376 && p[1][2] === 0)`)
	w.press(problem("mouse") + ` [data-do=redo]`)
	w.wait("done again", stored("mouse")+`.some(p => p[0] === "r" && p[1][0] === 424)`)
	// What is kept comes back.
	w.wait("kept", in("mouse", "[data-save-state]")+`.dataset.state === "saved"`)
	w.do("load again", chromedp.Reload())
	w.wait("it is there again", in("mouse", ".circuit.is-live")+` && `+stored("mouse")+`.filter(p => p[0] === "r").length === 2`)
	// Another value makes it wrong, and right again.
	w.toSheet("mouse")
	x, y = w.onSheet("mouse", 424, 172)
	w.do("choose it", chromedp.MouseClickXY(x, y))
	w.wait("its fields", `[...`+in("mouse", ".circuit__panel")+`.querySelectorAll("label")].some(l => l.textContent.startsWith("Resistance"))`)
	w.setCircuit("mouse", "Resistance", "3k")
	w.wait("another voltage", `Math.abs(`+stored("mouse")+`.find(p => p[0] === "dc")[1].output - 3000/3001) < 1e-9`)
	w.setCircuit("mouse", "Resistance", "one")
	w.wait("what is no number is refused", in("mouse", ".circuit__panel .field__error:not([hidden])")+`?.textContent.includes("4.7k")`)
	w.setCircuit("mouse", "Resistance", "1")
	w.wait("one half again", stored("mouse")+`.find(p => p[0] === "dc")[1].output === 0.5`)
	w.submit("mouse", "correct")
	w.wait("drawn again", in("mouse", ".circuit.is-live"))
	w.check("as it was sent", stored("mouse")+`.filter(p => p[0] === "r").length === 2`)
}

// setCircuit types a value for the chosen part.
func (w *walker) setCircuit(id, label, value string) {
	w.t.Helper()
	eval[bool](w.ctx, w.t, `(l => { const f = document.getElementById(l.htmlFor); f.focus(); f.select(); return true; })([...document.querySelectorAll(`+quote(problem(id)+" .circuit__panel label")+`)].find(l => l.textContent.startsWith(`+quote(label)+`)))`)
	w.do("type "+value, chromedp.KeyEvent(value))
	w.keys("take it", kb.Enter)
}

func (w *walker) keyCircuit() {
	w.focusOn("keys", `[data-kind=g]`)
	w.keys("to the resistor", kb.ArrowRight)
	w.check("it has the focus", `document.activeElement === `+in("keys", `[data-kind=r]`))
	w.keys("put it down", kb.Enter)
	w.wait("the sheet has the focus", `document.activeElement === `+in("keys", ".sheet__svg"))
	w.check("what happened is said", in("keys", "[data-part=said]")+`.textContent.startsWith("Resistor 2 added at")`)
	second := `(p => [p[1][0], p[1][1]])(` + stored("keys") + `.filter(p => p[0] === "r").at(-1))`
	at := eval[[]float64](w.ctx, w.t, second)
	// Beside the other one: its place is 392, 168.
	w.steps(at[0], at[1], 392, 168)
	w.wait("moved", `(`+second+`).join() === "392,168"`)
	w.keys("begin a wire at its end", "w")
	w.steps(392, 168, 296, 168)
	w.keys("end it", "w")
	w.wait("the wire is there", `(`+second+`).join() === "392,168" && `+stored("keys")+`.filter(p => p[0] === "r").at(-1)[3][0] === "output"`)
	w.steps(296, 168, 392, 216)
	w.keys("begin another at the cursor", "w")
	w.steps(392, 216, 296, 216)
	w.keys("end it", "w")
	w.wait("one half", `(dc => dc && dc[1].output === 0.5)(`+stored("keys")+`.find(p => p[0] === "dc"))`)
	w.keys("next part", kb.PageDown)
	w.check("a part is chosen", in("keys", "[data-part=said]")+`.textContent.startsWith("Chosen: ")`)
	w.keys("give back, and leave", kb.Escape, kb.Tab)
	w.check("the sheet holds nobody", `document.activeElement !== `+in("keys", ".sheet__svg"))
	w.focusOn("keys", "[data-act=problem_check]")
	w.keys("submit", kb.Enter)
	w.wait("right", in("keys", ".verdict--correct"))
}

// steps presses arrow keys from one place of the sheet to another.
func (w *walker) steps(fromX, fromY, toX, toY float64) {
	w.t.Helper()
	for d := (toX - fromX) / 8; d >= 1; d-- {
		w.keys("right", kb.ArrowRight)
	}
	for d := (fromX - toX) / 8; d >= 1; d-- {
		w.keys("left", kb.ArrowLeft)
	}
	for d := (toY - fromY) / 8; d >= 1; d-- {
		w.keys("down", kb.ArrowDown)
	}
	for d := (fromY - toY) / 8; d >= 1; d-- {
		w.keys("up", kb.ArrowUp)
	}
}

func (w *walker) listCircuit() {
	w.press(problem("list") + " .circuit__list summary")
	w.wait("the list", in("list", ".circuit__part"))
	choose := func(label, option string) {
		w.t.Helper()
		w.wait(label, `[...document.querySelectorAll(`+quote(problem("list")+" .circuit__list label")+`)].some(l => l.textContent === `+quote(label)+`)`)
		eval[bool](w.ctx, w.t, `(l => { const s = document.getElementById(l.htmlFor), o = [...s.options].find(o => o.label.startsWith(`+quote(option)+`)); s.focus(); s.value = o.value; s.dispatchEvent(new Event("change", {bubbles: true})); return true; })([...document.querySelectorAll(`+quote(problem("list")+" .circuit__list label")+`)].find(l => l.textContent === `+quote(label)+`))`)
	}
	choose("Add a part", "Resistor")
	w.press(problem("list") + " .circuit__adder button")
	w.wait("its fields have the focus", `document.activeElement?.closest(".circuit__panel")`)
	choose("Resistor 2: first terminal", "node output")
	w.wait("connected", `[...document.querySelectorAll(`+quote(problem("list")+" .circuit__part")+`)].length === 5 && `+stored("list")+`.filter(p => p[0] === "r").at(-1)[3][0] === "output"`)
	choose("Resistor 2: second terminal", "ground")
	w.wait("one half", `(dc => dc && dc[1].output === 0.5)(`+stored("list")+`.find(p => p[0] === "dc"))`)
	w.look("circuits list")
	w.size(1280)
	choose("Resistor 2: second terminal", "not connected")
	w.wait("open again", stored("list")+`.find(p => p[0] === "dc")[1].output === 1`)
	choose("Resistor 2: second terminal", "ground")
	w.wait("one half again", stored("list")+`.find(p => p[0] === "dc")[1].output === 0.5`)
	w.submit("list", "correct")
}

// tap touches a place of the window with a finger, and another one when there is a second place.
func (w *walker) tap(places ...float64) {
	w.t.Helper()
	w.do("touch", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		touch := func(kind input.DispatchTouchEventType, points ...*input.TouchPoint) error {
			_, err := cdp.Call(ctx, t, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: append([]*input.TouchPoint{}, points...)})
			return err
		}
		if err := touch(input.DispatchTouchEventTypeTouchStart, &input.TouchPoint{X: places[0], Y: places[1]}); err != nil {
			return err
		}
		for k := 2; k+1 < len(places); k += 2 {
			if err := touch(input.DispatchTouchEventTypeTouchMove, &input.TouchPoint{X: places[k], Y: places[k+1]}); err != nil {
				return err
			}
		}
		return touch(input.DispatchTouchEventTypeTouchEnd)
	}))
}

func (w *walker) tapCircuit() {
	w.size(390)
	w.do("a phone", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true})
		return err
	}))
	eval[bool](w.ctx, w.t, in("touch", ".circuit__box")+`.scrollIntoView({block: "center"}), true`)
	tapOn := func(selector string) {
		w.t.Helper()
		w.tap(w.middle(in("touch", selector)))
	}
	tapAt := func(x, y float64) {
		w.t.Helper()
		w.tap(w.onSheet("touch", x, y))
	}
	tapOn("[data-kind=r]")
	w.wait("it is held", in("touch", "[data-kind=r]")+`.getAttribute("aria-pressed") === "true"`)
	tapAt(344, 144)
	w.wait("it lies there", stored("touch")+`.some(p => p[0] === "r" && p[1][0] === 344)`)
	// Two taps lay a wire, and so does a drag from a terminal.
	tapOn("[data-do=wire]")
	tapAt(296, 168)
	tapAt(344, 144)
	w.wait("one wire", stored("touch")+`.filter(p => p[0] === "r").at(-1)[3][0] === "output"`)
	tapOn("[data-do=select]")
	fromX, fromY := w.onSheet("touch", 344, 192)
	toX, toY := w.onSheet("touch", 296, 216)
	w.tap(fromX, fromY, (fromX+toX)/2, (fromY+toY)/2, toX, toY)
	w.wait("one half", `(dc => dc && dc[1].output === 0.5)(`+stored("touch")+`.find(p => p[0] === "dc"))`)
	// A finger on the empty sheet moves the page, not the circuit.
	tapAt(344, 168)
	w.wait("chosen", in("touch", ".circuit__panel input"))
	before := eval[string](w.ctx, w.t, in("touch", "textarea")+`.value`)
	x, y := w.onSheet("touch", 230, 170)
	w.tap(x, y, x, y-60, x, y-120)
	w.check("nothing has changed", in("touch", "textarea")+`.value === `+quote(before))
	// What a finger has set in motion moves on for a while; a press aimed at where a button was would miss it.
	w.wait("the page stands still", `(y => (window.stood = window.stoodAt === y ? (window.stood ?? 0) + 1 : 0, window.stoodAt = y, window.stood > 5))(scrollY)`)
	w.submit("touch", "correct")
}

func (w *walker) measure() {
	w.submit("filter", "incorrect")
	w.toSheet("filter")
	for _, put := range []struct {
		kind string
		x, y float64
	}{{"c", 200, 112}, {"r", 240, 152}} {
		w.press(problem("filter") + ` [data-kind=` + put.kind + `]`)
		x, y := w.onSheet("filter", put.x, put.y)
		w.do("put it down", chromedp.MouseClickXY(x, y))
	}
	w.wait("both lie there", stored("filter")+`.filter(p => p[0] === "r" || p[0] === "c").length === 2`)
	// The capacitor hangs between source and probe.
	w.dragOnSheet("filter", 200, 112, 160, 152)
	w.dragOnSheet("filter", 200, 160, 240, 152)
	w.wait("connected", stored("filter")+`.find(p => p[0] === "c")[3].join() === "1,NodeA"`)
	w.press(problem("filter") + " .circuit__analysis summary")
	w.press(problem("filter") + " .circuit__analysis .button")
	w.wait("two curves", `document.querySelectorAll(`+quote(problem("filter")+" .plot")+`).length === 2`)
	w.look("circuits curves")
	w.size(1280)
	w.submit("filter", "correct")
	w.check("with what its author wants", `(ac => ac[1].NodeA.length === 2 && ac[1].NodeA[0][0] === 1)(`+stored("filter")+`.find(p => p[0] === "ac"))`)

	w.toSheet("charging")
	w.press(problem("charging") + " .circuit__list summary")
	w.do("edit the resistor", chromedp.Click(chromedp.CSS(problem("charging")+` [aria-label="Edit: Resistor R1"]`), chromedp.NodeVisible))
	w.wait("its fields", `document.activeElement?.closest(".circuit__panel")`)
	w.setCircuit("charging", "Resistance", "1k")
	w.wait("taken", stored("charging")+`.some(p => p[0] === "r" && p[2].r === "1k")`)
	w.submit("charging", "correct")
}

func (w *walker) oddCircuits() {
	w.check("a text that is no circuit is said, and kept", in("broken", "[data-part=trouble]")+`.textContent.includes("no circuit") && `+in("broken", "textarea")+`.value === '[["r",[0,0' && `+in("broken", ".circuit__text")+`.open`)
	w.press(problem("broken") + " [data-part=trouble] button")
	w.wait("what cannot be read stays what it begins with", in("broken", "[data-part=trouble]:not([hidden])"))
	w.retype("broken", "textarea", `[]`)
	w.keys("leave the text", kb.Tab)
	w.wait("an empty sheet", in("broken", "[data-part=trouble][hidden]")+` && getComputedStyle(`+in("broken", ".circuit__sheet")+`).display !== "none"`)
	w.submit("broken", "correct")

	w.check("what is not known is said", in("strange", "[data-part=trouble]")+`.textContent.includes("3.")`)
	w.submit("strange", "correct")

	w.check("a circuit that may not be changed has no tools", in("shown", ".circuit")+` && !`+in("shown", "[data-kind]")+` && `+in("shown", ".sheet__svg")+`.getAttribute("role") === "img"`)
	w.submit("shown", "incorrect")

	w.submit("once", "incorrect")
	w.wait("closed, it is only shown", in("once", ".circuit.is-live")+` && !`+in("once", "[data-kind]")+` && `+in("once", "textarea")+`.readOnly`)
	w.press(problem("once") + " [data-act=problem_show]")
	w.wait("the answer is drawn", in("once", ".answer__key .sheet__svg"))
}

func (w *walker) framedCircuit() {
	f := w.frame("inframe")
	f.waitIn("the editor is there", `document.querySelector(".circuit.is-live")`)
	f.inside("press the resistor", chromedp.Click(chromedp.CSS("[data-kind=r]"), chromedp.NodeVisible))
	f.waitIn("it is held", `document.querySelector("[data-kind=r]").getAttribute("aria-pressed") === "true"`)
	f.inside("put it down by key", chromedp.Focus(chromedp.CSS(".sheet__svg")), chromedp.KeyEvent(kb.Enter))
	f.waitIn("it is there", `JSON.parse(document.querySelector("textarea").value).filter(p => p[0] === "r").length === 2`)
	f.verdict("incorrect", f.press("problem_check"))
	f.waitIn("it is drawn again", `document.querySelector(".circuit.is-live")`)
}
