package studio

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"lyceum/authoring/draft"
	"lyceum/authoring/publish"
	"lyceum/course"
	"lyceum/course/modulestore"
	"lyceum/grading"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/ui"
)

// findingProps is one finding of the checks, in words, with the place where it is mended.
type findingProps struct {
	Look     string // as a style knows it: blocks, error, warning, note
	Icon     string
	Severity string // in a word
	Title    string
	Detail   string
	Code     bool   // the detail is a piece of what the author wrote
	Where    string // name of the block, "" where it goes without saying
	Line     int
	URL, Act string // of the place, and what the link to it says
	Label    string // of that link where it stands among others
	More     string // that the text has more to mend, which is not listed
}

// checker looks for what is wrong in a draft of a course.
func (s *Server) checker(ctx context.Context, head modulestore.Head) (publish.Checker, error) {
	out := publish.Checker{Loads: s.Editor.Loads, Policy: grading.DefaultPolicy}
	var files map[string]course.File
	if head.Files != "" {
		var err error
		if files, err = s.Draw.Manifest(ctx, head.Files); err != nil {
			return out, err
		}
	}
	out.HasFile = func(name string) bool { _, ok := files[name]; return ok }
	return out, nil
}

func newFindings(ctx context.Context, found []publish.Finding) []findingProps {
	out := make([]findingProps, len(found))
	for i, f := range found {
		out[i] = newFindingProps(ctx, f)
	}
	worstFirst(out)
	return out
}

func worstFirst(list []findingProps) {
	slices.SortStableFunc(list, func(a, b findingProps) int {
		return slices.Index(severities, a.Look) - slices.Index(severities, b.Look)
	})
}

// newFindingsIn are findings where they stand at the block they were found in, or below. Those of the block itself need not say where; those of
// parts of experiments say who sees them, since the parts' own names say nothing.
func newFindingsIn(ctx context.Context, key course.Key, root, block *course.Block, found []publish.Finding) []findingProps {
	if len(found) == 0 {
		return nil
	}
	parts, partOf := partsByGroup(key, root, block), map[course.UsageKey]string{}
	var walk func(b *course.Block, part string)
	walk = func(b *course.Block, part string) {
		u := key.Usage(b.Type, b.ID)
		partOf[u] = part
		part = cmp.Or(parts[u], part)
		for _, child := range b.Children {
			walk(child, part)
		}
	}
	walk(block, "")
	out := make([]findingProps, len(found))
	for i, f := range found {
		p := newFindingProps(ctx, f)
		if part := parts[f.Block]; part != "" {
			p.named(ctx, part)
		} else if part := partOf[f.Block]; part != "" {
			p.named(ctx, part+" / "+p.Where)
		}
		if f.Block == key.Usage(block.Type, block.ID) {
			p.Where = ""
		}
		out[i] = p
	}
	worstFirst(out)
	return out
}

// named calls the block a finding is of by a name.
func (p *findingProps) named(ctx context.Context, name string) {
	p.Where, p.Label = name, i18n.T(ctx, "studio.check.act_of", p.Act, name)
}

// severities from the worst on.
var severities = []string{string(publish.Blocks), string(publish.Error), string(publish.Warning), string(publish.Note)}

var findingIcons = map[publish.Severity]string{publish.Blocks: "circle-x", publish.Error: "circle-alert", publish.Warning: "triangle-alert", publish.Note: "info"}

func newFindingProps(ctx context.Context, f publish.Finding) findingProps {
	p := findingProps{
		Look: string(f.Severity()), Icon: findingIcons[f.Severity()], Severity: i18n.T(ctx, "studio.check.severity."+string(f.Severity())),
		Title: i18n.T(ctx, "studio.check."+string(f.Kind)), Detail: f.Detail, Line: f.Line,
	}
	switch f.Kind {
	case publish.BrokenLink, publish.MissingFile, publish.MissingAlt, publish.NoTitle:
		p.Code = true
	default:
		if f.Why != "" {
			p.Detail = i18n.T(ctx, "studio.check.why."+f.Why, f.Args...)
		}
	}
	if f.More {
		p.More = i18n.T(ctx, "studio.check.more")
	}
	act := ""
	p.URL, act = mendedAt(f)
	p.Act = i18n.T(ctx, "studio.check.act."+act)
	p.named(ctx, cmp.Or(f.Name, kindWord(ctx, f.Block.Type)))
	return p
}

