package studio

import (
	"context"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"lyceum/authoring/draft"
	"lyceum/authoring/publish"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/web/i18n"
	"lyceum/web/ui"
)

// Settings of a section, a subsection and a unit beside their dates: who sees them, how a subsection counts, what comes first. Forms and the
// JSON door make the same updates.

// maxHighlights is how many highlights a section has.
const maxHighlights = 5

// Defaults of what a prerequisite asks for, in percent.
const prereqDefault = 100

// partSettings is the form.
type partSettings struct {
	Visibility ui.FieldProps   // a group of choices
	Selects    []ui.FieldProps // each a closed set
	Highlights []ui.FieldProps
	Weeks      *ui.FieldProps
	Exam       []ui.FieldProps // a select, minutes, rules
	Gate       *gateProps
	Access     []audience
	Manage     string // address of the course's groups
	NoAccess   string // why groups were refused
}

type gateProps struct {
	Is     ui.FieldProps // others may require it
	Needs  ui.FieldProps // which one it requires
	Least  []ui.FieldProps
	Failed string
}

// settingsForm fills the form of a part, or from what was typed and refused; nil for the course itself.
func settingsForm(ctx context.Context, b draft.Branches, root, n *publish.Node, typed url.Values, bad map[string]string) *partSettings {
	kind := kindOf(n)
	if kind == "course" {
		return nil
	}
	shown := settingsShown(ctx, b.Draft, n.Block, kind)
	if typed != nil {
		for name := range shown {
			shown[name] = typed[name]
		}
	}
	f := n.Block.Fields
	choice := func(name, label, help string, values ...string) ui.FieldProps {
		p := ui.FieldProps{Name: name, ID: "s-" + name, Label: label, Help: help, Error: bad[name], Quiet: true}
		if now := shown.Get(name); !slices.Contains(values, now) {
			values = append(values, now)
		}
		for _, v := range values {
			text := i18n.T(ctx, "studio.partset."+name+"."+v)
			if text == "studio.partset."+name+"."+v {
				text = v
			}
			p.Options = append(p.Options, ui.Option{Value: v, Label: text, Selected: v == shown.Get(name)})
		}
		return p
	}
	text := func(name, label, help string) ui.FieldProps {
		return ui.FieldProps{Name: name, ID: "s-" + name, Label: label, Help: help, Value: shown.Get(name), Error: bad[name], Quiet: true}
	}
	number := func(name, label, help string) ui.FieldProps {
		p := text(name, label, help)
		p.InputMode = "numeric"
		return p
	}
	var p partSettings
	visibilities := []string{"visible", "staff_only"}
	if kind == "subsection" {
		visibilities = []string{"visible", "hide_after_due", "staff_only"}
	}
	p.Visibility = choice("visibility", i18n.T(ctx, "studio.partset.visibility"), "", visibilities...)
	if kind != "unit" {
		p.Selects = append(p.Selects, choice("toc", i18n.T(ctx, "studio.partset.toc"), word(ctx, "", "hide_from_toc.help"), "shown", "hidden"))
	}
	switch kind {
	case "section":
		for i := range maxHighlights {
			h := text("h"+strconv.Itoa(i), i18n.T(ctx, "studio.partset.highlight", strconv.Itoa(i+1)), "")
			h.MaxLength = 250
			p.Highlights = append(p.Highlights, h)
		}
	case "subsection":
		p.Selects = append(p.Selects, choice("correctness", word(ctx, "", "show_correctness.label"), word(ctx, "", "show_correctness.help"), "always", "past_due", "never", "never_but_include_grade"))
		if paced, _ := b.Draft.Root.Fields["self_paced"].Bool(); paced || f["relative_weeks_due"].IsSet() {
			p.Weeks = new(number("weeks", word(ctx, "", "relative_weeks_due.label"), word(ctx, "", "relative_weeks_due.help")))
		}
		p.Exam = examForm(ctx, b.Draft, shown, choice, number, text)
		p.Gate = gateForm(ctx, b.Draft, root, n, shown, bad, number)
	case "unit":
		p.Selects = append(p.Selects, choice("discussion", word(ctx, "vertical", "discussion_enabled.label"), word(ctx, "vertical", "discussion_enabled.help"), "true", "false"))
		p.Access, p.Manage, p.NoAccess = audiences(ctx, b.Draft.Root, accessIn(shown)), groupsURL(b.Draft.Key), bad["group"]
	}
	return &p
}

