package studio

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"lyceum/authoring/draft"
	"lyceum/component"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/ui"
)

// courseDetails are the schedule and details of a course as clients know them.
type courseDetails struct {
	Org                 string          `json:"org"`
	Number              string          `json:"course_id"` // the number, for all its name
	Run                 string          `json:"run"`
	Language            *string         `json:"language"`
	Start               *string         `json:"start_date"`
	End                 *string         `json:"end_date"`
	CertificateDate     *string         `json:"certificate_available_date"`
	CertificateBehavior string          `json:"certificates_display_behavior"`
	EnrollmentStart     *string         `json:"enrollment_start"`
	EnrollmentEnd       *string         `json:"enrollment_end"`
	Syllabus            *string         `json:"syllabus"`
	Title               string          `json:"title"`
	Subtitle            string          `json:"subtitle"`
	Duration            string          `json:"duration"`
	Description         string          `json:"description"`
	ShortDescription    string          `json:"short_description"`
	Overview            string          `json:"overview"`
	Sidebar             string          `json:"about_sidebar_html"`
	IntroVideo          *string         `json:"intro_video"` // the id of a film at YouTube
	Effort              *string         `json:"effort"`
	License             string          `json:"license"`
	Image               string          `json:"course_image_name"`
	ImagePath           string          `json:"course_image_asset_path"`
	Banner              string          `json:"banner_image_name"`
	BannerPath          string          `json:"banner_image_asset_path"`
	Thumbnail           string          `json:"video_thumbnail_image_name"`
	ThumbnailPath       string          `json:"video_thumbnail_image_asset_path"`
	Prerequisites       []string        `json:"pre_requisite_courses"`
	EntranceExam        string          `json:"entrance_exam_enabled"`
	EntranceExamID      string          `json:"entrance_exam_id"`
	EntranceExamScore   string          `json:"entrance_exam_minimum_score_pct"`
	SelfPaced           bool            `json:"self_paced"`
	LearningInfo        json.RawMessage `json:"learning_info"`
	InstructorInfo      json.RawMessage `json:"instructor_info"`
	InvitationOnly      bool            `json:"invitation_only"`
	MaxEnrollments      *int            `json:"max_student_enrollments_allowed"`
	Seen                string          `json:"seen"`
}

// What details are kept in: settings of the course by the names clients use, and pages of type about.
var (
	detailFields = []struct{ client, field string }{
		{"language", "language"},
		{"start_date", "start"},
		{"end_date", "end"},
		{"enrollment_start", "enrollment_start"},
		{"enrollment_end", "enrollment_end"},
		{"certificate_available_date", "certificate_available_date"},
		{"certificates_display_behavior", "certificates_display_behavior"},
		{"license", "license"},
		{"course_image_name", "course_image"},
		{"banner_image_name", "banner_image"},
		{"video_thumbnail_image_name", "video_thumbnail_image"},
		{"pre_requisite_courses", "pre_requisite_courses"},
		{"self_paced", "self_paced"},
		{"learning_info", "learning_info"},
		{"instructor_info", "instructor_info"},
		{"invitation_only", "invitation_only"},
		{"max_student_enrollments_allowed", "max_student_enrollments_allowed"},
		{"entrance_exam_id", "entrance_exam_id"},
	}
	detailPages = []string{"syllabus", "title", "subtitle", "duration", "description", "short_description", "overview", "about_sidebar_html", "effort"}
	detailDates = []string{"start", "end", "enrollment_start", "enrollment_end", "certificate_available_date"}
)

