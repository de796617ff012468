package lms

import (
	"net/http"
	"slices"
	"time"

	"lyceum/learner/access"
	"lyceum/learner/courseware"
	"lyceum/web/i18n"
	"lyceum/web/page"
)

// showDates serves /courses/KEY/dates: everything with a date, in the reader's time zone, and where today is.
func (s *Server) showDates(w http.ResponseWriter, r *http.Request) error {
	v, err := s.enter(r, access.Content, func(a *courseware.Ask) { a.AllOfThem = true })
	if err != nil {
		return err
	}
	return page.Render(w, r, datesPage(s.courseFrame(w, r, v, "dates", i18n.T(r.Context(), "tab.dates")), newDatesProps(v)))
}

// datesProps is the dates page; Today is where the line of today goes: before the item with this index.
type datesProps struct {
	Items []datedItem
	Today int
	Now   time.Time
}

func newDatesProps(v *visit) datesProps {
	p := datesProps{Items: datesOf(v, v.progress()), Now: v.now}
	p.Today = len(p.Items)
	for i, d := range p.Items {
		if !d.Past {
			p.Today = i
			break
		}
	}
	return p
}

func sortDates(items []datedItem) {
	slices.SortStableFunc(items, func(a, b datedItem) int { return a.At.Compare(b.At) })
}
