package lms

import (
	"net/http"
	"slices"
	"time"

	"lyceum/component"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/learner/access"
	"lyceum/learner/courseware"
	"lyceum/learner/enrollment"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/ui"
)

// showDashboard serves /dashboard: the first button goes on exactly where the learner was; below it every course.
func (s *Server) showDashboard(w http.ResponseWriter, r *http.Request) error {
	who := page.Viewer(r)
	if !who.SignedIn() {
		return fault.Unauthenticatedf("dashboard")
	}
	list, err := enrollment.Of(r.Context(), s.DB, who.ID)
	if err != nil {
		return err
	}
	p := dashboardProps{Name: who.Name, Now: s.Clock().UTC()}
	if p.Name == "" {
		p.Name = who.Username
	}
	if at := r.URL.Query().Get("notlive"); at != "" {
		p.NotLive = true
	}
	var courses []*course.Compiled
	for _, e := range list {
		c, err := s.Courses.Compiled(r.Context(), e.Course)
		if fault.KindOf(err) == fault.NotFound {
			continue // the course is gone; the enrollment is kept
		}
		if err != nil {
			return err
		}
		courses = append(courses, c)
	}
	visits, err := s.visits(r, courses, func(a *courseware.Ask) {
		a.AllOfThem, a.LastViewed = true, 10
		a.Positions = []*course.Node{a.Course.Root()}
	})
	if err != nil {
		return err
	}
	for _, v := range visits {
		p.Courses = append(p.Courses, newDashboardItem(r, v))
	}
	// The course learned in last comes first; those never opened after it, the newest enrollment first.
	slices.SortStableFunc(p.Courses, func(a, b dashboardItem) int { return b.Last.Compare(a.Last) })
	if len(p.Courses) > 0 && p.Courses[0].Resume != "" {
		p.Resume = &p.Courses[0]
	}
	l := page.Layout(w, r, i18n.T(r.Context(), "dashboard.title"))
	l.Styles = append(l.Styles, "css/course.css")
	return page.Render(w, r, dashboardPage(l, p))
}

// dashboardProps is the dashboard, ready to print.
type dashboardProps struct {
	Name    string
	NotLive bool
	Resume  *dashboardItem
	Courses []dashboardItem
	Now     time.Time
}

// dashboardItem is one course of the learner.
type dashboardItem struct {
	Card     ui.MediaCardProps
	Key      string
	Name     string
	Resume   string // address of the unit to go on with
	Unit     string
	Fresh    bool
	NextDue  *datedItem
	Last     time.Time
	Progress ui.ProgressProps
	Opens    *time.Time
}

func newDashboardItem(r *http.Request, v *visit) dashboardItem {
	c := v.Compiled
	item := dashboardItem{Card: card(r, v.now, v.Summary), Key: v.Key.String(), Name: v.Root().Name, Fresh: len(v.Last) == 0}
	item.Card.URL = component.CoursePath(v.Key, "course/")
	item.Card.Text = ""
	d := access.Enter(c, &v.Viewer, access.Content, v.now)
	if !d.OK() {
		if d.Reason == access.NotStarted {
			item.Opens = &d.Start
		}
		item.Card.URL = component.CoursePath(v.Key, "about")
		return item
	}
	if len(v.Last) > 0 {
		item.Last = v.Last[0].Time
	}
	if p := v.Resume(v.Last, v.Positions); !p.IsZero() {
		item.Resume, item.Unit = unitURL(p), p.Unit.Name
	}
	units, done := 0, 0
	for _, e := range courseware.Outline(v.Course, &v.Viewer, v.progress(), v.now) {
		units, done = units+e.Units, done+e.Done
	}
	if units > 0 {
		item.Progress = ui.ProgressProps{Label: i18n.T(r.Context(), "home.progress"), Fraction: float64(done) / float64(units)}
		item.Card.Progress = &item.Progress
	}
	for _, date := range datesOf(v, v.progress()) {
		if date.Kind == "due" && !date.Past && !date.Done {
			item.NextDue = &date
			break
		}
	}
	return item
}
