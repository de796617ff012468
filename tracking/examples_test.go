package tracking

import (
	"bytes"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lyceum/course"
	"lyceum/internal/sharedtest"
)

const (
	exampleProblem = "block-v1:HillU+BIO2x+2015_T1+type@problem+block@5c1d0f0e"
	exampleCourse  = "course-v1:HillU+BIO2x+2015_T1"
	examplePage    = "https://learn.example.edu/courses/course-v1:HillU+BIO2x+2015_T1/courseware/wk1/wk1a/"
)

// examplePayloads builds the payload of each example whose type this package has.
func examplePayloads() map[string]Payload {
	drawn := []Chosen{{
		Usage:    "block-v1:HillU+BIO2x+2015_T1+type@problem+block@5c1d0f0e",
		Original: "lib-block-v1:HillU+LIB1+type@problem+block@77aa", OriginalVersion: "54f9a0b1c2d3e4f5a6b7c8d9",
	}}
	yes := true
	num := func(f float64) *float64 { return &f }
	video := Video{ID: "9a8b7c6d5e4f40318f0a", Code: "html5"}
	play, pause, stop, seek, speed, mobile := video, video, video, video, video, video
	play.CurrentTime, pause.CurrentTime, stop.CurrentTime = num(0), num(56.204), num(311.02)
	seek.OldTime, seek.NewTime, seek.Type = num(56.204), num(180), SeekBySlider
	speed.CurrentTimeSnake, speed.OldSpeed, speed.NewSpeed = num(200.1), "1.0", "1.50"
	mobile.Code, mobile.CurrentTime = "mobile", num(12.5)

	fresh := ProblemState{Seed: 1, InputState: map[string]any{"5c1d0f0e_2_1": map[string]any{}}}
	done := fresh
	done.Done = &yes
	right := CorrectMap{"5c1d0f0e_2_1": {Correctness: "correct"}}
	seq := "block-v1:HillU+BIO2x+2015_T1+type@sequential+block@wk1a"

	return map[string]Payload{
		"edx.course.enrollment.activated":    Enrollment{CourseID: exampleCourse, UserID: 417, Mode: "honor"},
		"edx.course.enrollment.deactivated":  Enrollment{CourseID: exampleCourse, UserID: 417, Mode: "honor"},
		"edx.course.enrollment.mode_changed": Enrollment{CourseID: exampleCourse, UserID: 417, Mode: "verified"},
		"seq_goto":                           AsText(SequenceMove{Old: 1, New: 3, ID: seq}),
		"seq_next (with the later name)":     AsText(SequenceMove{Old: 3, New: 4, CurrentTab: 3, TabCount: 6, Placement: "top", ID: seq}),
		"edx.ui.lms.link_clicked":            AsText(Link{Current: examplePage, Target: "https://cells.example.org/atlas"}),
		"edx.ui.lms.outline.selected": AsText(Link{
			Current: examplePage, Target: strings.Replace(examplePage, "wk1a", "wk1b", 1), Name: "Lab", Placement: "accordion",
		}),
		"page_close":              AsText(Map{}),
		"load_video":              AsText(video),
		"play_video":              AsText(play),
		"play_video (mobile)":     AsText(mobile),
		"pause_video":             AsText(pause),
		"seek_video":              AsText(seek),
		"stop_video":              AsText(stop),
		"speed_change_video":      AsText(speed),
		"problem_check (browser)": AsText(Text("input_5c1d0f0e_2_1=choice_2")),
		"problem_check (server)": ProblemCheck{
			ProblemID: exampleProblem,
			Answers:   Answers{"5c1d0f0e_2_1": "choice_2"},
			Submission: map[string]PartSubmission{"5c1d0f0e_2_1": {
				Question: "Which part holds the genome?", Answer: "Nucleus", ResponseType: "multiplechoiceresponse", InputType: "choicegroup", Correct: &yes,
			}},
			CorrectMap: right, Grade: 1, MaxGrade: 1, Attempts: 2, Correct: true, State: fresh,
		},
		"problem_graded (browser)": AsText(Graded{Form: "input_5c1d0f0e_2_1=choice_2", HTML: "\n<div class=\"problem\">...</div>"}),
		"showanswer":               AnswerShown{exampleProblem},
		"reset_problem":            Reset{ProblemID: exampleProblem, Old: done, New: &fresh},
		"edx.grades.problem.submitted": ProblemScored{
			GradeCause: GradeCause{exampleCourse, 417, "0d3c9d4e-2f51-4f3e-9a53-1c2f0d7f1b11", GradesProblemSubmitted},
			ProblemID:  exampleProblem, Earned: 1, Possible: 1,
		},
		"edx.librarycontentblock.content.assigned": Choice{
			Location: "block-v1:HillU+BIO2x+2015_T1+type@library_content+block@lc1", Added: drawn, Result: drawn, MostShown: 1,
		},
		"problem_rescore (task)": Rescore{
			ProblemID: exampleProblem, Student: "mira", Correct: true, Attempts: 2, OrigMax: 1, NewScore: 1, NewMax: 1,
			CorrectMap: right, State: fresh, TaskID: "3b1f8c2a-77d0-4f55-9a0e-6c6f1f3b2a10",
		},
	}
}

