package submission

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"lyceum/course"
	"lyceum/grading/capa"
	"lyceum/grading/gradebook"
	"lyceum/learner"
	"lyceum/learner/state"
)

// Graders are programs elsewhere that grade answers, behind queues.
type Graders interface {
	// Waiting says, in the words learners are shown, how many answers wait in a queue; "" when that is not known. A *NoQueue says why it
	// takes none.
	Waiting(ctx context.Context, queue string) (string, error)
	// Send adds to b what sends an answer. It is on its way when the transaction is kept, and only then.
	Send(b *pgx.Batch, out Outgoing)
	// Wait is how long a learner waits after an answer that is still out before sending the next.
	Wait() time.Duration
}

// NoQueue is a queue that takes no answers; learners read the reason.
type NoQueue struct{ Reason string } //nolint:errname // the word of the field

func (n *NoQueue) Error() string { return n.Reason }

// Outgoing is an answer on its way to a grader. What comes back is given to [Service.TakeReply] with the request's key.
type Outgoing struct {
	Asked   *Asked
	Request capa.QueueRequest
	First   bool   // of the act: a problem may ask several graders
	Files   []File // that belong to the request
}

// File is a file a learner sent.
type File struct {
	Input   string // id of the input it was sent for, prefix included
	Name    string
	Content []byte
}

// Queue is how a machine asks external graders.
type Queue struct {
	Name      string        // of the queue of problems that name none
	Wait      time.Duration // between an answer that is still out and the next
	Key       func() string // makes the secret of a request
	MatlabKey string
	Note      func(capa.Result) // puts what the queues have said into the marks of a check; nil: nothing
}

// queueOf is the queue a problem's answers go to; nil when nobody takes any.
func (s *Service) queueOf(a *Asked) *Queue {
	if s.Graders == nil || len(a.Problem.Queues("")) == 0 {
		return nil
	}
	key, _ := a.Course.Root().Block.Fields["matlab_api_key"].Text()
	if own, ok := a.Node.Block.Fields["matlab_api_key"].Text(); ok {
		key = own
	}
	return &Queue{Name: QueueName(a), Wait: s.Graders.Wait(), Key: newKey, MatlabKey: key}
}

// QueueName is the queue for problems that name none: ORG-COURSE.
func QueueName(a *Asked) string {
	return strings.ReplaceAll(a.Course.Key.Org+"-"+a.Course.Key.Number, " ", "_")
}

// newKey is what a grader has to know to be heard: 128 random bits.
func newKey() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// capaQueue is what the engine needs to know of the queue.
func (s *Setup) capaQueue() *capa.Queue {
	if s.Queue == nil {
		return nil
	}
	return &capa.Queue{Name: s.Queue.Name, Key: s.Queue.Key, Now: s.Now, MatlabKey: s.Queue.MatlabKey}
}

// ask asks the queues an answer would go to how many wait. A sentence that is not empty says why the answer cannot be sent now.
func (s *Service) ask(ctx context.Context, a *Asked, m *Machine) (why string, err error) {
	if m.setup.Queue == nil {
		if len(a.Problem.Queues("")) == 0 {
			return "", nil
		}
		return "Error: No grader has been set up for this problem.", nil
	}
	said := map[string]string{}
	for _, name := range a.Problem.Queues(m.setup.Queue.Name) {
		text, err := s.Graders.Waiting(ctx, name)
		if none, ok := errors.AsType[*NoQueue](err); ok {
			return fmt.Sprintf("Unable to deliver your submission to grader (Reason: %s). Please try again later.", none.Reason), nil
		}
		if err != nil {
			return "", err
		}
		said[name] = text
	}
	m.setup.Queue.Note = func(result capa.Result) {
		for _, r := range result.Requests {
			result.CorrectMap.Waits(r.Input, said[r.Queue])
		}
	}
	return "", nil
}

// queueRequests adds what sends the requests of an act.
func (s *Service) queueRequests(b *pgx.Batch, w *write) {
	for i, r := range w.machine.Requests {
		out := Outgoing{Asked: w.asked, Request: r, First: i == 0}
		if len(r.Files) > 0 {
			out.Files = slices.DeleteFunc(slices.Clone(w.files), func(f File) bool { return f.Input != r.Input })
		}
		s.Graders.Send(b, out)
	}
}

// replied is the cause of a state that holds what a grader said.
const replied = "grader"

// maxReply is the longest reply of a grader, in bytes.
const maxReply = 1 << 20

