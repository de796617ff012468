package problem

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"lyceum/component"
	"lyceum/component/componenttest"
	"lyceum/component/container"
	"lyceum/component/unknown"
	"lyceum/course"
	"lyceum/grading/gradebook"
	"lyceum/grading/submission"
	"lyceum/internal/clock"
	"lyceum/internal/fault"
	"lyceum/internal/pgtest"
	"lyceum/learner/state"
	"lyceum/tracking"
)

// desk is one learner at one problem, id "p", over a database of its own.
type desk struct {
	t     testing.TB
	kind  *Kind
	kinds *component.Kinds
	pool  *pgxpool.Pool
	rt    *component.Runtime
	node  *course.Node
}

// newDesk seats a learner. pool may be nil for tests that only look.
func newDesk(t testing.TB, pool *pgxpool.Pool, source string, fields course.Fields, with ...func(*submission.Config)) *desk {
	t.Helper()
	fake := clock.NewFake(componenttest.Noon)
	config := submission.Config{DB: pool, Book: gradebook.New(pool, fake.Now, nil), Events: tracking.Discard{}, Clock: fake.Now}
	for _, change := range with {
		change(&config)
	}
	d := &desk{t: t, pool: pool, kind: New(submission.New(config), 1<<20, nil)}
	d.kinds = component.NewKinds(unknown.Kind{}, d.kind, container.Kind{Tag: "vertical"})
	b := &course.Block{Type: "problem", ID: "p", Fields: course.Fields{"display_name": course.Text("Question <b>one</b>")}, Body: []byte(source)}
	maps.Copy(b.Fields, fields)
	c := componenttest.Course(d.kinds, nil, b)
	d.rt, d.node = componenttest.Runtime(t, d.kinds, c), componenttest.Node(t, c, "p")
	return d
}

// page draws the problem as a page that has loaded the learner's state and drafts.
func (d *desk) page() string {
	d.t.Helper()
	if d.pool != nil {
		var b pgx.Batch
		d.rt.More = map[string]any{}
		state.QueueLoad(&b, d.rt.Viewer.User, d.rt.Course.Key, []string{d.node.Usage}, func(r state.Records) { d.rt.States = r })
		QueueDrafts(&b, d.rt.Viewer.User, d.rt.Course.Key, []string{d.node.Usage}, d.rt.More)
		if err := d.pool.SendBatch(d.t.Context(), &b).Close(); err != nil {
			d.t.Fatal(err)
		}
	}
	return componenttest.Render(d.t, d.rt.Draw(componenttest.Context(d.t), d.node))
}

// both is the page and what is in its frame.
func (d *desk) both() string {
	d.t.Helper()
	return d.page() + d.document()
}

// document is the page of the problem's frame, "" for none.
func (d *desk) document() string {
	d.t.Helper()
	doc, ok, err := d.kind.Document(d.t.Context(), d.rt, d.node)
	if err != nil {
		d.t.Fatal(err)
	}
	if !ok {
		return ""
	}
	return componenttest.Render(d.t, doc)
}

// do calls a dispatch by POST with form fields in pairs; INPUT stands for the name of the problem's first input.
func (d *desk) do(dispatch string, pairs ...string) (map[string]any, error) {
	d.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(strings.ReplaceAll(pairs[i], "INPUT", "input_"+d.node.Key.HTMLID()), pairs[i+1])
	}
	return d.call("xmodule_handler", component.Request{Method: http.MethodPost, Suffix: dispatch, Form: form})
}

