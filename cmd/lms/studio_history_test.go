package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"lyceum/course"
	"lyceum/course/team"
)

// historySamples are the requests for versions of courses and blocks. What they ask for cannot be done by anybody.
func historySamples(_, _ *course.Compiled) map[string][]asked {
	unit := "block-v1:{keyparts}+type@vertical+block@u1"
	none := "block-v1:{keyparts}+type@vertical+block@none"
	return map[string][]asked{
		"GET /history/*": {
			{name: "course", path: "/history/{course}", headers: asPage},
			{name: "unit", path: "/history/" + unit, headers: asPage},
			{name: "unit, JSON", path: "/history/" + unit, headers: asksJSON},
			{name: "none", path: "/history/" + none, headers: asPage},
			{name: "no such version", path: "/history/{course}?version=none", headers: asPage},
			{name: "files of no version", path: "/history/" + unit + "?restore=none", headers: asPage},
		},
		"POST /history/*": {{name: "no such version", path: "/history/{course}", body: "version=none", headers: asksJSON}},
	}
}

// TestStudioHistory: every edit is a version with its author; a version tells what it changed, setting by setting and line by line, and can be gone
// back to; going back is undone in the same way, loses no race, and leaves learners what they have until it is published.
func TestStudioHistory(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, "LMS_RATE_LIMITS=no")
	own := s.teach(ownCourse("Own"))
	who := s.person("writer", nil)
	s.grant(who, team.Staff, own.Key)
	who.signIn()
	b := s.toStudio(who)
	text := usage(own.Key, "html", "text")
	edit := func(body string) {
		t.Helper()
		if got := b.do(http.MethodPost, "/xblock/"+text, body, "Content-Type", "application/json", "Accept", "application/json"); got.status != http.StatusOK {
			t.Fatalf("edit: %d %s", got.status, got.body)
		}
	}
	edit(`{"data": "<p>one</p>\n<p>two</p>\n"}`)
	edit(`{"data": "<p>one</p>\n<p>three</p>\n", "metadata": {"display_name": "Words"}}`)
	read := func(text string, into any) {
		t.Helper()
		if err := json.Unmarshal([]byte(text), into); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
	}
	var list struct {
		Seen     string `json:"seen"`
		Versions []struct {
			Version, Author, Message string
		}
	}
	read(b.do(http.MethodGet, "/history/"+text, "", "Accept", "application/json").body, &list)
	if len(list.Versions) != 3 || list.Versions[0].Author != "writer" {
		t.Fatalf("versions of the text: %+v", list)
	}
	first := b.do(http.MethodGet, "/history/"+text, "", "Accept", "text/html")
	if first.status != http.StatusOK || strings.Count(first.body, `class="version`) < 3 {
		t.Errorf("the page: %d", first.status)
	}
	change := b.do(http.MethodGet, "/history/"+text+"?version="+list.Versions[0].Version, "", "Accept", "text/html").body
	for _, want := range []string{"&lt;p&gt;<del><span class=\"visually-hidden\">removed: </span>two<span", "</span>three<span", "Words", "writer"} {
		if !strings.Contains(change, want) {
			t.Errorf("the difference lacks %s", want)
		}
	}
	back := func(place, version, seen string) reply {
		return b.do(http.MethodPost, "/history/"+place, "version="+version+"&seen="+seen, "Content-Type", "application/x-www-form-urlencoded", "Accept", "application/json")
	}
	var did struct{ Seen, Undo string }
	got := back(text, list.Versions[1].Version, list.Seen)
	if got.status != http.StatusOK {
		t.Fatalf("go back: %d %s", got.status, got.body)
	}
	read(got.body, &did)
	if now := b.do(http.MethodGet, "/xblock/"+text, "", "Accept", "application/json").body; !strings.Contains(now, "two") || strings.Contains(now, "Words") {
		t.Errorf("after going back: %s", now)
	}
	if got := back(text, list.Versions[0].Version, list.Seen); got.status != http.StatusConflict {
		t.Errorf("going back with an old view: %d %s", got.status, got.body)
	}
	undo := func(accept string) reply {
		return b.do(http.MethodPost, "/history/"+text, "was="+did.Undo, "Content-Type", "application/x-www-form-urlencoded", "Accept", accept)
	}
	if page := b.get("/history/"+text+"?was="+did.Undo, asPage...).body; !strings.Contains(page, `name="was" value="`+did.Undo+`"`) {
		t.Error("the page offers no undo")
	}
	if page := b.get("/history/"+text+"?was=made.up", asPage...).body; strings.Contains(page, "made.up") {
		t.Error("the page offers to undo what somebody made up")
	}
	if got := undo("application/json"); got.status != http.StatusOK {
		t.Errorf("undone: %d %s", got.status, got.body)
	}
	if now := b.do(http.MethodGet, "/xblock/"+text, "", "Accept", "application/json").body; !strings.Contains(now, "three") || !strings.Contains(now, "Words") {
		t.Errorf("after undoing: %s", now)
	}
	// Undone when somebody has written the same since: it is refused in words, and their text stays.
	read(b.do(http.MethodGet, "/history/"+text, "", "Accept", "application/json").body, &list)
	got = back(text, list.Versions[1].Version, list.Seen)
	read(got.body, &did)
	edit(`{"data": "<p>written meanwhile</p>"}`)
	if got := undo("text/html"); got.status != http.StatusConflict || !strings.Contains(got.body, "Words") && !strings.Contains(got.body, "Text") {
		t.Errorf("undone too late: %d", got.status)
	}
	if now := b.do(http.MethodGet, "/xblock/"+text, "", "Accept", "application/json").body; !strings.Contains(now, "written meanwhile") {
		t.Errorf("after undoing too late: %s", now)
	}
	c, err := s.stores.courses.Compiled(t.Context(), own.Key)
	if err != nil {
		t.Fatal(err)
	}
	if n, ok := c.Find("html", "text"); !ok || strings.Contains(string(n.Block.Body), "two") || strings.Contains(string(n.Block.Body), "three") {
		t.Error("learners have what was never published")
	}
}

