package main

import (
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"lyceum/authoring/transfer"
	"lyceum/course"
	"lyceum/course/team"
	"lyceum/learner/enrollment"
)

// files is a course as a file system.
func files(texts map[string]string) fstest.MapFS {
	out := fstest.MapFS{}
	for path, text := range texts {
		out[path] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
	}
	return out
}

// stamp is a time as courses write it, by its distance from now.
func stamp(d time.Duration) string { return time.Now().Add(d).UTC().Format(time.RFC3339) }

// plainCourse is a course of one text with the given settings, the members of a JSON object.
func plainCourse(name, settings string) fs.FS {
	if settings != "" {
		settings = ", " + settings
	}
	return files(map[string]string{
		"course.xml":             `<course org="T" course="` + name + `" url_name="1"/>`,
		"course/1.xml":           `<course><chapter url_name="c" display_name="Chapter"><sequential url_name="s" display_name="Sub"><vertical url_name="u" display_name="Unit"><html url_name="h" display_name="H">Hello</html></vertical></sequential></chapter></course>`,
		"policies/1/policy.json": `{"course/1": {"display_name": "` + name + `", "start": "2020-01-01T00:00:00Z"` + settings + `}}`,
	})
}

const hour = time.Hour

func learnCourse() fs.FS {
	problem := func(id string) string {
		return `<problem url_name="` + id + `" display_name="Question ` + id + `"><stringresponse answer="yes"><textline/></stringresponse></problem>`
	}
	unit := func(id, inside string) string {
		return `<vertical url_name="` + id + `" display_name="Unit ` + id + `">` + inside + `</vertical>`
	}
	text := func(id string) string {
		return `<html url_name="` + id + `" display_name="Text ` + id + `"><p>words of ` + id + `</p></html>`
	}
	sub := func(id, attrs, inside string) string {
		return `<sequential url_name="` + id + `" display_name="Part ` + id + `" ` + attrs + `>` + inside + `</sequential>`
	}
	return files(map[string]string{
		"course.xml": `<course org="T" course="Learn" url_name="1"/>`,
		"course/1.xml": `<course>` +
			`<chapter url_name="one" display_name="One">` + sub("s1", "", unit("u1", text("a"))+unit("u2", text("b"))+unit("u3", text("c"))) +
			sub("over", `graded="true" format="Quiz" hide_after_due="true" due="`+stamp(-hour)+`"`, unit("uo", problem("po"))) +
			sub("aside", `hide_from_toc="true"`, unit("ua", text("d"))) + `</chapter>` +
			`<chapter url_name="two" display_name="Two">` +
			sub("never", `graded="true" format="Exam" show_correctness="never" due="`+stamp(72*hour)+`"`, unit("un", problem("pn"))) +
			sub("pastdue", `graded="true" format="Exam" show_correctness="past_due" due="`+stamp(24*hour)+`"`, unit("up", problem("pp"))) +
			sub("plain", `graded="true" format="Exam" due="`+stamp(48*hour)+`"`, unit("uq", problem("pq"))) + `</chapter>` +
			`<chapter url_name="secret" display_name="Topsecret" visible_to_staff_only="true">` + sub("ss", "", unit("us", text("e")+problem("ps"))) + `</chapter>` +
			`<chapter url_name="later" display_name="Later" start="` + stamp(24*hour) + `">` + sub("sl", "", unit("ul", text("f"))) + `</chapter>` +
			`</course>`,
		"tabs/lost.html": `<p>Nobody links here</p>`,
		"policies/1/policy.json": `{"course/1": {"display_name": "Learn", "start": "` + stamp(-100*hour) + `", "end": "` + stamp(100*hour) + `",
			"tabs": [{"type": "course_info"}, {"type": "courseware"}, {"type": "progress"}, {"type": "dates"}]}}`,
		"policies/1/grading_policy.json": `{"GRADER": [{"type": "Exam", "min_count": 3, "drop_count": 0, "short_label": "EX", "weight": 0.5}, {"type": "Quiz", "min_count": 1, "drop_count": 0, "weight": 0.5}], "GRADE_CUTOFFS": {"Pass": 0.5}}`,
	})
}

