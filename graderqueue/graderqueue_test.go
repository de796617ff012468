package graderqueue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"lyceum/internal/clock"
	"lyceum/internal/outgoing"
	"lyceum/internal/pgtest"
)

// room is the service over a database of its own, served over HTTP.
type room struct {
	*Service
	t     testing.TB
	clock *clock.Fake
	http  *httptest.Server

	mu    sync.Mutex
	own   []Reply // taken for this site
	fails error   // of taking them
}

func newRoom(t testing.TB, change func(*Config)) *room {
	t.Helper()
	return newRoomOn(t, pgtest.New(t), change)
}

func newRoomOn(t testing.TB, db *pgxpool.Pool, change func(*Config)) *room {
	t.Helper()
	r := &room{t: t, clock: clock.NewFake(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))}
	r.http = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) { r.ServeHTTP(w, req) }))
	t.Cleanup(r.http.Close)
	c := Config{
		DB: db, URL: r.http.URL, Secret: []byte("secret"), Clock: r.clock.Now, every: 20 * time.Millisecond,
		Callbacks: outgoing.Client(outgoing.Anywhere, callbackTime), Graders: outgoing.Client(outgoing.Anywhere, pushTime),
		Own: func(_ context.Context, _ string, got Reply) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			if r.fails == nil {
				r.own = append(r.own, got)
			}
			return r.fails
		},
	}
	if change != nil {
		change(&c)
	}
	r.Service = New(c)
	for _, err := range []error{
		r.SetQueue(t.Context(), Queue{Name: "q"}), r.SetQueue(t.Context(), Queue{Name: "other"}),
		r.SetUser(t.Context(), User{Name: "lms"}, "password"), r.SetUser(t.Context(), User{Name: "grader", Queues: []string{"q"}}, "password"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// run works errands until the test ends.
func (r *room) run() {
	ctx, cancel := context.WithCancel(r.t.Context())
	over := make(chan struct{})
	go func() { defer close(over); r.Run(ctx) }()
	r.t.Cleanup(func() { cancel(); <-over })
}

// taken waits until this site has taken n replies.
func (r *room) taken(n int) []Reply {
	r.t.Helper()
	var got []Reply
	eventually(r.t, func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		got = append([]Reply(nil), r.own...)
		return len(got) >= n
	})
	return got
}

func eventually(t testing.TB, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it did not happen")
		}
	}
}

// ending is what became of a submission, "" while it is open.
func (r *room) ending(id int64) string {
	r.t.Helper()
	var ending *string
	if err := r.DB.QueryRow(r.t.Context(), `SELECT ending FROM grader_submission WHERE id = $1`, id).Scan(&ending); err != nil {
		r.t.Fatal(err)
	}
	if ending == nil {
		return ""
	}
	return *ending
}

// ownAnswer sends an answer of this site.
func (r *room) ownAnswer(callback, body string, files ...File) {
	r.t.Helper()
	var b pgx.Batch
	r.QueueSend(&b, Submission{Queue: "q", Callback: callback, Header: `{"lms_key":"` + body + `"}`, Body: body, Files: files})
	if err := r.DB.SendBatch(r.t.Context(), &b).Close(); err != nil {
		r.t.Fatal(err)
	}
}

func (r *room) take() Work {
	r.t.Helper()
	w, err := r.Take(r.t.Context(), "q", "192.0.2.1")
	if err != nil {
		r.t.Fatal(err)
	}
	return w
}

// program speaks the contract over HTTP.
type program struct {
	t    testing.TB
	base string
	http *http.Client
}

