package lms

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"

	"lyceum/component"
	"lyceum/component/problem"
	"lyceum/course"
	"lyceum/graderqueue"
	"lyceum/internal/fault"
	"lyceum/learner"
	"lyceum/learner/courseware"
	"lyceum/tracking"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/ui"
)

// How the paths end at which external graders answer: with a mark, or with what a program has printed that was only run.
const (
	scoreUpdate = "/score_update"
	runUpdate   = "/ungraded_response"
)

// graderPlace is the answer a grader speaks of.
type graderPlace struct {
	Course course.Key
	User   learner.ID
	Block  course.UsageKey
}

// GraderPath is the path of this site at which replies to a learner's answers to a problem are taken.
func GraderPath(c course.Key, user learner.ID, block course.UsageKey) string {
	return component.CoursePath(c, fmt.Sprintf("xqueue/%d/%s%s", user, component.EscapeKey(block.String()), scoreUpdate))
}

// RunPath is the path of this site at which what a learner's program printed is taken.
func RunPath(c course.Key, user learner.ID, block course.UsageKey) string {
	return strings.TrimSuffix(GraderPath(c, user, block), scoreUpdate) + runUpdate
}

// cutUpdate takes the end off such a path.
func cutUpdate(path string) (before string, ok bool) {
	path = strings.TrimSuffix(path, "/")
	if before, ok = strings.CutSuffix(path, scoreUpdate); ok {
		return before, true
	}
	return strings.CutSuffix(path, runUpdate)
}

// IsGraderPath reports whether a path is one of GraderPath. Who asks there proves itself by the key of the answer.
func IsGraderPath(path string) bool {
	_, ok := cutUpdate(path)
	return ok && strings.HasPrefix(path, "/courses/") && strings.Contains(path, "/xqueue/")
}

// parseGraderPath reads what GraderPath writes, what follows a question mark aside.
func parseGraderPath(path string) (graderPlace, error) {
	path, _, _ = strings.Cut(path, "?")
	c, rest, ok := strings.Cut(strings.TrimPrefix(path, "/courses/"), "/xqueue/")
	user, rest, ok2 := strings.Cut(rest, "/")
	if !ok || !ok2 {
		return graderPlace{}, fault.NotFoundf("path of a grader's reply %q", path)
	}
	key, err := course.ParseURLKey(c)
	if err != nil {
		return graderPlace{}, &fault.Error{Kind: fault.NotFound, Err: err}
	}
	return newGraderPlace(key, user, rest)
}

// newGraderPlace reads the parts of a path after the course's.
func newGraderPlace(key course.Key, user, rest string) (graderPlace, error) {
	id, err := strconv.ParseInt(user, 10, 64)
	block, ok := cutUpdate(rest)
	if err != nil || id <= 0 || !ok {
		return graderPlace{}, fault.NotFoundf("reply of a grader at %s/%s", user, rest)
	}
	u, err := course.ParseURLUsageKey(block, key)
	if err != nil {
		return graderPlace{}, &fault.Error{Kind: fault.NotFound, Err: err}
	}
	return graderPlace{key, learner.ID(id), u}, nil
}

// MaxGraderReply bounds the form a grader's reply comes in, in bytes.
const MaxGraderReply = 4 << 20

// takeScore serves POST /courses/KEY/xqueue/USERID/BLOCK/score_update and .../ungraded_response: a queue elsewhere brings a grader's reply.
// A key nobody waits for is told nothing, as the contract has it; which answer or run it is for, the key alone decides.
func (s *Server) takeScore(w http.ResponseWriter, r *http.Request) error {
	c, err := s.compiled(r)
	if err != nil {
		return err
	}
	at, err := newGraderPlace(c.Key, chi.URLParam(r, "user"), part(r, "*"))
	if err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(w, r.Body, MaxGraderReply)
	if mediaType(r.Header.Get("Content-Type")) == "multipart/form-data" {
		err = r.ParseMultipartForm(MaxGraderReply)
	} else {
		err = r.ParseForm()
	}
	if err != nil || r.PostForm["xqueue_header"] == nil || r.PostForm["xqueue_body"] == nil {
		return fault.NotFoundf("a grader's reply without header and body: %w", err)
	}
	if err := s.takeReply(r.Context(), at, graderqueue.Reply{Header: r.PostForm.Get("xqueue_header"), Body: r.PostForm.Get("xqueue_body")}); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(http.StatusOK)
	return nil
}

// TakeReply takes a reply that was addressed to one of GraderPath's paths. What no learner waits for is no error.
func (s *Server) TakeReply(ctx context.Context, path string, r graderqueue.Reply) error {
	at, err := parseGraderPath(path)
	if err != nil {
		return err
	}
	return s.takeReply(ctx, at, r)
}

