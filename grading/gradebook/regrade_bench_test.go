package gradebook

import (
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"lyceum/course"
	"lyceum/grading"
	"lyceum/internal/pgtest"
	"lyceum/learner"
	"lyceum/learner/access"
	"lyceum/learner/state"
)

// wideCourse has 100 graded subsections of 100 problems each, ten on a page.
func wideCourse() *course.Compiled {
	root := block("course", "course", nil)
	for i := range 100 {
		if i%10 == 0 {
			root.Children = append(root.Children, block("chapter", fmt.Sprintf("chapter_%d", i/10), nil))
		}
		format := "Homework"
		if i%10 == 9 {
			format = "Exam"
		}
		sub := block("sequential", fmt.Sprintf("sequential_%d_0123456789abcdef", i), course.Fields{"graded": "true", "format": course.Text(format)})
		for j := range 10 {
			unit := block("vertical", fmt.Sprintf("vertical_%d_%d_0123456789abcdef", i, j), nil)
			for k := range 10 {
				unit.Children = append(unit.Children, block("problem", fmt.Sprintf("problem_%d_%d_%d_0123456789abcdef", i, j, k), course.Fields{"weight": "1.5"}))
			}
			sub.Children = append(sub.Children, unit)
		}
		last := len(root.Children) - 1
		root.Children[last].Children = append(root.Children[last].Children, sub)
	}
	root.Fields = course.Fields{"start": course.Text("2020-01-01T00:00:00Z")}
	const policy course.Value = `{"GRADER":[{"type":"Homework","short_label":"HW","min_count":90,"drop_count":2,"weight":0.5},{"type":"Exam","min_count":10,"drop_count":0,"weight":0.5}],"GRADE_CUTOFFS":{"A":0.9,"B":0.7,"Pass":0.5}}`
	return course.Compile(&course.Content{Key: key, Root: root, Grading: policy}, "v", nil, func(b *course.Block) course.Facts {
		if b.Type == "problem" {
			return course.Facts{Scored: true, MaxPoints: new(2.0)}
		}
		return course.Facts{}
	})
}

// wideSheet is a learner who has answered everything in the first of so many subsections.
func wideSheet(p *Plan, answered int) *Sheet {
	s := &Sheet{Plan: p, User: 7, Scores: map[course.UsageKey]state.Score{}}
	if answered == 0 {
		return s
	}
	s.Course = CourseRow{Version: 3, CourseVersion: "v", Percent: 0.1, PolicyHash: p.Policy.Hash, Modified: noon}
	for i := range answered {
		sub := &p.Subsections[i]
		s.keep(&Row{
			Key: sub.Node.Key, CourseVersion: "v", BlocksHash: sub.all.hash, Modified: noon,
			Totals: grading.Totals{All: grading.Score{Earned: 75, Possible: 150}, Graded: grading.Score{Earned: 75, Possible: 150}, AttemptedAll: &noon, AttemptedGraded: &noon},
		})
	}
	for _, b := range p.Subsections[0].Blocks {
		s.Scores[b.Key] = state.Score{Grade: new(1.0), MaxGrade: new(2.0), Created: noon}
	}
	return s
}

// The budget: 15 µs for the grades that follow from an answer in the widest of courses.
func BenchmarkRegrade(b *testing.B) {
	c := wideCourse()
	p := NewPlan(c, noon)
	sub := &p.Subsections[0]
	for _, answered := range []int{0, 1, 20, 100} {
		s := wideSheet(p, answered)
		for _, hidden := range []bool{false, true} {
			name := fmt.Sprintf("answered=%d", answered)
			if hidden {
				name += "/hidden"
			}
			b.Run(name, func(b *testing.B) {
				book := New(nil, func() time.Time { return noon }, nil)
				b.ReportAllocs()
				for range b.N {
					may := Visible(access.Visible(c, &access.Viewer{User: 7, Enrolled: true}, noon))
					if hidden {
						open := may
						may = func(n *course.Node) bool { return n.Index != sub.Blocks[3].Node.Index && open(n) }
					}
					u := book.Regrade(s.WithScore(sub.Blocks[0].Key, state.Score{Grade: new(2.0), MaxGrade: new(2.0), Created: noon}), sub, may, noon)
					var batch pgx.Batch
					u.Queue(&batch)
				}
			})
		}
	}
}

// BenchmarkVisible is the part of BenchmarkRegrade that is the course's.
func BenchmarkVisible(b *testing.B) {
	c := wideCourse()
	b.ReportAllocs()
	for range b.N {
		may := access.Visible(c, &access.Viewer{User: 7, Enrolled: true}, noon)
		may(&c.Nodes[0])
	}
}

// BenchmarkSheet reads what an answer needs of a learner's grades.
func BenchmarkSheet(b *testing.B) {
	c := wideCourse()
	d := &desk{Book: New(pgtest.New(b), func() time.Time { return noon }, nil), c: c}
	p := d.Plan(c)
	for user, answered := range []int{0, 1, 20, 100} {
		user := learner.ID(user + 1)
		s := wideSheet(p, answered)
		u := &Update{Plan: p, User: user, Course: CourseRow{Version: 1, CourseVersion: "v", PolicyHash: p.Policy.Hash, Modified: noon}, book: d.Book}
		for i := range answered {
			u.change(&p.Subsections[i], *s.rows[int32(i)], blockList{})
		}
		var batch pgx.Batch
		u.Queue(&batch)
		if err := d.db.SendBatch(b.Context(), &batch).Close(); err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("answered=%d", answered), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var batch pgx.Batch
				d.QueueSheet(&batch, user, p, nil)
				if err := d.db.SendBatch(b.Context(), &batch).Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
