package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// toolsKey is a course of answers that are drawn: planes in crystals, molecules, proteins, genes.
const toolsKey = "course-v1:Walks+Tools+2026"

// dna is the gene that authors are shown as an example, with its second problem: one base changed, a longer protein.
const dna = "TAAGGCTATAACCGAGATTGATGCCTTGTGCGATAAGGTGTGTCCCCCCCCAAAGTGTCGGATGTCGAGTGCGCGTGCAAAAAAAAACAAAGGCGAGGACCTTAAGAAGGTGTGAGGGGGCGCTCGAT"

var toolsFiles = map[string]string{
	"course.xml": `<course org="Walks" course="Tools" url_name="2026"/>`,
	"course/2026.xml": `<course display_name="Tools" start="2020-01-01T00:00:00Z"><chapter url_name="c" display_name="Chapter"><sequential url_name="s" display_name="Section">
		<vertical url_name="chemistry" display_name="Chemistry"><problem url_name="crystal"/><problem url_name="molecule"/><problem url_name="octahedron"/></vertical>
		<vertical url_name="biology" display_name="Biology"><problem url_name="protein"/><problem url_name="gene"/></vertical>
		<vertical url_name="programs" display_name="Programs"><problem url_name="program"/></vertical>
		<vertical url_name="frames" display_name="Frames"><problem url_name="inframe"/><problem url_name="runframe"/></vertical>
		</sequential></chapter></course>`,
	"problem/crystal.xml": `<problem display_name="Crystal"` + always + `><customresponse><label>Mark the plane (2 2 2) in a body-centered cell.</label><crystallography height="400" width="350"/>
		<answer type="loncapa/python">correct = ['correct' if miller.grade(submission[0], {'miller': '(2,2,2)', 'lattice': 'bcc'}) else 'incorrect']</answer></customresponse></problem>`,
	"problem/molecule.xml": `<problem display_name="Ammonia"` + always + `><customresponse><label>Build ammonia.</label><vsepr_input height="250" width="400" molecules="NH3,BF3" geometries="AX3E0,AX4E0,AX2E2"/>
		<answer type="loncapa/python">
right = chemtools.vsepr_build_correct_answer(geometry='AX4E0', atoms={'c0': 'N', 'p0': 'H', 'p1': '(ep)', 'p2': 'H', 'p3': 'H'})
correct = ['correct' if chemtools.vsepr_grade(chemtools.vsepr_parse_user_answer(submission[0]), right) else 'incorrect']</answer></customresponse></problem>`,
	"problem/octahedron.xml": `<problem display_name="Xenon tetrafluoride"` + always + `><customresponse><label>Build XeF4.</label><vsepr_input height="250" width="400" molecules="XeF4" geometries="AX5E0,AX6E0"/>
		<answer type="loncapa/python">
right = chemtools.vsepr_build_correct_answer(geometry='AX6E0', atoms={'c0': 'Xe', 'a0': '(ep)', 'a1': '(ep)', 'e10': 'F', 'e11': 'F', 'e20': 'F', 'e21': 'F'})
correct = ['correct' if chemtools.vsepr_grade(chemtools.vsepr_parse_user_answer(submission[0]), right) else 'incorrect']</answer></customresponse></problem>`,
	"problem/protein.xml": `<problem display_name="Protein"` + always + `><script type="loncapa/python">
def two_d_grader(expect,ans):
  import json
  ans=json.loads(ans)
  if "ERROR" in ans["protex_answer"]:
    raise ValueError("Protex did not understand your answer... try folding the protein")
  return ans["protex_answer"]=="CORRECT"
</script><customresponse cfn="two_d_grader"><label>Design a stick.</label><designprotein2dinput width="855" height="500" target_shape="W;W;W;W;W;W;W"/></customresponse></problem>`,
	"problem/gene.xml": `<problem display_name="Gene"` + always + `><script type="loncapa/python">
def genex_grader(expect,ans):
    if ans=="CORRECT": return True
    import json
    ans=json.loads(ans)
    return ans["genex_answer"]=="CORRECT"
</script><customresponse cfn="genex_grader"><label>Change one base so that the protein becomes longer.</label><editageneinput width="818" height="1000" dna_sequence="` + dna + `" genex_dna_sequence="` + dna + `" genex_problem_number="2"/></customresponse></problem>`,
	"problem/program.xml": `<problem display_name="Program"` + always + `><coderesponse queuename="walks"><label>Write a program.</label><matlabinput rows="6" mode="octave"><plot_payload>%plot</plot_payload></matlabinput>
		<codeparam><initial_display>x = 1</initial_display><answer_display>x = 2</answer_display><grader_payload>{}</grader_payload></codeparam></coderesponse></problem>`,
}

