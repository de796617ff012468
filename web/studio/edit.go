package studio

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/a-h/templ"

	"lyceum/authoring/draft"
	"lyceum/authoring/files"
	"lyceum/course"
	"lyceum/course/olx"
	"lyceum/internal/fault"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/ui"
)

// One block, written: its text in the editor of its kind, and its settings beside it. The page works by itself; with ?inside=1 the form
// comes alone, for the page of a unit, which opens it in place.

// bodyEditor is how the text of one kind of block is written.
type bodyEditor struct {
	// Draw makes the editor. Its inputs belong to the form: "data" holds the text as clients know it, others are read by Read.
	Draw func(s *Server, r *http.Request, p bodyProps) (templ.Component, error)
	// Read, when not nil, puts into the update what the editor's own inputs say. It runs after "data" and before the settings, stores
	// nothing, and fails only where it cannot read what it needs; what does not fit is told beside its input.
	Read func(s *Server, r *http.Request, e *editRead) error
	// Preview, when not nil, draws what learners would see of a block, for act=preview.
	Preview func(s *Server, r *http.Request, u course.UsageKey, b *course.Block) templ.Component
	// Owns are the settings the editor draws itself, as inputs named "f.NAME".
	Owns []string
}

// editRead is a form on its way to an update.
type editRead struct {
	By      draft.Author
	Key     course.UsageKey
	Base    *course.Block // as the form was drawn from it
	Form    url.Values
	Op      *draft.Update
	Bad     *fault.Error      // takes what does not fit, by the names of inputs
	Uploads []files.Upload    // course files to be put before the update is stored
	planned map[string]string // digests of those, by name
}

// bodyProps is what an editor is drawn from.
type bodyProps struct {
	Key      course.UsageKey
	Block    *course.Block // as it is in the draft
	Course   *course.Content
	Data     string            // the text as clients know it, or as it was typed and refused
	Form     url.Values        // what was typed and refused, nil at first
	Errors   map[string]string // by the names of inputs
	Problems []problemProps    // why learners would not see it
	Settings settings
}

// problemProps is why a text does not load. Line is of the text, 0 where none applies.
type problemProps struct {
	Line   int    `json:"line"`
	Detail string `json:"detail"`
}

// bodyEditors are the kinds that have an editor of their own; the text of any other kind is written as source.
var bodyEditors = map[string]bodyEditor{
	"video":      {Draw: drawVideo, Read: readVideo, Preview: previewVideo, Owns: videoOwns},
	"problem":    problemEditor,
	"split_test": {Draw: drawExperiment, Owns: []string{"user_partition_id", "group_id_to_child"}},
	"html":       htmlEditor, "about": htmlEditor, "static_tab": htmlEditor, "course_info": htmlEditor,
}

func editing(s *Server, rt routes) {
	rt.get("/edit/*", s.showEdit)
	rt.post("/edit/*", forBoth(s.saveEdit))
	rt.post("/transcripts/upload", forPrograms(s.uploadTranscript))
	rt.get("/transcripts/download", forPrograms(s.downloadTranscript))
}

func editURL(u course.UsageKey) string { return "/edit/" + u.String() }

// editProps is the form of one block.
type editProps struct {
	Page     framed
	Crumbs   []ui.Link
	Inside   bool
	Name     string
	Kind     string // in words
	Locator  string
	Action   string
	Back     string
	Seen     string // the version to compare with what is in force
	Base     string // the version the form was drawn from
	Draft    string // names what the browser keeps of the form
	SignIn   string
	Body     templ.Component // nil where the kind has no text
	Unread   bool            // the text is no text a browser could keep as it is
	Problems []problemProps
	Groups   []fieldGroup
	Kept     []keptProps
	Errors   []ui.Link // what was refused, each leading to its input
	Origin   string    // of a copy, what of it is the library's
}

// showEdit serves GET /edit/KEY.
func (s *Server) showEdit(w http.ResponseWriter, r *http.Request) error {
	by, u, err := s.enterBlock(r)
	if err != nil {
		return err
	}
	if r.URL.Query().Has("transcript") {
		return s.showTranscript(w, r, by, u)
	}
	p, err := s.newEdit(w, r, u, nil, nil)
	if err != nil {
		return err
	}
	return s.renderEdit(w, r, http.StatusOK, p)
}

func (s *Server) renderEdit(w http.ResponseWriter, r *http.Request, status int, p editProps) error {
	page.AllowContent(w, r) // previews play videos and show pictures of authors
	if p.Inside {
		return page.RenderStatus(w, r, status, editForm(p))
	}
	return page.RenderStatus(w, r, status, editPage(p))
}

