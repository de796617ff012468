package gradebook

import (
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"lyceum/course"
	"lyceum/grading"
	"lyceum/internal/pg"
	"lyceum/learner"
)

// Person is one line of the grade report: somebody who is or was enrolled.
type Person struct {
	ID              learner.ID
	Email, Username string
	Extra           []string // for the report's extra columns
	Mode            string   // enrollment track
	Verification    string   // "" is written as N/A
	Eligible        bool     // for a certificate
	Delivered       bool
	CertificateType string // "" is written as N/A
	Active          bool   // still enrolled
	May             Visible
}

const selectReportCourses = `
	SELECT user_id, percent
	FROM   course_grade
	WHERE  course_key = $1 AND user_id = ANY ($2)`

const selectReportSubsections = `
	SELECT user_id, usage_key, coalesce(override_earned_graded, earned_graded), coalesce(override_possible_graded, possible_graded),
	       first_attempted_graded IS NOT NULL
	       OR coalesce(override_earned_graded, override_possible_graded, override_earned_all, override_possible_all) IS NOT NULL
	FROM   subsection_grade
	WHERE  course_key = $1 AND user_id = ANY ($2)`

// reportChunk is for how many people grades are read at once: few enough to hold, enough that round trips do not count.
const reportChunk = 500

// Report writes the grade report of a course as CSV, one line a person of people, in their order. extra are the names of columns
// between the grades and the enrollment: cohort, experiment groups, team. Grades are read from db, some hundred people at a time, so
// that neither memory nor a transaction grows with the course.
func (b *Book) Report(ctx context.Context, db pg.Querier, w io.Writer, c *course.Compiled, people iter.Seq2[Person, error], extra []string) error {
	r := newReport(b.Plan(c), w)
	r.header(extra)
	chunk := make([]Person, 0, reportChunk)
	for p, err := range people {
		if err != nil {
			return fmt.Errorf("read people for a report: %w", err)
		}
		if chunk = append(chunk, p); len(chunk) == reportChunk {
			if err := r.chunk(ctx, db, chunk); err != nil {
				return err
			}
			chunk = chunk[:0]
		}
	}
	if err := r.chunk(ctx, db, chunk); err != nil {
		return err
	}
	return r.flush()
}

// chunk reads the grades of some people and writes their lines.
func (r *report) chunk(ctx context.Context, db pg.Querier, people []Person) error {
	if len(people) == 0 {
		return nil
	}
	ids := make([]int64, len(people))
	at := make(map[int64]int, len(people))
	for i, p := range people {
		ids[i], at[int64(p.ID)] = int64(p.ID), i
	}
	percents := make([]float64, len(people))
	width := len(r.column)
	cells := make([]cell, len(people)*width)

	key := r.plan.Course.Key.String()
	var batch pgx.Batch
	batch.Queue(selectReportCourses, key, ids).Query(func(rows pgx.Rows) error {
		var user int64
		var percent float64
		_, err := pgx.ForEachRow(rows, []any{&user, &percent}, func() error {
			percents[at[user]] = percent
			return nil
		})
		return err
	})
	batch.Queue(selectReportSubsections, key, ids).Query(func(rows pgx.Rows) error {
		var user int64
		var subsection pgtype.DriverBytes // not copied
		var got cell
		_, err := pgx.ForEachRow(rows, []any{&user, &subsection, &got.score.Earned, &got.score.Possible, &got.attempted}, func() error {
			if column, ok := r.column[string(subsection)]; ok {
				cells[at[user]*width+column] = got
			}
			return nil
		})
		return err
	})
	if err := db.SendBatch(ctx, &batch).Close(); err != nil {
		return fmt.Errorf("read grades for a report: %w", err)
	}
	for i, p := range people {
		r.line(p, percents[i], cells[i*width:][:width])
	}
	if r.err != nil {
		return fmt.Errorf("write report: %w", r.err)
	}
	return nil
}

// report puts lines together.
type report struct {
	plan   *Plan
	types  []reportType
	column map[string]int // usage key of a subsection -> index in a person's cells
	w      io.Writer
	buf    []byte
	err    error
}

// reportType is one assignment type with its subsections; they are next to each other in cells.
type reportType struct {
	name        string
	grader      *grading.Grader // nil when the policy has none for it
	subsections []*Subsection
	first       int
}

// cell is what is stored of one learner and subsection.
type cell struct {
	score     grading.Score
	attempted bool // or overridden
}