func newCourseDetails(e *courseEdit) courseDetails {
	c, f := e.now, e.now.Root.Fields
	optional := func(s string) *string {
		if s == "" {
			return nil
		}
		return &s
	}
	date := func(name string) *string {
		if t, ok := f[name].Time(); ok {
			return new(course.FormatTime(t))
		}
		return nil
	}
	about := func(id string) string { return aboutText(c, id) }
	or := func(name, def string) string {
		if s := settingText(f, name); s != "" {
			return s
		}
		return def
	}
	raw := func(name, def string) json.RawMessage {
		if v := f[name]; v.IsSet() && !v.IsNull() {
			return json.RawMessage(v)
		}
		return json.RawMessage(def)
	}
	asset := func(name string) string { return component.Links{}.Asset(e.key, course.AssetName(name)) }
	const noImage = "images_course_image.jpg"
	out := courseDetails{
		Org: e.key.Org, Number: e.key.Number, Run: e.key.Run, Language: optional(settingText(f, "language")),
		Start: date("start"), End: date("end"), EnrollmentStart: date("enrollment_start"), EnrollmentEnd: date("enrollment_end"),
		CertificateDate: date("certificate_available_date"), CertificateBehavior: or("certificates_display_behavior", "end"),
		Syllabus: optional(about("syllabus")), Title: about("title"), Subtitle: about("subtitle"), Duration: about("duration"),
		Description: about("description"), ShortDescription: about("short_description"), Overview: about("overview"), Sidebar: about("about_sidebar_html"),
		IntroVideo: optional(filmOf(about("video"))), Effort: optional(about("effort")), License: or("license", "all-rights-reserved"),
		Image: or("course_image", noImage), Banner: or("banner_image", noImage), Thumbnail: or("video_thumbnail_image", noImage),
		Prerequisites: []string{}, EntranceExamID: settingText(f, "entrance_exam_id"), EntranceExamScore: or("entrance_exam_minimum_score_pct", "50"),
		LearningInfo: raw("learning_info", "[]"), InstructorInfo: raw("instructor_info", `{"instructors":[]}`), Seen: string(e.head.Draft),
	}
	out.ImagePath, out.BannerPath, out.ThumbnailPath = asset(out.Image), asset(out.Banner), asset(out.Thumbnail)
	f["pre_requisite_courses"].Decode(&out.Prerequisites)
	if exam, _ := f["entrance_exam_enabled"].Bool(); exam {
		out.EntranceExam = "true"
	}
	out.SelfPaced, _ = f["self_paced"].Bool()
	out.InvitationOnly, _ = f["invitation_only"].Bool()
	if n, ok := f["max_student_enrollments_allowed"].Int(); ok {
		out.MaxEnrollments = &n
	}
	return out
}

// putDetails serves PUT and POST /settings/details/KEY. What the body does not name stays as it is; null takes a setting back.
func (s *Server) putDetails(w http.ResponseWriter, r *http.Request) error {
	var body map[string]json.RawMessage
	e, err := s.readWish(r, &body)
	if err != nil {
		return err
	}
	want, err := wishedDetails(s.courseSchema(), body)
	if err != nil {
		return err
	}
	if err := checkDates(e, want, func(field string) string {
		for _, d := range detailFields {
			if d.field == field {
				return d.client
			}
		}
		return field
	}); err != nil {
		return err
	}
	if _, err := s.change(r, e, "Edit schedule and details", want.ops(s.courseSchema(), e.base)...); err != nil {
		return err
	}
	if e, err = s.open(r); err != nil {
		return err
	}
	return page.JSON(w, r, http.StatusOK, newCourseDetails(e))
}

