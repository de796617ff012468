package submission

import (
	"time"

	"lyceum/course"
	"lyceum/grading/capa"
)

// Settings are what an author set on a problem, inheritance and defaults applied.
type Settings struct {
	MaxAttempts              *int // nil: without limit
	Weight                   *float64
	ShowAnswer               string
	ShowCorrectness          string // always, never, past_due
	Rerandomize              string // always, onreset, never, per_student
	ShowResetButton          bool
	ForceSaveButton          bool
	WaitSeconds              int // between submissions
	AttemptsBeforeShowAnswer int
	GradingMethod            string // last_score, first_score, highest_score, average_score
}

// Values of the settings.
const (
	Always     = "always"
	OnReset    = "onreset"
	Never      = "never"
	PerStudent = "per_student"
	PastDue    = "past_due"

	LastScore    = "last_score"
	FirstScore   = "first_score"
	HighestScore = "highest_score"
	AverageScore = "average_score"
)

// SettingsOf reads the settings of a problem block.
func SettingsOf(n *course.Node) Settings {
	f := n.Block.Fields
	s := Settings{
		MaxAttempts: n.Settings.MaxAttempts, Weight: n.Settings.Weight, ShowAnswer: n.Settings.ShowAnswer,
		ShowCorrectness: n.Settings.ShowCorrectness, Rerandomize: n.Settings.Rerandomize, ShowResetButton: n.Settings.ShowResetButton,
		GradingMethod: LastScore,
	}
	s.ForceSaveButton, _ = f["force_save_button"].Bool()
	if v, ok := f["submission_wait_seconds"].Int(); ok {
		s.WaitSeconds = v
	}
	if v, ok := f["attempts_before_showanswer_button"].Int(); ok {
		s.AttemptsBeforeShowAnswer = v
	}
	if v, ok := f["grading_method"].Text(); ok && v != "" {
		s.GradingMethod = v
	}
	return s
}

// Setup is everything a machine needs besides the learner's state.
type Setup struct {
	Problem  *capa.Problem
	Files    []capa.ScriptFile // of the course, for author code: python_lib.zip
	Settings Settings
	ModuleID string // the block as events name it: its usage key
	IDPrefix string // of input ids, the block's id in pages; see course.UsageKey.HTMLID

	User        int64
	AnonymousID string
	Staff       bool // staff of the course, not looking at it as a learner

	Now   time.Time
	Close *time.Time // when answers are no longer taken, grace included; nil: never. Now == *Close is still in time

	Seeds  func() int32 // draws seeds; nil: from the system
	Runner capa.ScriptRunner
	Queue  *Queue // of external graders; nil: there are none
}
