package studio

import (
	"context"
	"net/url"
	"time"

	"lyceum/authoring/draft"
	"lyceum/authoring/publish"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/web/i18n"
	"lyceum/web/ui"
)

// scheduleProps is the form of a part's dates, and of how a subsection counts. Dates are entered in the author's time zone, which the form names.
type scheduleProps struct {
	Zone    string
	Dates   []ui.FieldProps
	Grader  *ui.FieldProps // of a subsection
	Note    string
	Problem string
}

// dateLayout is how a browser's field writes a moment.
const dateLayout = "2006-01-02T15:04"

// datesOf are the dates each kind of part has, by the names of their fields. What is left empty is inherited, or not set.
func datesOf(kind string) []string {
	switch kind {
	case "course":
		return []string{"start", "end"}
	case "section":
		return []string{"start"}
	case "subsection":
		return []string{"start", "due"}
	default:
		return nil
	}
}

// newSchedule fills the form from a part, or from what was typed and refused. nil means that the part has no dates of its own.
func newSchedule(ctx context.Context, n, above *publish.Node, graders []string, typed url.Values, bad map[string]string) *scheduleProps {
	kind := kindOf(n)
	names := datesOf(kind)
	if names == nil {
		return nil
	}
	zone := i18n.From(ctx).Zone()
	if typed != nil {
		zone = zoneOf(typed)
	}
	p := scheduleProps{Zone: zone.String()}
	labels := map[string]string{
		"start": i18n.T(ctx, "studio.part.release"), "due": i18n.T(ctx, "studio.part.due"), "end": i18n.T(ctx, "studio.part.end"),
	}
	if kind == "course" {
		labels["start"] = i18n.T(ctx, "studio.part.start")
	}
	for _, name := range names {
		f := ui.FieldProps{Name: name, Label: labels[name], Type: "datetime-local", Quiet: true, Error: bad[name]}
		f.Value = dateIn(n.Block.Fields[name], zone)
		if typed != nil {
			f.Value = typed.Get(name)
		}
		if name == "start" && above != nil {
			f.Help = i18n.T(ctx, "studio.part.inherited", above.Start)
			if unscheduled, _ := course.ParseTime(course.UnscheduledStart); above.Start.Equal(unscheduled) {
				f.Help = i18n.T(ctx, "studio.part.inherited_none")
			}
		}
		p.Dates = append(p.Dates, f)
	}
	if kind == "subsection" {
		now := graderOf(n.Block)
		if typed != nil {
			now = typed.Get("grader")
		}
		p.Grader = &ui.FieldProps{Name: "grader", Label: i18n.T(ctx, "studio.part.grader"), Quiet: true, Options: []ui.Option{
			{Value: "notgraded", Label: i18n.T(ctx, "studio.part.not_graded"), Selected: now == "notgraded"},
		}}
		known := now == "notgraded"
		for _, g := range graders {
			known = known || g == now
			p.Grader.Options = append(p.Grader.Options, ui.Option{Value: g, Label: g, Selected: g == now})
		}
		if !known { // the policy has it no more; saving other things keeps it
			p.Grader.Options = append(p.Grader.Options, ui.Option{Value: now, Label: now, Selected: true})
		}
	}
	return &p
}

// zoneOf is the time zone of the dates in a form; a program that names none means UTC.
func zoneOf(form url.Values) *time.Location {
	if zone, ok := i18n.Zone(form.Get("zone")); ok {
		return zone
	}
	return time.UTC
}

// schedule makes the operation of the form of dates, given the block as it is now. What the form says as it was shown is left as it is: it may
// stand there in another way than the form would write it, or count by what it inherits.
func schedule(u course.UsageKey, now *course.Block, form url.Values) (draft.Update, error) {
	op := draft.Update{Block: u}
	bad := fault.Invalidf("dates of %s", u)
	at, zone := map[string]time.Time{}, zoneOf(form)
	for _, name := range []string{"start", "due", "end"} {
		if !form.Has(name) {
			continue
		}
		text := form.Get(name)
		same := now != nil && text == dateIn(now.Fields[name], zone)
		if text == "" {
			if same {
				continue
			}
			op.Unset = append(op.Unset, name)
			continue
		}
		t, ok := dateFrom(text, zone)
		if !ok {
			bad.Field(name, "studio.part.bad_date")
			continue
		}
		if at[name] = t; same {
			continue
		}
		if op.Set == nil {
			op.Set = course.Fields{}
		}
		op.Set[name] = course.Text(course.FormatTime(t))
	}
	for _, last := range []string{"due", "end"} {
		if from, to := at["start"], at[last]; !from.IsZero() && !to.IsZero() && to.Before(from) {
			bad.Field(last, "studio.part.too_early")
		}
	}
	if len(bad.Fields) > 0 {
		return op, bad
	}
	if form.Has("grader") && (now == nil || form.Get("grader") != graderOf(now)) {
		op.Grader(form.Get("grader"))
	}
	return op, nil
}
