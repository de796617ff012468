package submission

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lyceum/grading/capa"
	"lyceum/internal/sharedtest"
)

func TestStudentSeed(t *testing.T) {
	t.Parallel()
	// The vector of the reference; the plain key would give 13.
	if got := StudentSeed(42, "block-v1:OrgX+C1+R1+type@problem+block@p1"); got != 0 {
		t.Errorf("got %d, want 0", got)
	}
	for in, want := range map[string]string{"a": "b'a'", "a'b": `b"a'b"`, `a'"b`: `b'a\'"b'`, "é\n\\": `b'\xc3\xa9\n\\'`} {
		if got := pythonBytes(in); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}

// TestSharedSeeds checks the table of the conformance collection.
func TestSharedSeeds(t *testing.T) {
	t.Parallel()
	text := sharedtest.Read(t, "conformance/capa/tables.json")
	var tables struct {
		Seeds []struct {
			User int64  `json:"user_id"`
			Key  string `json:"usage_key"`
			Bin  int    `json:"bin"`
		} `json:"per_student_seed"`
	}
	if err := json.Unmarshal(text, &tables); err != nil || len(tables.Seeds) == 0 {
		t.Fatal(err, len(tables.Seeds))
	}
	for _, s := range tables.Seeds {
		if got := StudentSeed(s.User, s.Key); got != s.Bin {
			t.Errorf("user %d, %s: got %d, want %d", s.User, s.Key, got, s.Bin)
		}
	}
}

func TestChooseSeed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rerandomize string
		drawn       int32
		want        int
	}{{Never, 5, 1}, {Always, 1234567, 567}, {OnReset, -8, 992}, {Always, -2147483648, 352}, {PerStudent, 5, 0}} {
		s := Setup{Settings: Settings{Rerandomize: c.rerandomize}, User: 42, ModuleID: "block-v1:OrgX+C1+R1+type@problem+block@p1", Seeds: func() int32 { return c.drawn }}
		if got := s.chooseSeed(); got != c.want {
			t.Errorf("%s, %d: got %d, want %d", c.rerandomize, c.drawn, got, c.want)
		}
	}
}

func TestChooseScore(t *testing.T) {
	t.Parallel()
	history := []Points{{1, 3}, {3, 3}, {1, 3}, {2, 3}}
	for method, want := range map[string]Points{"": {2, 3}, LastScore: {2, 3}, FirstScore: {1, 3}, HighestScore: {3, 3}, AverageScore: {1.75, 3}, "unknown": {2, 3}} {
		s := Settings{GradingMethod: method}
		if got := s.choose(Earlier{}, history); got != want {
			t.Errorf("%s: got %v, want %v", method, got, want)
		}
	}
	s := Settings{GradingMethod: AverageScore}
	if got := s.choose(Earlier{}, []Points{{1, 1}, {1, 1}, {0, 1}}); got != (Points{.67, 1}) {
		t.Errorf("two thirds: got %v", got)
	}
}

func TestSpell(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0 seconds", 1: "1 second", 60: "1 minute", 184: "3 minutes 4 seconds", 3600: "1 hour", 7261: "2 hours 1 minute 1 second"} {
		if got := spell(n); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
}

// TestState reads states as other sites have written them.
func TestState(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"nothing", ``, `{}`},
		{"null", `null`, `{}`},
		{"defaults that were written stay", `{"attempts":0,"done":null,"correct_map":{},"has_saved_answers":false}`, `{"attempts":0,"done":false,"correct_map":{},"has_saved_answers":false}`},
		{"flat map", `{"correct_map":{"i_2_1":"correct"},"seed":1,"attempts":"3"}`, `{"seed":1,"attempts":3,"correct_map":{"i_2_1":{"correctness":"correct","npoints":null,"msg":"","hint":"","hintmode":null,"queuestate":null,"answervariable":null}}}`},
		{"unknown members and entry keys", `{"x":{"y":[1]},"correct_map":{"i":{"correctness":"incorrect","tags":[]}}}`, `{"correct_map":{"i":{"correctness":"incorrect","npoints":null,"msg":"","hint":"","hintmode":null,"queuestate":null,"answervariable":null}},"x":{"y":[1]}}`},
		{"answers of all shapes", `{"student_answers":{"a":"<b>","b":["1","2"],"c":{"d":"e"},"f":null}}`, `{"student_answers":{"a":"\u003cb\u003e","b":["1","2"],"c":{"d":"e"},"f":null}}`},
		{"time with a fraction", `{"last_submission_time":"2025-03-01T12:00:00.250Z"}`, `{"last_submission_time":"2025-03-01T12:00:00Z"}`},
	} {
		s, err := ParseState([]byte(c.in))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got, err := json.Marshal(s)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if diff := cmp.Diff(string(got), c.want); diff != "" {
			t.Errorf("%s (-got +want):\n%s", c.name, diff)
		}
	}
	for _, bad := range []string{`[]`, `{`, `{"seed":"x"}`, `{"score":3}`, `{"last_submission_time":"soon"}`} {
		if _, err := ParseState([]byte(bad)); err == nil {
			t.Errorf("%s: no error", bad)
		}
	}
}

