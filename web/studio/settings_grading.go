package studio

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"lyceum/authoring/draft"
	"lyceum/course"
	"lyceum/grading"
	"lyceum/internal/fault"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/ui"
)

// gradingModel is how a course is graded, as clients know it. Weights are percents there, cutoffs fractions.
type gradingModel struct {
	Graders []graderModel      `json:"graders"`
	Cutoffs map[string]float64 `json:"grade_cutoffs"`
	Grace   *graceModel        `json:"grace_period"`
	Credit  float64            `json:"minimum_grade_credit"`
	Seen    string             `json:"seen"`
}

type graderModel struct {
	ID         int     `json:"id"` // its place, counted from 0
	Type       string  `json:"type"`
	MinCount   int     `json:"min_count"`
	DropCount  int     `json:"drop_count"`
	ShortLabel *string `json:"short_label"`
	Weight     float64 `json:"weight"`
}

type graceModel struct {
	Hours   int `json:"hours"`
	Minutes int `json:"minutes"`
	Seconds int `json:"seconds"`
}

// gradingPolicy is a grading policy under change: what nobody touches stays as it is, keys we do not know included.
type gradingPolicy struct {
	rest    map[string]course.Value
	graders []map[string]course.Value
	cutoffs map[string]course.Value
}

// readGradingPolicy reads a policy; parts that are missing, or no policy at all, are those a course without one is graded by.
func readGradingPolicy(v course.Value) gradingPolicy {
	read := func(v course.Value) (p gradingPolicy, hasGraders, hasCutoffs bool) {
		var raw map[string]json.RawMessage
		v.Decode(&raw)
		p.rest = map[string]course.Value{}
		for name, text := range raw {
			p.rest[name] = compact(text)
		}
		var graders []map[string]json.RawMessage
		var cutoffs map[string]json.RawMessage
		hasGraders, hasCutoffs = p.rest["GRADER"].Decode(&graders), p.rest["GRADE_CUTOFFS"].Decode(&cutoffs)
		for _, g := range graders {
			p.graders = append(p.graders, compactAll(g))
		}
		p.cutoffs = compactAll(cutoffs)
		return p, hasGraders, hasCutoffs
	}
	p, hasGraders, hasCutoffs := read(v)
	usual, _, _ := read(grading.DefaultPolicy)
	if !hasGraders {
		p.graders = usual.graders
	}
	if !hasCutoffs {
		p.cutoffs = usual.cutoffs
	}
	return p
}

func compact(text json.RawMessage) course.Value {
	v, err := course.ParseValue(text)
	if err != nil {
		return course.Null
	}
	return v
}

func compactAll(raw map[string]json.RawMessage) map[string]course.Value {
	out := map[string]course.Value{}
	for name, text := range raw {
		out[name] = compact(text)
	}
	return out
}

// value writes a policy.
func (p gradingPolicy) value() course.Value {
	raw := func(m map[string]course.Value) map[string]json.RawMessage {
		out := make(map[string]json.RawMessage, len(m))
		for name, v := range m {
			out[name] = json.RawMessage(v)
		}
		return out
	}
	graders := []map[string]json.RawMessage{}
	for _, g := range p.graders {
		graders = append(graders, raw(g))
	}
	whole := map[string]any{}
	for name, v := range raw(p.rest) {
		whole[name] = v
	}
	whole["GRADER"], whole["GRADE_CUTOFFS"] = graders, raw(p.cutoffs)
	return course.JSON(whole)
}

func newGrader(i int, g map[string]course.Value) graderModel {
	out := graderModel{ID: i}
	out.Type, _ = g["type"].Text()
	out.MinCount, _ = g["min_count"].Int()
	out.DropCount, _ = g["drop_count"].Int()
	if s, ok := g["short_label"].Text(); ok {
		out.ShortLabel = &s
	}
	w, _ := g["weight"].Float()
	out.Weight = asPercent(w)
	return out
}

// asPercent makes percents of a fraction without the dust of floating point.
func asPercent(fraction float64) float64 { return math.Round(fraction*1e8) / 1e6 }