// TestDrawnAnswers draws answers by pointer and by keyboard; the libraries authors grade with find them right.
func TestDrawnAnswers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	dir := t.TempDir()
	for name, text := range toolsFiles {
		put(t, filepath.Join(dir, filepath.FromSlash(name)), []byte(text))
	}
	for frame, of := range map[string]string{"inframe": "crystal", "runframe": "program"} {
		text := strings.Replace(toolsFiles["problem/"+of+".xml"], "</problem>", `<script type="text/javascript">window.author = 1</script></problem>`, 1)
		put(t, filepath.Join(dir, "problem", frame+".xml"), []byte(text))
	}
	s.command("course", "import", dir, "--publish")
	s.command("enroll", s.demo.Learner.Username, toolsKey)
	s.command("grader", "queue", "matlab")
	password := strings.TrimSpace(s.command("grader", "user", "runner", "--queue", "matlab"))
	for _, part := range []struct {
		name, unit string
		walk       func(*walker)
	}{
		{"chemistry", "crystal", (*walker).chemistry},
		{"biology", "protein", (*walker).biology},
		{"programs", "program", func(w *walker) { w.programs(s, password) }},
		{"frames", "inframe", (*walker).toolsInFrames},
	} {
		t.Run(part.name, func(t *testing.T) {
			w := newWalker(t, s.url, 4*time.Minute)
			w.size(1280)
			w.signIn(s.demo.Learner.Email, s.demo.Learner.Password)
			w.open("/courses/" + toolsKey + "/jump_to_id/" + part.unit)
			w.wait("the unit", `document.readyState === "complete" && document.querySelector("[data-unit]")`)
			w.wait("its tools", `[...document.querySelectorAll("[data-tool]")].every(e => e.classList.contains("is-live"))`)
			w.look("tools " + part.name)
			w.size(1280)
			part.walk(w)
			w.look("tools " + part.name + " answered")
		})
	}
	t.Run("without scripts", func(t *testing.T) {
		w := newWalker(t, s.url, time.Minute)
		w.size(390)
		w.signIn(s.demo.Learner.Email, s.demo.Learner.Password)
		w.do("turn scripts off", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
			_, err := cdp.Call(ctx, tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
			return err
		}))
		w.open("/courses/" + toolsKey + "/jump_to_id/octahedron")
		const right = `{"geometry": "AX6E0", "atoms": {"c0": "Xe", "a0": "F", "a1": "F", "e10": "(ep)", "e11": "(ep)", "e20": "F", "e21": "F"}}`
		w.check("the words for writing it", in("octahedron", ".tool__text .answer__help")+`.checkVisibility() && `+in("octahedron", ".tool__text .answer__help")+`.textContent.includes("AX5E0,AX6E0")`)
		w.retype("octahedron", "textarea", right)
		w.follow("submit", chromedp.Click(chromedp.CSS(problem("octahedron")+" [type=submit]"), chromedp.NodeVisible))
		w.check("the verdict", in("octahedron", ".verdict--correct"))
		w.check("no button that needs a script", `![...document.querySelectorAll("[data-run]")].some(e => e.checkVisibility())`)
		if os.Getenv("LYCEUM_SHOTS") != "" {
			w.shoot("tools-without-scripts.png")
		}
	})
}

// value is what stands in the field of a tool.
func (w *walker) value(id string) string {
	w.t.Helper()
	return eval[string](w.ctx, w.t, in(id, "textarea[name^=input_]")+`.value`)
}

// pressNamed presses the button of a problem that is called so.
func (w *walker) pressNamed(id, name string) {
	w.t.Helper()
	w.do("press "+name, chromedp.Click(chromedp.JSPath(`[...document.querySelectorAll(`+quote(problem(id)+" button")+`)].find(e => (e.getAttribute("aria-label") ?? e.textContent).trim() === `+quote(name)+`)`), chromedp.NodeVisible))
}