func TestLearning(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	c, other := s.teach(learnCourse()), s.teach(ownCourse("Other"))
	learner, staff := s.person("learner", nil), s.person("teacher", nil)
	s.enroll(learner, c)
	s.grant(staff, team.Staff, c.Key)
	at := func(path string) string { return "/courses/" + c.Key.String() + "/" + path }
	leads := func(b *browser, path string, want string) {
		t.Helper()
		if got := b.get(path); got.status != http.StatusFound || got.location() != want {
			t.Errorf("%s as %s: %d to %q, want %q", path, b.account.Username, got.status, got.location(), want)
		}
	}
	missing := func(b *browser, path string) {
		t.Helper()
		if got := b.get(path); got.status != http.StatusNotFound {
			t.Errorf("%s as %s: %d to %q, want 404", path, b.account.Username, got.status, got.location())
		}
	}

	t.Run("jumps", func(*testing.T) {
		leads(learner, at("jump_to/"+usage(c.Key, "html", "b")), at("courseware/one/s1/2/#"+c.Key.Usage("html", "b").HTMLID()))
		leads(learner, at("jump_to/"+url.PathEscape(usage(c.Key, "vertical", "u3"))), at("courseware/one/s1/3/"))
		leads(learner, at("jump_to_id/pn"), at("courseware/two/never/1/#"+c.Key.Usage("problem", "pn").HTMLID()))
		leads(learner, at("jump_to_id/aside"), at("courseware/one/aside/1/")) // hidden from the outline only
		leads(learner, at("jump_to/"+c.Root().Key.String()), at("course/"))
		leads(staff, at("jump_to_id/ps"), at("courseware/secret/ss/1/#"+c.Key.Usage("problem", "ps").HTMLID()))
		for _, path := range []string{
			"jump_to/" + usage(other.Key, "problem", "p1"), "jump_to/" + usage(other.Key, "html", "a"), "jump_to_id/ps", "jump_to_id/us", "jump_to_id/secret", "jump_to_id/ul",
			"jump_to/" + usage(c.Key, "html", "none"), "jump_to_id/none", "jump_to/x", "jump_to/", "jump_to/%00",
		} {
			missing(learner, at(path))
		}
	})

	t.Run("places", func(t *testing.T) {
		leads(learner, at("courseware/"), at("courseware/one/s1/1/"))
		leads(learner, at("courseware/two"), at("courseware/two/never/1/"))
		if got := learner.get(at("courseware/one/s1/?child=last")); !strings.Contains(got.body, "words of c") {
			t.Errorf("child=last: %d", got.status)
		}
		leads(learner, at("courseware/one/s1/?activate_block_id="+url.QueryEscape(usage(c.Key, "html", "a"))), at("courseware/one/s1/1/#"+c.Key.Usage("html", "a").HTMLID()))
		for position, words := range map[string]string{"1": "words of a", "3": "words of c", "first": "words of a", "last": "words of c", "77": "words of a", "x": "words of a", "0": "words of a"} {
			if got := learner.get(at("courseware/one/s1/" + position)); got.status != http.StatusOK || !strings.Contains(got.body, words) {
				t.Errorf("position %s: %d, without %q", position, got.status, words)
			}
		}
		learner.get(at("courseware/one/s1/2/"))
		leads(learner, at("courseware"), at("courseware/one/s1/2/"))
		leads(learner, at("courseware/one/s1"), at("courseware/one/s1/2/"))
		learner.get(at("courseware/two/plain/1/"))
		leads(learner, at("courseware"), at("courseware/two/plain/1/"))
		leads(learner, at("courseware/one/"), at("courseware/one/s1/2/"))
		// A place that is not there: learners go to the course, staff are told.
		for _, path := range []string{"courseware/none", "courseware/one/none", "courseware/one/none/1", "courseware/none/s1/1", "courseware/secret", "courseware/secret/ss/1", "courseware/later/sl/1/"} {
			leads(learner, at(path), at("course/"))
		}
		for _, path := range []string{"courseware/none", "courseware/one/none", "courseware/one/none/1"} {
			missing(staff, at(path))
		}
		missing(learner, at("lost/"))
		if got := staff.get(at("lost/")); !strings.Contains(got.body, "Nobody links here") {
			t.Errorf("a page without a tab, staff: %d", got.status)
		}
	})

	t.Run("nothing names what is hidden", func(t *testing.T) {
		for _, path := range []string{"course/", "outline", "courseware/one/s1/1/", "courseware/two/plain/1/", "courseware/one/over/1/", "dates", "progress", "bookmarks", "about"} {
			got := learner.get(at(path))
			if got.status != http.StatusOK {
				t.Errorf("%s: %d", path, got.status)
			}
			for _, hidden := range []string{"Topsecret", "Part ss", "Unit us", "words of e", "Question ps", "Unit ul", "words of f", "Unit ua"} {
				if strings.Contains(got.body, hidden) {
					t.Errorf("%s names %q", path, hidden)
				}
			}
		}
		if got := staff.get(at("course/")); !strings.Contains(got.body, "Topsecret") {
			t.Error("staff do not see their section")
		}
	})

	t.Run("tools say what they are", func(t *testing.T) {
		s.enroll(staff, c)
		for b, staff := range map[*browser]string{learner: "false", staff: "true"} {
			want := `data-tool="edx.bookmarks" data-course="` + c.Key.String() + `" data-staff="` + staff + `"`
			if got := b.get(at("course/")); !strings.Contains(got.body, want) {
				t.Errorf("%s: no %s", b.account.Username, want)
			}
		}
	})

	t.Run("over", func(t *testing.T) {
		if got := learner.get(at("courseware/one/over/1/")); got.status != http.StatusOK || strings.Contains(got.body, "Question po") || strings.Contains(got.body, "data-problem") {
			t.Errorf("hidden after due: %d with its question", got.status)
		}
		if got := staff.get(at("courseware/one/over/1/")); !strings.Contains(got.body, "data-problem") {
			t.Error("staff do not see what is over")
		}
		for _, act := range []string{"problem_get", "problem_show", "problem_check"} {
			if got := learner.post(handler(c, "problem", "po", "xmodule_handler/"+act)); got.status < 400 || strings.Contains(got.body, "yes") {
				t.Errorf("%s of what is over: %d %s", act, got.status, got.body)
			}
		}
	})

	t.Run("dates", func(t *testing.T) {
		got := learner.get(at("dates")).body
		last := 0
		for _, part := range []string{"Part over", "Part pastdue", "Part plain", "Part never"} {
			i := strings.Index(got, part)
			if i < last {
				t.Errorf("%s stands at %d, before what comes earlier at %d", part, i, last)
			}
			last = i
		}
	})

	t.Run("progress", func(t *testing.T) { progressKeepsSecrets(t, s, c) })
}