func TestLooks(t *testing.T) {
	t.Parallel()
	const base = `{"seed":1,"attempts":1,"done":true,"student_answers":{"a":"b"},"correct_map":{"a":"correct"},"score":{"raw_earned":1,"raw_possible":1}`
	for _, same := range []string{
		base + `,"input_state":{"a":{}},"last_submission_time":"2026-03-01T11:00:00Z","score_history":[]}`,
		` ` + base + `, "student_answers_history": [{"a":"c"}], "correct_map_history": null, "unknown": [1]}`, base + `,"attempts":1}`,
	} {
		if Looks([]byte(same)) != Looks([]byte(base+"}")) {
			t.Errorf("%s looks otherwise", same)
		}
	}
	seen := map[string]string{}
	for _, other := range []string{
		base + "}", ``, `{"seed":1}`, `{"attempts":1}`, `{"seed":null}`, base + `,"attempts":2}`, base + `,"done":false}`, base + `,"has_saved_answers":true}`, base + `,"seed":2}`,
		base + `,"student_answers":{"a":"c"}}`, base + `,"correct_map":{}}`, base + `,"score":null}`, base + `,"score_history":7}`, base + `,"input_state":[]}`, base, `7`,
		Looks([]byte(base + "}")),
	} {
		looks := Looks([]byte(other))
		if twin, dup := seen[looks]; dup {
			t.Errorf("%s and %s look alike: %s", other, twin, looks)
		}
		seen[looks] = other
	}
}

// checkWritten compares the members of a stored state with what encoding/json makes of them.
func checkWritten(t *testing.T, s State, text []byte) {
	t.Helper()
	var written map[string]json.RawMessage
	if err := json.Unmarshal(text, &written); err != nil {
		t.Fatal(err)
	}
	type points struct {
		Earned   float64 `json:"raw_earned"`
		Possible float64 `json:"raw_possible"`
	}
	var scores []points
	for _, p := range s.ScoreHistory {
		scores = append(scores, points(p))
	}
	for name, value := range map[string]any{
		"seed": s.Seed, "attempts": s.Attempts, "done": s.Done, "has_saved_answers": s.HasSaved, "student_answers": s.Answers, "correct_map": s.CorrectMap,
		"input_state": s.InputState, "score": (*points)(s.Score), "score_history": scores, "student_answers_history": s.AnswersHistory,
	} {
		if written[name] == nil {
			continue
		}
		want, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if string(want) == "null" && string(written[name]) != "null" { // empty
			if text := string(written[name]); text != "{}" && text != "[]" {
				t.Errorf("%s: %s, want nothing", name, text)
			}
		} else if !bytes.Equal(written[name], want) {
			t.Errorf("%s: %s, want %s", name, written[name], want)
		}
	}
}