// Waits reports whether a request with the given key is out for a learner's problem. It looks at the stored state alone, runs nothing, and
// changes nothing: whoever has no key costs one small read.
func (s *Service) Waits(ctx context.Context, user learner.ID, c course.Key, problem course.UsageKey, key string) (bool, error) {
	got, err := s.states.Load(ctx, user, c, problem)
	if err != nil {
		return false, fmt.Errorf("read state of %s: %w", problem, err)
	}
	kept, err := ParseState(got[problem].State)
	if err != nil {
		return false, fmt.Errorf("%s of learner %d: %w", problem, user, err)
	}
	_, graded := kept.CorrectMap.Asker(key)
	_, run := kept.runner(key)
	return graded || run, nil
}

// TakeReply takes a grader's reply to the request with the given key: marks, points and everything that follows from them. taken is false
// for a key nobody waits for, be it wrong, late or heard before: that changes nothing. What the learner has typed since stays.
func (s *Service) TakeReply(ctx context.Context, a *Asked, key, reply string) (taken bool, err error) {
	if len(reply) > maxReply {
		reply = "" // nobody can read it
	}
	_, err = s.act(ctx, a, replied, gradebook.Act{}, func(m *Machine, _ state.Record) (Reply, error) {
		if _, taken = m.State.CorrectMap.Asker(key); !taken {
			var runner string
			if runner, taken = m.State.runner(key); taken {
				return m.ranTo(runner, capa.RunReply(reply)), nil
			}
			return Reply{Success: false}, nil
		}
		got, err := m.TakeReply(key, reply)
		if err != nil && capa.KindOf(err) == capa.Engine {
			got, err = m.TakeReply(key, "")
		}
		return got, err
	})
	return taken, err
}

// GiveUp ends the waiting for a request nobody will answer, and says why. taken is as for TakeReply.
func (s *Service) GiveUp(ctx context.Context, a *Asked, key, reason string) (taken bool, err error) {
	_, err = s.act(ctx, a, replied, gradebook.Act{}, func(m *Machine, _ state.Record) (Reply, error) {
		input := ""
		if input, taken = m.State.CorrectMap.Asker(key); !taken {
			if input, taken = m.State.runner(key); taken {
				return m.ranTo(input, capa.Undelivered(reason)), nil
			}
			return Reply{Success: false}, nil
		}
		done := m.watch()
		marks := merge(m.State.CorrectMap, nil)
		marks.Unsent(input, reason)
		m.settle(marks)
		return done(Reply{}), nil
	})
	return taken, err
}

// TakeReply takes a grader's reply. Points above what the input can earn are cut.
func (m *Machine) TakeReply(key, reply string) (Reply, error) {
	done := m.watch()
	marks, err := m.instance.TakeReply(m.State.CorrectMap, key, reply)
	if err != nil {
		return Reply{}, err
	}
	m.cut(marks)
	m.settle(marks)
	return done(Reply{}), nil
}

// settle makes what a grader's reply has left the marks that count, and publishes their points.
func (m *Machine) settle(marks capa.CorrectMap) {
	s := &m.State
	s.CorrectMap = marks
	score := Points{marks.Score(), m.maxScore()}
	switch m.setup.Settings.GradingMethod {
	case FirstScore, HighestScore, AverageScore:
		if n := len(s.ScoreHistory); n > 0 {
			s.ScoreHistory = slices.Clone(s.ScoreHistory)
			s.ScoreHistory[n-1] = score // the check itself could not know
			score = m.setup.Settings.choose(s.Earlier, s.ScoreHistory)
		}
	}
	s.Score = &score
	m.publish(score, nil)
}

// cut holds points to what each input can earn.
func (m *Machine) cut(marks capa.CorrectMap) {
	ids := m.InputIDs()
	for _, r := range m.setup.Problem.Responses() {
		for _, in := range r.Inputs {
			id := ids[0]
			ids = ids[1:]
			if e := marks[id]; e.NPoints != nil && *e.NPoints > float64(in.Points) {
				most := float64(in.Points)
				e.NPoints = &most
				marks[id] = e
			}
		}
	}
}

// mustWaitForGrader is what the learner is told while an answer is out and the next may not be sent yet, else "".
func (m *Machine) mustWaitForGrader() string {
	if m.setup.Queue == nil {
		return ""
	}
	sent, out := m.State.CorrectMap.Queued()
	if !out || m.setup.Now.Sub(sent) >= m.setup.Queue.Wait {
		return ""
	}
	return fmt.Sprintf("You must wait at least %d seconds.", int(m.setup.Queue.Wait.Seconds()))
}

// Pending reports whether a grader still has to answer, so that the page may look again in a while.
func (m *Machine) Pending() bool {
	_, out := m.State.CorrectMap.Queued()
	return out
}
