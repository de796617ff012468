package main

import (
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)

// TestAnswersTooFast answers one problem faster than its limit: the refusal says when to come back, uses no attempt, and what was typed
// comes along; the same submission again is no answer of its own.
func TestAnswersTooFast(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	c := s.teach(ownCourse("Fast"))
	b := s.person("learner", nil)
	s.enroll(b, c)
	input := "input_" + c.Key.Usage("problem", "p1").HTMLID() + "_2_1"
	check := handler(c, "problem", "p1", "xmodule_handler/problem_check")
	for i := range 5 {
		if got := b.post(check, input, fmt.Sprint("no ", i), "submission_id", fmt.Sprint("id", i)); got.status != http.StatusOK {
			t.Fatalf("answer %d: %d %s", i, got.status, got.body)
		}
	}
	for range 100 {
		if got := b.post(check, input, "no 4", "submission_id", "id4"); got.status != http.StatusOK || !strings.Contains(got.body, "incorrect") {
			t.Fatalf("the same submission again: %d %s", got.status, got.body)
		}
	}
	// The repeats took time, in which one or more answers became free again.
	refused := reply{}
	for i := range 20 {
		refused = b.do(http.MethodPost, check, form(input, `typed "text" <here>`, "submission_id", fmt.Sprint("more", i)), "Content-Type", formType, "X-Requested-With", "XMLHttpRequest")
		if refused.status != http.StatusOK {
			break
		}
	}
	if after, err := strconv.Atoi(refused.header.Get("Retry-After")); refused.status != http.StatusTooManyRequests || err != nil || after < 1 || after > 2 {
		t.Fatalf("answers without end: %d, Retry-After %q %s", refused.status, refused.header.Get("Retry-After"), refused.body)
	}
	if !strings.Contains(refused.body, `"error":"too_many"`) || !strings.Contains(refused.body, "Nothing is lost") {
		t.Errorf("the refusal says %s", refused.body)
	}
	var used [2]reply
	used[0] = b.get(handler(c, "problem", "p1", "xmodule_handler/problem_get"))
	page := b.do(http.MethodPost, check, form(input, `typed "text" <here>`, "submission_id", "page"), "Content-Type", formType, "Accept", "text/html", "Sec-Fetch-Mode", "navigate")
	if used[1] = b.get(handler(c, "problem", "p1", "xmodule_handler/problem_get")); used[0].body != used[1].body {
		t.Errorf("a refused answer changed the problem from %s to %s", used[0].body, used[1].body)
	}
	if page.status != http.StatusTooManyRequests {
		t.Fatalf("without scripts: %d %s", page.status, page.body)
	}
	if !strings.Contains(page.body, `<form method="post" action="`+html.EscapeString(check)+`">`) {
		t.Errorf("no form that goes to %s: %s", check, page.body)
	}
	kept := map[string]string{}
	for _, field := range hiddenField.FindAllStringSubmatch(page.body, -1) {
		kept[field[1]] = html.UnescapeString(field[2])
	}
	if len(kept) != 2 || kept[input] != `typed "text" <here>` || kept["submission_id"] != "page" {
		t.Errorf("the page keeps %v", kept)
	}
	if got := b.post(handler(c, "problem", "p2", "xmodule_handler/problem_check"), input, "yes2"); got.status == http.StatusTooManyRequests {
		t.Error("another problem is closed, too")
	}
}