// at presses a point of a picture, in the units it is drawn in.
func (w *walker) at(id, picture string, x, y float64) {
	w.t.Helper()
	w.do("scroll to "+picture, chromedp.ScrollIntoView(chromedp.CSS(problem(id)+" "+picture)))
	place := eval[[]float64](w.ctx, w.t, `((e, b) => [b.x, b.y, b.width / e.viewBox.baseVal.width])(`+in(id, picture)+`, `+in(id, picture)+`.getBoundingClientRect())`)
	w.do("press the picture", chromedp.MouseClickXY(place[0]+x*place[2], place[1]+y*place[2]))
}

func (w *walker) chemistry() {
	// Two points by pointer, at the middles of edges from the origin; the third and the lattice by keyboard.
	w.at("crystal", "svg", 150+165/2., 228)
	w.wait("the first point", in("crystal", ".crystal__mark"))
	w.at("crystal", "svg", 150, 228-165/2.)
	w.wait("the second point", `document.querySelectorAll(`+quote(problem("crystal")+" .crystal__mark")+`).length === 2`)
	w.focusOn("crystal", ".crystal__point:nth-of-type(3) input, [aria-label='Point 3, x']")
	w.keys("type a point", "0.5", kb.Tab, "0", kb.Tab, "0", kb.Tab)
	w.wait("the plane", in("crystal", ".crystal__plane"))
	w.focusOn("crystal", "select")
	w.keys("choose a lattice", "b")
	w.wait("its atoms", in("crystal", ".crystal__atom.is-inner"))
	if got, want := w.value("crystal"), `{"lattice":"bcc","points":[["0.00","0.50","0.00"],["0.00","0.00","0.50"],["0.50","0.00","0.00"]]}`; got != want {
		w.t.Errorf("the answer is %s, want %s", got, want)
	}
	w.wait("kept", in("crystal", "[data-save-state]")+`.dataset.state === "saved"`)
	w.do("load again", chromedp.Reload())
	w.wait("it is there again", in("crystal", ".crystal__plane"))
	w.submit("crystal", "correct")
	w.wait("and after the answer", in("crystal", ".crystal__plane")+` && `+in("crystal", "select")+`.value === "bcc"`)
	w.pressNamed("crystal", "Take point 1 away")
	w.wait("two are left", `!`+in("crystal", ".crystal__plane")+` && `+in("crystal", ".tool__say")+`.textContent.includes("still to choose: 1")`)
	w.at("crystal", "svg", 150+165, 228)
	w.submit("crystal", "incorrect")

	// A text the tool cannot show stays, and this is told.
	w.press(problem("crystal") + " .tool__text summary")
	w.retype("crystal", "textarea", `{"lattice": "hcp"}`)
	w.check("told", in("crystal", ".tool__notice")+`.textContent.includes("is kept as it is") && !`+in("crystal", ".tool__notice")+`.hidden`)
	w.check("kept", in("crystal", "textarea")+`.value === '{"lattice": "hcp"}'`)
	w.submit("crystal", "incorrect")
	w.wait("kept after the answer, too", in("crystal", "textarea")+`?.value === '{"lattice": "hcp"}' && `+in("crystal", ".tool__text")+`.open`)
	w.focusOn("crystal", "select")
	w.keys("choose a lattice", "s")
	w.wait("a choice takes its place", in("crystal", "textarea")+`.value === '{"lattice":"sc","points":[]}' && `+in("crystal", ".tool__notice")+`.hidden`)

	// Ammonia, by keyboard alone.
	w.focusOn("molecule", ".tool__choice:last-of-type select, label:nth-of-type(2) select")
	w.keys("choose a geometry", "AX4")
	w.wait("its places", in("molecule", "[data-place=p3]"))
	put := func(id, atom string, places ...string) {
		w.focusOn(id, "[data-atom='"+atom+"']")
		w.keys("pick "+atom, kb.Enter)
		for _, p := range places {
			w.focusOn(id, "[data-place="+p+"]")
			w.keys("put", kb.Enter)
		}
	}
	put("molecule", "N", "c0")
	put("molecule", "H", "p0", "p1", "p2")
	w.check("one is free", in("molecule", ".tool__panel .tool__say")+`.textContent.includes("still empty: 1")`)
	put("molecule", "(ep)", "p3")
	w.check("its name", in("molecule", "[data-place=p3]")+`.getAttribute("aria-label") === "Place 4 around the center: pair of electrons"`)
	if got, want := w.value("molecule"), `{"geometry":"AX4E0","atoms":{"c0":"N","p0":"H","p1":"H","p2":"H","p3":"(ep)"}}`; got != want {
		w.t.Errorf("the answer is %s, want %s", got, want)
	}
	w.submit("molecule", "correct")
	w.wait("it is there again", in("molecule", "[data-place=p3].is-pair"))
	put("molecule", "-", "p3")
	w.submit("molecule", "incorrect")

	// An octahedron by pointer: any axis may hold the pairs.
	w.focusOn("octahedron", "select")
	w.keys("choose a geometry", "AX6")
	w.wait("its places", in("octahedron", "[data-place=e21]"))
	w.press(problem("octahedron") + " [data-atom=Xe]")
	w.press(problem("octahedron") + " [data-place=c0]")
	w.press(problem("octahedron") + " [data-atom=F]")
	for _, p := range []string{"a0", "a1", "e20", "e21"} {
		w.press(problem("octahedron") + " [data-place=" + p + "]")
	}
	w.press(problem("octahedron") + " [data-atom='(ep)']")
	w.press(problem("octahedron") + " [data-place=e10]")
	w.press(problem("octahedron") + " [data-place=e11]")
	w.submit("octahedron", "correct")
}

