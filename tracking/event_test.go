package tracking

import (
	"crypto/hmac"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lyceum/course"
)

func decoded(t testing.TB, line []byte) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(line, &m); err != nil {
		t.Fatalf("%v in %s", err, line)
	}
	for _, c := range line {
		if c < ' ' || c > '~' {
			t.Fatalf("byte %#x in line %q", c, line)
		}
	}
	if len(line) > maxLine {
		t.Fatalf("line of %d characters", len(line))
	}
	return m
}

func TestLineForm(t *testing.T) {
	t.Parallel()
	e := Server(Request{Username: "jörg", UserID: 7, Path: "/change_enrollment"}, EnrollmentActivated, Enrollment{"course-v1:O+N+R", 7, "audit"})
	e.Time = time.Date(2026, 3, 2, 9, 58, 40, 120_034_999, time.FixedZone("", 3600))
	want := `{"username": "j\u00f6rg", "session": "", "ip": "", "agent": "", "host": "", "referer": "", "accept_language": "", "event_source": "server", ` +
		`"event_type": "edx.course.enrollment.activated", "name": "edx.course.enrollment.activated", "time": "2026-03-02T08:58:40.120034+00:00", ` +
		`"event": {"course_id": "course-v1:O+N+R", "user_id": 7, "mode": "audit"}, "page": null, ` +
		`"context": {"user_id": 7, "course_id": "", "org_id": "", "path": "/change_enrollment"}}`
	if got := string(e.AppendJSON(nil)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	k, err := course.ParseKey("course-v1:O+N+R")
	if err != nil {
		t.Fatal(err)
	}
	if e = e.In(k); e.CourseID != "course-v1:O+N+R" || e.OrgID != "O" {
		t.Errorf("In: %q %q", e.CourseID, e.OrgID)
	}
}

func TestTime(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		nanos int
		want  string
	}{
		{0, "2015-03-20T18:00:02+00:00"},
		{999, "2015-03-20T18:00:02+00:00"},
		{1000, "2015-03-20T18:00:02.000001+00:00"},
		{500_000_000, "2015-03-20T18:00:02.500000+00:00"},
		{999_999_999, "2015-03-20T18:00:02.999999+00:00"},
	} {
		if got := string(appendTime(nil, time.Date(2015, 3, 20, 18, 0, 2, tc.nanos, time.UTC))); got != tc.want {
			t.Errorf("%d ns: got %s, want %s", tc.nanos, got, tc.want)
		}
	}
}

func TestString(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ in, want string }{
		{"", `""`},
		{`a"b\c/`, `"a\"b\\c/"`},
		{"\n\r\t\b\f\x00\x1f\x7f", `"\n\r\t\b\f\u0000\u001f\u007f"`},
		{"é ☃", `"\u00e9 \u2603"`},
		{"😀", `"\ud83d\ude00"`},
		{"<&>\u2028", `"<&>\u2028"`},
		{"\xff", `"\ufffd"`},
	} {
		if got := string(appendString(nil, tc.in)); got != tc.want {
			t.Errorf("%q: got %s, want %s", tc.in, got, tc.want)
		}
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		in   any
		want string
	}{
		{nil, "null"},
		{1.0, "1"},
		{0.1, "0.1"},
		{1e300, "1e+300"},
		{-3, "-3"},
		{uint8(4), "4"},
		{[]string{"a", "b"}, `["a", "b"]`},
		{map[string]any{"b": []any{}, "a": map[string]string{}}, `{"a": {}, "b": []}`},
		{json.RawMessage(` { "k" : [1 ,2.50,"a:\u00e9, é\""] }`), `{"k": [1, 2.50, "a:\u00e9, \u00e9\""]}`},
		{json.RawMessage(`{broken`), `"{broken"`},
		{struct {
			A int `json:"a"`
		}{1}, `{"a": 1}`},
		{make(chan int), `"not written: json: unsupported type: chan int"`},
	} {
		if got := string(appendValue(nil, tc.in)); got != tc.want {
			t.Errorf("%v: got %s, want %s", tc.in, got, tc.want)
		}
	}
}

