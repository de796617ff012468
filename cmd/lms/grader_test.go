package main

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"lyceum/course"
	"lyceum/graderqueue"
	accounts "lyceum/learner/account"
)

var graderKey = course.Key{Org: "T", Number: "Queued", Run: "1"}

// gradedElsewhere is a course whose questions go to graders: p1 to the course's own queue, p2 takes files, p3 asks two graders, p4 runs programs.
func gradedElsewhere() fstest.MapFS {
	files := ownCourse(graderKey.Number)
	code := func(attrs, input, word string) string {
		return `<coderesponse ` + attrs + `>` + input + `<codeparam><initial_display>begin here</initial_display><answer_display>right</answer_display><grader_payload>` + word + `</grader_payload></codeparam></coderesponse>`
	}
	put := func(path, text string) { files[path] = &fstest.MapFile{Data: []byte(text), Mode: 0o644} }
	put("problem/p1.xml", `<problem display_name="Code">`+code("", `<textbox/>`, "right")+`</problem>`)
	put("problem/p2.xml", `<problem display_name="Files">`+code(`queuename="files"`, `<filesubmission allowed_files="a.py" required_files="a.py"/>`, "right")+`</problem>`)
	put("problem/p3.xml", `<problem display_name="Both">`+code(`queuename="files"`, `<textbox/>`, "one")+code(`queuename="files"`, `<textbox/>`, "two")+`</problem>`)
	put("problem/p4.xml", `<problem display_name="Run">`+code("", `<matlabinput><plot_payload>drawn</plot_payload></matlabinput>`, "right")+`</problem>`)
	put("vertical/u1.xml", `<vertical display_name="Unit 1"><problem url_name="p1"/><problem url_name="p2"/><problem url_name="p3"/><problem url_name="p4"/></vertical>`)
	put("vertical/u3.xml", `<vertical display_name="Unit 3"/>`)
	for _, unused := range []string{"html/text.xml", "html/active.xml", "video/v1.xml"} {
		delete(files, unused)
	}
	return files
}

// graded is what a problem shows after an act.
type graded struct {
	Success  any      `json:"success"`
	Message  string   `json:"message"`
	Attempts int      `json:"attempts_used"`
	Score    *float64 `json:"current_score"`
	HTML     string   `json:"html"`
}

// problemAct calls a problem's handler.
func (b *browser) problemAct(id, act, body, kind string) graded {
	b.t.Helper()
	method := http.MethodPost
	if act == "problem_get" {
		method = http.MethodGet
	}
	path := "/courses/" + graderKey.String() + "/xblock/" + usage(graderKey, "problem", id) + "/handler/xmodule_handler/" + act
	got := b.do(method, path, body, "Content-Type", kind, "Accept", "application/json")
	var out graded
	if err := json.Unmarshal([]byte(got.body), &out); err != nil || got.status != http.StatusOK {
		b.t.Fatalf("%s of %s: %d %.500s", act, id, got.status, got.body)
	}
	return out
}

// untilScored looks at a problem, as its page does, until it has the score.
func (b *browser) untilScored(id string, score float64) graded {
	b.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		got := b.problemAct(id, "problem_get", "", "")
		if got.Score != nil && *got.Score == score && !strings.Contains(got.HTML, "data-pending") {
			return got
		}
		if time.Now().After(deadline) {
			b.t.Fatalf("%s has not come to %v: %+v", id, score, got)
		}
	}
}