func (w *walker) biology() {
	w.focusOn("protein", ".protein__sequence")
	w.do("write", chromedp.KeyEvent("rrrxr"))
	w.pressNamed("protein", "Arg, likes water")
	w.check("letters and names", in("protein", ".protein__sequence")+`.value === "RRRRR" && `+in("protein", ".tool__say")+`.textContent === "Arg Arg Arg Arg Arg"`)
	w.press(problem("protein") + " [data-act=problem_check]")
	w.wait("it is not folded yet", in("protein", "[data-trouble]")+`.textContent.includes("Fold the protein")`)
	w.focusOn("protein", ".protein__sequence")
	w.keys("write and fold", kb.End, "r", "r", kb.Enter)
	w.wait("folded", in("protein", ".protein__picture.is-folded")+`?.getAttribute("aria-label") === "Folded protein; its steps: E E E E E E"`)
	w.submit("protein", "correct")
	w.wait("folded again after the answer", in("protein", ".protein__picture.is-folded")+` && `+in("protein", ".protein__sequence")+`.value === "RRRRRRR"`)
	w.retype("protein", ".protein__sequence", "LLLLLLL")
	w.pressNamed("protein", "Fold")
	w.wait("folded otherwise", in("protein", ".protein__picture.is-folded")+`?.getAttribute("aria-label").endsWith("E NE NW W SW E")`)
	w.submit("protein", "incorrect")

	// A stop becomes an amino acid: base 110 of the gene, by keyboard.
	w.check("what the gene makes", in("gene", ".gene__protein")+`.textContent === "N-Met-Pro-Leu-Ser-Asp-Val-Glu-Arg-Gly-Pro-C"`)
	eval[bool](w.ctx, w.t, in("gene", ".gene__dna")+`.focus(), `+in("gene", ".gene__dna")+`.setSelectionRange(0, 0), true`)
	where := eval[float64](w.ctx, w.t, in("gene", ".gene__dna")+`.value.indexOf("CTTAAG") + 2`)
	for range int(where) {
		w.keys("go", kb.ArrowRight)
	}
	w.wait("the place is told", in("gene", ".tool__panel .tool__say")+`.textContent.startsWith("Base `+itoa(int(where)+1)+`: T")`)
	w.keys("change it", "c")
	w.wait("the protein is longer", in("gene", ".gene__protein")+`.textContent === "N-Met-Pro-Leu-Ser-Asp-Val-Glu-Arg-Gly-Pro-Gln-Glu-Gly-Val-Lys-Lys-Lys-Lys-C"`)
	w.check("as it was before", in("gene", ".gene__was")+`.textContent.includes("Met-Pro-Leu-Ser-Asp-Val-Glu-Arg-Gly-Pro")`)
	w.submit("gene", "correct")
	w.wait("it is there again", in("gene", ".gene__protein")+`?.textContent.endsWith("Val-Lys-Lys-Lys-Lys-C")`)
	w.pressNamed("gene", "Delete base")
	w.check("a base less", in("gene", ".gene__dna")+`.value.length === `+itoa(len(dna)-1))
	w.submit("gene", "incorrect")
	w.pressNamed("gene", "Begin anew")
	w.check("as the author has it", in("gene", ".gene__dna")+`.value === `+quote(dna))
}