func newGradingModel(e *courseEdit) gradingModel {
	p := readGradingPolicy(e.now.Grading)
	out := gradingModel{Graders: []graderModel{}, Cutoffs: map[string]float64{}, Credit: 0.8, Seen: string(e.head.Draft)}
	for i, g := range p.graders {
		out.Graders = append(out.Graders, newGrader(i, g))
	}
	for letter, v := range p.cutoffs {
		out.Cutoffs[letter], _ = v.Float()
	}
	if d, ok := e.now.Root.Fields["graceperiod"].Duration(); ok && d > 0 {
		out.Grace = &graceModel{int(d / time.Hour), int(d % time.Hour / time.Minute), int(d % time.Minute / time.Second)}
	}
	if n, ok := e.now.Root.Fields["minimum_grade_credit"].Float(); ok {
		out.Credit = n
	}
	return out
}

// graderWish is an assignment type as somebody wants it.
type graderWish struct {
	was    int // its place in the policy that was looked at, -1 for a new one
	field  string
	type_  string //nolint:revive // the word is taken
	short  *string
	weight float64 // percent
	total  int
	drop   int
}

// gradingWish is how somebody wants a course to be graded.
type gradingWish struct {
	graders []graderWish
	cutoffs map[string]float64 // fractions
	grace   *time.Duration     // nil leaves it
	credit  *float64
}

// check refuses what cannot be graded by. Weights that do not add up to 100 % are not refused: the page tells of them.
func (x gradingWish) check() error {
	bad := fault.Invalidf("a grading policy")
	seen := map[string]bool{}
	for _, g := range x.graders {
		name := strings.ToLower(g.type_)
		switch {
		case g.type_ == "":
			bad.Field("type"+g.field, "studio.grading.no_type")
		case seen[name]:
			bad.Field("type"+g.field, "studio.grading.twice")
		case len(g.type_) > 255:
			bad.Field("type"+g.field, "studio.grading.long_type")
		}
		seen[name] = true
		if !(g.weight >= 0 && g.weight <= 100) {
			bad.Field("weight"+g.field, "studio.grading.bad_weight")
		}
		if g.total < 0 || g.total > 1000 {
			bad.Field("total"+g.field, "studio.grading.bad_total")
		}
		if g.drop < 0 || g.drop > 0 && g.drop >= g.total {
			bad.Field("drop"+g.field, "studio.grading.bad_drop")
		}
	}
	if len(x.cutoffs) == 0 {
		bad.Field("cutoffs", "studio.grading.no_cutoff")
	}
	taken := map[float64]bool{}
	for letter, v := range x.cutoffs {
		if letter == "" || len(letter) > 20 || !(v >= 0 && v <= 1) || taken[v] {
			bad.Field("cutoffs", "studio.grading.bad_cutoff")
		}
		taken[v] = true
	}
	if x.grace != nil && (*x.grace < 0 || *x.grace > 10_000*time.Hour) {
		bad.Field("grace", "studio.grading.bad_grace")
	}
	if x.credit != nil && !(*x.credit >= 0 && *x.credit <= 1) {
		bad.Field("credit", "studio.grading.bad_credit")
	}
	if len(bad.Fields) > 0 {
		return bad
	}
	return nil
}

// ops are the operations that bring a course there. Subsections go along with a type that has another name.
func (x gradingWish) ops(schema course.Schema, base *course.Content) []draft.Op {
	was := readGradingPolicy(base.Grading)
	next := gradingPolicy{rest: was.rest, cutoffs: map[string]course.Value{}}
	op := draft.Grading{Renamed: map[string]string{}}
	number := func(g map[string]course.Value, name string, n float64, old float64, ok bool) {
		if !ok || old != n {
			g[name] = course.JSON(n)
		}
	}
	for _, want := range x.graders {
		g := map[string]course.Value{}
		if want.was >= 0 && want.was < len(was.graders) {
			g = maps.Clone(was.graders[want.was])
			if old, _ := g["type"].Text(); old != "" && old != want.type_ {
				op.Renamed[old] = want.type_
			}
		}
		g["type"] = course.Text(want.type_)
		if old, ok := g["short_label"].Text(); want.short != nil && (*want.short != old || !ok && *want.short != "") {
			g["short_label"] = course.Text(*want.short)
		}
		w, ok := g["weight"].Float()
		if !ok || asPercent(w) != want.weight {
			g["weight"] = course.JSON(math.Round(want.weight*1e6) / 1e8)
		}
		n, ok := g["min_count"].Float()
		number(g, "min_count", float64(want.total), n, ok)
		n, ok = g["drop_count"].Float()
		number(g, "drop_count", float64(want.drop), n, ok)
		next.graders = append(next.graders, g)
	}
	for letter, v := range x.cutoffs {
		next.cutoffs[letter] = course.JSON(v)
		if old, ok := was.cutoffs[letter].Float(); ok && old == v {
			next.cutoffs[letter] = was.cutoffs[letter]
		}
	}
	var out []draft.Op
	if op.Policy = next.value(); op.Policy != was.value() {
		out = append(out, op)
	}
	rest := newWished()
	if x.grace != nil {
		rest.fields["graceperiod"] = course.Text(course.FormatTimedelta(*x.grace))
		if *x.grace == 0 {
			rest.fields["graceperiod"] = ""
		}
	}
	if x.credit != nil {
		rest.fields["minimum_grade_credit"] = course.JSON(*x.credit)
	}
	return append(out, rest.ops(schema, base)...)
}

