package studio

import (
	"cmp"
	"context"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"lyceum/authoring/draft"
	"lyceum/authoring/publish"
	"lyceum/course"
	"lyceum/grading"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/ui"
)

// checklistRoutes are lists of what to do before a course begins, computed from its draft, and the numbers programs make lists of.
func checklistRoutes(s *Server, rt routes) {
	rt.get("/checklists/{course}", forBoth(s.showChecklists))
	rt.get("/api/courses/v1/validation/{course}", forPrograms(s.showValidation))
	rt.get("/api/courses/v1/quality/{course}", forPrograms(s.showQuality))
}

// The bounds of the lists. Those of videos, of kinds and of the length of units are the platform's we match.
const (
	shortVideo    = 10 * time.Minute // the middle one is not longer
	oneKindPart   = 0.2              // of subsections, that may hold one kind of component
	shortUnit     = 3                // components in the middle unit
	longUnit      = 2 * shortUnit    // more of them make a unit that is named
	longPart      = 10               // units of a subsection
	mobileVideos  = 0.9              // of videos, that were encoded for phones
	mostOfOneLine = 200              // findings listed in one line
)

// states of a line.
const (
	lineDone   = "done"
	lineTodo   = "todo"
	lineNote   = "note"   // to know
	lineUnused = "unused" // the course has nothing it is about
)

var lineIcons = map[string]string{lineDone: "circle-check", lineTodo: "circle-alert", lineNote: "info", lineUnused: "circle-dashed"}

// checklistsProps is the page of the lists.
type checklistsProps struct {
	framed
	Lists []checklist
}

// checklist is one list.
type checklist struct {
	Name  string      `json:"name"`
	Title string      `json:"title"`
	Done  int         `json:"done"`
	Of    int         `json:"total"`
	Lines []checkLine `json:"items"`
}

// checkLine is one thing to see to.
type checkLine struct {
	Name   string       `json:"name"`
	State  string       `json:"state"`
	Title  string       `json:"title"`
	Words  string       `json:"words"`
	URL    string       `json:"url,omitempty"`
	Places []checkPlace `json:"places,omitempty"`
	Count  int          `json:"count,omitempty"` // of places, those that are not listed too

	Icon, StateWord, Act, Label, Summary string         `json:"-"`
	Findings                             []findingProps `json:"-"`
}

// checkPlace is where something is to be done.
type checkPlace struct {
	Locator  string `json:"locator"`
	Name     string `json:"name"`
	URL      string `json:"url"`
	Kind     string `json:"kind,omitempty"`
	Severity string `json:"severity,omitempty"`
	Line     int    `json:"line,omitempty"`
	Detail   string `json:"detail,omitempty"`
}

// showChecklists serves GET /checklists/KEY.
func (s *Server) showChecklists(w http.ResponseWriter, r *http.Request) error {
	w.Header().Add("Vary", "Accept")
	e, err := s.open(r)
	if err != nil {
		return err
	}
	ctx, b := r.Context(), e.both
	check, err := s.checker(ctx, e.head)
	if err != nil {
		return err
	}
	found, _ := check.Check(b.Draft, course.UsageKey{})
	l := lister{ctx: ctx, key: e.key, now: b, over: publish.NewOverview(b.Draft), found: map[publish.Kind][]publish.Finding{}}
	for _, f := range found {
		l.found[f.Kind] = append(l.found[f.Kind], f)
	}
	if root := publish.Outline(b, s.Clock(), nil); root != nil {
		l.waiting = changedUnits(root, nil)
	}
	lists := []checklist{l.launch(), l.practices(), l.accessibility(), l.checks()}
	if page.WantsJSON(r) {
		return page.JSON(w, r, http.StatusOK, map[string]any{"course_id": e.key.String(), "version": string(e.head.Draft), "checklists": lists})
	}
	p := checklistsProps{framed: s.frame(w, r, e.key, b.Draft.Root, "checklists", i18n.T(ctx, "studio.page.checklists")), Lists: lists}
	return page.Render(w, r, checklistsPage(p))
}

// lister makes the lists of a course.
type lister struct {
	ctx     context.Context //nolint:containedctx // a lister lives no longer than the request that makes it
	key     course.Key
	now     draft.Branches
	over    *publish.Overview
	found   map[publish.Kind][]publish.Finding
	waiting []ui.Link // units learners do not have as they are
}