// examForm asks how a subsection is timed. Kinds of exams the course has not switched on are offered only where they are set already.
func examForm(ctx context.Context, c *course.Content, shown url.Values, choice func(name, label, help string, values ...string) ui.FieldProps, number, text func(name, label, help string) ui.FieldProps) []ui.FieldProps {
	kinds := []string{"none", "timed"}
	proctored, _ := c.Root.Fields["enable_proctored_exams"].Bool()
	if proctored {
		kinds = append(kinds, "proctored", "practice", "onboarding")
	}
	out := []ui.FieldProps{
		choice("exam", i18n.T(ctx, "studio.partset.exam"), i18n.T(ctx, "studio.partset.exam_help"), kinds...),
		number("minutes", word(ctx, "sequential", "default_time_limit_minutes.label"), word(ctx, "sequential", "default_time_limit_minutes.help")),
	}
	if proctored || shown.Get("rules") != "" {
		rules := text("rules", word(ctx, "sequential", "exam_review_rules.label"), word(ctx, "sequential", "exam_review_rules.help"))
		rules.Type, rules.Rows = "textarea", 3
		out = append(out, rules)
	}
	return out
}

// gateForm asks what comes before a subsection; nil where the course has not switched it on and nothing is set.
func gateForm(ctx context.Context, c *course.Content, root, n *publish.Node, shown url.Values, bad map[string]string, number func(name, label, help string) ui.FieldProps) *gateProps {
	on, _ := c.Root.Fields["enable_subsection_gating"].Bool()
	if !on && shown.Get("is_prereq") == "" && shown.Get("prereq") == "" {
		return nil
	}
	g := gateProps{
		Is:    ui.FieldProps{Name: "is_prereq", ID: "s-is_prereq", Label: i18n.T(ctx, "studio.partset.is_prereq"), Value: "1", Checked: shown.Get("is_prereq") != ""},
		Needs: ui.FieldProps{Name: "prereq", ID: "s-prereq", Label: i18n.T(ctx, "studio.partset.prereq"), Help: i18n.T(ctx, "studio.partset.prereq_help"), Error: bad["prereq"], Quiet: true},
		Least: []ui.FieldProps{
			number("min_score", i18n.T(ctx, "studio.partset.min_score"), ""), number("min_completion", i18n.T(ctx, "studio.partset.min_completion"), ""),
		},
	}
	now := shown.Get("prereq")
	g.Needs.Options = []ui.Option{{Label: i18n.T(ctx, "studio.partset.no_prereq"), Selected: now == ""}}
	known := now == ""
	for _, one := range prereqsOf(root, n.Block) {
		known = known || one.Block.ID == now
		g.Needs.Options = append(g.Needs.Options, ui.Option{Value: one.Block.ID, Label: one.Name, Selected: one.Block.ID == now})
	}
	if !known {
		g.Needs.Options = append(g.Needs.Options, ui.Option{Value: now, Label: i18n.T(ctx, "studio.partset.prereq_gone", now), Selected: true})
	}
	return &g
}

// prereqsOf lists the subsections that another may require: those that say so of themselves.
func prereqsOf(root *publish.Node, but *course.Block) []*publish.Node {
	var out []*publish.Node
	for _, section := range root.Children {
		for _, sub := range section.Children {
			if is, _ := sub.Block.Fields["is_prereq"].Bool(); is && !sub.Unit && sub.Block.ID != but.ID {
				out = append(out, sub)
			}
		}
	}
	return out
}

// gated tells which subsections stand behind a prerequisite.
func gated(c *course.Content) publish.Prerequisites {
	on, _ := c.Root.Fields["enable_subsection_gating"].Bool()
	return func(b *course.Block) bool {
		id, _ := b.Fields["prereq"].Text()
		return on && id != ""
	}
}

