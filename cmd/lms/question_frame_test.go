package main

import (
	"net/http"
	"strings"
	"testing"

	"lyceum/component"
)

// TestQuestionFrames: the frame of a question is its learner's alone, open and closed as its block, and whoever may show single blocks in
// frames may show it in them.
func TestQuestionFrames(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	s.lms.Framers = []string{"https://front.example"}
	const script = `<script type="text/javascript">draw()</script>`
	question := func(id string) string {
		return `<vertical url_name="u` + id + `" display_name="Unit"><problem url_name="` + id + `" display_name="Question">` + script + `<stringresponse answer="yes"><label>Well?</label><textline/></stringresponse></problem></vertical>`
	}
	c := s.teach(files(map[string]string{
		"course.xml": `<course org="T" course="Framed" url_name="1"/>`,
		"course/1.xml": `<course><chapter url_name="c" display_name="Chapter"><sequential url_name="s" display_name="Part">` + question("q") +
			`<vertical url_name="uh" display_name="Unit"><html url_name="h" display_name="H"><![CDATA[<script>1</script>]]></html></vertical></sequential>` +
			`<sequential url_name="over" display_name="Over" graded="true" format="Quiz" hide_after_due="true" due="` + stamp(-hour) + `">` + question("o") +
			`<vertical url_name="ux" display_name="Unit"><html url_name="x" display_name="X"><![CDATA[<script>1</script>]]></html></vertical></sequential>` +
			`<sequential url_name="later" display_name="Later" start="` + stamp(24*hour) + `">` + question("l") + `</sequential></chapter></course>`,
		"policies/1/policy.json": `{"course/1": {"display_name": "Framed", "start": "2020-01-01T00:00:00Z"}}`,
	}))
	mira, noor, stranger := s.person("mira", nil), s.person("noor", nil), s.person("stranger", nil)
	s.enroll(mira, c)
	s.enroll(noor, c)
	at := func(kind, id string) string { return "/courses/" + c.Key.String() + "/frame/" + usage(c.Key, kind, id) }

	q, ok := c.FindID("q")
	if !ok {
		t.Fatal("no question")
	}
	handler := component.Links{}.Handler(q, "xmodule_handler", "problem_check")
	if got := mira.post(handler, "input_q_2_1", "perhaps mine"); got.status != http.StatusOK || !strings.Contains(got.body, `"frame":`) || !strings.Contains(got.body, "perhaps mine") {
		t.Fatalf("answer: %d %s", got.status, got.body)
	}
	got := mira.get(at("problem", "q"))
	if got.status != http.StatusOK || !strings.Contains(got.body, script) || !strings.Contains(got.body, `value="perhaps mine"`) {
		t.Errorf("one's own: %d %s", got.status, got.body)
	}
	policy := got.header.Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "sandbox allow-scripts allow-forms allow-popups;") || !strings.Contains(policy, "frame-ancestors 'self' https://front.example;") {
		t.Errorf("policy %q", policy)
	}
	if cache := got.header.Get("Cache-Control"); cache != "private, no-store" {
		t.Errorf("kept by caches: %q", cache)
	}
	for _, secret := range []string{mira.account.Email, mira.account.Username, mira.cookies["sessionid"], mira.cookies["csrftoken"]} {
		if secret != "" && strings.Contains(got.body, secret) {
			t.Errorf("the frame holds %q", secret)
		}
	}
	if got := noor.get(at("problem", "q")); got.status != http.StatusOK || strings.Contains(got.body, "perhaps mine") {
		t.Errorf("another's: %d %s", got.status, got.body)
	}
	for _, tc := range []struct {
		what string
		b    *browser
		path string
	}{
		{"before its start", mira, at("problem", "l")},
		{"after its end", mira, at("problem", "o")},
		{"a text after its end", mira, at("html", "x")},
		{"not enrolled", stranger, at("problem", "q")},
		{"not signed in", s.visitor(), at("problem", "q")},
	} {
		if got := tc.b.get(tc.path); got.status == http.StatusOK || strings.Contains(got.body, "<script>1") || strings.Contains(got.body, "draw()") {
			t.Errorf("%s: %d %s", tc.what, got.status, got.body)
		}
	}
	if got := mira.get(at("html", "h")); got.status != http.StatusOK {
		t.Errorf("a text: %d", got.status)
	}
}