// newEdit fills the form of a block; one that was refused comes back as it was typed.
func (s *Server) newEdit(w http.ResponseWriter, r *http.Request, u course.UsageKey, form url.Values, bad map[string]string) (editProps, error) {
	ctx := r.Context()
	head, b, err := s.Editor.Read(ctx, u.Course)
	if err != nil {
		return editProps{}, err
	}
	block := draft.Block(b.Draft, u)
	if block == nil {
		return editProps{}, fault.NotFoundf("block %s is not in the draft", u).Say("draft.gone")
	}
	p := editProps{
		Inside: r.URL.Query().Get("inside") != "", Name: nameOf(block), Kind: kindWord(ctx, u.Type), Locator: u.String(), Action: editURL(u),
		Back: s.backOf(r, b.Draft, u), Seen: string(head.Draft), Base: string(head.Draft), SignIn: "/signin",
		Draft: draftName(r, u), Problems: s.problems(block),
	}
	if back := localPath(r.URL.Query().Get("back")); back != "" {
		p.Action += "?" + url.Values{"back": {back}}.Encode()
	}
	if form != nil {
		p.Seen, p.Base = form.Get("seen"), form.Get("base")
	}
	fields := s.newSettings(ctx, b.Draft, u, block)
	if fields.source != nil {
		p.Origin = i18n.T(ctx, "library.copy", nameOf(fields.source))
	}
	editor := bodyEditors[u.Type]
	p.Groups, p.Kept = fields.groups(ctx, form, bad, editor.Owns), fields.kept()
	if u.Type == "library_content" {
		if err := s.chooseLibrary(r, p.Groups); err != nil {
			return p, err
		}
	}
	body := bodyProps{Key: u, Block: block, Course: b.Draft, Data: textOf(block), Form: form, Errors: bad, Problems: p.Problems, Settings: fields}
	if form.Has("data") {
		body.Data = plainText(form.Get("data"))
	}
	switch {
	case !editable(body.Data):
		p.Unread = true
	case editor.Draw != nil:
		if p.Body, err = editor.Draw(s, r, body); err != nil {
			return p, err
		}
	case hasText(block):
		p.Body = sourceEditor(newSource(body))
	}
	for _, name := range slices.Sorted(maps.Keys(bad)) {
		p.Errors = append(p.Errors, ui.Link{Label: bad[name], URL: "#" + inputID(name)})
	}
	if !p.Inside {
		p.Page = s.frame(w, r, u.Course, b.Draft.Root, "", i18n.T(ctx, "studio.edit.title", p.Name))
		p.Page.Layout.Styles = append(p.Page.Layout.Styles, "css/course.css") // previews look as learners see them
		p.Crumbs = editCrumbs(fields, u)
	}
	return p, nil
}

// draftName names what a browser keeps of a form, by person and place.
func draftName(r *http.Request, u course.UsageKey) string {
	return "edit:" + page.Viewer(r).Username + ":" + u.String()
}

func inputID(name string) string {
	if field, ok := strings.CutPrefix(name, "f."); ok {
		return "f-" + strings.ReplaceAll(field, ".", "-")
	}
	return name
}

// textOf is the text of a block as its author sees it.
func textOf(b *course.Block) string {
	if b.Type == "problem" {
		return dataOf(b)
	}
	return string(olx.Source(b))
}

// allFields are the kinds whose content is their fields.
var allFields = map[string]bool{
	"poll": true, "survey": true, "word_cloud": true, "lti": true, "lti_consumer": true, "done": true, "drag-and-drop-v2": true, "edx_sga": true, "staffgradedxblock": true,
	"discussion": true,
}

// hasText reports whether a block is written as text, too: some kinds are not, unless something stands in them already.
func hasText(b *course.Block) bool {
	return len(b.Body) > 0 || !course.Containers[b.Type] && !allFields[b.Type]
}

// editable reports whether a browser's field gives a text back as it was.
func editable(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' })
}

// kindWord is what authors call a kind of block.
func kindWord(ctx context.Context, kind string) string {
	id := "kind." + kind
	if text := i18n.T(ctx, id); text != id {
		return text
	}
	return kind
}

func editCrumbs(fields settings, u course.UsageKey) []ui.Link {
	var out []ui.Link
	for _, up := range slices.Backward(fields.way) {
		link := ui.Link{Label: nameOf(up), URL: partURL(u.Course.Usage(up.Type, up.ID))}
		switch {
		case up.Type == "course" || up.Type == "library":
			link.URL = courseURL(u.Course)
		case !draft.Direct(up.Type):
			link.URL = "/container/" + u.Course.Usage(up.Type, up.ID).String()
		}
		out = append(out, link)
	}
	return append(out, ui.Link{Label: nameOf(fields.block)})
}