func (r *room) program() *program {
	jar, err := cookiejar.New(nil)
	if err != nil {
		r.t.Fatal(err)
	}
	return &program{r.t, r.http.URL + "/xqueue/", &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func (r *room) loggedIn(name string) *program {
	r.t.Helper()
	p := r.program()
	if got := p.post("login/", "username", name, "password", "password"); got != `0 "Logged in"` {
		r.t.Fatalf("login: %s", got)
	}
	return p
}

func (p *program) post(path string, form ...string) string {
	p.t.Helper()
	values := url.Values{}
	for i := 0; i < len(form); i += 2 {
		values.Set(form[i], form[i+1])
	}
	res, err := p.http.PostForm(p.base+path, values)
	return p.read(res, err)
}

func (p *program) get(path string) string {
	p.t.Helper()
	res, err := p.http.Get(p.base + path)
	return p.read(res, err)
}

// read is an answer as RETURN_CODE CONTENT, another status as itself.
func (p *program) read(res *http.Response, err error) string {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Sprint(res.StatusCode, " ", res.Header.Get("Location"))
	}
	var e struct {
		Code    int             `json:"return_code"`
		Content json.RawMessage `json:"content"`
	}
	if err := json.Unmarshal(text, &e); err != nil {
		p.t.Fatalf("%s: %v", text, err)
	}
	return fmt.Sprint(e.Code, " ", string(e.Content))
}

// taken reads what get_submission gives.
func (p *program) taken(queue string) (id int64, key, body string, files map[string]string) {
	p.t.Helper()
	answer := p.get("get_submission/?queue_name=" + queue)
	text, ok := strings.CutPrefix(answer, "0 ")
	var content string
	var parts struct{ Xqueue_header, Xqueue_body, Xqueue_files string } //nolint:revive // as the contract spells them
	var head struct {
		ID  int64  `json:"submission_id"`
		Key string `json:"submission_key"`
	}
	if err := errors.Join(json.Unmarshal([]byte(text), &content), json.Unmarshal([]byte(content), &parts), json.Unmarshal([]byte(parts.Xqueue_header), &head), json.Unmarshal([]byte(parts.Xqueue_files), &files)); !ok || err != nil {
		p.t.Fatalf("get_submission: %s: %v", answer, err)
	}
	return head.ID, head.Key, parts.Xqueue_body, files
}

const good = `{"correct": true, "score": 1, "msg": "<p>ok</p>"}`

// TestContract walks through the service as its clients know it.
func TestContract(t *testing.T) {
	t.Parallel()
	r := newRoom(t, nil)
	asked := make(chan url.Values, 10)
	status := http.StatusOK
	lms := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		_ = req.ParseForm()
		w.WriteHeader(status)
		asked <- req.PostForm
	}))
	defer lms.Close()
	head := func(queue, path string) string {
		return fmt.Sprintf(`{"lms_callback_url": "%s/%s", "lms_key": "k", "queue_name": "%s"}`, lms.URL, path, queue)
	}

	nobody := r.program()
	for request, want := range map[string]string{
		"get login/": `1 "login_required"`, "get logout/": `0 "Goodbye"`, "get status/": `0 "OK"`, "get status": `0 "OK"`,
		"get get_queuelen/?queue_name=q": "302 /xqueue/login/?next=%2Fxqueue%2Fget_queuelen%2F", "get submit/": "302 /xqueue/login/?next=%2Fxqueue%2Fsubmit%2F",
		"post put_result/": "302 /xqueue/login/?next=%2Fxqueue%2Fput_result%2F", "post login/": `1 "Insufficient login info"`, "get nothing/": "404 ",
		"get files/1/a": "404 ",
	} {
		method, path, _ := strings.Cut(request, " ")
		got := ""
		if method == "get" {
			got = nobody.get(path)
		} else {
			got = nobody.post(path)
		}
		if got != want {
			t.Errorf("nobody, %s: got %s, want %s", request, got, want)
		}
	}
	for _, pair := range [][2]string{{"grader", "wrong"}, {"nobody", "password"}, {"", ""}} {
		if got := nobody.post("login/", "username", pair[0], "password", pair[1]); got != `1 "Incorrect login credentials"` {
			t.Errorf("login as %v: %s", pair, got)
		}
	}

	site, grader := r.loggedIn("lms"), r.loggedIn("grader")
	for _, c := range []struct{ got, want string }{
		{site.get("submit/"), `1 "Queue requests should use HTTP POST"`},
		{site.post("submit/"), `1 "Queue request has invalid format"`},
		{site.post("submit/", "xqueue_header", `{"lms_key": "k"}`, "xqueue_body", "b"), `1 "Queue request has invalid format"`},
		{site.post("submit/", "xqueue_header", `[]`, "xqueue_body", "b"), `1 "Queue request has invalid format"`},
		{site.post("submit/", "xqueue_header", strings.Replace(head("q", "x"), "http:", "file:", 1), "xqueue_body", "b"), `1 "Queue request has invalid format"`},
		{site.post("submit/", "xqueue_header", head("q", "x"), "xqueue_body", "a\x00"), `1 "Queue request has invalid format"`},
		{site.post("submit/", "xqueue_header", head("none", "x"), "xqueue_body", "b"), `1 "Queue 'none' not found"`},
		{grader.post("submit/", "xqueue_header", head("other", "x"), "xqueue_body", "b"), `1 "Queue 'other' not found"`},
		{site.post("submit/", "xqueue_header", head("q", "1"), "xqueue_body", "first"), `0 "1"`},
		{site.post("submit/", "xqueue_header", head("q", "2"), "xqueue_body", "second"), `0 "2"`},
		{site.post("submit/", "xqueue_header", head("q", "1"), "xqueue_body", "first again"), `0 "2"`}, // supersedes
		{grader.get("get_queuelen/?queue_name=q"), `0 2`},
		{grader.get("get_queuelen/?queue_name=other"), `1 "Valid queue names are: q"`},
		{site.get("get_queuelen/?queue_name=x"), `1 "Valid queue names are: other, q"`},
		{site.get("get_queuelen/"), `1 "'get_queuelen' must provide parameter 'queue_name'"`},
		{grader.get("get_submission/?queue_name=other"), `1 "Queue 'other' not found"`},
		{site.get("get_submission/?queue_name=none"), `1 "Queue 'none' not found"`},
		{site.get("get_submission/?queue_name=other"), `1 "Queue 'other' is empty"`},
		{grader.get("put_result/"), `1 "'put_result' must use HTTP POST"`},
		{grader.post("put_result/"), `1 "Incorrect reply format"`},
		{grader.post("put_result/", "xqueue_header", "5", "xqueue_body", good), `1 "Incorrect reply format"`},
		{grader.post("put_result/", "xqueue_header", `{"submission_id": 99999, "submission_key": "x"}`, "xqueue_body", good), `1 "Submission does not exist"`},
	} {
		if c.got != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}

	id, key, body, files := grader.taken("q")
	if body != "second" || len(files) != 0 || len(key) != 32 {
		t.Errorf("the oldest: %q with %v, key %q", body, files, key)
	}
	result := func(id int64, key string) string {
		return grader.post("put_result/", "xqueue_header", fmt.Sprintf(`{"submission_id": %d, "submission_key": "%s"}`, id, key), "xqueue_body", good)
	}
	if got := result(id, strings.Repeat("0", 32)); got != `1 "Incorrect key for submission"` {
		t.Errorf("wrong key: %s", got)
	}
	for range 2 { // also when the grader did not hear it the first time
		if got := result(id, key); got != `0 ""` {
			t.Errorf("result: %s", got)
		}
	}
	r.run()
	form := <-asked
	if form.Get("xqueue_header") != head("q", "2") || form.Get("xqueue_body") != good {
		t.Errorf("the site was told %v", form)
	}
	eventually(t, func() bool { return r.ending(id) == "delivered" })
	if _, _, body, _ = grader.taken("q"); body != "first again" {
		t.Errorf("next: %q", body)
	}
	if got := grader.get("get_submission/?queue_name=q"); got != `1 "Queue 'q' is empty"` {
		t.Errorf("at the end: %s", got)
	}
	grader.get("logout/")
	if got := grader.get("get_queuelen/?queue_name=q"); !strings.HasPrefix(got, "302") {
		t.Errorf("after the logout: %s", got)
	}
}