func (s *Server) takeReply(ctx context.Context, at graderPlace, r graderqueue.Reply) error {
	var head struct {
		Key *string `json:"lms_key"`
	}
	if json.Unmarshal([]byte(r.Header), &head) != nil || head.Key == nil {
		return fault.NotFoundf("a grader's reply to %s without a key", at.Block)
	}
	c, err := s.Courses.Compiled(ctx, at.Course)
	if err != nil {
		return err
	}
	n, ok := c.Node(at.Block)
	if !ok {
		return fault.NotFoundf("a grader's reply to %s: no such block", at.Block)
	}
	kind, ok := s.Kinds.Of(n.Block.Type).(*problem.Kind)
	if !ok {
		return fault.NotFoundf("a grader's reply to %s: no problem", at.Block)
	}
	if waits, err := kind.Waits(ctx, at.User, c.Key, n, *head.Key); err != nil || !waits {
		if err == nil {
			s.Log.InfoContext(ctx, "a grader's reply nobody waits for", "block", at.Block.String(), "learner", int64(at.User))
		}
		return err
	}
	rt, err := s.runtimeOf(ctx, c, at.User)
	if err != nil {
		return err
	}
	var taken bool
	if r.Undelivered != "" {
		taken, err = kind.GiveUp(ctx, rt, n, *head.Key, r.Undelivered)
	} else {
		taken, err = kind.TakeReply(ctx, rt, n, *head.Key, r.Body)
	}
	if err == nil && !taken {
		s.Log.InfoContext(ctx, "a grader's reply that others were before", "block", at.Block.String(), "learner", int64(at.User))
	}
	return err
}

// runtimeOf is what blocks see of a learner who is not there.
func (s *Server) runtimeOf(ctx context.Context, c *course.Compiled, user learner.ID) (*component.Runtime, error) {
	name, err := s.UsernameOf(ctx, user)
	if err != nil {
		return nil, err
	}
	staff, err := s.StaffOf(ctx, user)
	if err != nil {
		return nil, err
	}
	l, err := s.Loader.Load(ctx, courseware.Ask{Course: c, User: user, GlobalStaff: staff})
	if err != nil {
		return nil, err
	}
	v := s.visitOf(page.Person{ID: user, Username: name}, c, l)
	return &component.Runtime{
		Course: c, Viewer: &v.Viewer, Now: v.now, Kinds: s.Kinds, Links: s.links(v),
		Person:  component.Person{ID: user, Username: name, AnonymousID: s.anonymousID(c.Key, user)},
		Request: tracking.Request{UserID: int64(user), Username: name}, Emitter: s.Emitter, Log: s.Log, Cache: s.Markup, Hosts: s.Hosts,
	}, nil
}

// queueLister lists the queues of external graders.
type queueLister interface {
	States(ctx context.Context) ([]graderqueue.State, error)
}

// showQueues serves /graders, for staff of the site: the queues, how long they are and what goes wrong.
func (s *Server) showQueues(w http.ResponseWriter, r *http.Request) error {
	if who := page.Viewer(r); !who.Staff && !who.Superuser {
		return fault.NotFoundf("queues of graders: not staff of the site")
	}
	states, err := s.Queues.States(r.Context())
	if err != nil {
		return err
	}
	l := page.Layout(w, r, i18n.T(r.Context(), "graders.title"))
	return page.Render(w, r, queuesPage(l, newQueuesProps(r, s, states)))
}

// queuesProps is the page of queues, ready to print.
type queuesProps struct {
	Elsewhere string // where this site's own answers go; "" when they wait here
	Table     ui.TableProps
	Failures  []queueFailure
}

// queueFailure is what went wrong last in a queue.
type queueFailure struct{ Queue, What string }

func newQueuesProps(r *http.Request, s *Server, states []graderqueue.State) queuesProps {
	ctx := r.Context()
	p := queuesProps{Elsewhere: s.GradersAt}
	p.Table.Caption = i18n.T(ctx, "graders.title")
	for i, id := range []string{
		"graders.queue", "graders.how", "graders.waiting", "graders.taken", "graders.returned", "graders.away", "graders.oldest", "graders.done",
		"graders.failed",
	} {
		p.Table.Columns = append(p.Table.Columns, ui.Column{Label: i18n.T(ctx, id), Numbers: i > 1 && id != "graders.oldest"})
	}
	now := s.Clock().UTC()
	for _, q := range states {
		how := i18n.T(ctx, "graders.pull")
		if !q.Exists {
			how = i18n.T(ctx, "graders.none")
		} else if u, err := url.Parse(q.Push); err == nil && q.Push != "" {
			how = i18n.T(ctx, "graders.push", u.Host)
		}
		row := []templ.Component{
			ui.Text(q.Name), ui.Text(how), ui.Text(itoa(q.Waiting)), ui.Text(itoa(q.Taken)), ui.Text(itoa(q.Returned)), ui.Text(itoa(q.Away)),
			ui.Text("–"), ui.Text(itoa(q.Done)), ui.Text(itoa(q.Failed)),
		}
		if q.Oldest != nil {
			row[6] = ui.Time(ui.TimeProps{At: *q.Oldest, Now: now})
		}
		p.Table.Rows = append(p.Table.Rows, row)
		if q.Failure != "" {
			p.Failures = append(p.Failures, queueFailure{q.Name, q.Failure})
		}
	}
	return p
}
