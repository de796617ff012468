package submission

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"lyceum/course"
	"lyceum/grading"
	"lyceum/grading/capa"
	"lyceum/grading/gradebook"
	"lyceum/internal/clock"
	"lyceum/internal/fault"
	"lyceum/internal/pg"
	"lyceum/internal/pgtest"
	"lyceum/learner"
	"lyceum/learner/completion"
	"lyceum/tracking"
)

const source = `<problem><numericalresponse answer="5"><label>n</label><formulaequationinput/></numericalresponse><solution><p>Five.</p></solution></problem>`

var (
	courseKey = course.Key{Org: "O", Number: "C", Run: "R"}
	noon      = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
)

// recorder keeps the names of emitted events by learner.
type recorder struct {
	mu    sync.Mutex
	lines []map[string]any
}

func (r *recorder) Emit(_ context.Context, e tracking.Event) {
	var line map[string]any
	if err := json.Unmarshal(e.AppendJSON(nil), &line); err != nil {
		panic(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, line)
}

func (r *recorder) names() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var names []string
	for _, l := range r.lines {
		names = append(names, l["event_type"].(string))
	}
	return names
}

func (r *recorder) count(name string) int {
	n := 0
	for _, l := range r.names() {
		if l == name {
			n++
		}
	}
	return n
}

// house is a service over a database of its own, with a course of one graded subsection of several problems.
type house struct {
	*Service
	pool   *pgxpool.Pool
	clock  *clock.Fake
	events *recorder
	course *course.Compiled
}

func newHouse(t testing.TB, problem course.Fields, problems int) *house {
	t.Helper()
	return newHouseOn(t, pgtest.New(t), problem, problems)
}

func newHouseOn(t testing.TB, pool *pgxpool.Pool, problem course.Fields, problems int) *house {
	t.Helper()
	h := &house{pool: pool, clock: clock.NewFake(noon), events: &recorder{}}
	h.course = newCourse(problem, problems)
	book := gradebook.New(h.pool, h.clock.Now, nil)
	lanes := pg.NewLanes(h.pool)
	t.Cleanup(lanes.Close)
	h.Service = New(Config{DB: h.pool, Lanes: lanes, Book: book, Events: h.events, Clock: h.clock.Now})
	return h
}

func newCourse(problem course.Fields, problems int) *course.Compiled {
	unit := &course.Block{Type: "vertical", ID: "u"}
	for i := range problems {
		unit.Children = append(unit.Children, &course.Block{Type: "problem", ID: fmt.Sprintf("p%d", i), Fields: problem, Body: []byte(source)})
	}
	exam := &course.Block{Type: "sequential", ID: "s", Fields: course.Fields{"graded": "true", "format": course.Text("Exam")}, Children: []*course.Block{unit}}
	root := &course.Block{Type: "course", ID: "course", Children: []*course.Block{{Type: "chapter", ID: "c", Children: []*course.Block{exam}}}}
	policy := course.Value(`{"GRADER":[{"type":"Exam","min_count":1,"drop_count":0,"weight":1}],"GRADE_CUTOFFS":{"Pass":0.5}}`)
	return course.Compile(&course.Content{Key: courseKey, Root: root, Grading: policy}, "5a0000000000000000000001", nil, func(b *course.Block) course.Facts {
		if b.Type != "problem" {
			return course.Facts{Completion: course.Aggregator}
		}
		one := 1.0
		return course.Facts{Scored: true, MaxPoints: &one, Completion: course.Completable}
	})
}

func everything(*course.Node) bool { return true }

func (h *house) asked(t testing.TB, user learner.ID, problem int) *Asked {
	t.Helper()
	n, ok := h.course.Find("problem", fmt.Sprintf("p%d", problem))
	if !ok {
		t.Fatal("no such problem")
	}
	p, err := capa.Parse(n.Block.Body)
	if err != nil {
		t.Fatal(err)
	}
	return &Asked{Course: h.course, Node: n, Problem: p, User: user, Username: "mira", May: everything}
}

func (h *house) answer(problem int, text string) capa.Answers {
	return capa.Answers{fmt.Sprintf("p%d_2_1", problem): capa.Text(text)}
}

