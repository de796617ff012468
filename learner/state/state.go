package state

import (
	"encoding/json"
	"errors"
	"time"

	"lyceum/course"
	"lyceum/internal/pg"
	"lyceum/learner"
)

// Record is what is kept of one learner in one block. The zero Record is a block never touched.
type Record struct {
	Key          course.UsageKey
	State        json.RawMessage // an object; nil when Version is 0
	Grade        *float64        // raw points; nil: never answered
	MaxGrade     *float64        // raw maximum when the grade was given
	Final        bool            // the points are weighted already
	Version      int64           // 0: nothing is kept
	SubmissionID string          // the last answer taken, "" for none
	Created      time.Time       // UTC
	Modified     time.Time       // UTC
}

// Score is the part of a record that grades are made of.
type Score struct {
	Grade    *float64
	MaxGrade *float64
	Final    bool
	Created  time.Time // UTC; when the learner first touched the block
}

// Score returns the part of the record that grades are made of.
func (r Record) Score() Score {
	return Score{Grade: r.Grade, MaxGrade: r.MaxGrade, Final: r.Final, Created: r.Created}
}

// Records are records by block. A block without one is absent.
type Records map[course.UsageKey]Record

// Change replaces the state of one block.
type Change struct {
	User         learner.ID
	Course       course.Key
	Key          course.UsageKey
	Seen         int64 // version the change was made from; 0: there was none
	State        json.RawMessage
	Grade        *float64
	MaxGrade     *float64
	Final        bool
	SubmissionID string // the last answer taken
	Time         time.Time

	// Receipt is kept with the history when the change takes the answer SubmissionID names. Nil takes none.
	Receipt *Receipt

	// Cause says in the history what was done: submit, save, reset, rescore, ... Empty keeps no history, which is right for
	// places in a course or a video and wrong for anything that leads to points.
	Cause string
	Actor learner.ID // who did it, 0 for the learner
}

// Past is one entry of a block's history.
type Past struct {
	Version  int64
	State    json.RawMessage
	Grade    *float64
	MaxGrade *float64
	Cause    string
	Actor    learner.ID // 0: the learner
	Created  time.Time  // UTC
}

// Receipt is what is kept of an answer.
type Receipt struct {
	ID           string // the token of the page that sent it
	RequestHash  []byte
	Reply        json.RawMessage
	GradeVersion *int64 // of the learner's course grade after it, nil when no grade changed

	// Set when it is read.
	Key     course.UsageKey
	Version int64     // of the state after it
	Created time.Time // UTC
}

// ErrChanged is in the chain of the error of a change that came too late.
var ErrChanged = errors.New("state has changed since it was read")

// Lost reports whether err, of a batch or of this package, says that others came first: a compare-and-set was too late, or PostgreSQL
// gave way to another transaction. Nothing of the batch was kept; read again and start anew.
func Lost(err error) bool {
	if errors.Is(err, ErrChanged) || pg.Code(err) == "LY001" || pg.Retryable(err) {
		return true
	}
	// Two first changes at once meet in the primary key of the partition.
	return pg.Code(err) == "23505"
}

// Store reads and writes states.
type Store struct{ db pg.Querier }

// New returns a store on db.
func New(db pg.Querier) *Store { return &Store{db} }
