package capa

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"lyceum/internal/jsonscan"
)

// Answer is what was submitted for one input: a text, a list of texts, a map
// of texts, or (only from stored or hand-written JSON) some other value.
// The zero Answer is JSON null.
type Answer struct{ value any }

// Text makes the answer of an ordinary field.
func Text(s string) Answer { return Answer{s} }

// List makes the answer of a group of boxes.
func List(names ...string) Answer {
	if names == nil {
		names = []string{}
	}
	return Answer{names}
}

// Map makes the answer of an input with fields inside its choices.
func Map(m map[string]string) Answer { return Answer{m} }

// Files makes the answer of a field that takes files: their names. What is in them travels beside the answer. Stored, it is a list.
func Files(names ...string) Answer { return Answer{fileNames(names)} }

type fileNames []string

// Text returns the answer when it is a single text.
func (a Answer) Text() (string, bool) {
	s, ok := a.value.(string)
	return s, ok
}

// List returns the answer when it is a list of texts.
func (a Answer) List() ([]string, bool) {
	l, ok := a.value.([]string)
	return l, ok
}

// Map returns the answer when it is a map of texts.
func (a Answer) Map() (map[string]string, bool) {
	m, ok := a.value.(map[string]string)
	return m, ok
}

// Files returns the names of the files that were just sent; it knows no stored answer as such.
func (a Answer) Files() ([]string, bool) {
	names, ok := a.value.(fileNames)
	return names, ok
}

// MarshalJSON writes the stored form: a string, a list, an object.
func (a Answer) MarshalJSON() ([]byte, error) { return json.Marshal(a.value) }

// UnmarshalJSON reads the stored form.
func (a *Answer) UnmarshalJSON(data []byte) error {
	r := jsonscan.New(data)
	if got := readAnswer(&r); r.End() == nil {
		*a = got
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	return dec.Decode(&a.value)
}

// readAnswer reads an answer that is a text, a list or a map of texts, where null is the empty text. The reader fails at others.
func readAnswer(r *jsonscan.Reader) Answer {
	text := func() string {
		if r.Null() {
			return ""
		}
		return r.Text()
	}
	switch r.Kind() {
	case '[':
		list := []string{}
		for r.Enter('['); r.Next(']'); {
			list = append(list, text())
		}
		return Answer{list}
	case '{':
		fields := map[string]string{}
		for r.Enter('{'); r.Next('}'); {
			name := string(r.Name())
			fields[name] = text()
		}
		return Answer{fields}
	default:
		return Answer{r.Text()}
	}
}

// Answers holds submitted or stored answers by input id. A key that is absent
// was not sent.
type Answers map[string]Answer

// UnmarshalJSON reads stored answers; null changes nothing.
func (a *Answers) UnmarshalJSON(data []byte) error {
	r := jsonscan.New(data)
	if r.Null() {
		return r.End()
	}
	if *a == nil {
		*a = make(Answers)
	}
	for r.Enter('{'); r.Next('}'); {
		id := string(r.Name())
		answer := Answer{}
		if err := answer.UnmarshalJSON(r.Raw()); err != nil {
			break
		}
		(*a)[id] = answer
	}
	if err := r.End(); err != nil {
		return fmt.Errorf("decode answers: %w", err)
	}
	return nil
}

// ParseForm reads the fields of a submitted form: input_ID holds a text,
// input_ID[] a list, input_ID{} a JSON map. The part of a name up to its first
// underscore is dropped, whatever it is.
func ParseForm(form map[string][]string) (Answers, error) {
	answers := make(Answers, len(form))
	for key, values := range form {
		_, name, _ := strings.Cut(key, "_")
		if name == "" {
			return nil, errorf(Engine, 0, "field name %q names no input", key)
		}
		if !storable(values) || !storable([]string{key}) {
			return nil, errorf(Engine, 0, "field %q holds what is no text", key)
		}
		answer, name, err := parseField(name, values)
		if err != nil {
			return nil, err
		}
		if _, dup := answers[name]; dup {
			return nil, errorf(Engine, 0, "two fields for input %q", name)
		}
		answers[name] = answer
	}
	return answers, nil
}

// storable tells whether texts are valid and free of NUL, which no store takes.
func storable(texts []string) bool {
	return !slices.ContainsFunc(texts, func(s string) bool {
		return !utf8.ValidString(s) || strings.ContainsRune(s, 0)
	})
}

func parseField(name string, values []string) (Answer, string, error) {
	if list, ok := strings.CutSuffix(name, "[]"); ok {
		return List(values...), list, nil
	}
	last := ""
	if len(values) > 0 {
		last = values[len(values)-1]
	}
	object, ok := strings.CutSuffix(name, "{}")
	if !ok {
		return Text(last), name, nil
	}
	var m map[string]string
	if err := json.Unmarshal([]byte(last), &m); err != nil {
		return Answer{}, "", &Error{Kind: Engine, Message: fmt.Sprintf("field %q is no JSON object of texts", object), Err: err}
	}
	if m == nil {
		m = map[string]string{}
	}
	for key, value := range m {
		if !storable([]string{key, value}) {
			return Answer{}, "", errorf(Engine, 0, "field %q holds what is no text", object)
		}
	}
	return Map(m), object, nil
}

// includes tells whether the answer is the name, or a list with it.
func (a Answer) includes(name string) bool {
	switch v := a.value.(type) {
	case string:
		return v == name
	case []string:
		return slices.Contains(v, name)
	}
	return false
}

// print is the answer as Python prints it.
func (a Answer) print() string {
	if s, ok := a.Text(); ok {
		return s
	}
	data, err := json.Marshal(a.value)
	if err != nil {
		return ""
	}
	v, err := parsePython(data)
	if err != nil {
		return ""
	}
	return v.str()
}