// wishedDetails reads details as clients send them. Members nobody knows are let be: clients send what they got.
func wishedDetails(schema course.Schema, body map[string]json.RawMessage) (wished, error) {
	want := newWished()
	bad := fault.Invalidf("details of a course")
	for _, d := range detailFields {
		raw, ok := body[d.client]
		if !ok {
			continue
		}
		v, err := course.ParseValue(raw)
		f, _ := schema.Field(d.field)
		switch {
		case err != nil || !wellTyped(f, v):
			bad.Field(d.client, "draft.bad_value")
		case v.IsNull() || f.Type == course.TypeDate && v == `""`:
			want.fields[d.field] = ""
		case f.Type == course.TypeDate:
			t, _ := v.Time()
			want.fields[d.field] = course.Text(course.FormatTime(t))
		default:
			want.fields[d.field] = v
		}
	}
	if raw, ok := body["entrance_exam_enabled"]; ok {
		v, err := course.ParseValue(raw)
		if exam, ok := v.Bool(); err == nil && (ok || v.IsNull()) {
			want.fields["entrance_exam_enabled"] = course.JSON(exam)
		} else {
			bad.Field("entrance_exam_enabled", "draft.bad_value")
		}
	}
	pageText := func(name string) (text *string, ok bool) {
		raw, sent := body[name]
		if !sent {
			return nil, false
		}
		if err := json.Unmarshal(raw, &text); err != nil {
			bad.Field(name, "draft.bad_value")
			return nil, false
		}
		return text, true
	}
	for _, id := range detailPages {
		if text, ok := pageText(id); ok {
			want.pages[id] = text
		}
	}
	if text, ok := pageText("intro_video"); ok {
		var film string
		if text != nil && *text != "" {
			if film = filmID(*text); film == "" {
				bad.Field("intro_video", "studio.details.bad_film")
			}
		}
		want.film(film)
	}
	if v := want.fields["pre_requisite_courses"]; v != "" {
		var keys []string
		if !v.Decode(&keys) || slices.ContainsFunc(keys, notKey) {
			bad.Field("pre_requisite_courses", "studio.details.bad_course")
		}
	}
	if len(bad.Fields) > 0 {
		return want, bad
	}
	return want, nil
}

func notKey(s string) bool { _, err := course.ParseKey(s); return err != nil }

// wellTyped reports whether a client's value fits a setting.
func wellTyped(f course.Field, v course.Value) bool {
	if v.IsNull() || f.Type == course.TypeDate && v == `""` {
		return true
	}
	var ok bool
	switch f.Type {
	case course.TypeBool:
		_, ok = v.Bool()
	case course.TypeInt:
		_, ok = v.Int()
	case course.TypeDate:
		var t time.Time
		t, ok = v.Time()
		ok = ok && strings.HasPrefix(string(v), `"`) && t.Year() >= 1 && t.Year() <= 9999
	case course.TypeList:
		ok = strings.HasPrefix(string(v), "[")
	case course.TypeMap:
		ok = strings.HasPrefix(string(v), "{")
	default:
		ok = strings.HasPrefix(string(v), `"`)
	}
	return ok
}

// film sets the film that introduces a course; "" takes it away.
func (x wished) film(id string) {
	x.pages["video"] = nil
	if id != "" {
		x.pages["video"] = new(`<iframe title="YouTube Video" width="560" height="315" src="//www.youtube.com/embed/` + id + `?rel=0" frameborder="0" allowfullscreen=""></iframe>`)
	}
}

var (
	filmInFrame = regexp.MustCompile(`embed/([a-zA-Z0-9_-]+)`)
	filmTyped   = regexp.MustCompile(`^(?:(?:https?:)?//)?(?:(?:www\.|m\.)?youtube(?:-nocookie)?\.com/(?:watch\?(?:[^#]*&)?v=|embed/|shorts/)|youtu\.be/)?([a-zA-Z0-9_-]{6,20})(?:[?&#/].*)?$`)
)

// filmOf finds the film in the page that introduces a course, as clients of the reference keep it; "" when there is none.
func filmOf(about string) string {
	if m := filmInFrame.FindStringSubmatch(about); m != nil {
		return m[1]
	}
	return ""
}

// filmID reads the id or an address of a film at YouTube; "" when it is neither.
func filmID(typed string) string {
	if m := filmTyped.FindStringSubmatch(strings.TrimSpace(typed)); m != nil {
		return m[1]
	}
	return ""
}