// progressKeepsSecrets compares the pages of two learners that differ in what they may not know.
func progressKeepsSecrets(t *testing.T, s *testSite, c *course.Compiled) {
	pages := map[string]string{}
	for name, answer := range map[string]string{"anna": "yes", "aram": "no"} {
		b := s.person(name, nil)
		s.enroll(b, c)
		for _, p := range []string{"pn", "pp"} {
			got := b.post(handler(c, "problem", p, "xmodule_handler/problem_check"), "input_"+c.Key.Usage("problem", p).HTMLID()+"_2_1", answer)
			if got.status != http.StatusOK || !strings.Contains(got.body, `"submitted"`) {
				t.Errorf("%s answers %s: %d %.200s", name, p, got.status, got.body)
			}
			if strings.Contains(got.body, `"current_score":1`) || strings.Contains(got.body, `"current_score":0`) {
				t.Errorf("%s reads the score of %s: %.300s", name, p, got.body)
			}
		}
		b.post(handler(c, "problem", "pq", "xmodule_handler/problem_check"), "input_"+c.Key.Usage("problem", "pq").HTMLID()+"_2_1", "yes")
		for _, path := range []string{"progress", "course/", "courseware/two/never/1/", "courseware/two/pastdue/1/"} {
			page := b.get("/courses/" + c.Key.String() + "/" + path).body
			for _, what := range []string{name, `nonce="[^"]*"`, `nonce-[^"' ]*`, ` value="(yes|no)"`, `data-account="\d+"`, `Receipt [0-9a-zA-Z-]+`, `\d+ seconds? ago`} {
				page = regexp.MustCompile(what).ReplaceAllString(page, "")
			}
			pages[name+path] = page
		}
		progress := b.get("/courses/" + c.Key.String() + "/progress").body
		if !strings.Contains(progress, "Part pastdue") || !strings.Contains(progress, "Part never") {
			t.Error("withheld subsections are not on the page")
		}
	}
	for key, page := range pages {
		if path, ok := strings.CutPrefix(key, "anna"); ok && page != pages["aram"+path] {
			t.Errorf("%s tells right from wrong:\n%s", path, firstDifference(page, pages["aram"+path]))
		}
	}
}