func TestSessionID(t *testing.T) {
	t.Parallel()
	if got, want := SessionID([]byte("key"), "The quick brown fox jumps over the lazy dog"), "80070713463e7749b90c2dc24911e275"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, n := range []int{0, 1, 16, 63, 64, 65, 200} {
		for _, m := range []int{1, 55, 64, 191, 192, 193, 1000} {
			secret, session := []byte(strings.Repeat("s", n)), strings.Repeat("k", m)
			mac := hmac.New(md5.New, secret)
			mac.Write([]byte(session))
			if got, want := SessionID(secret, session), hex.EncodeToString(mac.Sum(nil)); got != want {
				t.Errorf("%d and %d bytes: got %s, want %s", n, m, got, want)
			}
		}
	}
	if got := SessionID([]byte("key"), ""); got != "" {
		t.Errorf("no session: got %q", got)
	}
}

func TestCourseOf(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ in, id, org string }{
		{"/courses/course-v1:O+N+R/courseware/a/b/", "course-v1:O+N+R", "O"},
		{"https://x.org/courses/course-v1:O+N+R/about?next=/courses/course-v1:X+Y+Z/", "course-v1:O+N+R", "O"},
		{"https://x.org/courses/course-v1:O+N+R#top", "course-v1:O+N+R", "O"},
		{"https://x.org/courses/course-v1%3AO%2BN%2BR/info", "course-v1:O+N+R", "O"},
		{"/courses/O/N/R/info", "O/N/R", "O"},
		{"/courses/O/N/R", "O/N/R", "O"},
		{"/courses", "", ""},
		{"/courses/", "", ""},
		{"/courses/O/N", "", ""},
		{"/dashboard", "", ""},
		{"", "", ""},
		{"/api/courses/v1/courses/course-v1:O+N+R/", "course-v1:O+N+R", "O"},
		{"/course/course-v1:O+N+R", "course-v1:O+N+R", "O"},
		{"/settings/details/course-v1:O+N+R", "course-v1:O+N+R", "O"},
		{"/xblock/block-v1:O+N+R+type@html+block@a", "course-v1:O+N+R", "O"},
		{"%zz/courses/course-v1:O+N+R", "course-v1:O+N+R", "O"},
	} {
		for range 2 { // read, and remembered
			if id, org := courseOfURL(tc.in); id != tc.id || org != tc.org {
				t.Errorf("%s: got %q, %q, want %q, %q", tc.in, id, org, tc.id, tc.org)
			}
		}
	}
}

func TestImplicit(t *testing.T) {
	t.Parallel()
	paths, err := ParsePaths(append([]string{`\.css$`}, DefaultExcluded...))
	if err != nil {
		t.Fatal(err)
	}
	post := url.Values{"email": {"a@b.c"}, "password": {"hunter2", "x"}, "b": {"1", "2"}}
	e, ok := Implicit(Hit{Request: Request{Path: "/courses/course-v1:O+N+R/x"}, Post: post, Get: url.Values{"q": {"ä"}}}, paths)
	if !ok {
		t.Fatal("no event")
	}
	m := decoded(t, e.AppendJSON(nil))
	want := `{"POST": {"b": ["1", "2"], "email": ["a@b.c"], "password": ["********", "********"]}, "GET": {"q": ["\u00e4"]}}`
	if m["event"] != want || m["event_type"] != "/courses/course-v1:O+N+R/x" || m["page"] != nil || m["name"] != nil {
		t.Errorf("got %v", m)
	}
	if post.Get("password") != "hunter2" {
		t.Error("the form was changed")
	}
	for _, path := range []string{"/event", "/event_logs", "/login_ajax", "/heartbeat", "/segmentio/event", "/performance", "/a/b.css"} {
		if _, ok := Implicit(Hit{Request: Request{Path: path}}, paths); ok {
			t.Errorf("%s gives an event", path)
		}
	}
	if _, ok := Implicit(Hit{Request: Request{Path: "/event_logs"}, Staff: true}, Paths{}); ok {
		t.Error("staff at /event_logs gives an event")
	}
	big := url.Values{"a": {strings.Repeat("ä", 1000)}, "zpassword": {"p"}}
	e, _ = Implicit(Hit{Request: Request{Path: "/x"}, Post: big}, paths)
	if n := len(e.Payload.(Text)); n != 512 {
		t.Errorf("cut at %d characters", n)
	}
}

