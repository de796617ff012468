package submission

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"lyceum/grading"
	"lyceum/grading/capa"
	"lyceum/grading/gradebook"
	"lyceum/internal/fault"
	"lyceum/internal/pg"
	"lyceum/learner/state"
)

// Again is how long after an answer an equal one from a page without tokens counts as the same click.
const Again = 5 * time.Second

// Answer is what a page sends.
type Answer struct {
	Token   string // made by the page for this answer; "" from old clients
	Answers capa.Answers
	Files   []File // for fields that take files
}

// Result is what came of an act.
type Result struct {
	Reply    Reply
	Machine  *Machine          // in the state that is kept now, for drawing
	Version  int64             // of the state that is kept now
	Repeated bool              // an answer taken before, sent again
	Grades   *gradebook.Update // nil when no grade has changed
}

// Submit takes an answer: it is checked and kept with everything that follows from it, once, however often it is sent. The error kinds:
// Closed with a *Refusal in its chain when no answer is taken now, Conflict when another answer came first or the token was used for
// another one (the text is kept as a draft then), Busy when it cannot be checked at the moment (kept too), Invalid for fields the
// problem does not have. No attempt is used by any of them.
func (s *Service) Submit(ctx context.Context, a *Asked, sent Answer) (Result, error) {
	if err := a.signedIn(); err != nil {
		return Result{}, err
	}
	if err := checkToken(sent.Token); err != nil {
		return Result{}, err
	}
	hash, err := requestHash(a, sent)
	if err != nil {
		return Result{}, fault.Invalidf("answers: %w", err)
	}
	id := sent.Token
	if id == "" {
		id = newID()
	}
	r, err := s.first(ctx, a, true)
	if err != nil {
		return Result{}, err
	}
	for range tries {
		if got, done, err := s.before(ctx, a, r, sent, hash); done {
			return got, err
		}
		got, again, err := s.check(ctx, a, r, sent, id, hash)
		if again == nil {
			return got, err
		}
		// Somebody was first. A save, a seed or a rescore: check again from there. Another answer: theirs counts.
		if prior := again.prior; prior != nil {
			return s.repeat(ctx, a, again, prior, hash)
		}
		if again.record.SubmissionID != r.record.SubmissionID {
			return s.second(ctx, a, again, sent, hash)
		}
		r = again
	}
	return Result{}, fault.Busyf("submit %s: others came first %d times", a.Node.Key, tries)
}

// tries bounds how often an act starts again because others changed the state in between.
const tries = 20

// before looks whether an answer without a token was taken just now. Tokens are not looked for: nearly all are new, and one that is not
// fails to be stored again.
func (s *Service) before(ctx context.Context, a *Asked, r *Read, sent Answer, hash []byte) (Result, bool, error) {
	if sent.Token != "" || r.record.SubmissionID == "" || s.now(a).Sub(r.record.Modified) > Again {
		return Result{}, false, nil
	}
	last, err := s.findReceipt(ctx, a.User, r.record.SubmissionID)
	if err != nil {
		return Result{}, true, err
	}
	if last == nil || !s.equal(a, last, hash) {
		return Result{}, false, nil
	}
	got, err := s.repeat(ctx, a, r, last, hash)
	return got, true, err
}

// equal reports whether an answer is the click that led to last, heard twice.
func (s *Service) equal(a *Asked, last *state.Receipt, hash []byte) bool {
	return bytes.Equal(last.RequestHash, hash) && s.now(a).Sub(last.Created) <= Again
}

// check has the answer checked with no transaction open, and stores what came of it. A read that is not nil says that others changed
// the state meanwhile, and how it stands now.
func (s *Service) check(ctx context.Context, a *Asked, r *Read, sent Answer, id string, hash []byte) (Result, *Read, error) {
	m, err := s.open(ctx, a, r.record, true)
	if err != nil {
		return Result{}, nil, s.keepText(ctx, a, r.record.Version, sent.Answers, unchecked(err))
	}
	if err := m.accepts(sent.Answers); err != nil {
		return Result{}, nil, err
	}
	waits := m.mustWait() != ""
	why, err := s.ask(ctx, a, m)
	if err != nil {
		return Result{}, nil, s.keepText(ctx, a, r.record.Version, sent.Answers, err)
	}
	if why != "" && !waits && !m.closed() && !m.needsReset() {
		// Nothing can come of it: no attempt is used, and what was typed is kept.
		told := Result{Reply: m.watch()(Reply{Success: why}), Machine: m, Version: r.record.Version}
		return told, nil, s.KeepDraft(context.WithoutCancel(ctx), a, r.record.Version, sent.Answers)
	}
	s.reach("check")
	reply, err := m.Submit(ctx, sent.Answers)
	s.reach("checked")
	if sent.Token != "" && (err != nil || m.Published == nil) {
		// Not to be taken now; but it may have been before.
		if prior, findErr := s.findReceipt(ctx, a.User, sent.Token); prior != nil || findErr != nil {
			if findErr != nil {
				return Result{}, nil, findErr
			}
			got, repeatErr := s.repeat(ctx, a, r, prior, hash)
			return got, nil, repeatErr
		}
	}
	var refused *Refusal
	switch {
	case errors.As(err, &refused):
		for _, e := range m.Events {
			s.emit(context.WithoutCancel(ctx), a, e)
		}
		closed := error((&fault.Error{Kind: fault.Closed, Err: refused}).Say("problem.refused"))
		if !m.pastDue() { // another tab was first, perhaps; what is late is the learner's own doing
			closed = s.keepText(ctx, a, r.record.Version, sent.Answers, closed)
		}
		return Result{}, nil, closed
	case err != nil:
		return Result{}, nil, s.keepText(ctx, a, r.record.Version, sent.Answers, unchecked(failure(err)))
	}
	w := &write{asked: a, read: r, machine: m, cause: "submit", files: sent.Files}
	if m.Published == nil {
		if waits {
			return Result{Reply: reply, Machine: m, Version: r.record.Version}, nil, nil // told to wait: nothing has changed
		}
		w.cause = "unreadable" // the answer is shown again beside what is wrong with it; no attempt is used
		return s.finish(ctx, w, reply)
	}
	created := s.now(a).Truncate(time.Microsecond)
	reply.Receipt = &Receipt{ID: id, Time: created.Format(time.RFC3339Nano)}
	text, err := reply.MarshalJSON()
	if err != nil {
		return Result{}, nil, err
	}
	w.receipt = &state.Receipt{ID: id, RequestHash: hash, Reply: text}
	return s.finish(ctx, w, reply)
}

