package main

import (
	"net/http"
	"strings"
	"testing"

	"lyceum/course/team"
)

// TestStudioLimits: questions that are tried and archives that are made while somebody waits are bounded for each author; reading leaves no
// rows behind.
func TestStudioLimits(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	c := s.teach(ownCourse("Own"))
	key := c.Key.String()
	ann, bob := s.person("ann", nil), s.person("bob", nil)
	s.grant(ann, team.Staff, c.Key)
	s.grant(bob, team.Staff, c.Key)
	st, other := s.toStudio(ann), s.toStudio(bob)
	var before, after int
	rows := func(n *int) {
		t.Helper()
		if err := s.stores.pool.QueryRow(t.Context(), `SELECT count(*) FROM audit`).Scan(n); err != nil {
			t.Fatal(err)
		}
	}
	rows(&before)
	// until asks until it is refused, and returns how often it was answered.
	until := func(b *browser, most int, ask func(*browser) reply) int {
		t.Helper()
		for n := range most {
			got := ask(b)
			if got.status == http.StatusTooManyRequests && got.header.Get("Retry-After") != "" {
				return n
			}
			if got.status != http.StatusOK {
				t.Fatalf("%d %s", got.status, got.body)
			}
		}
		return most
	}
	archive := func(b *browser) reply { return b.get("/export/" + key + "?_accept=application/x-tgz") }
	if n := until(st, 20, archive); n < 3 || n == 20 {
		t.Errorf("%d archives at once", n)
	}
	if got := archive(other); got.status != http.StatusOK {
		t.Errorf("another author: %d", got.status)
	}
	if rows(&after); after != before {
		t.Errorf("reading wrote %d rows of the audit log", after-before)
	}
	problem := c.Key.Usage("problem", "p1").String()
	try := func(b *browser) reply { return b.post("/preview/problem/"+problem, "data", "<problem/>") }
	if n := until(st, 400, try); n < 20 || n == 400 {
		t.Errorf("%d tries at once", n)
	}
	if got := try(other); got.status != http.StatusOK {
		t.Errorf("another author tries: %d", got.status)
	}
	if got := st.get("/container/"+c.Key.Usage("vertical", "u1").String(), asPage...); got.status != http.StatusOK {
		t.Errorf("the page of the unit: %d", got.status)
	}
}

// TestStudioLongTexts: what a course may have can be sent, too; what is larger than anything is refused with the number that would do.
func TestStudioLongTexts(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, "LMS_RATE_LIMITS=no")
	c := s.teach(ownCourse("Own"))
	ann := s.person("ann", nil)
	s.grant(ann, team.Staff, c.Key)
	st := s.toStudio(ann)
	key := c.Key.String()
	long := "<p>" + strings.Repeat("long ", 500_000) + "</p>"
	for path, pairs := range map[string][]string{
		"/richtext/preview":         {"course", key, "text", long},
		"/course_info/" + key:       {"act", "handouts", "text", long},
		"/settings/advanced/" + key: {"f.other", long},
		"/settings/details/" + key:  {"overview", long},
		"/tabs/" + key:              {"act", "text", "text", long},
	} {
		if got := st.post(path, pairs...); got.status == http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %d", path, got.status)
		}
	}
	if got := st.json("PUT", "/settings/advanced/"+key, map[string]any{"other": map[string]any{"value": long}}); got.status == http.StatusRequestEntityTooLarge {
		t.Errorf("as JSON: %d", got.status)
	}
	got := st.do("POST", "/part/"+c.Key.Usage("chapter", "open").String(), strings.Repeat("x", 2<<20), append([]string{"Content-Type", formType}, asPage...)...)
	if got.status != http.StatusRequestEntityTooLarge || !strings.Contains(got.body, "the 1 MiB that are accepted") {
		t.Errorf("too much: %d %.500s", got.status, got.body)
	}
}
