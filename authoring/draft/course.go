package draft

import (
	"context"
	"strings"

	"lyceum/course"
	"lyceum/course/modulestore"
	"lyceum/internal/fault"
)

// NewCourse is a course to be made.
type NewCourse struct {
	Org, Number, Run string
	Name             string // as learners see it
	By               Author
}

// MaxKey is how many characters organization, number and run of a new course may have together: keys with more do not fit where other
// programs of the platform keep them.
const MaxKey = 65

// MayCreate reports whether the author may make courses of an organization.
func (a Author) MayCreate(org string) bool { return a.Everywhere || a.Roles.MayCreate(org) }

// MayCreateAny reports whether there is an organization of which the author may make courses.
func (a Author) MayCreateAny() bool {
	if a.MayCreate("") {
		return true
	}
	for _, g := range a.Roles.Grants {
		if a.Roles.MayCreate(g.Org) {
			return true
		}
	}
	return false
}

// Key checks the parts of the new course's key, each beside its field: org, number, run, display_name.
func (n NewCourse) Key() (course.Key, error) {
	bad := fault.Invalidf("new course %q %q %q %q", n.Org, n.Number, n.Run, n.Name)
	for _, part := range []struct{ field, text string }{{"org", n.Org}, {"number", n.Number}, {"run", n.Run}} {
		if part.text == "" {
			bad.Field(part.field, "draft.course.missing")
			continue
		}
		if _, err := course.ParseKey("course-v1:" + part.text + "+x+x"); err != nil || strings.Contains(part.text, "+") {
			bad.Field(part.field, "draft.course.letters")
		}
	}
	if strings.TrimSpace(n.Name) == "" {
		bad.Field("display_name", "draft.course.missing")
	}
	if len(bad.Fields) == 0 && len([]rune(n.Org+n.Number+n.Run)) > MaxKey {
		bad.Field("number", "draft.course.long")
	}
	if len(bad.Fields) > 0 {
		return course.Key{}, bad
	}
	return course.Key{Org: n.Org, Number: n.Number, Run: n.Run, Form: course.FormCourse}, nil
}

// Create makes a course without content. Its settings are there for learners at once; it starts on a date far away until its team says
// otherwise. A key that is taken, also in other letters of case, is refused as a Conflict. Roles are given by the caller.
func (e *Editor) Create(ctx context.Context, n NewCourse) (modulestore.Head, error) {
	n.Org, n.Number, n.Run, n.Name = strings.TrimSpace(n.Org), strings.TrimSpace(n.Number), strings.TrimSpace(n.Run), strings.TrimSpace(n.Name)
	key, err := n.Key()
	if err != nil {
		return modulestore.Head{}, err
	}
	if !n.By.MayCreate(key.Org) {
		return modulestore.Head{}, fault.Forbiddenf("%q may not create courses of %s", n.By.Name, key.Org).Say("draft.course.not_creator", key.Org)
	}
	c := &course.Content{Key: key, Root: &course.Block{Type: "course", ID: "course", Fields: course.Fields{
		"display_name": course.Text(n.Name), "start": course.Text(course.UnscheduledStart),
		"tabs": `[{"name":"Home","type":"course_info"},{"name":"Course","type":"courseware"},{"name":"Progress","type":"progress"},{"name":"Dates","type":"dates"}]`,
	}}, Grading: firstPolicy}
	if _, err := e.Courses.Import(ctx, modulestore.ImportRequest{
		Key: key, Draft: c, Published: c, Author: n.By.Name, Message: "Create the course", New: true,
	}); err != nil {
		return modulestore.Head{}, err
	}
	return e.Courses.Head(ctx, key)
}

// firstPolicy is the grading policy a course begins with, that of the platform we match.
const firstPolicy = `{"GRADER":[` +
	`{"drop_count":2,"min_count":12,"short_label":"HW","type":"Homework","weight":0.15},` +
	`{"drop_count":2,"min_count":12,"type":"Lab","weight":0.15},` +
	`{"drop_count":0,"min_count":1,"short_label":"Midterm","type":"Midterm Exam","weight":0.3},` +
	`{"drop_count":0,"min_count":1,"short_label":"Final","type":"Final Exam","weight":0.4}],` +
	`"GRADE_CUTOFFS":{"Pass":0.5}}`
