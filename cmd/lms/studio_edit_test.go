package main

import (
	"html"
	"io/fs"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"lyceum/authoring/draft"
	"lyceum/course"
	"lyceum/course/team"
)

// editors is the course of these tests: a text whose lines end as Windows ends them, a kind nobody knows, and settings set on the course.
func editors() fs.FS {
	files := ownCourse("Forms")
	put := func(path, text string) { files[path] = &fstest.MapFile{Data: []byte(text), Mode: 0o644} }
	put("html/text2.html", "<p>One</p>\r\n<p>Two</p>\r\n")
	put("vertical/u2.xml", `<vertical display_name="Unit 2"><html url_name="text2"/><hologram url_name="h1" depth="3"><lens  focus='2'/></hologram></vertical>`)
	policy := string(files["policies/1/policy.json"].Data)
	put("policies/1/policy.json", strings.Replace(policy, `"display_name"`, `"max_attempts": 4, "display_name"`, 1))
	return files
}

var hiddenInput = regexp.MustCompile(`<input type="hidden" name="(seen|base)" value="([^"]*)"`)

// formOf opens the form of a block and returns what it would send of versions.
func (b *browser) formOf(u string) (page reply, versions []string) {
	b.t.Helper()
	page = b.get("/edit/"+u, asPage...)
	if page.status != http.StatusOK {
		b.t.Fatalf("open the form of %s: %d %s", u, page.status, page.body)
	}
	for _, m := range hiddenInput.FindAllStringSubmatch(page.body, -1) {
		versions = append(versions, m[1], m[2])
	}
	return page, versions
}

// draftBlock reads a block as it is in the draft.
func (s *testSite) draftBlock(u course.UsageKey) *course.Block {
	s.t.Helper()
	head, err := s.stores.courses.Head(s.t.Context(), u.Course)
	if err != nil {
		s.t.Fatal(err)
	}
	c, _, err := s.stores.courses.ContentAt(s.t.Context(), head.Draft)
	if err != nil {
		s.t.Fatal(err)
	}
	return draft.Block(c, u)
}

