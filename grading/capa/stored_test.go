package capa

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// slowAnswer and slowEntry read stored values as they were read first, with encoding/json alone.
func slowAnswer(data []byte) (any, error) {
	var s string
	var l []string
	var m map[string]string
	switch {
	case json.Unmarshal(data, &s) == nil && string(data) != "null":
		return s, nil
	case json.Unmarshal(data, &l) == nil && l != nil:
		return l, nil
	case json.Unmarshal(data, &m) == nil && m != nil:
		return m, nil
	}
	dec := json.NewDecoder(strings.NewReader(string(data)))
	dec.UseNumber()
	var v any
	err := dec.Decode(&v)
	return v, err
}

func slowEntry(data []byte) (e Entry, err error) {
	if data[0] == '"' {
		return e, json.Unmarshal(data, &e.Correctness)
	}
	type plain Entry
	return e, json.Unmarshal(data, (*plain)(&e))
}

func checkStored(t *testing.T, data []byte) {
	t.Helper()
	var raw map[string]json.RawMessage
	rawErr := json.Unmarshal(data, &raw)
	var answers Answers
	if err := json.Unmarshal(data, &answers); (err == nil) != (rawErr == nil) {
		t.Fatalf("answers %s: %v, want %v", data, err, rawErr)
	}
	if len(answers) != len(raw) {
		t.Fatalf("answers %s: got %v", data, answers)
	}
	var entriesErr error
	for id, value := range raw {
		want, err := slowAnswer(value)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, answers[id].value); diff != "" {
			t.Errorf("answer %s (-want +got):\n%s", value, diff)
		}
		if _, err := slowEntry(value); err != nil {
			entriesErr = err
		}
	}
	var marks CorrectMap
	err := json.Unmarshal(data, &marks)
	if (err == nil) != (rawErr == nil && entriesErr == nil) {
		t.Fatalf("marks %s: %v, want %v, %v", data, err, rawErr, entriesErr)
	}
	if err != nil {
		return
	}
	for id, value := range raw {
		want, err := slowEntry(value)
		if diff := cmp.Diff(want, marks[id]); diff != "" || err != nil {
			t.Errorf("mark %s, %v (-want +got):\n%s", value, err, diff)
		}
	}
}

var stored = []string{
	`null`, `{}`, `[]`, `{`, `{"a":"b"}`, `{"a":["b","c"]}`, `{"a":[]}`, `{"a":{}}`, `{"a":{"b":"c","b":"d"}}`, `{"a":null}`, `{"a":3.50}`, `{"a":true}`, `{"a":["b",null]}`, `{"a":["b",1]}`,
	`{"a":{"b":null}}`, `{"a":{"b":1}}`, `{"a":{"b":["c"]}}`, `{"a":[["b"]]}`, `{"a":"x","a":["y"]}`, `{"a":"\u003cb\u003e \ud83d\ude00 \ud83d"}`, "{\"a\":\"\xff\"}", `{"a":"incorrect"}`,
	`{"a":{"correctness":"correct","npoints":null,"msg":"<b>","hint":"","hintmode":null,"queuestate":null,"answervariable":null}}`,
	`{"a":{"correctness":"partially-correct","npoints":0.5,"msg":null,"hint":"h","hintmode":"always","queuestate":{"key":"k","time":"t"},"answervariable":"$x"}}`,
	`{"a":{"correctness":"correct","tags":[1],"Msg":"folded"}}`, `{"a":{"npoints":"1"}}`, `{"a":{"npoints":1e999}}`, `{"a":{"msg":"x","msg":null}}`, `{"a":{"hintmode":"x","hintmode":null}}`,
	`{"a":{"npoints":1,"npoints":null}}`, `{"a":{"queuestate":null}} x`, `{"a":{"msg":{}}}`, `{"a":{"correctness":1}}`,
}

func TestStored(t *testing.T) {
	t.Parallel()
	for _, text := range stored {
		checkStored(t, []byte(text))
	}
}

func FuzzStored(f *testing.F) {
	for _, text := range stored {
		f.Add([]byte(text))
	}
	f.Fuzz(checkStored)
}
