package studio

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/ui"
)

// elsewhere are settings that have pages of their own, or that say something of other blocks only.
var elsewhere = map[string]bool{
	"start": true, "end": true, "enrollment_start": true, "enrollment_end": true, "certificate_available_date": true, "language": true,
	"self_paced": true, "pre_requisite_courses": true, "license": true, "tabs": true, "graceperiod": true, "minimum_grade_credit": true,
	"certificates": true, "pdf_textbooks": true, "user_partitions": true, "graded": true, "format": true, "due": true, "relative_weeks_due": true,
	"hide_from_toc": true, "visible_to_staff_only": true, "group_access": true, "hide_after_due": true, "in_entrance_exam": true, "weight": true,
	"source_file": true, "ispublic": true, "copied_from_block": true, "upstream": true, "upstream_version": true, "upstream_display_name": true,
	"downstream_customized": true, "show_correctness": true, "chrome": true, "default_tab": true,
}

// deprecatedSettings are kept for courses that have them; nothing new should rely on them.
var deprecatedSettings = map[string]bool{
	"course_edit_method": true, "end_of_course_survey_url": true, "certificates_show_before_end": true, "cert_html_view_enabled": true, "css_class": true,
	"discussion_link": true, "hide_progress_tab": true, "course_survey_name": true, "course_survey_required": true, "show_timezone": true,
	"enable_proctored_exams": true, "proctoring_provider": true, "proctoring_escalation_email": true, "allow_proctoring_opt_out": true,
	"create_zendesk_tickets": true, "enable_timed_exams": true, "html_textbooks": true, "course_wide_js": true, "course_wide_css": true,
	"cohort_config": true, "remote_gradebook": true, "matlab_api_key": true, "xqa_key": true, "giturl": true, "static_asset_path": true, "use_latex_compiler": true,
	"ccx_connector": true, "issue_badges": true,
}

// advancedFields lists the settings of the page by name: all a course can have, and those it has that nobody knows.
func (s *Server) advancedFields(root *course.Block) []course.Field {
	known := map[string]course.Field{}
	for _, f := range course.CommonFields {
		if f.Inheritable || f.Name == "display_name" {
			known[f.Name] = f
		}
	}
	for _, f := range s.courseSchema().Fields {
		known[f.Name] = f
	}
	for name := range root.Fields {
		if _, ok := known[name]; !ok {
			known[name] = course.Field{Name: name, Type: course.TypeAny}
		}
	}
	for name := range root.Attrs {
		if _, ok := known[name]; !ok {
			known[name] = course.Field{Name: name, Type: course.TypeText}
		}
	}
	var out []course.Field
	for _, name := range sortedKeys(known) {
		if !elsewhere[name] && name != "url_name" && name != "org" && name != "course" {
			out = append(out, known[name])
		}
	}
	return out
}

// settingOf is what a course has of a setting; "" where it is not set.
func settingOf(root *course.Block, name string) course.Value {
	if v, ok := root.Fields[name]; ok {
		return v
	}
	if text, ok := root.Attrs[name]; ok {
		return course.Text(text)
	}
	return ""
}

// advancedSetting is a setting as clients know it.
type advancedSetting struct {
	Value      json.RawMessage `json:"value"`
	Name       string          `json:"display_name"`
	Help       string          `json:"help"`
	Deprecated bool            `json:"deprecated"`
	Hide       bool            `json:"hide_on_enabled_publisher"`
}

func newAdvancedSetting(r *http.Request, root *course.Block, f course.Field) advancedSetting {
	v := settingOf(root, f.Name)
	if !v.IsSet() {
		v = f.Default
	}
	if !v.IsSet() {
		v = course.Null
	}
	return advancedSetting{
		Value: json.RawMessage(v), Name: settingName(r, f.Name), Help: settingHelp(r, f.Name), Deprecated: deprecatedSettings[f.Name], Hide: f.Name == "course_image",
	}
}

// showAdvanced serves GET /settings/advanced/KEY; filter_fields names the settings a program wants, with commas between.
func (s *Server) showAdvanced(w http.ResponseWriter, r *http.Request) error {
	e, err := s.open(r)
	if err != nil {
		return err
	}
	if page.WantsJSON(r) {
		return page.JSON(w, r, http.StatusOK, s.advancedModel(r, e))
	}
	return page.Render(w, r, advancedPage(s.newAdvanced(w, r, e, nil, nil)))
}