// backOf is where an author comes from: the place that was named, or the page of the unit, at the block.
func (s *Server) backOf(r *http.Request, c *course.Content, u course.UsageKey) string {
	if back := localPath(r.URL.Query().Get("back")); back != "" {
		return back
	}
	unit, ok := draft.UnitOf(c, u)
	switch {
	case u.Course.Form == course.FormLibrary && ok:
		return blockURL(unit) + "#" + url.PathEscape(unit.Type+"-"+unit.ID)
	case u.Course.Form == course.FormLibrary:
		return libraryURL(u.Course)
	case ok && unit.ID == u.ID && unit.Type == u.Type:
		return "/container/" + u.String()
	case ok:
		return "/container/" + unit.String() + "#" + url.PathEscape(u.Type+"-"+u.ID)
	case draft.Block(c, u) != nil && draft.Above(c, u) != nil:
		return partURL(u)
	default:
		return courseURL(u.Course)
	}
}

// localPath is a place on this face; "" for anything that would lead elsewhere.
func localPath(to string) string {
	if len(to) < 2 || to[0] != '/' || to[1] == '/' || strings.ContainsAny(to, "\\\r\n\t") {
		return ""
	}
	return to
}

var lineOf = regexp.MustCompile(`^line (\d+): (?s:(.*))$`)

// problems says why learners would not see a block.
func (s *Server) problems(b *course.Block) []problemProps {
	out := []problemProps{}
	if s.Editor.Loads == nil {
		return out
	}
	for _, why := range s.Editor.Loads(b) {
		p := problemProps{Detail: why}
		if m := lineOf.FindStringSubmatch(why); m != nil {
			p.Line, _ = strconv.Atoi(m[1])
			p.Detail = m[2]
		}
		out = append(out, p)
	}
	return out
}

// saved is the answer to a form that was sent in place.
type saved struct {
	Locator  string         `json:"locator"`
	Seen     string         `json:"seen"`
	Back     string         `json:"back"`
	Name     string         `json:"name"`
	Words    string         `json:"words"`
	Problems []problemProps `json:"problems"`
}

// saveEdit serves POST /edit/KEY: the form is saved, or with act=check only looked at. All of it becomes one version, or none.
func (s *Server) saveEdit(w http.ResponseWriter, r *http.Request) error {
	by, u, err := s.enterBlock(r)
	if err != nil {
		return err
	}
	if err := page.ParseForm(r, draft.MaxBody); err != nil {
		return err
	}
	form := r.PostForm
	ctx := r.Context()
	base, err := s.baseOf(ctx, u, form)
	if err != nil {
		return err
	}
	read, err := s.readEdit(r, by, u, base, form)
	if err != nil && fault.KindOf(err) != fault.Invalid { // what does not fit is no reason not to look at the rest
		return err
	}
	op := *read.Op
	switch form.Get("act") {
	case "check":
		return s.answerCheck(w, r, base, op)
	case "preview":
		if preview := bodyEditors[u.Type].Preview; preview != nil {
			page.AllowContent(w, r)
			return page.Render(w, r, preview(s, r, u, updated(base.block, op)))
		}
		return fault.NotFoundf("a %s has no preview", u.Type)
	}
	if form.Get("act") == "resume" { // after a lost race: on with what was typed
		p, err := s.newEdit(w, r, u, form, nil)
		if err != nil {
			return err
		}
		return s.renderEdit(w, r, http.StatusOK, p)
	}
	if err == nil && (len(op.Set) > 0 || len(op.Unset) > 0 || op.Body != nil || op.Attrs != nil) {
		err = s.keepEdit(r, read, form.Get("seen"))
	}
	if err != nil {
		return s.refuseEdit(w, r, u, form, err)
	}
	head, b, err := s.Editor.Read(ctx, u.Course)
	if err != nil {
		return err
	}
	out := saved{Locator: u.String(), Seen: string(head.Draft), Back: s.backOf(r, b.Draft, u), Problems: []problemProps{}}
	notice := page.Notice{Kind: "success", ID: "studio.edit.saved"}
	if now := draft.Block(b.Draft, u); now != nil {
		out.Name, out.Problems = nameOf(now), s.problems(now)
	}
	if len(out.Problems) > 0 {
		notice = page.Notice{Kind: "warning", ID: "studio.edit.saved_broken"}
	}
	if page.WantsJSON(r) {
		out.Words = i18n.T(ctx, notice.ID)
		return page.JSON(w, r, http.StatusOK, out)
	}
	return page.Redirect(w, r, out.Back, notice)
}

