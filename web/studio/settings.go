package studio

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"lyceum/authoring/draft"
	"lyceum/course"
	"lyceum/course/modulestore"
	"lyceum/internal/fault"
	"lyceum/web/i18n"
	"lyceum/web/page"
)

// settingsRoutes are the pages around the content of a course. Each is a page and a JSON door at one address.
func settingsRoutes(s *Server, rt routes) {
	rt.get("/settings/details/{course}", forBoth(s.showDetails))
	rt.post("/settings/details/{course}", formOr(s.saveDetails, s.putDetails))
	rt.on("/settings/details/{course}", forPrograms(s.putDetails), http.MethodPut)

	rt.get("/settings/grading/{course}", forBoth(s.showGrading))
	rt.post("/settings/grading/{course}", formOr(s.saveGrading, s.putGrading))
	rt.on("/settings/grading/{course}", forPrograms(s.putGrading), http.MethodPut)
	rt.get("/settings/grading/{course}/{n}", forPrograms(s.showGrader))
	rt.on("/settings/grading/{course}/{n}", forPrograms(s.putGrader), http.MethodPost, http.MethodPut)
	rt.on("/settings/grading/{course}/{n}", forPrograms(s.deleteGrader), http.MethodDelete)

	rt.get("/settings/advanced/{course}", forBoth(s.showAdvanced))
	rt.post("/settings/advanced/{course}", formOr(s.saveAdvanced, s.putAdvanced))
	rt.on("/settings/advanced/{course}", forPrograms(s.putAdvanced), http.MethodPut, http.MethodPatch)

	rt.get("/tabs/{course}", forBoth(s.showTabs))
	rt.post("/tabs/{course}", formOr(s.saveTabs, s.putTabs))
	rt.on("/tabs/{course}", forPrograms(s.putTabs), http.MethodPut)

	rt.get("/course_info/{course}", forBoth(s.showUpdates))
	rt.post("/course_info/{course}", forBoth(s.saveUpdates))
	rt.get("/course_info_update/{course}", forPrograms(s.showUpdateList))
	rt.post("/course_info_update/{course}", forPrograms(s.putUpdate))
	rt.get("/course_info_update/{course}/{n}", forPrograms(s.showUpdateList))
	rt.on("/course_info_update/{course}/{n}", forPrograms(s.putUpdate), http.MethodPost, http.MethodPut)
	rt.on("/course_info_update/{course}/{n}", forPrograms(s.dropUpdate), http.MethodDelete)
}

// formOr serves a form of a page, and a program that posts JSON to the same address.
func formOr(form, program page.Handler) page.Handler {
	ofPage, ofProgram := forBoth(form), forPrograms(program)
	return func(w http.ResponseWriter, r *http.Request) error {
		if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
			return ofProgram(w, r)
		}
		return ofPage(w, r)
	}
}

// courseEdit is a request about the settings of a course: who asks, and what is in force.
type courseEdit struct {
	by   draft.Author
	key  course.Key
	head modulestore.Head
	both draft.Branches  // both sides of head: a request looks at one version, and reads no other
	now  *course.Content // the draft in force
	// base is the draft a form was filled from: what it says as it stands there is no change. seen is the version the author has decided
	// on, "" where the last one wins.
	base *course.Content
	seen course.VersionID
}

// root names the course's own block.
func (e *courseEdit) root() course.UsageKey { return e.key.Usage(e.now.Root.Type, e.now.Root.ID) }

// open begins a request about the settings of the course in the path.
func (s *Server) open(r *http.Request) (*courseEdit, error) {
	key, err := course.ParseURLKey(chi.URLParam(r, "course"))
	if err != nil {
		return nil, notFound(r, err)
	}
	by, err := s.enter(r, key)
	if err != nil {
		return nil, err
	}
	if key.Form == course.FormLibrary {
		return nil, fault.NotFoundf("%s is no course", key)
	}
	head, b, err := s.Editor.Read(r.Context(), key)
	if err != nil {
		return nil, err
	}
	return &courseEdit{by: by, key: head.Key, head: head, both: b, now: b.Draft, base: b.Draft}, nil
}

// openForm is open for a form that was sent: "seen" names the version its author looked at, "base" the one it was filled from, where that is
// another.
func (s *Server) openForm(r *http.Request) (*courseEdit, error) {
	e, err := s.open(r)
	if err != nil {
		return nil, err
	}
	page.KeepForm(r)
	if err := page.ParseForm(r, 1<<20); err != nil {
		return nil, err
	}
	e.seen = course.VersionID(r.PostForm.Get("seen"))
	base := e.seen
	if b := r.PostForm.Get("base"); b != "" {
		base = course.VersionID(b)
	}
	if base != "" && base != e.head.Draft {
		e.base, err = s.Editor.Version(r.Context(), e.by, e.key, base)
	}
	return e, err
}

