package modulestore

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"lyceum/course"
)

// The signal is one document with a random mark that each move replaces after it: to see that nothing has moved costs
// one read by _id. A process that dies between its move and its mark is found out by the look that is due anyway.
const (
	signalID  = "moved"
	lookEvery = 3 * time.Second // at all heads, whatever the mark says
	lookPause = 100 * time.Millisecond
)

func (s *Store) signal(ctx context.Context) error {
	_, err := s.signals.UpdateOne(ctx, bson.D{{Key: "_id", Value: signalID}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "mark", Value: bson.NewObjectID().Hex()}}}}, options.UpdateOne().SetUpsert(true))
	if mongo.IsDuplicateKeyError(err) { // two first moves at once: the other's mark serves
		return nil
	}
	return err
}

func (s *Store) mark(ctx context.Context) (string, error) {
	var d struct {
		Mark string `bson:"mark"`
	}
	err := s.signals.FindOne(ctx, bson.D{{Key: "_id", Value: signalID}}).Decode(&d)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return "", nil
	}
	return d.Mark, err
}

// Watch notices moves made by other processes each interval until ctx ends, whose error it returns. From its first
// look on, courses in memory are served without asking the store.
func (s *Store) Watch(ctx context.Context, interval time.Duration) error {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	defer s.watching.Store(false)
	away := false
	for {
		err := s.poll(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && !away:
			s.logger.Error("course heads cannot be read; serving what is in memory", "error", err)
		case err == nil && away:
			s.logger.Info("course heads can be read again")
		}
		away = err != nil
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		case <-s.wake:
		}
	}
}

// Wake makes a running Watch look at once. It never blocks.
func (s *Store) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// poll looks at the mark, and at the heads when it has changed or it is time.
func (s *Store) poll(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	mark, err := s.mark(ctx)
	if err != nil {
		return err
	}
	s.looks.Lock()
	due := mark != s.lastMark || time.Since(s.lastLook) >= s.lookDue || !s.watching.Load()
	s.looks.Unlock()
	if !due {
		return nil
	}
	return s.look(ctx, mark)
}

// look reads all heads and takes in those that moved. The mark was read before them, so that a move meanwhile is
// noticed the next time.
func (s *Store) look(ctx context.Context, mark string) error {
	began := time.Now()
	all, err := s.readHeads(ctx)
	if err != nil {
		return err
	}
	for _, st := range all {
		s.adopt(st)
	}
	s.watching.Store(true)
	s.looks.Lock()
	// With very many courses a look takes long; it then comes less often, and moves are noticed by their mark.
	s.lastMark, s.lastLook, s.lookDue = mark, began, max(lookEvery, 20*time.Since(began))
	s.looks.Unlock()
	return nil
}

// lookAgain looks unless somebody did so a moment ago.
func (s *Store) lookAgain(ctx context.Context) error {
	_, err := once(ctx, &s.loads, "look", func(ctx context.Context) (struct{}, error) {
		s.looks.Lock()
		recent := time.Since(s.lastUnknown) < lookPause
		s.lastUnknown = time.Now()
		s.looks.Unlock()
		if recent {
			return struct{}{}, nil
		}
		mark, err := s.mark(ctx)
		if err != nil {
			return struct{}{}, failed(err, "look at course heads")
		}
		return struct{}{}, s.look(ctx, mark)
	})
	return err
}

func (s *Store) readHeads(ctx context.Context) ([]state, error) {
	cursor, err := s.heads.Find(ctx, bson.D{})
	if err != nil {
		return nil, failed(err, "read course heads")
	}
	var all []state
	if err := cursor.All(ctx, &all); err != nil {
		return nil, failed(err, "read course heads")
	}
	return all, nil
}

// adopt takes in a head that may be newer than the one known, and tells who listens.
func (s *Store) adopt(st state) {
	key, err := course.ParseKey(st.Course)
	if err != nil {
		s.logger.Error("stored course head has no key", "id", st.ID, "error", err)
		return
	}
	s.mu.Lock()
	was, had := s.states[st.ID]
	if had && was.Rev >= st.Rev {
		s.mu.Unlock()
		return
	}
	s.states[st.ID] = st
	if was.Course != st.Course {
		delete(s.byKey, parseKnown(was.Course))
	}
	s.byKey[key] = st
	listeners := slices.Clone(s.listeners)
	s.mu.Unlock()
	if st.Deleted {
		s.compiled.remove(key)
		return
	}
	if st.Published == "" {
		s.compiled.remove(key)
		return
	}
	if st.Published != was.Published {
		for _, f := range listeners {
			f(course.PublishedEvent{Key: key, Version: course.VersionID(st.Published)})
		}
	}
	if old, ok := s.compiled.get(key); ok && !old.of(st) {
		s.rebuild(key, st)
	}
}

// rebuild makes a course that is in use ready before somebody asks.
func (s *Store) rebuild(key course.Key, st state) {
	go func() {
		if _, err := s.build(context.Background(), key, st); err != nil {
			s.logger.Warn("new version of a course cannot be built yet", "course", key.String(), "version", st.Published, "error", err)
		}
	}()
}

// known returns the head in memory of a course that exists.
func (s *Store) known(key course.Key) (state, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	st, ok := s.byKey[key]
	return st, ok && !st.Deleted
}

// parseKnown reads a key that was parsed before, or the empty text.
func parseKnown(text string) course.Key {
	k, err := course.ParseKey(text)
	if err != nil {
		return course.Key{}
	}
	return k
}

// OnPublished registers f to be called after a published version has changed, by this process or another. Register
// before Watch starts; its first look announces every course. f must be quick and may miss or repeat events.
func (s *Store) OnPublished(f func(course.PublishedEvent)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listeners = append(s.listeners, f)
}

func sortNewest(v []course.Version) {
	slices.SortStableFunc(v, func(a, b course.Version) int {
		if c := b.Time.Compare(a.Time); c != 0 {
			return c
		}
		return strings.Compare(string(b.ID), string(a.ID))
	})
}
