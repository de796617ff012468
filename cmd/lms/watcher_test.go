package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// asWatcher makes this test program a grader: a program of its own that knows nothing of the one under test but its address, and speaks
// the contract of queues. It takes the answers of one queue, grades them by whether they hold the word its author chose, and sends results.
const asWatcher = "LYCEUM_TEST_RUN_WATCHER"

// watcher is what the program is told, in its environment as JSON.
type watcher struct {
	Base     string // address of the site
	Queue    string
	User     string
	Password string
	Holds    bool   // takes an answer and never returns it
	Waits    string // takes an answer and returns it when this file is there
	Forges   bool   // first sends each result with a wrong key

	client *http.Client
}

// envelope is every answer of the queue.
type envelope struct {
	Code    int             `json:"return_code"`
	Content json.RawMessage `json:"content"`
}

// run works until it is killed.
func (w *watcher) run() {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.stop(err)
	}
	w.client = &http.Client{Jar: jar, Timeout: 5 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for {
		if !w.work() {
			time.Sleep(50 * time.Millisecond)
		}
	}
}

func (w *watcher) stop(err error) {
	fmt.Fprintln(os.Stderr, "watcher:", err)
	os.Exit(1)
}

// work takes, grades and returns one answer; false when there was none.
func (w *watcher) work() bool {
	e, err := w.call(func() (*http.Response, error) {
		return w.client.Get(w.Base + "/xqueue/get_submission/?queue_name=" + url.QueryEscape(w.Queue))
	})
	if err != nil || e.Code != 0 {
		return false // away, or empty
	}
	var content string
	var parts struct {
		Header string `json:"xqueue_header"`
		Body   string `json:"xqueue_body"`
		Files  string `json:"xqueue_files"`
	}
	if err := errors.Join(json.Unmarshal(e.Content, &content), json.Unmarshal([]byte(content), &parts)); err != nil {
		w.stop(err)
	}
	fmt.Println("took", parts.Header)
	for w.Holds {
		time.Sleep(time.Hour)
	}
	reply := w.grade(parts.Body, parts.Files)
	for w.Waits != "" {
		fmt.Println("ready")
		if _, err := os.Stat(w.Waits); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if w.Forges {
		var head map[string]any
		if err := json.Unmarshal([]byte(parts.Header), &head); err != nil {
			w.stop(err)
		}
		head["submission_key"] = strings.Repeat("0", 32)
		forged, _ := json.Marshal(head)
		if e := w.put(string(forged), reply); e.Code != 1 || string(e.Content) != `"Incorrect key for submission"` {
			w.stop(fmt.Errorf("a wrong key gets %d %s", e.Code, e.Content))
		}
	}
	for range 2 { // as if the first answer had been lost
		if e := w.put(parts.Header, reply); e.Code != 0 {
			fmt.Println("refused", string(e.Content))
			return true
		}
	}
	fmt.Println("returned", parts.Header)
	return true
}

// put sends a result until the queue has answered.
func (w *watcher) put(header, reply string) envelope {
	for {
		e, err := w.call(func() (*http.Response, error) {
			return w.client.PostForm(w.Base+"/xqueue/put_result/", url.Values{"xqueue_header": {header}, "xqueue_body": {reply}})
		})
		if err == nil {
			return e
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// call makes a request, after a login where the queue asks for one.
func (w *watcher) call(request func() (*http.Response, error)) (envelope, error) {
	for range 2 {
		res, err := request()
		if err != nil {
			return envelope{}, err
		}
		text, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil {
			return envelope{}, err
		}
		switch res.StatusCode {
		case http.StatusOK:
			var e envelope
			return e, json.Unmarshal(text, &e)
		case http.StatusFound, http.StatusUnauthorized, http.StatusForbidden:
			res, err := w.client.PostForm(w.Base+"/xqueue/login/", url.Values{"username": {w.User}, "password": {w.Password}})
			if err != nil {
				return envelope{}, err
			}
			res.Body.Close()
		default:
			return envelope{}, errors.New(res.Status)
		}
	}
	return envelope{}, errors.New("the login is of no use")
}

// grade is a reply: right is what holds the word in grader_payload, in the field or in a file.
func (w *watcher) grade(body, files string) string {
	var answer struct {
		Word     string `json:"grader_payload"`
		Response string `json:"student_response"`
	}
	var urls map[string]string
	if err := errors.Join(json.Unmarshal([]byte(body), &answer), json.Unmarshal([]byte(files), &urls)); err != nil {
		w.stop(err)
	}
	for name, address := range urls {
		res, err := http.Get(address) // with no session
		if err != nil {
			w.stop(err)
		}
		text, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK {
			w.stop(fmt.Errorf("file %s: %s, %w", name, res.Status, err))
		}
		answer.Response += string(text)
	}
	score := 0
	if strings.Contains(answer.Response, answer.Word) {
		score = 1
	}
	reply, err := json.Marshal(map[string]any{"correct": score == 1, "score": score, "msg": fmt.Sprintf("<p>graded %d<script>alert(1)</script></p>", score)})
	if err != nil {
		w.stop(err)
	}
	return string(reply)
}

// startWatcher runs a grader; it is killed at the end of the test where it still runs.
func startWatcher(t testing.TB, w watcher) *program {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	told, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	p := &program{t: t, cmd: exec.Command(self), done: make(chan struct{})}
	p.cmd.Env = []string{asWatcher + "=" + string(told)}
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.err
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("the watcher of %s said:\n%s%s", w.Queue, &p.out, &p.err)
		}
	})
	return p
}

// says waits until the program has printed a text.
func (p *program) says(text string, within time.Duration) {
	p.t.Helper()
	for deadline := time.Now().Add(within); !strings.Contains(p.out.String(), text); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatalf("it did not say %q within %v:\n%s%s", text, within, &p.out, &p.err)
		}
	}
}