// accessIn are the groups a form names; it has an input for each partition.
func accessIn(form url.Values) map[string]bool {
	out := map[string]bool{}
	for name, groups := range form {
		if partition, ok := strings.CutPrefix(name, "access."); ok {
			for _, g := range groups {
				out[partition+":"+g] = true
			}
		}
	}
	return out
}

// settingsShown is what the form of a part holds at first, by the names of its inputs.
func settingsShown(ctx context.Context, c *course.Content, b *course.Block, kind string) url.Values {
	f := b.Fields
	truth := func(name string) bool { v, _ := f[name].Bool(); return v }
	words := func(name string) string { v, _ := f[name].Text(); return v }
	out := url.Values{"visibility": {"visible"}}
	switch {
	case truth("visible_to_staff_only"):
		out.Set("visibility", "staff_only")
	case truth("hide_after_due") && kind == "subsection":
		out.Set("visibility", "hide_after_due")
	}
	if kind != "unit" {
		out.Set("toc", map[bool]string{true: "hidden", false: "shown"}[truth("hide_from_toc")])
	}
	switch kind {
	case "section":
		var list []string
		f["highlights"].Decode(&list)
		for i := range maxHighlights {
			out.Set("h"+strconv.Itoa(i), "")
			if i < len(list) {
				out.Set("h"+strconv.Itoa(i), list[i])
			}
		}
	case "subsection":
		out.Set("correctness", "always")
		if v := words("show_correctness"); v != "" {
			out.Set("correctness", v)
		}
		out.Set("weeks", words("relative_weeks_due"))
		out.Set("exam", examOf(f))
		out.Set("minutes", words("default_time_limit_minutes"))
		out.Set("rules", words("exam_review_rules"))
		out.Set("is_prereq", map[bool]string{true: "1"}[truth("is_prereq")])
		out.Set("prereq", words("prereq"))
		for input, name := range map[string]string{"min_score": "prereq_min_score", "min_completion": "prereq_min_completion"} {
			out.Set(input, strconv.Itoa(prereqDefault))
			if v := words(name); v != "" {
				out.Set(input, v)
			}
		}
	case "unit":
		out.Set("discussion", "true")
		if v, ok := f["discussion_enabled"].Bool(); ok && !v {
			out.Set("discussion", "false")
		}
		for _, a := range audiences(ctx, c.Root, namedGroups(b)) {
			name := "access." + strconv.Itoa(a.ID)
			out[name] = nil
			for _, g := range a.Groups {
				if g.Chosen {
					out[name] = append(out[name], strconv.Itoa(g.ID))
				}
			}
		}
	}
	return out
}

// examOf says how a subsection is timed.
func examOf(f course.Fields) string {
	truth := func(name string) bool { v, _ := f[name].Bool(); return v }
	switch {
	case !truth("is_time_limited"):
		return "none"
	case truth("is_onboarding_exam"):
		return "onboarding"
	case truth("is_practice_exam"):
		return "practice"
	case truth("is_proctored_enabled"):
		return "proctored"
	default:
		return "timed"
	}
}

