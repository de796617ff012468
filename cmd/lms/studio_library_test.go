package main

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"lyceum/authoring/draft"
	"lyceum/course"
	"lyceum/course/team"
)

// libraryInfo is a library as programs read it.
type libraryInfo struct {
	Name     string   `json:"display_name"`
	ID       string   `json:"library_id"`
	Version  string   `json:"version"`
	Previous *string  `json:"previous_version"`
	Blocks   []string `json:"blocks"`
}

func (b *browser) library(key course.Key) libraryInfo {
	b.t.Helper()
	got := b.get("/library/"+key.String(), asksJSON...)
	if got.status != http.StatusOK {
		b.t.Fatalf("library: %d %s", got.status, got.body)
	}
	return decode[libraryInfo](b.t, got)
}

// TestStudioLibrary makes a library, fills it and gives others their place on its team.
func TestStudioLibrary(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, "LMS_RATE_LIMITS=no")
	ann := s.creator("ann")
	bob, cy := s.person("bob", nil), s.person("cy", nil)
	got := ann.json("POST", "/library/", map[string]string{"org": "T", "library": "Cells", "display_name": "Questions on cells"})
	made := decode[struct {
		URL string `json:"url"`
		Key string `json:"library_key"`
	}](t, got)
	if got.status != http.StatusOK || made.Key != "library-v1:T+Cells" || made.URL != "/library/library-v1:T+Cells" {
		t.Fatalf("%d %s", got.status, got.body)
	}
	key := course.Key{Org: "T", Number: "Cells", Form: course.FormLibrary}
	for body, want := range map[string]string{
		`{"org": "T", "number": "cells", "display_name": "x"}`:  "already",
		`{"org": "T", "library": "a b", "display_name": "x"}`:   "ErrMsg",
		`{"org": "", "library": "Cells2", "display_name": "x"}`: "ErrMsg",
	} {
		if got := ann.do("POST", "/library/", body, append([]string{"Content-Type", "application/json"}, asksJSON...)...); got.status != http.StatusBadRequest || !strings.Contains(got.body, want) {
			t.Errorf("%s: %d %s", body, got.status, got.body)
		}
	}
	form := ann.post("/library/", "org", "T", "library", "a b", "display_name", "Typed")
	if form.status != http.StatusUnprocessableEntity || !strings.Contains(form.body, `value="Typed"`) || !strings.Contains(form.body, `value="a b"`) {
		t.Errorf("a form that was refused: %d %s", form.status, brief(form))
	}
	if got := ann.post("/library/", "org", "T", "library", "Other", "display_name", "Other questions"); got.location() != "/library/library-v1:T+Other" {
		t.Errorf("by form: %d %s", got.status, got.location())
	}
	list := decode[[]map[string]string](t, ann.get("/library/", asksJSON...))
	if len(list) != 2 || list[1]["library_key"] != made.Key || list[1]["display_name"] != "Questions on cells" {
		t.Errorf("list %v", list)
	}
	if got := ann.get("/home_library/?q=cells", asPage...); !strings.Contains(got.body, made.URL+`"`) || strings.Contains(got.body, "T+Other\"") {
		t.Errorf("search: %s", brief(got))
	}
	if got := ann.get("/home/", asPage...); strings.Contains(got.body, made.URL) {
		t.Error("a library stands among the courses")
	}

	// Filled by programs and by forms; every kind that has no place here is refused.
	root := key.Usage("library", "library").String()
	ids := []string{}
	for i := range 12 {
		ids = append(ids, ann.addBlock(root, "problem", fmt.Sprintf("Question %d", i)))
	}
	if got := ann.json("POST", "/xblock/", map[string]string{"parent_locator": root, "category": "discussion"}); got.status != http.StatusBadRequest {
		t.Errorf("a discussion: %d", got.status)
	}
	info := ann.library(key)
	if !slices.Equal(info.Blocks, ids) || info.Name != "Questions on cells" || info.ID != made.Key || len(info.Version) != 24 || info.Previous == nil {
		t.Errorf("library %+v", info)
	}
	first, second := ann.get(made.URL, asPage...), ann.get(made.URL+"?page=2", asPage...)
	if strings.Count(first.body, "data-component=") != 10 || strings.Count(second.body, "data-component=") != 2 || !strings.Contains(first.body, "12 components") {
		t.Errorf("pages of %d and %d", strings.Count(first.body, "data-component="), strings.Count(second.body, "data-component="))
	}
	if got := ann.get(made.URL+"?"+url.Values{"show": {ids[11]}}.Encode(), asPage...); !strings.Contains(got.body, "data-component=\""+ids[11]) {
		t.Error("the page of a component is another")
	}
	if got := ann.get("/container/"+ids[11], asPage...); got.status != http.StatusFound || !strings.HasPrefix(got.location(), made.URL+"?show=") {
		t.Errorf("the page of one component: %d %s", got.status, got.location())
	}
	if strings.Contains(first.body, "component__view") == false {
		t.Error("no previews")
	}
	if got := ann.post(made.URL, "previews", "false", "page", "1"); got.location() != made.URL {
		t.Errorf("hide previews: %d %s", got.status, got.location())
	}
	if got := ann.get(made.URL, asPage...); strings.Contains(got.body, "component__view") || !strings.Contains(got.body, "Show previews") {
		t.Error("previews are shown all the same")
	}
	if got := ann.post("/container/"+root, "category", "html"); !strings.HasPrefix(got.location(), "/edit/lib-block-v1:T+Cells+type@html") {
		t.Errorf("add a text: %d %s", got.status, got.location())
	}

	// Deleted, and back; nothing is ever published.
	del := ann.do("POST", "/part/"+ids[0], url.Values{"act": {"delete"}, "from": {root}}.Encode(), "Content-Type", formType, asPage[0], asPage[1])
	if !strings.HasPrefix(del.location(), made.URL+"?") || !strings.Contains(del.location(), "did=delete") {
		t.Fatalf("delete: %d %s", del.status, del.location())
	}
	page := ann.get(del.location(), asPage...)
	was := regexp.MustCompile(`name="was" value="([^"]+)"`).FindStringSubmatch(page.body)
	if was == nil || slices.Contains(ann.library(key).Blocks, ids[0]) {
		t.Fatalf("no way back: %s", brief(page))
	}
	if got := ann.post("/part/"+ids[0], "act", "undo", "was", was[1], "from", root); got.status != http.StatusSeeOther || ann.library(key).Blocks[0] != ids[0] {
		t.Errorf("undo: %d, %v", got.status, ann.library(key).Blocks)
	}
	if got := ann.post("/part/"+ids[0], "act", "publish", "from", root); got.status < 400 {
		t.Errorf("publish: %d", got.status)
	}
	if got := ann.json("POST", "/xblock/"+ids[0], map[string]any{"publish": "make_public"}); got.status != http.StatusBadRequest {
		t.Errorf("publish by a program: %d %s", got.status, got.body)
	}
	if head, err := s.stores.courses.Head(t.Context(), key); err != nil || head.Published != "" {
		t.Errorf("head %+v, %v", head, err)
	}
	visitor := s.visitor()
	if got := visitor.get("/courses/" + key.String() + "/about"); got.status != http.StatusNotFound {
		t.Errorf("learners find a library: %d", got.status)
	}

	// The team: users see, staff write, the last admin stays.
	reader, writer := s.toStudio(bob), s.toStudio(cy)
	if got := reader.get(made.URL, asPage...); got.status != http.StatusForbidden {
		t.Errorf("a stranger: %d", got.status)
	}
	team := "/library/" + key.String() + "/team/"
	for who, role := range map[string]string{"bob": "library_user", "cy": "staff"} {
		if got := ann.post(team, "act", "add", "who", who, "role", role); got.status != http.StatusSeeOther || got.location() != team {
			t.Errorf("add %s: %d %s", who, got.status, got.location())
		}
	}
	if got := reader.get(made.URL, asPage...); got.status != http.StatusOK || strings.Contains(got.body, "data-add") || strings.Contains(got.body, "data-act-edit") {
		t.Errorf("a user of the library: %d", got.status)
	}
	if got := reader.get(team, asPage...); got.status != http.StatusOK || !strings.Contains(got.body, "Only admins of the library") {
		t.Errorf("a user reads the team: %d", got.status)
	}
	if got := reader.post("/container/"+root, "category", "html"); got.status != http.StatusForbidden {
		t.Errorf("a user adds: %d", got.status)
	}
	if got := writer.post("/container/"+root, "category", "html"); got.status != http.StatusSeeOther {
		t.Errorf("staff add: %d", got.status)
	}
	if got := writer.post(team, "act", "role", "who", "bob", "role", "staff"); got.status != http.StatusForbidden {
		t.Errorf("staff change the team: %d", got.status)
	}
	if got := ann.post(team, "act", "remove", "who", "ann"); got.status != http.StatusConflict && got.status != http.StatusUnprocessableEntity {
		t.Errorf("the last admin leaves: %d", got.status)
	}
	if got := ann.json("PUT", "/course_team/"+key.String()+"/bob", map[string]string{"role": "instructor"}); got.status != http.StatusNoContent {
		t.Errorf("make admin: %d %s", got.status, got.body)
	}
	if got := reader.post("/container/"+root, "category", "html"); got.status != http.StatusSeeOther {
		t.Errorf("the new admin adds: %d", got.status)
	}
	if got := ann.json("PUT", "/course_team/"+key.String()+"/bob", map[string]string{"role": "library_user"}); got.status != http.StatusNoContent {
		t.Errorf("make user: %d %s", got.status, got.body)
	}
	if got := reader.post("/container/"+root, "category", "html"); got.status != http.StatusForbidden {
		t.Errorf("who was admin adds: %d", got.status)
	}
}

