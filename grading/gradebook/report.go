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

const selectReport = `
	SELECT g.user_id, g.percent, s.usage_key, s.earned_graded, s.possible_graded, s.first_attempted_graded IS NOT NULL,
	       s.override_earned_graded, s.override_possible_graded,
	       coalesce(s.override_earned_graded, s.override_possible_graded, s.override_earned_all, s.override_possible_all) IS NOT NULL
	FROM   course_grade g
	LEFT   JOIN subsection_grade s ON s.user_id = g.user_id AND s.course_key = g.course_key
	WHERE  g.course_key = $1
	ORDER  BY g.user_id`

// Report writes the grade report of a course as CSV, one line a person of people, who must come in the order of their ids. extra are
// the names of columns between the grades and the enrollment: cohort, experiment groups, team. Grades are streamed from db, which
// should have the limits of reports; nothing is held but the line being written.
func (b *Book) Report(ctx context.Context, db pg.Querier, w io.Writer, c *course.Compiled, people iter.Seq2[Person, error], extra []string) error {
	r := newReport(b.Plan(c), w)
	r.header(extra)
	rows, err := db.Query(ctx, selectReport, c.Key.String())
	if err != nil {
		return fmt.Errorf("read grades for a report: %w", err)
	}
	defer rows.Close()
	grades := gradeStream{rows: rows, columns: r.column}
	for p, err := range people {
		if err != nil {
			return fmt.Errorf("read people for a report: %w", err)
		}
		percent, err := grades.of(p.ID, r.cells)
		if err != nil {
			return fmt.Errorf("read grades for a report: %w", err)
		}
		r.line(p, percent)
		if r.err != nil {
			return fmt.Errorf("write report: %w", r.err)
		}
	}
	return r.flush()
}

// report puts lines together.
type report struct {
	plan   *Plan
	types  []reportType
	column map[string]int // usage key of a subsection -> index in cells
	cells  []cell
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
	r.cells = make([]cell, n)
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

func (r *report) line(p Person, percent float64) {
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
			got := r.cells[t.first+i]
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

// gradeStream walks the stored grades of a course beside its people.
type gradeStream struct {
	rows    pgx.Rows
	columns map[string]int
	ahead   bool // a row is read and not used yet
	done    bool
	row     reportRow
}

// reportRow is made of types that scanning does not allocate for.
type reportRow struct {
	user                     int64
	percent                  float64
	key                      pgtype.DriverBytes
	earned, possible         pgtype.Float8
	attempted, overridden    pgtype.Bool
	overEarned, overPossible pgtype.Float8
}

// of fills cells with the grades of one person and returns the course grade. Persons must come in order; grades of persons that do not
// come are passed over.
func (g *gradeStream) of(id learner.ID, cells []cell) (percent float64, err error) {
	clear(cells)
	for {
		if !g.ahead {
			if g.done || !g.rows.Next() {
				g.done = true
				return percent, g.rows.Err()
			}
			r := &g.row
			if err := g.rows.Scan(&r.user, &r.percent, &r.key, &r.earned, &r.possible, &r.attempted, &r.overEarned, &r.overPossible, &r.overridden); err != nil {
				return 0, err
			}
			g.ahead = true
		}
		if g.row.user > int64(id) {
			return percent, nil
		}
		g.ahead = false
		if g.row.user < int64(id) {
			continue
		}
		percent = g.row.percent
		if at, ok := g.columns[string(g.row.key)]; ok {
			cells[at] = g.row.cell()
		}
	}
}

func (r *reportRow) cell() cell {
	score := grading.Score{Earned: r.earned.Float64, Possible: r.possible.Float64}
	if r.overEarned.Valid {
		score.Earned = r.overEarned.Float64
	}
	if r.overPossible.Valid {
		score.Possible = r.overPossible.Float64
	}
	return cell{score: score, attempted: r.attempted.Bool || r.overridden.Bool}
}