type record struct {
	Username, Session, IP, Agent, Host, Referer string

	AcceptLanguage string `json:"accept_language"`
	Source         Source `json:"event_source"`
	Type           string `json:"event_type"`
	Name           string
	Event          json.RawMessage
	Page           string
	Time           time.Time
	Context        struct {
		UserID      int64  `json:"user_id"`
		CourseID    string `json:"course_id"`
		Path        string
		Module      *struct{ DisplayName, UsageKey string }
		Tags        map[string]string `json:"course_user_tags"`
		Application any
		Client      any
		Component   string
		ReceivedAt  string `json:"received_at"`
	}
}

func (r *record) request() Request {
	return Request{r.Username, r.Context.UserID, r.Session, r.IP, r.Agent, r.Host, r.Referer, r.AcceptLanguage, r.Context.Path}
}

// build makes the event of an example the way the flow that owns it does.
func (r *record) build(t *testing.T, heading string, p Payload, raw map[string]any) Event {
	t.Helper()
	var e Event
	switch {
	case heading == "implicit server event":
		paths, err := ParsePaths(DefaultExcluded)
		if err != nil {
			t.Fatal(err)
		}
		var ok bool
		if e, ok = Implicit(Hit{Request: r.request(), Get: url.Values{"child": {"first"}}}, paths); !ok {
			t.Fatal("no implicit event")
		}
	case r.Source == FromBrowser:
		post := r.Type
		if r.Name != "" {
			post = r.Name
		}
		text, ok := p.(Text)
		if !ok {
			t.Fatalf("payload is %T, want Text", p)
		}
		var err error
		if e, err = ParseBrowserEvent(url.Values{"event_type": {post}, "event": {string(text)}, "page": {r.Page}}, r.request()); err != nil {
			t.Fatal(err)
		}
	case r.Source == FromTask:
		e = Task(r.request(), r.Type, p)
	case r.Source == FromMobile:
		c := r.Context
		e = Event{
			Request: r.request(), Source: FromMobile, Type: r.Type, Name: r.Name, Page: r.Page, Payload: p, CourseID: c.CourseID, OrgID: "HillU",
			Context: []Member{{"application", c.Application}, {"client", c.Client}, {"component", c.Component}, {"received_at", c.ReceivedAt}},
		}
	case r.Page == PageComponent:
		m := raw["context"].(map[string]any)["module"].(map[string]any)
		e = Component(r.request(), r.Name, Module{DisplayName: m["display_name"].(string), UsageKey: m["usage_key"].(string)}, r.Context.Tags, p)
		if r.Context.Tags == nil {
			e.UserTags = nil // an example from before the tags were written
		}
	default:
		e = Server(r.request(), r.Name, p)
		if id, _ := e.course(); id != r.Context.CourseID {
			k, err := course.ParseKey(r.Context.CourseID)
			if err != nil {
				t.Fatal(err)
			}
			e = e.In(k)
		}
	}
	e.Time = r.Time
	return e
}

// Every example of the reference can be built, field by field.
func TestReferenceExamples(t *testing.T) {
	t.Parallel()
	text := sharedtest.Read(t, "reference/tracking-events.md")
	typed := examplePayloads()
	examples := 0
	var heading string
	for line := range strings.Lines(string(text)) {
		if h, ok := strings.CutPrefix(line, "### "); ok {
			heading = strings.TrimSpace(h)
		}
		if !strings.HasPrefix(line, `{"`) {
			continue
		}
		examples++
		t.Run(heading, func(t *testing.T) {
			var want map[string]any
			var r record
			for _, v := range []any{&want, &r} {
				if err := json.Unmarshal([]byte(line), v); err != nil {
					t.Fatal(err)
				}
			}
			p, ok := typed[heading]
			if !ok {
				m, _ := want["event"].(map[string]any)
				p = Map(m)
			}
			delete(typed, heading)
			b := r.build(t, heading, p, want).AppendJSON(nil)
			var got map[string]any
			if err := json.Unmarshal(b, &got); err != nil {
				t.Fatalf("%v in %s", err, b)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if len(b) != len(strings.TrimSpace(line)) && bytes.ContainsAny(b, "\n\t") {
				t.Errorf("line has a break: %s", b)
			}
		})
	}
	if examples < 25 {
		t.Errorf("found %d examples", examples)
	}
	for heading := range typed {
		t.Errorf("no example %q in the reference", heading)
	}
}

// The logs of the analytics conformance data have the top-level fields we write, and what they hold passes through unchanged.
func TestConformanceLogs(t *testing.T) {
	t.Parallel()
	logs, err := filepath.Glob(filepath.Join(sharedtest.File(t, "conformance/analytics"), "*", "input", "tracking.log"))
	if err != nil || len(logs) == 0 {
		t.Fatalf("logs %v, %v", logs, err)
	}
	ours := map[string]bool{}
	var m map[string]any
	if err := json.Unmarshal(Server(Request{}, "x", nil).AppendJSON(nil), &m); err != nil {
		t.Fatal(err)
	}
	for k := range m {
		ours[k] = true
	}
	lines := 0
	for _, name := range logs {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			var want map[string]any
			if json.Unmarshal([]byte(line), &want) != nil {
				continue // broken lines are part of the data
			}
			lines++
			for k := range want {
				if !ours[k] && k != "client_id" && k != "nonInteraction" && k != "label" {
					t.Errorf("%s: field %q is not ours", name, k)
				}
			}
			var got any
			if err := json.Unmarshal(appendRaw(nil, []byte(line)), &got); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if diff := cmp.Diff(any(want), got); diff != "" {
				t.Errorf("%s: -want +got\n%s", name, diff)
			}
		}
	}
	if lines < 100 {
		t.Errorf("read %d lines", lines)
	}
}