// TestGraders grades answers with programs outside: they are killed, they forge, they repeat themselves, and the server is killed while
// they work; every answer gets its one result.
func TestGraders(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	must(t, nil, "course", "import", write(t, gradedElsewhere()), "--publish", "--data", dir)
	p := serve(t, dir, "LMS_GRADER_WAIT=0s")
	learner := p.learner("coder", graderKey)

	// Nobody has made the queue: nothing is lost, and no attempt is used.
	got := learner.problemAct("p1", "problem_check", form("input_p1_2_1", "x = right"), formType)
	if text, _ := got.Success.(string); !strings.Contains(text, "Queue 'T-Queued' not found") || got.Attempts != 0 {
		t.Errorf("without a queue: %+v", got)
	}
	for _, args := range [][]string{{"queue", "T-Queued", "--delay", "2s", "--expiry", "1h"}, {"queue", "files"}} {
		must(t, nil, append([]string{"grader", "--data", dir}, args...)...)
	}
	password := strings.TrimSpace(must(t, nil, "grader", "user", "watcher", "--queue", "T-Queued", "--queue", "files", "--data", dir))

	got = learner.problemAct("p1", "problem_check", form("input_p1_2_1", "x = wrong"), formType)
	if got.Attempts != 1 || got.Success != "incorrect" {
		t.Errorf("right after sending: %+v", got)
	}
	if got = learner.problemAct("p1", "problem_get", "", ""); !strings.Contains(got.HTML, "x = wrong") {
		t.Errorf("the page has lost the answer: %s", got.HTML)
	}

	// The first grader takes the answer and is killed, and so is the server; another grader gets the answer after a while.
	w := watcher{Base: p.url, Queue: "T-Queued", User: "watcher", Password: password}
	holding := w
	holding.Holds = true
	first := startWatcher(t, holding)
	first.says("took", 20*time.Second)
	first.kill()
	p.kill()
	p = serve(t, dir, "LMS_GRADER_WAIT=0s")
	learner.base, w.Base = p.url, p.url
	forging := w
	forging.Forges = true
	startWatcher(t, forging).says("returned", 30*time.Second)
	got = learner.untilScored("p1", 0)
	if !strings.Contains(got.HTML, "graded 0") || strings.Contains(got.HTML, "alert(1)") {
		t.Errorf("the grader's message: %s", got.HTML)
	}

	// The server is killed while a grader works; its result is for the answer it took.
	flag := filepath.Join(t.TempDir(), "go")
	waiting := watcher{Base: p.url, Queue: "files", User: "watcher", Password: password, Waits: flag}
	second := startWatcher(t, waiting)
	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	file, err := parts.CreateFormFile("input_p2_2_1[]", "a.py")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write([]byte("print('right')")); err != nil {
		t.Fatal(err)
	}
	if err := parts.Close(); err != nil {
		t.Fatal(err)
	}
	if got = learner.problemAct("p2", "problem_check", body.String(), parts.FormDataContentType()); got.Attempts != 1 {
		t.Errorf("files: %+v", got)
	}
	second.says("ready", 20*time.Second)
	addr := strings.TrimPrefix(p.url, "http://")
	p.kill()
	if err := os.WriteFile(flag, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	p = start(t, []string{"LMS_GRADER_WAIT=0s"}, "serve", "--data", dir, "--addr", addr)
	p.url, p.dir = "http://"+addr, dir
	p.ready(time.Minute)
	learner.untilScored("p2", 1)

	// Two graders in one problem: neither answer supersedes the other, and an answer sent again supersedes both.
	learner.problemAct("p3", "problem_check", form("input_p3_2_1", "none", "input_p3_3_1", "none", "submission_id", "a"), formType)
	learner.problemAct("p3", "problem_check", form("input_p3_2_1", "one", "input_p3_3_1", "two", "submission_id", "b"), formType)
	got = learner.untilScored("p3", 2)
	if got.Attempts != 2 {
		t.Errorf("two graders: %+v", got)
	}
	learner.problemAct("p1", "problem_check", form("input_p1_2_1", "x = right", "submission_id", "c"), formType)
	learner.untilScored("p1", 1)

	// A program is run, and graded by nobody.
	run := form("input_id", "p4_2_1", "dispatch", "plot", "submission", "x = drawn")
	if got := learner.problemAct("p4", "input_ajax", run, formType); got.Success != false || !strings.Contains(got.Message, "Queue 'matlab' not found") {
		t.Errorf("without a queue for runs: %+v", got)
	}
	must(t, nil, "grader", "--data", dir, "queue", "matlab")
	password = strings.TrimSpace(must(t, nil, "grader", "user", "watcher", "--queue", "T-Queued", "--queue", "files", "--queue", "matlab", "--data", dir))
	if got = learner.problemAct("p4", "input_ajax", run, formType); got.Success != true || !strings.Contains(got.HTML, "Your program runs") || !strings.Contains(got.HTML, "data-pending") {
		t.Errorf("a run: %+v", got)
	}
	runs := w
	runs.Base, runs.Queue, runs.Password = p.url, "matlab", password
	startWatcher(t, runs).says("returned", 30*time.Second)
	for deadline := time.Now().Add(20 * time.Second); strings.Contains(got.HTML, "data-pending") && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		got = learner.problemAct("p4", "problem_get", "", "")
	}
	if !strings.Contains(got.HTML, "graded 1") || strings.Contains(got.HTML, "alert(1)") || got.Attempts != 0 || *got.Score != 0 {
		t.Errorf("what the program printed: %+v", got)
	}
	checkGrades(t, dir, graderKey, 1)
	if out := must(t, nil, "grader", "list", "--data", dir); !strings.Contains(out, "queue T-Queued: 0 waiting, 0 being graded, 0 replies") || !strings.Contains(out, "program watcher: T-Queued, files, matlab") {
		t.Errorf("at the end:\n%s", out)
	}
}

