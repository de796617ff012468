package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// record is one line of the tracking log. Every line has exactly these members, but for name, which only named events have.
type record struct {
	Username       *string
	Session        *string
	IP             *string
	Agent          *string
	Host           *string
	Referer        *string
	AcceptLanguage *string `json:"accept_language"`
	EventSource    string  `json:"event_source"`
	EventType      string  `json:"event_type"`
	Name           string
	Event          json.RawMessage
	Page           *string
	Time           string
	Context        map[string]any
}

// kind stands in an expected payload for any value of a type.
type kind string

// Types of payload members. transaction and version differ from run to run.
const (
	text   kind = "text"
	number kind = "number"
	flag   kind = "boolean"
	moment kind = "time"
	object kind = "object"
	list   kind = "list"
	null   kind = "null"
)

const (
	sampleKey = "course-v1:Lyceum+TOUR+2026"
	blockKey  = "block-v1:Lyceum+TOUR+2026+type@"
)

// wanted is an event the walk must have left: the first one of its source and type whose payload has what where says.
type wanted struct {
	source, kind string
	name         string // when it is not that of the type
	page         string // of server events: "" is null
	path         string // end of context.path
	module       string // of context.module
	where        map[string]any
	payload      any // the rest of the payload, all of it
	times        int // how many there are, when that is sure
}