func (s *Server) advancedModel(r *http.Request, e *courseEdit) map[string]advancedSetting {
	wanted := r.URL.Query().Get("filter_fields")
	out := map[string]advancedSetting{}
	for _, f := range s.advancedFields(e.now.Root) {
		if wanted == "" || slices.Contains(strings.Split(wanted, ","), f.Name) {
			out[f.Name] = newAdvancedSetting(r, e.now.Root, f)
		}
	}
	return out
}

// refusedSetting is one of the things that keep settings from being saved, as clients read them.
type refusedSetting struct {
	Key     string          `json:"key"`
	Message string          `json:"message"`
	Model   advancedSetting `json:"model"`
}

// putAdvanced serves PUT, PATCH and POST /settings/advanced/KEY: {NAME: {"value": …}}. Names nobody knows are kept. Either all is saved or
// nothing: what does not fit is answered as a list.
func (s *Server) putAdvanced(w http.ResponseWriter, r *http.Request) error {
	var body map[string]json.RawMessage
	e, err := s.readWish(r, &body)
	if err != nil {
		return err
	}
	want := newWished()
	var refused []refusedSetting
	fields := map[string]course.Field{}
	for _, f := range s.advancedFields(e.now.Root) {
		fields[f.Name] = f
	}
	for _, name := range sortedKeys(body) {
		if name == "deleteKeys" {
			var keys []string
			if json.Unmarshal(body[name], &keys) != nil {
				return fault.Invalidf("deleteKeys").Field(name, "draft.bad_value")
			}
			for _, key := range keys {
				if !elsewhere[key] {
					want.fields[key] = ""
				}
			}
			continue
		}
		f, known := fields[name]
		if !known {
			f = course.Field{Name: name, Type: course.TypeAny}
		}
		v, id := sentSetting(body[name], f)
		if elsewhere[name] {
			id = "studio.advanced.elsewhere"
		}
		if id != "" {
			model := newAdvancedSetting(r, e.now.Root, f)
			model.Value = json.RawMessage(course.Null)
			if v.IsSet() {
				model.Value = json.RawMessage(v)
			}
			refused = append(refused, refusedSetting{name, i18n.T(r.Context(), id), model})
			continue
		}
		want.fields[name] = v
	}
	if len(refused) > 0 {
		return page.JSON(w, r, http.StatusBadRequest, refused)
	}
	if _, err := s.change(r, e, "Edit advanced settings", want.ops(s.courseSchema(), e.base)...); err != nil {
		return err
	}
	if e, err = s.open(r); err != nil {
		return err
	}
	return page.JSON(w, r, http.StatusOK, s.advancedModel(r, e))
}

// sentSetting reads {"value": …}; id says what is wrong with it, "" when all is well. null takes a setting back where nothing is its default.
func sentSetting(raw json.RawMessage, f course.Field) (v course.Value, id string) {
	var sent struct {
		Value *json.RawMessage `json:"value"`
	}
	if err := json.Unmarshal(raw, &sent); err != nil {
		return "", "studio.advanced.no_value"
	}
	if sent.Value == nil { // null, or no value at all
		if !bytes.Contains(raw, []byte(`"value"`)) {
			return "", "studio.advanced.no_value"
		}
		if f.Default == "" || f.Default == course.Null {
			return "", ""
		}
		return course.Null, ""
	}
	v, err := course.ParseValue(*sent.Value)
	if err != nil {
		return "", "studio.advanced.no_value"
	}
	return v, settingTrouble(f, v)
}

// settingTrouble says why a value does not fit a setting, "" when it does.
func settingTrouble(f course.Field, v course.Value) string {
	if v.IsNull() {
		return ""
	}
	if len(f.Options) > 0 && !f.Open {
		if !slices.ContainsFunc(f.Options, func(o course.Option) bool { return o.Value == v }) {
			return "studio.advanced.want.option"
		}
		return ""
	}
	isText := strings.HasPrefix(string(v), `"`)
	switch f.Type {
	case course.TypeBool:
		if _, ok := v.Bool(); !ok || isText && v != `"true"` && v != `"false"` {
			return "studio.advanced.want.bool"
		}
	case course.TypeInt:
		if _, ok := v.Int(); !ok || strings.HasPrefix(string(v), "t") {
			return "studio.advanced.want.int"
		}
	case course.TypeFloat:
		if _, ok := v.Float(); !ok {
			return "studio.advanced.want.number"
		}
	case course.TypeDate:
		if _, ok := v.Time(); !ok || !isText {
			return "studio.advanced.want.date"
		}
	case course.TypeTimedelta:
		if _, ok := v.Duration(); !ok || !isText {
			return "studio.advanced.want.span"
		}
	case course.TypeList, course.TypeReferenceList:
		if !strings.HasPrefix(string(v), "[") {
			return "studio.advanced.want.list"
		}
	case course.TypeMap, course.TypeReferenceMap:
		if !strings.HasPrefix(string(v), "{") {
			return "studio.advanced.want.map"
		}
	case course.TypeText, course.TypeReference, course.TypeRelativeTime:
		if !isText {
			return "studio.advanced.want.text"
		}
	case course.TypeAny:
	}
	return ""
}