// readWish is open for a program that sends JSON.
func (s *Server) readWish(r *http.Request, v any) (*courseEdit, error) {
	e, err := s.open(r)
	if err != nil {
		return nil, err
	}
	return e, page.ReadJSON(r, v)
}

// change makes operations one version with the given words. Without operations nothing happens.
func (s *Server) change(r *http.Request, e *courseEdit, words string, ops ...draft.Op) (draft.Done, error) {
	if len(ops) == 0 {
		return draft.Done{Head: e.head, Before: e.head}, nil
	}
	done, err := s.Editor.Apply(r.Context(), draft.Edit{Key: e.key, By: e.by, Seen: e.seen, Words: words, Ops: ops})
	if err == nil && done.Head != done.Before {
		s.note(r, "course.settings_changed", e.root(), map[string]string{"what": words, "version": string(done.Head.Draft)})
	}
	return done, err
}

// refuseSettings answers a form that was not taken: again draws its page with what is wrong beside the fields, as it was typed; of a lost
// race both versions are shown.
func (s *Server) refuseSettings(w http.ResponseWriter, r *http.Request, e *courseEdit, here string, err error, again func(bad map[string]string) error) error {
	ctx := r.Context()
	if f, ok := fault.As(err); ok && f.Kind == fault.Invalid && len(f.Fields) > 0 {
		return again(page.FieldErrors(ctx, f))
	}
	lost := (*draft.Lost)(nil)
	if !errors.As(err, &lost) {
		return err
	}
	p := conflictProps{
		framed: s.frame(w, r, e.key, e.now.Root, here, i18n.T(ctx, "studio.conflict.title")), Action: r.URL.Path, Back: r.URL.Path,
		Text: i18n.T(ctx, "studio.conflict.text", lost.Author, lost.Time),
	}
	p.Layout.Main = "reading"
	for name, values := range r.PostForm {
		for _, v := range values {
			if name != "seen" && name != "base" {
				p.Fields = append(p.Fields, page.FieldProps{Name: name, Value: v})
			}
		}
	}
	slices.SortStableFunc(p.Fields, func(a, b page.FieldProps) int { return strings.Compare(a.Name, b.Name) })
	base := r.PostForm.Get("base")
	if base == "" {
		base = r.PostForm.Get("seen")
	}
	p.Fields = append(p.Fields, page.FieldProps{Name: "base", Value: base}, page.FieldProps{Name: "seen", Value: string(lost.Now)})
	for _, c := range lost.Clashes {
		p.Clashes = append(p.Clashes, settingsClash(r, c))
	}
	return page.RenderStatus(w, r, http.StatusConflict, conflictPage(p))
}

// settingsClash lists what differs between two versions of settings, or of a page.
func settingsClash(r *http.Request, c draft.Clash) clashProps {
	ctx := r.Context()
	out := clashProps{Name: pageWord(r, c.Block)}
	side := func(b *course.Block, show func(*course.Block) string) string {
		if b == nil {
			return i18n.T(ctx, "studio.conflict.gone")
		}
		return show(b)
	}
	if len(c.Fields) > 0 {
		for _, name := range c.Fields {
			value := func(b *course.Block) string { return shown(ctx, b.Fields[name]) }
			out.Rows = append(out.Rows, clashRow{settingName(r, name), side(c.Mine, value), side(c.Theirs, value)})
		}
		return out
	}
	text := func(b *course.Block) string {
		if len(b.Body) > 0 {
			return string(b.Body)
		}
		return shown(ctx, b.Fields["items"])
	}
	out.Rows = append(out.Rows, clashRow{i18n.T(ctx, "studio.settings.text"), side(c.Mine, text), side(c.Theirs, text)})
	return out
}

// bothFaults is what two checks of one form have found.
func bothFaults(a, b error) error {
	first, ok := fault.As(a)
	second, also := fault.As(b)
	switch {
	case !ok:
		return b
	case also:
		for name, id := range second.Fields {
			first.Field(name, id)
		}
	}
	return a
}

// pageWord names the course's own block, or a page beside the tree.
func pageWord(r *http.Request, u course.UsageKey) string {
	switch u.Type {
	case "course":
		return i18n.T(r.Context(), "studio.settings.of_course")
	case "about":
		return settingName(r, u.ID)
	case "course_info":
		return i18n.T(r.Context(), "studio.settings.info."+infoWord(u.ID))
	default:
		return u.ID
	}
}

func infoWord(id string) string {
	if id == "handouts" {
		return "handouts"
	}
	return "updates"
}

