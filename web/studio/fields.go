package studio

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"lyceum/authoring/draft"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/web/i18n"
	"lyceum/web/ui"
)

// Settings of a block as a form: each field of its kind is shown as text, and read back from what was typed. What is typed as it was shown
// changes nothing, so that a value that stands in a course in another spelling than ours stays as it is.

// dateSeconds is dateLayout for moments that need their seconds: many a due date is 23:59:59.
const dateSeconds = dateLayout + ":05"

// showValue is a value as the form shows it; "" for unset and null. zone is the author's.
func showValue(f course.Field, v course.Value, zone *time.Location) string {
	if !v.IsSet() || v.IsNull() {
		return ""
	}
	switch f.Type {
	case course.TypeBool:
		if len(f.Options) == 0 {
			if on, ok := v.Bool(); ok {
				return strconv.FormatBool(on)
			}
		}
	case course.TypeDate:
		if t, ok := v.Time(); ok {
			if t = t.In(zone); t.Second() != 0 {
				return t.Format(dateSeconds)
			}
			return t.Format(dateLayout)
		}
	case course.TypeList, course.TypeReferenceList:
		if list, ok := lines(v); ok {
			return strings.Join(list, "\n")
		}
		return indented(v)
	case course.TypeMap, course.TypeReferenceMap, course.TypeAny:
		return indented(v)
	default:
	}
	if s, ok := v.Text(); ok {
		return s
	}
	return string(v)
}

// lines is a list of texts, each of which fits on a line of its own.
func lines(v course.Value) ([]string, bool) {
	var list []string
	if !v.Decode(&list) {
		return nil, false
	}
	for _, s := range list {
		if s == "" || s != strings.TrimSpace(s) || strings.ContainsAny(s, "\r\n") || s[0] == '[' {
			return nil, false
		}
	}
	return list, true
}

// indented is JSON for people.
func indented(v course.Value) string {
	var b bytes.Buffer
	if json.Indent(&b, []byte(v), "", "  ") != nil {
		return string(v)
	}
	return b.String()
}

// readValue reads what was typed into a field. Nothing typed is the unset value; what fits no field of that type is refused with the id of
// the sentence that says why.
func readValue(f course.Field, typed string, zone *time.Location) (v course.Value, why string) {
	text := strings.TrimSpace(typed)
	if text == "" {
		return "", ""
	}
	if len(f.Options) > 0 {
		for _, o := range f.Options {
			if s, _ := o.Value.Text(); s == text {
				return o.Value, ""
			}
		}
		return "", "studio.edit.bad.choice"
	}
	switch f.Type {
	case course.TypeText, course.TypeReference:
		if f.Long {
			return course.Text(typed), ""
		}
		return course.Text(text), ""
	case course.TypeBool:
		on, err := strconv.ParseBool(text)
		if err != nil {
			return "", "studio.edit.bad.choice"
		}
		return course.JSON(on), ""
	case course.TypeInt:
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return "", "studio.edit.bad.int"
		}
		if n < 0 && !f.Signed {
			return "", "studio.edit.bad.negative"
		}
		return course.JSON(n), ""
	case course.TypeFloat:
		v, err := course.ParseValue([]byte(strings.Replace(text, ",", ".", 1)))
		n, ok := v.Float()
		if err != nil || !ok || v[0] == '"' {
			return "", "studio.edit.bad.float"
		}
		if n < 0 && !f.Signed {
			return "", "studio.edit.bad.negative"
		}
		return v, ""
	case course.TypeDate:
		return readDate(text, zone)
	case course.TypeTimedelta:
		if d, ok := course.ParseTimedelta(text); !ok || d < 0 {
			return "", "studio.edit.bad.timedelta"
		}
		return course.Text(text), ""
	case course.TypeRelativeTime:
		d, ok := readClock(text)
		if !ok {
			return "", "studio.edit.bad.clock"
		}
		return course.Text(showClock(d)), ""
	case course.TypeList, course.TypeReferenceList:
		return readList(f, text)
	default:
		v, err := course.ParseValue([]byte(text))
		if err != nil || f.Type != course.TypeAny && v[0] != '{' {
			return "", "studio.edit.bad.map"
		}
		return v, ""
	}
}

func readDate(text string, zone *time.Location) (course.Value, string) {
	for _, layout := range []string{dateLayout, dateSeconds} {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil && t.UTC().Year() >= 1900 && t.UTC().Year() <= 9999 {
			return course.Text(course.FormatTime(t)), ""
		}
	}
	return "", "studio.part.bad_date"
}