// consistent checks that state, history, score, grades and completion of a learner agree.
func (h *house) consistent(t testing.TB, user learner.ID) {
	t.Helper()
	h.verified(t, user)
	const torn = `
		SELECT s.usage_key, s.version, count(h.version), max(h.version), (s.state->>'attempts')::int, count(*) FILTER (WHERE h.cause = 'submit'),
		       count(h.submission_id),
		       (SELECT completion FROM block_completion c WHERE c.user_id = s.user_id AND c.usage_key = s.usage_key)
		FROM   block_state s LEFT JOIN block_state_history h USING (user_id, course_key, usage_key)
		WHERE  s.user_id = $1
		GROUP  BY s.user_id, s.course_key, s.usage_key, s.version, s.state::text, s.state->>'attempts'`
	rows, err := h.pool.Query(t.Context(), torn, int64(user))
	if err != nil {
		t.Fatal(err)
	}
	var key string
	var version, past, last, submits, receipts int64
	var attempts *int64
	var done *float64
	_, err = pgx.ForEachRow(rows, []any{&key, &version, &past, &last, &attempts, &submits, &receipts, &done}, func() error {
		tries := int64(0)
		if attempts != nil {
			tries = *attempts
		}
		if past != version || last != version || tries != submits || submits != receipts || (tries > 0) != (done != nil && *done == 1) {
			t.Errorf("learner %d, %s: version %d, %d in history up to %d, %d attempts, %d submits, %d receipts, completion %v: torn", user, key, version, past, last, tries, submits, receipts, done)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSubmit(t *testing.T) {
	t.Parallel()
	h := newHouse(t, course.Fields{"max_attempts": "2", "weight": "4"}, 2)
	ctx, a := t.Context(), h.asked(t, 7, 0)

	wrong, err := h.Submit(ctx, a, Answer{Token: "t1", Answers: h.answer(0, "4")})
	if err != nil {
		t.Fatal(err)
	}
	if got := wrong.Reply; got.Success != "incorrect" || *got.Earned != 0 || got.Possible != 4 || got.Attempts != 1 || got.Receipt.ID != "t1" {
		t.Errorf("wrong answer: got %+v", got)
	}
	right, err := h.Submit(ctx, a, Answer{Token: "t2", Answers: h.answer(0, "5")})
	if err != nil {
		t.Fatal(err)
	}
	if got := right.Reply; got.Success != "correct" || *got.Earned != 4 || got.Attempts != 2 {
		t.Errorf("right answer: got %+v", got)
	}
	again, err := h.Submit(ctx, a, Answer{Token: "t2", Answers: h.answer(0, "5")})
	if err != nil || !again.Repeated {
		t.Fatalf("same token: got %+v, %v, want the first result", again, err)
	}
	if diff := cmp.Diff(mustJSON(t, again.Reply), mustJSON(t, right.Reply)); diff != "" {
		t.Errorf("same token (-got +want):\n%s", diff)
	}
	if _, err := h.Submit(ctx, a, Answer{Token: "t2", Answers: h.answer(0, "6")}); !fault.Is(err, fault.Conflict) {
		t.Errorf("same token, other answer: got %v, want a conflict", err)
	}
	_, err = h.Submit(ctx, a, Answer{Token: "t3", Answers: h.answer(0, "5")})
	if refusal := (*Refusal)(nil); !errors.As(err, &refusal) || !fault.Is(err, fault.Closed) {
		t.Errorf("no attempts left: got %v, want a refusal", err)
	}
	if _, err := h.Submit(ctx, h.asked(t, 7, 1), Answer{Answers: capa.Answers{"other_2_1": capa.Text("5")}}); !fault.Is(err, fault.Invalid) {
		t.Errorf("unknown input: got %v, want invalid", err)
	}

	h.consistent(t, 7)
	got, err := h.Book.Learner(ctx, h.course, 7, everything)
	if err != nil {
		t.Fatal(err)
	}
	if s := got.Chapters[0].Subsections[0]; got.Stored.Percent != .5 || !got.Stored.Passing || s.Totals.Graded != (grading.Score{Earned: 4, Possible: 8}) || len(s.Blocks) != 2 {
		t.Errorf("grades: got %+v, subsection %+v", got.Stored, s)
	}
	want := []string{
		"edx.grades.problem.submitted", "problem_check", "edx.grades.subsection.grade_calculated", "edx.grades.course.grade_calculated",
		"edx.grades.problem.submitted", "problem_check", "edx.grades.subsection.grade_calculated", "edx.grades.course.grade_calculated",
		"edx.course.grade.passed.first_time", "problem_check_fail",
	}
	if diff := cmp.Diff(h.events.names(), want); diff != "" {
		t.Errorf("events (-got +want):\n%s", diff)
	}
	check := h.events.lines[1]
	wantCheck := map[string]any{
		"problem_id": a.Node.Key.String(), "answers": map[string]any{"p0_2_1": "4"}, "grade": 0.0, "max_grade": 1.0, "attempts": 1.0, "success": "incorrect",
		"submission": map[string]any{"p0_2_1": map[string]any{
			"question": "n", "answer": "4", "response_type": "numericalresponse", "input_type": "formulaequationinput", "correct": false, "variant": "", "group_label": "",
		}},
		"correct_map": map[string]any{"p0_2_1": map[string]any{
			"correctness": "incorrect", "npoints": nil, "msg": "", "hint": "", "hintmode": nil, "queuestate": nil, "answervariable": nil,
		}},
		"state": map[string]any{
			"seed": 1.0, "student_answers": map[string]any{}, "done": nil, "correct_map": map[string]any{}, "input_state": map[string]any{"p0_2_1": map[string]any{}},
		},
	}
	if diff := cmp.Diff(check["event"], any(wantCheck)); diff != "" {
		t.Errorf("problem_check (-got +want):\n%s", diff)
	}
	module := check["context"].(map[string]any)["module"]
	if diff := cmp.Diff(module, any(map[string]any{"display_name": "p0", "usage_key": a.Node.Key.String()})); diff != "" || check["page"] != "x_module" {
		t.Errorf("problem_check: module %v, page %v", module, check["page"])
	}
	wantScored := map[string]any{
		"course_id": courseKey.String(), "user_id": "7", "event_transaction_type": "edx.grades.problem.submitted", "problem_id": a.Node.Key.String(),
		"weighted_earned": 0.0, "weighted_possible": 4.0,
	}
	scored := h.events.lines[0]["event"].(map[string]any)
	if scored["event_transaction_id"] != h.events.lines[2]["event"].(map[string]any)["event_transaction_id"] {
		t.Error("events of one chain have different transactions")
	}
	delete(scored, "event_transaction_id")
	if diff := cmp.Diff(any(scored), any(wantScored)); diff != "" {
		t.Errorf("problem.submitted (-got +want):\n%s", diff)
	}
}

func mustJSON(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestUnreadableAnswerUsesNoAttempt(t *testing.T) {
	t.Parallel()
	h := newHouse(t, course.Fields{"max_attempts": "1"}, 1)
	a := h.asked(t, 7, 0)
	got, err := h.Submit(t.Context(), a, Answer{Answers: h.answer(0, "5+")})
	if err != nil || got.Reply.Success != "Invalid math syntax: '5+'" || got.Reply.Attempts != 0 || got.Reply.Receipt != nil {
		t.Fatalf("got %+v, %v", got.Reply, err)
	}
	got, err = h.Submit(t.Context(), a, Answer{Answers: h.answer(0, "5")})
	if err != nil || got.Reply.Success != "correct" {
		t.Fatalf("got %+v, %v", got.Reply, err)
	}
}

// TestDoubleClick is an old page that sends no tokens: an equal answer within a few seconds is the same click.
func TestDoubleClick(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, 1)
	a := h.asked(t, 7, 0)
	for i, step := range []struct {
		wait     time.Duration
		text     string
		attempts int
		repeated bool
	}{
		{0, "4", 1, false},
		{2 * time.Second, "4", 1, true},
		{0, "5", 2, false},
		{6 * time.Second, "5", 3, false},
	} {
		h.clock.Advance(step.wait)
		got, err := h.Submit(t.Context(), a, Answer{Answers: h.answer(0, step.text)})
		if err != nil || got.Reply.Attempts != step.attempts || got.Repeated != step.repeated {
			t.Errorf("step %d: got %d attempts, repeated %v, %v; want %d, %v", i+1, got.Reply.Attempts, got.Repeated, err, step.attempts, step.repeated)
		}
	}
	h.consistent(t, 7)
}

// TestEqualSubmitsAtOnce: 100 equal answers at once are one attempt, and all get the same reply.
func TestEqualSubmitsAtOnce(t *testing.T) {
	t.Parallel()
	for _, token := range []string{"", "one"} {
		t.Run("token "+token, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, course.Fields{"max_attempts": "3"}, 1)
			a := h.asked(t, 7, 0)
			var processes [3]*Service // three processes over one store
			for i := range processes {
				processes[i] = New(Config{DB: h.pool, Book: gradebook.New(h.pool, h.clock.Now, nil), Events: h.events, Clock: h.clock.Now})
			}
			replies := make([]string, 100)
			race(len(replies), func(i int) {
				got, err := processes[i%3].Submit(t.Context(), a, Answer{Token: token, Answers: h.answer(0, "5")})
				if err != nil {
					t.Errorf("submit: %v", err)
					return
				}
				replies[i] = mustJSON(t, got.Reply)
			})
			for _, r := range replies[1:] {
				if r != replies[0] {
					t.Fatalf("replies differ:\n%s\n%s", r, replies[0])
				}
			}
			if n := h.events.count("problem_check"); n != 1 {
				t.Errorf("%d problem_check events, want 1", n)
			}
			h.consistent(t, 7)
		})
	}
}

// TestLastAttemptRaced: however many different answers arrive at once, attempts never exceed the limit, and what was not graded is told.
func TestLastAttemptRaced(t *testing.T) {
	t.Parallel()
	h := newHouse(t, course.Fields{"max_attempts": "1"}, 1)
	a := h.asked(t, 7, 0)
	var graded, refused atomic.Int64
	race(50, func(i int) {
		_, err := h.Submit(t.Context(), a, Answer{Token: fmt.Sprintf("t%d", i), Answers: h.answer(0, fmt.Sprint(i))})
		switch {
		case err == nil:
			graded.Add(1)
		case fault.Is(err, fault.Conflict), fault.Is(err, fault.Closed):
			refused.Add(1)
		default:
			t.Errorf("submit: %v", err)
		}
	})
	if graded.Load() != 1 || refused.Load() != 49 {
		t.Errorf("%d graded, %d refused, want 1 and 49", graded.Load(), refused.Load())
	}
	var b pgx.Batch
	var drafts map[course.UsageKey]Draft
	QueueDrafts(&b, 7, courseKey, []string{a.Node.Usage}, func(d map[course.UsageKey]Draft) { drafts = d })
	if err := h.pool.SendBatch(t.Context(), &b).Close(); err != nil {
		t.Fatal(err)
	}
	if len(drafts[a.Node.Key].Answers) != 1 {
		t.Errorf("drafts: got %v, want the text of a refused answer", drafts)
	}
	h.consistent(t, 7)
}

// TestProblemsRaced: a learner answers all problems of a subsection at once; no answer leaves another out of the grade.
func TestProblemsRaced(t *testing.T) {
	t.Parallel()
	const problems = 12
	h := newHouse(t, nil, problems)
	race(problems, func(i int) {
		got, err := h.Submit(t.Context(), h.asked(t, 7, i), Answer{Answers: h.answer(i, "5")})
		if err != nil || got.Reply.Success != "correct" {
			t.Errorf("problem %d: %v, %v", i, got.Reply.Success, err)
		}
	})
	h.consistent(t, 7)
	got, err := h.Book.Learner(t.Context(), h.course, 7, everything)
	if err != nil || got.Stored.Percent != 1 || got.Stored.Version != problems {
		t.Errorf("grade: got %+v, %v, want full marks after %d changes", got.Stored, err, problems)
	}
}

// TestOverrideRaced: an override, a rescore and answers at once: the override stands, and the history has all of them.
func TestOverrideRaced(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, 2)
	ctx := t.Context()
	if _, err := h.Submit(ctx, h.asked(t, 7, 0), Answer{Answers: h.answer(0, "5")}); err != nil {
		t.Fatal(err)
	}
	sub := courseKey.Usage("sequential", "s")
	three := 0.5
	var wg sync.WaitGroup
	for _, do := range []func() error{
		func() error {
			_, err := h.Book.Override(ctx, h.course, 7, sub, grading.Override{EarnedGraded: &three}, gradebook.Act{Actor: 1, Reason: "late"}, everything)
			return err
		},
		func() error { _, err := h.Rescore(ctx, h.asked(t, 7, 0), false, gradebook.Act{Actor: 2}); return err },
		func() error { _, err := h.Submit(ctx, h.asked(t, 7, 1), Answer{Answers: h.answer(1, "5")}); return err },
	} {
		wg.Go(func() {
			if err := do(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got, err := h.Book.Learner(ctx, h.course, 7, everything)
	if err != nil {
		t.Fatal(err)
	}
	if s := got.Chapters[0].Subsections[0]; s.Totals.Graded != (grading.Score{Earned: .5, Possible: 2}) || got.Stored.Percent != .25 || got.Stored.Version != 4 {
		t.Errorf("override: got %+v, course %+v", s.Totals, got.Stored)
	}
	past, err := h.Book.History(ctx, courseKey, 7)
	if err != nil || len(past) != 2 {
		t.Errorf("history: got %v, %v, want override and rescore", past, err)
	}
	seen := map[int64]bool{1: true}
	for _, p := range past {
		seen[p.Version] = true
	}
	var last int64
	if err := h.pool.QueryRow(ctx, `SELECT max(grade_version) FROM block_state_history WHERE usage_key = $1`, h.asked(t, 7, 1).Node.Key.String()).Scan(&last); err != nil {
		t.Fatal(err)
	}
	if seen[last] = true; len(seen) != 4 {
		t.Errorf("versions of override, rescore and answer are not one order: %v", seen)
	}
}

// race runs do n times at once.
func race(n int, do func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			do(i)
		})
	}
	close(start)
	wg.Wait()
}

// TestSums: in subsections of many questions grades follow from the sums that are kept. Whatever learners and staff do, in whatever order and
// at once, they are those of all scores added up.
func TestSums(t *testing.T) {
	t.Parallel()
	const questions = 2 * manyScores
	for name, fields := range map[string]course.Fields{
		"whole": {"weight": "2"}, "plain": {}, "thirds": {"weight": "0.3"}, "kept seed": {"rerandomize": course.Text("never")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, fields, questions)
			ctx, random := t.Context(), rand.New(rand.NewPCG(1, uint64(len(name)))) //nolint:gosec // the same each time
			var fills atomic.Int64
			h.reached = func(step string) {
				if step == "fill" {
					fills.Add(1)
				}
			}
			for n := range 80 {
				i, text := random.IntN(questions), fmt.Sprint(4+random.IntN(2))
				h.clock.Advance(time.Minute)
				a := h.asked(t, 7, i)
				var err error
				switch act := random.IntN(12); {
				case act == 0:
					_, err = h.Delete(ctx, a, gradebook.Act{Actor: 2})
				case act == 1:
					_, err = h.Rescore(ctx, a, false, gradebook.Act{Actor: 2})
				case act == 2:
					_, err = h.Save(ctx, a, h.answer(i, text))
				case act == 3 && n > 40: // published anew
					h.course = newCourse(fields, questions)
					h.course.Version = course.VersionID(fmt.Sprintf("5a%022d", n))
				default:
					_, err = h.Submit(ctx, a, Answer{Answers: h.answer(i, text)})
				}
				if err != nil && !fault.Is(err, fault.Closed) && !fault.Is(err, fault.Invalid) {
					t.Errorf("%d: %v", n, err)
				}
				h.verified(t, 7)
				const first = `
					SELECT coalesce(bool_and(g.first_attempted = (SELECT min(created) FROM block_state WHERE user_id = 7 AND grade IS NOT NULL)), true)
					FROM   subsection_grade g
					WHERE  g.user_id = 7 AND g.first_attempted IS NOT NULL AND g.course_version = $1`
				var same bool
				if err := h.pool.QueryRow(ctx, first, string(h.course.Version)).Scan(&same); err != nil || !same {
					t.Errorf("%d: the first attempt is another, %v", n, err)
				}
			}
			if got := fills.Load(); name != "thirds" && got > 25 || name == "thirds" && got < 50 {
				t.Errorf("the scores of others were loaded %d times", got)
			}
			race(questions, func(i int) {
				if _, err := h.Submit(ctx, h.asked(t, 8, i), Answer{Answers: h.answer(i, fmt.Sprint(4+i%2))}); err != nil {
					t.Error(err)
				}
			})
			h.verified(t, 8)
		})
	}
}