// mendedAt is where a finding is mended, and what that place is: an edit form, settings, dates, who sees it, a page.
func mendedAt(f publish.Finding) (address, act string) {
	u := f.Block
	switch key := u.Course.String(); u.Type {
	case "course":
		if f.Kind == publish.DateOrder {
			return "/settings/details/" + key, "dates"
		}
		return "/settings/advanced/" + key, "settings"
	case "static_tab":
		return "/edit/" + u.String(), "edit"
	case "course_info":
		return "/course_info/" + key, "edit"
	case "about":
		return "/settings/details/" + key, "edit"
	}
	above := draft.Direct(u.Type)
	switch f.Kind {
	case publish.NoPolicy, publish.DateOrder:
		if above {
			return partURL(u) + "#schedule", "dates"
		}
	case publish.Empty:
		if above {
			return courseURL(u.Course) + "?" + url.Values{"show": {u.String()}}.Encode(), "outline"
		}
		return containerURL(u), "open"
	case publish.Unreachable, publish.Hidden, publish.ForTeam:
		switch {
		case above:
			return partURL(u) + "#settings", "settings"
		case f.Why == "experiment" || f.Why == "group_without":
			return containerURL(u), "open"
		}
		return sightURL(u), "sight"
	default: // mended where the text is
	}
	if above {
		return partURL(u), "settings"
	}
	return editURL(u), "edit"
}

// reviewProps is what an author reads before publishing what findings speak against.
type reviewProps struct {
	framed
	Title   string
	Lead    string
	Groups  []reviewGroup
	More    int    // findings that are not listed
	All     string // address of a list that has them
	Action  string
	Fields  []page.FieldProps // of the form that publishes all the same; none when nothing can be published
	Back    string
	Publish string // what its button says
}

// reviewGroup is a unit, a subsection or a section with what was found in it.
type reviewGroup struct {
	Name, URL string
	Findings  []findingProps
}

// review looks at what publishing blocks would give learners, of which none stands in another; nil when nobody needs to be asked. Action is
// the address form was sent to.
func (s *Server) review(r *http.Request, blocks []course.UsageKey, form url.Values, action string) (*reviewProps, error) {
	ctx, key := r.Context(), blocks[0].Course
	head, b, err := s.Editor.Read(ctx, key)
	if err != nil {
		return nil, err
	}
	check, err := s.checker(ctx, head)
	if err != nil {
		return nil, err
	}
	var found []publish.Finding
	units := 0
	for _, u := range blocks {
		more, ok := check.Publishing(b, u)
		if !ok {
			return nil, nil //nolint:nilnil // publishing says what is gone
		}
		for _, f := range more {
			if !slices.ContainsFunc(found, func(x publish.Finding) bool { return x.Unit.IsZero() && samePlace(x, f) }) { // of a section above two of them
				found = append(found, f)
			}
		}
		units += s.unitsToPublish(b, u)
	}
	if units == 0 || !publish.Asks(found) {
		return nil, nil //nolint:nilnil // nothing to ask
	}
	refused := publish.Refusing(found)
	p := &reviewProps{Title: i18n.T(ctx, "studio.review.title", nameOf(draft.Block(b.Draft, blocks[0]))), Action: action, Back: s.backFrom(blocks[0], form)}
	if len(blocks) > 1 {
		p.Title = i18n.T(ctx, "studio.review.title_of", len(blocks))
	}
	switch {
	case refused >= units:
		p.Lead = i18n.T(ctx, "studio.review.refused", units)
	case refused > 0:
		p.Lead = i18n.T(ctx, "studio.review.some", refused)
	default:
		p.Lead = i18n.T(ctx, "studio.review.lead", len(found))
	}
	if refused < units {
		p.Publish = i18n.T(ctx, "studio.review.publish")
		field := func(name string, values ...string) {
			for _, v := range values {
				p.Fields = append(p.Fields, page.FieldProps{Name: name, Value: v})
			}
		}
		field("act", "publish")
		field("anyway", "1")
		field("seen", cmp.Or(form.Get("seen"), string(head.Draft)))
		for _, name := range []string{"from", "stay", "block"} {
			field(name, form[name]...)
		}
	}
	if p.Groups, p.More = reviewGroups(ctx, b.Draft, found); p.More > 0 {
		p.All = "/checklists/" + key.String()
	}
	return p, nil
}

// samePlace reports whether two findings say the same of one place.
func samePlace(a, b publish.Finding) bool {
	return a.Kind == b.Kind && a.Block == b.Block && a.Line == b.Line && a.Detail == b.Detail
}

