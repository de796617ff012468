package modulestore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"lyceum/course"
	"lyceum/internal/fault"
)

// state is the head of a course in MongoDB. Its id is the folded key, so that two keys that differ only in case cannot
// both exist. A deleted course keeps its head, marked: revisions never start again.
type state struct {
	ID        string    `bson:"_id"`
	Course    string    `bson:"course"`
	Rev       int64     `bson:"rev"`
	Draft     string    `bson:"draft"`
	Published string    `bson:"published"`
	Files     string    `bson:"files"`
	Deleted   bool      `bson:"deleted"`
	DeletedBy string    `bson:"deleted_by,omitempty"` // username
	Summary   string    `bson:"summary"`              // JSON, see summarize; of a deleted course the last one
	At        time.Time `bson:"at"`
	Head      string    `bson:"head,omitempty"` // in pasts: the id of the head
}

// fold makes equal what differs only in case.
func fold(k course.Key) string { return strings.ToLower(strings.ToUpper(k.Bare().String())) }

func (st *state) head() (Head, error) {
	k, err := course.ParseKey(st.Course)
	if err != nil {
		return Head{}, fmt.Errorf("stored head %s: %w", st.ID, err)
	}
	return Head{
		Key: k, Draft: course.VersionID(st.Draft), Published: course.VersionID(st.Published), Files: st.Files, Changed: st.At.UTC(),
	}, nil
}

func (st *state) branch(b course.Branch) course.VersionID {
	if b == course.Published {
		return course.VersionID(st.Published)
	}
	return course.VersionID(st.Draft)
}

// readHead reads the head under a folded key; ok is false when there never was one.
func (s *Store) readHead(ctx context.Context, id string) (st state, ok bool, err error) {
	err = s.heads.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&st)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return state{}, false, nil
	}
	if err != nil {
		return state{}, false, failed(err, "read course head %s", id)
	}
	return st, true, nil
}

// current reads the head of a course that exists.
func (s *Store) current(ctx context.Context, key course.Key) (state, error) {
	st, ok, err := s.readHead(ctx, fold(key))
	if err != nil {
		return state{}, err
	}
	if !ok || st.Deleted || st.Course != key.Bare().String() {
		return state{}, fault.NotFoundf("course %s does not exist", key)
	}
	return st, nil
}

// Head returns what is in force of a course; NotFound when there is no such course.
func (s *Store) Head(ctx context.Context, key course.Key) (Head, error) {
	st, err := s.current(ctx, key)
	if err != nil {
		return Head{}, err
	}
	return st.head()
}

// moveTries bounds how often a lost race is run again. A race is lost only because another has won it.
const moveTries = 20

// move changes a head by compare-and-set: change gets the head in force (ok false: none, or deleted) and makes of it the
// next; it runs again when another process was first. The head that goes is kept among the pasts, before anything
// replaces it, so that the sweeper knows every version that was ever in force.
func (s *Store) move(ctx context.Context, key course.Key, change func(now state, ok bool) (state, error)) (state, error) {
	id := fold(key)
	for try := range moveTries {
		if try > 0 {
			if err := pause(ctx, time.Duration(rand.Int64N(int64(10*time.Millisecond)*int64(try)))); err != nil {
				return state{}, err
			}
		}
		now, stored, err := s.readHead(ctx, id)
		if err != nil {
			return state{}, err
		}
		ok := stored && !now.Deleted
		if ok && now.Course != key.Bare().String() {
			return state{}, fault.Conflictf("course %s exists, and %s differs only in case", now.Course, key).Say("course.twin", now.Course)
		}
		next, err := change(now, ok)
		if err != nil {
			return state{}, err
		}
		if next == now {
			return now, nil
		}
		next.ID, next.Course, next.Rev, next.At = id, key.Bare().String(), now.Rev+1, s.clock.Now()
		if err := s.at(ctx, "move"); err != nil {
			return state{}, err
		}
		won, err := s.compareAndSet(ctx, now, stored, next)
		if err != nil {
			return state{}, failed(err, "move head of %s", key)
		}
		if won {
			s.moved(ctx, next)
			return next, nil
		}
	}
	return state{}, fault.Busyf("head of %s moves all the time", key)
}

func (s *Store) compareAndSet(ctx context.Context, now state, stored bool, next state) (won bool, err error) {
	if !stored {
		_, err = s.heads.InsertOne(ctx, next)
		if mongo.IsDuplicateKeyError(err) {
			return false, nil
		}
		return err == nil, err
	}
	past := now
	past.ID = fmt.Sprintf("%s#%d", now.ID, now.Rev)
	past.Head, past.Summary = now.ID, ""
	if _, err = s.pasts.InsertOne(ctx, past); err != nil && !mongo.IsDuplicateKeyError(err) {
		return false, err
	}
	res, err := s.heads.ReplaceOne(ctx, bson.D{{Key: "_id", Value: next.ID}, {Key: "rev", Value: now.Rev}}, next)
	if err != nil {
		return false, err
	}
	return res.MatchedCount == 1, nil
}

// moved makes a move known: here at once, to others by the signal they poll and, where there is one, the wake-up.
func (s *Store) moved(ctx context.Context, st state) {
	s.adopt(st)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if err := s.signal(ctx); err != nil {
		s.logger.Warn("other processes learn of a course change late", "course", st.Course, "error", err)
	}
	if s.announce != nil {
		s.announce(ctx)
	}
}

// summaryFormat is raised when course.Summary changes its meaning; summaries of another format are made anew.
const summaryFormat = 1

type storedSummary struct {
	Format  int
	Summary course.Summary
}

// summarize makes the line a list shows of a course, without compiling what is below the course block.
func summarize(c *course.Content, published course.VersionID) string {
	root := *c.Root
	root.Children = nil
	sum := course.Compile(&course.Content{Key: c.Key, Root: &root, Pages: c.Pages}, published, nil, nil).Summary
	text, err := json.Marshal(storedSummary{summaryFormat, sum})
	if err != nil {
		return "" // a date past year 9999; the list then makes the summary anew
	}
	return string(text)
}

func parseSummary(text string) (course.Summary, bool) {
	var st storedSummary
	if text == "" || json.Unmarshal([]byte(text), &st) != nil || st.Format != summaryFormat {
		return course.Summary{}, false
	}
	return st.Summary, true
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
