package main

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"lyceum/course"
	"lyceum/course/team"
	"lyceum/internal/audit"
	accounts "lyceum/learner/account"
)

const studioAccessFile = "testdata/studio_access.txt"

const studioAccessHead = `# Who may what in Studio. Columns: a visitor, somebody signed in, a learner of the course, the staff of another course, a beta tester of the
# course, its limited staff, somebody who may create courses, its staff, its admin, the staff of its organization, staff of the site, a
# superuser. Of the library, the beta tester is a user. own: the course in question; other: one the team has nothing to do with; unknown: no such course; malformed: no key at all.
# A number is the status, >PLACE a redirect to it. go test ./cmd/lms -run TestStudioAccess -update rewrites this file: read the difference.
`

// asksJSON are the headers of a program that sends JSON.
var asksJSON = []string{"Accept", "application/json"}

// studioSamples are the requests for the routes of Studio whose pattern alone is none. {course} stands for the key in question. Bodies
// are such that nothing changes for those who may: what they ask for cannot be done.
func studioSamples(own, other *course.Compiled) map[string][]asked {
	block := func(kind, id string) string { return "block-v1:{keyparts}+type@" + kind + "+block@" + id }
	foreign := usage(other.Key, "html", "text")
	unit, text := block("vertical", "u1"), block("html", "text")
	out := map[string][]asked{
		"GET /signin/complete":  {{path: "/signin/complete?code=x", once: true}},
		"POST /signin/complete": {{body: "code=x", once: true}},
		"POST /logout":          {{fresh: true}},
		"GET /event":            {{path: "/event?event_type=x", once: true}},
		"POST /event":           {{body: "event_type=x", once: true}},
		"POST /course": {
			{name: "of the organization", path: "/course/", body: `{"org": "T", "number": "a b", "run": "r", "display_name": "x"}`, kind: "application/json", headers: asksJSON, once: true},
			{name: "taken", path: "/course/", body: `{"org": "T", "number": "Own", "run": "1", "display_name": "x"}`, kind: "application/json", headers: asksJSON, once: true},
			{name: "of another organization", path: "/course/", body: `{"org": "Z", "number": "Own", "run": "1", "display_name": ""}`, kind: "application/json", headers: asksJSON, once: true},
			{name: "by form", path: "/course/", body: "org=T&number=a+b&run=r&display_name=x", once: true},
		},
		"GET /course/{course}": {{path: "/course/{course}", headers: asPage}, {name: "JSON", path: "/course/{course}", headers: asksJSON}},
		"GET /part/*": {
			{name: "unit", path: "/part/" + unit, headers: asPage},
			{name: "course", path: "/part/" + block("course", "course"), headers: asPage},
			{name: "none", path: "/part/" + block("vertical", "none"), headers: asPage},
		},
		"GET /container/*": {{path: "/container/" + unit, headers: asPage}},
		"POST /part/*": {
			{name: "no such act", path: "/part/" + unit, body: "act=nonsense", headers: asPage},
			{name: "no such act, in place", path: "/part/" + unit, body: "act=nonsense", headers: asksJSON},
			{name: "delete what is not there", path: "/part/" + block("vertical", "none"), body: "act=delete", headers: asPage},
			{name: "move to another course", path: "/part/" + unit, body: form("act", "move", "to", usage(other.Key, "sequential", "s1")), headers: asPage},
		},
		"GET /xblock/*": {
			{name: "there", path: "/xblock/" + text, headers: asksJSON},
			{name: "none", path: "/xblock/" + block("html", "none"), headers: asksJSON},
			{name: "of a page's reader", path: "/xblock/" + text, headers: asPage},
			{name: "a view", path: "/xblock/" + text + "/student_view", headers: asksJSON},
			{name: "the form", path: "/xblock/" + text + "/studio_view", headers: asksJSON},
			{name: "who sees it", path: "/xblock/" + text + "/visibility_view", headers: asksJSON},
			{name: "no such view", path: "/xblock/" + text + "/none_view", headers: asksJSON},
			{name: "a view of another course", path: "/xblock/" + foreign + "/student_view", headers: asksJSON},
		},
		"GET /xblock/outline/*":   {{path: "/xblock/outline/" + block("chapter", "open"), headers: asksJSON}},
		"GET /xblock/container/*": {{path: "/xblock/container/" + unit, headers: asksJSON}},
		"DELETE /xblock/*":        {{name: "none", path: "/xblock/" + block("html", "none"), headers: asksJSON}},
	}
	json := func(name, path, body string) asked {
		return asked{name: name, path: path, body: body, kind: "application/json", headers: asksJSON}
	}
	for _, method := range []string{"POST", "PUT", "PATCH"} {
		out[method+" /xblock/*"] = []asked{
			json("a value that does not fit", "/xblock/"+block("problem", "p1"), `{"metadata": {"max_attempts": "many"}}`),
			json("none", "/xblock/"+block("html", "none"), `{"data": "x"}`),
			json("no such handler", "/xblock/"+text+"/handler/none", `{}`),
			json("children of another course", "/xblock/"+unit, `{"children": ["`+foreign+`"]}`),
		}
	}
	for _, route := range []string{"POST /xblock", "PUT /xblock"} {
		out[route] = []asked{
			json("of no kind", "/xblock/", `{"parent_locator": "`+unit+`", "category": "nonsense"}`),
			json("a copy of what is not there", "/xblock/", `{"parent_locator": "`+unit+`", "duplicate_source_locator": "`+block("html", "none")+`"}`),
			json("a copy from another course", "/xblock/", `{"parent_locator": "`+unit+`", "duplicate_source_locator": "`+usage(other.Key, "html", "none")+`"}`),
		}
	}
	out["PATCH /xblock"] = []asked{
		json("what is not there", "/xblock/", `{"move_source_locator": "`+block("html", "none")+`", "parent_locator": "`+unit+`"}`),
		json("from another course", "/xblock/", `{"move_source_locator": "`+foreign+`", "parent_locator": "`+unit+`"}`),
		json("to another course", "/xblock/", `{"move_source_locator": "`+text+`", "parent_locator": "`+usage(other.Key, "vertical", "u1")+`"}`),
	}
	for _, room := range studioRooms {
		maps.Copy(out, room(own, other))
	}
	for route, more := range librarySamples() { // many are shared with courses
		out[route] = append(out[route], more...)
	}
	return out
}