// readClock reads a time into a video: seconds, M:SS or H:MM:SS; it is less than a day.
func readClock(text string) (time.Duration, bool) {
	total := 0.0
	parts := strings.Split(text, ":")
	for _, part := range parts {
		n, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil || !(n >= 0 && n < 24*60*60) || len(parts) > 3 {
			return 0, false
		}
		total = total*60 + n
	}
	return time.Duration(total) * time.Second, total < 24*60*60
}

func showClock(d time.Duration) string {
	s := int(d / time.Second)
	return fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60)
}

// readList reads JSON, or a text a line.
func readList(f course.Field, text string) (course.Value, string) {
	if text[0] == '[' {
		v, err := course.ParseValue([]byte(text))
		if err != nil {
			return "", "studio.edit.bad.list"
		}
		return v, ""
	}
	list := []string{}
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, line)
		}
	}
	if f.Type == course.TypeReferenceList {
		for _, s := range list {
			if _, err := course.ParseUsageKey(s); err != nil {
				return "", "studio.edit.bad.reference"
			}
		}
	}
	return course.JSON(list), ""
}

// plainText is text as a form sends it, its lines ending as ours do.
func plainText(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

// settings are the fields of one block as a form shows and reads them.
type settings struct {
	course *course.Content
	block  *course.Block
	way    []*course.Block // what holds it, nearest first
	source *course.Block   // of a copy out of a library, what it is a copy of; else nil
	fields []course.Field
	zone   *time.Location
}

// newSettings lists the fields of a block: those of its kind, then the common ones that mean something for it, then every other one that
// is set on it.
func (s *Server) newSettings(ctx context.Context, c *course.Content, u course.UsageKey, b *course.Block) settings {
	out := settings{course: c, block: b, zone: i18n.From(ctx).Zone()}
	out.source, _ = s.Editor.Original(ctx, c, u) // without it a copy is like any other block
	for up := u; ; {
		above := draft.Above(c, up)
		if above == nil {
			break
		}
		out.way = append(out.way, above)
		up = c.Key.Usage(above.Type, above.ID)
	}
	schema := s.Editor.Schemas[b.Type]
	seen := map[string]bool{}
	add := func(f course.Field) {
		if !seen[f.Name] && !f.Hidden {
			out.fields = append(out.fields, f)
		}
		seen[f.Name] = true
	}
	name, _ := schema.Field("display_name")
	add(name)
	for _, f := range schema.Fields {
		add(f)
	}
	for _, f := range course.CommonFields {
		add(f)
	}
	return out
}

// effective is what holds for a field of the block, and whose value it is: the block itself, one that holds it, or nil for the default.
func (s settings) effective(f course.Field) (course.Value, *course.Block) {
	if v, ok := s.block.Fields[f.Name]; ok {
		if s.source != nil && s.source.Fields[f.Name] == v {
			return v, s.source
		}
		return v, s.block
	}
	return s.inherited(f)
}

// inherited is what would hold if the block set nothing itself.
func (s settings) inherited(f course.Field) (course.Value, *course.Block) {
	if s.source != nil {
		if v, ok := s.source.Fields[f.Name]; ok {
			return v, s.source
		}
	}
	if f.Inheritable {
		for _, up := range s.way {
			if v, ok := up.Fields[f.Name]; ok {
				return v, up
			}
		}
	}
	return f.Default, nil
}

// read puts into an update what a form says otherwise than it was shown. What is wrong goes to bad, by the names of the inputs.
func (s settings) read(form url.Values, op *draft.Update, bad *fault.Error) {
	for _, f := range s.fields {
		input := "f." + f.Name
		_, own := s.block.Fields[f.Name]
		if form.Get("unset."+f.Name) != "" {
			if own {
				unset(op, f.Name)
			}
			continue
		}
		if !form.Has(input) {
			continue
		}
		now, _ := s.effective(f)
		typed := plainText(form.Get(input))
		if typed == showValue(f, now, s.zone) && (own || form.Get("set."+f.Name) == "") {
			continue
		}
		v, why := readValue(f, typed, s.zone)
		switch below, _ := s.inherited(f); {
		case why != "":
			bad.Field(input, why)
		case v.IsSet():
			set(op, f.Name, v)
		case f.Type == course.TypeText && shows(below):
			set(op, f.Name, `""`)
		case shows(below): // without a value here, though what holds it has one
			set(op, f.Name, course.Null)
		case own:
			unset(op, f.Name)
		}
	}
}

func shows(v course.Value) bool { return v.IsSet() && !v.IsNull() && v != `""` }

func set(op *draft.Update, name string, v course.Value) {
	if op.Set == nil {
		op.Set = course.Fields{}
	}
	op.Set[name] = v
	op.Unset = slices.DeleteFunc(op.Unset, func(s string) bool { return s == name })
}

func unset(op *draft.Update, name string) {
	delete(op.Set, name)
	op.Unset = append(op.Unset, name)
}

// fieldProps is one setting in the form.
type fieldProps struct {
	ui.FieldProps
	Name    string // of the field
	Look    string // input, area, select or code
	From    string // whose value it is, in words
	Own     bool   // the block sets it
	Reset   string // what it would be without, in words; "" where there is nothing to reset
	Resets  bool   // asked for and not done yet
	Default string // what the input shows after a reset
}

// fieldGroup is some settings under one heading.
type fieldGroup struct {
	Name   string
	Open   bool
	Fields []fieldProps
}

// groups draws the settings: those of the kind, those it shares with others, and folded away the rest. owns are drawn elsewhere.
func (s settings) groups(ctx context.Context, form url.Values, bad map[string]string, owns []string) []fieldGroup {
	main, shared, rest := fieldGroup{Open: true}, fieldGroup{Name: i18n.T(ctx, "studio.edit.group.shared")}, fieldGroup{Name: i18n.T(ctx, "studio.edit.group.rest")}
	for _, f := range s.fields {
		if slices.Contains(owns, f.Name) {
			continue
		}
		p := s.field(ctx, f, form, bad)
		into := &main
		if course.IsCommon(f.Name) && f.Name != "display_name" {
			into = &rest
			if slices.Contains(commonFor(s.block.Type), f.Name) {
				into = &shared
				if s.block.Type == "problem" {
					into = &main
				}
			}
		}
		into.Fields = append(into.Fields, p)
		into.Open = into.Open || p.Own || p.Error != ""
	}
	var out []fieldGroup
	for _, g := range []fieldGroup{main, shared, rest} {
		if len(g.Fields) > 0 {
			out = append(out, g)
		}
	}
	return out
}

// commonFor lists the common fields that authors look for at a kind of block.
func commonFor(kind string) []string {
	if kind == "problem" {
		return []string{"weight", "max_attempts", "showanswer", "rerandomize", "show_reset_button", "show_correctness", "graceperiod"}
	}
	return []string{"weight", "visible_to_staff_only", "group_access", "license"}
}

// field draws one setting. What was typed and refused comes back as it was typed.
func (s settings) field(ctx context.Context, f course.Field, form url.Values, bad map[string]string) fieldProps {
	now, whose := s.effective(f)
	below, holder := s.inherited(f)
	input := "f." + f.Name
	p := fieldProps{Name: f.Name, Own: whose == s.block, Look: lookOf(f)}
	p.FieldProps = ui.FieldProps{
		Name: input, ID: "f-" + strings.ReplaceAll(f.Name, ".", "-"), Label: labelOf(ctx, s.block.Type, f), Help: helpOf(ctx, s.block.Type, f), Quiet: true,
		Value: showValue(f, now, s.zone), Error: bad[input],
	}
	switch {
	case p.Own:
		p.From = i18n.T(ctx, "studio.edit.set")
	case whose != nil && whose == s.source:
		p.From = i18n.T(ctx, "library.setting")
	case whose != nil:
		p.From = i18n.T(ctx, "studio.edit.inherited", nameOf(whose))
	default:
		p.From = i18n.T(ctx, "studio.edit.default")
	}
	p.Default = showValue(f, below, s.zone)
	value := s.inWords(ctx, f, below)
	switch {
	case holder != nil && holder == s.source:
		p.Reset = i18n.T(ctx, "library.reset", value)
	case holder != nil:
		p.Reset = i18n.T(ctx, "studio.edit.reset_inherited", nameOf(holder), value)
	default:
		p.Reset = i18n.T(ctx, "studio.edit.reset_default", value)
	}
	if form.Has(input) {
		p.Value, p.Resets = plainText(form.Get(input)), form.Get("unset."+f.Name) != ""
	}
	switch f.Type {
	case course.TypeDate:
		p.Type = "datetime-local"
		p.Help = strings.TrimSpace(p.Help + " " + i18n.T(ctx, "studio.edit.zone", zoneWords(s.zone)))
		p.Attrs = map[string]any{"step": "1"}
		if p.Value != "" && !isDate(p.Value) { // a browser would show nothing
			p.Type = "text"
		}
	case course.TypeInt:
		p.InputMode = "numeric"
	case course.TypeFloat:
		p.InputMode = "decimal"
	default:
	}
	if p.Look == "input" && strings.Contains(p.Value, "\n") { // a field of one line would lose it
		p.Look, p.Type = "area", "text"
	}
	if p.Look == "area" || p.Look == "code" {
		if strings.HasPrefix(p.Value, "\n") { // browsers drop the first line break of a field
			p.Value = "\n" + p.Value
		}
		p.Type, p.Rows = "textarea", min(12, max(3, 1+strings.Count(p.Value, "\n")))
	}
	if p.Look == "select" {
		p.Options = s.choices(ctx, f, p.Value)
	}
	return p
}

func isDate(s string) bool {
	_, err := time.Parse(dateLayout, s)
	_, err2 := time.Parse(dateSeconds, s)
	return err == nil || err2 == nil
}

// zoneWords names a zone for people: Europe/Berlin.
func zoneWords(zone *time.Location) string {
	if zone == time.UTC || zone.String() == "UTC" {
		return "UTC"
	}
	return strings.ReplaceAll(zone.String(), "_", " ")
}

func lookOf(f course.Field) string {
	switch {
	case len(f.Options) > 0 || f.Type == course.TypeBool:
		return "select"
	case f.Type == course.TypeMap || f.Type == course.TypeReferenceMap || f.Type == course.TypeAny:
		return "code"
	case f.Long || f.Type == course.TypeList || f.Type == course.TypeReferenceList:
		return "area"
	default:
		return "input"
	}
}

// choices are the values of a closed set; a value that is none of them, from an older course, stands in the list as long as it is set.
func (s settings) choices(ctx context.Context, f course.Field, now string) []ui.Option {
	options := f.Options
	if f.Type == course.TypeBool && len(options) == 0 {
		options = []course.Option{{Value: "true"}, {Value: "false"}}
	}
	var out []ui.Option
	known := false
	for _, o := range options {
		text, _ := o.Value.Text()
		known = known || text == now
		out = append(out, ui.Option{Value: text, Label: optionOf(ctx, s.block.Type, f, o.Value), Selected: text == now})
	}
	if !known {
		label := now
		if now == "" {
			label = i18n.T(ctx, "studio.edit.none")
		}
		out = append([]ui.Option{{Value: now, Label: label, Selected: true}}, out...)
	}
	return out
}

// inWords is a value for people.
func (s settings) inWords(ctx context.Context, f course.Field, v course.Value) string {
	if !shows(v) || v == "[]" || v == "{}" {
		return i18n.T(ctx, "studio.edit.none")
	}
	if f.Type == course.TypeDate {
		if t, ok := v.Time(); ok {
			if course.FormatTime(t) == course.UnscheduledStart {
				return i18n.T(ctx, "studio.edit.unscheduled")
			}
			return i18n.DateTime(ctx, t)
		}
	}
	if lookOf(f) == "select" {
		if on, ok := v.Bool(); ok && f.Type == course.TypeBool {
			v = course.JSON(on)
		}
		return optionOf(ctx, s.block.Type, f, v)
	}
	text := showValue(f, v, s.zone)
	if len(text) > 80 {
		text = strings.ToValidUTF8(text[:80], "") + "…"
	}
	return text
}

// word is the text of a field of a kind: that of the kind where it has its own, that of all kinds otherwise, "" for none.
func word(ctx context.Context, kind, name string) string {
	for _, id := range []string{"field." + kind + "." + name, "field." + name} {
		if text := i18n.T(ctx, id); text != id {
			return text
		}
	}
	return ""
}

// labelOf is what authors call a field. A field nobody gave a word has its name.
func labelOf(ctx context.Context, kind string, f course.Field) string {
	if text := word(ctx, kind, f.Name+".label"); text != "" {
		return text
	}
	return f.Name
}

func helpOf(ctx context.Context, kind string, f course.Field) string {
	return word(ctx, kind, f.Name+".help")
}

func optionOf(ctx context.Context, kind string, f course.Field, v course.Value) string {
	text, _ := v.Text()
	if s := word(ctx, kind, f.Name+".option."+text); s != "" {
		return s
	}
	if f.Type == course.TypeBool {
		if text == "true" {
			return i18n.T(ctx, "studio.edit.yes")
		}
		return i18n.T(ctx, "studio.edit.no")
	}
	return text
}

// keptProps is an attribute no field claims.
type keptProps struct{ Name, Value string }

// kept lists what stands on a block under names its kind does not know, and what is kept for others.
func (s settings) kept() []keptProps {
	known := map[string]bool{}
	for _, f := range s.fields {
		known[f.Name] = true
	}
	var out []keptProps
	for _, name := range slices.Sorted(maps.Keys(s.block.Attrs)) {
		out = append(out, keptProps{name, s.block.Attrs[name]})
	}
	for _, name := range slices.Sorted(maps.Keys(s.block.Fields)) {
		if !known[name] {
			out = append(out, keptProps{name, showValue(course.Field{Type: course.TypeAny}, s.block.Fields[name], s.zone)})
		}
	}
	return out
}