func newReport(p *Plan, w io.Writer) *report {
	r := &report{plan: p, column: map[string]int{}, w: w}
	byName := map[string]int{}
	for i := range p.Subsections {
		s := &p.Subsections[i]
		if !s.Graded || len(s.Blocks) == 0 {
			continue
		}
		at, ok := byName[s.Format]
		if !ok {
			at = len(r.types)
			byName[s.Format] = at
			t := reportType{name: s.Format}
			if g := slices.IndexFunc(p.Policy.Graders, func(g grading.Grader) bool { return g.Type == s.Format }); g >= 0 {
				t.grader = &p.Policy.Graders[g]
			}
			r.types = append(r.types, t)
		}
		r.types[at].subsections = append(r.types[at].subsections, s)
	}
	n := 0
	for i := range r.types {
		r.types[i].first = n
		for _, s := range r.types[i].subsections {
			r.column[s.Node.Key.String()] = n
			n++
		}
	}
	return r
}

func (r *report) header(extra []string) {
	for _, name := range []string{"Student ID", "Email", "Username", "Grade"} {
		r.text(name)
	}
	for _, t := range r.types {
		if len(t.subsections) == 1 {
			r.text(t.name)
			continue
		}
		for i, s := range t.subsections {
			r.text(fmt.Sprintf("%s %d: %s", t.name, i+1, s.Node.Name))
		}
		r.text(t.name + " (Avg)")
	}
	for _, name := range extra {
		r.text(name)
	}
	for _, name := range []string{
		"Enrollment Track", "Verification Status", "Certificate Eligible", "Certificate Delivered", "Certificate Type", "Enrollment Status",
	} {
		r.text(name)
	}
	r.end()
}

func (r *report) line(p Person, percent float64, cells []cell) {
	may := p.May
	if may == nil {
		may = func(n *course.Node) bool { return !n.Settings.StaffOnly }
	}
	r.plain(strconv.AppendInt(nil, int64(p.ID), 10))
	r.text(p.Email)
	r.text(p.Username)
	r.number(percent)
	var percents [64]float64
	for _, t := range r.types {
		seen := percents[:0]
		some := false
		for i, s := range t.subsections {
			got := cells[t.first+i]
			switch {
			case !may(s.Node):
				r.text("Not Available")
				continue
			case !got.attempted:
				r.text("Not Attempted")
			default:
				some = true
				r.number(got.score.Percent())
			}
			seen = append(seen, got.score.Percent())
		}
		switch {
		case len(t.subsections) == 1:
		case t.grader == nil:
			r.text("")
		case !some:
			r.number(0)
		default:
			r.number(grading.TypeAverage(seen, t.grader.DropCount))
		}
	}
	for _, v := range p.Extra {
		r.text(v)
	}
	r.text(p.Mode)
	r.text(orNA(p.Verification))
	r.text(yes(p.Eligible))
	r.text(yes(p.Delivered))
	r.text(orNA(p.CertificateType))
	if p.Active {
		r.text("enrolled")
	} else {
		r.text("unenrolled")
	}
	r.end()
}

func orNA(s string) string {
	if s == "" {
		return "N/A"
	}
	return s
}

func yes(b bool) string {
	if b {
		return "Y"
	}
	return "N"
}

// text writes a field. A spreadsheet would run a text that begins like a formula, so such a text gets an apostrophe in front.
func (r *report) text(s string) {
	if first, _ := utf8.DecodeRuneInString(s); s != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		s = "'" + s
	}
	if !strings.ContainsAny(s, "\",\r\n") {
		r.buf = append(append(r.buf, s...), ',')
		return
	}
	r.buf = append(r.buf, '"')
	r.buf = append(r.buf, strings.ReplaceAll(s, `"`, `""`)...)
	r.buf = append(r.buf, '"', ',')
}

func (r *report) plain(b []byte) { r.buf = append(append(r.buf, b...), ',') }

// number writes a fraction with a point, also when it is whole, as readers of the report are used to.
func (r *report) number(f float64) {
	from := len(r.buf)
	r.buf = strconv.AppendFloat(r.buf, f, 'f', -1, 64)
	if !slices.Contains(r.buf[from:], '.') {
		r.buf = append(r.buf, '.', '0')
	}
	r.buf = append(r.buf, ',')
}

const reportBuffer = 64 << 10

func (r *report) end() {
	r.buf[len(r.buf)-1] = '\r'
	r.buf = append(r.buf, '\n')
	if len(r.buf) > reportBuffer {
		_ = r.flush() // kept in r.err
	}
}

func (r *report) flush() error {
	if r.err == nil && len(r.buf) > 0 {
		_, r.err = r.w.Write(r.buf)
	}
	r.buf = r.buf[:0]
	return r.err
}