// checkDates refuses dates that contradict each other, where at least one of the two is new.
func checkDates(e *courseEdit, want wished, fieldName func(string) string) error {
	bad := fault.Invalidf("dates of %s", e.key)
	at := func(name string) (t time.Time, changed bool) {
		was := e.base.Root.Fields[name]
		v, ok := want.fields[name]
		if !ok {
			v = was
		}
		t, _ = v.Time()
		if course.FormatTime(t) == course.UnscheduledStart {
			t = time.Time{} // says that there is no date yet
		}
		return t, ok && !sameSetting(course.Field{Type: course.TypeDate}, was, v)
	}
	for _, pair := range [][3]string{
		{"start", "end", "studio.details.end_early"},
		{"enrollment_start", "enrollment_end", "studio.details.enrollment_end_early"},
		{"enrollment_start", "end", "studio.details.enrollment_late"},
		{"enrollment_end", "end", "studio.details.enrollment_end_late"},
		{"end", "certificate_available_date", "studio.details.certificate_early"},
	} {
		from, fromNew := at(pair[0])
		to, toNew := at(pair[1])
		field := pair[1]
		if pair[1] == "end" && pair[0] != "start" {
			field = pair[0]
		}
		if !from.IsZero() && !to.IsZero() && to.Before(from) && (fromNew || toNew) && bad.Fields[fieldName(field)] == "" {
			bad.Field(fieldName(field), pair[2])
		}
	}
	if v := want.fields["certificates_display_behavior"]; v == `"end_with_date"` {
		if t, _ := at("certificate_available_date"); t.IsZero() && v != e.base.Root.Fields["certificates_display_behavior"] {
			bad.Field(fieldName("certificate_available_date"), "studio.details.certificate_date_missing")
		}
	}
	if len(bad.Fields) > 0 {
		return bad
	}
	return nil
}

// detailsProps is the page of schedule and details.
type detailsProps struct {
	framed
	Action, Seen, Base, Zone string
	ZoneHelp                 string
	Facts                    [][2]string
	Name                     ui.FieldProps
	Schedule                 []ui.FieldProps // by twos
	Pace                     ui.FieldProps
	Behavior, Certificate    ui.FieldProps
	Invitation, Seats        ui.FieldProps
	Prerequisites            ui.FieldProps
	Language, Effort         ui.FieldProps
	Duration                 ui.FieldProps
	Short, Overview          ui.FieldProps
	Learning                 ui.FieldProps
	Film, Image              ui.FieldProps
	Images                   []string // names of the course's pictures
	Picture                  string   // address of the one chosen, "" where there is no such file
	License                  ui.FieldProps
	Instructors              []instructorProps
	About                    string // the page learners see
}

// showDetails serves GET /settings/details/KEY.
func (s *Server) showDetails(w http.ResponseWriter, r *http.Request) error {
	e, err := s.open(r)
	if err != nil {
		return err
	}
	if page.WantsJSON(r) {
		return page.JSON(w, r, http.StatusOK, newCourseDetails(e))
	}
	return page.Render(w, r, detailsPage(s.newDetails(w, r, e, nil, nil)))
}