// changeSettings makes the operations of the form of a part. What is typed as it was shown changes nothing.
func changeSettings(ctx context.Context, c *course.Content, u course.UsageKey, b *course.Block, kind string, form url.Values) ([]draft.Op, error) {
	op := draft.Update{Block: u}
	bad := fault.Invalidf("settings of %s", u)
	shown := settingsShown(ctx, c, b, kind)
	typed := func(name string) (string, bool) {
		text := strings.TrimSpace(plainText(form.Get(name)))
		_, known := shown[name]
		return text, known && form.Has(name) && text != shown.Get(name)
	}
	if v, changed := typed("visibility"); changed {
		readVisibility(&op, b, v, bad)
	}
	if v, changed := typed("toc"); changed {
		setTruth(&op, "hide_from_toc", v == "hidden")
	}
	readHighlights(&op, shown, form)
	if v, changed := typed("correctness"); changed {
		switch f, _ := (course.Schema{}).Field("show_correctness"); {
		case v == "always":
			unset(&op, "show_correctness")
		case !slices.ContainsFunc(f.Options, func(o course.Option) bool { return o.Value == course.Text(v) }):
			bad.Field("correctness", "studio.edit.bad.choice")
		default:
			set(&op, "show_correctness", course.Text(v))
		}
	}
	if v, changed := typed("weeks"); changed {
		readCount(&op, "weeks", "relative_weeks_due", v, 1, 500, bad)
	}
	readExam(&op, typed, shown, form, bad)
	if v, changed := typed("discussion"); changed {
		setTruth(&op, "discussion_enabled", v == "true")
		if v == "true" { // that is the default
			unset(&op, "discussion_enabled")
		}
	}
	if form.Has("access") {
		readAccess(ctx, &op, c.Root, b, shown, form, bad)
	}
	ops := []draft.Op{}
	if kind == "subsection" && form.Has("min_score") {
		gate := gate{Score: strings.TrimSpace(form.Get("min_score")), Completion: strings.TrimSpace(form.Get("min_completion"))}
		if is := form.Get("is_prereq") != ""; is != (shown.Get("is_prereq") != "") {
			gate.Is = &is
		}
		if v, changed := typed("prereq"); changed || gate.Score != shown.Get("min_score") || gate.Completion != shown.Get("min_completion") {
			gate.Needs = &v
		}
		ops = gate.read(c, &op, bad, "min_score", "min_completion", "prereq")
	}
	if len(bad.Fields) > 0 {
		return nil, bad
	}
	return append([]draft.Op{op}, ops...), nil
}

func setTruth(op *draft.Update, name string, on bool) {
	if on {
		set(op, name, "true")
	} else {
		unset(op, name)
	}
}

func readVisibility(op *draft.Update, b *course.Block, v string, bad *fault.Error) {
	switch v {
	case "visible", "hide_after_due", "staff_only":
	default:
		bad.Field("visibility", "studio.edit.bad.choice")
		return
	}
	for name, on := range map[string]bool{"visible_to_staff_only": v == "staff_only", "hide_after_due": v == "hide_after_due"} {
		if was, _ := b.Fields[name].Bool(); was != on {
			setTruth(op, name, on)
		}
	}
}

func readHighlights(op *draft.Update, shown, form url.Values) {
	list, changed := []string{}, false
	for i := range maxHighlights {
		name := "h" + strconv.Itoa(i)
		if !form.Has(name) || !shown.Has(name) {
			return
		}
		text := strings.TrimSpace(form.Get(name))
		changed = changed || text != shown.Get(name)
		if text != "" {
			list = append(list, text)
		}
	}
	switch {
	case changed && len(list) == 0:
		unset(op, "highlights")
	case changed:
		set(op, "highlights", course.JSON(list))
	}
}

// readCount reads a whole number; nothing typed is the unset value.
func readCount(op *draft.Update, input, name, text string, least, most int, bad *fault.Error) {
	if text == "" {
		unset(op, name)
		return
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		bad.Field(input, "studio.partset.bad."+input)
		return
	}
	set(op, name, course.JSON(n))
}

func readExam(op *draft.Update, typed func(string) (string, bool), shown, form url.Values, bad *fault.Error) {
	kind, changed := typed("exam")
	if changed {
		flags, ok := map[string][]string{
			"none": {}, "timed": {"is_time_limited"}, "proctored": {"is_time_limited", "is_proctored_enabled"},
			"practice": {"is_time_limited", "is_proctored_enabled", "is_practice_exam"}, "onboarding": {"is_time_limited", "is_proctored_enabled", "is_onboarding_exam"},
		}[kind]
		if !ok {
			bad.Field("exam", "studio.edit.bad.choice")
			return
		}
		for _, name := range []string{"is_time_limited", "is_proctored_enabled", "is_practice_exam", "is_onboarding_exam"} {
			setTruth(op, name, slices.Contains(flags, name))
		}
	}
	if v, changed := typed("minutes"); changed {
		readCount(op, "minutes", "default_time_limit_minutes", v, 1, 60*24*7, bad)
	}
	if kind != "none" && kind != "" && strings.TrimSpace(form.Get("minutes")) == "" && (changed || shown.Get("minutes") != "") {
		bad.Field("minutes", "studio.partset.bad.minutes")
	}
	if v, changed := typed("rules"); changed {
		setOrUnset(op, "exam_review_rules", v)
	}
}

