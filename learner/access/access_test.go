package access

import (
	"testing"
	"time"

	"lyceum/course"
)

var (
	now   = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	key   = course.Key{Org: "O", Number: "C", Run: "R"}
	day   = 24 * time.Hour
	stamp = func(d time.Duration) course.Value { return course.Text(course.FormatTime(now.Add(d))) }
)

// compiled makes a course of one section, one subsection, one unit and one problem with the given fields by type.
func compiled(fields map[string]course.Fields) *course.Compiled {
	for t, f := range map[string]course.Fields{"course": {"start": stamp(-30 * day)}} {
		if fields[t] == nil {
			fields[t] = f
		} else if _, ok := fields[t]["start"]; !ok {
			fields[t]["start"] = f["start"]
		}
	}
	block := func(t string, children ...*course.Block) *course.Block {
		return &course.Block{Type: t, ID: t, Fields: fields[t], Children: children}
	}
	return course.Compile(&course.Content{Key: key, Root: block("course", block("chapter", block("sequential", block("vertical", block("problem")))))}, "v", nil, nil)
}

func TestEnter(t *testing.T) {
	t.Parallel()
	learner := Viewer{User: 1, Enrolled: true}
	for _, tc := range []struct {
		name   string
		course course.Fields
		viewer Viewer
		part   Part
		want   Reason
	}{
		{"visitor", nil, Viewer{}, Content, SignIn},
		{"visitor, public", course.Fields{"course_visibility": course.Text("public")}, Viewer{}, Content, Open},
		{"visitor, public outline", course.Fields{"course_visibility": course.Text("public_outline")}, Viewer{}, Outline, Open},
		{"visitor, public outline, content", course.Fields{"course_visibility": course.Text("public_outline")}, Viewer{}, Content, SignIn},
		{"enrolled", nil, learner, Content, Open},
		{"not enrolled", nil, Viewer{User: 1}, Content, NotEnrolled},
		{"staff not enrolled", nil, Viewer{User: 1, Roles: Roles{Staff: true}}, Content, Open},
		{"staff only", course.Fields{"visible_to_staff_only": "true"}, learner, Content, StaffOnly},
		{"not started", course.Fields{"start": stamp(day)}, learner, Content, NotStarted},
		{"not started comes before not enrolled", course.Fields{"start": stamp(day)}, Viewer{User: 1}, Content, NotStarted},
		{"not started, staff", course.Fields{"start": stamp(day)}, Viewer{User: 1, Roles: Roles{Limited: true}}, Content, Open},
		{"not started, beta", course.Fields{"start": stamp(day), "days_early_for_beta": "1.5"}, Viewer{User: 1, Enrolled: true, Roles: Roles{Beta: true}}, Content, Open},
		{"not started, beta but too early", course.Fields{"start": stamp(2 * day), "days_early_for_beta": "1.5"}, Viewer{User: 1, Enrolled: true, Roles: Roles{Beta: true}}, Content, NotStarted},
		{"prerequisite", course.Fields{"pre_requisite_courses": `["course-v1:O+A+R"]`}, learner, Content, Prerequisite},
		{"prerequisite passed", course.Fields{"pre_requisite_courses": `["course-v1:O+A+R"]`}, Viewer{User: 1, Enrolled: true, Passed: map[course.Key]bool{{Org: "O", Number: "A", Run: "R"}: true}}, Content, Open},
	} {
		f := tc.course
		if f == nil {
			f = course.Fields{}
		}
		if got := Enter(compiled(map[string]course.Fields{"course": f}), &tc.viewer, tc.part, now).Reason; got != tc.want {
			t.Errorf("%s: got reason %d, want %d", tc.name, got, tc.want)
		}
	}
}

