package gradebook

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"lyceum/course"
	"lyceum/grading"
	"lyceum/internal/clock"
	"lyceum/internal/fault"
	"lyceum/internal/pgtest"
	"lyceum/learner"
	"lyceum/learner/state"
)

var (
	key  = course.Key{Org: "O", Number: "C", Run: "R"}
	noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
)

func everything(*course.Node) bool { return true }

// but hides blocks by id, with what is below them.
func but(c *course.Compiled, ids ...string) Visible {
	return func(n *course.Node) bool {
		for _, p := range c.Path(n) {
			if slices.Contains(ids, p.Block.ID) {
				return false
			}
		}
		return true
	}
}

func block(typ, id string, fields course.Fields, children ...*course.Block) *course.Block {
	return &course.Block{Type: typ, ID: id, Fields: fields, Children: children}
}

const policy course.Value = `{"GRADER":[{"type":"Homework","short_label":"HW","min_count":2,"drop_count":0,"weight":0.5},{"type":"Exam","min_count":1,"drop_count":0,"weight":0.5}],"GRADE_CUTOFFS":{"A":0.9,"Pass":0.5}}`

// compiled is a course with two homeworks, an exam, an ungraded subsection, one of a type nobody grades, and an empty one.
func compiled(version course.VersionID, points float64) *course.Compiled {
	graded := func(format string) course.Fields {
		return course.Fields{"graded": "true", "format": course.Text(format)}
	}
	root := block("course", "course", nil,
		block("chapter", "c1", nil,
			block("sequential", "h1", graded("Homework"),
				block("vertical", "u1", nil, block("problem", "p1", nil), block("html", "t", nil), block("problem", "p2", course.Fields{"weight": "3"})),
				block("vertical", "practice", course.Fields{"graded": "false"}, block("problem", "p3", nil), block("problem", "p4", course.Fields{"graded": "true"}))),
			block("sequential", "h2", graded("Homework"), block("vertical", "u2", nil, block("problem", "p5", nil)))),
		block("chapter", "c2", nil,
			block("sequential", "e", graded("Exam"), block("problem", "p6", nil)), // straight in the subsection
			block("sequential", "free", nil, block("vertical", "u3", nil, block("problem", "p7", nil))),
			block("sequential", "odd", graded("Essay"), block("vertical", "u4", nil, block("problem", "p8", nil))),
			block("sequential", "empty", graded("Exam"), block("vertical", "u5", nil, block("html", "x", nil)))))
	return course.Compile(&course.Content{Key: key, Root: root, Grading: policy}, version, nil, func(b *course.Block) course.Facts {
		if b.Type == "problem" {
			return course.Facts{Scored: true, MaxPoints: &points}
		}
		return course.Facts{}
	})
}

type desk struct {
	*Book
	pool *pgxpool.Pool
	c    *course.Compiled
	now  *clock.Fake
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	now := clock.NewFake(noon)
	pool := pgtest.New(t)
	return &desk{Book: New(pool, now.Now, nil), pool: pool, c: compiled("5a0000000000000000000001", 2), now: now}
}

// score stores points of one problem with the grades that follow, as an answer does.
func (d *desk) score(t testing.TB, user learner.ID, problem string, earned, possible float64, may Visible) *Update {
	t.Helper()
	p := d.Plan(d.c)
	n, ok := d.c.Find("problem", problem)
	if !ok {
		t.Fatalf("no problem %s", problem)
	}
	sub := p.Subsection(n)
	var read pgx.Batch
	sheet := d.QueueSheet(&read, user, p, sub.Keys())
	var records state.Records
	state.QueueLoad(&read, user, key, []string{n.Usage}, func(r state.Records) { records = r })
	if err := d.pool.SendBatch(t.Context(), &read).Close(); err != nil {
		t.Fatal(err)
	}
	created := records[n.Key].Created
	if created.IsZero() {
		created = d.now.Now()
	}
	u := d.Regrade(sheet.WithScore(n.Key, state.Score{Grade: &earned, MaxGrade: &possible, Created: created}), sub, may, d.now.Now())
	var b pgx.Batch
	u.Queue(&b)
	state.QueueChange(&b, state.Change{
		User: user, Course: key, Key: n.Key, Seen: records[n.Key].Version, State: json.RawMessage("{}"), Grade: &earned, MaxGrade: &possible,
		Time: d.now.Now(), Cause: "submit",
	})
	if err := d.pool.SendBatch(t.Context(), &b).Close(); err != nil {
		t.Fatal(err)
	}
	u.Stored()
	return u
}