func TestStudioEdit(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, "LMS_RATE_LIMITS=no")
	c := s.teach(editors())
	ann := s.person("ann", nil)
	s.grant(ann, team.Staff, c.Key)
	st := s.toStudio(ann)
	problem, text, unknown := c.Key.Usage("problem", "p1"), c.Key.Usage("html", "text2"), c.Key.Usage("hologram", "h1")
	send := func(u course.UsageKey, headers []string, versions []string, pairs ...string) reply {
		t.Helper()
		return st.do("POST", "/edit/"+u.String(), form(append(versions, pairs...)...), append([]string{"Content-Type", formType}, headers...)...)
	}

	page, versions := st.formOf(problem.String())
	for _, want := range []string{"From Forms", `name="f.max_attempts"`, `value="4"`, "Attempts", "Back to the default", "Not saved: we keep trying"} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the form does not say %q", want)
		}
	}
	if inside := st.get("/edit/"+problem.String()+"?inside=1", asPage...); strings.Contains(inside.body, "<html") || !strings.Contains(inside.body, "data-edit-form") {
		t.Errorf("the form alone: %s", inside.body)
	}

	// As it was shown: nothing happens, no version is made.
	before := s.draftBlock(problem)
	if got := send(problem, asPage, versions, "f.max_attempts", "4", "f.display_name", "Question 1"); got.status != http.StatusSeeOther || !strings.HasPrefix(got.location(), "/container/") || !strings.HasSuffix(got.location(), "#problem-p1") {
		t.Fatalf("nothing changed: %d %s %s", got.status, got.location(), got.body)
	}
	if _, again := st.formOf(problem.String()); again[1] != versions[1] {
		t.Error("nothing changed, and a version was made")
	}

	// Refused: beside its field, everything typed still there.
	got := send(problem, asPage, versions, "f.max_attempts", "many", "f.display_name", "A new <name>", "data", "<problem>typed</problem>")
	if got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "A whole number is needed.") || !strings.Contains(got.body, `value="many"`) ||
		!strings.Contains(got.body, "A new &lt;name&gt;") || !strings.Contains(got.body, "typed") {
		t.Errorf("refused: %d %s", got.status, got.body)
	}
	got = send(problem, asksJSON, versions, "f.max_attempts", "many")
	if got.status != http.StatusBadRequest || !strings.Contains(got.body, `"f.max_attempts":"A whole number is needed."`) {
		t.Errorf("refused in place: %d %s", got.status, got.body)
	}

	// One version for text and settings together.
	got = send(problem, asksJSON, versions, "f.max_attempts", "", "f.weight", "2,5", "data", strings.Replace(string(before.Body), "Well?", "Well well?", 1))
	if got.status != http.StatusOK || !strings.Contains(got.body, `"problems":[]`) {
		t.Fatalf("saved: %d %s", got.status, got.body)
	}
	// The source of a problem is the whole element; what was sent is kept as it was sent.
	if b := s.draftBlock(problem); b.Fields["max_attempts"] != course.Null || b.Fields["weight"] != "2.5" || !strings.Contains(string(b.Body), "Well well?") {
		t.Errorf("after saving: %v %s", b.Fields, b.Body)
	}
	// The same form again, because its answer was lost: it is done, and nobody is told of a lost race.
	if got := send(problem, asksJSON, versions, "f.max_attempts", "", "f.weight", "2,5", "data", strings.Replace(string(before.Body), "Well?", "Well well?", 1)); got.status != http.StatusOK {
		t.Errorf("sent twice: %d %s", got.status, got.body)
	}
	// Another author, on the old version.
	got = send(problem, asPage, versions, "f.display_name", "Mine")
	if got.status != http.StatusConflict || !strings.Contains(got.body, "Mine") || !strings.Contains(got.body, `value="resume"`) {
		t.Errorf("a lost race: %d %s", got.status, got.body)
	}
	if got := send(problem, asksJSON, versions, "f.display_name", "Mine"); got.status != http.StatusConflict || !strings.Contains(got.body, `"conflict"`) {
		t.Errorf("a lost race in place: %d %s", got.status, got.body)
	}
	_, now := st.formOf(problem.String())
	resumed := append([]string{"seen", now[1]}, versions[2:]...)
	if got := send(problem, asPage, resumed, "act", "resume", "f.display_name", "Mine"); got.status != http.StatusOK || !strings.Contains(got.body, `value="Mine"`) {
		t.Errorf("on with mine: %d %s", got.status, got.body)
	}
	if got := send(problem, asPage, resumed, "f.display_name", "Mine"); got.status != http.StatusSeeOther {
		t.Errorf("use mine: %d %s", got.status, got.body)
	}
	if b := s.draftBlock(problem); b.Fields["display_name"] != `"Mine"` || b.Fields["weight"] != "2.5" {
		t.Errorf("mine takes only what I changed: %v", b.Fields)
	}
	// Back to what it would be without.
	_, versions = st.formOf(problem.String())
	if got := send(problem, asPage, versions, "unset.max_attempts", "1", "f.max_attempts", ""); got.status != http.StatusSeeOther {
		t.Errorf("reset: %d %s", got.status, got.body)
	}
	if b := s.draftBlock(problem); b.Fields["max_attempts"].IsSet() {
		t.Errorf("after a reset: %v", b.Fields)
	}

	// Lines end as they did, and what was not changed is not touched.
	page, versions = st.formOf(text.String())
	was := string(s.draftBlock(text).Body)
	if got := send(text, asPage, versions, "data", strings.ReplaceAll(was, "\r\n", "\n")); got.status != http.StatusSeeOther || string(s.draftBlock(text).Body) != was {
		t.Errorf("the same text with other line ends: %d %q", got.status, s.draftBlock(text).Body)
	}
	_, versions = st.formOf(text.String())
	if got := send(text, asPage, versions, "data", "<p>One</p>\n<p>Three</p>\n"); got.status != http.StatusSeeOther || string(s.draftBlock(text).Body) != "<p>One</p>\r\n<p>Three</p>\r\n" {
		t.Errorf("another text: %d %q", got.status, s.draftBlock(text).Body)
	}

	// A kind nobody knows: its source, whole, and what nobody reads in it is kept.
	page, versions = st.formOf(unknown.String())
	source := html.UnescapeString(page.body)
	if !strings.Contains(source, `<lens  focus='2'/>`) || !strings.Contains(page.body, "depth") {
		t.Errorf("an unknown kind: %s", page.body)
	}
	whole := string(s.draftBlock(unknown).Body)
	if got := send(unknown, asPage, versions, "f.display_name", "Hologram"); got.status != http.StatusSeeOther {
		t.Fatalf("rename what nobody knows: %d %s", got.status, got.body)
	}
	if b := s.draftBlock(unknown); string(b.Body) != whole || b.Attrs["depth"] != "3" || b.Fields["display_name"] != `"Hologram"` {
		t.Errorf("after renaming: %v %v %s", b.Fields, b.Attrs, b.Body)
	}
	page, versions = st.formOf(unknown.String())
	if !strings.Contains(html.UnescapeString(page.body), `display_name="Hologram"`) {
		t.Error("the source does not say its new name")
	}
	if got := send(unknown, asksJSON, versions, "data", `<hologram url_name="h1" depth="4"><lens/>`); got.status != http.StatusOK || !strings.Contains(got.body, `"line":1`) {
		t.Errorf("half an element is kept and told: %d %s", got.status, got.body)
	}
	if b := s.draftBlock(unknown); b.Attrs["depth"] != "4" || b.Fields["display_name"].IsSet() {
		t.Errorf("the start tag says the settings: %v %v", b.Fields, b.Attrs)
	}

	// Text that does not parse is kept, shown with its line, and not published.
	_, versions = st.formOf(problem.String())
	broken := "<problem>\n<p>\n</problem>"
	got = send(problem, asksJSON, versions, "act", "check", "data", broken)
	if got.status != http.StatusOK || !strings.Contains(got.body, `"line":`) || strings.Contains(string(s.draftBlock(problem).Body), "<p>\n") {
		t.Errorf("checked only: %d %s", got.status, got.body)
	}
	got = send(problem, asksJSON, versions, "data", broken)
	if got.status != http.StatusOK || strings.Contains(got.body, `"problems":[]`) {
		t.Errorf("broken and kept: %d %s", got.status, got.body)
	}
	if page, _ := st.formOf(problem.String()); !strings.Contains(page.body, "Learners would not see this as it is") {
		t.Error("the form does not say what is broken")
	}
	unit := c.Key.Usage("vertical", "u1")
	if got := st.json("POST", "/xblock/"+unit.String(), map[string]any{"publish": "make_public"}); !strings.Contains(got.body, "does_not_load") {
		t.Errorf("published all the same: %d %s", got.status, got.body)
	}
}