// showGrading serves GET /settings/grading/KEY.
func (s *Server) showGrading(w http.ResponseWriter, r *http.Request) error {
	e, err := s.open(r)
	if err != nil {
		return err
	}
	if page.WantsJSON(r) {
		return page.JSON(w, r, http.StatusOK, newGradingModel(e))
	}
	return page.Render(w, r, gradingPage(s.newGrading(w, r, e, typedGradingOf(e), nil)))
}

// graderAt reads the place of an assignment type in the path.
func graderAt(r *http.Request) (int, error) {
	n, err := strconv.Atoi(chi.URLParam(r, "n"))
	if err != nil || n < 0 {
		return 0, fault.NotFoundf("assignment type %q", chi.URLParam(r, "n"))
	}
	return n, nil
}

// showGrader serves GET /settings/grading/KEY/N; a place behind the last one is an empty type, as in the platform we match.
func (s *Server) showGrader(w http.ResponseWriter, r *http.Request) error {
	e, err := s.open(r)
	if err != nil {
		return err
	}
	n, err := graderAt(r)
	if err != nil {
		return err
	}
	out := graderModel{ID: n}
	if p := readGradingPolicy(e.now.Grading); n < len(p.graders) {
		out = newGrader(n, p.graders[n])
	}
	return page.JSON(w, r, http.StatusOK, out)
}

// sentNumber is a number clients send as one, or as text.
type sentNumber struct{ course.Value }

// UnmarshalJSON keeps the spelling.
func (n *sentNumber) UnmarshalJSON(text []byte) (err error) {
	n.Value, err = course.ParseValue(text)
	return err
}

func (n sentNumber) float(bad *fault.Error, field string) float64 {
	if !n.IsSet() || n.IsNull() {
		return 0
	}
	f, ok := n.Float()
	if !ok || math.IsNaN(f) || math.IsInf(f, 0) {
		bad.Field(field, "draft.bad_value")
	}
	return f
}

func (n sentNumber) int(bad *fault.Error, field string) int {
	f := n.float(bad, field)
	if f != math.Trunc(f) || math.Abs(f) > 1e6 {
		bad.Field(field, "draft.bad_value")
		return 0
	}
	return int(f)
}

// sentGrader is an assignment type as clients send it.
type sentGrader struct {
	ID         sentNumber `json:"id"`
	Type       string     `json:"type"`
	MinCount   sentNumber `json:"min_count"`
	DropCount  sentNumber `json:"drop_count"`
	ShortLabel *string    `json:"short_label"`
	Weight     sentNumber `json:"weight"`
}

func (g sentGrader) wish(i int, bad *fault.Error) graderWish {
	field := fmt.Sprintf("-%d", i)
	return graderWish{
		was: -1, field: field, type_: strings.TrimSpace(g.Type), short: g.ShortLabel, weight: g.Weight.float(bad, "weight"+field),
		total: g.MinCount.int(bad, "total"+field), drop: g.DropCount.int(bad, "drop"+field),
	}
}