func (d *desk) call(action string, req component.Request) (map[string]any, error) {
	d.t.Helper()
	got, err := d.kind.Actions()[action](componenttest.Context(d.t), d.rt, d.node, req)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(got.JSON)
	if err != nil {
		d.t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(text, &out); err != nil {
		d.t.Fatal(err)
	}
	return out, nil
}

func (d *desk) must(dispatch string, pairs ...string) map[string]any {
	d.t.Helper()
	out, err := d.do(dispatch, pairs...)
	if err != nil {
		d.t.Fatalf("%s: %v", dispatch, err)
	}
	return out
}

// secretive are problems of every type whose secrets all say so: answers, hints, feedback and solutions contain SECRET or
// one of the strings listed.
var secretive = []struct {
	name, source string
	secrets      []string
	wrong        []string // fields of a wrong answer
	right        []string
}{
	{
		"multiplechoiceresponse", `<multiplechoiceresponse targeted-feedback=""><label>Which?</label><choicegroup type="MultipleChoice">
			<choice correct="false" name="a" explanation-id="SECRETa">one <choicehint>SECRET hint of one</choicehint></choice>
			<choice correct="true" name="b" explanation-id="SECRETb">two <choicehint label="SECRET">SECRET hint of two</choicehint></choice></choicegroup></multiplechoiceresponse>
			<targetedfeedbackset><targetedfeedback explanation-id="SECRETb">SECRET feedback</targetedfeedback></targetedfeedbackset>`,
		[]string{`correct="`},
		[]string{"INPUT_2_1", "choice_a"},
		[]string{"INPUT_2_1", "choice_b"},
	},
	{
		"choiceresponse", `<choiceresponse partial_credit="EDC"><label>Which?</label><checkboxgroup>
			<choice correct="false">one<choicehint selected="true">SECRET 1</choicehint><choicehint selected="false">SECRET 2</choicehint></choice>
			<choice correct="true">two<choicehint selected="true">SECRET 3</choicehint></choice>
			<compoundhint value="choice_0 choice_1">SECRET both</compoundhint></checkboxgroup></choiceresponse>`,
		[]string{`correct="`},
		[]string{"INPUT_2_1[]", "choice_0"},
		[]string{"INPUT_2_1[]", "choice_1"},
	},
	{
		"optionresponse", `<optionresponse><label>Which?</label><optioninput options="('red','blue')" correct="blue"/></optionresponse>
			<optionresponse><optioninput><option correct="False">up<optionhint>SECRET up</optionhint></option><option correct="True">down<optionhint>SECRET down</optionhint></option></optioninput></optionresponse>`,
		[]string{`correct="`},
		[]string{"INPUT_2_1", "red", "INPUT_3_1", ""},
		[]string{"INPUT_2_1", "blue", "INPUT_3_1", "down"},
	},
	{
		"numericalresponse", `<numericalresponse answer="31415"><label>How many?</label><responseparam type="tolerance" default="271%"/><formulaequationinput/>
			<correcthint>SECRET right</correcthint><additional_answer answer="16180"><correcthint>SECRET other</correcthint></additional_answer></numericalresponse>`,
		[]string{"31415", "16180", "271%", "85135"},
		[]string{"INPUT_2_1", "-99999999"},
		[]string{"INPUT_2_1", "31415"},
	},
	{
		"stringresponse", `<stringresponse answer="SECRETword" type="ci regexp"><label>Who?</label><additional_answer answer="SECRETalso"/><textline size="20"/>
			<correcthint>SECRET right</correcthint><stringequalhint answer="SECRETnear">SECRET near</stringequalhint><regexphint answer="SECRET.*">SECRET shape</regexphint></stringresponse>`,
		nil,
		[]string{"INPUT_2_1", "nobody"},
		[]string{"INPUT_2_1", "SECRETword"},
	},
	{
		"truefalseresponse", `<truefalseresponse><label>Which?</label><choicegroup><choice correct="false" name="a">one</choice><choice correct="true" name="b">two</choice></choicegroup></truefalseresponse>`,
		[]string{`correct="`},
		[]string{"INPUT_2_1", "choice_a"},
		[]string{"INPUT_2_1", "choice_b"},
	},
}

const tail = `<solution><div>SECRET solution</div></solution><demandhint><hint>SECRET demand</hint></demandhint><!-- SECRET comment -->`

// TestNothingLeavesBeforeItMay looks for each secret in each representation of a problem before the rules of showing allow it.
func TestNothingLeavesBeforeItMay(t *testing.T) {
	t.Parallel()
	inFrames := slices.Clone(secretive)
	for i := range inFrames {
		inFrames[i].name += " in a frame"
		inFrames[i].source = `<script type="text/javascript">1</script>` + inFrames[i].source
	}
	for _, tc := range append(inFrames, secretive...) {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			source := tc.source + tail
			d := newDesk(t, pgtest.New(t), source, course.Fields{"max_attempts": "9"})
			look := func(when, text string, own ...string) {
				t.Helper()
				for _, s := range own { // what the learner typed is no secret
					text = strings.ReplaceAll(text, s, "")
				}
				for _, secret := range append([]string{"SECRET"}, tc.secrets...) {
					if i := strings.Index(text, secret); i >= 0 {
						t.Errorf("%s: %q in …%s…", when, secret, text[max(0, i-80):min(len(text), i+60)])
					}
				}
			}
			asText := func(v any) string {
				b, err := json.Marshal(v)
				if err != nil {
					t.Fatal(err)
				}
				return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\"`, `"`, `\u0026`, "&").Replace(string(b))
			}
			look("page", d.both())
			look("page of staff's facts", d.kind.Text(d.node))
			get, err := d.call("xmodule_handler", component.Request{Method: http.MethodGet, Suffix: "problem_get"})
			if err != nil {
				t.Fatal(err)
			}
			look("problem_get", asText(get))
			look("problem_show", asText(d.must("problem_show")))
			look("problem_save", asText(d.must("problem_save", tc.wrong...)))
			look("page with saved answers", d.both())
			look("problem_reset", asText(d.must("problem_reset")))

			// With results withheld, right and wrong look alike.
			hidden := newDesk(t, pgtest.New(t), source, course.Fields{"show_correctness": course.Text("never"), "showanswer": course.Text("always")})
			componenttest.Staff(hidden.rt)
			var replies []string
			for _, answer := range [][]string{tc.wrong, tc.right} {
				own := answer[1]
				reply := asText(hidden.must("problem_check", answer...))
				look("problem_check, withheld", reply, own)
				page := hidden.both()
				look("page after it, withheld", page, own)
				look("problem_get, withheld", asText(hidden.must("problem_get")), own)
				look("problem_show, withheld", asText(hidden.must("problem_show")))
				replies = append(replies, alike(reply, answer))
			}
			if diff := cmp.Diff(replies[0], replies[1]); diff != "" {
				t.Errorf("replies to a wrong and a right answer differ:\n%s", diff)
			}
		})
	}
}

// alike takes out of a reply what differs between any two answers.
func alike(reply string, answer []string) string {
	for i := 1; i < len(answer); i += 2 {
		if answer[i] != "" {
			reply = strings.ReplaceAll(reply, `value="`+answer[i]+`"`, `value=""`)
		}
	}
	for _, p := range []string{`Receipt [0-9A-Za-z-]+`, `"submission_id":"[^"]*"`, `"time":"[^"]*"`, ` checked`, ` selected`, `data-version="\d+"`, `"version":\d+`, `"attempts_used":\d+`, `value="[^"]*"`, `data-preview="preview_formcalc">[^<]*`} {
		reply = regexp.MustCompile(p).ReplaceAllString(reply, "")
	}
	return reply
}

func TestFeedbackOfTheChosenOnly(t *testing.T) {
	t.Parallel()
	d := newDesk(t, pgtest.New(t), secretive[0].source, nil)
	contents, _ := d.must("problem_check", "INPUT_2_1", "choice_a")["contents"].(string)
	if !strings.Contains(contents, "hint of one") || strings.Contains(contents, "hint of two") || strings.Contains(contents, "SECRET feedback") {
		t.Errorf("after choosing one: %s", contents)
	}
}

func TestReplies(t *testing.T) {
	t.Parallel()
	const source = `<numericalresponse answer="5"><label>n</label><formulaequationinput/></numericalresponse>
		<solution><p onclick="x">Five.<script type="text/javascript">1</script></p></solution><demandhint><hint>Count <b onclick="x">up</b>.</hint><hint>Two.</hint></demandhint>`
	d := newDesk(t, pgtest.New(t), source, course.Fields{"showanswer": course.Text("attempted"), "max_attempts": "3", "show_reset_button": "true"})
	has := func(what string, got map[string]any, want map[string]any, markup string) {
		t.Helper()
		for name, v := range want {
			if diff := cmp.Diff(v, got[name]); diff != "" {
				t.Errorf("%s: %s (-want +got):\n%s", what, name, diff)
			}
		}
		for _, name := range []string{"html", "contents"} {
			if _, ok := got[name].(string); ok != (name == markup) {
				t.Errorf("%s: markup under %q: %v, want it under %q only", what, name, ok, markup)
			}
		}
	}
	has("problem_get", d.must("problem_get"), map[string]any{"current_score": 0.0, "total_possible": 1.0, "attempts_used": 0.0}, "html")
	refused := map[string]any{"success": submission.RefusalMessage}
	has("problem_show too early", d.must("problem_show"), refused, "")
	hint := d.must("hint_button", "hint_index", "0")
	has("hint_button", hint, map[string]any{"success": true, "hint_index": 0.0, "should_enable_next_hint": true}, "")
	if msg, _ := hint["msg"].(string); !strings.Contains(msg, "Count <b>up</b>.") || strings.Contains(msg, "Two.") {
		t.Errorf("hint: %s", msg)
	}
	has("problem_save", d.must("problem_save", "INPUT_2_1", "4"), map[string]any{"success": true}, "html")
	has("problem_reset too early", d.must("problem_reset"), map[string]any{"success": false}, "html")
	check := d.must("problem_check", "INPUT_2_1", "4")
	has("wrong", check, map[string]any{"success": "incorrect", "progress_changed": true, "current_score": 0.0, "total_possible": 1.0, "attempts_used": 1.0}, "contents")
	if receipt, _ := check["receipt"].(map[string]any); receipt["submission_id"] == "" || receipt["time"] == "" {
		t.Errorf("receipt: %v", check["receipt"])
	}
	unreadable := d.must("problem_check", "INPUT_2_1", "4 4 4 (")
	if word, _ := unreadable["success"].(string); word == "correct" || word == "incorrect" || unreadable["attempts_used"] != 1.0 {
		t.Errorf("unreadable: %v", unreadable)
	}
	has("right", d.must("problem_check", "INPUT_2_1", "5"), map[string]any{"success": "correct", "current_score": 1.0, "attempts_used": 2.0}, "contents")
	shown := d.must("problem_show")
	answers, _ := shown["answers"].(map[string]any)
	id := d.node.Key.HTMLID()
	if diff := cmp.Diff(map[string]any{id + "_2_1": "5", id + "_solution_1": "<p>Five.</p>"}, trimmed(answers)); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	has("problem_reset", d.must("problem_reset"), map[string]any{"success": true}, "html")
	has("third", d.must("problem_check", "INPUT_2_1", "1"), map[string]any{"success": "incorrect", "attempts_used": 3.0}, "contents")
	has("fourth", d.must("problem_check", "INPUT_2_1", "5"), refused, "")
}

func trimmed(m map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range m {
		if s, ok := v.(string); ok {
			v = strings.TrimSpace(s)
		}
		out[k] = v
	}
	return out
}

func TestBadCalls(t *testing.T) {
	t.Parallel()
	d := newDesk(t, pgtest.New(t), `<stringresponse answer="a"><textline/></stringresponse>`, nil)
	id := "input_" + d.node.Key.HTMLID()
	post := func(dispatch string, form url.Values) component.Request {
		return component.Request{Method: http.MethodPost, Suffix: dispatch, Form: form}
	}
	for _, tc := range []struct {
		name, action string
		req          component.Request
		want         fault.Kind
	}{
		{"check by GET", "xmodule_handler", component.Request{Method: http.MethodGet, Suffix: "problem_check", Form: url.Values{}}, fault.Invalid},
		{"reset by GET", "xmodule_handler", component.Request{Method: http.MethodGet, Suffix: "problem_reset", Form: url.Values{}}, fault.Invalid},
		{"unknown dispatch", "xmodule_handler", post("problem_win", nil), fault.NotFound},
		{"no dispatch", "xmodule_handler", post("", nil), fault.NotFound},
		{"a field of no input", "xmodule_handler", post("problem_check", url.Values{id + "_9_9": {"a"}}), fault.Invalid},
		{"a field of another problem", "xmodule_handler", post("problem_check", url.Values{"input_other_2_1": {"a"}}), fault.Invalid},
		{"a field that names nothing", "xmodule_handler", post("problem_save", url.Values{"input": {"a"}}), fault.Invalid},
		{"NUL", "xmodule_handler", post("problem_check", url.Values{id + "_2_1": {"a\x00b"}}), fault.Invalid},
		{"no UTF-8", "xmodule_handler", post("problem_save", url.Values{id + "_2_1": {"\xff"}}), fault.Invalid},
		{"hint without a number", "xmodule_handler", post("hint_button", url.Values{"hint_index": {"x"}}), fault.Invalid},
		{"negative hint", "xmodule_handler", post("hint_button", url.Values{"hint_index": {"-1"}}), fault.Invalid},
		{"draft by GET", "keep_draft", component.Request{Method: http.MethodGet, Form: url.Values{}}, fault.Invalid},
		{"draft without a version", "keep_draft", post("", url.Values{id + "_2_1": {"a"}}), fault.Invalid},
		{"draft of another problem", "keep_draft", post("", url.Values{"state_version": {"0"}, "input_x_2_1": {"a"}}), fault.Invalid},
	} {
		if _, err := d.call(tc.action, tc.req); fault.KindOf(err) != tc.want {
			t.Errorf("%s: %v, want %v", tc.name, err, tc.want)
		}
	}
	if page := d.page(); strings.Contains(page, `value="a"`) {
		t.Errorf("something was kept: %s", page)
	}
}

func TestDraftsComeBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t, pgtest.New(t), `<stringresponse answer="a"><textline/></stringresponse>
		<choiceresponse><checkboxgroup><choice correct="true">x</choice><choice correct="false">y</choice></checkboxgroup></choiceresponse>`, nil)
	id := "input_" + d.node.Key.HTMLID()
	keep := url.Values{"state_version": {"0"}, id + "_2_1": {`half "<typed>`}, id + "_3_1[]": {"choice_1"}}
	if _, err := d.call("keep_draft", component.Request{Method: http.MethodPost, Form: keep}); err != nil {
		t.Fatal(err)
	}
	page := d.page()
	for _, want := range []string{`value="half &#34;&lt;typed&gt;"`, `value="choice_1" checked`, "Your answer is kept"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in %s", want, page)
		}
	}
	if strings.Contains(page, `value="choice_0" checked`) {
		t.Error("a box nobody ticked is ticked")
	}
	// After an answer the draft is of the past.
	d.must("problem_check", "INPUT_2_1", "a", "INPUT_3_1[]", "choice_0")
	if page := d.page(); strings.Contains(page, "half") {
		t.Errorf("an old draft came back: %s", page)
	}
}

func TestStaffReadWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, source string
		staff, all   []string // what staff read, what everybody reads
	}{
		{"broken source", `<stringresponse answer="a"><textline></stringresponse>`, []string{"line", "For the course team"}, []string{"This part of the page cannot be shown right now"}},
		{"a script", `<p>Draw:</p><script type="text/javascript">SCRIPT()</script><stringresponse answer="a"><textline/></stringresponse>`, []string{"do not run here"}, []string{"Draw:"}},
		{"a style sheet", `<style>p { color: red }</style><p>Red</p><stringresponse answer="a"><textline/></stringresponse>`, []string{"do not run here"}, []string{"Red"}},
		{"a handler", `<p onclick="SCRIPT()">Press</p><stringresponse answer="a"><textline/></stringresponse>`, []string{"do not run here"}, []string{"Press"}},
		{"author Python", `<script type="loncapa/python">x = 1</script><stringresponse answer="$x"><textline/></stringresponse>`, []string{"For the course team"}, []string{"cannot be graded on this site at the moment"}},
	} {
		d := newDesk(t, nil, tc.source, nil)
		learner := d.page()
		componenttest.Staff(d.rt)
		staff := d.page()
		for _, want := range tc.all {
			if !strings.Contains(learner, want) || !strings.Contains(staff, want) {
				t.Errorf("%s: %q is missing for learners or staff:\n%s", tc.name, want, learner)
			}
		}
		for _, want := range tc.staff {
			if !strings.Contains(staff, want) {
				t.Errorf("%s: staff do not read %q:\n%s", tc.name, want, staff)
			}
			if strings.Contains(learner, want) {
				t.Errorf("%s: learners read %q", tc.name, want)
			}
		}
		if strings.Contains(staff+learner, "SCRIPT()") {
			t.Errorf("%s: the script is on the page", tc.name)
		}
	}
}