func (w *walker) programs(s *site, password string) {
	w.focusOn("program", "textarea")
	w.keys("write", kb.End, " ")
	w.pressNamed("program", "Run code")
	w.wait("it runs", in("program", "[data-run-state]")+`.textContent.includes("Your program runs")`)
	w.check("what was written stays", in("program", "textarea")+`.value === "x = 1 "`)
	w.check("the button has the focus", `document.activeElement?.dataset.run`)
	w.pressNamed("program", "Run code")
	w.wait("not too often", in("program", "[data-trouble]")+`.textContent.includes("must wait")`)
	eval[bool](w.ctx, w.t, in("program", "textarea")+`.focus(), true`)
	w.keys("write on", kb.End, "+", "1")
	if got := s.runProgram(password, `<p>x = <b>1</b><script>alert(1)</script></p>`); got != "x = 1 " {
		w.t.Errorf("the program that is run is %q", got)
	}
	w.wait("what it printed", in("program", ".run__output")+`?.textContent.trim() === "x = 1"`)
	w.check("cleaned, and what was written meanwhile stays", `!`+in("program", ".run__output script")+` && `+in("program", "textarea")+`.value === "x = 1 +1"`)
	w.do("load again", chromedp.Reload())
	w.wait("it is there again", in("program", ".run__output")+` && `+in("program", "textarea")+`?.value === "x = 1 +1"`)
}

// toolsInFrames draws and runs where an author's scripts stand in the question, too.
func (w *walker) toolsInFrames() {
	f := w.frame("inframe")
	f.waitIn("the tool", `document.querySelector("[data-tool].is-live")`)
	f.inside("choose", chromedp.SetValue(chromedp.CSS("[data-stage] select"), "bcc"))
	eval[bool](f.ctx, w.t, `document.querySelector("[data-stage] select").dispatchEvent(new Event("change"))`)
	for k, point := range []string{"x", "y", "z"} {
		for _, axis := range []string{"x", "y", "z"} {
			value := "0"
			if axis == point {
				value = "0.5"
			}
			f.inside("type a coordinate", chromedp.SendKeys(chromedp.CSS(`[aria-label="Point `+itoa(k+1)+`, `+axis+`"]`), value+kb.Tab))
		}
	}
	f.waitIn("the plane", `document.querySelector(".crystal__plane")`)
	f.verdict("correct", f.press("problem_check"))
	f.waitIn("drawn again", `document.querySelector(".crystal__plane") && document.querySelector("[data-tool].is-live")`)

	r := w.frame("runframe")
	r.waitIn("the button", `document.querySelector("[data-run]")`)
	r.click("[data-run]")
	r.waitIn("it runs", `document.querySelector("[data-run-state]").textContent.includes("Your program runs")`)
}

// runProgram is a grader that takes one program from the queue of runs and says what it printed. It returns the program.
func (s *site) runProgram(password, printed string) string {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	client := http.Client{Jar: jar, Timeout: 10 * time.Second}
	ask := func(path string, form url.Values) (content json.RawMessage) {
		var res *http.Response
		if form == nil {
			res, err = client.Get(s.url + path)
		} else {
			res, err = client.PostForm(s.url+path, form)
		}
		if err != nil {
			s.t.Fatal(err)
		}
		defer res.Body.Close()
		var got struct {
			Code    int             `json:"return_code"`
			Content json.RawMessage `json:"content"`
		}
		if err := json.NewDecoder(res.Body).Decode(&got); err != nil || got.Code != 0 {
			s.t.Fatalf("%s: %v, %d %s", path, err, got.Code, got.Content)
		}
		return got.Content
	}
	ask("/xqueue/login/", url.Values{"username": {"runner"}, "password": {password}})
	var text string
	var taken struct {
		Header string `json:"xqueue_header"`
		Body   string `json:"xqueue_body"`
	}
	var body struct {
		Program string `json:"student_response"`
	}
	if err := errors.Join(json.Unmarshal(ask("/xqueue/get_submission/?queue_name=matlab", nil), &text), json.Unmarshal([]byte(text), &taken), json.Unmarshal([]byte(taken.Body), &body)); err != nil {
		s.t.Fatal(err)
	}
	reply, err := json.Marshal(map[string]string{"msg": printed})
	if err != nil {
		s.t.Fatal(err)
	}
	ask("/xqueue/put_result/", url.Values{"xqueue_header": {taken.Header}, "xqueue_body": {string(reply)}})
	return body.Program
}