func firstDifference(a, b string) string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	from := max(0, i-80)
	return fmt.Sprintf("%q\n%q", a[from:min(len(a), i+80)], b[from:min(len(b), i+80)])
}

// TestOldKeys learns in a course whose key has the form with slashes.
func TestOldKeys(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	key, err := course.ParseKey("T/Old/2013_Fall")
	if err != nil {
		t.Fatal(err)
	}
	res, err := s.stores.importer().Import(t.Context(), transfer.Request{Path: "old", FS: ownCourse("Old"), Key: key, Publish: true})
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.stores.courses.Compiled(t.Context(), res.Key)
	if err != nil {
		t.Fatal(err)
	}
	b := s.person("learner", nil)
	const at = "/courses/T/Old/2013_Fall"
	if got := b.post("/change_enrollment", "course_id", key.String(), "enrollment_action", "enroll"); got.status != http.StatusOK || got.body != at+"/course/" {
		t.Errorf("enroll: %d %s", got.status, got.body)
	}
	for _, path := range []string{"", "/", "/about", "/course/", "/outline", "/progress", "/dates", "/bookmarks/", "/glossary/", "/pdfbook/0/", "/courseware/open/s1/1/"} {
		if got := b.get(at + path); got.status != http.StatusOK {
			t.Errorf("%s: %d to %q", path, got.status, got.location())
		}
	}
	for path, want := range map[string]string{
		"/info": at + "/course/", "/courseware": at + "/courseware/open/s1/1/", "/jump_to_id/text2": at + "/courseware/open/s1/2/#",
		"/jump_to/i4x://T/Old/html/text2": at + "/courseware/open/s1/2/#", "/jump_to/i4x:/T/Old/html/text2": at + "/courseware/open/s1/2/#",
		"/jump_to/i4x:%2F%2FT%2FOld%2Fhtml%2Ftext2": at + "/courseware/open/s1/2/#",
	} {
		if got := b.get(at + path); got.status != http.StatusFound || !strings.HasPrefix(got.location(), want) {
			t.Errorf("%s: %d to %q, want %q", path, got.status, got.location(), want)
		}
	}
	page := b.get(at + "/courseware/open/s1/1/").body
	if !strings.Contains(page, `src="/c4x/T/Old/asset/pic.svg"`) {
		t.Error("pictures are not at their old addresses")
	}
	p := c.Key.Usage("problem", "p1")
	for _, usage := range []string{"i4x://T/Old/problem/p1", "i4x:/T/Old/problem/p1", url.PathEscape("i4x://T/Old/problem/p1")} {
		got := b.post(at+"/xblock/"+usage+"/handler/xmodule_handler/problem_check", "input_"+p.HTMLID()+"_2_1", "yes1")
		if got.status != http.StatusOK || !strings.Contains(got.body, `"success":"correct"`) {
			t.Errorf("answer at %s: %d %.200s", usage, got.status, got.body)
		}
	}
	if got := b.get(at + "/frame/i4x://T/Old/html/active"); got.status != http.StatusOK || !strings.Contains(got.body, "<script>") {
		t.Errorf("frame: %d", got.status)
	}
	if got := b.get("/c4x/T/Old/asset/locked.txt"); got.status != http.StatusOK {
		t.Errorf("locked file: %d", got.status)
	}
	if got := s.visitor().get("/c4x/T/Old/asset/locked.txt"); got.status != http.StatusNotFound {
		t.Errorf("locked file, visitor: %d", got.status)
	}
	for _, path := range []string{"/courses/T/Old", "/courses/T/Old/none/about", "/courses/T//2013_Fall/about", "/courses/T/Old/2013_Fall/none/none", "/courses/T%2FOld"} {
		if got := b.get(path); got.status != http.StatusNotFound {
			t.Errorf("%s: %d to %q, want 404", path, got.status, got.location())
		}
	}
}