// studioRooms are the samples of rooms with a file of their own.
var studioRooms = []func(own, other *course.Compiled) map[string][]asked{
	studioEditSamples,
	studioProblemSamples,
	studioHTMLSamples,
	filesAccess,
	settingsSamples,
	transferSamples,
	unitSamples,
	teamSamples,
	historySamples,
	sightSamples,
	checklistSamples,
	groupSamples,
	clipboardSamples,
	hereSamples,
}

// studioOutside are addresses in front of Studio's router.
var studioOutside = []route{{http.MethodGet, "/heartbeat"}, {http.MethodGet, "/no/such/page"}, {http.MethodGet, "/dashboard"}, {http.MethodGet, "/courses"}}

// TestStudioAccess asks for every route of Studio as every kind of person, for courses they have a part in and others, and compares with
// the checked-in list of who may what.
func TestStudioAccess(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, "LMS_RATE_LIMITS=no")
	own, other := s.teach(ownCourse("Own")), s.teach(ownCourse("Other"))
	people := []string{"anonymous", "somebody", "learner", "other", "beta", "limited", "creator", "staff", "admin", "org", "global", "super"}
	lms := map[string]*browser{}
	for _, name := range people[1:] {
		lms[name] = s.person(name, func(n *accounts.NewAccount) { n.Staff, n.Superuser = name == "global", name == "super" })
	}
	s.enroll(lms["learner"], own)
	s.grant(lms["other"], team.Instructor, other.Key)
	s.grant(lms["beta"], team.BetaTester, own.Key)
	s.grant(lms["limited"], team.LimitedStaff, own.Key)
	s.grant(lms["staff"], team.Staff, own.Key)
	s.grant(lms["admin"], team.Instructor, own.Key)
	s.grantSite(lms["creator"], team.CourseCreator)
	s.libraryTeam(t, lms)
	if err := team.Add(t.Context(), s.stores.pool, team.Grant{User: int64(lms["org"].account.ID), Role: team.Staff, Scope: team.Of(own.Key.Org)}, audit.Source{}); err != nil {
		t.Fatal(err)
	}
	enter := func(name string) *browser {
		if name == "anonymous" {
			return newBrowser(t, s.author.URL, s.author.Client())
		}
		lms[name].signIn()
		return s.toStudio(lms[name])
	}
	browsers := map[string]*browser{}
	for _, name := range people {
		browsers[name] = enter(name)
	}
	known := studioSamples(own, other)
	keys := [][2]string{{"own", own.Key.String()}, {"other", other.Key.String()}, {"unknown", "course-v1:T+None+1"}, {"unknown elsewhere", "course-v1:Z+None+1"}, {"malformed", "course-v1:T+%00"}}
	got := map[string]string{}
	for _, rt := range append(registered(t, s.studioRoutes), studioOutside...) {
		requests, ok := known[rt.method+" "+rt.pattern]
		if !ok {
			if strings.ContainsAny(strings.ReplaceAll(rt.pattern, "{course}", ""), "{*") {
				t.Errorf("%s %s: say in studioSamples what to ask for", rt.method, rt.pattern)
				continue
			}
			requests = []asked{{}}
		}
		for _, req := range requests {
			path := cmp.Or(req.path, rt.pattern)
			keyed := !req.once && strings.Contains(path+req.body, "{")
			for _, k := range keys {
				if strings.Contains(path+req.body, "{keyparts}") && k[0] == "malformed" || !strings.Contains(path+req.body, "{course") && !strings.Contains(path+req.body, "{keyparts}") && k[0] != "own" {
					continue
				}
				fill := strings.NewReplacer("{course}", k[1], "{coursequery}", url.QueryEscape(k[1]), "{keyparts}", strings.TrimPrefix(k[1], "course-v1:"))
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
					headers := req.headers
					if rt.method != http.MethodGet {
						headers = append([]string{"Content-Type", cmp.Or(req.kind, formType)}, headers...)
					}
					res := b.do(rt.method, fill.Replace(path), fill.Replace(req.body), headers...)
					cells = append(cells, short(res))
					if req.fresh {
						browsers[name] = enter(name)
					}
					if strings.Contains(strings.Join(headers, " "), "application/json") && res.status >= 400 && !strings.Contains(res.body, `"error":"`) {
						t.Errorf("%s as %s: %d without an error: %s", row, name, res.status, res.body)
					}
				}
				got[row] = strings.Join(cells, " ")
			}
		}
	}
	compareAccess(t, studioAccessFile, studioAccessHead, got)

	// Who may not gets the same answer whether a course exists or not.
	for _, name := range []string{"somebody", "other"} {
		here, nowhere := browsers[name].get("/course/"+own.Key.String(), asksJSON...), browsers[name].get("/course/course-v1:T+Owl+1", asksJSON...)
		cut := func(r reply) string { before, _, _ := strings.Cut(r.body, `"request_id"`); return before }
		if here.status != nowhere.status || cut(here) != cut(nowhere) {
			t.Errorf("as %s: %d %s and %d %s tell apart what exists", name, here.status, here.body, nowhere.status, nowhere.body)
		}
	}
}

// TestStudioRolesAreFresh: a role taken away ends at the next request, a disabled account too.
func TestStudioRolesAreFresh(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	c := s.teach(ownCourse("Own"))
	ann := s.person("ann", nil)
	grant := team.Grant{User: int64(ann.account.ID), Role: team.Staff, Scope: team.In(c.Key)}
	s.grant(ann, team.Staff, c.Key)
	st := s.toStudio(ann)
	if got := st.get("/course/"+c.Key.String(), asPage...); got.status != http.StatusOK {
		t.Fatalf("as staff: %d", got.status)
	}
	if err := team.Remove(t.Context(), s.stores.pool, grant, audit.Source{}); err != nil {
		t.Fatal(err)
	}
	if got := st.json("POST", "/xblock/"+usage(c.Key, "html", "text"), map[string]any{"data": "x"}); got.status != http.StatusForbidden {
		t.Errorf("after the role is gone: %d", got.status)
	}
}
