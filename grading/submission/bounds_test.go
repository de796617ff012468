package submission

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lyceum/grading/capa"
)

// TestStateIsBounded: however often somebody answers, the state stays small, and the grading methods know all submissions.
func TestStateIsBounded(t *testing.T) {
	t.Parallel()
	const rounds = 1500
	for _, method := range []string{LastScore, FirstScore, HighestScore, AverageScore} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			settings := Settings{GradingMethod: method}
			var state State
			var all []Points
			for i := range rounds {
				text := "4"
				if i == 3 || i%7 == 0 && i > 0 {
					text = "5"
				}
				m := play(t, settings, noon, state)
				if i%50 == 49 { // what cannot be read is remembered, too
					if got, err := m.Submit(t.Context(), capa.Answers{"i_2_1": capa.Text("5 +* " + strings.Repeat("x", 500))}); err != nil || m.Published != nil {
						t.Fatalf("%+v, %v", got, err)
					}
					m = play(t, settings, noon, through(t, m.State))
				}
				if _, err := m.Submit(t.Context(), capa.Answers{"i_2_1": capa.Text(text)}); err != nil {
					t.Fatal(err)
				}
				all = append(all, Points{map[string]float64{"5": 1}[text], 1})
				state = through(t, m.State)
				if want := settings.choose(Earlier{}, all); *state.Score != want {
					t.Fatalf("after %d: %+v, want %+v", i+1, *state.Score, want)
				}
			}
			text, err := json.Marshal(state)
			if err != nil || len(text) > 2*historyBytes+scoresKept*64+4096 {
				t.Errorf("after %d submissions the state has %d bytes, %v", rounds, len(text), err)
			}
			if state.Attempts != rounds || state.Earlier.Scores != rounds-scoresKept || state.Earlier.Results == 0 {
				t.Errorf("%d attempts, earlier %+v", state.Attempts, state.Earlier)
			}

			// Checked again with the same problem nothing changes.
			before := *state.Score
			m := play(t, settings, noon, state)
			if _, err := m.Rescore(t.Context(), false); err != nil {
				t.Fatal(err)
			}
			if m.Published.Points != before {
				t.Errorf("checked again: %+v, want %+v", m.Published.Points, before)
			}
			again := through(t, m.State)
			if got := again.Earlier.Scores + len(again.ScoreHistory); got != rounds {
				t.Errorf("points of %d submissions after checking again, want %d", got, rounds)
			}
		})
	}
}

// through stores a state and reads it.
func through(t *testing.T, s State) State {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseState(text)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestResetForgetsEarlier: after a reset and few answers only those are checked again, as ever.
func TestResetForgetsEarlier(t *testing.T) {
	t.Parallel()
	settings := Settings{GradingMethod: HighestScore, ShowResetButton: true}
	var state State
	for i := range 700 {
		m := play(t, settings, noon, state)
		if _, err := m.Submit(t.Context(), capa.Answers{"i_2_1": capa.Text(map[bool]string{true: "5", false: "4"}[i == 0])}); err != nil {
			t.Fatal(err)
		}
		state = through(t, m.State)
	}
	m := play(t, settings, noon, state)
	if got, err := m.Reset(t.Context()); err != nil || got.Success != true {
		t.Fatalf("%+v, %v", got, err)
	}
	if state = through(t, m.State); state.Earlier.Results != 0 || state.Earlier.Scores != 600 {
		t.Errorf("after the reset %+v", state.Earlier)
	}
	m = play(t, settings, noon, state)
	if _, err := m.Submit(t.Context(), capa.Answers{"i_2_1": capa.Text("4")}); err != nil {
		t.Fatal(err)
	}
	if got := m.State.Score.Earned; got != 1 {
		t.Errorf("the best of all is %v", got)
	}
	m = play(t, settings, noon, through(t, m.State))
	if _, err := m.Rescore(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if got := m.Published.Points; got != (Points{0, 1}) {
		t.Errorf("checked again since the reset: %+v", got)
	}
}

func TestHistoryTrim(t *testing.T) {
	t.Parallel()
	var h History[string]
	for i := range 10 {
		if err := h.Add(fmt.Sprint(i, strings.Repeat("x", 4000))); err != nil {
			t.Fatal(err)
		}
	}
	dropped, err := h.Trim()
	if err != nil {
		t.Fatal(err)
	}
	left, err := h.Entries()
	if err != nil || dropped+len(left) != 10 || dropped == 0 || left[len(left)-1][0] != '9' || len(h.text) > historyKept {
		t.Errorf("dropped %d, left %d of %d bytes, %v", dropped, len(left), len(h.text), err)
	}
	if err := h.Add(strings.Repeat("y", 2*historyBytes)); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Trim(); err != nil {
		t.Fatal(err)
	}
	if left, _ := h.Entries(); len(left) != 1 || left[0][0] != 'y' {
		t.Errorf("%d entries are left beside a huge one", len(left))
	}
	broken := History[string]{text: []byte("[" + strings.Repeat("x", historyBytes))}
	if _, err := broken.Trim(); err == nil {
		t.Error("what is no list is cut")
	}
	var one History[string]
	if n, err := one.Trim(); n != 0 || err != nil || cmp.Diff(one.list(), []byte("[]")) != "" {
		t.Errorf("an empty one: %d, %v", n, err)
	}
}