// putGrading serves PUT and POST /settings/grading/KEY: all of it. Parts the body does not name stay as they are.
func (s *Server) putGrading(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Graders *[]sentGrader          `json:"graders"`
		Cutoffs *map[string]sentNumber `json:"grade_cutoffs"`
		Grace   *struct {
			Hours   sentNumber `json:"hours"`
			Minutes sentNumber `json:"minutes"`
			Seconds sentNumber `json:"seconds"`
		} `json:"grace_period"`
		Credit *sentNumber `json:"minimum_grade_credit"`
	}
	e, err := s.readWish(r, &body)
	if err != nil {
		return err
	}
	was := readGradingPolicy(e.now.Grading)
	want := wishOf(was)
	bad := fault.Invalidf("grading of %s", e.key)
	if body.Graders != nil {
		want.graders = nil
		names := map[string]bool{}
		for _, g := range *body.Graders {
			names[g.Type] = true
		}
		for i, sent := range *body.Graders {
			g := sent.wish(i, bad)
			g.was = placeOf(was, sent, names, bad)
			want.graders = append(want.graders, g)
		}
	}
	if body.Cutoffs != nil {
		want.cutoffs = map[string]float64{}
		for letter, n := range *body.Cutoffs {
			want.cutoffs[letter] = n.float(bad, "cutoffs")
		}
	}
	if g := body.Grace; g != nil {
		want.grace = new(time.Duration(g.Hours.int(bad, "grace"))*time.Hour + time.Duration(g.Minutes.int(bad, "grace"))*time.Minute + time.Duration(g.Seconds.int(bad, "grace"))*time.Second)
	}
	if body.Credit != nil {
		want.credit = new(body.Credit.float(bad, "credit"))
	}
	if len(bad.Fields) > 0 {
		return bad
	}
	if err := s.grade(r, e, want); err != nil {
		return err
	}
	if e, err = s.open(r); err != nil {
		return err
	}
	return page.JSON(w, r, http.StatusOK, newGradingModel(e))
}

// placeOf finds the type a client means: the one of its name, or the one at its place when that goes by another name now. -1 is a new one.
func placeOf(was gradingPolicy, g sentGrader, names map[string]bool, bad *fault.Error) int {
	for i, old := range was.graders {
		if t, _ := old["type"].Text(); t == g.Type {
			return i
		}
	}
	if !g.ID.IsSet() || g.ID.IsNull() {
		return -1
	}
	at := g.ID.int(bad, "id")
	if at < 0 || at >= len(was.graders) {
		return -1
	}
	if t, _ := was.graders[at]["type"].Text(); names[t] {
		return -1
	}
	return at
}

// grade checks a wish and makes it a version.
func (s *Server) grade(r *http.Request, e *courseEdit, want gradingWish) error {
	if err := want.check(); err != nil {
		return err
	}
	_, err := s.change(r, e, "Edit grading", want.ops(s.courseSchema(), e.base)...)
	return err
}

// wishOf is a policy as it is.
func wishOf(p gradingPolicy) gradingWish {
	want := gradingWish{cutoffs: map[string]float64{}}
	for i, g := range p.graders {
		m := newGrader(i, g)
		want.graders = append(want.graders, graderWish{was: i, field: fmt.Sprintf("-%d", i), type_: m.Type, short: m.ShortLabel, weight: m.Weight, total: m.MinCount, drop: m.DropCount})
	}
	for letter, v := range p.cutoffs {
		want.cutoffs[letter], _ = v.Float()
	}
	return want
}

// putGrader serves PUT and POST /settings/grading/KEY/N: one assignment type; behind the last one it is a new one.
func (s *Server) putGrader(w http.ResponseWriter, r *http.Request) error {
	var sent sentGrader
	e, err := s.readWish(r, &sent)
	if err != nil {
		return err
	}
	n, err := graderAt(r)
	if err != nil {
		return err
	}
	bad := fault.Invalidf("an assignment type of %s", e.key)
	want := wishOf(readGradingPolicy(e.now.Grading))
	n = min(n, len(want.graders))
	g := sent.wish(n, bad)
	if len(bad.Fields) > 0 {
		return bad
	}
	if n == len(want.graders) {
		want.graders = append(want.graders, g)
	} else {
		g.was = n
		want.graders[n] = g
	}
	if err := s.grade(r, e, want); err != nil {
		return err
	}
	if e, err = s.open(r); err != nil {
		return err
	}
	return page.JSON(w, r, http.StatusOK, newGradingModel(e).Graders[n])
}