// keepEdit stores the files and the update. A form that arrives a second time, because the answer to the first was lost on its way, finds
// its work done.
func (s *Server) keepEdit(r *http.Request, read *editRead, seen string) error {
	key := read.Key.Course
	for _, upload := range read.Uploads {
		put, err := s.Files.Put(r.Context(), read.By, key, upload)
		if err != nil {
			return err
		}
		s.noteFiles(r, key, putAction(put), put.Done)
	}
	_, err := s.Editor.Apply(r.Context(), draft.Edit{Key: key, By: read.By, Seen: course.VersionID(seen), Ops: []draft.Op{*read.Op}})
	lost := (*draft.Lost)(nil)
	if errors.As(err, &lost) && len(lost.Clashes) == 1 {
		if c := lost.Clashes[0]; c.Mine != nil && c.Theirs != nil && len(draft.CompareBlocks(key, c.Mine, c.Theirs)) == 0 {
			return nil
		}
	}
	return err
}

// baseOf is the block as the form was drawn from it: what was typed is compared with that, not with what others made of it since.
func (s *Server) baseOf(ctx context.Context, u course.UsageKey, form url.Values) (settings, error) {
	version := form.Get("base")
	if version == "" {
		version = form.Get("seen")
	}
	if version != "" {
		c, v, err := s.Editor.Courses.ContentAt(ctx, course.VersionID(version))
		if err == nil && v.Course == u.Course.Bare() {
			if b := draft.Block(c, u); b != nil {
				return s.newSettings(ctx, c, u, b), nil
			}
		}
	}
	_, b, err := s.Editor.Read(ctx, u.Course)
	if err != nil {
		return settings{}, err
	}
	block := draft.Block(b.Draft, u)
	if block == nil {
		return settings{}, fault.NotFoundf("block %s is not in the draft", u).Say("draft.gone")
	}
	return s.newSettings(ctx, b.Draft, u, block), nil
}

// readEdit makes the update of a form. What does not fit is an error of kind Invalid; the update holds the rest all the same.
func (s *Server) readEdit(r *http.Request, by draft.Author, u course.UsageKey, base settings, form url.Values) (*editRead, error) {
	e := &editRead{By: by, Key: u, Base: base.block, Form: form, Op: &draft.Update{Block: u}, Bad: fault.Invalidf("settings of %s", u).Say("studio.edit.refused")}
	if form.Has("data") {
		s.readText(e.Op, base.block, form.Get("data"))
	}
	if read := bodyEditors[u.Type].Read; read != nil {
		if err := read(s, r, e); err != nil {
			return e, err
		}
	}
	base.read(form, e.Op, e.Bad)
	if len(e.Bad.Fields) > 0 {
		return e, e.Bad
	}
	return e, nil
}