// TestStudioHistoryOfFiles: a version tells which files it changed; going back with a course brings its files back, and going back with a component
// asks for those it names that are gone or are others now.
func TestStudioHistoryOfFiles(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, "LMS_RATE_LIMITS=no")
	own := s.teach(ownCourse("Own"))
	who := s.person("writer", nil)
	s.grant(who, team.Staff, own.Key)
	who.signIn()
	b := s.toStudio(who)
	assets, course, text := "/assets/"+own.Key.String(), "/history/"+own.Key.String(), "/history/"+usage(own.Key, "html", "text")
	type difference struct{ Name, Old, New string }
	var got struct {
		Seen, Undo string
		Files      []difference
	}
	send := func(method, path, body string, headers ...string) reply {
		t.Helper()
		r := b.do(method, path, body, append([]string{"Content-Type", "application/x-www-form-urlencoded"}, headers...)...)
		if r.status/100 != 2 && r.status != http.StatusSeeOther {
			t.Fatalf("%s %s: %d %.300s", method, path, r.status, r.body)
		}
		got.Files = nil
		_ = json.Unmarshal([]byte(r.body), &got)
		return r
	}
	head := func() string {
		t.Helper()
		send(http.MethodGet, course, "", asksJSON...)
		return got.Seen
	}
	content := func(name string) string {
		t.Helper()
		for _, f := range b.assets(own.Key, "page_size=100").Assets {
			if f.Name == name {
				return f.Digest
			}
		}
		return ""
	}
	first, picture := head(), content("pic.svg")
	if picture == "" {
		t.Fatal("the course has no pic.svg")
	}
	b.puts(assets, "pic.svg", "<svg/>")
	replaced := head()
	other := content("pic.svg")
	b.puts(assets, "new.txt", "new")
	send(http.MethodGet, course+"?version="+replaced, "", asksJSON...)
	if len(got.Files) != 1 || got.Files[0] != (difference{"pic.svg", picture, other}) {
		t.Errorf("what the upload changed: %+v", got.Files)
	}
	if page := send(http.MethodGet, course+"?version="+replaced, "", asPage...).body; !strings.Contains(page, "pic.svg") || !strings.Contains(page, "Replaced") {
		t.Error("the page of the upload does not show the file")
	}

	// A component is asked for its files, and gets those chosen.
	asked := send(http.MethodPost, text, "version="+first+"&seen="+head(), asPage...)
	if asked.status != http.StatusSeeOther || !strings.Contains(asked.location(), "restore="+first) {
		t.Fatalf("going back with a component: %d to %s", asked.status, asked.location())
	}
	if page := send(http.MethodGet, asked.location(), "", asPage...).body; !strings.Contains(page, `name="file" value="pic.svg"`) || strings.Contains(page, "new.txt") {
		t.Error("the page does not ask for the picture alone")
	}
	send(http.MethodPost, text, "version="+first, asksJSON...)
	if len(got.Files) != 1 || got.Files[0].Name != "pic.svg" || content("pic.svg") != other {
		t.Errorf("a program that names no files: %+v, %s", got.Files, content("pic.svg"))
	}
	send(http.MethodPost, text, "version="+first+"&file=pic.svg&asked=1&seen="+head(), asPage...)
	if content("pic.svg") != picture || content("new.txt") == "" {
		t.Error("the picture has not come back, or something else went")
	}

	// The whole course has the files it had.
	send(http.MethodPost, course, "version="+replaced+"&seen="+head(), asksJSON...)
	if content("pic.svg") != other || content("new.txt") != "" {
		t.Error("the course has other files than it had")
	}
	send(http.MethodPost, course, "was="+got.Undo, asksJSON...)
	if content("pic.svg") != picture || content("new.txt") == "" {
		t.Error("undone, the course has other files than before")
	}
	// What somebody brings meanwhile is not lost.
	seen := head()
	b.puts(assets, "meanwhile.txt", "x")
	if r := b.do(http.MethodPost, course, "version="+first+"&seen="+seen, "Content-Type", "application/x-www-form-urlencoded", "Accept", "application/json"); r.status != http.StatusConflict {
		t.Errorf("a lost race: %d %.200s", r.status, r.body)
	}
	if content("meanwhile.txt") == "" {
		t.Error("the file is lost")
	}
}