// TestGraderCallback: what a queue elsewhere brings counts by its key alone.
func TestGraderCallback(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, "LMS_GRADER_WAIT=0s")
	c := s.teach(gradedElsewhere())
	learner := s.person("coder", nil)
	s.enroll(learner, c)
	other := s.person("other", nil)
	s.enroll(other, c)
	if err := s.graders.SetQueue(t.Context(), graderqueue.Queue{Name: "T-Queued"}); err != nil {
		t.Fatal(err)
	}
	if err := s.graders.SetQueue(t.Context(), graderqueue.Queue{Name: "files"}); err != nil {
		t.Fatal(err)
	}
	if got := learner.problemAct("p1", "problem_check", form("input_p1_2_1", "x"), formType); got.Attempts != 1 {
		t.Fatalf("%+v", got)
	}
	var header string
	if err := s.stores.pool.QueryRow(t.Context(), `SELECT header FROM grader_submission`).Scan(&header); err != nil {
		t.Fatal(err)
	}
	visitor := s.visitor()
	path := func(b *browser, id, end string) string {
		return "/courses/" + c.Key.String() + "/xqueue/" + strconv.Itoa(int(b.account.ID)) + "/" + usage(c.Key, "problem", id) + end
	}
	const right = `{"correct": true, "score": 1, "msg": "<p>from elsewhere</p>"}`
	for _, ask := range []struct {
		name, path, header, body string
		status                   int
	}{
		{"no body", path(learner, "p1", "/score_update"), "", "", http.StatusNotFound},
		{"no JSON", path(learner, "p1", "/score_update"), "k", right, http.StatusNotFound},
		{"a list", path(learner, "p1", "/score_update"), "[]", right, http.StatusNotFound},
		{"no key", path(learner, "p1", "/score_update"), "{}", right, http.StatusNotFound},
		{"another act", path(learner, "p1", "/problem_check"), header, right, http.StatusNotFound},
		{"no such block", path(learner, "none", "/score_update"), header, right, http.StatusNotFound},
		{"nobody", "/courses/" + c.Key.String() + "/xqueue/0/" + usage(c.Key, "problem", "p1") + "/score_update", header, right, http.StatusNotFound},
		{"wrong key", path(learner, "p1", "/score_update"), `{"lms_key": "0123456789abcdef0123456789abcdef"}`, right, http.StatusOK},
		{"another learner", path(other, "p1", "/score_update"), header, right, http.StatusOK},
		{"another problem", path(learner, "p3", "/score_update"), header, right, http.StatusOK},
	} {
		got := visitor.do(http.MethodPost, ask.path, form("xqueue_header", ask.header, "xqueue_body", ask.body), "Content-Type", formType, "Origin", "")
		if ask.body == "" {
			got = visitor.do(http.MethodPost, ask.path, "", "Content-Type", formType, "Origin", "")
		}
		if got.status != ask.status {
			t.Errorf("%s: %d %.200s", ask.name, got.status, got.body)
		}
	}
	if got := learner.problemAct("p1", "problem_get", "", ""); *got.Score != 0 {
		t.Fatalf("a reply without the right key counts: %+v", got)
	}
	if got := visitor.do(http.MethodPost, path(learner, "p1", "/score_update"), form("xqueue_header", header, "xqueue_body", right), "Content-Type", formType, "Origin", "https://queue.example.org"); got.status != http.StatusOK || got.body != "" {
		t.Fatalf("the right key: %d %s", got.status, got.body)
	}
	if got := learner.problemAct("p1", "problem_get", "", ""); *got.Score != 1 || !strings.Contains(got.HTML, "from elsewhere") {
		t.Errorf("the reply does not count: %+v", got)
	}

	// What a program printed comes to a path of its own; which run it is for, the key decides.
	if err := s.graders.SetQueue(t.Context(), graderqueue.Queue{Name: "matlab"}); err != nil {
		t.Fatal(err)
	}
	if got := learner.problemAct("p4", "input_ajax", form("input_id", "p4_2_1", "dispatch", "plot", "submission", "x = 1"), formType); got.Success != true {
		t.Fatalf("%+v", got)
	}
	if err := s.stores.pool.QueryRow(t.Context(), `SELECT header FROM grader_submission WHERE queue = 'matlab'`).Scan(&header); err != nil {
		t.Fatal(err)
	}
	var head struct {
		Callback string `json:"lms_callback_url"`
	}
	if err := json.Unmarshal([]byte(header), &head); err != nil || !strings.HasSuffix(head.Callback, path(learner, "p4", "/ungraded_response?part=p4_2_1")) {
		t.Errorf("a run is answered at %s, %v", head.Callback, err)
	}
	const printed = `{"msg": "<p>printed elsewhere</p>"}`
	for _, who := range []*browser{other, learner} {
		if got := visitor.do(http.MethodPost, path(who, "p4", "/ungraded_response")+"?part=p4_2_1", form("xqueue_header", header, "xqueue_body", printed), "Content-Type", formType, "Origin", ""); got.status != http.StatusOK {
			t.Errorf("what a program printed: %d %s", got.status, got.body)
		}
		got := learner.problemAct("p4", "problem_get", "", "")
		if shown := strings.Contains(got.HTML, "printed elsewhere"); shown != (who == learner) || *got.Score != 0 {
			t.Errorf("after a reply for %s: %v, %+v", who.account.Username, shown, got)
		}
	}

	staff := s.person("boss", func(n *accounts.NewAccount) { n.Staff = true })
	if got := staff.get("/graders"); got.status != http.StatusOK || !strings.Contains(got.body, "T-Queued") {
		t.Errorf("the page of queues: %d", got.status)
	}
}