// advancedProps is the page of advanced settings.
type advancedProps struct {
	framed
	Action, Seen, Base string
	Groups             []advancedGroup
	Query              string
	Bad                int // how many values were refused
}

type advancedGroup struct {
	Title, Note string
	Folded      bool
	Open        bool
	Rows        []advancedRow
}

type advancedRow struct {
	Key    string
	Field  ui.FieldProps
	Select bool
	State  string // set, or what counts where it is not
	IsSet  bool
	Words  string // what a search looks through
}

// newAdvanced fills the page.
func (s *Server) newAdvanced(w http.ResponseWriter, r *http.Request, e *courseEdit, typed url.Values, bad map[string]string) advancedProps {
	ctx := r.Context()
	p := advancedProps{
		framed: s.frame(w, r, e.key, e.now.Root, "advanced", i18n.T(ctx, "studio.page.advanced")), Action: r.URL.Path, Seen: string(e.head.Draft), Bad: len(bad),
	}
	if typed != nil {
		p.Seen, p.Base = typed.Get("seen"), typed.Get("base")
	}
	usual := advancedGroup{Title: i18n.T(ctx, "studio.advanced.usual")}
	unknown := advancedGroup{Title: i18n.T(ctx, "studio.advanced.unknown"), Note: i18n.T(ctx, "studio.advanced.unknown_note")}
	old := advancedGroup{Title: i18n.T(ctx, "studio.advanced.deprecated"), Note: i18n.T(ctx, "studio.advanced.deprecated_note"), Folded: true}
	for _, f := range s.advancedFields(e.now.Root) {
		row := advancedRowOf(r, e.now.Root, f)
		if name := row.Field.Name; typed != nil && typed.Has(name) {
			row.Field.Value, row.Field.Error = typed.Get(name), bad[name]
			for i, o := range row.Field.Options {
				row.Field.Options[i].Selected = o.Value == typed.Get(name)
			}
		}
		_, known := s.courseSchema().Field(f.Name)
		switch {
		case deprecatedSettings[f.Name]:
			old.Open = old.Open || row.Field.Error != ""
			old.Rows = append(old.Rows, row)
		case known:
			usual.Rows = append(usual.Rows, row)
		default:
			unknown.Rows = append(unknown.Rows, row)
		}
	}
	for _, g := range []advancedGroup{usual, unknown, old} {
		if len(g.Rows) > 0 {
			slices.SortStableFunc(g.Rows, func(a, b advancedRow) int {
				return strings.Compare(strings.ToLower(a.Field.Label), strings.ToLower(b.Field.Label))
			})
			p.Groups = append(p.Groups, g)
		}
	}
	return p
}

// advancedRowOf draws one setting as the course has it.
func advancedRowOf(r *http.Request, root *course.Block, f course.Field) advancedRow {
	ctx := r.Context()
	v := settingOf(root, f.Name)
	row := advancedRow{Key: f.Name, IsSet: v.IsSet(), State: i18n.T(ctx, "studio.advanced.set")}
	row.Field = ui.FieldProps{Name: "f." + f.Name, Label: settingName(r, f.Name), Help: settingHelp(r, f.Name), Quiet: true, Value: shownSetting(f, v)}
	row.Words = strings.ToLower(f.Name + " " + row.Field.Label + " " + row.Field.Help)
	if !v.IsSet() {
		row.State = i18n.T(ctx, "studio.advanced.unset")
		if f.Default != "" && f.Default != `""` {
			row.State = i18n.T(ctx, "studio.advanced.unset_default", string(f.Default))
		}
	}
	options := f.Options
	if f.Type == course.TypeBool && len(options) == 0 {
		options = []course.Option{{Value: "true"}, {Value: "false"}}
	}
	if len(options) == 0 {
		if writtenAsJSON(f) {
			row.Field.Type, row.Field.Rows = "textarea", min(1+strings.Count(row.Field.Value, "\n"), 16)
			row.Field.Attrs = map[string]any{"spellcheck": "false", "class": "input settings__code", "data-json": ""}
		}
		return row
	}
	row.Select = true
	row.Field.Options = []ui.Option{{Value: "", Label: i18n.T(ctx, "studio.advanced.unset_choice"), Selected: !v.IsSet()}}
	known := !v.IsSet()
	for _, o := range options {
		label, _ := o.Value.Text()
		switch o.Value {
		case "true":
			label = i18n.T(ctx, "studio.advanced.yes")
		case "false":
			label = i18n.T(ctx, "studio.advanced.no")
		default:
		}
		row.Field.Options = append(row.Field.Options, ui.Option{Value: string(o.Value), Label: label, Selected: v == o.Value})
		known = known || v == o.Value
	}
	if !known { // spelled as we would not
		row.Field.Options = append(row.Field.Options, ui.Option{Value: string(v), Label: string(v), Selected: true})
	}
	return row
}

