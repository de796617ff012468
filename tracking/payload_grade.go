package tracking

import (
	"strconv"
	"time"
)

// GradeCause is what all events of grades share: whose grade, and the act that began the chain of changes.
type GradeCause struct {
	CourseID        string
	UserID          int64
	TransactionID   string // the same UUID in every event of one chain
	TransactionType string // name of the event that began it
}

func (c *GradeCause) append(o *Object) {
	o.Str("course_id", c.CourseID)
	o.b = append(strconv.AppendInt(append(o.named("user_id"), '"'), c.UserID, 10), '"') // text, unlike in the context
	o.Str("event_transaction_id", c.TransactionID)
	o.Str("event_transaction_type", c.TransactionType)
}

// AppendPayload implements Payload: CoursePassedFirstTime, CourseNowPassed and CourseNowFailed say no more.
func (c GradeCause) AppendPayload(b []byte) []byte {
	o := Begin(b)
	c.append(&o)
	return o.End()
}

// ProblemScored is the payload of GradesProblemSubmitted.
type ProblemScored struct {
	GradeCause
	ProblemID        string
	Earned, Possible float64 // weight applied
}

// AppendPayload implements Payload.
func (p ProblemScored) AppendPayload(b []byte) []byte {
	o := Begin(b)
	p.append(&o)
	o.Str("problem_id", p.ProblemID)
	o.Num("weighted_earned", p.Earned)
	o.Num("weighted_possible", p.Possible)
	return o.End()
}

// ProblemRegraded is the payload of GradesProblemRescored and, with Overridden set, of GradesProblemOverridden.
type ProblemRegraded struct {
	GradeCause
	ProblemID        string
	Earned, Possible float64 // the new ones, weight applied
	OnlyIfHigher     bool
	InstructorID     string
	Overridden       bool
}

// AppendPayload implements Payload.
func (p ProblemRegraded) AppendPayload(b []byte) []byte {
	o := Begin(b)
	p.append(&o)
	o.Str("problem_id", p.ProblemID)
	if p.Overridden {
		o.Num("weighted_earned", p.Earned)
		o.Num("weighted_possible", p.Possible)
	} else {
		o.Num("new_weighted_earned", p.Earned)
		o.Num("new_weighted_possible", p.Possible)
	}
	o.Bool("only_if_higher", p.OnlyIfHigher)
	o.Str("instructor_id", p.InstructorID)
	return o.End()
}

// ProblemStateDeleted is the payload of GradesProblemStateDeleted.
type ProblemStateDeleted struct {
	GradeCause
	ProblemID, InstructorID string
}

// AppendPayload implements Payload.
func (p ProblemStateDeleted) AppendPayload(b []byte) []byte {
	o := Begin(b)
	p.append(&o)
	o.Str("problem_id", p.ProblemID)
	o.Str("instructor_id", p.InstructorID)
	return o.End()
}

// SubsectionGrade is the payload of GradesSubsectionCalculated.
type SubsectionGrade struct {
	GradeCause
	BlockID                      string
	CourseVersion                string
	FirstAttempted               *time.Time // nil is null
	SubtreeEdited                time.Time
	VisibleBlocksHash            string
	GradedEarned, GradedPossible float64
	TotalEarned, TotalPossible   float64
}

// AppendPayload implements Payload.
func (p SubsectionGrade) AppendPayload(b []byte) []byte {
	o := Begin(b)
	p.append(&o)
	o.Str("block_id", p.BlockID)
	o.Str("course_version", p.CourseVersion)
	if p.FirstAttempted == nil {
		o.Null("first_attempted")
	} else {
		o.Time("first_attempted", *p.FirstAttempted)
	}
	o.Time("subtree_edited_timestamp", p.SubtreeEdited)
	o.Str("visible_blocks_hash", p.VisibleBlocksHash)
	o.Num("weighted_graded_earned", p.GradedEarned)
	o.Num("weighted_graded_possible", p.GradedPossible)
	o.Num("weighted_total_earned", p.TotalEarned)
	o.Num("weighted_total_possible", p.TotalPossible)
	return o.End()
}

// CourseGrade is the payload of GradesCourseCalculated.
type CourseGrade struct {
	GradeCause
	CourseEdited      time.Time
	CourseVersion     string
	GradingPolicyHash string
	Percent           float64 // 0 to 1
	Letter            string  // "" when not passed
}

// AppendPayload implements Payload.
func (p CourseGrade) AppendPayload(b []byte) []byte {
	o := Begin(b)
	p.append(&o)
	o.Time("course_edited_timestamp", p.CourseEdited)
	o.Str("course_version", p.CourseVersion)
	o.Str("grading_policy_hash", p.GradingPolicyHash)
	o.Num("percent_grade", p.Percent)
	o.Str("letter_grade", p.Letter)
	return o.End()
}