// verified checks that grades are those of the states.
func (h *house) verified(t testing.TB, user learner.ID) {
	t.Helper()
	diffs, err := h.Book.Verify(t.Context(), h.course, user, everything)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range diffs {
		t.Errorf("learner %d: stored grades differ from the states: %+v", user, d)
	}
}

// TestKilled: a request that ends at any point has either been taken whole or not at all, and sending it again settles it.
func TestKilled(t *testing.T) {
	t.Parallel()
	for user, step := range map[learner.ID]string{11: "check", 12: "checked", 13: "store", 14: "stored"} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, course.Fields{"max_attempts": "1"}, 1)
			ctx, cancel := context.WithCancel(t.Context())
			h.reached = func(at string) {
				if at == step {
					cancel()
				}
			}
			a, sent := h.asked(t, user, 0), Answer{Token: "t", Answers: h.answer(0, "5")}
			_, err := h.Submit(ctx, a, sent)
			if (err == nil) != (step == "stored") {
				t.Errorf("killed at %s: got error %v", step, err)
			}
			h.consistent(t, user)
			h.reached = nil
			got, err := h.Submit(t.Context(), a, sent)
			if err != nil || got.Reply.Success != "correct" || got.Reply.Attempts != 1 || got.Repeated != (step == "stored") {
				t.Errorf("sent again: got %+v, %v", got, err)
			}
			h.consistent(t, user)
			if n := h.events.count("problem_check"); n != 1 {
				t.Errorf("%d problem_check events, want 1", n)
			}
		})
	}
}

