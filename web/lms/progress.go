package lms

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode"

	"github.com/go-chi/chi/v5"

	"lyceum/component"
	"lyceum/course"
	"lyceum/grading"
	"lyceum/grading/gradebook"
	"lyceum/internal/fault"
	"lyceum/learner"
	"lyceum/learner/access"
	"lyceum/learner/courseware"
	"lyceum/web/i18n"
	"lyceum/web/page"
)

// showProgress serves /courses/KEY/progress[/USERID/]: where one stands, each number down to the question. Staff may look at
// any learner's.
func (s *Server) showProgress(w http.ResponseWriter, r *http.Request) error {
	v, err := s.enter(r, access.Content, nil)
	if err != nil {
		return err
	}
	if !v.Viewer.SignedIn() {
		return fault.Unauthenticatedf("progress")
	}
	who, viewer, name := v.Viewer.User, &v.Viewer, ""
	if text := chi.URLParam(r, "user"); text != "" {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil || id <= 0 {
			return fault.NotFoundf("progress of %q", text)
		}
		if learner.ID(id) != who {
			if !v.Viewer.Roles.IsStaff() {
				return fault.NotFoundf("progress of %d: not staff", id)
			}
			if viewer, name, err = s.otherLearner(r, v, learner.ID(id)); err != nil {
				return err
			}
			who = learner.ID(id)
		}
	}
	if hide, _ := v.Root().Block.Fields["hide_progress_tab"].Bool(); hide && !v.Viewer.Roles.IsStaff() {
		return fault.NotFoundf("progress of %s: hidden", v.Key)
	}
	// What the learner may see decides what counts, whoever looks.
	may := gradebook.Visible(access.Visible(v.Compiled, viewer.Ungated(), v.now))
	grades, err := s.Book.Learner(r.Context(), v.Compiled, who, may)
	if err != nil {
		return err
	}
	shown := grades.Shown(func(n *course.Node) bool { return withheld(v, viewer, n) })
	frame := s.courseFrame(w, r, v, "progress", i18n.T(r.Context(), "progress.title"))
	return page.Render(w, r, progressPage(frame, newProgressProps(r, v, grades, shown, name)))
}

// withheld reports whether the scores of a subsection are kept from who looks: its own correctness is, or that of one of its
// problems, whose score could be read off the sum.
func withheld(v *visit, of *access.Viewer, subsection *course.Node) bool {
	staff := v.Viewer.Roles.IsStaff()
	if !access.CorrectnessShown(subsection, staff, access.DatesOf(v.Compiled, subsection, of).Due, v.now) {
		return true
	}
	for i := range v.Below(subsection) {
		n := &v.Below(subsection)[i]
		own := n.Facts.Scored && n.Settings.ShowCorrectness != subsection.Settings.ShowCorrectness
		if own && !access.CorrectnessShown(n, staff, access.DatesOf(v.Compiled, n, of).Close, v.now) {
			return true
		}
	}
	return false
}

// otherLearner finds somebody enrolled here, for staff; anybody else is NotFound.
func (s *Server) otherLearner(r *http.Request, v *visit, id learner.ID) (*access.Viewer, string, error) {
	l, err := s.Loader.Load(r.Context(), courseware.Ask{Course: v.Compiled, User: id})
	if err != nil {
		return nil, "", err
	}
	if l.Enrollment.User == 0 {
		return nil, "", fault.NotFoundf("progress of %d: never enrolled in %s", id, v.Key)
	}
	name, err := s.NameOf(r.Context(), id)
	return &l.Viewer, name, err
}

// progressProps is the progress page, ready to print.
type progressProps struct {
	Of       string // whose, when it is not the reader's own
	Percent  int
	Letter   string
	Passed   bool
	PassAt   int // percent, 0 where nothing passes
	Cutoffs  []cutoffMark
	Types    []typeRow
	Chapters []chapterRows
	Withheld bool // some scores are not shown yet, so the sum shown may differ
	NoGrade  bool
}

type cutoffMark struct {
	Letter string
	At     int // percent
}

type typeRow struct {
	Type    string
	Weight  string
	Percent string // of what is kept
	Adds    string // to the course grade
	Rule    string // how many count, in words
	Entries []entryRow
}

type entryRow struct {
	Label, Percent, Score string
	Dropped, Placeholder  bool
	URL                   string
}

type chapterRows struct {
	Name        string
	Subsections []subsectionRow
}