// TestFrameFiles finds files with odd names from inside a frame.
func TestFrameFiles(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	own := ownCourse("Frames")
	own["html/active.html"] = &fstest.MapFile{Data: []byte(`<script src="/static/50%25 off.js"></script><img src="/static/with space.png"><img src="/static/d%C3%A9j%C3%A0.png">`)}
	for _, name := range []string{"50%25 off.js", "with space.png", "déjà.png"} {
		own["static/"+name] = &fstest.MapFile{Data: []byte("it")}
	}
	c := s.teach(own)
	b := s.person("learner", nil)
	s.enroll(b, c)
	doc := b.get("/courses/" + c.Key.String() + "/frame/" + usage(c.Key, "html", "active")).body
	links := regexp.MustCompile(`src="(/courses/[^"]*)"`).FindAllStringSubmatch(doc, -1)
	if len(links) != 3 {
		t.Fatalf("links %v in %s", links, doc)
	}
	for _, l := range links {
		if got := s.visitor().get(l[1]); got.status != http.StatusOK || got.body != "it" {
			t.Errorf("%s: %d %.80s", l[1], got.status, got.body)
		}
	}
}

// TestDoors: what people find at courses that are closed to them, and by when and how many they may enroll.
func TestDoors(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	courses := map[string]*course.Compiled{}
	for name, settings := range map[string]string{
		"Open": "", "Soon": `"start": "` + stamp(48*hour) + `"`, "Public": `"course_visibility": "public"`, "Outline": `"course_visibility": "public_outline"`,
		"SoonPublic": `"course_visibility": "public", "start": "` + stamp(48*hour) + `"`, "Team": `"visible_to_staff_only": true`,
		"Before": `"enrollment_start": "` + stamp(hour) + `"`, "After": `"enrollment_end": "` + stamp(-hour) + `"`, "Invited": `"invitation_only": true`,
		"Domain": `"enrollment_domain": "school.example"`, "Full": `"max_student_enrollments_allowed": 1`, "Unlisted": `"catalog_visibility": "about"`,
		"Hidden": `"catalog_visibility": "none"`, "Past": `"end": "` + stamp(-hour) + `", "language": "de"`,
	} {
		courses[name] = s.teach(plainCourse(name, settings))
	}
	at := func(name, path string) string { return "/courses/" + courses[name].Key.String() + "/" + path }
	nobody, b := s.visitor(), s.person("mira", nil)
	enroll := func(b *browser, name string) reply {
		return b.post("/change_enrollment", "course_id", courses[name].Key.String(), "enrollment_action", "enroll")
	}

	s.enroll(b, courses["Soon"])
	s.enroll(b, courses["SoonPublic"])
	for _, tc := range []struct {
		who          *browser
		course, path string
		status       int
		to           string // how the address it leads to begins
	}{
		{nobody, "Open", "course/", http.StatusFound, "/login?next="},
		{nobody, "Open", "courseware/c/s/1/", http.StatusFound, "/login?next="},
		{b, "Open", "course/", http.StatusFound, at("Open", "about")},
		{b, "Open", "courseware/c/s/1/", http.StatusFound, at("Open", "about")},
		{b, "Soon", "course/", http.StatusFound, "/dashboard?notlive="},
		{b, "Soon", "courseware/", http.StatusFound, "/dashboard?notlive="},
		{nobody, "Public", "course/", http.StatusOK, ""},
		{nobody, "Public", "courseware/c/s/1/", http.StatusOK, ""},
		{b, "Public", "courseware/c/s/1/", http.StatusOK, ""},
		{nobody, "Outline", "course/", http.StatusOK, ""},
		{nobody, "Outline", "courseware/c/s/1/", http.StatusFound, "/login?next="},
		{b, "Outline", "courseware/c/s/1/", http.StatusFound, at("Outline", "about")},
		{nobody, "SoonPublic", "course/", http.StatusFound, at("SoonPublic", "about")},
		{b, "Team", "course/", http.StatusNotFound, ""},
		{nobody, "Hidden", "about", http.StatusNotFound, ""},
		{nobody, "Unlisted", "about", http.StatusOK, ""},
	} {
		got := tc.who.get(at(tc.course, tc.path))
		if got.status != tc.status || !strings.HasPrefix(got.location(), tc.to) {
			t.Errorf("%s of %s: %d to %q, want %d to %q", tc.path, tc.course, got.status, got.location(), tc.status, tc.to)
		}
		// Programs get a status, not a page to go to.
		if tc.status == http.StatusFound {
			if got := tc.who.get(at(tc.course, tc.path), "Accept", "application/json"); tc.course != "SoonPublic" && (got.status < 400 || got.header.Get("Content-Type") != "application/json") {
				t.Errorf("%s of %s as JSON: %d %s", tc.path, tc.course, got.status, got.header.Get("Content-Type"))
			}
		}
	}
	if got := b.get(b.get(at("Soon", "course/")).location()); got.status != http.StatusOK {
		t.Errorf("dashboard with the reason: %d", got.status)
	}

	for name, want := range map[string]int{"Open": 200, "Soon": 200, "Before": 400, "After": 400, "Invited": 400, "Domain": 400, "Full": 200, "Past": 200} {
		if got := enroll(b, name); got.status != want {
			t.Errorf("enroll in %s: %d %s, want %d", name, got.status, got.body, want)
		}
	}
	second := s.person("second", nil)
	if got := enroll(second, "Full"); got.status != http.StatusBadRequest {
		t.Errorf("the second of one seat: %d", got.status)
	}
	if got := b.post("/change_enrollment", "course_id", courses["Full"].Key.String(), "enrollment_action", "unenroll"); got.status != http.StatusOK {
		t.Errorf("leave: %d", got.status)
	}
	if got := enroll(second, "Full"); got.status != http.StatusOK {
		t.Errorf("the seat that was left: %d", got.status)
	}
	if got := enroll(b, "Full"); got.status != http.StatusBadRequest {
		t.Errorf("who left comes back to a full course: %d", got.status)
	}
	if err := enrollment.Invite(t.Context(), s.stores.pool, "mira@example.com", courses["Invited"].Key, false); err != nil {
		t.Fatal(err)
	}
	if got := enroll(b, "Invited"); got.status != http.StatusOK {
		t.Errorf("invited: %d", got.status)
	}
	for _, pairs := range [][]string{
		{"course_id", courses["Open"].Key.String()},
		{"enrollment_action", "enroll"},
		{"course_id", "x", "enrollment_action", "enroll"},
		{"course_id", "course-v1:No+Such+Course", "enrollment_action", "enroll"},
		{"course_id", courses["Open"].Key.String(), "enrollment_action", "burn"},
		{"course_id", courses["Before"].Key.String(), "enrollment_action", "unenroll"},
	} {
		if got := b.post("/change_enrollment", pairs...); got.status != http.StatusBadRequest {
			t.Errorf("%v: %d, want 400", pairs, got.status)
		}
	}
	if got := nobody.post("/change_enrollment", "course_id", courses["Open"].Key.String(), "enrollment_action", "enroll"); got.status != http.StatusForbidden {
		t.Errorf("nobody enrolls: %d", got.status)
	}
	if got := b.post("/change_enrollment", "course_id", courses["Open"].Key.String(), "enrollment_action", "enroll", "form", "1"); got.status != http.StatusSeeOther || got.location() != at("Open", "course/") {
		t.Errorf("enroll by a form: %d to %q", got.status, got.location())
	}
	catalogFilters(t, s, courses)
}

