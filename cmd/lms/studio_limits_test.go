package main

import (
	"net/http"
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