// TestTwinSubsection: a subsection stands a second time where learners do not see it. Its grade is that of the first, whoever computes it.
func TestTwinSubsection(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	h := block("sequential", "h1", course.Fields{"graded": "true", "format": course.Text("Exam")}, block("vertical", "u1", nil, block("problem", "p1", nil)))
	root := block("course", "course", nil, block("chapter", "c1", nil, h), block("chapter", "c2", course.Fields{"visible_to_staff_only": "true"}, h))
	d.c = course.Compile(&course.Content{Key: key, Root: root, Grading: policy}, "5a0000000000000000000001", nil, func(b *course.Block) course.Facts {
		return course.Facts{Scored: b.Type == "problem", MaxPoints: new(1.0)}
	})
	may := func(n *course.Node) bool { return !n.Settings.StaffOnly }
	if u := d.score(t, 7, "p1", 1, 1, may); u.Course.Percent != .5 {
		t.Errorf("answered: %v", u.Course.Percent)
	}
	if u, err := d.Recalculate(t.Context(), d.c, 7, may); err != nil || u.Course.Percent != .5 || len(u.Changed) != 1 {
		t.Errorf("recalculated: %+v, %v", u, err)
	}
	if diffs, err := d.Verify(t.Context(), d.c, 7, may); err != nil || len(diffs) > 0 {
		t.Errorf("verified: %v, %v", diffs, err)
	}
}

func TestPlan(t *testing.T) {
	t.Parallel()
	p := NewPlan(compiled("v", 2), noon)
	got := map[string]string{}
	for _, s := range p.Subsections {
		var blocks []string
		for _, b := range s.Blocks {
			blocks = append(blocks, fmt.Sprintf("%s:%v", b.Key.ID, !b.Excluded))
		}
		got[s.Node.Block.ID] = strings.Join(blocks, " ")
	}
	want := map[string]string{
		"h1": "p1:true p2:true p3:false p4:true", "h2": "p5:true", "e": "p6:true", "free": "p7:true", "odd": "p8:true", "empty": "",
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("subsections (-got +want):\n%s", diff)
	}
}

func TestLearnerWithoutRows(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	got, err := d.Learner(t.Context(), d.c, 7, but(d.c, "h2"))
	if err != nil {
		t.Fatal(err)
	}
	if got.Stored != (CourseRow{}) || got.Grade.Percent != 0 || len(got.Chapters) != 2 || len(got.Chapters[0].Subsections) != 1 {
		t.Errorf("got %+v", got)
	}
	h1 := got.Chapters[0].Subsections[0]
	// p1 2 points, p2 weighs 3, p3 is practice, p4 counts again.
	if h1.Totals.All != (grading.Score{Earned: 0, Possible: 9}) || h1.Totals.Graded != (grading.Score{Earned: 0, Possible: 7}) || h1.Attempted || len(h1.Blocks) != 4 {
		t.Errorf("h1: got %+v", h1)
	}
}

func TestGrades(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.score(t, 7, "p1", 1, 2, everything)
	d.score(t, 7, "p2", 2, 2, everything)
	d.score(t, 7, "p3", 2, 2, everything)
	u := d.score(t, 7, "p6", 2, 2, everything)
	if u.Course.Percent != .64 || u.Course.Letter != "Pass" || u.Course.Version != 4 { // (.5714/2)/2 + .5
		t.Errorf("course: got %+v", u.Course)
	}
	got, err := d.Learner(t.Context(), d.c, 7, everything)
	if err != nil {
		t.Fatal(err)
	}
	h1 := got.Chapters[0].Subsections[0]
	if h1.Totals.All != (grading.Score{Earned: 6, Possible: 9}) || h1.Totals.Graded != (grading.Score{Earned: 4, Possible: 7}) || h1.Percent != .5714 {
		t.Errorf("h1: got %+v", h1)
	}
	if label := got.Grade.Types[0].Label(got.Grade.Types[0].Entries[0]); label != "Homework 1 - h1 - 57% (4/7)" {
		t.Errorf("label: got %q", label)
	}
	if got.Chapters[0].Score != (grading.Score{Earned: 4, Possible: 9}) {
		t.Errorf("chapter: got %+v", got.Chapters[0].Score)
	}
	// A score in a subsection that is not graded, or of a type nobody grades, changes no grade.
	d.score(t, 7, "p7", 2, 2, everything)
	if u := d.score(t, 7, "p8", 2, 2, everything); u.Course.Percent != .64 {
		t.Errorf("after ungraded answers: got %+v", u.Course)
	}
	// What the learner no longer sees leaves the sums at the next score.
	if u := d.score(t, 7, "p1", 0, 2, but(d.c, "p2")); u.Changed[0].Totals.Graded != (grading.Score{Earned: 0, Possible: 4}) {
		t.Errorf("hidden block: got %+v", u.Changed[0].Totals)
	}
}