func (l *lister) t(id string, args ...any) string { return i18n.T(l.ctx, id, args...) }

// list counts and words lines.
func (l *lister) list(name string, lines ...checkLine) checklist {
	out := checklist{Name: name, Title: l.t("studio.lists." + name), Lines: lines}
	for i := range lines {
		line := &out.Lines[i]
		line.Icon, line.StateWord, line.Title = lineIcons[line.State], l.t("studio.lists.state."+line.State), l.t("studio.line."+line.Name)
		line.Count = max(line.Count, len(line.Places))
		if line.URL != "" {
			line.Act = l.t("studio.lists.open")
			line.Label = l.t("studio.check.act_of", line.Act, line.Title)
		}
		line.Summary = l.t("studio.lists.places", line.Count)
		switch line.State {
		case lineTodo:
			out.Of++
		case lineDone:
			out.Of++
			out.Done++
		}
	}
	return out
}

// line is one line; its words are those of its state.
func (l *lister) line(name string, done bool, to string, args ...any) checkLine {
	state := lineTodo
	if done {
		state = lineDone
	}
	return l.as(name, state, to, args...)
}

func (l *lister) as(name, state, to string, args ...any) checkLine {
	return checkLine{Name: name, State: state, URL: to, Words: l.t("studio.line."+name+"."+state, args...)}
}

// launch is what a course needs before it begins.
func (l *lister) launch() checklist {
	key, root := l.key.String(), l.now.Draft.Root
	_, updates := courseUpdatesOf(l.now.Draft)
	policy, _ := grading.ParsePolicy(l.now.Draft.Grading)
	sum := 0.0
	for _, g := range policy.Graders {
		sum += g.Weight
	}
	lines := []checkLine{
		l.line("welcome", len(visibleUpdates(updates)) > 0, "/course_info/"+key),
		l.line("about", strings.TrimSpace(aboutText(l.now.Draft, "short_description")) != "" && strings.TrimSpace(aboutText(l.now.Draft, "overview")) != "", "/settings/details/"+key),
		l.line("dates", l.over.Start != nil && l.over.End != nil, "/settings/details/"+key),
		l.deadlines(),
		l.line("grading", l.now.Draft.Grading.IsSet() && math.Abs(sum-1) < 0.005, "/settings/grading/"+key, i18n.Percent(l.ctx, sum)),
		l.certificate(root),
		l.proctoring(root),
	}
	published := l.line("published", len(l.waiting) == 0 && len(l.over.Units) > 0, courseURL(l.key), len(l.waiting))
	if len(l.over.Units) == 0 {
		published = l.line("content", false, courseURL(l.key))
	}
	published.Places = linked(l.waiting)
	return l.list("launch", append(lines, published)...)
}

func linked(list []ui.Link) []checkPlace {
	var out []checkPlace
	for _, u := range list {
		out = append(out, checkPlace{Locator: strings.TrimPrefix(u.URL, "/part/"), Name: u.Label, URL: "/container/" + strings.TrimPrefix(u.URL, "/part/")})
	}
	return out
}

func (l *lister) deadlines() checkLine {
	to := courseURL(l.key)
	if l.over.SelfPaced {
		return l.as("deadlines", lineUnused, to)
	}
	before, after := l.over.OutOfCourse(false)
	line := l.line("deadlines", len(before)+len(after) == 0, to, len(before)+len(after))
	for _, p := range append(before, after...) {
		line.Places = append(line.Places, checkPlace{Locator: p.Key.String(), Name: p.Name, URL: partURL(p.Key) + "#schedule"})
	}
	return line
}

func (l *lister) certificate(root *course.Block) checkLine {
	_, list := certificatesOf(root)
	active := slices.ContainsFunc(list, certificate.active)
	line := l.line("certificate", active, "/certificates/"+l.key.String())
	if !active && len(list) > 0 {
		line.Words = l.t("studio.line.certificate.inactive")
	}
	return line
}

func (l *lister) proctoring(root *course.Block) checkLine {
	var places []checkPlace
	for _, p := range l.over.Assignments {
		if p.Proctored {
			places = append(places, checkPlace{Locator: p.Key.String(), Name: p.Name, URL: partURL(p.Key) + "#settings"})
		}
	}
	to := "/settings/advanced/" + l.key.String()
	if len(places) == 0 {
		return l.as("proctoring", lineUnused, "")
	}
	on, _ := root.Fields["enable_proctored_exams"].Bool()
	line := l.line("proctoring", on, to, len(places))
	line.Places = places
	return line
}