// unitsToPublish counts the units publishing a block would give learners.
func (s *Server) unitsToPublish(b draft.Branches, u course.UsageKey) int {
	if unit, ok := draft.UnitOf(b.Draft, u); ok {
		if b.Changed(draft.Block(b.Draft, unit)) {
			return 1
		}
		return 0
	}
	if way := wayTo(publish.Outline(b, s.Clock(), nil), u); way != nil {
		return len(changedUnits(way[len(way)-1], nil))
	}
	return 0
}

// mostReviewed bounds how many findings are listed before publishing, beside those that keep units from it; the checklists have the others.
const mostReviewed = 60

// reviewGroups lists findings by unit, in course order, units that cannot be published before all others. What is left out of the list, more
// counts, is what matters least.
func reviewGroups(ctx context.Context, c *course.Content, found []publish.Finding) (out []reviewGroup, more int) {
	shown, room := make([]bool, len(found)), mostReviewed
	for _, severity := range severities {
		for i, f := range found {
			switch {
			case string(f.Severity()) != severity:
			case f.Severity() == publish.Blocks:
				shown[i] = true
			case room > 0:
				shown[i] = true
				room--
			default:
				more++
			}
		}
	}
	var refused []reviewGroup
	var last course.UsageKey
	var one []publish.Finding
	flush := func() {
		if len(one) == 0 {
			return
		}
		group := reviewGroup{URL: containerURL(last), Findings: newFindings(ctx, one)}
		if draft.Direct(last.Type) {
			group.URL = partURL(last)
		}
		if b := draft.Block(c, last); b != nil {
			group.Name = nameOf(b)
		}
		if publish.Refusing(one) > 0 {
			refused = append(refused, group)
		} else {
			out = append(out, group)
		}
		one = nil
	}
	for i, f := range found {
		if !shown[i] {
			continue
		}
		at := f.Unit
		if at.IsZero() {
			at = f.Block
		}
		if at != last {
			flush()
			last = at
		}
		one = append(one, f)
	}
	flush()
	return append(refused, out...), more
}

// backFrom is the page an act on a part began at.
func (s *Server) backFrom(u course.UsageKey, form url.Values) string {
	switch from, err := course.ParseUsageKey(form.Get("from")); {
	case err == nil && from.In(u.Course).Course == u.Course:
		return containerURL(from.In(u.Course))
	case form.Get("stay") != "":
		return partURL(u)
	}
	return courseURL(u.Course) + "?" + url.Values{"show": {u.String()}}.Encode()
}

// askFirst answers a page that wanted to publish with the dialog that asks whether to do so all the same.
func askFirst(w http.ResponseWriter, r *http.Request, out acted) error {
	var err error
	if out.Review, err = draw(r.Context(), reviewDialog(*out.review)); err != nil {
		return err
	}
	return page.JSON(w, r, http.StatusOK, out)
}

// showReview answers a form that would publish what findings speak against.
func (s *Server) showReview(w http.ResponseWriter, r *http.Request, u course.UsageKey, p *reviewProps) error {
	_, b, err := s.Editor.Read(r.Context(), u.Course)
	if err != nil {
		return err
	}
	p.framed = s.frame(w, r, u.Course, b.Draft.Root, "", p.Title)
	p.Layout.Main = "reading"
	status := http.StatusOK
	if p.Publish == "" {
		status = http.StatusUnprocessableEntity
	}
	return page.RenderStatus(w, r, status, reviewPage(*p))
}

// findingsBy sorts what was found in a unit to the components of its page; what is of the unit itself comes under its own key.
func findingsBy(key course.Key, block *course.Block, found []publish.Finding) map[course.UsageKey][]publish.Finding {
	of := map[course.UsageKey]course.UsageKey{}
	for _, child := range block.Children {
		at := key.Usage(child.Type, child.ID)
		child.Walk(func(x *course.Block) bool {
			of[key.Usage(x.Type, x.ID)] = at
			return true
		})
	}
	out := map[course.UsageKey][]publish.Finding{}
	for _, f := range found {
		at, ok := of[f.Block]
		if !ok {
			at = f.Block
		}
		out[at] = append(out[at], f)
	}
	return out
}

// lineWords says where in a text a finding is.
func lineWords(ctx context.Context, f findingProps) string {
	return i18n.T(ctx, "studio.edit.line", strconv.Itoa(f.Line))
}

// dialog is the review as the page that asked shows it.
func (p reviewProps) dialog() ui.DialogProps {
	return ui.DialogProps{ID: "review", Title: p.Title, Foot: reviewFoot(p, true)}
}
