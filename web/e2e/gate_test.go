package e2e

import (
	"path/filepath"
	"testing"
	"time"
)

// gatedFiles are a course in which a part opens when another is done.
var gatedFiles = map[string]string{
	"course.xml": `<course org="Walks" course="Gate" url_name="2026" display_name="Gates" start="2020-01-01T00:00:00Z" enable_subsection_gating="true">
		<chapter url_name="c" display_name="Chapter">
		<sequential url_name="a" display_name="What comes first" graded="true" format="Homework" is_prereq="true"><vertical url_name="ua" display_name="Warming up">
		<problem url_name="p1" display_name="First"><stringresponse answer="yes"><label>Ready?</label><textline/></stringresponse></problem></vertical></sequential>
		<sequential url_name="b" display_name="What comes after" prereq="a" prereq_min_score="60" prereq_min_completion="100"><vertical url_name="ub" display_name="The prize">
		<html url_name="h"><![CDATA[<p>Well done.</p>]]></html></vertical></sequential></chapter></course>`,
}

// TestGate: a learner meets a part that is closed, reads why, goes where it is opened, answers, and is in.
func TestGate(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	dir := t.TempDir()
	for name, text := range gatedFiles {
		put(t, filepath.Join(dir, filepath.FromSlash(name)), []byte(text))
	}
	s.command("course", "import", dir, "--publish")
	const home = "/courses/course-v1:Walks+Gate+2026"
	s.command("enroll", s.demo.Learner.Username, "course-v1:Walks+Gate+2026")
	s.command("enroll", s.demo.Staff.Username, "course-v1:Walks+Gate+2026")
	w := newWalker(t, s.url, 4*time.Minute)
	w.size(1280)
	w.signIn(s.demo.Learner.Username, s.demo.Learner.Password)
	w.open(home + "/course/")
	w.check("the outline says what comes first", `document.querySelector(".outline__row.is-locked").innerText.includes("Opens after What comes first")`)
	w.look("gate outline")
	w.size(1280)
	w.followNamed("What comes after")
	w.check("the page says why it is closed", `document.querySelector(".gate").innerText.includes("Points: 60% needed, 0% reached")`)
	w.look("gate closed")
	w.size(1280)
	w.followNamed("Go to “What comes first”")
	w.wait("the unit that opens it", `document.querySelector("[data-unit]") && document.readyState === "complete"`)
	w.check("the side shows a lock", `[...document.querySelectorAll(".unit-outline a")].some(a => a.innerText.includes("What comes after") && a.querySelector(".icon"))`)
	w.look("gate unit before")
	w.size(1280)
	w.typeAnswer("p1", 0, "no")
	w.submit("p1", "incorrect")
	w.open(home + "/courseware/c/b/")
	w.check("complete, but without the points", `document.querySelector(".gate .is-complete") && document.querySelector(".gate").innerText.includes("0% reached")`)
	w.look("gate half")
	w.size(1280)
	w.followNamed("Go to “What comes first”")
	w.typeAnswer("p1", 0, "yes")
	w.submit("p1", "correct")
	w.press(".turn--next")
	w.wait("it is open at once", `document.querySelector("[data-unit] h1")?.textContent.trim() === "The prize"`)
	w.open(home + "/course/")
	w.check("the outline has no lock", `!document.querySelector(".outline__row.is-locked")`)

	staff := newWalker(t, s.url, 2*time.Minute)
	staff.size(1280)
	staff.signIn(s.demo.Staff.Username, s.demo.Staff.Password)
	staff.open(home + "/courseware/c/b/")
	staff.check("staff are told what learners meet", `document.querySelector("[data-unit]").innerText.includes("Learners have to do “What comes first” first")`)
	staff.look("gate staff")
}
