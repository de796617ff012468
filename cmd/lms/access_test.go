package main

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"lyceum/course"
	"lyceum/course/team"
	accounts "lyceum/learner/account"
)

var update = flag.Bool("update", false, "rewrite the files in testdata")

// asked is one request to a route.
type asked struct {
	name    string // of the row, "" for the one
	path    string // with {course} for the key in question; "" is the pattern itself
	body    string
	kind    string // of the body; a form by default
	headers []string
	fresh   bool // ends the session, so that each asks in one of its own
	once    bool // the key of the course is in no part of it
}

// asJSON is what programs send along.
var asJSON = []string{"Accept", "application/json"}

// samples are the requests for the routes whose pattern alone is none. A route with parameters that is not here fails the
// test, and so does a route without a row in testdata/access.txt: nothing is open because nobody thought of it.
func samples(own, other *course.Compiled, learner *browser) map[string][]asked {
	const c = "/courses/{course}"
	block := func(c *course.Compiled, kind, id string) string { return usage(c.Key, kind, id) }
	bookmark := "/api/bookmarks/v1/bookmarks/" + learner.account.Username + "," + block(own, "vertical", "u1")
	mine := "/" + learner.account.Username
	out := map[string][]asked{
		"POST /change_enrollment": {
			{name: "leave", body: "course_id={course}&enrollment_action=unenroll&never=1", path: "/change_enrollment?no", headers: []string{"Content-Type", "text/xml"}},
			{name: "no such act", body: "course_id={course}&enrollment_action=x"},
		},
		"POST /event": {{body: form("event_type", "seq_next", "event", "{}", "page", "x"), once: true}},
		"GET /event":  {{path: "/event?event_type=seq_next&event=%7B%7D&page=x", once: true}},

		"GET " + c + "/courseware/{section}":                         {{name: "open", path: c + "/courseware/open"}, {name: "later", path: c + "/courseware/later"}, {name: "secret", path: c + "/courseware/secret"}, {name: "none", path: c + "/courseware/none"}},
		"GET " + c + "/courseware/{section}/{subsection}":            {{name: "open", path: c + "/courseware/open/s1"}, {name: "later", path: c + "/courseware/later/s2"}, {name: "secret", path: c + "/courseware/secret/s3"}, {name: "none", path: c + "/courseware/open/none"}},
		"GET " + c + "/courseware/{section}/{subsection}/{position}": {{name: "open", path: c + "/courseware/open/s1/1"}, {name: "later", path: c + "/courseware/later/s2/1"}, {name: "secret", path: c + "/courseware/secret/s3/1"}, {name: "none", path: c + "/courseware/none/none/1"}},
		"GET " + c + "/jump_to/*": {
			{name: "open", path: c + "/jump_to/" + block(own, "problem", "p1")},
			{name: "later", path: c + "/jump_to/" + block(own, "problem", "p3")},
			{name: "secret", path: c + "/jump_to/" + block(own, "problem", "p4")},
			{name: "of another course", path: c + "/jump_to/" + block(other, "problem", "p1")},
			{name: "none", path: c + "/jump_to/" + block(own, "problem", "none")},
			{name: "malformed", path: c + "/jump_to/nonsense"},
		},
		"GET " + c + "/jump_to_id/{id}": {{name: "open", path: c + "/jump_to_id/p1"}, {name: "secret", path: c + "/jump_to_id/p4"}, {name: "none", path: c + "/jump_to_id/none"}},
		"GET " + c + "/progress/{user}": {
			{name: "the learner's", path: fmt.Sprintf("%s/progress/%d", c, learner.account.ID)}, {name: "nobody's", path: c + "/progress/999999"}, {name: "malformed", path: c + "/progress/x"},
		},
		"GET " + c + "/pdfbook/{book}":                          {{name: "there", path: c + "/pdfbook/0"}, {name: "none", path: c + "/pdfbook/7"}, {name: "malformed", path: c + "/pdfbook/x"}},
		"GET " + c + "/pdfbook/{book}/{page}":                   {{path: c + "/pdfbook/0/3"}},
		"GET " + c + "/pdfbook/{book}/chapter/{chapter}":        {{path: c + "/pdfbook/0/chapter/1"}},
		"GET " + c + "/pdfbook/{book}/chapter/{chapter}/{page}": {{path: c + "/pdfbook/0/chapter/1/2"}},
		"GET " + c + "/xblock/*": {
			{name: "problem_get", path: c + "/xblock/" + block(own, "problem", "p1") + "/handler/xmodule_handler/problem_get"},
			{name: "student_view", path: c + "/xblock/" + block(own, "problem", "p1") + "/view/student_view"},
			{name: "student_view, secret", path: c + "/xblock/" + block(own, "problem", "p4") + "/view/student_view"},
			{name: "studio_view", path: c + "/xblock/" + block(own, "problem", "p1") + "/view/studio_view"},
			{name: "student_view of another course", path: c + "/xblock/" + block(other, "problem", "p1") + "/view/student_view"},
		},
		"GET /xblock/*": {
			{name: "open", path: "/xblock/" + block(own, "problem", "p1"), once: true},
			{name: "later", path: "/xblock/" + block(own, "problem", "p3"), once: true},
			{name: "secret", path: "/xblock/" + block(own, "problem", "p4"), once: true},
			{name: "none", path: "/xblock/" + block(own, "problem", "none"), once: true},
			{name: "the course", path: "/xblock/" + own.Root().Key.String(), once: true},
			{name: "an author's view", path: "/xblock/" + block(own, "problem", "p1") + "?view=author_view", once: true},
			{name: "malformed", path: "/xblock/nonsense", once: true},
		},
		"GET " + c + "/frame/*": {
			{name: "active", path: c + "/frame/" + block(own, "html", "active")},
			{name: "passive", path: c + "/frame/" + block(own, "html", "text")},
			{name: "secret", path: c + "/frame/" + block(own, "html", "active4")},
			{name: "of another course", path: c + "/frame/" + block(other, "html", "active")},
		},
		"POST " + c + "/xqueue/{user}/*": {
			{name: "wrong key", path: fmt.Sprintf("%s/xqueue/%d/%s/score_update", c, learner.account.ID, block(own, "problem", "p1")), body: form("xqueue_header", `{"lms_key": "x"}`, "xqueue_body", "{}")},
			{name: "no key", path: fmt.Sprintf("%s/xqueue/%d/%s/score_update", c, learner.account.ID, block(own, "problem", "p1")), body: form("xqueue_header", "{}", "xqueue_body", "{}")},
			{name: "no such block", path: fmt.Sprintf("%s/xqueue/%d/%s/score_update", c, learner.account.ID, block(own, "problem", "none")), body: form("xqueue_header", `{"lms_key": "x"}`, "xqueue_body", "{}")},
			{name: "malformed", path: c + "/xqueue/x/nonsense"},
		},
		"GET " + c + "/tabframe/{slug}":           {{name: "no such page", path: c + "/tabframe/none"}},
		"GET " + c + "/files/{pass}/*":            {{name: "forged", path: c + "/files/1.99999999999.AAAA/locked.txt"}, {name: "forged, open file", path: c + "/files/1.99999999999.AAAA/open.txt"}},
		"GET " + c + "/{slug}":                    {{name: "shown", path: c + "/glossary"}, {name: "hidden", path: c + "/hidden"}, {name: "none", path: c + "/none"}},
		"GET /api/bookmarks/v1/bookmarks":         {{path: "/api/bookmarks/v1/bookmarks?course_id={course}"}},
		"POST /api/bookmarks/v1/bookmarks":        {{name: "open", body: `{"usage_id": "` + block(own, "vertical", "u1") + `"}`, kind: "application/json", once: true}, {name: "secret", body: `{"usage_id": "` + block(own, "vertical", "u4") + `"}`, kind: "application/json", once: true}},
		"GET /api/bookmarks/v1/bookmarks/{id}":    {{name: "the learner's", path: bookmark, once: true}, {name: "malformed", path: "/api/bookmarks/v1/bookmarks/x", once: true}},
		"DELETE /api/bookmarks/v1/bookmarks/{id}": {{name: "the learner's", path: bookmark, once: true}},
		"POST /api/completion/v1/completion-batch": {
			{name: "own", body: `{"course_key": "{course}", "blocks": {"` + block(own, "html", "text") + `": 1}}`, kind: "application/json"},
			{name: "as the learner", body: `{"username": "learner", "course_key": "{course}", "blocks": {}}`, kind: "application/json"},
		},
		"POST /login":                       {{body: "email={who}@nowhere.example&password=x"}},
		"POST /login_ajax":                  {{body: "email={who}@nowhere.example&password=x"}},
		"POST /logout":                      {{fresh: true}},
		"GET /logout":                       {{fresh: true}},
		"POST /account/sign_out_everywhere": {{fresh: true}},
	}
	for _, act := range []string{"problem_get", "problem_check", "problem_save", "problem_reset", "problem_show", "hint_button", "none"} {
		out["POST "+c+"/xblock/*"] = append(out["POST "+c+"/xblock/*"], asked{name: act, path: c + "/xblock/" + block(own, "problem", "p1") + "/handler/xmodule_handler/" + act, body: "hint_index=0", headers: asJSON})
	}
	for name, path := range map[string]string{
		"later": block(own, "problem", "p3") + "/handler/xmodule_handler/problem_get", "secret": block(own, "problem", "p4") + "/handler/xmodule_handler/problem_get",
		"of another course": block(other, "problem", "p1") + "/handler/xmodule_handler/problem_get", "no such handler": block(own, "problem", "p1") + "/handler/none",
		"no such block": block(own, "problem", "none") + "/handler/xmodule_handler/problem_get", "no handlers": block(own, "html", "text") + "/handler/xmodule_handler",
		"malformed": "nonsense/handler/xmodule_handler/problem_get", "suffix": block(own, "problem", "p1") + "/handler/xmodule_handler/..%2f..%2fx",
		"video": block(own, "video", "v1") + "/handler/xmodule_handler/save_user_state",
	} {
		out["POST "+c+"/xblock/*"] = append(out["POST "+c+"/xblock/*"], asked{name: name, path: c + "/xblock/" + path, headers: asJSON})
	}
	for _, api := range []string{"/user_api", "/api/user"} {
		for _, v := range []string{"v1"} {
			for _, p := range []string{"POST /{v}/account/registration", "GET /{v}/account/registration", "POST /{v}/validation/registration", "GET /{v}/account/login_session", "POST /{v}/account/login_session", "GET /{v}/account/password_reset", "POST /{v}/account/password_reset", "POST /{v}/account/password_reset/token/validate"} {
				method, path, _ := strings.Cut(p, " ")
				out[method+" "+api+strings.Replace(path, "{v}", "{version:v[12]}", 1)] = []asked{{path: api + strings.Replace(path, "{v}", v, 1), body: "email={who}@nowhere.example&password=x", once: true}}
			}
		}
		for _, p := range []string{"GET /v1/accounts/{username}", "PATCH /v1/accounts/{username}", "GET /v1/preferences/{username}", "PATCH /v1/preferences/{username}", "GET /v1/preferences/{username}/{preference}", "PUT /v1/preferences/{username}/{preference}", "DELETE /v1/preferences/{username}/{preference}"} {
			method, path, _ := strings.Cut(p, " ")
			s := asked{name: "the learner's", path: api + strings.NewReplacer("/{username}", mine, "{preference}", "pref-lang").Replace(path), once: true}
			if method == http.MethodPatch {
				s.body, s.kind = `{}`, "application/merge-patch+json"
			}
			if method == http.MethodPut {
				s.body, s.kind = `"en"`, "application/json"
			}
			nobody := s
			nobody.name, nobody.path = "nobody's", strings.Replace(s.path, mine, "/nobody", 1)
			out[method+" "+api+path] = []asked{s, nobody}
		}
	}
	file := func(c *course.Compiled, name string) string {
		return "/" + strings.Replace(c.Key.String(), "course-v1", "asset-v1", 1) + "+type@asset+block@" + name
	}
	out["GET /asset-v1:"] = []asked{
		{name: "open", path: file(own, "open.txt")},
		{name: "locked", path: file(own, "locked.txt")},
		{name: "none", path: file(own, "none.txt")},
		{name: "of no course", path: "/asset-v1:T+None+1+type@asset+block@open.txt"},
		{name: "malformed", path: "/asset-v1:nonsense"},
		{name: "climbing", path: file(own, "..%2F..%2Fetc%2Fpasswd")},
	}
	out["POST /asset-v1:"] = []asked{{name: "open", path: file(own, "open.txt")}}
	out["GET /c4x/"] = []asked{{name: "no such course", path: "/c4x/T/None/asset/open.txt"}, {name: "malformed", path: "/c4x/T"}}
	out["GET /assets/courseware/"] = []asked{{name: "open", path: "/assets/courseware/v1/00000000000000000000000000000000" + file(own, "open.txt")}, {name: "locked", path: "/assets/courseware/v1/00000000000000000000000000000000" + file(own, "locked.txt")}}
	for _, p := range []string{"/activate/{key}", "/email_confirm/{key}", "/password_reset_confirm/{uidtoken}"} {
		path := p[:strings.IndexByte(p, '{')] + "wrong-key"
		out["GET "+p], out["POST "+p] = []asked{{name: "wrong key", path: path}}, []asked{{name: "wrong key", path: path}}
	}
	return out
}