// newDetails fills the page from the course, or from what was typed and refused.
func (s *Server) newDetails(w http.ResponseWriter, r *http.Request, e *courseEdit, typed url.Values, bad map[string]string) detailsProps {
	ctx := r.Context()
	f, zone := e.now.Root.Fields, i18n.From(ctx).Zone()
	seen, base := string(e.head.Draft), ""
	if typed != nil {
		seen, base = typed.Get("seen"), typed.Get("base")
		zone = zoneOf(typed)
	}
	field := func(name string, value string, p ui.FieldProps) ui.FieldProps {
		p.Name, p.Value, p.Error, p.Quiet = name, value, bad[name], true
		p.Label = settingName(r, name)
		if typed != nil {
			p.Value = typed.Get(name)
		}
		return p
	}
	ticked := func(name string) ui.FieldProps {
		p := field(name, "true", ui.FieldProps{})
		p.Value = "true"
		if p.Checked, _ = f[name].Bool(); typed != nil {
			p.Checked = typed.Get(name) != ""
		}
		return p
	}
	choose := func(p ui.FieldProps, options []ui.Option) ui.FieldProps {
		known := false
		for i := range options {
			options[i].Selected = options[i].Value == p.Value
			known = known || options[i].Selected
		}
		if !known && p.Value != "" { // what is there already is kept
			options = append(options, ui.Option{Value: p.Value, Label: p.Value, Selected: true})
		}
		p.Options = options
		return p
	}
	help := func(id string) string { return i18n.T(ctx, "studio.details.help."+id) }
	p := detailsProps{
		framed: s.frame(w, r, e.key, e.now.Root, "details", i18n.T(ctx, "studio.page.details")), Action: r.URL.Path, Seen: seen, Base: base, Zone: zone.String(),
		ZoneHelp: i18n.T(ctx, "studio.details.zone", zone.String()), About: s.LMS(r) + "/courses/" + e.key.String() + "/about",
		Facts: [][2]string{
			{i18n.T(ctx, "studio.create.org"), e.key.Org}, {i18n.T(ctx, "studio.create.number"), e.key.Number}, {i18n.T(ctx, "studio.create.run"), e.key.Run},
		},
		Name: field("display_name", settingText(f, "display_name"), ui.FieldProps{MaxLength: 255, Help: help("name")}),
	}
	p.Name.Required = true
	for _, name := range detailDates {
		d := field(name, dateIn(f[name], zone), ui.FieldProps{Type: "datetime-local", Attrs: map[string]any{"step": "any"}})
		if name == "certificate_available_date" {
			d.Help = help("certificate_date")
			p.Certificate = d
			continue
		}
		p.Schedule = append(p.Schedule, d)
	}
	p.Schedule[0].Help = help("start")
	pace := "false"
	if self, _ := f["self_paced"].Bool(); self {
		pace = "true"
	}
	p.Pace = choose(field("self_paced", pace, ui.FieldProps{}), []ui.Option{
		{Value: "false", Label: i18n.T(ctx, "studio.details.instructor_paced"), Help: help("instructor_paced")},
		{Value: "true", Label: i18n.T(ctx, "studio.details.self_paced"), Help: help("self_paced")},
	})
	behavior := settingText(f, "certificates_display_behavior")
	if behavior == "" {
		behavior = "end"
	}
	p.Behavior = choose(field("certificates_display_behavior", behavior, ui.FieldProps{}), []ui.Option{
		{Value: "end", Label: i18n.T(ctx, "studio.details.certificate.end")},
		{Value: "end_with_date", Label: i18n.T(ctx, "studio.details.certificate.end_with_date")},
		{Value: "early_no_info", Label: i18n.T(ctx, "studio.details.certificate.early_no_info")},
	})
	p.Invitation = ticked("invitation_only")
	p.Invitation.Help = help("invitation_only")
	p.Seats = field("max_student_enrollments_allowed", settingText(f, "max_student_enrollments_allowed"), ui.FieldProps{InputMode: "numeric", Help: help("seats")})
	var keys, learn []string
	f["pre_requisite_courses"].Decode(&keys)
	p.Prerequisites = field("pre_requisite_courses", strings.Join(keys, "\n"), ui.FieldProps{Type: "textarea", Rows: 2, Help: help("prerequisites")})
	p.Language = choose(field("language", settingText(f, "language"), ui.FieldProps{}), courseLanguages(ctx))
	p.Effort = field("effort", aboutText(e.now, "effort"), ui.FieldProps{Help: help("effort")})
	p.Duration = field("duration", aboutText(e.now, "duration"), ui.FieldProps{Help: help("duration")})
	p.Short = field("short_description", aboutText(e.now, "short_description"), ui.FieldProps{Type: "textarea", Rows: 3, Help: help("short")})
	p.Overview = field("overview", aboutText(e.now, "overview"), ui.FieldProps{Type: "textarea", Rows: 14, Help: help("overview"), Attrs: map[string]any{"data-richtext": "", "data-course": e.key.String(), "spellcheck": "true"}})
	f["learning_info"].Decode(&learn)
	p.Learning = field("learning_info", strings.Join(learn, "\n"), ui.FieldProps{Type: "textarea", Rows: 4, Help: help("learning")})
	p.Film = field("intro_video", filmOf(aboutText(e.now, "video")), ui.FieldProps{Help: help("film")})
	files := s.files(ctx, e.key)
	p.Image = field("course_image", settingText(f, "course_image"), ui.FieldProps{Help: help("image"), Attrs: pictureAttrs(ctx, e.key)})
	for _, name := range sortedKeys(files) {
		if strings.HasPrefix(course.ContentType(name), "image/") {
			p.Images = append(p.Images, name)
		}
	}
	if name := course.AssetName(p.Image.Value); p.Image.Value != "" {
		if _, ok := files[name]; ok {
			p.Picture = s.LMS(r) + component.Links{}.Asset(e.key, name)
			page.AllowContent(w, r)
		} else {
			p.Image.Help = i18n.T(ctx, "studio.details.no_such_file", p.Image.Value)
		}
	}
	p.Instructors = newInstructors(ctx, e.now, files, typed, bad, func(name string) string {
		page.AllowContent(w, r)
		return s.LMS(r) + component.Links{}.Asset(e.key, name)
	})
	license := settingText(f, "license")
	if license == "" {
		license = "all-rights-reserved"
	}
	p.License = choose(field("license", license, ui.FieldProps{}), courseLicenses(ctx))
	return p
}

