package main

import (
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"lyceum/course"
	accounts "lyceum/learner/account"
)

// gatedCourse has a subsection that opens when another is done: half of its points, and all of it complete.
func gatedCourse(name string) fstest.MapFS {
	question := func(id string) string {
		return `<problem url_name="` + id + `" display_name="Question ` + id + `"><stringresponse answer="yes"><label>Well?</label><textline/></stringresponse></problem>`
	}
	return fstest.MapFS{
		"course.xml": {Data: []byte(`<course org="T" course="` + name + `" url_name="1" display_name="Gated" start="2020-01-01T00:00:00Z" enable_subsection_gating="true"><chapter url_name="c" display_name="Chapter">
			<sequential url_name="a" display_name="The first" graded="true" format="Homework" is_prereq="true"><vertical url_name="ua" display_name="Unit A">` + question("p1") + question("p2") + `</vertical></sequential>
			<sequential url_name="b" display_name="The second" graded="true" format="Homework" prereq="a" prereq_min_score="50" prereq_min_completion="100"><vertical url_name="ub" display_name="Unit B">` + question("p3") + `</vertical></sequential>
			<sequential url_name="d" display_name="The third"><vertical url_name="ud" display_name="Unit D"><html url_name="h">Text</html></vertical></sequential>
			</chapter></course>`)},
		"policies/1/grading_policy.json": {Data: []byte(`{"GRADER": [{"type": "Homework", "min_count": 2, "drop_count": 0, "short_label": "HW", "weight": 1}], "GRADE_CUTOFFS": {"Pass": 0.5}}`)},
	}
}

// TestGate: what stands behind another subsection is closed by every door until that is done, says what opens it, and is open with the
// answer that does. It counts for the grade all the while, and costs no round trip.
func TestGate(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, "LMS_RATE_LIMITS=no")
	c := s.teach(gatedCourse("Gate"))
	b := s.person("learner", nil)
	s.enroll(b, c)
	staff := s.person("staff", func(n *accounts.NewAccount) { n.Staff = true })
	base := "/courses/" + c.Key.String()
	second := base + "/courseware/c/b/"
	answer := func(id, text string) reply {
		return b.post(handler(c, "problem", id, "xmodule_handler/problem_check"), "input_"+id+"_2_1", text)
	}
	grade := func() float64 {
		got, err := s.lms.Book.CourseGrades(t.Context(), b.account.ID, []course.Key{c.Key})
		if err != nil {
			t.Fatal(err)
		}
		return got[c.Key].Percent
	}
	closed := func(when string) {
		t.Helper()
		for _, path := range []string{second, second + "1/", second + "9/"} {
			if got := b.get(path); got.status != http.StatusOK || !strings.Contains(got.body, "Closed for now") || strings.Contains(got.body, "Question p3") || !strings.Contains(got.body, base+"/courseware/c/a/") {
				t.Fatalf("%s, %s: %d %s", when, path, got.status, got.body)
			}
		}
		if got := answer("p3", "yes"); got.status != http.StatusNotFound {
			t.Errorf("%s, an answer behind the gate: %d %s", when, got.status, got.body)
		}
		for _, u := range []course.UsageKey{c.Key.Usage("problem", "p3"), c.Key.Usage("vertical", "ub"), c.Key.Usage("sequential", "b")} {
			if got := b.get("/xblock/" + u.String()); got.status != http.StatusNotFound {
				t.Errorf("%s, %s alone: %d", when, u, got.status)
			}
			if got := b.get(base + "/jump_to/" + u.String()); got.status != http.StatusFound || !strings.HasSuffix(got.location(), second) {
				t.Errorf("%s, jump to %s: %d %s", when, u, got.status, got.location())
			}
		}
	}
	closed("at first")
	for _, path := range []string{base + "/course/", base + "/outline", base + "/courseware/c/a/1/"} {
		if got := b.get(path); !strings.Contains(got.body, "The second") || !strings.Contains(got.body, second) {
			t.Errorf("%s does not show what is closed: %d %s", path, got.status, got.body)
		}
	}
	if got := b.get(base + "/course/"); !strings.Contains(got.body, "Opens after") {
		t.Errorf("the outline does not say why: %s", got.body)
	}
	for _, path := range []string{base + "/courseware/c/a/1/", base + "/courseware/c/d/1/"} {
		if got := b.get(path); !strings.Contains(got.body, second+"1/") {
			t.Errorf("the way on from %s does not lead to what is closed: %s", path, got.body)
		}
	}
	if got := staff.get(second + "1/"); !strings.Contains(got.body, "Question p3") || !strings.Contains(got.body, "Learners have to do “The first” first") {
		t.Errorf("staff: %d %s", got.status, got.body)
	}

	if got := answer("p1", "yes"); got.status != http.StatusOK {
		t.Fatalf("answer: %d %s", got.status, got.body)
	}
	closed("with the points, half complete")
	if got := b.get(second); !strings.Contains(got.body, "50% needed, 50% reached") || !strings.Contains(got.body, "100% needed, 50% reached") {
		t.Errorf("the page does not say how far it is: %s", got.body)
	}
	if got := grade(); got != .25 {
		t.Errorf("grade with half of the first of two: %v, want .25", got)
	}
	if got := answer("p2", "no"); got.status != http.StatusOK {
		t.Fatalf("answer: %d %s", got.status, got.body)
	}
	if got := b.get(second + "1/"); !strings.Contains(got.body, "Question p3") {
		t.Fatalf("it does not open: %d %s", got.status, got.body)
	}
	if got := b.get(base + "/course/"); strings.Contains(got.body, "Opens after") {
		t.Errorf("the outline still says that it is closed: %s", got.body)
	}
	if got := answer("p3", "yes"); got.status != http.StatusOK {
		t.Errorf("answer behind the open gate: %d %s", got.status, got.body)
	}
	if got := grade(); got != .75 {
		t.Errorf("grade in the end: %v, want .75", got)
	}
	least := int64(1 << 20) // the pool counts what goes on beside requests too
	for range 30 {
		before := s.trips()
		if got := b.get(second + "1/"); got.status != http.StatusOK {
			t.Fatalf("unit page: %d", got.status)
		}
		least = min(least, s.trips()-before)
	}
	if least != 1 {
		t.Errorf("round trips of a unit page: %d, want 1", least)
	}
}