type subsectionRow struct {
	Name, URL, Format string
	Score             string // earned/possible
	Percent           string
	Scored            bool
	Withheld          bool
	Overridden        bool
	Attempted         bool
	Blocks            []blockRow
}

type blockRow struct {
	Name, URL, Score string
	Graded           bool
	Full             bool
	Attempted        bool
}

func newProgressProps(r *http.Request, v *visit, stored, shown *gradebook.Learner, name string) progressProps {
	ctx := r.Context()
	p := progressProps{Of: name, Percent: percent(stored.Stored.Percent), Letter: stored.Stored.Letter, Passed: stored.Stored.Passing}
	policy, _ := grading.ParsePolicy(v.Grading)
	for _, c := range policy.Cutoffs {
		if c.Lowest > 0 {
			p.PassAt = percent(c.Lowest)
		}
		p.Cutoffs = append(p.Cutoffs, cutoffMark{c.Letter, percent(c.Lowest)})
	}
	urls := map[course.UsageKey]string{}
	for _, ch := range shown.Chapters {
		rows := chapterRows{Name: ch.Node.Name}
		for _, sub := range ch.Subsections {
			row := newSubsectionRow(v, sub)
			urls[sub.Node.Key] = row.URL
			p.Withheld = p.Withheld || row.Withheld
			rows.Subsections = append(rows.Subsections, row)
		}
		p.Chapters = append(p.Chapters, rows)
	}
	if p.Withheld { // the stored grade would tell what is withheld
		p.Percent, p.Letter, p.Passed = percent(shown.Grade.Percent), shown.Grade.Letter, shown.Grade.Passed
	}
	for _, t := range shown.Grade.Types {
		row := typeRow{
			Type: t.Type, Weight: percentText(t.Weight), Percent: percentText(t.Percent), Adds: percentText(t.Percent * t.Weight),
		}
		if t.DropCount > 0 {
			row.Rule = i18n.T(ctx, "progress.drops", t.DropCount)
		}
		for _, e := range t.Entries {
			er := entryRow{
				Label: entryLabel(t.Type, e, len(t.Entries)), Percent: percentText(e.Percent), Dropped: e.Dropped, Placeholder: e.Placeholder,
				Score: points(e.Score.Earned) + "/" + points(e.Score.Possible), URL: urls[e.Key],
			}
			if e.Placeholder {
				er.Label, er.Score = i18n.T(ctx, "progress.unreleased", er.Label), "?/?"
			}
			row.Entries = append(row.Entries, er)
		}
		p.Types = append(p.Types, row)
	}
	return p
}

// entryLabel names one assignment: by its type and number, by its own name where that begins the same way, or by both. The
// only one of a type has no number, as in the grade report.
func entryLabel(typ string, e grading.Entry, of int) string {
	label := typ
	if of > 1 {
		label = fmt.Sprintf("%s %d", typ, e.Number)
	}
	rest, same := strings.CutPrefix(e.Name, label)
	switch {
	case e.Placeholder || e.Name == "":
		return label
	case same && (rest == "" || !unicode.IsDigit([]rune(rest)[0])):
		return e.Name
	default:
		return label + ": " + e.Name
	}
}

func newSubsectionRow(v *visit, sub gradebook.SubsectionGrade) subsectionRow {
	score := sub.Totals.All
	if sub.Graded {
		score = sub.Totals.Graded
	}
	row := subsectionRow{
		Name: sub.Node.Name, Attempted: sub.Attempted, Overridden: !sub.Override.IsZero(), Withheld: sub.Withheld,
		Score: points(score.Earned) + "/" + points(score.Possible), Percent: percentText(score.Percent()), Scored: score.Possible > 0,
		URL: component.CoursePath(v.Key, "jump_to/"+component.EscapeKey(sub.Node.Key.String())),
	}
	if sub.Graded {
		row.Format = sub.Format
	}
	for _, b := range sub.Blocks {
		row.Blocks = append(row.Blocks, blockRow{
			Name: b.Name, URL: component.CoursePath(v.Key, "jump_to/"+component.EscapeKey(b.Key.String())), Score: points(b.Earned) + "/" + points(b.Possible),
			Graded: b.Graded, Full: b.Possible > 0 && b.Earned >= b.Possible, Attempted: b.Attempted != nil,
		})
	}
	return row
}

func percent(f float64) int { return int(f*100 + 0.5) }

func percentText(f float64) string {
	return strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(f*100, 'f', 1, 64), "0"), ".") + "%"
}

// points writes points without needless zeros, two decimals at most.
func points(f float64) string {
	return strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(f, 'f', 2, 64), "0"), ".")
}