// catalogFilters looks for courses as visitors do.
func catalogFilters(t *testing.T, s *testSite, courses map[string]*course.Compiled) {
	t.Helper()
	all := []string{"Team", "Open", "Soon", "Public", "Outline", "SoonPublic", "Before", "After", "Invited", "Domain", "Full", "Past"}
	for query, want := range map[string][]string{
		"": all, "search_query=OPEN": {"Open"}, "search_query=public": {"Public", "SoonPublic"}, "q=soon+public": {"SoonPublic"}, "search_query=nothing+like+it": nil,
		"org=T": all, "org=X": nil, "language=de": {"Past"}, "state=past": {"Past"}, "state=soon": {"Soon", "SoonPublic"}, "state=soon&search_query=public": {"SoonPublic"},
		"state=zzz": all, "page=99": all, "page=-1": all, "search_query=%3Cscript%3E": nil, "search_query=%00%ff": nil,
	} {
		got := s.visitor().get("/courses?" + query)
		if got.status != http.StatusOK || strings.Contains(got.body, "<script>") {
			t.Errorf("%q: %d", query, got.status)
			continue
		}
		wanted := map[string]bool{}
		for _, name := range want {
			wanted[name] = true
		}
		for name := range maps.Keys(courses) {
			if has := strings.Contains(got.body, `/courses/`+courses[name].Key.String()+`/about"`); has != wanted[name] {
				t.Errorf("%q: %s listed %v, want %v", query, name, has, wanted[name])
			}
		}
	}
}