func FuzzParseState(f *testing.F) {
	f.Add([]byte(`{"seed":1,"attempts":2,"done":true,"student_answers":{"a":"b"},"correct_map":{"a":"correct"},"score":{"raw_earned":1,"raw_possible":1},"x":1}`))
	f.Add([]byte(`{"seed":null,"score":null,"last_submission_time":null,"student_answers":{"b":["1",null],"a":{"x":"\u003cy"},"c":null},"score_history":[{"raw_earned":1e-7}],` +
		`"correct_map":{"é":{"correctness":"\ud83d","npoints":1e21,"hintmode":"always","queuestate":{"key":"<","time":"t"},"answervariable":"$x"}},"input_state":{"a":{ "x":1}},"x":{ "<":1}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := ParseState(text)
		if err != nil {
			return
		}
		once, err := json.Marshal(s)
		if err != nil {
			t.Skip() // a number JSON cannot say again
		}
		again, err := ParseState(once)
		if err != nil {
			t.Fatalf("%s: reading it again: %v", once, err)
		}
		checkWritten(t, s, once)
		for _, s := range []State{s, again} {
			if looks, err := s.Looks(); err != nil || looks != Looks(once) {
				t.Fatalf("%s looks like %s, %v, and like %s stored", once, looks, err, Looks(once))
			}
		}
		twice, err := json.Marshal(again)
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("%s became %s, %v", once, twice, err)
		}
	})
}

// play opens a problem in a state.
func play(t *testing.T, settings Settings, now time.Time, state State) *Machine {
	t.Helper()
	p, err := capa.Parse([]byte(source))
	if err != nil {
		t.Fatal(err)
	}
	if settings.Rerandomize == "" {
		settings.Rerandomize = Never
	}
	m, err := Open(t.Context(), Setup{Problem: p, Settings: settings, ModuleID: "m", IDPrefix: "i", Now: now}, state, true)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestRescoreAfterFailures: answers that could not be read, and answers before a reset, do not shift results to other answers.
func TestRescoreAfterFailures(t *testing.T) {
	t.Parallel()
	m := play(t, Settings{}, noon, State{})
	for _, text := range []string{"4", "5+", "5", "x"} {
		if _, err := m.Submit(t.Context(), capa.Answers{"i_2_1": capa.Text(text)}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := m.Rescore(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m.State.ScoreHistory, []Points{{0, 1}, {1, 1}}); diff != "" {
		t.Errorf("scores after rescore (-got +want):\n%s", diff)
	}
}

// TestWithheld: a withheld reply says nothing a shown one says, and is of the same shape.
func TestWithheld(t *testing.T) {
	t.Parallel()
	keys := func(right string) map[string]any {
		m := play(t, Settings{ShowCorrectness: Never, ShowAnswer: Always}, noon, State{})
		r, err := m.Submit(t.Context(), capa.Answers{"i_2_1": capa.Text(right)})
		if err != nil {
			t.Fatal(err)
		}
		var out map[string]any
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &out); err != nil {
			t.Fatal(err)
		}
		if b := m.Buttons(); b.Earned != nil || b.Verdict != "submitted" || b.Answer {
			t.Errorf("buttons: got %+v", b)
		}
		return out
	}
	if diff := cmp.Diff(keys("5"), keys("4")); diff != "" {
		t.Errorf("right and wrong can be told apart:\n%s", diff)
	}
}

func TestHints(t *testing.T) {
	t.Parallel()
	p, err := capa.Parse([]byte(`<problem><numericalresponse answer="5"><formulaequationinput/></numericalresponse><demandhint><hint>One</hint><hint>Two</hint></demandhint></problem>`))
	if err != nil {
		t.Fatal(err)
	}
	m, err := Open(t.Context(), Setup{Problem: p, Settings: Settings{Rerandomize: Never}, ModuleID: "m", Now: noon}, State{}, false)
	if err != nil {
		t.Fatal(err)
	}
	for index, want := range map[int]string{
		0: `{"success":true,"msg":"\u003col\u003e\u003cli\u003e\u003cstrong\u003eHint (1 of 2): \u003c/strong\u003eOne\u003c/li\u003e\u003c/ol\u003e","hint_index":0,"should_enable_next_hint":true,"progress_changed":false,"current_score":0,"total_possible":1,"attempts_used":0}`,
	} {
		r, err := m.Hint(index)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(mustJSON(t, r), want); diff != "" {
			t.Errorf("hint %d (-got +want):\n%s", index, diff)
		}
	}
	for index, want := range map[int]int{1: 1, 2: 0, -1: 1} {
		if r, err := m.Hint(index); err != nil || r.HintIndex != want || r.HintsFollowing != (want == 0) {
			t.Errorf("hint %d: got %+v, %v, want %d", index, r, err, want)
		}
	}
}

// TestLoggedState: the tracking log gets the state as its format has it.
func TestLoggedState(t *testing.T) {
	t.Parallel()
	m := play(t, Settings{}, noon, State{})
	if _, err := m.Submit(t.Context(), capa.Answers{"i_2_1": capa.Text("5")}); err != nil {
		t.Fatal(err)
	}
	var payload map[string]any
	if err := json.Unmarshal(m.Events[1].Payload().AppendPayload(nil), &payload); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"seed": 1.0, "student_answers": map[string]any{}, "done": nil, "correct_map": map[string]any{}, "input_state": map[string]any{"i_2_1": map[string]any{}}}
	if diff := cmp.Diff(payload["state"], any(want)); diff != "" {
		t.Errorf("state (-got +want):\n%s", diff)
	}
	if payload["submission"].(map[string]any)["i_2_1"].(map[string]any)["question"] != "n" {
		t.Errorf("submission: got %v", payload["submission"])
	}
}