// dateIn is a moment as a browser's field shows it in a zone, "" for none.
func dateIn(v course.Value, zone *time.Location) string {
	t, ok := v.Time()
	if !ok {
		return ""
	}
	if t.Second() != 0 { // many a due date is 23:59:59
		return t.In(zone).Format(dateLayout + ":05")
	}
	return t.In(zone).Format(dateLayout)
}

// dateFrom is the inverse of dateIn; ok is false for what is no date.
func dateFrom(text string, zone *time.Location) (t time.Time, ok bool) {
	for _, layout := range []string{dateLayout, dateLayout + ":05"} {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t, t.Year() >= 1900 && t.Year() <= 9999
		}
	}
	return time.Time{}, false
}

// courseLanguages lists the languages a course may be in, each by its own name.
func courseLanguages(ctx context.Context) []ui.Option {
	out := []ui.Option{{Value: "", Label: i18n.T(ctx, "studio.details.no_language")}}
	for code := range strings.FieldsSeq("ar bg bn ca cs da de el en es et eu fa fi fr gl he hi hr hu hy id is it ja ka kk km ko lt lv mn ms nb ne nl nn pl pt pt-br ro ru sk sl sq sr sv sw ta te th tr uk ur uz vi zh-cn zh-hk zh-tw") {
		out = append(out, ui.Option{Value: code, Label: languageLabel(code)})
	}
	return out
}

func languageLabel(code string) string {
	if tag, err := language.Parse(code); err == nil {
		if name := display.Self.Name(tag); name != "" {
			return name + " (" + code + ")"
		}
	}
	return code
}

// courseLicenses lists what a course can be licensed under, as courses write it.
func courseLicenses(ctx context.Context) []ui.Option {
	out := []ui.Option{{Value: "all-rights-reserved", Label: i18n.T(ctx, "studio.details.license.reserved")}}
	for _, kind := range []string{"BY", "BY SA", "BY NC", "BY NC SA", "BY ND", "BY NC ND"} {
		out = append(out, ui.Option{Value: "creative-commons: ver=4.0 " + kind, Label: "Creative Commons " + strings.ReplaceAll(kind, " ", "-") + " 4.0"})
	}
	return append(out, ui.Option{Value: "creative-commons: ver=1.0 Zero", Label: i18n.T(ctx, "studio.details.license.zero")})
}

