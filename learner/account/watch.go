package account

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"lyceum/learner"
)

const (
	watchEvery  = time.Second
	watchBack   = 30 * time.Second        // how far a poll looks back: longer than any transaction lasts
	watchKeep   = copyTTL + 2*time.Minute // how long a mark matters: longer than any copy lives
	watchStale  = 3 * time.Second         // copies are not trusted when the last good poll is older
	watchSweeps = time.Minute
)

// watch knows which copies of sessions are stale: what this process changed itself, and what polling shows of the others. A copy may
// appear in Redis after it was removed there (a reader that was slow), or stay because Redis was out of reach for whoever changed the
// account; neither is believed for longer than a poll takes.
type watch struct {
	mu       sync.Mutex
	users    map[learner.ID]mark
	sessions map[[32]byte]time.Time // ended; until when to remember
	polling  bool
	polled   time.Time // last good poll, by the monotonic clock
}

type mark struct {
	epoch, revision int64
	until           time.Time
}

func newWatch() *watch {
	return &watch{users: make(map[learner.ID]mark), sessions: make(map[[32]byte]time.Time)}
}

// end remembers that a session ended.
func (w *watch) end(hash []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sessions[[32]byte(hash)] = time.Now().Add(watchKeep)
}

// ended reports whether a session is known to have ended.
func (w *watch) ended(hash []byte) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, ok := w.sessions[[32]byte(hash)]
	return ok
}

// mark remembers the newest state of an account.
func (w *watch) mark(who learner.ID, epoch, revision int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	old := w.users[who]
	w.users[who] = mark{max(epoch, old.epoch), max(revision, old.revision), time.Now().Add(watchKeep)}
}

// current reports whether a copy is as new as what is known of its account.
func (w *watch) current(s *Session) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	m, ok := w.users[s.User]
	return !ok || s.Epoch >= m.epoch && s.Revision >= m.revision
}

// trusted reports whether copies may be believed: while polling works, or where nothing polls (tests, the command line).
func (w *watch) trusted() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.polling || time.Since(w.polled) < watchStale
}

// watching reports whether other processes' changes are heard of now.
func (w *watch) watching() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.polling && time.Since(w.polled) < watchStale
}

func (w *watch) sweep() {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	for who, m := range w.users {
		if m.until.Before(now) {
			delete(w.users, who)
		}
	}
	for hash, until := range w.sessions {
		if until.Before(now) {
			delete(w.sessions, hash)
		}
	}
}

// Run watches for accounts and sessions that other processes change, until ctx is done. A server runs it for as long as it serves.
func (s *Service) Run(ctx context.Context) {
	s.watch.mu.Lock()
	s.watch.polling = true
	s.watch.mu.Unlock()
	defer func() {
		s.watch.mu.Lock()
		s.watch.polling = false
		s.watch.mu.Unlock()
	}()

	back := watchKeep // what happened before this process started may have left copies
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	swept := time.Now()
	wasGood := true
	for {
		err := s.poll(ctx, back)
		switch {
		case err == nil:
			back, wasGood = watchBack, true
		case ctx.Err() == nil && wasGood:
			wasGood = false
			back = watchKeep // once it works again nothing in between may be missed
			s.log.WarnContext(ctx, "watch accounts", "err", err)
		}
		if time.Since(swept) > watchSweeps {
			s.watch.sweep()
			swept = time.Now()
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// poll reads what changed within the time back.
func (s *Service) poll(ctx context.Context, back time.Duration) error {
	started := time.Now()
	var batch pgx.Batch
	batch.Queue(`SELECT id, epoch, revision FROM account WHERE changed_at > now() - $1::interval`, back).Query(func(rows pgx.Rows) error {
		var who learner.ID
		var epoch, revision int64
		_, err := pgx.ForEachRow(rows, []any{&who, &epoch, &revision}, func() error {
			s.watch.mark(who, epoch, revision)
			return nil
		})
		return err
	})
	batch.Queue(`SELECT id_hash FROM account_session WHERE ended_at > now() - $1::interval`, back).Query(func(rows pgx.Rows) error {
		var hash []byte
		_, err := pgx.ForEachRow(rows, []any{&hash}, func() error {
			s.watch.end(hash)
			return nil
		})
		return err
	})
	if err := s.db.SendBatch(ctx, &batch).Close(); err != nil {
		return fmt.Errorf("poll changed accounts: %w", err)
	}
	s.watch.mu.Lock()
	s.watch.polled = started
	s.watch.mu.Unlock()
	return nil
}
