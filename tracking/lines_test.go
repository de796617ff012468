package tracking

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"lyceum/course"
)

var update = flag.Bool("update", false, "write the golden lines anew")

// filler gives every field of a payload a value of its own, the texts with everything that is written in a special way.
type filler struct{ n int }

var texts = []string{
	"plain", "a longer text of more than sixteen bytes", `quote " slash \ end`, "<b>Tom & Jerry</b>", "tab\tline\nreturn\r\b\f\x00\x1f\x7f",
	"é ☃ 😀 \u2028\u2029", "\xff broken \xc3", "12345678", "1234567\"", "seven\\7", "",
}

func (f *filler) fill(v reflect.Value) {
	f.n++
	switch v.Kind() {
	case reflect.String:
		v.SetString(texts[f.n%len(texts)])
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(f.n)*1_000_003 - 2_000_000)
	case reflect.Float64:
		v.SetFloat([]float64{0, 1, 0.1, -2.5, 1e-9, 1e300, 2.0 / 3, 1e21, 123456789}[f.n%9])
	case reflect.Bool:
		v.SetBool(f.n%2 == 0)
	case reflect.Pointer:
		if f.n%5 > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			f.fill(v.Elem())
		}
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[json.RawMessage]() {
			v.Set(reflect.ValueOf(json.RawMessage(` { "k" : [1 ,2.50,"a:\u00e9, é<\""] }`)))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), f.n%4, f.n%4))
		for i := range v.Len() {
			f.fill(v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range f.n % 4 {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			f.fill(key)
			f.fill(value)
			v.SetMapIndex(key, value)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Date(2015, 3, 20, 18, 0, f.n%60, f.n%3*1_234_567, time.FixedZone("", 3600))))
			return
		}
		for _, field := range v.Fields() {
			f.fill(field)
		}
	case reflect.Interface:
		v.Set(reflect.ValueOf([]any{"text", 1.5, f.n, []string{"a", "<b>"}, map[string]any{"b": nil, "a": true}, json.Number("1e5"), struct{ A string }{"<a>"}}[f.n%7]))
	default:
		panic(v.Type().String())
	}
}

// filledLines are records of every type of payload, filled with different values.
func filledLines() []string {
	var lines []string
	for _, p := range []Payload{
		Text(""),
		Map{},
		ProblemState{},
		PartResult{},
		CorrectMap{},
		PartSubmission{},
		ProblemCheck{},
		ProblemAnswers{},
		Reset{},
		AnswerShown{},
		Rescore{},
		RescoreFailure{},
		DemandHint{},
		Hint{},
		Feedback{},
		Completed{},
		GradeCause{},
		ProblemScored{},
		ProblemRegraded{},
		ProblemStateDeleted{},
		SubsectionGrade{},
		CourseGrade{},
		SequenceMove{},
		Link{},
		JumpNav{},
		Tool{},
		Video{},
		ProblemShown{},
		Graded{},
		Bookmark{},
		BookmarkList{},
		Search{},
		Book{},
		PDF{},
		Enrollment{},
		EnrollmentUpgrade{},
		EmailSettings{},
		SettingChanged{},
	} {
		for n := range 6 {
			f := filler{5 * n}
			v := reflect.New(reflect.TypeOf(p)).Elem()
			f.fill(v)
			var r Request
			f.fill(reflect.ValueOf(&r).Elem())
			r.Path = []string{"/dashboard", "/courses/course-v1:O+N+R/xblock/a", "/courses/O/N/R/info", "/xblock/block-v1:O+N+R+type@html+block@a", "/courses/course-v1:O+N+é/x", "/courses/course-v1:O N+R/x"}[n%6]
			payload := v.Interface().(Payload)
			e := []Event{
				Server(r, "edx.name", payload), Legacy(r, "old-name", PageDashboard, payload), Task(r, "task", payload),
				Component(r, "problem_check", Module{texts[n%len(texts)], "block-v1:O+N+R+type@problem+block@p", "", texts[(n+5)%len(texts)]}, map[string]string{"b": "<", "a": ""}, payload),
				Server(r, "edx.in", payload).In(course.Key{Org: "O", Number: "N", Run: "R", Form: course.FormCourse, Branch: "draft"}),
				{Request: r, Source: FromBrowser, Type: "page_close", Payload: AsText(payload), Context: []Member{{"<name>", "<value>"}, {"n", 1}}},
			}[n%6]
			f.fill(reflect.ValueOf(&e.Time).Elem())
			lines = append(lines, string(e.AppendJSON(nil)))
		}
	}
	return lines
}

// TestLinesAsEver holds records of every type against lines kept since the format was first written.
func TestLinesAsEver(t *testing.T) {
	t.Parallel()
	path := filepath.Join("testdata", "lines.jsonl")
	got := filledLines()
	if *update {
		if err := os.WriteFile(path, []byte(strings.Join(got, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if len(got) != len(want) {
		t.Fatalf("%d lines, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("line %d:\ngot  %s\nwant %s", i+1, got[i], want[i])
		}
	}
}

// plainString is appendString one character at a time.
func plainString(s string) string {
	out := `"`
	for _, r := range s { // broken bytes come as U+FFFD
		switch {
		case strings.ContainsRune("\"\\", r):
			out += `\` + string(r)
		case r >= ' ' && r <= '~':
			out += string(r)
		case strings.ContainsRune("\n\r\t\b\f", r):
			out += `\` + map[rune]string{'\n': "n", '\r': "r", '\t': "t", '\b': "b", '\f': "f"}[r]
		case r > 0xFFFF:
			out += fmt.Sprintf(`\u%04x\u%04x`, 0xD800+(r-0x10000)>>10, 0xDC00+(r-0x10000)&0x3FF)
		default:
			out += fmt.Sprintf(`\u%04x`, r)
		}
	}
	return out + `"`
}

func FuzzString(f *testing.F) {
	for _, s := range texts {
		for i := range 9 {
			f.Add(strings.Repeat("x", i) + s)
			f.Add(s + strings.Repeat("x", i))
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got, want := string(appendString([]byte("before"), s)), "before"+plainString(s); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		raw, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := string(AppendEscaped([]byte("before<"), s)), string(appendRaw([]byte("before<"), raw)); got != want {
			t.Errorf("escaped\ngot  %s\nwant %s", got, want)
		}
		if utf8.ValidString(s) {
			var back string
			if err := json.Unmarshal(appendString(nil, s), &back); err != nil || back != s {
				t.Errorf("%q comes back as %q, %v", s, back, err)
			}
		}
	})
}