// practices is what makes courses good to learn from.
func (l *lister) practices() checklist {
	return l.list("practices", l.highlights(), l.shortParts(), l.shortUnits(), l.kinds(), l.videoLengths(), l.phones())
}

func (l *lister) highlights() checkLine {
	var without []publish.Part
	sections := publish.Visible(l.over.Sections)
	for _, p := range sections {
		if !p.Highlighted {
			without = append(without, p)
		}
	}
	line := l.line("highlights", len(sections) > 0 && len(without) == 0, courseURL(l.key), len(without), len(sections))
	line.Places = partPlaces(without)
	return line
}

func partPlaces(list []publish.Part) []checkPlace {
	var out []checkPlace
	for _, p := range list {
		to := partURL(p.Key) + "#settings"
		if !draft.Direct(p.Key.Type) {
			to = containerURL(p.Key)
		}
		out = append(out, checkPlace{Locator: p.Key.String(), Name: p.Name, URL: to})
	}
	return out
}

func (l *lister) shortParts() checkLine {
	if len(l.over.Subsections) == 0 {
		return l.as("subsections", lineUnused, courseURL(l.key))
	}
	long := slices.DeleteFunc(slices.Clone(l.over.Subsections), func(p publish.Part) bool { return p.Units <= longPart })
	line := l.line("subsections", len(long) == 0, courseURL(l.key), len(long), longPart)
	line.Places = partPlaces(long)
	for i := range line.Places {
		line.Places[i].URL = courseURL(l.key) + "?" + url.Values{"show": {line.Places[i].Locator}}.Encode()
	}
	return line
}

func (l *lister) shortUnits() checkLine {
	if len(l.over.Units) == 0 {
		return l.as("units", lineUnused, courseURL(l.key))
	}
	middle := *l.unitSpread(false).Median
	line := l.line("units", middle <= shortUnit, courseURL(l.key), i18n.Number(l.ctx, middle), shortUnit)
	if line.State == lineTodo {
		line.Places = partPlaces(slices.DeleteFunc(slices.Clone(l.over.Units), func(p publish.Part) bool { return p.Components() <= longUnit }))
	}
	return line
}

func (l *lister) unitSpread(ungraded bool) publish.Spread {
	var list []float64
	for _, p := range l.over.Units {
		if !ungraded || !p.Graded {
			list = append(list, float64(p.Components()))
		}
	}
	return publish.SpreadOf(list)
}

func (l *lister) kinds() checkLine {
	alike := slices.DeleteFunc(slices.Clone(l.over.Subsections), func(p publish.Part) bool { return len(p.Kinds) != 1 })
	if len(l.over.Subsections) == 0 {
		return l.as("kinds", lineUnused, courseURL(l.key))
	}
	line := l.line("kinds", float64(len(alike))/float64(len(l.over.Subsections)) < oneKindPart, courseURL(l.key), len(alike), len(l.over.Subsections))
	if line.State == lineTodo {
		line.Places = partPlaces(alike)
		for i := range line.Places {
			line.Places[i].URL = courseURL(l.key) + "?" + url.Values{"show": {line.Places[i].Locator}}.Encode()
		}
	}
	return line
}

func (l *lister) videoLengths() checkLine {
	var lengths []float64
	var long []checkPlace
	for _, v := range l.over.Videos {
		if v.Length > 0 {
			lengths = append(lengths, v.Length.Seconds())
		}
		if v.Length > shortVideo {
			long = append(long, checkPlace{Locator: v.Key.String(), Name: v.Name, URL: editURL(v.Key)})
		}
	}
	if len(lengths) == 0 {
		state := lineNote
		if len(l.over.Videos) == 0 {
			state = lineUnused
		}
		return l.as("videos", state, "")
	}
	middle := time.Duration(*publish.SpreadOf(lengths).Median) * time.Second
	line := l.line("videos", middle <= shortVideo, courseURL(l.key), middle.String())
	if line.State == lineTodo {
		line.Places = long
	}
	return line
}