func TestDefectsAreToldToStaff(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil, `<stringresponse answer="a"><textline/></stringresponse>`, nil)
	d.node.Facts.Problems = []string{"line 3: <b>odd</b>"}
	if strings.Contains(d.page(), "odd") {
		t.Error("learners read about defects")
	}
	componenttest.Staff(d.rt)
	if !strings.Contains(d.page(), "line 3: &lt;b&gt;odd&lt;/b&gt;") {
		t.Errorf("staff do not: %s", d.page())
	}
}

// TestInputs draws each kind of input before and after an answer.
func TestInputs(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, source string
		answer       []string
	}{
		{"radio", `<multiplechoiceresponse><label>Which <i>one</i>?</label><description>Look twice.</description><choicegroup type="MultipleChoice"><choice correct="true" name="a">one</choice><choice correct="false" name="b"><img src="/static/pic.png" alt="b"/></choice></choicegroup></multiplechoiceresponse>`, []string{"INPUT_2_1", "choice_a"}},
		{"boxes", `<choiceresponse><label>Which?</label><checkboxgroup><choice correct="true">one</choice><choice correct="false">two</choice></checkboxgroup></choiceresponse>`, []string{"INPUT_2_1[]", "choice_1"}},
		{"dropdown", `<p>Pick <optionresponse inline="1"><optioninput inline="1" options="('red','light &quot;blue&quot;')" correct="red"/></optionresponse> now.</p>`, []string{"INPUT_2_1", "red"}},
		{"line", `<stringresponse answer="a"><label>Who?</label><textline size="7" trailing_text="&lt;kg&gt;"/></stringresponse>`, []string{"INPUT_2_1", `a"><script>`}},
		{"number", `<numericalresponse answer="5"><p>How many?</p><formulaequationinput/></numericalresponse>`, []string{"INPUT_2_1", "5"}},
		{"several", `<optionresponse><label>Both</label><optioninput label="first" options="('a','b')" correct="a"/><optioninput label="second" options="('a','b')" correct="b"/></optionresponse>`, nil},
		{"prose", `<table><tr><td onclick="x" class="k">A <clarification>more <b>words</b></clarification></td></tr></table>`, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var pool *pgxpool.Pool
			if tc.answer != nil {
				pool = pgtest.New(t)
			}
			d := newDesk(t, pool, tc.source, nil)
			componenttest.Golden(t, tc.name, d.page())
			if tc.answer != nil {
				contents, _ := d.must("problem_check", tc.answer...)["contents"].(string)
				contents = regexp.MustCompile(`Receipt [0-9A-Za-z-]+`).ReplaceAllString(contents, "Receipt ID")
				componenttest.Golden(t, tc.name+"_answered", contents)
			}
		})
	}
}