// TestTimeOut: who takes too long has lost the work, and another gets it with another key.
func TestTimeOut(t *testing.T) {
	t.Parallel()
	r := newRoom(t, nil)
	r.ownAnswer("/a", "body")
	first := r.take()
	if _, err := r.Take(t.Context(), "q", ""); !errors.Is(err, ErrEmpty) {
		t.Fatalf("handed out twice: %v", err)
	}
	r.clock.Advance(DefaultDelay)
	second := r.take()
	if second.ID != first.ID || second.Key == first.Key {
		t.Fatalf("first %+v, then %+v", first, second)
	}
	anything := func(string) bool { return true }
	if err := r.Return(t.Context(), first.ID, first.Key, good, anything); !errors.Is(err, ErrKey) {
		t.Errorf("the old key: %v", err)
	}
	if err := r.Return(t.Context(), second.ID, second.Key, good, func(string) bool { return false }); !errors.Is(err, ErrNoSubmission) {
		t.Errorf("of somebody else's queue: %v", err)
	}
	if err := r.Return(t.Context(), second.ID, second.Key, good, anything); err != nil {
		t.Error(err)
	}
}

// TestHandOut: of many graders at once each gets another answer, and all answers are got.
func TestHandOut(t *testing.T) {
	t.Parallel()
	r := newRoom(t, nil)
	const answers, graders = 60, 8
	for i := range answers {
		r.ownAnswer(fmt.Sprintf("/%d", i), fmt.Sprint(i))
	}
	var mu sync.Mutex
	got := map[int64]int{}
	var wg sync.WaitGroup
	for range graders {
		wg.Go(func() {
			for {
				w, err := r.Take(t.Context(), "q", "")
				if errors.Is(err, ErrEmpty) {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				got[w.ID]++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	for id, n := range got {
		if n != 1 {
			t.Errorf("%d was handed out %d times", id, n)
		}
	}
	if len(got) != answers {
		t.Errorf("%d of %d answers were handed out", len(got), answers)
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	r := newRoom(t, nil)
	r.ownAnswer("/a", "body", File{"a b.py", []byte("print(1)\x00")}, File{"é/../x", nil})
	urls := r.take().Files
	get := func(address string) (int, string) {
		res, err := http.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, _ := io.ReadAll(res.Body)
		return res.StatusCode, string(text)
	}
	if status, text := get(urls["a b.py"]); status != 200 || text != "print(1)\x00" {
		t.Errorf("%s: %d %q", urls["a b.py"], status, text)
	}
	if status, text := get(urls["é/../x"]); status != 200 || text != "" {
		t.Errorf("%s: %d %q", urls["é/../x"], status, text)
	}
	if status, _ := get(strings.Replace(urls["a b.py"], "a%20b.py", "%C3%A9%2F..%2Fx", 1)); status != http.StatusNotFound {
		t.Errorf("another file with the same signature: %d", status)
	}
	r.clock.Advance(fileLife)
	if status, _ := get(urls["a b.py"]); status != http.StatusNotFound {
		t.Errorf("a day later: %d", status)
	}
}

// TestOwnSite: replies to answers of this site are given again until it takes them.
func TestOwnSite(t *testing.T) {
	t.Parallel()
	r := newRoom(t, nil)
	r.fails = errors.New("the site is away")
	r.ownAnswer("/a", "body")
	w := r.take()
	if err := r.Return(t.Context(), w.ID, w.Key, good, func(string) bool { return true }); err != nil {
		t.Fatal(err)
	}
	r.run()
	eventually(t, func() bool {
		states, err := r.States(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		q := states[1]
		return q.Name == "q" && q.Returned == 1 && q.Failed == 1 && q.Failure == "the site is away"
	})
	r.mu.Lock()
	r.fails = nil
	r.mu.Unlock()
	r.clock.Advance(longestPause)
	if got := r.taken(1)[0]; got != (Reply{Header: `{"lms_key":"body"}`, Body: good}) {
		t.Errorf("taken %+v", got)
	}
	eventually(t, func() bool { return r.ending(w.ID) == "delivered" })
}

// TestGivenUp: whoever waits for something that will not come is told.
func TestGivenUp(t *testing.T) {
	t.Parallel()
	r := newRoom(t, nil)
	r.ownAnswer("/old", "old")
	r.clock.Advance(DefaultExpiry + time.Second)
	r.run()
	if got := r.taken(1)[0]; got.Undelivered != "no grader has taken it" || got.Body != "" {
		t.Errorf("after the expiry: %+v", got)
	}
	r.ownAnswer("/new", "new")
	if n, err := r.Retire(t.Context(), "q"); n != 1 || err != nil {
		t.Errorf("retired %d, %v", n, err)
	}
	if got := r.taken(2)[1]; got.Undelivered != "it was taken out of the queue" {
		t.Errorf("after retiring: %+v", got)
	}
	r.ownAnswer("/last", "last")
	if err := r.RemoveQueue(t.Context(), "q"); err != nil {
		t.Fatal(err)
	}
	if got := r.taken(3)[2]; got.Undelivered != "the queue was removed" {
		t.Errorf("after the queue is gone: %+v", got)
	}
	if _, err := r.Waiting(t.Context(), "q"); err == nil || err.Error() != "Queue 'q' not found" {
		t.Errorf("length of a queue that is gone: %v", err)
	}
}

// TestPush: graders are sent their work, once.
func TestPush(t *testing.T) {
	t.Parallel()
	r := newRoom(t, nil)
	var got map[string]string
	grader := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		got = nil
		_ = json.NewDecoder(req.Body).Decode(&got)
		if got["xqueue_body"] == "bad" {
			w.WriteHeader(http.StatusInternalServerError)
		}
		_, _ = io.WriteString(w, good)
	}))
	defer grader.Close()
	if err := r.SetQueue(t.Context(), Queue{Name: "q", Push: grader.URL}); err != nil {
		t.Fatal(err)
	}
	r.run()
	r.ownAnswer("/a", "body", File{"a.py", []byte("x")})
	if reply := r.taken(1)[0]; reply.Body != good {
		t.Errorf("taken %+v", reply)
	}
	if got["xqueue_body"] != "body" || !strings.Contains(got["xqueue_files"], `"a.py":"`+r.http.URL) {
		t.Errorf("the grader was sent %v", got)
	}
	r.ownAnswer("/b", "bad")
	if reply := r.taken(2)[1]; reply.Undelivered != "the grader cannot be reached" {
		t.Errorf("of a grader that fails: %+v", reply)
	}
}

// TestAway: answers of one site are graded at the queue of another, and a login that was forgotten is made again.
func TestAway(t *testing.T) {
	t.Parallel()
	there := newRoom(t, func(c *Config) { c.Basic = "outer:layer" })
	address := strings.Replace(there.http.URL, "http://", "http://lms:password@", 1)
	client, err := NewClient(address, "outer:layer", outgoing.Client(outgoing.Anywhere, clientTime))
	if err != nil {
		t.Fatal(err)
	}
	here := newRoom(t, func(c *Config) { c.Away = client })
	send := func(callback, queue string, files ...File) {
		t.Helper()
		var b pgx.Batch
		header := fmt.Sprintf(`{"lms_callback_url":"%s%s","lms_key":"k","queue_name":"%s"}`, here.http.URL, callback, queue)
		here.QueueSend(&b, Submission{Queue: queue, Callback: callback, Header: header, Body: "body", Files: files})
		if err := here.DB.SendBatch(t.Context(), &b).Close(); err != nil {
			t.Fatal(err)
		}
	}
	here.run()
	for _, callback := range []string{"/1", "/2"} {
		send(callback, "q", File{"a.py", []byte("x")})
		eventually(t, func() bool { n, err := there.Length(t.Context(), "q"); return err == nil && n == 1 })
		if w := there.take(); w.Body != "body" || w.Files["a.py"] == "" {
			t.Errorf("there is %+v", w)
		}
		if _, err := there.DB.Exec(t.Context(), `DELETE FROM grader_session`); err != nil {
			t.Fatal(err)
		}
	}
	send("/3", "none")
	if got := here.taken(1)[0]; got.Undelivered != "Queue 'none' not found" {
		t.Errorf("refused: %+v", got)
	}
	if text, err := here.Waiting(t.Context(), "q"); text != "" || err != nil {
		t.Errorf("length of a queue elsewhere: %q, %v", text, err)
	}
	if res, err := http.Get(there.http.URL + "/xqueue/status/"); err != nil || res.StatusCode != http.StatusUnauthorized {
		t.Errorf("without the outer login: %v, %v", res.StatusCode, err)
	} else {
		res.Body.Close()
	}
}

// TestForeignCallback: addresses of other sites lead to no machine of ours unless they are listed.
func TestForeignCallback(t *testing.T) {
	t.Parallel()
	r := newRoom(t, func(c *Config) { c.Callbacks = outgoing.Client(nil, callbackTime) })
	if _, err := r.Send(t.Context(), "lms", Submission{Queue: "q", Callback: "http://127.0.0.1:1/x", Header: "{}", Body: "b"}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Send(t.Context(), "lms", Submission{Queue: "q", Callback: "/courses/x", Header: "{}", Body: "b"}); err == nil {
		t.Error("a program of another site names a path of ours")
	}
	w := r.take()
	if err := r.Return(t.Context(), w.ID, w.Key, good, func(string) bool { return true }); err != nil {
		t.Fatal(err)
	}
	r.run()
	eventually(t, func() bool {
		states, err := r.States(t.Context())
		return err == nil && strings.Contains(states[1].Failure, "not a public address")
	})
	r.clock.Advance(keepTrying + time.Hour)
	eventually(t, func() bool { return r.ending(w.ID) == "failed" })
	r.clock.Advance(keepEnded + time.Hour)
	if err := r.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	var left int
	if err := r.DB.QueryRow(t.Context(), `SELECT count(*) FROM grader_submission`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d submissions are kept, %v", left, err)
	}
}