// TestStoredMaximum: a stored grade keeps its points until the next score, whatever has been published since.
func TestStoredMaximum(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.score(t, 7, "p5", 1, 2, everything)
	d.c = compiled("5a0000000000000000000002", 10)
	got, err := d.Learner(t.Context(), d.c, 7, everything)
	if err != nil {
		t.Fatal(err)
	}
	if h2 := got.Chapters[0].Subsections[1]; h2.Percent != .5 || h2.Blocks[0].Score != (grading.Score{Earned: 1, Possible: 2}) || h2.Version != "5a0000000000000000000001" {
		t.Errorf("h2: got %+v", h2)
	}
	diffs, err := d.Verify(t.Context(), d.c, 7, everything)
	if err != nil || diffs != nil {
		t.Errorf("verify: got %v, %v", diffs, err)
	}
}

// TestRecomputeEquality is R-5: after any order of answers, by several learners who see different things, what is stored is what the
// states say, and recalculating changes nothing.
func TestRecomputeEquality(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	draw := rand.New(rand.NewPCG(1, 2))
	sees := map[learner.ID]Visible{1: everything, 2: but(d.c, "p2", "e"), 3: but(d.c, "c2")}
	for range 60 {
		user := learner.ID(draw.IntN(3) + 1)
		problem := fmt.Sprintf("p%d", draw.IntN(8)+1)
		d.now.Advance(time.Second)
		d.score(t, user, problem, float64(draw.IntN(5))/2, 2, sees[user])
	}
	for user, may := range sees {
		// Subsections graded while hidden blocks were the same: compare all.
		diffs, err := d.Verify(t.Context(), d.c, user, may)
		if err != nil || diffs != nil {
			t.Errorf("learner %d: %v, %v", user, diffs, err)
		}
		before, err := d.Learner(t.Context(), d.c, user, may)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Recalculate(t.Context(), d.c, user, may); err != nil {
			t.Fatal(err)
		}
		after, err := d.Learner(t.Context(), d.c, user, may)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(after.Grade, before.Grade); diff != "" {
			t.Errorf("learner %d: recalculating changes the grade:\n%s", user, diff)
		}
	}
	// A number that is not what the states say is found.
	if _, err := d.pool.Exec(t.Context(), `UPDATE subsection_grade SET earned_graded = earned_graded + 1 WHERE user_id = 1 AND usage_key LIKE '%@h2'`); err != nil {
		t.Fatal(err)
	}
	diffs, err := d.Verify(t.Context(), d.c, 1, everything)
	if err != nil || len(diffs) == 0 {
		t.Errorf("a changed number: got %v, %v", diffs, err)
	}
	if u, err := d.Recalculate(t.Context(), d.c, 99, everything); u != nil || err != nil {
		t.Errorf("a learner without anything: got %v, %v", u, err)
	}
	var graded []learner.ID
	if err := d.Graded(t.Context(), key, func(id learner.ID) error { graded = append(graded, id); return nil }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(graded, []learner.ID{1, 2, 3}); diff != "" {
		t.Errorf("graded learners:\n%s", diff)
	}
}

func TestOverride(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx, h1 := t.Context(), key.Usage("sequential", "h1")
	act := Act{Actor: 1, Reason: "ill"}
	d.score(t, 7, "p1", 1, 2, everything)
	set := func(o grading.Override) *Update {
		t.Helper()
		u, err := d.Override(ctx, d.c, 7, h1, o, act, everything)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	if u := set(grading.Override{EarnedGraded: new(7.0)}); u.Course.Percent != .25 {
		t.Errorf("override: got %+v", u.Course)
	}
	// It survives an answer and a recalculation.
	d.score(t, 7, "p2", 0, 2, everything)
	if u, err := d.Recalculate(ctx, d.c, 7, everything); err != nil || u.Course.Percent != .25 {
		t.Errorf("recalculated: got %+v, %v", u, err)
	}
	if u := set(grading.Override{}); u.Course.Percent != .04 { // 1/7 of a half of a half
		t.Errorf("override removed: got %+v", u.Course)
	}
	past, err := d.History(ctx, key, 7)
	if err != nil || len(past) != 2 || past[0].Cause != "override" || past[1].Cause != "override_removed" || past[0].Reason != "ill" {
		t.Errorf("history: got %+v, %v", past, err)
	}
	// Somebody who never attempted anything.
	if u, err := d.Override(ctx, d.c, 8, h1, grading.Override{EarnedGraded: new(3.5), EarnedAll: new(3.5)}, act, everything); err != nil || u.Course.Percent != .13 {
		t.Errorf("override of nothing: got %+v, %v", u, err)
	}
	got, err := d.Learner(ctx, d.c, 8, everything)
	if err != nil || !got.Chapters[0].Subsections[0].Attempted || got.Chapters[0].Subsections[0].Percent != .5 {
		t.Errorf("override of nothing: got %+v, %v", got, err)
	}
	for name, bad := range map[string]course.UsageKey{"unknown": key.Usage("sequential", "no"), "not a subsection": key.Usage("problem", "p1")} {
		if _, err := d.Override(ctx, d.c, 7, bad, grading.Override{}, act, everything); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := d.Override(ctx, d.c, 7, h1, grading.Override{EarnedAll: new(-1.0)}, act, everything); !fault.Is(err, fault.Invalid) {
		t.Errorf("negative points: got %v", err)
	}
}

// TestShown: a subsection whose results are withheld shows nothing and leaves the average that is displayed, not the one that counts.
func TestShown(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.score(t, 7, "p5", 2, 2, everything)
	d.score(t, 7, "p6", 2, 2, everything)
	l, err := d.Learner(t.Context(), d.c, 7, everything)
	if err != nil {
		t.Fatal(err)
	}
	shown := l.Shown(func(n *course.Node) bool { return n.Block.ID == "e" })
	e := shown.Chapters[1].Subsections[0]
	if !e.Withheld || e.Blocks != nil || e.Totals != (grading.Totals{}) || e.Percent != 0 || shown.Chapters[1].Score.Earned != 0 {
		t.Errorf("withheld: got %+v", e)
	}
	if shown.Stored.Percent != .25 || shown.Stored.Passing || l.Stored.Percent != .75 || !l.Stored.Passing {
		t.Errorf("shown %+v, counts %+v", shown.Stored, l.Stored)
	}
	if exam := shown.Grade.Types[1]; exam.Percent != 0 || !exam.Entries[0].Placeholder {
		t.Errorf("the shown grade holds what is withheld: %+v", exam)
	}
}

func people(list ...Person) iter.Seq2[Person, error] {
	return func(yield func(Person, error) bool) {
		for _, p := range list {
			if !yield(p, nil) {
				return
			}
		}
	}
}

func TestReport(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.score(t, 2, "p1", 2, 2, everything)
	d.score(t, 2, "p2", 2, 2, everything)
	d.score(t, 2, "p4", 2, 2, everything)
	d.score(t, 3, "p6", 1, 2, everything) // graded, but not among the people
	d.score(t, 4, "p6", 1, 2, everything)
	d.score(t, 4, "p8", 2, 2, everything)
	if _, err := d.Override(t.Context(), d.c, 4, key.Usage("sequential", "h2"), grading.Override{EarnedGraded: new(1.0)}, Act{}, everything); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err := d.Report(t.Context(), d.pool, &out, d.c, people(
		Person{ID: 1, Email: "a@example.com", Username: "ann", Extra: []string{"North"}, Mode: "honor", Active: true},
		Person{ID: 2, Email: `b,"c"@example.com`, Username: "=bob", Extra: []string{""}, Mode: "audit", Verification: "ok", Eligible: true, Delivered: true, CertificateType: "honor"},
		Person{ID: 4, Email: "d@example.com", Username: "dan", Extra: []string{""}, Mode: "audit", Active: true, May: but(d.c, "h1")},
	), []string{"Cohort Name"})
	if err != nil {
		t.Fatal(err)
	}
	want := "Student ID,Email,Username,Grade,Homework 1: h1,Homework 2: h2,Homework (Avg),Exam,Essay,Cohort Name,Enrollment Track,Verification Status,Certificate Eligible,Certificate Delivered,Certificate Type,Enrollment Status\r\n" +
		"1,a@example.com,ann,0.0,Not Attempted,Not Attempted,0.0,Not Attempted,Not Attempted,North,honor,N/A,N,N,N/A,enrolled\r\n" +
		`2,"b,""c""@example.com",'=bob,0.25,1.0,Not Attempted,0.5,Not Attempted,Not Attempted,,audit,ok,Y,Y,honor,unenrolled` + "\r\n" +
		"4,d@example.com,dan,0.38,Not Available,0.5,0.5,0.5,1.0,,audit,N/A,N,N,N/A,enrolled\r\n"
	if diff := cmp.Diff(out.String(), want); diff != "" {
		t.Errorf("report (-got +want):\n%s", diff)
	}
}