// chosen reads the questions on a learner's page.
var chosenQuestions = regexp.MustCompile(`data-usage="(block-v1:[^"]+type@problem\+block@[0-9a-f]{20})"`)

// TestStudioLibraryContent: a course takes from a library, learners are shown some of it, and both stay what they are when the other changes.
func TestStudioLibraryContent(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, "LMS_RATE_LIMITS=no")
	c := s.teach(ownCourse("Own"))
	s.keepLibrary(t, ownLibrary)
	person := s.person("ann", nil)
	s.grant(person, team.Instructor, c.Key)
	s.grant(person, team.Instructor, ownLibrary)
	ann := s.toStudio(person)
	unit := c.Key.Usage("vertical", "u2")
	block := ann.addBlock(unit.String(), "library_content", "Pick one")
	u, err := course.ParseUsageKey(block)
	if err != nil {
		t.Fatal(err)
	}
	edit := ann.get("/edit/"+block, asPage...)
	if !strings.Contains(edit.body, `<option value="library-v1:T+Lib"`) {
		t.Fatalf("no library to choose: %s", brief(edit))
	}
	if got := ann.get("/container/"+unit.String(), asPage...); !strings.Contains(got.body, "No library is chosen yet") {
		t.Error("the unit does not say that no library is chosen")
	}
	got := ann.post("/edit/"+block, "seen", seenOf(t, edit), "base", seenOf(t, edit), "f.source_library_id", ownLibrary.String(), "f.capa_type", "numericalresponse", "f.max_count", "1")
	if got.status != http.StatusSeeOther {
		t.Fatalf("choose: %d %s", got.status, brief(got))
	}
	copies := func() []*course.Block { return s.draftBlock(u).Children }
	if n := len(copies()); n != 1 {
		t.Fatalf("%d copies of questions", n)
	}
	for i := range 3 {
		ann.addBlock(ownLibrary.Usage("library", "library").String(), "problem", fmt.Sprintf("More %d", i))
	}
	page := ann.get("/container/"+unit.String(), asPage...)
	if !strings.Contains(page.body, "The library has changed since") || !strings.Contains(page.body, "Update now") {
		t.Errorf("nothing is said of the change: %s", brief(page))
	}
	ann.json("POST", "/xblock/"+block, map[string]any{"metadata": map[string]any{"capa_type": "any"}})
	if n := len(copies()); n != 5 {
		t.Fatalf("%d copies of everything", n)
	}
	mine := c.Key.Usage("problem", copies()[0].ID)
	ann.json("POST", "/xblock/"+mine.String(), map[string]any{"metadata": map[string]any{"weight": 3, "display_name": "Mine"}})
	q1 := ownLibrary.Usage("problem", "q1").String()
	ann.json("POST", "/xblock/"+q1, map[string]any{"metadata": map[string]any{"display_name": "Theirs", "max_attempts": 4}})

	// Handlers of scripts.
	for path, want := range map[string]int{
		"/xblock/" + block + "/handler/upgrade_and_sync":                                           http.StatusOK,
		"/xblock/" + block + "/handler/refresh_children":                                           http.StatusOK,
		"/xblock/" + c.Key.Usage("library_content", "none").String() + "/handler/upgrade_and_sync": http.StatusNotFound,
	} {
		if got := ann.json("POST", path, map[string]any{}); got.status != want {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	if got := ann.json("POST", "/xblock/"+block+"/handler/children_are_syncing", map[string]any{}); got.body != "false" && strings.TrimSpace(got.body) != "false" {
		t.Errorf("syncing: %s", got.body)
	}
	one := copies()[0]
	if name, _ := one.Fields["display_name"].Text(); one.ID != mine.ID || name != "Mine" || one.Fields["weight"] != "3" || one.Fields["max_attempts"] != "4" {
		t.Errorf("after the update: %s %v", one.ID, one.Fields)
	}
	if got := ann.get("/edit/"+mine.String(), asPage...); !strings.Contains(got.body, "This is a copy of") {
		t.Error("the form of a copy does not say that it is one")
	}
	inside := ann.get("/container/"+block, asPage...)
	if strings.Count(inside.body, "data-component=") != 5 || strings.Contains(inside.body, "data-add") {
		t.Errorf("the page of the copies: %d", strings.Count(inside.body, "data-component="))
	}

	// Learners: one each, the same at each visit, and no other can be answered.
	if got := ann.post("/part/"+unit.String(), "act", "publish"); got.status != http.StatusSeeOther {
		t.Fatalf("publish: %d %s", got.status, got.body)
	}
	live := s.compiled(c.Key)
	n, ok := live.Node(u)
	if !ok || len(n.Children) != 5 {
		t.Fatal("learners have no copies")
	}
	mira := s.person("mira", nil)
	s.enroll(mira, live)
	mira.signIn()
	at := "/courses/" + c.Key.String() + "/courseware/open/s1/2"
	seen := func() []string {
		var out []string
		for _, m := range chosenQuestions.FindAllStringSubmatch(mira.get(at, asPage...).body, -1) {
			out = append(out, m[1])
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	var wg sync.WaitGroup
	both := make([][]string, 4)
	for i := range both {
		wg.Go(func() { both[i] = seen() })
	}
	wg.Wait()
	shown := seen()
	for _, other := range both {
		if !slices.Equal(other, shown) || len(shown) > 1 {
			t.Errorf("pages show %v and %v", other, shown)
		}
	}
	for _, i := range n.Children {
		child := &live.Nodes[i]
		if child.Block.Type != "problem" {
			continue
		}
		want := http.StatusNotFound
		if slices.Contains(shown, child.Usage) {
			want = http.StatusOK
		}
		got := mira.do("POST", "/courses/"+c.Key.String()+"/xblock/"+child.Usage+"/handler/xmodule_handler/problem_get", "x=1", "Content-Type", formType, "Accept", "application/json")
		if got.status != want {
			t.Errorf("%s: %d, want %d", child.Name, got.status, want)
		}
	}
	told := false
	for _, e := range trackingLines(t, s.data) {
		if e["event_type"] == "edx.librarycontentblock.content.assigned" {
			text := fmt.Sprint(e["event"])
			told = strings.Contains(text, "lib-block-v1:T+Lib+type@") && strings.Contains(text, "previous_count:0") && strings.Contains(text, "max_count:1")
		}
	}
	if !told {
		t.Error("no event of the choice")
	}

	// Who is on the course's team and not on the library's learns nothing of it but the key the block has.
	s.grant(mira, team.Staff, c.Key)
	other := s.toStudio(mira).get("/container/"+unit.String(), asPage...)
	if other.status != http.StatusOK || !strings.Contains(other.body, "You may not see the library "+ownLibrary.String()) || strings.Contains(other.body, "Library Lib") || strings.Contains(other.body, "/library/"+ownLibrary.String()) {
		t.Errorf("of a library that is not theirs: %d %s", other.status, brief(other))
	}

	// The library goes; the course stays as it is.
	if got := ann.post("/library/"+ownLibrary.String()+"/delete", "name", "Library Lib"); got.location() != librariesAt {
		t.Fatalf("delete: %d %s", got.status, got.location())
	}
	if got := ann.get("/container/"+unit.String(), asPage...); !strings.Contains(got.body, "is not here any more") {
		t.Error("the unit says nothing of the library that is gone")
	}
	if got := ann.json("POST", "/xblock/"+block+"/handler/upgrade_and_sync", map[string]any{}); got.status != http.StatusBadRequest || !strings.Contains(got.body, "not here any more") {
		t.Errorf("update from nothing: %d %s", got.status, got.body)
	}
	if n := len(copies()); n != 5 {
		t.Errorf("%d copies stayed", n)
	}
	if again := seen(); !slices.Equal(again, shown) {
		t.Errorf("a learner is shown %v, was %v", again, shown)
	}
	if got := ann.get("/home_library/", asPage...); !strings.Contains(got.body, "Library Lib") || !strings.Contains(got.body, "/restore") {
		t.Error("the library cannot be restored")
	}
	if got := ann.post("/library/" + ownLibrary.String() + "/restore"); got.location() != librariesAt {
		t.Errorf("restore: %d %s", got.status, got.location())
	}
	if _, ok := draft.SourceLibrary(s.draftBlock(u)); !ok {
		t.Error("the block names no library")
	}
}

const librariesAt = "/home_library/"

// TestStudioLibraryTransfer: a library goes out and comes in again, the same but for its key, and courses are no libraries.
func TestStudioLibraryTransfer(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, "LMS_RATE_LIMITS=no")
	s.keepLibrary(t, ownLibrary)
	person := s.person("ann", nil)
	s.grant(person, team.Instructor, ownLibrary)
	s.grantSite(person, team.CourseCreator)
	ann := s.toStudio(person)
	out := func(key course.Key) []byte {
		t.Helper()
		got := ann.get("/export/" + key.String() + "?_accept=application/x-tgz")
		if got.status != http.StatusOK {
			t.Fatalf("export: %d %s", got.status, got.body)
		}
		return []byte(got.body)
	}
	archive := out(ownLibrary)
	key := course.Key{Org: "T", Number: "Copy", Form: course.FormLibrary}
	if got := ann.json("POST", "/library/", map[string]string{"org": "T", "library": "Copy", "display_name": "Copy"}); got.status != http.StatusOK {
		t.Fatal(got.body)
	}
	if news := ann.bring(key, "library.tar.gz", archive); news.ImportStatus != 4 {
		t.Fatalf("import: %+v", news)
	}
	a, b := ann.library(ownLibrary), ann.library(key)
	if len(b.Blocks) != len(a.Blocks) || b.Name != a.Name || b.Blocks[0] != key.Usage("problem", "q1").String() {
		t.Errorf("library %+v", b)
	}
	if head, err := s.stores.courses.Head(t.Context(), key); err != nil || head.Published != "" {
		t.Errorf("head %+v, %v", head, err)
	}
	if news := ann.bring(ownLibrary, "again.tar.gz", archive); news.ImportStatus != 4 || string(out(ownLibrary)) != string(archive) {
		t.Errorf("in its own place: %+v", news)
	}
	if news := ann.bring(key, "course.tar.gz", pack(t, ownCourse("Own"))); news.State != "failed" || !strings.Contains(news.Message, "course, not a content library") {
		t.Errorf("a course as library: %+v", news)
	}
	if page := ann.get("/import/"+key.String(), asPage...); page.status != http.StatusOK || strings.Contains(page.body, `name="publish"`) {
		t.Errorf("the page of imports: %d", page.status)
	}
	if page := ann.get("/export/"+key.String(), asPage...); page.status != http.StatusOK {
		t.Errorf("the page of exports: %d", page.status)
	}
}