// TestStudioEditEveryKind: the form of every block of a course opens, and sent as it is shown changes nothing.
func TestStudioEditEveryKind(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, "LMS_RATE_LIMITS=no")
	files := editors().(fstest.MapFS)
	kinds := ""
	for _, kind := range []string{
		"poll", "survey", "word_cloud", "lti", "lti_consumer", "openassessment", "edx_sga", "done", "drag-and-drop-v2", "annotatable", "discussion", "poll_question", "customtag",
		"library_content", "conditional", "split_test", "randomize",
	} {
		kinds += "<" + kind + ` url_name="k_` + kind + `" display_name="A ` + kind + `" odd="1"/>`
	}
	files["vertical/u2.xml"] = &fstest.MapFile{Data: []byte(`<vertical display_name="All">` + kinds + `</vertical>`), Mode: 0o644}
	c := s.teach(files)
	ann := s.person("ann", nil)
	s.grant(ann, team.Staff, c.Key)
	st := s.toStudio(ann)
	version := func() string {
		head, err := s.stores.courses.Head(t.Context(), c.Key)
		if err != nil {
			t.Fatal(err)
		}
		return string(head.Draft)
	}
	first := version()
	var blocks []course.UsageKey
	for i := range c.Below(c.Root()) {
		blocks = append(blocks, c.Below(c.Root())[i].Key)
	}
	for _, u := range blocks {
		page, _ := st.formOf(u.String())
		sent := fieldsOf(page.body)
		got := st.do("POST", "/edit/"+u.String(), form(sent...), append([]string{"Content-Type", formType}, asPage...)...)
		if got.status != http.StatusSeeOther {
			t.Errorf("%s as it is shown: %d", u, got.status)
		}
		if now := version(); now != first {
			t.Fatalf("%s sent as it is shown makes a version: %v", u, sent)
		}
	}
	if len(blocks) < 25 {
		t.Errorf("only %d blocks", len(blocks))
	}
}

var (
	inputTag  = regexp.MustCompile(`<input [^>]*>`)
	areaTag   = regexp.MustCompile(`(?s)<textarea [^>]*name="([^"]*)"[^>]*>\n?(.*?)</textarea>`)
	selectTag = regexp.MustCompile(`(?s)<select [^>]*name="([^"]*)"[^>]*>(.*?)</select>`)
	chosenTag = regexp.MustCompile(`<option value="([^"]*)" selected`)
	attrTag   = regexp.MustCompile(`(\w+)="([^"]*)"`)
)

var disabledFields = regexp.MustCompile(`(?s)<fieldset[^>]* disabled[^>]*>.*?</fieldset>`)

// fieldsOf is what a browser would send of the form of a block.
func fieldsOf(page string) (pairs []string) {
	_, page, _ = strings.Cut(page, "data-edit-form")
	page, _, _ = strings.Cut(page, "</form>")
	page = disabledFields.ReplaceAllString(page, "")
	for _, tag := range inputTag.FindAllString(page, -1) {
		attrs := map[string]string{}
		for _, m := range attrTag.FindAllStringSubmatch(tag, -1) {
			attrs[m[1]] = html.UnescapeString(m[2])
		}
		if attrs["name"] != "" && (attrs["type"] != "checkbox" && attrs["type"] != "radio" || strings.Contains(tag, " checked")) && attrs["type"] != "file" {
			pairs = append(pairs, attrs["name"], attrs["value"])
		}
	}
	for _, m := range areaTag.FindAllStringSubmatch(page, -1) {
		pairs = append(pairs, m[1], html.UnescapeString(m[2]))
	}
	for _, m := range selectTag.FindAllStringSubmatch(page, -1) {
		if chosen := chosenTag.FindStringSubmatch(m[2]); chosen != nil {
			pairs = append(pairs, m[1], html.UnescapeString(chosen[1]))
		}
	}
	return pairs
}