// outside are addresses in front of the router.
var outside = []route{
	{http.MethodGet, "/asset-v1:"},
	{http.MethodPost, "/asset-v1:"},
	{http.MethodGet, "/c4x/"},
	{http.MethodGet, "/assets/courseware/"},
	{http.MethodGet, "/heartbeat"},
	{http.MethodGet, "/xqueue/login/"},
	{http.MethodPost, "/xqueue/login/"},
	{http.MethodGet, "/xqueue/logout/"},
	{http.MethodGet, "/xqueue/status/"},
	{http.MethodPost, "/xqueue/submit/"},
	{http.MethodGet, "/xqueue/get_queuelen/"},
	{http.MethodGet, "/xqueue/get_submission/"},
	{http.MethodPost, "/xqueue/put_result/"},
	{http.MethodGet, "/xqueue/files/"},
}

// TestAccess asks for every registered route as every kind of person with every kind of key, and compares with the
// checked-in list of who may what.
func TestAccess(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, "LMS_RATE_LIMITS=no") // every address is asked for by everybody, from one address
	own, other := s.teach(ownCourse("Own")), s.teach(ownCourse("Other"))
	people := []string{"anonymous", "unenrolled", "learner", "other", "beta", "staff", "global"}
	browsers := map[string]*browser{"anonymous": s.visitor()}
	for _, name := range people[1:] {
		browsers[name] = s.person(name, func(n *accounts.NewAccount) { n.Staff = name == "global" })
	}
	for _, name := range []string{"learner", "beta"} {
		s.enroll(browsers[name], own)
	}
	s.enroll(browsers["other"], other)
	s.grant(browsers["beta"], team.BetaTester, own.Key)
	s.grant(browsers["staff"], team.Staff, own.Key)
	learner := browsers["learner"]
	if got := learner.do("POST", "/api/bookmarks/v1/bookmarks/", `{"usage_id": "`+usage(own.Key, "vertical", "u1")+`"}`, "Content-Type", "application/json"); got.status != http.StatusCreated {
		t.Fatalf("bookmark: %d %s", got.status, got.body)
	}
	known := samples(own, other, learner)
	routes := append(registered(t, s.routes), outside...)

	keys := [][2]string{{"own", own.Key.String()}, {"unknown", "course-v1:T+None+1"}, {"malformed", "course-v1:T+%00"}}
	got := map[string]string{}
	for _, rt := range routes {
		requests, ok := known[rt.method+" "+rt.pattern]
		if !ok {
			if strings.ContainsAny(strings.ReplaceAll(rt.pattern, "{course}", ""), "{*") {
				t.Errorf("%s %s: say in samples what to ask for", rt.method, rt.pattern)
				continue
			}
			requests = []asked{{}}
		}
		for _, req := range requests {
			path := cmp.Or(req.path, rt.pattern)
			for _, k := range keys {
				keyed := !req.once && strings.Contains(path+req.body, "{course}")
				if !keyed && k[0] != "own" {
					continue
				}
				row := rt.method + " " + rt.pattern
				if req.name != "" {
					row += " (" + req.name + ")"
				}
				if keyed {
					row += " " + k[0]
				}
				var cells []string
				for _, name := range people {
					b := browsers[name]
					if req.fresh && name != "anonymous" {
						b = s.visitor()
						b.account = browsers[name].account
						b.signIn()
					}
					req := req
					req.body = strings.ReplaceAll(req.body, "{who}", name)
					kind := cmp.Or(req.kind, formType)
					headers := req.headers
					if rt.method != http.MethodGet {
						headers = append([]string{"Content-Type", kind}, headers...)
					}
					body := strings.ReplaceAll(req.body, "{course}", strings.ReplaceAll(k[1], "+", "%2B"))
					if kind != formType {
						body = strings.ReplaceAll(req.body, "{course}", k[1])
					}
					res := b.do(rt.method, strings.ReplaceAll(path, "{course}", k[1]), body, headers...)
					cells = append(cells, short(res))
					if rt.method == http.MethodGet && !req.fresh {
						if head := b.do(http.MethodHead, strings.ReplaceAll(path, "{course}", k[1]), "", headers...); head.status != res.status || head.body != "" {
							t.Errorf("HEAD %s as %s: %d, GET: %d", path, name, head.status, res.status)
						}
					}
				}
				got[row] = strings.Join(cells, " ")
				if strings.HasSuffix(rt.pattern, "sign_out_everywhere") {
					for _, name := range people[1:] {
						browsers[name].signIn()
					}
				}
			}
		}
	}
	compareAccess(t, accessFile, accessHead, got)
}