// TestBlocksAlone draws single blocks for other front ends.
func TestBlocksAlone(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	s.lms.Framers = []string{"https://front.example"}
	c := s.teach(learnCourse())
	b := s.person("learner", nil)
	s.enroll(b, c)
	got := b.get("/xblock/" + usage(c.Key, "vertical", "u1") + "?show_title=1")
	if got.status != http.StatusOK || !strings.Contains(got.body, "<h1>Unit u1</h1>") || !strings.Contains(got.body, "words of a") || strings.Contains(got.body, "masthead") {
		t.Errorf("a unit alone: %d %s", got.status, got.body)
	}
	if policy := got.header.Get("Content-Security-Policy"); !strings.Contains(policy, "frame-ancestors 'self' https://front.example") {
		t.Errorf("policy %q", policy)
	}
	if policy := b.get("/courses/" + c.Key.String() + "/courseware/one/s1/1/").header.Get("Content-Security-Policy"); strings.Contains(policy, "front.example") {
		t.Errorf("others may frame whole pages: %q", policy)
	}
	for _, path := range []string{"/xblock/" + usage(c.Key, "problem", "po"), "/xblock/" + usage(c.Key, "sequential", "over"), "/courses/" + c.Key.String() + "/xblock/" + usage(c.Key, "vertical", "uo") + "/view/student_view"} {
		if got := b.get(path); got.status != http.StatusOK || strings.Contains(got.body, "data-problem") || !strings.Contains(got.body, "is over") {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	got = b.get("/courses/" + c.Key.String() + "/xblock/" + usage(c.Key, "problem", "pq") + "/view/student_view")
	for _, want := range []string{`"csrf_token":`, `"resources":[[`, `data-problem=\"pq\"`} {
		if !strings.Contains(strings.ReplaceAll(got.body, " ", ""), want) {
			t.Errorf("no %s in %d %s", want, got.status, got.body)
		}
	}
	for _, path := range []string{"/xblock/" + usage(c.Key, "chapter", "one"), "/xblock/" + c.Root().Key.String(), "/xblock/" + usage(c.Key, "vertical", "us"), "/xblock/" + usage(c.Key, "vertical", "u1") + "?view=studio_view", "/xblock/x", "/xblock/"} {
		if got := b.get(path); got.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, got.status)
		}
	}
}