// settingName is what authors call a setting of the course; one that we have no word for goes by its own.
func settingName(r *http.Request, name string) string {
	id := "studio.setting." + name
	if c := page.SiteOf(r).Catalog; c != nil && c.Has(id) {
		return i18n.T(r.Context(), id)
	}
	return name
}

// wished is what the settings of a course, and the pages of type about, shall be.
type wished struct {
	fields map[string]course.Value // "" means unset
	pages  map[string]*string      // nil means that there is no such page
}

func newWished() wished { return wished{map[string]course.Value{}, map[string]*string{}} }

// ops are the operations that bring a course there; what it says already is left alone, however it is spelled.
func (x wished) ops(schema course.Schema, base *course.Content) []draft.Op {
	root := base.Key.Usage(base.Root.Type, base.Root.ID)
	op := draft.Settings{Block: root, Set: course.Fields{}}
	for _, name := range sortedKeys(x.fields) {
		v, was := x.fields[name], base.Root.Fields[name]
		f, _ := schema.Field(name)
		switch {
		case sameSetting(f, was, v):
		case v == "":
			op.Unset = append(op.Unset, name)
		default:
			op.Set[name] = v
		}
	}
	var out []draft.Op
	if len(op.Set)+len(op.Unset) > 0 {
		out = append(out, op)
	}
	for _, id := range sortedKeys(x.pages) {
		was, text := base.Page("about", id), x.pages[id]
		u := base.Key.Usage("about", id)
		switch {
		case text == nil && was != nil:
			out = append(out, draft.Delete{Block: u})
		case text != nil && (was != nil || *text != "") && (was == nil || string(was.Body) != *text):
			body := []byte(*text)
			out = append(out, draft.WritePage{Page: u, Body: &body})
		}
	}
	return out
}

// sameSetting reports whether two values of a setting mean the same: unset means its default, and moments, numbers and truths have many
// spellings.
func sameSetting(f course.Field, was, is course.Value) bool {
	if was == is {
		return true
	}
	if !was.IsSet() {
		was = f.Default
	}
	if !is.IsSet() {
		is = f.Default
	}
	empty := func(v course.Value) bool { return v == "" || v == course.Null || v == `""` }
	if was == is || empty(was) && empty(is) {
		return true
	}
	switch f.Type {
	case course.TypeDate:
		a, ok1 := was.Time()
		b, ok2 := is.Time()
		return ok1 && ok2 && a.Equal(b)
	case course.TypeBool:
		a, ok1 := was.Bool()
		b, ok2 := is.Bool()
		return ok1 && ok2 && a == b
	case course.TypeInt, course.TypeFloat:
		a, ok1 := was.Float()
		b, ok2 := is.Float()
		return ok1 && ok2 && a == b
	case course.TypeTimedelta:
		a, ok1 := was.Duration()
		b, ok2 := is.Duration()
		return ok1 && ok2 && a == b
	case course.TypeList:
		return was == "[]" && empty(is) || is == "[]" && empty(was)
	default:
		return false
	}
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// settingText is a setting as text, "" where it has none.
func settingText(f course.Fields, name string) string {
	s, _ := f[name].Text()
	return s
}

// aboutText is the text of a page of type about, "" where there is none.
func aboutText(c *course.Content, id string) string {
	if p := c.Page("about", id); p != nil {
		return string(p.Body)
	}
	return ""
}

// settingLines are the lines of a text that say something.
func settingLines(s string) []string {
	out := []string{}
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// tick is what a form's checkbox says.
func tick(form url.Values, name string) course.Value {
	return course.JSON(form.Get(name) != "")
}

// savedSettings leads back to a page of settings, and says what became of them.
func savedSettings(w http.ResponseWriter, r *http.Request, done draft.Done) error {
	id := "studio.settings.saved"
	if done.Head.Draft == done.Before.Draft {
		id = "studio.settings.nothing"
	}
	return page.Redirect(w, r, r.URL.Path, page.Notice{Kind: "success", ID: id})
}

// courseSchema is the schema of a course's own settings.
func (s *Server) courseSchema() course.Schema { return s.Editor.Schemas["course"] }

// files are the files of a course by normalized name; none where they cannot be read now, or nothing is published.
func (s *Server) files(ctx context.Context, key course.Key) map[string]course.File {
	c, err := s.Editor.Courses.Compiled(ctx, key)
	if err != nil {
		return nil
	}
	return c.Files
}

// settingHelp says what a setting of the course does, "" where we have no words for it.
func settingHelp(r *http.Request, name string) string {
	id := "studio.setting_help." + name
	if c := page.SiteOf(r).Catalog; c != nil && c.Has(id) {
		return i18n.T(r.Context(), id)
	}
	return ""
}