// TestStudioUndoWithheld: a deletion is undone in the draft; of what learners had, a unit that does not load stays away from them, and the author
// is told.
func TestStudioUndoWithheld(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, "LMS_RATE_LIMITS=no")
	files := ownCourse("Own")
	files["problem/p1.xml"] = &fstest.MapFile{Data: []byte(`<problem display_name="Question 1"><stringresponse`), Mode: 0o644}
	own := s.teach(files)
	who := s.person("writer", nil)
	s.grant(who, team.Staff, own.Key)
	who.signIn()
	b := s.toStudio(who)
	act := func(form string) (got struct{ Undo, Words string }) {
		t.Helper()
		r := b.do(http.MethodPost, "/part/"+usage(own.Key, "sequential", "s1"), form, "Content-Type", "application/x-www-form-urlencoded", "Accept", "application/json")
		if r.status != http.StatusOK {
			t.Fatalf("%s: %d %s", form, r.status, r.body)
		}
		if err := json.Unmarshal([]byte(r.body), &got); err != nil {
			t.Fatalf("%v: %s", err, r.body)
		}
		return got
	}
	deleted := act("act=delete")
	if undone := act("act=undo&was=" + deleted.Undo); !strings.Contains(undone.Words, "drafts only") {
		t.Errorf("the author is told %q", undone.Words)
	}
	c, err := s.stores.courses.Compiled(t.Context(), own.Key)
	if err != nil {
		t.Fatal(err)
	}
	_, broken := c.Find("vertical", "u1")
	if _, whole := c.Find("vertical", "u2"); broken || !whole {
		t.Errorf("learners have the unit that does not load: %v, the other: %v", broken, whole)
	}
	if got := b.do(http.MethodGet, "/xblock/"+usage(own.Key, "vertical", "u1"), "", "Accept", "application/json"); got.status != http.StatusOK {
		t.Errorf("the draft lost the unit: %d", got.status)
	}
}