// checkTracking reads the tracking log of the walk and checks it field by field against what the format says.
func checkTracking(t *testing.T, s *site) {
	path := filepath.Join(s.data, "log", "tracking", "tracking.log")
	var records []record
	deadline := time.Now().Add(patience)
	for {
		raw, err := os.ReadFile(path) //nolint:gosec // the site's own log
		if err != nil {
			t.Fatal(err)
		}
		records = parseRecords(t, s, string(raw))
		// The last event of the walk is the close of its last page.
		if last := records[len(records)-1]; last.EventType == "page_close" && strings.Contains(*last.Page, "/final-quiz/") || time.Now().After(deadline) {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	user := userOf(t, records)
	for _, r := range records {
		checkCommon(t, s, r, user)
	}
	for _, w := range wantedEvents(user) {
		checkWanted(t, records, w)
	}
	checkImplicit(t, records)

	// Every answer that was counted is a chain of four events of one transaction.
	count := func(source, kind string) (n int) {
		for _, r := range records {
			if r.EventSource == source && r.EventType == kind {
				n++
			}
		}
		return n
	}
	answers := count("server", "problem_check")
	for _, kind := range []string{"edx.grades.problem.submitted", "edx.grades.subsection.grade_calculated", "edx.grades.course.grade_calculated"} {
		if n := count("server", kind); n < answers {
			t.Errorf("%d answers were counted, but there are only %d %s", answers, n, kind)
		}
	}
	if n := count("browser", "page_close"); n < 20 {
		t.Errorf("only %d pages were closed", n)
	}
}

func parseRecords(t *testing.T, s *site, raw string) []record {
	t.Helper()
	for _, secret := range []string{"a long walk to school", s.demo.Learner.Password} {
		if strings.Contains(raw, secret) {
			t.Error("a password is in the tracking log")
		}
	}
	if link := regexp.MustCompile(`/(activate|password_reset_confirm|email_confirm)/[0-9a-zA-Z-]{8,}`).FindString(raw); link != "" {
		t.Errorf("a secret link is in the tracking log: %s", link)
	}
	members := []string{"accept_language", "agent", "context", "event", "event_source", "event_type", "host", "ip", "page", "referer", "session", "time", "username"}
	var records []record
	for line := range strings.Lines(raw) {
		if !strings.HasPrefix(line, `{"username": "`) || !strings.HasSuffix(line, "}\n") {
			t.Errorf("not a line of the format: %.200s", line)
			continue
		}
		var all map[string]json.RawMessage
		var r record
		if err := json.Unmarshal([]byte(line), &all); err != nil {
			t.Errorf("not JSON: %v: %.200s", err, line)
			continue
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Errorf("%v: %.200s", err, line)
			continue
		}
		delete(all, "name")
		if diff := cmp.Diff(slices.Sorted(maps.Keys(all)), members); diff != "" {
			t.Errorf("members of a line (-got +want)\n%s%.200s", diff, line)
		}
		records = append(records, r)
	}
	if len(records) == 0 {
		t.Fatal("the tracking log is empty")
	}
	return records
}

// userOf is the learner's id.
func userOf(t *testing.T, records []record) float64 {
	t.Helper()
	for _, r := range records {
		if *r.Username == learner {
			if id, ok := r.Context["user_id"].(float64); ok && id > 0 {
				return id
			}
		}
	}
	t.Fatal("no event of the learner")
	return 0
}

var (
	sessionForm = regexp.MustCompile(`^[0-9a-f]{32}$`)
	timeForm    = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00$`)
)

// checkCommon checks the members all events share.
func checkCommon(t *testing.T, s *site, r record, user float64) {
	t.Helper()
	bad := func(format string, arguments ...any) {
		t.Helper()
		t.Errorf("%s %s: %s", r.EventSource, r.EventType, fmt.Sprintf(format, arguments...))
	}
	if !timeForm.MatchString(r.Time) {
		bad("time %q", r.Time)
	}
	if at, err := time.Parse(time.RFC3339, r.Time); err != nil || time.Since(at) > 10*time.Minute || time.Until(at) > time.Second {
		bad("time %q is not that of the walk", r.Time)
	}
	for _, member := range []string{"user_id", "course_id", "org_id", "path"} {
		if _, ok := r.Context[member]; !ok {
			bad("context lacks %s", member)
		}
	}
	for _, member := range []string{"username", "session", "ip", "agent", "host", "referer", "accept_language"} {
		if _, ok := r.Context[member]; ok {
			bad("context has %s", member)
		}
	}
	if id, org := r.Context["course_id"], r.Context["org_id"]; (id == sampleKey) != (org == "Lyceum") || id != sampleKey && id != "" {
		bad("course %v of %v", id, org)
	}
	if *r.IP == "" { // of the demonstration's set-up, outside of any request
		return
	}
	if *r.IP != "127.0.0.1" && *r.IP != "::1" || "http://"+*r.Host != s.url {
		bad("from %s to %s", *r.IP, *r.Host)
	}
	path, _ := r.Context["path"].(string)
	if signedIn := *r.Username != ""; signedIn && (*r.Username != learner || r.Context["user_id"] != user || !sessionForm.MatchString(*r.Session)) || !signedIn && r.Context["user_id"] != nil {
		bad("user %q %v in session %q", *r.Username, r.Context["user_id"], *r.Session)
	}
	browser := strings.Contains(*r.Agent, "Chrom")
	if browser && !strings.HasPrefix(*r.AcceptLanguage, "en") || *r.Referer != "" && !strings.HasPrefix(*r.Referer, s.url) {
		bad("language %q, referer %q", *r.AcceptLanguage, *r.Referer)
	}
	isText := strings.HasPrefix(string(r.Event), `"`)
	switch r.EventSource {
	case "browser":
		if path != "/event" || r.Page == nil || !strings.HasPrefix(*r.Page, s.url+"/") || !isText {
			bad("page %v, path %s, payload %.80s", r.Page, path, r.Event)
			return
		}
		u, err := url.Parse(*r.Page)
		if err != nil || strings.HasPrefix(u.Path, sampleHome) != (r.Context["course_id"] == sampleKey) {
			bad("course %v of page %s", r.Context["course_id"], *r.Page)
		}
	case "server":
		module, inModule := r.Context["module"].(map[string]any)
		if implicit := r.EventType == path; implicit != isText || implicit && (r.Name != "" || r.Page != nil) || !implicit && r.Name != r.EventType {
			bad("name %q, page %v, payload %.80s", r.Name, r.Page, r.Event)
		}
		if inModule != (r.Page != nil && *r.Page == "x_module") {
			bad("page %v with module %v", r.Page, module)
		}
		if inModule {
			if key, _ := module["usage_key"].(string); !strings.HasPrefix(key, blockKey) || module["display_name"] == "" || len(module) != 2 {
				bad("module %v", module)
			}
			if _, ok := r.Context["course_user_tags"].(map[string]any); !ok {
				bad("no course_user_tags in %v", r.Context)
			}
		}
	default:
		bad("unknown source")
	}
}

// payload is the event's payload; browser events hold it as text.
func (r record) payload() any {
	var v any
	if json.Unmarshal(r.Event, &v) != nil {
		return nil
	}
	if inner, ok := v.(string); ok {
		var p any
		if json.Unmarshal([]byte(inner), &p) == nil {
			return p
		}
	}
	return v
}

func checkWanted(t *testing.T, records []record, w wanted) {
	t.Helper()
	if w.name == "" && w.source == "server" {
		w.name = w.kind
	}
	title := fmt.Sprint(w.source, " ", w.kind, " ", w.where)
	var found []record
	for _, r := range records {
		if r.EventSource != w.source || r.EventType != w.kind || *r.IP == "" {
			continue
		}
		p, _ := r.payload().(map[string]any)
		if w.where == nil || slices.IndexFunc(slices.Collect(maps.Keys(w.where)), func(k string) bool { return !cmp.Equal(p[k], w.where[k]) }) < 0 {
			found = append(found, r)
		}
	}
	if len(found) == 0 || w.times > 0 && len(found) != w.times {
		t.Errorf("%s: %d events, want %d", title, len(found), max(1, w.times))
		for _, r := range found {
			t.Logf("%s %.300s", r.Time, r.Event)
		}
	}
	for _, r := range found {
		want := w.payload
		if m, ok := want.(map[string]any); ok && w.where != nil {
			want = maps.Clone(m)
			maps.Copy(want.(map[string]any), w.where) //nolint:forcetypeassert // a clone of m
		}
		if wrong := differs("event", r.payload(), want); wrong != "" {
			t.Errorf("%s: %s\nin %.600s", title, wrong, r.Event)
		}
		if r.Name != w.name {
			t.Errorf("%s: name %q, want %q", title, r.Name, w.name)
		}
		if w.source == "browser" {
			continue
		}
		if got := *orEmpty(r.Page); got != w.page {
			t.Errorf("%s: page %q, want %q", title, got, w.page)
		}
		if path, _ := r.Context["path"].(string); !strings.HasSuffix(path, w.path) {
			t.Errorf("%s: path %s, want …%s", title, path, w.path)
		}
		if module, _ := r.Context["module"].(map[string]any); w.module != "" && module["usage_key"] != blockKey+w.module {
			t.Errorf("%s: module %v, want %s", title, module, w.module)
		}
	}
}

func orEmpty(s *string) *string {
	if s == nil {
		return new(string)
	}
	return s
}

// differs says how a payload is not as wanted; "" when it is.
func differs(at string, got, want any) string {
	switch w := want.(type) {
	case kind:
		if is := kindOf(got); is != w && (w != text || is != moment) {
			return fmt.Sprintf("%s is %v, want a %s", at, got, w)
		}
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return fmt.Sprintf("%s is %v, want an object", at, got)
		}
		for k, v := range g {
			expected, ok := w[k]
			if !ok {
				return fmt.Sprintf("%s has %s = %v, which the format does not know", at, k, v)
			}
			if wrong := differs(at+"."+k, v, expected); wrong != "" {
				return wrong
			}
		}
		for k := range w {
			if _, ok := g[k]; !ok {
				return fmt.Sprintf("%s lacks %s", at, k)
			}
		}
	default:
		if diff := cmp.Diff(got, want); diff != "" {
			return fmt.Sprintf("%s (-got +want)\n%s", at, diff)
		}
	}
	return ""
}

func kindOf(v any) kind {
	switch v := v.(type) {
	case string:
		if timeForm.MatchString(v) {
			return moment
		}
		return text
	case float64:
		return number
	case bool:
		return flag
	case map[string]any:
		return object
	case []any:
		return list
	default:
		return null
	}
}

// checkImplicit checks the events requests leave by themselves.
func checkImplicit(t *testing.T, records []record) {
	t.Helper()
	seen := map[string]string{}
	for _, r := range records {
		path, _ := r.Context["path"].(string)
		if r.EventSource == "server" && r.EventType == path {
			var p string
			if err := json.Unmarshal(r.Event, &p); err != nil || len([]rune(p)) > 512 {
				t.Errorf("payload of %s: %.600s", path, r.Event)
			}
			if len(p) > len(seen[path]) {
				seen[path] = p
			}
		}
	}
	handler := sampleHome + "/xblock/" + blockKey + "problem+block@stadion/handler/xmodule_handler/problem_check"
	for path, want := range map[string]string{
		"/":                       `{"POST": {}, "GET": {}}`,
		"/register":               `{"POST": {"email": ["aspasia@example.com"], "honor_code": ["true"], "name": ["Nora Comer"], "password": ["********"], "repeat": ["1"], "username": ["aspasia"]}, "GET": {}}`,
		"/change_enrollment":      `{"POST": {"course_id": ["course-v1:Lyceum+TOUR+2026"], "enrollment_action": ["enroll"], "form": ["1"]}, "GET": {}}`,
		"/dashboard":              `{"POST": {}, "GET": {}}`,
		sampleHome + "/about":     `{"POST": {}, "GET": {}}`,
		sampleHome + "/progress":  `{"POST": {}, "GET": {}}`,
		sampleHome + "/glossary/": `{"POST": {}, "GET": {}}`,
		handler:                   `{"POST": {"input_stadion_2_1": ["11*3.2"], "submission_id": [`,
		sampleHome + "/courseware/answering/homework-writing/1/": `{"POST": {}, "GET": {}}`,
	} {
		if got := seen[path]; !strings.HasPrefix(got, want) {
			t.Errorf("payload of %s: %q, want %q", path, got, want)
		}
	}
	for path := range seen {
		for _, excluded := range []string{"/event", "/login", "/heartbeat", "/static/"} {
			if strings.HasPrefix(path, excluded) {
				t.Errorf("a request to %s is in the log", path)
			}
		}
	}
}

// wantedEvents are the events of the walk with their payloads as tracking-events.md has them.
func wantedEvents(user float64) []wanted {
	const subsection = blockKey + "sequential+block@"
	problemKey := func(id string) string { return blockKey + "problem+block@" + id }
	handler := func(id, name string) string { return "problem+block@" + id + "/handler/xmodule_handler/" + name }
	userText := fmt.Sprint(user)
	result := func(correctness string, points any) map[string]any {
		return map[string]any{"correctness": correctness, "npoints": points, "msg": text, "hint": "", "hintmode": nil, "queuestate": nil, "answervariable": nil}
	}
	fresh := func(part string) map[string]any {
		return map[string]any{"seed": number, "student_answers": map[string]any{}, "done": nil, "correct_map": map[string]any{}, "input_state": map[string]any{part: map[string]any{}}}
	}
	video := func(more map[string]any) map[string]any {
		p := map[string]any{"id": "grade-film", "code": "html5", "duration": number}
		maps.Copy(p, more)
		return p
	}
	grade := func(more map[string]any) map[string]any {
		p := map[string]any{"course_id": sampleKey, "user_id": userText, "event_transaction_id": text, "event_transaction_type": "edx.grades.problem.submitted"}
		maps.Copy(p, more)
		return p
	}
	bookmark := map[string]any{
		"bookmark_id": learner + "," + blockKey + "vertical+block@mathematics", "component_type": "vertical",
		"component_usage_id": blockKey + "vertical+block@mathematics", "course_id": sampleKey,
	}
	return []wanted{
		{source: "server", kind: "edx.course.enrollment.activated", path: "/change_enrollment", times: 1, payload: map[string]any{"course_id": sampleKey, "user_id": user, "mode": "audit"}},
		{source: "server", kind: "edx.user.settings.changed", where: map[string]any{"setting": "is_active"}, times: 1, path: "/********", payload: map[string]any{
			"user_id": user, "table": "auth_user", "old": false, "new": true, "truncated": []any{},
		}},

		// The film.
		{source: "browser", kind: "load_video", payload: video(nil)},
		{source: "browser", kind: "play_video", payload: video(map[string]any{"currentTime": number})},
		{source: "browser", kind: "pause_video", payload: video(map[string]any{"currentTime": number})},
		{source: "browser", kind: "seek_video", where: map[string]any{"type": "onCaptionSeek"}, times: 1, payload: video(map[string]any{"old_time": number, "new_time": 15.5})},
		{source: "browser", kind: "seek_video", where: map[string]any{"type": "onSkipSeek"}, times: 1, payload: video(map[string]any{"old_time": number, "new_time": number})},
		{source: "browser", kind: "speed_change_video", times: 1, payload: video(map[string]any{"current_time": number, "old_speed": "1.0", "new_speed": "1.25"})},
		{source: "browser", kind: "video_show_cc_menu", payload: video(nil)},
		{source: "browser", kind: "video_hide_cc_menu", payload: video(map[string]any{"language": "es"})},

		// Moves.
		{source: "browser", kind: "seq_next", name: "edx.ui.lms.sequence.next_selected", times: 1, payload: map[string]any{
			"old": 1.0, "new": 2.0, "id": subsection + "a-page", "current_tab": 1.0, "tab_count": 3.0, "widget_placement": "bottom",
		}},
		{source: "browser", kind: "seq_prev", name: "edx.ui.lms.sequence.previous_selected", times: 1, payload: map[string]any{
			"old": 2.0, "new": 1.0, "id": subsection + "a-page", "current_tab": 2.0, "tab_count": 3.0, "widget_placement": text,
		}},
		{source: "browser", kind: "seq_goto", name: "edx.ui.lms.sequence.tab_selected", times: 1, payload: map[string]any{
			"old": 1.0, "new": 3.0, "id": subsection + "a-page", "current_tab": 1.0, "target_tab": 3.0, "tab_count": 3.0, "widget_placement": "top",
		}},
		{source: "browser", kind: "edx.ui.lms.sequence.next_selected", name: "edx.ui.lms.sequence.next_selected", times: 1, payload: map[string]any{
			"id": subsection + "a-page", "current_tab": 3.0, "tab_count": 3.0, "widget_placement": text,
		}},
		{source: "browser", kind: "page_close", payload: map[string]any{}},

		// Answers: right, and partly right.
		{
			source: "server", kind: "problem_check", page: "x_module", where: map[string]any{"problem_id": problemKey("stadion")}, times: 1,
			path: handler("stadion", "problem_check"), module: "problem+block@stadion",
			payload: map[string]any{
				"answers": map[string]any{"stadion_2_1": "11*3.2"}, "attempts": 1.0, "grade": 1.0, "max_grade": 1.0, "success": "correct",
				"correct_map": map[string]any{"stadion_2_1": result("correct", nil)}, "state": fresh("stadion_2_1"),
				"submission": map[string]any{"stadion_2_1": map[string]any{
					"question": "How far do you walk, in meters?", "answer": "11*3.2", "response_type": "numericalresponse", "input_type": "formulaequationinput",
					"correct": true, "variant": "", "group_label": "",
				}},
			},
		},
		{
			source: "server", kind: "problem_check", page: "x_module", where: map[string]any{"problem_id": problemKey("saved")}, times: 1,
			path: handler("saved", "problem_check"), module: "problem+block@saved",
			payload: map[string]any{
				"answers": map[string]any{"saved_2_1": []any{"choice_0"}}, "attempts": 1.0, "grade": 0.8, "max_grade": 1.0, "success": "correct",
				"correct_map": map[string]any{"saved_2_1": result("partially-correct", 0.8)}, "state": fresh("saved_2_1"),
				"submission": map[string]any{"saved_2_1": map[string]any{
					"question": "Which of these use up an attempt?", "answer": list, "response_type": "choiceresponse", "input_type": "checkboxgroup",
					"correct": true, "variant": "", "group_label": "",
				}},
			},
		},
		{source: "browser", kind: "problem_check", payload: text},
		{source: "browser", kind: "problem_graded", payload: list},
		{source: "browser", kind: "problem_save", times: 1, payload: "input_cafe_2_1=caf%C3%A9"},
		{source: "browser", kind: "problem_reset", times: 1, payload: "input_first-answer_2_1=choice_0"},
		{source: "browser", kind: "problem_show", times: 1, payload: map[string]any{"problem": problemKey("hints-on-demand")}},
		{source: "server", kind: "save_problem_success", page: "x_module", path: handler("cafe", "problem_save"), module: "problem+block@cafe", times: 1, payload: map[string]any{
			"problem_id": problemKey("cafe"), "answers": map[string]any{"cafe_2_1": "café"}, "state": fresh("cafe_2_1"),
		}},
		{source: "server", kind: "reset_problem", page: "x_module", path: handler("first-answer", "problem_reset"), module: "problem+block@first-answer", times: 1, payload: map[string]any{
			"problem_id": problemKey("first-answer"), "old_state": object, "new_state": fresh("first-answer_2_1"),
		}},
		{source: "server", kind: "showanswer", page: "x_module", path: handler("hints-on-demand", "problem_show"), module: "problem+block@hints-on-demand", times: 1, payload: map[string]any{
			"problem_id": problemKey("hints-on-demand"),
		}},
		{
			source: "server", kind: "edx.problem.hint.demandhint_displayed", page: "x_module", path: handler("hints-on-demand", "hint_button"), module: "problem+block@hints-on-demand",
			where: map[string]any{"hint_index": 0.0}, times: 1,
			payload: map[string]any{"module_id": problemKey("hints-on-demand"), "hint_len": 3.0, "hint_text": "The Greek word for the walk is <em>peripatos</em>."},
		},
		{
			source: "server", kind: "edx.problem.hint.feedback_displayed", page: "x_module", path: handler("first-answer", "problem_check"), module: "problem+block@first-answer",
			where: map[string]any{"module_id": problemKey("first-answer"), "correctness": false}, times: 1,
			payload: map[string]any{
				"problem_part_id": text, "trigger_type": "single", "student_answer": list, "question_type": "multiplechoiceresponse",
				"hints": []any{map[string]any{"text": "No ship went that slowly and talked that much."}}, "hint_label": "Incorrect:",
			},
		},

		// Grades: weighted, of the quiz' word, whose answer went through the crash.
		{
			source: "server", kind: "edx.grades.problem.submitted", path: handler("quiz-word", "problem_check"), where: map[string]any{"problem_id": problemKey("quiz-word")}, times: 1,
			payload: grade(map[string]any{"weighted_earned": 1.0, "weighted_possible": 1.0}),
		},
		{
			source: "server", kind: "edx.grades.problem.submitted", path: handler("saved", "problem_check"), where: map[string]any{"problem_id": problemKey("saved")}, times: 1,
			payload: grade(map[string]any{"weighted_earned": 3.2, "weighted_possible": 4.0}),
		},
		{
			source: "server", kind: "edx.grades.subsection.grade_calculated", path: handler("quiz-word", "problem_check"),
			where: map[string]any{"block_id": subsection + "final-quiz", "weighted_graded_earned": 2.0}, times: 1,
			payload: grade(map[string]any{
				"course_version": text, "first_attempted": moment, "subtree_edited_timestamp": moment, "visible_blocks_hash": text,
				"weighted_graded_possible": 6.0, "weighted_total_earned": 2.0, "weighted_total_possible": 6.0,
			}),
		},
		{
			source: "server", kind: "edx.grades.course.grade_calculated", path: handler("quiz-word", "problem_check"), where: map[string]any{"percent_grade": 0.46}, times: 1,
			payload: grade(map[string]any{"course_edited_timestamp": moment, "course_version": text, "grading_policy_hash": text, "letter_grade": ""}),
		},

		{source: "server", kind: "edx.bookmark.added", path: "/api/bookmarks/v1/bookmarks/", times: 1, payload: bookmark},
		{source: "server", kind: "edx.bookmark.removed", path: "/", times: 1, payload: bookmark},
		{source: "server", kind: "edx.bookmark.listed", path: sampleHome + "/bookmarks/", where: map[string]any{"bookmarks_count": 1.0}, times: 1, payload: map[string]any{
			"list_type": "per_course", "page_number": 1.0, "page_size": number, "course_id": sampleKey,
		}},
		{source: "browser", kind: "edx.bookmark.accessed", name: "edx.bookmark.accessed", times: 1, payload: map[string]any{
			"bookmark_id": bookmark["bookmark_id"], "component_type": "vertical", "component_usage_id": bookmark["component_usage_id"],
		}},
	}
}