// TestCommitBroken: the line breaks while the commit is under way. The flow finds out what became of it.
func TestCommitBroken(t *testing.T) {
	t.Parallel()
	h := newHouse(t, course.Fields{"max_attempts": "100"}, 1)
	h.Lanes = nil // which do not leave a commit that is under way
	a := h.asked(t, 7, 0)
	for i := range 60 {
		ctx, cancel := context.WithCancel(t.Context())
		h.reached = func(at string) {
			if at == "store" {
				time.AfterFunc(time.Duration(i)*20*time.Microsecond, cancel)
			}
		}
		sent := Answer{Token: fmt.Sprintf("t%d", i), Answers: h.answer(0, fmt.Sprint(i))}
		before := h.events.count("problem_check")
		_, err := h.Submit(ctx, a, sent)
		kept, findErr := h.findReceipt(t.Context(), 7, sent.Token)
		if findErr != nil {
			t.Fatal(findErr)
		}
		told := h.events.count("problem_check") - before
		if (err == nil) != (kept != nil) || (told == 1) != (kept != nil) {
			t.Errorf("cut %d: error %v, kept %v, %d events", i, err, kept != nil, told)
		}
		cancel()
	}
	h.consistent(t, 7)
}

// TestCommitCanceled: what the server has ended is not stored, and nobody waits to see whether it is after all.
func TestCommitCanceled(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, 1)
	h.Lanes = nil
	if _, err := h.pool.Exec(t.Context(), `
		CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(4); RETURN new; END $$;
		CREATE TRIGGER slow BEFORE INSERT ON block_state FOR EACH ROW EXECUTE FUNCTION slow()`); err != nil {
		t.Fatal(err)
	}
	var ended time.Time
	var ending sync.WaitGroup
	defer ending.Wait()
	ending.Go(func() {
		const cancel = `SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`
		for n := 0; n == 0 && t.Context().Err() == nil; time.Sleep(20 * time.Millisecond) {
			if err := h.pool.QueryRow(t.Context(), cancel).Scan(&n); err != nil {
				t.Error(err)
				return
			}
			ended = time.Now()
		}
	})
	_, err := h.Submit(t.Context(), h.asked(t, 7, 0), Answer{Token: "t", Answers: h.answer(0, "4")})
	ending.Wait()
	if pg.Code(err) != "57014" || time.Since(ended) > 2*time.Second {
		t.Errorf("told after %s: %v", time.Since(ended), err)
	}
	if kept, err := h.findReceipt(t.Context(), 7, "t"); kept != nil || err != nil {
		t.Errorf("kept %v, %v", kept, err)
	}
}