// writtenAsJSON reports whether a setting is shown and typed as JSON; the others are typed as they are.
func writtenAsJSON(f course.Field) bool {
	switch f.Type {
	case course.TypeList, course.TypeMap, course.TypeReferenceList, course.TypeReferenceMap, course.TypeAny:
		return true
	default:
		return false
	}
}

// shownSetting is a value as its field shows it; "" for what is not set.
func shownSetting(f course.Field, v course.Value) string {
	if !v.IsSet() {
		return ""
	}
	if writtenAsJSON(f) {
		var b bytes.Buffer
		if json.Indent(&b, []byte(v), "", "  ") == nil {
			return b.String()
		}
		return string(v)
	}
	if len(f.Options) > 0 || f.Type == course.TypeBool {
		return string(v)
	}
	if text, ok := v.Text(); ok {
		return text
	}
	return string(v)
}

// typedSetting reads a field of the form; words say what is wrong with it.
func typedSetting(r *http.Request, f course.Field, text string) (v course.Value, words string) {
	ctx := r.Context()
	text = strings.ReplaceAll(text, "\r\n", "\n")
	if strings.TrimSpace(text) == "" {
		return "", ""
	}
	number := f.Type == course.TypeInt || f.Type == course.TypeFloat
	if !writtenAsJSON(f) && !number && len(f.Options) == 0 && f.Type != course.TypeBool {
		v = course.Text(text)
	} else {
		var err error
		if v, err = course.ParseValue([]byte(text)); err != nil {
			if number {
				return "", i18n.T(ctx, settingTrouble(f, course.Text(text)))
			}
			line, column := jsonPlace(text, err)
			return "", i18n.T(ctx, "studio.advanced.bad_json", line, column)
		}
	}
	if id := settingTrouble(f, v); id != "" {
		return v, i18n.T(ctx, id)
	}
	return v, ""
}

// jsonPlace is the line and column where text stops being JSON, both counted from 1, columns in characters.
func jsonPlace(text string, err error) (line, column int) {
	at := int64(len(text))
	if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
		at = max(syntax.Offset-1, 0)
	} else {
		var n int64
		if i := strings.LastIndex(err.Error(), "byte "); i >= 0 {
			if _, scanErr := fmt.Sscanf(err.Error()[i:], "byte %d", &n); scanErr == nil {
				at = n
			}
		}
	}
	before := text[:min(at, int64(len(text)))]
	return strings.Count(before, "\n") + 1, len([]rune(before[strings.LastIndex(before, "\n")+1:])) + 1
}

// saveAdvanced serves the form of the page.
func (s *Server) saveAdvanced(w http.ResponseWriter, r *http.Request) error {
	e, err := s.openForm(r)
	if err != nil {
		return err
	}
	want, bad := newWished(), map[string]string{}
	for _, f := range s.advancedFields(e.base.Root) {
		name := "f." + f.Name
		text := strings.ReplaceAll(r.PostForm.Get(name), "\r\n", "\n")
		if !r.PostForm.Has(name) || text == shownSetting(f, settingOf(e.base.Root, f.Name)) {
			continue
		}
		v, words := typedSetting(r, f, text)
		if words != "" {
			bad[name] = words
			continue
		}
		want.fields[f.Name] = v
	}
	again := func(bad map[string]string) error {
		return page.RenderStatus(w, r, http.StatusUnprocessableEntity, advancedPage(s.newAdvanced(w, r, e, r.PostForm, bad)))
	}
	if len(bad) > 0 {
		return again(bad)
	}
	done, err := s.change(r, e, "Edit advanced settings", want.ops(s.courseSchema(), e.base)...)
	if err != nil {
		return s.refuseSettings(w, r, e, "advanced", err, func(bad map[string]string) error {
			byField := map[string]string{}
			for name, words := range bad {
				byField["f."+name] = words
			}
			return again(byField)
		})
	}
	return savedSettings(w, r, done)
}