// short is an answer as the list shows it: the status, and where a redirect leads.
func short(r reply) string {
	where := r.location()
	if where == "" {
		return fmt.Sprint(r.status)
	}
	where, _, _ = strings.Cut(where, "?")
	parts := strings.Split(strings.Trim(where, "/"), "/")
	name := parts[0]
	if name == "courses" && len(parts) > 2 {
		name = strings.Join(parts[2:], "/")
	}
	if r.status == http.StatusFound || r.status == http.StatusSeeOther {
		return ">" + name
	}
	return fmt.Sprintf("%d>%s", r.status, name)
}

type route struct{ method, pattern string }

// registered lists the routes, reads before changes; an address with a slash at its end is one with that without.
func registered(t *testing.T, routes chi.Router) []route {
	t.Helper()
	seen := map[route]bool{}
	err := chi.Walk(routes, func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if method != http.MethodHead {
			if len(pattern) > 1 {
				pattern = strings.TrimSuffix(pattern, "/")
			}
			seen[route{method, pattern}] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	order := []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}
	return slices.SortedFunc(maps.Keys(seen), func(a, b route) int {
		return cmp.Or(slices.Index(order, a.method)-slices.Index(order, b.method), strings.Compare(a.pattern, b.pattern))
	})
}

const accessFile = "testdata/access.txt"

const accessHead = `# Who may what. Columns: a visitor, somebody signed in, a learner of the course, a learner of another course, a beta tester of the
# course, its staff, staff of the site. own: the course in question; unknown: no such course; malformed: no key at all.
# A number is the status, >PLACE a redirect to it. go test ./cmd/lms -run TestAccess -update rewrites this file: read the difference.
`

func compareAccess(t *testing.T, file, head string, got map[string]string) {
	t.Helper()
	if *update {
		var out strings.Builder
		out.WriteString(head)
		width := 0
		for row := range got {
			width = max(width, len(row))
		}
		for _, row := range slices.Sorted(maps.Keys(got)) {
			fmt.Fprintf(&out, "%-*s | %s\n", width, row, got[row])
		}
		if err := os.WriteFile(file, []byte(out.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for l := range strings.Lines(string(text)) {
		if row, cells, ok := strings.Cut(l, "|"); ok && !strings.HasPrefix(l, "#") {
			want[strings.TrimSpace(row)] = strings.TrimSpace(cells)
		}
	}
	for row, cells := range got {
		if w, ok := want[row]; !ok {
			t.Errorf("%s: not listed in %s, answers %s", row, file, cells)
		} else if w != cells {
			t.Errorf("%s:\n got %s\nwant %s", row, cells, w)
		}
	}
	for row := range want {
		if _, ok := got[row]; !ok {
			t.Errorf("%s: listed and not asked for", row)
		}
	}
}