// TestLaneBroken: the server ends the processes that commit for many learners at once, at any moment. Everybody's answer is kept once or
// not at all, is told as it is, and is taken when it is sent again.
func TestLaneBroken(t *testing.T) {
	t.Parallel()
	h := newHouse(t, course.Fields{"max_attempts": "100"}, 1)
	stop := make(chan struct{})
	var killer sync.WaitGroup
	killer.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(7 * time.Millisecond):
			}
			const kill = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'lyceum lane'`
			if _, err := h.pool.Exec(t.Context(), kill); err != nil {
				t.Errorf("kill: %v", err)
			}
		}
	})
	const learners, answers = 6, 25
	var failed atomic.Int64
	race(learners, func(i int) {
		a := h.asked(t, learner.ID(100+i), 0)
		for n := range answers {
			sent := Answer{Token: fmt.Sprintf("t%d", n), Answers: h.answer(0, fmt.Sprint(n))}
			got, err := h.Submit(t.Context(), a, sent)
			kept, findErr := h.findReceipt(t.Context(), a.User, sent.Token)
			if findErr != nil || (err == nil) != (kept != nil) {
				t.Errorf("learner %d, answer %d: error %v, kept %v, %v", i, n, err, kept != nil, findErr)
			}
			for range 20 {
				if err == nil {
					break
				}
				if failed.Add(1); !fault.Is(err, fault.Busy) {
					t.Errorf("learner %d, answer %d: %v", i, n, err)
				}
				got, err = h.Submit(t.Context(), a, sent)
			}
			if err != nil || got.Reply.Attempts != n+1 {
				t.Errorf("learner %d, answer %d: attempts %d, %v", i, n, got.Reply.Attempts, err)
			}
		}
	})
	close(stop)
	killer.Wait()
	for i := range learners {
		h.consistent(t, learner.ID(100+i))
	}
	if got, want := h.events.count("problem_check"), learners*answers; got != want {
		t.Errorf("%d problem_check events, want %d", got, want)
	}
	t.Logf("%d answers were sent again", failed.Load())
}

func TestClosing(t *testing.T) {
	t.Parallel()
	h := newHouse(t, course.Fields{"submission_wait_seconds": "0"}, 1)
	a := h.asked(t, 7, 0)
	closes := noon.Add(time.Hour)
	a.Close = &closes
	for _, c := range []struct {
		at   time.Duration
		text string
		open bool
	}{{-time.Millisecond, "1", true}, {0, "2", true}, {time.Millisecond, "3", false}} {
		a.Arrived = closes.Add(c.at)
		_, err := h.Submit(t.Context(), a, Answer{Answers: h.answer(0, c.text)})
		if (err == nil) != c.open {
			t.Errorf("%v after the close: got %v, want open %v", c.at, err, c.open)
		}
	}
}

func TestSaveResetShow(t *testing.T) {
	t.Parallel()
	h := newHouse(t, course.Fields{"max_attempts": "5", "show_reset_button": "true", "rerandomize": course.Text("onreset")}, 1)
	seeds := atomic.Int32{}
	seeds.Store(41)
	h.Seeds = func() int32 { return seeds.Add(1) }
	ctx, a := t.Context(), h.asked(t, 7, 0)

	got, err := h.Get(ctx, a)
	if err != nil || *got.Machine.State.Seed != 42 || got.Version != 1 {
		t.Fatalf("first look: got %+v, %v, want seed 42, kept as version 1", got.Machine, err)
	}
	if got, err = h.Get(ctx, a); err != nil || *got.Machine.State.Seed != 42 {
		t.Errorf("second look: got seed %d, %v, want the first", *got.Machine.State.Seed, err)
	}
	if got, err = h.Save(ctx, a, h.answer(0, "4")); err != nil || got.Reply.Success != true {
		t.Errorf("save: got %+v, %v", got.Reply, err)
	}
	if _, err = h.ShowAnswer(ctx, a); !fault.Is(err, fault.Closed) {
		t.Errorf("show answer before any: got %v, want a refusal", err)
	}
	if got, err = h.Submit(ctx, a, Answer{Answers: h.answer(0, "5")}); err != nil || got.Reply.Success != "correct" {
		t.Errorf("submit: got %+v, %v", got.Reply, err)
	}
	if got, err = h.ShowAnswer(ctx, a); err != nil || got.Reply.Answers["p0_2_1"] != "5" {
		t.Errorf("show answer: got %+v, %v", got.Reply, err)
	}
	if got, err = h.Reset(ctx, a); err != nil || got.Reply.Success != true || *got.Machine.State.Seed == 42 {
		t.Errorf("reset: got %+v, %v", got.Reply, err)
	}
	if got, err = h.Reset(ctx, a); err != nil || got.Reply.Success != false {
		t.Errorf("second reset: got %+v, %v, want a refusal in words", got.Reply, err)
	}
	done, err := completion.New(h.pool).LoadCourse(ctx, 7, courseKey)
	if err != nil || done[a.Node.Key] != 1 {
		t.Errorf("completion after a reset: got %v, %v, want it to stay", done, err)
	}
	grades, err := h.Book.Learner(ctx, h.course, 7, everything)
	if err != nil || grades.Stored.Percent != 0 {
		t.Errorf("grade after a reset: got %+v, %v, want 0", grades.Stored, err)
	}
	past, err := h.states.History(ctx, 7, courseKey, a.Node.Key)
	if err != nil {
		t.Fatal(err)
	}
	var causes []string
	for _, p := range past {
		causes = append(causes, p.Cause)
	}
	if diff := cmp.Diff(causes, []string{"save", "submit", "reset"}); diff != "" {
		t.Errorf("history (-got +want):\n%s", diff)
	}
}

func TestFirstLooksAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, course.Fields{"rerandomize": course.Text("always")}, 1)
	a := h.asked(t, 7, 0)
	seeds := make([]int, 20)
	race(len(seeds), func(i int) {
		got, err := h.Get(t.Context(), a)
		if err != nil {
			t.Error(err)
			return
		}
		seeds[i] = *got.Machine.State.Seed
	})
	for _, s := range seeds {
		if s != seeds[0] {
			t.Fatalf("seeds differ: %v", seeds)
		}
	}
}

func TestRescore(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, 1)
	ctx, a := t.Context(), h.asked(t, 7, 0)
	if _, err := h.Rescore(ctx, a, false, gradebook.Act{Actor: 1}); !fault.Is(err, fault.Closed) {
		t.Errorf("rescore of nothing: got %v, want a refusal", err)
	}
	if _, err := h.Submit(ctx, a, Answer{Answers: h.answer(0, "6")}); err != nil {
		t.Fatal(err)
	}
	changed := *a
	var err error
	if changed.Problem, err = capa.Parse([]byte(`<problem><numericalresponse answer="6"><formulaequationinput/></numericalresponse></problem>`)); err != nil {
		t.Fatal(err)
	}
	got, err := h.Rescore(ctx, &changed, true, gradebook.Act{Actor: 1})
	if err != nil || *got.Reply.Earned != 1 || got.Reply.Attempts != 1 {
		t.Errorf("rescore: got %+v, %v", got.Reply, err)
	}
	// Back to the first question: only better points count.
	if _, err = h.Rescore(ctx, a, true, gradebook.Act{Actor: 1}); err != nil {
		t.Error(err)
	}
	grades, err := h.Book.Learner(ctx, h.course, 7, everything)
	if err != nil || grades.Stored.Percent != 1 {
		t.Errorf("grade: got %+v, %v, want the better one", grades.Stored, err)
	}
}

func TestStaffActs(t *testing.T) {
	t.Parallel()
	h := newHouse(t, course.Fields{"max_attempts": "1"}, 1)
	ctx, a, staff := t.Context(), h.asked(t, 7, 0), gradebook.Act{Actor: 1, Reason: "asked for it"}
	if _, err := h.Submit(ctx, a, Answer{Token: "t1", Answers: h.answer(0, "5")}); err != nil {
		t.Fatal(err)
	}
	if got, err := h.ResetAttempts(ctx, a, staff); err != nil || got.Reply.Attempts != 0 || *got.Reply.Earned != 1 {
		t.Errorf("reset attempts: got %+v, %v", got.Reply, err)
	}
	if got, err := h.Submit(ctx, a, Answer{Token: "t2", Answers: h.answer(0, "5")}); err != nil || got.Reply.Attempts != 1 {
		t.Errorf("one more attempt: got %+v, %v", got.Reply, err)
	}
	if _, err := h.Delete(ctx, a, staff); err != nil {
		t.Fatal(err)
	}
	got, err := h.states.Load(ctx, 7, courseKey, a.Node.Key)
	if r := got[a.Node.Key]; err != nil || string(r.State) != "{}" || r.Grade != nil || r.Version != 4 {
		t.Errorf("deleted state: got %+v, %v", r, err)
	}
	grades, err := h.Book.Learner(ctx, h.course, 7, everything)
	if err != nil || grades.Stored.Percent != 0 || grades.Stored.Passing || grades.Chapters[0].Subsections[0].Attempted {
		t.Errorf("grades after deleting: got %+v, %v", grades.Stored, err)
	}
	done, err := completion.New(h.pool).LoadCourse(ctx, 7, courseKey)
	if err != nil || done[a.Node.Key] != 0 {
		t.Errorf("completion after deleting: got %v, %v", done, err)
	}
	if h.events.count(tracking.GradesProblemStateDeleted) != 1 || h.events.count(tracking.CourseNowFailed) != 1 {
		t.Errorf("events: got %v", h.events.names())
	}
	if past, err := h.states.History(ctx, 7, courseKey, a.Node.Key); err != nil || len(past) != 4 || past[3].Actor != 1 || past[2].Grade == nil {
		t.Errorf("history: got %+v, %v", past, err)
	}
	if _, err := h.pool.Exec(ctx, `UPDATE block_state SET state = '{"seed": "broken"}'`); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Get(ctx, a); err == nil {
		t.Error("a state nobody can read was read")
	}
	if _, err := h.Delete(ctx, a, staff); err != nil {
		t.Errorf("delete a state nobody can read: %v", err)
	}
	if got, err := h.Submit(ctx, a, Answer{Token: "t3", Answers: h.answer(0, "5")}); err != nil || got.Reply.Attempts != 1 {
		t.Errorf("starting anew: got %+v, %v", got.Reply, err)
	}
}

func TestVisitors(t *testing.T) {
	t.Parallel()
	h := newHouse(t, course.Fields{"rerandomize": course.Text("always")}, 1)
	ctx, a := t.Context(), h.asked(t, 0, 0)
	if _, err := h.Get(ctx, a); err != nil {
		t.Errorf("a look: %v", err)
	}
	for name, do := range map[string]func() error{
		"submit": func() error { _, err := h.Submit(ctx, a, Answer{Answers: h.answer(0, "5")}); return err },
		"save":   func() error { _, err := h.Save(ctx, a, h.answer(0, "5")); return err },
		"reset":  func() error { _, err := h.Reset(ctx, a); return err },
		"draft":  func() error { return h.KeepDraft(ctx, a, 0, h.answer(0, "5")) },
	} {
		if err := do(); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s: got %v, want a request to sign in", name, err)
		}
	}
	var kept int
	if err := h.pool.QueryRow(ctx, `SELECT count(*) FROM block_state`).Scan(&kept); err != nil || kept != 0 {
		t.Errorf("%d states kept of a visitor, %v", kept, err)
	}
}