func (l *lister) phones() checkLine {
	encoded := 0
	for _, v := range l.over.Videos {
		if v.HasID && v.Length > 0 {
			encoded++
		}
	}
	switch {
	case len(l.over.Videos) == 0:
		return l.as("phones", lineUnused, "")
	case encoded == 0: // they come from elsewhere, where phones are seen to
		return l.as("phones", lineNote, "")
	}
	return l.line("phones", float64(encoded)/float64(len(l.over.Videos)) >= mobileVideos, "", encoded, len(l.over.Videos))
}

// accessibility is what some learners cannot do without.
func (l *lister) accessibility() checklist {
	return l.list("accessibility", l.ofKind(publish.MissingAlt), l.ofKind(publish.NoTranscript), l.ofKind(publish.NoTitle))
}

// checks is everything else that was found.
func (l *lister) checks() checklist {
	var lines []checkLine
	for _, kind := range []publish.Kind{
		publish.DoesNotLoad, publish.BrokenLink, publish.MissingFile, publish.NoPolicy, publish.DateOrder, publish.Unreachable, publish.Hidden, publish.Empty,
	} {
		lines = append(lines, l.ofKind(kind))
	}
	if len(l.found[publish.ForTeam]) > 0 {
		line := l.ofKind(publish.ForTeam)
		line.State = lineNote
		lines = append(lines, line)
	}
	return l.list("checks", lines...)
}

// ofKind is the line of one kind of findings, with all its places.
func (l *lister) ofKind(kind publish.Kind) checkLine {
	found := l.found[kind]
	line := l.line(string(kind), len(found) == 0, "", len(found))
	line.Count = len(found)
	for _, f := range found[:min(len(found), mostOfOneLine)] {
		p := newFindingProps(l.ctx, f)
		line.Findings = append(line.Findings, p)
		line.Places = append(line.Places, checkPlace{
			Locator: f.Block.String(), Name: p.Where, URL: p.URL, Kind: string(f.Kind), Severity: string(f.Severity()), Line: f.Line, Detail: p.Detail,
		})
	}
	return line
}

// asked reads which parts of an answer a program wants: those it names, or all of them.
func asked(r *http.Request) func(name string) bool {
	truth := func(name string, otherwise bool) bool {
		switch strings.ToLower(r.URL.Query().Get(name)) {
		case "true", "1", "yes", "on", "t", "y":
			return true
		case "false", "0", "no", "off", "f", "n":
			return false
		}
		return otherwise
	}
	all := truth("all", false)
	return func(name string) bool {
		switch name {
		case "graded_only", "validate_oras", "exclude_graded":
			return truth(name, false)
		}
		return truth(name, all)
	}
}

type assignmentModel struct {
	ID   string `json:"id"`
	Name string `json:"display_name"`
}

func assignmentModels(list []publish.Part) []assignmentModel {
	out := []assignmentModel{}
	for _, p := range list {
		out = append(out, assignmentModel{p.Key.String(), p.Name})
	}
	return out
}

// showValidation serves GET /api/courses/v1/validation/KEY: what a course has before it begins, in the parts a program asks for.
func (s *Server) showValidation(w http.ResponseWriter, r *http.Request) error {
	e, err := s.open(r)
	if err != nil {
		return err
	}
	over, wants, root := publish.NewOverview(e.now), asked(r), e.now.Root
	out := map[string]any{"is_self_paced": over.SelfPaced}
	if wants("dates") {
		out["dates"] = map[string]any{"has_start_date": over.Start != nil, "has_end_date": over.End != nil}
	}
	if wants("assignments") {
		before, after := over.OutOfCourse(wants("graded_only"))
		answersBefore, answersAfter := []publish.Part{}, []publish.Part{}
		if wants("validate_oras") {
			answersBefore, answersAfter = answersOutOfCourse(over, wants("graded_only"))
		}
		out["assignments"] = map[string]any{
			"total_number": len(over.Assignments), "total_visible": len(publish.Visible(over.Assignments)),
			"assignments_with_dates_before_start": assignmentModels(before), "assignments_with_dates_after_end": assignmentModels(after),
			"assignments_with_ora_dates_before_start": assignmentModels(answersBefore), "assignments_with_ora_dates_after_end": assignmentModels(answersAfter),
		}
	}
	if wants("grades") {
		policy, _ := grading.ParsePolicy(e.now.Grading)
		sum := 0.0
		for _, g := range policy.Graders {
			sum += g.Weight
		}
		usual, _ := grading.ParsePolicy(grading.DefaultPolicy)
		own := !slices.EqualFunc(policy.Graders, usual.Graders, func(a, b grading.Grader) bool {
			return a.Type == b.Type && a.MinCount == b.MinCount && a.DropCount == b.DropCount && a.Weight == b.Weight
		})
		out["grades"] = map[string]any{"has_grading_policy": own, "sum_of_weights": math.Round(sum*1e6) / 1e6}
	}
	if wants("certificates") {
		_, list := certificatesOf(root)
		out["certificates"] = map[string]any{"is_enabled": true, "is_activated": slices.ContainsFunc(list, certificate.active), "has_certificate": len(list) > 0}
	}
	if wants("updates") {
		_, updates := courseUpdatesOf(e.now)
		out["updates"] = map[string]any{"has_update": len(visibleUpdates(updates)) > 0}
	}
	if wants("proctoring") {
		provider, _ := root.Fields["proctoring_provider"].Text()
		mail, _ := root.Fields["proctoring_escalation_email"].Text()
		out["proctoring"] = map[string]any{"needs_proctoring_escalation_email": provider == "proctortrack", "has_proctoring_escalation_email": mail != ""}
	}
	return page.JSON(w, r, http.StatusOK, out)
}