// unchecked tells an answer the engine failed at from a failure of the machinery: sent again it would fail again, so nobody shall try.
func unchecked(err error) error {
	if _, ok := errors.AsType[*capa.Error](err); !ok || fault.KindOf(err) != fault.Internal {
		return err
	}
	return (&fault.Error{Kind: fault.Invalid, Err: err}).Say("problem.uncheckable")
}

// finish stores an act and tells of it.
func (s *Service) finish(ctx context.Context, w *write, reply Reply) (Result, *Read, error) {
	version := w.read.record.Version + 1
	err := s.store(ctx, w)
	if errors.Is(err, errLost) {
		return Result{}, w.read, nil
	}
	if err != nil && !s.settled(ctx, w, err) {
		return Result{}, nil, err
	}
	s.tell(ctx, w)
	w.machine.Version = version
	return Result{Reply: reply, Machine: w.machine, Version: version, Grades: w.update}, nil, nil
}

// settleFor is how long the fate of a broken commit is looked for.
const settleFor = 3 * time.Second

// settled finds out whether an act was kept although the line broke before the store could say so. The process that was given the
// transaction may still be about to commit it; what is there when that process is gone stays.
func (s *Service) settled(ctx context.Context, w *write, err error) bool {
	if w.receipt == nil || pgconn.SafeToRetry(err) {
		return false
	}
	if code := pg.Code(err); code == "57014" || code != "" && code[:2] != "08" && code[:2] != "57" {
		return false // the store has said no; a statement that ran too long is one, too, and its process lives on
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleFor)
	defer cancel()
	for {
		const alive = `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1)`
		var running bool
		err := s.DB.QueryRow(ctx, alive, int64(w.backend)).Scan(&running)
		if err == nil && !running {
			found, err := s.findReceipt(ctx, w.asked.User, w.receipt.ID)
			return err == nil && found != nil
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// repeat gives the result of an answer taken before.
func (s *Service) repeat(ctx context.Context, a *Asked, r *Read, prior *state.Receipt, hash []byte) (Result, error) {
	if !bytes.Equal(prior.RequestHash, hash) {
		return Result{}, fault.Conflictf("submission %s was another answer", prior.ID).Say("problem.token_used")
	}
	m, err := s.open(ctx, a, r.record, false)
	if err != nil {
		return Result{}, err
	}
	var first Reply
	if err := json.Unmarshal(prior.Reply, &first); err != nil {
		return Result{}, fmt.Errorf("read reply to %s: %w", prior.ID, err)
	}
	return Result{Reply: first, Machine: m, Version: r.record.Version, Repeated: true}, nil
}

// second decides about an answer that met another one: an equal one is the same click, any other is told and its text kept.
func (s *Service) second(ctx context.Context, a *Asked, r *Read, sent Answer, hash []byte) (Result, error) {
	first, err := s.findReceipt(ctx, a.User, r.record.SubmissionID)
	if err != nil {
		return Result{}, err
	}
	if first != nil && s.equal(a, first, hash) {
		return s.repeat(ctx, a, r, first, hash)
	}
	conflict := fault.Conflictf("submit %s: another answer came first", a.Node.Key).Say("problem.other_answer")
	return Result{}, s.keepText(ctx, a, r.record.Version, sent.Answers, conflict)
}

// keepText keeps what was typed, to be found again, and returns the error that made it necessary.
func (s *Service) keepText(ctx context.Context, a *Asked, version int64, answers capa.Answers, because error) error {
	if err := s.KeepDraft(context.WithoutCancel(ctx), a, version, answers); err != nil {
		return errors.Join(because, err)
	}
	return because
}

// weighted are the act's points with the block's weight applied.
func (w *write) weighted() (earned, possible float64) {
	p := w.machine.Published.Points
	score := grading.Weigh(grading.Score{Earned: p.Earned, Possible: p.Possible}, w.machine.setup.Settings.Weight)
	return score.Earned, score.Possible
}