func TestBlock(t *testing.T) {
	t.Parallel()
	partitions := course.Value(`[{"id":7,"name":"P","scheme":"cohort","groups":[{"id":1,"name":"a"},{"id":2,"name":"b"}]},{"id":8,"active":false,"groups":[]}]`)
	learner := Viewer{User: 1, Enrolled: true}
	inGroup := Viewer{User: 1, Enrolled: true, Groups: map[int]int{7: 1}}
	staff := Viewer{User: 1, Roles: Roles{Staff: true}}
	for _, tc := range []struct {
		name   string
		fields map[string]course.Fields
		viewer Viewer
		want   Reason
	}{
		{"open", map[string]course.Fields{}, learner, Open},
		{"parent staff only", map[string]course.Fields{"chapter": {"visible_to_staff_only": "true"}}, learner, StaffOnly},
		{"parent staff only, staff", map[string]course.Fields{"chapter": {"visible_to_staff_only": "true"}}, staff, Open},
		{"child opens what the parent closes", map[string]course.Fields{"chapter": {"visible_to_staff_only": "true"}, "problem": {"visible_to_staff_only": "false"}}, learner, StaffOnly},
		{"not started", map[string]course.Fields{"sequential": {"start": stamp(day)}}, learner, NotStarted},
		{"parent not started, child earlier", map[string]course.Fields{"sequential": {"start": stamp(day)}, "problem": {"start": stamp(-day)}}, learner, NotStarted},
		{"self-paced ignores release dates", map[string]course.Fields{"course": {"self_paced": "true"}, "sequential": {"start": stamp(day)}}, learner, Open},
		{"group", map[string]course.Fields{"course": {"user_partitions": partitions}, "vertical": {"group_access": `{"7":[1]}`}}, inGroup, Open},
		{"other group", map[string]course.Fields{"course": {"user_partitions": partitions}, "vertical": {"group_access": `{"7":[2]}`}}, inGroup, OtherGroup},
		{"no group", map[string]course.Fields{"course": {"user_partitions": partitions}, "vertical": {"group_access": `{"7":[2]}`}}, learner, OtherGroup},
		{"unknown group", map[string]course.Fields{"course": {"user_partitions": partitions}, "vertical": {"group_access": `{"7":[1,9]}`}}, inGroup, Unknown},
		{"unknown partition", map[string]course.Fields{"vertical": {"group_access": `{"7":[1]}`}}, inGroup, Unknown},
		{"inactive partition", map[string]course.Fields{"course": {"user_partitions": partitions}, "vertical": {"group_access": `{"8":[1]}`}}, learner, Open},
		{"empty intersection", map[string]course.Fields{"course": {"user_partitions": partitions}, "vertical": {"group_access": `{"7":[1]}`}, "problem": {"group_access": `{"7":[2]}`}}, inGroup, OtherGroup},
		{"enrollment track", map[string]course.Fields{"vertical": {"group_access": `{"50":[2,1]}`}}, Viewer{User: 1, Enrolled: true, Mode: "verified"}, Open},
		{"other track", map[string]course.Fields{"vertical": {"group_access": `{"50":[1]}`}}, Viewer{User: 1, Enrolled: true, Mode: "verified"}, OtherGroup},
		{"track of somebody who left", map[string]course.Fields{"vertical": {"group_access": `{"50":[2]}`}}, Viewer{User: 1, Mode: "verified"}, OtherGroup},
		{"seen as another track", map[string]course.Fields{"vertical": {"group_access": `{"50":[1]}`}}, Viewer{User: 1, Enrolled: true, Mode: "verified", Groups: map[int]int{50: 1}}, Open},
		{"groups do not bind real staff", map[string]course.Fields{"vertical": {"group_access": `{"7":[1]}`}}, staff, Open},
	} {
		c := compiled(tc.fields)
		n, _ := c.Find("problem", "problem")
		if got := Block(c, n, &tc.viewer, now).Reason; got != tc.want {
			t.Errorf("%s: got reason %d, want %d", tc.name, got, tc.want)
		}
		if got := Visible(c, &tc.viewer, now)(n); got != (tc.want == Open) {
			t.Errorf("%s: Visible = %v disagrees with reason %d", tc.name, got, tc.want)
		}
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	problem := func(c *course.Compiled) *course.Node { n, _ := c.Find("problem", "problem"); return n }
	enrolled := now.Add(-10 * day)
	due, end := now.Add(day), now.Add(20*day)
	subsection := key.Usage("sequential", "sequential")
	for _, tc := range []struct {
		name       string
		fields     map[string]course.Fields
		viewer     Viewer
		due, close time.Time
	}{
		{"none", map[string]course.Fields{}, Viewer{}, time.Time{}, time.Time{}},
		{"due and grace", map[string]course.Fields{"course": {"graceperiod": course.Text("1 hour")}, "sequential": {"due": stamp(day)}}, Viewer{}, due, due.Add(time.Hour)},
		{"end of course", map[string]course.Fields{"course": {"end": stamp(20 * day), "graceperiod": course.Text("1 hour")}}, Viewer{}, time.Time{}, end.Add(time.Hour)},
		{"extension", map[string]course.Fields{"sequential": {"due": stamp(-day)}}, Viewer{Extensions: map[course.UsageKey]time.Time{subsection: due}}, due, due},
		{"self-paced has no authored due dates", map[string]course.Fields{"course": {"self_paced": "true"}, "sequential": {"due": stamp(-day)}}, Viewer{}, time.Time{}, time.Time{}},
		{"personal schedule", map[string]course.Fields{"course": {"self_paced": "true"}, "sequential": {"relative_weeks_due": "2"}}, Viewer{Since: &enrolled}, now.Add(4 * day), now.Add(4 * day)},
	} {
		c := compiled(tc.fields)
		got := DatesOf(c, problem(c), &tc.viewer)
		check := func(what string, got *time.Time, want time.Time) {
			if (got == nil) != want.IsZero() || (got != nil && !got.Equal(want)) {
				t.Errorf("%s: %s = %v, want %v", tc.name, what, got, want)
			}
		}
		check("due", got.Due, tc.due)
		check("close", got.Close, tc.close)
	}
}

func TestEnroll(t *testing.T) {
	t.Parallel()
	learner, staff := Viewer{User: 1}, Viewer{User: 1, Roles: Roles{Staff: true}}
	for _, tc := range []struct {
		name    string
		fields  course.Fields
		viewer  Viewer
		allowed bool
		taken   int
		want    EnrollReason
	}{
		{"open", course.Fields{}, learner, false, 0, MayEnroll},
		{"invitation", course.Fields{"invitation_only": "true"}, learner, false, 0, InvitationOnly},
		{"invited", course.Fields{"invitation_only": "true"}, learner, true, 0, MayEnroll},
		{"domain", course.Fields{"enrollment_domain": course.Text("other.edu")}, learner, false, 0, WrongDomain},
		{"early", course.Fields{"enrollment_start": stamp(day)}, learner, false, 0, NotOpenYet},
		{"late", course.Fields{"enrollment_end": stamp(-day)}, learner, false, 0, WindowClosed},
		{"late, staff", course.Fields{"enrollment_end": stamp(-day)}, staff, false, 0, MayEnroll},
		{"full", course.Fields{"max_student_enrollments_allowed": "3"}, learner, false, 3, Full},
		{"full, invited", course.Fields{"max_student_enrollments_allowed": "3"}, learner, true, 3, Full},
		{"one seat", course.Fields{"max_student_enrollments_allowed": "3"}, learner, false, 2, MayEnroll},
	} {
		c := compiled(map[string]course.Fields{"course": tc.fields})
		if got := Enroll(c, &tc.viewer, "a@school.edu", tc.allowed, tc.taken, now); got != tc.want {
			t.Errorf("%s: got %d, want %d", tc.name, got, tc.want)
		}
	}
}