// readAccess reads the groups of each partition the form showed; what it did not show stays.
func readAccess(ctx context.Context, op *draft.Update, root, b *course.Block, shown, form url.Values, bad *fault.Error) {
	access := map[string]json.RawMessage{}
	b.Fields["group_access"].Decode(&access)
	changed := false
	for _, id := range form["access"] {
		name := "access." + id
		if slices.Equal(slices.Sorted(slices.Values(shown[name])), slices.Sorted(slices.Values(form[name]))) {
			continue
		}
		var chosen []string
		for _, g := range form[name] {
			chosen = append(chosen, id+":"+g)
		}
		only, err := readAudience(ctx, root, b, chosen)
		if err != nil {
			bad.Field("group", "studio.sight.no_group")
			return
		}
		changed = true
		if len(only[id]) == 0 {
			delete(access, id)
			continue
		}
		access[id] = json.RawMessage(course.JSON(only[id]))
	}
	switch {
	case changed && len(access) == 0:
		unset(op, "group_access")
	case changed:
		set(op, "group_access", course.JSON(access))
	}
}

// gate is what a request says of prerequisites: whether others may require a subsection, and what it requires. Needs is the id of a
// subsection, "" for none.
type gate struct {
	Is                *bool
	Needs             *string
	Score, Completion string // in percent; "" is all of it
}

// read puts a gate into the update of its subsection. The further operations are those of subsections that required one which may not be
// required any more.
func (g gate) read(c *course.Content, op *draft.Update, bad *fault.Error, score, completion, needs string) (others []draft.Op) {
	me := op.Block
	if g.Is != nil {
		setTruth(op, "is_prereq", *g.Is)
		if !*g.Is {
			c.Root.Walk(func(b *course.Block) bool {
				if id, _ := b.Fields["prereq"].Text(); id == me.ID && b.ID != me.ID && b.Type == "sequential" {
					others = append(others, draft.Update{Block: me.Course.Usage(b.Type, b.ID), Unset: []string{"prereq", "prereq_min_score", "prereq_min_completion"}})
				}
				return b.Type != "sequential"
			})
		}
	}
	if g.Needs == nil {
		return others
	}
	if *g.Needs == "" {
		for _, name := range []string{"prereq", "prereq_min_score", "prereq_min_completion"} {
			unset(op, name)
		}
		return others
	}
	required := draft.Block(c, me.Course.Usage("sequential", *g.Needs))
	switch {
	case required == nil:
		bad.Field(needs, "studio.partset.bad.prereq")
		return others
	case requires(c, required, me.ID):
		bad.Field(needs, "studio.partset.bad.circle")
		return others
	}
	set(op, "prereq", course.Text(*g.Needs))
	for _, least := range []struct{ input, name, text string }{{score, "prereq_min_score", g.Score}, {completion, "prereq_min_completion", g.Completion}} {
		n, err := strconv.Atoi(least.text)
		if least.text == "" {
			n, err = prereqDefault, nil
		}
		if err != nil || n < 0 || n > 100 {
			bad.Field(least.input, "studio.partset.bad.percent")
			continue
		}
		set(op, least.name, course.JSON(n))
	}
	return others
}

// requires reports whether a subsection is, or needs by way of others, the one with an id.
func requires(c *course.Content, b *course.Block, id string) bool {
	for seen := map[string]bool{}; b != nil && !seen[b.ID]; {
		if b.ID == id {
			return true
		}
		seen[b.ID] = true
		next, _ := b.Fields["prereq"].Text()
		b = draft.Block(c, c.Key.Usage("sequential", next))
	}
	return false
}

// touched lists the names of inputs a form has, for a page that sends it again.
func touched(form url.Values) []string { return slices.Sorted(maps.Keys(form)) }

// groupBox is one group a unit may be for.
func groupBox(a audience, g audienceGroup) ui.FieldProps {
	return ui.FieldProps{
		Name: "access." + strconv.Itoa(a.ID), ID: "access-" + strconv.Itoa(a.ID) + "-" + strconv.Itoa(g.ID), Label: g.Name, Value: strconv.Itoa(g.ID), Checked: g.Chosen,
	}
}