// deleteGrader serves DELETE /settings/grading/KEY/N. Subsections of the type keep its name; the page tells of them.
func (s *Server) deleteGrader(w http.ResponseWriter, r *http.Request) error {
	e, err := s.open(r)
	if err != nil {
		return err
	}
	n, err := graderAt(r)
	if err != nil {
		return err
	}
	want := wishOf(readGradingPolicy(e.now.Grading))
	if n < len(want.graders) {
		want.graders = slices.Delete(want.graders, n, n+1)
		if _, err := s.change(r, e, "Delete an assignment type", want.ops(s.courseSchema(), e.base)...); err != nil {
			return err
		}
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// typedGrading is the form of the page: as the course is, or as it was typed.
type typedGrading struct {
	grades       []typedGrade // highest first
	graders      []typedGrader
	grace        string
	credit       string
	seen, base   string
	fresh        bool // the form is not the course's own any more: something was added or taken away
	focusOnGrade bool
}

type typedGrade struct{ letter, percent string }

type typedGrader struct{ was, name, short, weight, total, drop string }

// typedGradingOf fills the form from the course.
func typedGradingOf(e *courseEdit) typedGrading {
	m := newGradingModel(e)
	t := typedGrading{seen: string(e.head.Draft), credit: trimNumber(asPercent(m.Credit)), grace: "00:00"}
	for _, letter := range slices.SortedFunc(maps.Keys(m.Cutoffs), func(a, b string) int {
		if m.Cutoffs[a] > m.Cutoffs[b] {
			return -1
		}
		return 1
	}) {
		t.grades = append(t.grades, typedGrade{letter, trimNumber(asPercent(m.Cutoffs[letter]))})
	}
	for i, g := range m.Graders {
		row := typedGrader{was: strconv.Itoa(i), name: g.Type, weight: trimNumber(g.Weight), total: strconv.Itoa(g.MinCount), drop: strconv.Itoa(g.DropCount)}
		if g.ShortLabel != nil {
			row.short = *g.ShortLabel
		}
		t.graders = append(t.graders, row)
	}
	if g := m.Grace; g != nil {
		t.grace = fmt.Sprintf("%02d:%02d", g.Hours, g.Minutes)
		if g.Seconds > 0 {
			t.grace += fmt.Sprintf(":%02d", g.Seconds)
		}
	}
	return t
}

func trimNumber(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// readTypedGrading reads the form as it was sent.
func readTypedGrading(form url.Values) typedGrading {
	t := typedGrading{grace: form.Get("grace"), credit: form.Get("credit"), seen: form.Get("seen"), base: form.Get("base")}
	at := func(name string, i int) string {
		if list := form[name]; i < len(list) {
			return strings.TrimSpace(list[i])
		}
		return ""
	}
	for i := range form["letter"] {
		t.grades = append(t.grades, typedGrade{at("letter", i), at("cutoff", i)})
	}
	for i := range form["type"] {
		t.graders = append(t.graders, typedGrader{at("was", i), at("type", i), at("short", i), at("weight", i), at("total", i), at("drop", i)})
	}
	return t
}

// wish is what the form says.
func (t typedGrading) wish() (gradingWish, error) {
	bad := fault.Invalidf("a form of grading")
	want := gradingWish{cutoffs: map[string]float64{}}
	decimal := func(text, field, id string) float64 {
		f, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			bad.Field(field, id)
		}
		return f
	}
	for _, g := range t.grades {
		if _, twice := want.cutoffs[g.letter]; twice {
			bad.Field("cutoffs", "studio.grading.bad_cutoff")
		}
		want.cutoffs[g.letter] = math.Round(decimal(g.percent, "cutoffs", "studio.grading.bad_cutoff")*1e6) / 1e8
	}
	for i, row := range t.graders {
		field := fmt.Sprintf("-%d", i)
		g := graderWish{was: -1, field: field, type_: row.name, short: &row.short, weight: decimal(row.weight, "weight"+field, "studio.grading.bad_weight")}
		if n, err := strconv.Atoi(row.was); err == nil {
			g.was = n
		}
		var err error
		if g.total, err = strconv.Atoi(row.total); err != nil {
			bad.Field("total"+field, "studio.grading.bad_total")
		}
		if g.drop, err = strconv.Atoi(row.drop); err != nil {
			bad.Field("drop"+field, "studio.grading.bad_drop")
		}
		want.graders = append(want.graders, g)
	}
	if d, ok := course.ParseTimedelta(t.grace); ok {
		want.grace = &d
	} else {
		bad.Field("grace", "studio.grading.bad_grace")
	}
	want.credit = new(math.Round(decimal(t.credit, "credit", "studio.grading.bad_credit")*1e6) / 1e8)
	err := want.check()
	if f, ok := fault.As(err); ok {
		for name, id := range f.Fields {
			bad.Field(name, id)
		}
	}
	if len(bad.Fields) > 0 {
		return want, bad
	}
	return want, nil
}

// step changes the form itself, for pages without scripts: a grade or a type more or less. ok is false where that was not asked for.
func (t *typedGrading) step(form url.Values) (ok bool) {
	at := func(name string, most int) int {
		n, err := strconv.Atoi(form.Get(name))
		if err != nil || n < 0 || n >= most {
			return -1
		}
		return n
	}
	switch {
	case form.Has("add_grade"):
		t.grades, t.focusOnGrade = moreGrades(t.grades), true
	case form.Has("drop_grade"):
		if i := at("drop_grade", len(t.grades)); i >= 0 && len(t.grades) > 1 {
			t.grades, t.focusOnGrade = nameGrades(slices.Delete(t.grades, i, i+1)), true
		}
	case form.Has("add_type"):
		t.graders = append(t.graders, typedGrader{weight: "0", total: "1", drop: "0"})
	case form.Has("drop_type"):
		if i := at("drop_type", len(t.graders)); i >= 0 {
			t.graders = slices.Delete(t.graders, i, i+1)
		}
	default:
		return false
	}
	t.fresh = true
	return true
}

// gradeLetters are the letters grades go by, the highest first; a single one is called Pass.
const gradeLetters = "ABCDE"

// moreGrades adds a grade below the others.
func moreGrades(list []typedGrade) []typedGrade {
	if len(list) == len(gradeLetters) {
		return list
	}
	lowest := 50.0
	if len(list) > 0 {
		lowest, _ = strconv.ParseFloat(list[len(list)-1].percent, 64)
	}
	return nameGrades(append(list, typedGrade{"", trimNumber(math.Max(math.Floor(lowest/2), 1))}))
}

// nameGrades gives grades their letters by their order, where they go by letters of ours.
func nameGrades(list []typedGrade) []typedGrade {
	for i := range list {
		if l := list[i].letter; l != "" && l != "Pass" && (len(l) > 1 || !strings.Contains(gradeLetters, l)) {
			return list // words of the team's own
		}
	}
	for i := range list {
		list[i].letter = string(gradeLetters[i])
	}
	if len(list) == 1 {
		list[0].letter = "Pass"
	}
	return list
}

// saveGrading serves the form of the page.
func (s *Server) saveGrading(w http.ResponseWriter, r *http.Request) error {
	e, err := s.openForm(r)
	if err != nil {
		return err
	}
	typed := readTypedGrading(r.PostForm)
	if typed.step(r.PostForm) {
		return page.Render(w, r, gradingPage(s.newGrading(w, r, e, typed, nil)))
	}
	want, err := typed.wish()
	var done draft.Done
	if err == nil {
		done, err = s.change(r, e, "Edit grading", want.ops(s.courseSchema(), e.base)...)
	}
	if err != nil {
		return s.refuseSettings(w, r, e, "grading", err, func(bad map[string]string) error {
			return page.RenderStatus(w, r, page.Status(err), gradingPage(s.newGrading(w, r, e, typed, bad)))
		})
	}
	return savedSettings(w, r, done)
}

// gradingProps is the page of grading.
type gradingProps struct {
	framed
	Action, Seen, Base string
	Grades             []gradeProps
	GradesError        string
	MayAdd             bool
	Graders            []graderProps
	Blank              graderProps // for scripts
	Sum                string
	SumOff             bool // the weights do not add up to 100 %
	Grace, Credit      ui.FieldProps
	Lost               []lostType
	Fresh              bool
}

type gradeProps struct {
	Letter, Percent ui.FieldProps
	Drop            string // its place, for the button that takes it away; "" for the only one
}

type graderProps struct {
	Was                               string
	Legend                            string
	Type, Short, Weight, Total, Fewer ui.FieldProps
	At                                string
	Use                               string // how many subsections there are
}

// lostType is what subsections count as though the policy has it no more.
type lostType struct{ Words string }

// newGrading fills the page.
func (s *Server) newGrading(w http.ResponseWriter, r *http.Request, e *courseEdit, t typedGrading, bad map[string]string) gradingProps {
	ctx := r.Context()
	p := gradingProps{
		framed: s.frame(w, r, e.key, e.now.Root, "grading", i18n.T(ctx, "studio.page.grading")), Action: r.URL.Path, Seen: t.seen, Base: t.base,
		GradesError: bad["cutoffs"], MayAdd: len(t.grades) < len(gradeLetters), Fresh: t.fresh || bad != nil,
		Grace:  ui.FieldProps{Name: "grace", Label: settingName(r, "graceperiod"), Value: t.grace, Error: bad["grace"], Quiet: true, Help: i18n.T(ctx, "studio.grading.help.grace")},
		Credit: ui.FieldProps{Name: "credit", Label: settingName(r, "minimum_grade_credit"), Value: t.credit, Error: bad["credit"], Quiet: true, InputMode: "decimal", Help: i18n.T(ctx, "studio.grading.help.credit")},
	}
	for i, g := range t.grades {
		n := strconv.Itoa(i)
		row := gradeProps{
			Letter:  ui.FieldProps{Name: "letter", ID: "letter-" + n, Label: i18n.T(ctx, "studio.grading.letter"), Value: g.letter, Required: true, MaxLength: 20},
			Percent: ui.FieldProps{Name: "cutoff", ID: "cutoff-" + n, Label: i18n.T(ctx, "studio.grading.from"), Value: g.percent, Required: true, Type: "number", Attrs: map[string]any{"min": "0", "max": "100", "step": "any"}},
		}
		if len(t.grades) > 1 {
			row.Drop = n
		}
		p.Grades = append(p.Grades, row)
	}
	inUse := formatsInUse(e.now.Root)
	sum, known := 0.0, map[string]bool{}
	was := readGradingPolicy(e.base.Grading)
	for i, g := range t.graders {
		w, _ := strconv.ParseFloat(g.weight, 64)
		sum += w
		known[g.name] = true
		name := g.name
		if at, err := strconv.Atoi(g.was); err == nil && at >= 0 && at < len(was.graders) {
			name, _ = was.graders[at]["type"].Text()
			known[name] = true
		}
		p.Graders = append(p.Graders, newGraderRow(ctx, strconv.Itoa(i), g, inUse[name], bad))
	}
	p.Blank = newGraderRow(ctx, "new", typedGrader{weight: "0", total: "1", drop: "0"}, 0, nil)
	p.Sum, p.SumOff = trimNumber(math.Round(sum*1e4)/1e4), math.Abs(sum-100) > 1e-6
	for _, name := range sortedKeys(inUse) {
		if !known[name] {
			p.Lost = append(p.Lost, lostType{i18n.T(ctx, "studio.grading.lost", inUse[name], name)})
		}
	}
	return p
}

func newGraderRow(ctx context.Context, at string, g typedGrader, inUse int, bad map[string]string) graderProps {
	field := func(name, value, label string) ui.FieldProps {
		return ui.FieldProps{Name: name, ID: name + "-" + at, Label: i18n.T(ctx, label), Value: value, Error: bad[name+"-"+at], Quiet: true}
	}
	numeric := func(f ui.FieldProps, mode string) ui.FieldProps {
		f.InputMode = mode
		return f
	}
	row := graderProps{
		Was: g.was, At: at, Legend: g.name,
		Type: field("type", g.name, "studio.grading.type"), Short: field("short", g.short, "studio.grading.short"),
		Weight: numeric(field("weight", g.weight, "studio.grading.weight"), "decimal"), Total: numeric(field("total", g.total, "studio.grading.total"), "numeric"),
		Fewer: numeric(field("drop", g.drop, "studio.grading.drop"), "numeric"),
	}
	row.Type.Required = true
	if row.Legend == "" {
		row.Legend = i18n.T(ctx, "studio.grading.new_type")
	}
	if g.was != "" {
		row.Use = i18n.T(ctx, "studio.grading.use", inUse)
	}
	return row
}

// formatsInUse counts the graded subsections of each assignment type.
func formatsInUse(root *course.Block) map[string]int {
	out := map[string]int{}
	for _, section := range root.Children {
		for _, sub := range section.Children {
			if format := graderOf(sub); format != "notgraded" {
				out[format]++
			}
		}
	}
	return out
}