func TestVisitorsRead(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil, `<stringresponse answer="a"><textline/></stringresponse>`, nil)
	componenttest.Visitor(d.rt)
	page := componenttest.Render(t, d.rt.Draw(componenttest.Context(t), d.node))
	if strings.Contains(page, "data-act") || !strings.Contains(page, `href="/login"`) {
		t.Errorf("a visitor's page: %s", page)
	}
}

func TestFacts(t *testing.T) {
	t.Parallel()
	one := 2.0
	for _, tc := range []struct {
		name, source string
		want         course.Facts
	}{
		{"two questions", `<stringresponse answer="a"><textline/></stringresponse><stringresponse answer="b"><textline/></stringresponse>`, course.Facts{Scored: true, MaxPoints: &one, Completion: course.Completable, Icon: "problem"}},
		{"prose only", `<p>Read this.</p>`, course.Facts{OnView: true, Completion: course.Completable, Icon: "problem"}},
	} {
		d := newDesk(t, nil, tc.source, nil)
		if diff := cmp.Diff(tc.want, d.node.Facts); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
	broken := newDesk(t, nil, `<p`, nil).node.Facts
	if !broken.Scored || broken.MaxPoints != nil || len(broken.Problems) != 1 {
		t.Errorf("broken: %+v", broken)
	}
}

func TestSource(t *testing.T) {
	t.Parallel()
	b := &course.Block{Attrs: map[string]string{"b": "x\ny\t\"<&>", "a": "1"}, Body: []byte(`<p/>`)}
	if got, want := string(Source(b)), `<problem a="1" b="x&#10;y&#9;&quot;&lt;&amp;>"><p/></problem>`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
