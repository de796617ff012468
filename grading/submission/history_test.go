package submission

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lyceum/grading/capa"
)

func TestHistory(t *testing.T) {
	t.Parallel()
	var h History[Points]
	if got, err := json.Marshal(h); err != nil || string(got) != "[]" {
		t.Errorf("an empty one is written as %s, %v", got, err)
	}
	if got, err := h.Entries(); err != nil || len(got) != 0 {
		t.Errorf("an empty one has %v, %v", got, err)
	}
	if err := json.Unmarshal([]byte(` [ {"raw_earned": 1, "raw_possible": 2} ] `), &h); err != nil {
		t.Fatal(err)
	}
	one, other := h, h
	for i, to := range []*History[Points]{&one, &other} {
		if err := to.Add(Points{float64(i), 3}); err != nil {
			t.Fatal(err)
		}
	}
	for i, of := range []History[Points]{one, other} {
		got, err := of.Entries()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got, []Points{{1, 2}, {float64(i), 3}}); diff != "" {
			t.Errorf("copy %d (-got +want):\n%s", i, diff)
		}
	}
	if got, err := h.Entries(); err != nil || len(got) != 1 {
		t.Errorf("adding to copies changed the first: %v, %v", got, err)
	}
	for _, wrong := range []string{`{}`, `"[]"`, `7`} {
		if err := json.Unmarshal([]byte(wrong), &h); err == nil {
			t.Errorf("%s is taken for a history", wrong)
		}
	}
	if err := json.Unmarshal([]byte(`[7]`), &h); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Entries(); err == nil {
		t.Error("entries of another kind are taken for points")
	}
}

// BenchmarkParseState reads the state of a problem with a hundred answers, as a page does.
func BenchmarkParseState(b *testing.B) {
	var s State
	for i := range 100 {
		id := "i4x-O-C-problem-p_2_1"
		err := s.AnswersHistory.Add(capa.Answers{id: capa.Text(fmt.Sprint("choice_", i))})
		if err == nil {
			err = s.MapHistory.Add(capa.CorrectMap{id: {Correctness: capa.Incorrect, Msg: strings.Repeat("no ", i)}})
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	text, err := json.Marshal(s)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseState(text); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkState writes the state of a problem that was answered once, and what decides how it looks.
func BenchmarkState(b *testing.B) {
	s, err := ParseState([]byte(`{"seed":1,"attempts":1,"done":true,"student_answers":{"p_2_1":"choice_b"},"correct_map":{"p_2_1":{"correctness":"incorrect","npoints":null,"msg":"<div class=\"feedback\">no</div>",` +
		`"hint":"","hintmode":null,"queuestate":null,"answervariable":null}},"input_state":{"p_2_1":{}},"score":{"raw_earned":0,"raw_possible":1},"last_submission_time":"2026-03-01T11:00:00Z",` +
		`"student_answers_history":[{"p_2_1":"choice_b"}],"score_history":[{"raw_earned":0,"raw_possible":1}]}`))
	if err != nil {
		b.Fatal(err)
	}
	b.Run("MarshalJSON", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.MarshalJSON(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Looks", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.Looks(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