// saveDetails serves the form of the page. Dates are in the zone the form was drawn for, and kept in UTC.
func (s *Server) saveDetails(w http.ResponseWriter, r *http.Request) error {
	e, err := s.openForm(r)
	if err != nil {
		return err
	}
	if again, ok := otherRows(r.PostForm); ok {
		return page.Render(w, r, detailsPage(s.newDetails(w, r, e, again, nil)))
	}
	want, err := typedDetails(e.base, r.PostForm)
	err = bothFaults(err, typedInstructors(e.base, s.files(r.Context(), e.key), r.PostForm, want))
	err = bothFaults(err, checkDates(e, want, func(field string) string { return field }))
	var done draft.Done
	if err == nil {
		done, err = s.change(r, e, "Edit schedule and details", want.ops(s.courseSchema(), e.base)...)
	}
	if err != nil {
		return s.refuseSettings(w, r, e, "details", err, func(bad map[string]string) error {
			return page.RenderStatus(w, r, page.Status(err), detailsPage(s.newDetails(w, r, e, r.PostForm, bad)))
		})
	}
	return savedSettings(w, r, done)
}

// typedDetails reads the form. Fields it does not have stay as they are.
func typedDetails(base *course.Content, form url.Values) (wished, error) {
	want := newWished()
	bad := fault.Invalidf("details of %s", base.Key)
	f := base.Root.Fields
	zone := zoneOf(form)
	for _, name := range detailDates {
		text := form.Get(name)
		if !form.Has(name) || text == dateIn(f[name], zone) {
			continue
		}
		if text == "" {
			want.fields[name] = ""
		} else if t, ok := dateFrom(text, zone); ok {
			want.fields[name] = course.Text(course.FormatTime(t))
		} else {
			bad.Field(name, "studio.part.bad_date")
		}
	}
	for _, name := range []string{"language", "license", "course_image", "certificates_display_behavior"} {
		if !form.Has(name) {
			continue
		}
		v := strings.TrimSpace(form.Get(name))
		want.fields[name] = course.Text(v)
		if v == "" || name == "license" && v == "all-rights-reserved" && !f[name].IsSet() {
			want.fields[name] = ""
		}
	}
	if form.Has("display_name") {
		name := strings.TrimSpace(form.Get("display_name"))
		if name == "" {
			bad.Field("display_name", "studio.part.no_name")
		}
		want.fields["display_name"] = course.Text(name)
	}
	if form.Has("self_paced") {
		want.fields["self_paced"] = course.JSON(form.Get("self_paced") == "true")
	}
	if form.Has("seen") { // a box that is not ticked is not sent
		want.fields["invitation_only"] = tick(form, "invitation_only")
	}
	if seats := strings.TrimSpace(form.Get("max_student_enrollments_allowed")); form.Has("max_student_enrollments_allowed") {
		want.fields["max_student_enrollments_allowed"] = ""
		if seats != "" {
			n, err := strconv.Atoi(seats)
			if err != nil || n < 1 {
				bad.Field("max_student_enrollments_allowed", "studio.details.bad_seats")
			}
			want.fields["max_student_enrollments_allowed"] = course.JSON(n)
		}
	}
	list := func(name string) []string {
		out := settingLines(form.Get(name))
		want.fields[name] = course.JSON(out)
		if len(out) == 0 {
			want.fields[name] = ""
		}
		return out
	}
	if form.Has("pre_requisite_courses") && slices.ContainsFunc(list("pre_requisite_courses"), notKey) {
		bad.Field("pre_requisite_courses", "studio.details.bad_course")
	}
	if form.Has("learning_info") {
		list("learning_info")
	}
	for _, id := range []string{"effort", "duration", "short_description", "overview"} {
		if form.Has(id) {
			text := strings.ReplaceAll(form.Get(id), "\r\n", "\n")
			if text == strings.ReplaceAll(aboutText(base, id), "\r\n", "\n") {
				continue // a browser's line ends are no change
			}
			want.pages[id] = &text
		}
	}
	if typed := strings.TrimSpace(form.Get("intro_video")); form.Has("intro_video") && typed != filmOf(aboutText(base, "video")) {
		film := filmID(typed)
		if typed != "" && film == "" {
			bad.Field("intro_video", "studio.details.bad_film")
		}
		want.film(film)
	}
	if len(bad.Fields) > 0 {
		return want, bad
	}
	return want, nil
}