// readText puts the text of a form into an update, unless it is the one that was shown. Browsers end lines in their own way; lines end here
// as they did.
func (s *Server) readText(op *draft.Update, base *course.Block, typed string) {
	shown, text := textOf(base), plainText(typed)
	if text == plainText(shown) || !editable(shown) {
		return
	}
	if n := strings.Count(shown, "\r\n"); n > 0 && n == strings.Count(shown, "\n") {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	setData(s.Editor.Schemas, op, text)
	if fields, attrs, ok := olx.Settings(base, []byte(text)); ok {
		op.Attrs = attrs
		for name := range base.Fields {
			if _, stays := fields[name]; !stays {
				unset(op, name)
			}
		}
		for name, v := range fields {
			set(op, name, v)
		}
	}
}

// updated is a block as an update would make it.
func updated(b *course.Block, op draft.Update) *course.Block {
	out := *b
	out.Fields, out.Attrs = maps.Clone(b.Fields), maps.Clone(b.Attrs)
	if out.Fields == nil {
		out.Fields = course.Fields{}
	}
	if op.Attrs != nil {
		out.Attrs = maps.Clone(op.Attrs)
	}
	maps.Copy(out.Fields, op.Set)
	for _, name := range op.Unset {
		delete(out.Fields, name)
		delete(out.Attrs, name)
	}
	if op.Body != nil {
		out.Body = *op.Body
	}
	return &out
}

// answerCheck says what would not load, without keeping anything.
func (s *Server) answerCheck(w http.ResponseWriter, r *http.Request, base settings, op draft.Update) error {
	return page.JSON(w, r, http.StatusOK, map[string]any{"problems": s.problems(updated(base.block, op))})
}

// refuseEdit answers a form that was not taken: it comes back as it was typed, or both versions are shown where somebody was faster.
func (s *Server) refuseEdit(w http.ResponseWriter, r *http.Request, u course.UsageKey, form url.Values, err error) error {
	if page.WantsJSON(r) {
		return err
	}
	if f, ok := fault.As(err); ok && f.Kind == fault.Invalid && len(f.Fields) > 0 {
		bad := map[string]string{}
		for name, text := range page.FieldErrors(r.Context(), f) {
			if _, known := form[name]; !known && form.Has("f."+name) {
				name = "f." + name
			}
			bad[name] = text
		}
		p, formErr := s.newEdit(w, r, u, form, bad)
		if formErr != nil {
			return formErr
		}
		return s.renderEdit(w, r, page.Status(err), p)
	}
	lost := (*draft.Lost)(nil)
	if !errors.As(err, &lost) {
		return err
	}
	return s.showLost(w, r, u, form, lost)
}

// lostProps shows what two authors made of one block, and lets the later one choose.
type lostProps struct {
	Page    framed
	Inside  bool
	Locator string
	Draft   string // names what the browser keeps of the form
	Title   string
	Text    string
	Clashes []clashProps
	Action  string
	Theirs  string
	Fields  []page.FieldProps // the form again, on the present draft
}

func (s *Server) showLost(w http.ResponseWriter, r *http.Request, u course.UsageKey, form url.Values, lost *draft.Lost) error {
	ctx := r.Context()
	_, b, err := s.Editor.Read(ctx, u.Course)
	if err != nil {
		return err
	}
	p := lostProps{
		Inside: r.URL.Query().Get("inside") != "", Title: i18n.T(ctx, "studio.conflict.title"), Text: i18n.T(ctx, "studio.conflict.text", lost.Author, lost.Time),
		Action: editURL(u), Theirs: editURL(u), Locator: u.String(), Draft: draftName(r, u),
	}
	if r.URL.RawQuery != "" {
		p.Action += "?" + r.URL.RawQuery
		p.Theirs = p.Action
	}
	for _, name := range slices.Sorted(maps.Keys(form)) {
		for _, value := range form[name] {
			if name == "seen" {
				value = string(lost.Now)
			}
			p.Fields = append(p.Fields, page.FieldProps{Name: name, Value: value})
		}
	}
	for _, c := range lost.Clashes {
		shown := newClash(ctx, c, form)
		if c.Mine != nil && c.Theirs != nil && !bytes.Equal(c.Mine.Body, c.Theirs.Body) && !slices.ContainsFunc(shown.Rows, func(row clashRow) bool { return row.What == "data" }) {
			shown.Rows = append(shown.Rows, clashRow{i18n.T(ctx, "studio.edit.text"), textOf(c.Mine), textOf(c.Theirs)})
		}
		for i := range shown.Rows {
			if f, ok := s.Editor.Schemas[u.Type].Field(shown.Rows[i].What); ok {
				shown.Rows[i].What = labelOf(ctx, u.Type, f)
			}
		}
		p.Clashes = append(p.Clashes, shown)
	}
	if p.Inside {
		return page.RenderStatus(w, r, http.StatusConflict, lostForm(p))
	}
	p.Page = s.frame(w, r, u.Course, b.Draft.Root, "", p.Title)
	return page.RenderStatus(w, r, http.StatusConflict, lostPage(p))
}

// sourceProps is a text in an editor for code.
type sourceProps struct {
	Name, ID string
	Label    string
	Value    string
	Mode     string
	Rows     int
	Check    bool // what does not load is told while it is typed
	Problems []problemProps
	Error    string
}

func newSource(p bodyProps) sourceProps {
	return sourceProps{
		Name: "data", ID: "data", Value: p.Data, Mode: "xml", Check: true, Problems: p.Problems, Rows: min(24, max(8, 1+strings.Count(p.Data, "\n"))),
		Error: p.Errors["data"],
	}
}

// editWords are what the script of the form needs to know, and says.
func editWords(ctx context.Context, p editProps) templ.Attributes {
	return templ.Attributes{
		"data-draft-key": p.Draft, "data-sign-in": p.SignIn, "data-back": p.Back, "data-version": p.Base,
		"data-word-set": i18n.T(ctx, "studio.edit.set"), "data-word-changed": i18n.T(ctx, "studio.edit.changed"), "data-word-resets": i18n.T(ctx, "studio.edit.resets"),
		"data-word-session": i18n.T(ctx, "studio.edit.session"), "data-word-sign-in": i18n.T(ctx, "studio.edit.sign_in"),
		"data-word-refused": i18n.T(ctx, "studio.edit.refused"),
	}
}
