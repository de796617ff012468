package gradebook

import (
	"lyceum/tracking"
)

// Event is a name and a payload for the tracking log.
type Event struct {
	Name    string
	Payload tracking.Payload
}

// Events are what an update makes known once it is stored: each changed subsection, the course, and crossings of the pass mark.
func (u *Update) Events(cause tracking.GradeCause) []Event {
	events := make([]Event, 0, len(u.Changed)+2)
	for _, r := range u.Changed {
		events = append(events, Event{tracking.GradesSubsectionCalculated, tracking.SubsectionGrade{
			GradeCause: cause, BlockID: r.Key.String(), CourseVersion: string(r.CourseVersion),
			FirstAttempted: r.Totals.AttemptedAll, SubtreeEdited: r.SubtreeEdited, VisibleBlocksHash: r.BlocksHash,
			GradedEarned: r.Totals.Graded.Earned, GradedPossible: r.Totals.Graded.Possible,
			TotalEarned: r.Totals.All.Earned, TotalPossible: r.Totals.All.Possible,
		}})
	}
	c := u.Course
	events = append(events, Event{tracking.GradesCourseCalculated, tracking.CourseGrade{
		GradeCause: cause, CourseEdited: c.CourseEdited, CourseVersion: string(c.CourseVersion), GradingPolicyHash: c.PolicyHash,
		Percent: c.Percent, Letter: c.Letter,
	}})
	switch {
	case c.Passing && u.Was.FirstPassed == nil:
		events = append(events, Event{tracking.CoursePassedFirstTime, cause})
	case c.Passing && !u.Was.Passing:
		events = append(events, Event{tracking.CourseNowPassed, cause})
	case !c.Passing && u.Was.Passing:
		events = append(events, Event{tracking.CourseNowFailed, cause})
	}
	return events
}