// answersOutOfCourse lists the subsections of open answers with a date before the course starts, and after it ends.
func answersOutOfCourse(over *publish.Overview, gradedOnly bool) (before, after []publish.Part) {
	for _, a := range over.OpenAnswers {
		if gradedOnly && !a.Graded {
			continue
		}
		if over.Start != nil && slices.ContainsFunc(a.Dates, over.Start.After) {
			before = append(before, a.Subsection)
		}
		if over.End != nil && slices.ContainsFunc(a.Dates, over.End.Before) {
			after = append(after, a.Subsection)
		}
	}
	return before, after
}

// showQuality serves GET /api/courses/v1/quality/KEY: how a course is built, in the parts a program asks for.
func (s *Server) showQuality(w http.ResponseWriter, r *http.Request) error {
	e, err := s.open(r)
	if err != nil {
		return err
	}
	over, wants := publish.NewOverview(e.now), asked(r)
	l := lister{over: over}
	out := map[string]any{"is_self_paced": over.SelfPaced}
	if wants("sections") {
		visible, highlighted := publish.Visible(over.Sections), 0
		for _, p := range visible {
			if p.Highlighted {
				highlighted++
			}
		}
		out["sections"] = map[string]any{
			"total_number": len(over.Sections), "total_visible": len(visible), "number_with_highlights": highlighted,
			"highlights_active_for_course": over.Highlights, "highlights_enabled": true,
		}
	}
	if wants("subsections") {
		one, kinds := 0, []float64{}
		for _, p := range over.Subsections {
			if wants("exclude_graded") && p.Graded {
				continue
			}
			if kinds = append(kinds, float64(len(p.Kinds))); len(p.Kinds) == 1 {
				one++
			}
		}
		out["subsections"] = map[string]any{"total_visible": len(kinds), "num_with_one_block_type": one, "num_block_types": publish.SpreadOf(kinds)}
	}
	if wants("units") {
		count := 0
		for _, p := range over.Units {
			if !wants("exclude_graded") || !p.Graded {
				count++
			}
		}
		out["units"] = map[string]any{"total_visible": count, "num_blocks": l.unitSpread(wants("exclude_graded"))}
	}
	if wants("videos") {
		ids, lengths := 0, []float64{}
		for _, v := range over.Videos {
			if v.HasID {
				ids++
			}
			if v.Length > 0 {
				lengths = append(lengths, v.Length.Seconds())
			}
		}
		out["videos"] = map[string]any{"total_number": len(over.Videos), "num_mobile_encoded": len(lengths), "num_with_val_id": ids, "durations": publish.SpreadOf(lengths)}
	}
	return page.JSON(w, r, http.StatusOK, out)
}

// countWords says how far a list is.
func countWords(ctx context.Context, c checklist) string {
	return i18n.T(ctx, "studio.lists.count", strconv.Itoa(c.Done), strconv.Itoa(c.Of))
}

// moreWords says how many places are not listed, "" when all are.
func moreWords(ctx context.Context, c checkLine) string {
	if n := c.Count - cmp.Or(len(c.Findings), len(c.Places)); n > 0 {
		return i18n.T(ctx, "studio.lists.more", n)
	}
	return ""
}
