package capa

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseForm(t *testing.T) {
	t.Parallel()
	got, err := ParseForm(map[string][]string{
		"input_b_2_1":   {"old", "5"},
		"input_b_3_1[]": {"choice_0", "choice_2"},
		"input_b_4_1{}": {`{"b_4_1_choiceinput_0bc": "x"}`},
		"anything_b":    {""},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := Answers{
		"b_2_1": Text("5"), "b_3_1": List("choice_0", "choice_2"),
		"b_4_1": Map(map[string]string{"b_4_1_choiceinput_0bc": "x"}), "b": Text(""),
	}
	if diff := cmp.Diff(got, want, cmp.AllowUnexported(Answer{})); diff != "" {
		t.Errorf("-got +want:\n%s", diff)
	}
	for _, form := range []map[string][]string{
		{"input": {"1"}},
		{"input_": {"1"}},
		{"input_a": {"1"}, "input_a[]": {"1"}},
		{"input_a{}": {"["}},
		{"input_a{}": {`{"a": 1}`}},
		{"input_a{}": {`{"a": "\u0000"}`}},
		{"input_a": {"\x00"}},
		{"input_a[]": {"\xff"}},
	} {
		if got, err := ParseForm(form); err == nil {
			t.Errorf("%v: got %v, want refusal", form, got)
		}
	}
}

func TestAnswerJSON(t *testing.T) {
	t.Parallel()
	const stored = `{"a":"5","b":["x","y"],"c":{"k":"v"},"d":null,"e":7,"f":[],"g":[1,"x"]}`
	var answers Answers
	if err := json.Unmarshal([]byte(stored), &answers); err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(answers)
	if err != nil || string(got) != stored {
		t.Errorf("got %s, %v, want %s", got, err, stored)
	}
	if text := answers["g"].print(); text != "[1, 'x']" {
		t.Errorf("got %s", text)
	}
}

func TestCorrectMapJSON(t *testing.T) {
	t.Parallel()
	var m CorrectMap
	old := `{"a":"correct","b":{"correctness":"incorrect","npoints":0.5,"msg":null,"old_key":1,"queuestate":{"key":"k","time":"t"}}}`
	if err := json.Unmarshal([]byte(old), &m); err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"a":{"correctness":"correct","npoints":null,"msg":"","hint":"","hintmode":null,"queuestate":null,"answervariable":null},` +
		`"b":{"correctness":"incorrect","npoints":0.5,"msg":"","hint":"","hintmode":null,"queuestate":{"key":"k","time":"t"},"answervariable":null}}`
	if string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if s := m.Score(); s != 1.5 {
		t.Errorf("score: got %v, want 1.5", s)
	}
}

func FuzzParseForm(f *testing.F) {
	f.Add("input_2_1", "5", "input_2_1[]", "x")
	f.Add("input_2_1{}", `{"a":"b"}`, "_", "")
	f.Fuzz(func(_ *testing.T, k1, v1, k2, v2 string) {
		answers, err := ParseForm(map[string][]string{k1: {v1}, k2: {v2}})
		if err != nil {
			return
		}
		if _, err := json.Marshal(answers); err != nil {
			panic(err)
		}
	})
}