func TestBrowserEvent(t *testing.T) {
	t.Parallel()
	const page = "https://x.org/courses/course-v1:O+N+R/courseware/"
	for _, tc := range []struct {
		name               string
		post               url.Values
		typ, evName, event string
		course             string
	}{
		{name: "nothing", post: url.Values{}},
		{name: "kept as it was", post: url.Values{"event_type": {"play_video"}, "event": {`{"a":1, "b":  2}`}, "page": {page}}, typ: "play_video", event: `{"a":1, "b":  2}`, course: "course-v1:O+N+R"},
		{name: "server name", post: url.Values{"event_type": {EnrollmentActivated}, "name": {EnrollmentActivated}, "event_source": {"server"}, "event": {"{}"}}, typ: EnrollmentActivated, event: "{}"},
		{name: "grade name", post: url.Values{"event_type": {GradesProblemSubmitted}}, typ: GradesProblemSubmitted},
		{name: "own name", post: url.Values{"event_type": {LinkClicked}, "event": {"{}"}}, typ: LinkClicked, evName: LinkClicked, event: "{}"},
		{name: "next", post: url.Values{"event_type": {NextSelected}, "event": {` { "current_tab": 3, "tab_count": 6, "id": "x"}`}}, typ: SeqNext, evName: NextSelected, event: `{"old": 3, "new": 4, "current_tab": 3, "tab_count": 6, "id": "x"}`},
		{name: "next out of the subsection", post: url.Values{"event_type": {NextSelected}, "event": {`{"current_tab": 6, "tab_count": 6}`}}, typ: NextSelected, evName: NextSelected, event: `{"current_tab": 6, "tab_count": 6}`},
		{name: "previous", post: url.Values{"event_type": {PreviousSelected}, "event": {`{"current_tab": 2, "tab_count": 6}`}}, typ: SeqPrev, evName: PreviousSelected, event: `{"old": 2, "new": 1, "current_tab": 2, "tab_count": 6}`},
		{name: "previous out of the subsection", post: url.Values{"event_type": {PreviousSelected}, "event": {`{"current_tab": 1}`}}, typ: PreviousSelected, evName: PreviousSelected, event: `{"current_tab": 1}`},
		{name: "tab", post: url.Values{"event_type": {TabSelected}, "event": {`{"current_tab": 1, "target_tab": 4}`}}, typ: SeqGoto, evName: TabSelected, event: `{"old": 1, "new": 4, "current_tab": 1, "target_tab": 4}`},
		{name: "tab with junk", post: url.Values{"event_type": {TabSelected}, "event": {`[1]`}}, typ: SeqGoto, evName: TabSelected, event: `[1]`},
		{name: "video by its newer name", post: url.Values{"event_type": {"edx.video.played"}, "event": {`{}`}}, typ: VideoPlay, evName: "edx.video.played", event: `{}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			e, err := ParseBrowserEvent(tc.post, Request{Username: "mira", Path: "/event"})
			if err != nil {
				t.Fatal(err)
			}
			m := decoded(t, e.AppendJSON(nil))
			name, _ := m["name"].(string)
			got := []any{m["event_source"], m["event_type"], name, m["event"], m["page"], m["context"].(map[string]any)["course_id"]}
			want := []any{"browser", tc.typ, tc.evName, tc.event, tc.post.Get("page"), tc.course}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
	if _, err := ParseBrowserEvent(url.Values{"event": {strings.Repeat("x", maxBrowserEvent+1)}}, Request{}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("huge event: %v", err)
	}
}

func TestShortened(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ü", 20_000)
	wide := map[string]any{}
	for i := range 20_000 {
		wide[strings.Repeat("k", 3)+string(rune('a'+i%26))+time.Duration(i).String()] = i
	}
	inner := func(t *testing.T, m map[string]any) any {
		t.Helper()
		var v any
		if err := json.Unmarshal([]byte(m["event"].(string)), &v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	t.Run("object", func(t *testing.T) {
		t.Parallel()
		m := decoded(t, Server(Request{}, "x", Map{"essay": long, "kept": "yes", "deep": []any{map[string]any{"a": long}}}).AppendJSON(nil))
		ev := m["event"].(map[string]any)
		if ev["kept"] != "yes" {
			t.Errorf("short member lost: %v", ev["kept"])
		}
		want := map[string]any{"essay": 20000.0, "deep.0.a": 20000.0}
		if diff := cmp.Diff(want, ev["_shortened"]); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		if s := ev["essay"].(string); !strings.HasPrefix(s, "üü") || !strings.HasSuffix(s, "characters left out]") || !utf8.ValidString(s) {
			t.Errorf("essay: %.20s ... %s", s, s[max(0, len(s)-40):])
		}
	})
	t.Run("wide object", func(t *testing.T) {
		t.Parallel()
		m := decoded(t, Server(Request{}, "x", Map{"kept": "yes", "wide": wide}).AppendJSON(nil))
		ev := m["event"].(map[string]any)
		if ev["kept"] != "yes" || ev["wide"] != nil || ev["_shortened"].(map[string]any)["wide"] == nil {
			t.Errorf("got %v", ev)
		}
	})
	t.Run("very wide object", func(t *testing.T) {
		t.Parallel()
		m := decoded(t, Server(Request{}, "x", Map(wide)).AppendJSON(nil))
		if m["event"].(map[string]any)["_shortened"] == nil {
			t.Errorf("got %v", m["event"])
		}
	})
	t.Run("object in a string", func(t *testing.T) {
		t.Parallel()
		p := AsText(Map{"html": strings.Repeat("<b>\"&", 30_000), "id": "a"})
		m := decoded(t, Event{Source: FromBrowser, Payload: p}.AppendJSON(nil))
		if v := inner(t, m).(map[string]any); v["id"] != "a" || v["_shortened"] == nil {
			t.Errorf("got %v", v)
		}
	})
	t.Run("list in a string", func(t *testing.T) {
		t.Parallel()
		m := decoded(t, Event{Source: FromBrowser, Payload: AsText(Graded{"input_a=1", long})}.AppendJSON(nil))
		if v := inner(t, m).([]any); len(v) != 2 || v[0] != "input_a=1" {
			t.Errorf("got %v", v)
		}
	})
	t.Run("plain string", func(t *testing.T) {
		t.Parallel()
		m := decoded(t, Event{Source: FromBrowser, Payload: Text(long)}.AppendJSON(nil))
		if s := m["event"].(string); !strings.Contains(s, "[shortened: ") || len(s) < 5000 {
			t.Errorf("got %d bytes", len(s))
		}
	})
	t.Run("everything", func(t *testing.T) {
		t.Parallel()
		evil := strings.Repeat("\x01", 100_000)
		decoded(t, Event{
			Request: Request{evil, 1, evil, evil, evil, evil, evil, evil, evil}, Source: FromBrowser, Type: evil, Name: evil, Page: evil, Payload: Text(evil),
			CourseID: evil, OrgID: evil, Module: &Module{evil, evil, evil, evil}, UserTags: map[string]string{evil: evil}, Context: []Member{{evil, evil}},
		}.AppendJSON(nil))
	})
}

func FuzzBrowserEvent(f *testing.F) {
	f.Add("event_type=play_video&event=%7B%22a%22%3A1%7D&page=https%3A%2F%2Fx%2Fcourses%2Fcourse-v1%3AO%2BN%2BR%2F", "agent")
	f.Add("event_type=edx.ui.lms.sequence.next_selected&event=%7B%22current_tab%22%3A1e300%7D", "\x00\xff\u2028")
	f.Add("event_type=edx.ui.lms.sequence.tab_selected&event=null&page=%zz", "")
	f.Fuzz(func(t *testing.T, query, agent string) {
		form, _ := url.ParseQuery(query)
		e, err := ParseBrowserEvent(form, Request{Agent: agent})
		if err != nil {
			return
		}
		m := decoded(t, e.AppendJSON(nil))
		if m["event_source"] != "browser" {
			t.Errorf("source %v", m["event_source"])
		}
		if name, ok := m["name"]; ok {
			if _, ok := BrowserNames[name.(string)]; !ok {
				t.Errorf("name %v", name)
			}
		}
	})
}

func TestAnyLineDecodes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String()
		leaf := rapid.OneOf(text.AsAny(), rapid.Float64Range(-1e12, 1e12).AsAny(), rapid.Bool().AsAny(), rapid.Just[any](nil))
		p := Map(rapid.MapOfN(text, rapid.OneOf(leaf, rapid.SliceOfN(leaf, 0, 4).AsAny(), rapid.MapOfN(text, leaf, 0, 4).AsAny()), 0, 6).Draw(t, "payload"))
		e := Server(Request{Username: text.Draw(t, "user"), Agent: text.Draw(t, "agent"), Referer: string(rapid.SliceOf(rapid.Byte()).Draw(t, "referer"))}, text.Draw(t, "name"), p)
		line := e.AppendJSON(nil)
		var got map[string]any
		if err := json.Unmarshal(line, &got); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		raw, err := json.Marshal(map[string]any(p))
		if err != nil {
			t.Fatal(err)
		}
		var want any
		if err := json.Unmarshal(raw, &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got["event"]); diff != "" {
			t.Fatalf("-want +got\n%s", diff)
		}
		if got["username"] != e.Request.Username || got["agent"] != e.Request.Agent {
			t.Fatalf("got %q, %q", got["username"], got["agent"])
		}
	})
}

func FuzzRaw(f *testing.F) {
	f.Add(`{"a": [1, "\u00e9\"\\", null], "b": 1e5}`)
	f.Add(`"\x7f"`)
	f.Fuzz(func(t *testing.T, s string) {
		b := appendRaw(nil, []byte(s))
		var got, want any
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatalf("%v in %s", err, b)
		}
		if json.Unmarshal([]byte(s), &want) != nil {
			want = string([]rune(s)) // bytes that are no UTF-8 become U+FFFD one by one
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	})
}

// The worst events a browser can post cost milliseconds.
func BenchmarkShortened(b *testing.B) {
	wide := []byte("{")
	for i := 0; len(wide) < maxBrowserEvent-100; i++ {
		wide = append(wide, `"`+time.Duration(i).String()+`": 1, `...)
	}
	wide = append(wide, `"a": 1}`...)
	for name, text := range map[string]string{
		"wide object": string(wide),
		"long list":   "[" + strings.Repeat("1,", maxBrowserEvent/2-10) + "1]",
		"long string": `{"a": "` + strings.Repeat("ü", maxBrowserEvent/2-10) + `"}`,
		"deep list":   strings.Repeat("[", 9999) + strings.Repeat("]", 9999) + strings.Repeat(" ", 60_000),
		"no JSON":     strings.Repeat("\x01", maxBrowserEvent-10),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				e, err := ParseBrowserEvent(url.Values{"event": {text}}, Request{})
				if err != nil {
					b.Fatal(err)
				}
				if len(e.AppendJSON(nil)) > maxLine {
					b.Fatal("too long")
				}
			}
		})
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	r := Request{"mira", 417, "6f1c2d3e4f506172839a4b5c6d7e8f90", "203.0.113.7", "Mozilla/5.0 (X11; Linux x86_64; rv:37.0) Gecko/20100101 Firefox/37.0", "learn.example.edu", examplePage, "en-GB,en;q=0.7", "/event"}
	yes := examplePayloads()["problem_check (server)"]
	form := url.Values{"event_type": {"play_video"}, "event": {`{"id": "9a8b7c6d5e4f40318f0a", "code": "html5", "currentTime": 0}`}, "page": {examplePage}}
	paths, _ := ParsePaths(DefaultExcluded)
	server := r
	server.Path = "/courses/course-v1:HillU+BIO2x+2015_T1/courseware/wk1/wk1a/"
	query := url.Values{"child": {"first"}}
	now := time.Now()
	for _, bc := range []struct {
		name string
		make func() Event
	}{
		{"browser", func() Event { e, _ := ParseBrowserEvent(form, r); return e }},
		{"implicit", func() Event {
			e, _ := Implicit(Hit{Request: server, Get: query}, paths)
			return e
		}},
		{"enrollment", func() Event { return Server(r, EnrollmentActivated, Enrollment{exampleCourse, 417, "honor"}) }},
		{"problem_check", func() Event {
			return Component(server, ProblemChecked, Module{"Cell parts", exampleProblem, "", ""}, nil, yes)
		}},
	} {
		b.Run(bc.name, func(b *testing.B) {
			b.ReportAllocs()
			var buf []byte
			for b.Loop() {
				e := bc.make()
				e.Time = now
				buf = e.AppendJSON(buf[:0])
			}
		})
	}
}

func BenchmarkSessionID(b *testing.B) {
	secret, key := []byte(strings.Repeat("s", 32)), strings.Repeat("k", 43)
	b.ReportAllocs()
	for b.Loop() {
		SessionID(secret, key)
	}
}
