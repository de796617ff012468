package studio

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/jackc/pgx/v5"

	"lyceum/authoring/draft"
	"lyceum/course"
	"lyceum/course/modulestore"
	"lyceum/course/team"
	"lyceum/internal/audit"
	"lyceum/internal/fault"
	"lyceum/internal/pg"
	"lyceum/learner/courseware"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/ui"
)

// Libraries: what is kept outside any course, and the blocks of courses that take from it. What a library holds is written like what a unit
// holds, on one page; courses hold copies, which nothing that happens to the library changes until their authors ask for it.

func libraryRoutes(s *Server, rt routes) {
	rt.get("/home_library", s.showLibraries)
	rt.get("/library", forPrograms(s.listLibraries))
	rt.post("/library", forBoth(s.createLibrary))
	rt.get("/library/new", s.showNewLibrary)
	rt.get("/library/{course}", forBoth(s.showLibrary))
	rt.post("/library/{course}", forBoth(s.setPreviews))
	rt.get("/library/{course}/team", s.showLibraryTeam)
	rt.post("/library/{course}/team", s.changeLibraryTeam)
	rt.get("/library/{course}/delete", s.showDelete)
	rt.post("/library/{course}/delete", forBoth(s.deleteCourse))
	rt.post("/library/{course}/restore", forBoth(s.restoreCourse))
}

const librariesURL = "/home_library/"

func libraryURL(key course.Key) string     { return "/library/" + key.String() }
func libraryTeamURL(key course.Key) string { return libraryURL(key) + "/team/" }

// blockURL is the page that shows what a unit, or another block that holds others, holds; of a library the page that shows the block.
func blockURL(u course.UsageKey) string {
	switch {
	case u.Course.Form != course.FormLibrary:
		return containerURL(u)
	case u.Type == "library":
		return libraryURL(u.Course)
	default:
		return libraryURL(u.Course) + "?" + url.Values{"show": {u.String()}}.Encode()
	}
}

// showLibraries serves GET /home_library/.
func (s *Server) showLibraries(w http.ResponseWriter, r *http.Request) error {
	return s.home(w, r, true)
}

// libraryActs are what somebody may do with a library from the list.
func libraryActs(ctx context.Context, by draft.Author, key course.Key) []ui.Link {
	if by.May(key) != nil {
		return nil
	}
	out := []ui.Link{
		{Label: i18n.T(ctx, "studio.page.import"), URL: "/import/" + key.String(), Icon: "upload"},
		{Label: i18n.T(ctx, "studio.page.export"), URL: "/export/" + key.String(), Icon: "download"},
	}
	if mayDelete(by, key) {
		out = append(out, ui.Link{Label: i18n.T(ctx, "remove.act"), URL: libraryURL(key) + "/delete", Icon: "trash-2"})
	}
	return out
}

func searchWord(ctx context.Context, p homeProps) string {
	if p.Libraries {
		return i18n.T(ctx, "library.search")
	}
	return i18n.T(ctx, "studio.home.search")
}

// listLibraries serves GET /library/: the libraries of whoever asks, as programs read them. A browser is led to the page that lists them.
func (s *Server) listLibraries(w http.ResponseWriter, r *http.Request) error {
	by, err := s.author(r)
	if err != nil {
		return err
	}
	if !wantsJSON(r) {
		return page.Redirect(w, r, librariesURL)
	}
	all, err := s.editable(r.Context(), by, true)
	if err != nil {
		return err
	}
	out := []map[string]string{}
	for _, l := range all {
		out = append(out, map[string]string{"display_name": l.Name, "library_key": l.Key.String()})
	}
	return page.JSON(w, r, http.StatusOK, out)
}

// newLibraryProps is the form that makes a library.
type newLibraryProps struct {
	Layout            ui.LayoutProps
	Org, Number, Name ui.FieldProps
	Problem           string
}

// mayMakeLibraries is author for somebody who may make libraries.
func (s *Server) mayMakeLibraries(r *http.Request) (draft.Author, error) {
	by, err := s.author(r)
	if err == nil && !by.MayCreateAnyLibrary() {
		err = fault.Forbiddenf("%q may not create libraries", by.Name).Say("library.not_creator")
	}
	return by, err
}

// showNewLibrary serves GET /library/new.
func (s *Server) showNewLibrary(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.mayMakeLibraries(r); err != nil {
		return err
	}
	return page.Render(w, r, newLibraryPage(s.newLibraryForm(w, r, libraryWish{}, nil)))
}

func (s *Server) newLibraryForm(w http.ResponseWriter, r *http.Request, typed libraryWish, f *fault.Error) newLibraryProps {
	ctx := r.Context()
	bad := page.FieldErrors(ctx, f)
	p := newLibraryProps{Layout: s.layout(w, r, i18n.T(ctx, "library.create"))}
	p.Layout.Main = "reading"
	field := func(name, value, label, help string, most int) ui.FieldProps {
		return ui.FieldProps{
			Name: name, Label: label, Help: help, Value: value, Error: bad[name], Required: true, MaxLength: most,
			Attrs: map[string]any{"autocapitalize": "none", "spellcheck": "false"},
		}
	}
	p.Name = field("display_name", typed.Name, i18n.T(ctx, "library.name"), i18n.T(ctx, "library.name_help"), 255)
	p.Name.Attrs = nil
	p.Org = field("org", typed.Org, i18n.T(ctx, "studio.create.org"), i18n.T(ctx, "library.org_help"), draft.MaxKey)
	p.Number = field("library", typed.Number, i18n.T(ctx, "library.code"), i18n.T(ctx, "library.code_help"), draft.MaxKey)
	if f != nil && len(bad) == 0 && f.Message != "" {
		p.Problem = i18n.T(ctx, f.Message, f.Args...)
	}
	return p
}

// libraryWish is what somebody wants a library to be called.
type libraryWish struct {
	Org     string `json:"org"`
	Library string `json:"library"`
	Number  string `json:"number"` // Library, under the name clients know it by
	Name    string `json:"display_name"`
}

// createLibrary serves POST /library/: a form of a page, or JSON of a program.
func (s *Server) createLibrary(w http.ResponseWriter, r *http.Request) error {
	by, err := s.mayMakeLibraries(r)
	if err != nil {
		return err
	}
	var asked libraryWish
	byForm := isForm(r)
	if byForm {
		if err := page.ParseForm(r, 0); err != nil {
			return err
		}
		f := r.PostForm
		asked = libraryWish{Org: f.Get("org"), Number: f.Get("library"), Name: f.Get("display_name")}
	} else if err := page.ReadJSON(r, &asked); err != nil {
		return err
	}
	asked.Number = cmp.Or(asked.Number, asked.Library)
	key, err := s.makeLibrary(r, by, asked)
	switch f, ok := fault.As(err); {
	case err == nil && byForm && !page.WantsJSON(r):
		return page.Redirect(w, r, libraryURL(key))
	case err == nil:
		return page.JSON(w, r, http.StatusOK, map[string]string{"url": libraryURL(key), "library_key": key.String()})
	case ok && byForm && !page.WantsJSON(r) && (f.Kind == fault.Invalid || f.Kind == fault.Conflict || f.Kind == fault.Forbidden && f.Message != ""):
		return page.RenderStatus(w, r, page.Status(err), newLibraryPage(s.newLibraryForm(w, r, asked, f)))
	case ok && (f.Kind == fault.Invalid || f.Kind == fault.Conflict): // as clients of the platform we match read it
		out := newRefusal(r, f)
		out.ErrMsg = out.Message
		w.Header().Set("Cache-Control", "no-store")
		return page.JSON(w, r, http.StatusBadRequest, out)
	default:
		return err
	}
}

// makeLibrary makes a library and gives its maker the team's roles. When the second step was prevented, the same person may ask again.
func (s *Server) makeLibrary(r *http.Request, by draft.Author, asked libraryWish) (course.Key, error) {
	ctx, who := r.Context(), page.Viewer(r)
	n := draft.NewLibrary{Org: asked.Org, Number: asked.Number, Name: asked.Name, By: by}
	if key, err := n.Key(); err == nil && by.MayCreateLibrary(key.Org) {
		if _, there, err := s.Editor.Courses.FindDeleted(ctx, key); err != nil {
			return key, err
		} else if there {
			return key, fault.Conflictf("library %s was deleted", key).Say("library.deleted_key", key.String())
		}
	}
	head, err := s.Editor.CreateLibrary(ctx, n)
	if err != nil {
		key, keyErr := n.Key()
		if fault.Is(err, fault.Conflict) && keyErr == nil {
			if !s.abandoned(ctx, by, key) {
				return key, fault.Errorf(fault.Conflict, "%w", err).Say("library.exists")
			}
			head.Key = key
		} else {
			return key, err
		}
	}
	source := s.source(r)
	return head.Key, pg.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		var errs []error
		for _, role := range []team.Role{team.Instructor, team.Staff} {
			errs = append(errs, team.AddTx(ctx, tx, team.Grant{User: int64(who.ID), Role: role, Scope: team.In(head.Key)}, source))
		}
		entry := audit.Entry{Source: source, Action: "library.created", Course: head.Key.String(), After: map[string]string{"display_name": asked.Name}}
		return errors.Join(append(errs, audit.Record(ctx, tx, entry))...)
	})
}

// enterLibrary is enter for the library in the path, for who may at least see it; edit says whether they may change it.
func (s *Server) enterLibrary(r *http.Request) (key course.Key, by draft.Author, edit bool, err error) {
	if key, err = course.ParseURLKey(param(r, "course")); err != nil {
		return key, by, false, notFound(r, err)
	}
	if by, err = s.author(r); err != nil {
		return key, by, false, err
	}
	if err := by.MayRead(key); err != nil {
		return key, by, false, fault.Errorf(fault.Forbidden, "%w", err).Say("studio.forbidden")
	}
	if key.Form != course.FormLibrary {
		return key, by, false, fault.NotFoundf("%s is no library", key)
	}
	return key, by, by.May(key) == nil, nil
}

// perLibrary is how many blocks of a library a page shows.
const perLibrary = 10

// showLibrary serves GET /library/KEY: the blocks of a library, some on each page; ?show=BLOCK is the page with that block. Programs get their
// keys.
func (s *Server) showLibrary(w http.ResponseWriter, r *http.Request) error {
	key, _, edit, err := s.enterLibrary(r)
	if err != nil {
		return err
	}
	if page.WantsJSON(r) || r.URL.Query().Get("format") == "json" {
		return s.libraryInfo(w, r, key)
	}
	p, err := s.newLibrary(w, r, key, edit)
	if err != nil {
		return err
	}
	page.AllowContent(w, r)
	if r.URL.Query().Has("inside") {
		w.Header().Set("Cache-Control", "no-store")
		return page.Render(w, r, unitInside(p))
	}
	return page.Render(w, r, unitPage(p))
}

func (s *Server) libraryInfo(w http.ResponseWriter, r *http.Request, key course.Key) error {
	head, b, err := s.Editor.Read(r.Context(), key)
	if err != nil {
		return err
	}
	v, err := s.Editor.Courses.Version(r.Context(), head.Draft)
	if err != nil {
		return err
	}
	blocks := []string{}
	for _, c := range b.Draft.Root.Children {
		blocks = append(blocks, key.Usage(c.Type, c.ID).String())
	}
	var before *string
	if v.Parent != "" {
		before = (*string)(&v.Parent)
	}
	return page.JSON(w, r, http.StatusOK, map[string]any{
		"display_name": nameOf(b.Draft.Root), "library_id": key.String(), "version": head.Draft, "previous_version": before, "blocks": blocks,
	})
}

func (s *Server) newLibrary(w http.ResponseWriter, r *http.Request, key course.Key, edit bool) (unitProps, error) {
	ctx, q := r.Context(), r.URL.Query()
	head, b, err := s.Editor.Read(ctx, key)
	if err != nil {
		return unitProps{}, err
	}
	root := b.Draft.Root
	u := key.Usage(root.Type, root.ID)
	p := unitProps{
		framed: s.frame(w, r, key, root, "library", nameOf(root)), Library: true, ReadOnly: !edit, Key: u.String(), Name: nameOf(root), Seen: string(head.Draft),
		Part: partURL(u), Action: containerURL(u), Page: libraryURL(key), Count: len(root.Children), Previews: true,
	}
	if !edit {
		p.Bar.Here = ""
	}
	p.Rename = ui.FieldProps{Name: "name", ID: "unit-name", Label: i18n.T(ctx, "library.name"), Value: p.Name, Required: true, MaxLength: 255}
	p.Layout.Styles, p.Layout.Entries = append(p.Layout.Styles, "css/course.css"), append(p.Layout.Entries, "js/course.js")
	p.Crumbs = []ui.Link{{Label: i18n.T(ctx, "library.list"), URL: librariesURL}, {Label: p.Name}}
	if on, ok := root.Fields["show_children_previews"].Bool(); ok {
		p.Previews = on
	}
	if v := q.Get("previews"); !edit && v != "" { // of who may not change the library's own setting
		p.Previews = v == "1"
	}
	base := p.Page
	p.Pager = ui.PagerProps{Page: 1, Pages: (len(root.Children) + perLibrary - 1) / perLibrary, URL: func(n int) string {
		return base + "?" + url.Values{"page": {strconv.Itoa(n)}}.Encode()
	}}
	if n, err := strconv.Atoi(q.Get("page")); err == nil {
		p.Pager.Page = min(max(n, 1), max(p.Pager.Pages, 1))
	}
	if show, err := course.ParseUsageKey(q.Get("show")); err == nil {
		if i := slices.IndexFunc(root.Children, func(c *course.Block) bool { return c.Type == show.Type && c.ID == show.ID }); i >= 0 {
			p.Pager.Page = i/perLibrary + 1
		}
	}
	p.Offset = (p.Pager.Page - 1) * perLibrary
	p.Page = p.Pager.URL(p.Pager.Page)
	some := *root
	some.Children = root.Children[p.Offset:min(p.Offset+perLibrary, len(root.Children))]
	part := *b.Draft
	part.Root = &some
	c, n, err := s.compiled(ctx, head, &part, u)
	if err != nil {
		return p, err
	}
	check, err := s.checker(ctx, head)
	if err != nil {
		return p, err
	}
	by := findingsBy(key, &some, check.CheckPart(b.Draft, some.Children))
	rt, nothing := s.runtime(r, c), draft.NewIndex(nil) // learners have nothing of a library
	for i, child := range c.ChildrenOf(n) {
		one := s.newComponent(ctx, rt, root, nothing, child, newFindingsIn(ctx, key, root, child.Block, by[child.Key]))
		one.First, one.Last = p.Offset+i == 0, p.Offset+i == len(root.Children)-1
		if !p.Previews {
			one.View, one.Seed = nil, ""
			one.Sum += "-closed"
		}
		p.Components = append(p.Components, one)
	}
	if edit {
		p.Offers = s.offers(ctx, root)
		if p.Undo, err = s.undoable(r, head, q); err != nil {
			return p, err
		}
	}
	sum := sha256.New()
	for _, one := range p.Components {
		_, _ = io.WriteString(sum, one.Anchor+one.Sum)
	}
	p.Sum = hex.EncodeToString(sum.Sum(nil)[:8])
	return p, nil
}

// setPreviews serves POST /library/KEY, a form: whether the page shows its blocks as learners see them, or their names alone.
func (s *Server) setPreviews(w http.ResponseWriter, r *http.Request) error {
	key, by, edit, err := s.enterLibrary(r)
	if err != nil {
		return err
	}
	if !edit {
		return fault.Errorf(fault.Forbidden, "%w", by.May(key)).Say("studio.forbidden")
	}
	if err := page.ParseForm(r, 0); err != nil {
		return err
	}
	on, err := strconv.ParseBool(r.PostForm.Get("previews"))
	if err != nil {
		return fault.Invalidf("previews %q", r.PostForm.Get("previews")).Field("previews", "draft.bad_value").Say("draft.bad_value")
	}
	op := draft.Update{Block: key.Usage("library", "library"), Set: course.Fields{"show_children_previews": course.JSON(on)}}
	if _, err := s.Editor.Apply(r.Context(), draft.Edit{Key: key, By: by, Ops: []draft.Op{op}}); err != nil {
		return err
	}
	if page.WantsJSON(r) {
		return page.JSON(w, r, http.StatusOK, map[string]bool{"show_children_previews": on})
	}
	to := libraryURL(key)
	if n, err := strconv.Atoi(r.PostForm.Get("page")); err == nil && n > 1 {
		to += "?page=" + strconv.Itoa(n)
	}
	return page.Redirect(w, r, to)
}

// drawnFrom is what a block of a course takes from a library, as its authors see it in place of what a learner would.
type drawnFrom struct {
	Library  string // its name; "" where none is chosen
	Key      string
	URL      string
	Words    string // how many are shown, of how many
	Kind     string // what is chosen from, where not everything is
	Problems []string
	Outdated bool
	Update   bool // it can be updated
	Names    []string
	More     int
	Inside   string
	Part     string
	From     string
	Seen     string
}

// mostNames is how many copies a block lists by name.
const mostNames = 12

// newDrawnFrom tells what a block takes from its library. Of a library its reader may not see it tells the key, which the block has.
func (s *Server) newDrawnFrom(ctx context.Context, by draft.Author, head modulestore.Head, n *course.Node, from string) (drawnFrom, error) {
	b := n.Block
	p := drawnFrom{Part: partURL(n.Key), Inside: containerURL(n.Key), From: from, Seen: string(head.Draft)}
	say := func(id string, args ...any) { p.Problems = append(p.Problems, i18n.T(ctx, id, args...)) }
	most, all := courseware.MostShown(b), len(b.Children)
	p.Words = i18n.T(ctx, "library.block.some", min(most, all), all)
	if most < 0 {
		p.Words = i18n.T(ctx, "library.block.all", all)
	}
	if kind, _ := b.Fields["capa_type"].Text(); kind != "" && kind != "any" {
		p.Kind = i18n.T(ctx, "library.block.kind", optionOf(ctx, b.Type, course.Field{Name: "capa_type"}, course.Text(kind)))
	}
	for i, c := range b.Children {
		if i == mostNames {
			p.More = all - i
			break
		}
		p.Names = append(p.Names, nameOf(c))
	}
	key, ok := draft.SourceLibrary(b)
	if text, _ := b.Fields["source_library_id"].Text(); !ok {
		if b.Type == "library_content" {
			if strings.TrimSpace(text) == "" {
				say("library.block.none")
			} else {
				say("library.block.bad", text)
			}
		}
		return p, nil
	}
	p.Key, p.Library = key.String(), key.String()
	if err := by.MayRead(key); err != nil {
		say("draft.library.forbidden", key.String())
		return p, nil //nolint:nilerr // it is said
	}
	now, err := s.Editor.Courses.Head(ctx, key)
	switch {
	case fault.Is(err, fault.NotFound):
		say("library.block.gone", key.String())
		return p, nil
	case err != nil:
		return p, err
	}
	library, _, err := s.Editor.Courses.ContentAt(ctx, now.Draft)
	if err != nil {
		return p, err
	}
	p.Library, p.URL, p.Update = nameOf(library.Root), libraryURL(key), true
	p.Outdated = draft.SourceVersion(b) != now.Draft
	switch {
	case p.Outdated:
		say("library.block.outdated")
	case all == 0:
		say("library.block.empty")
	case most > all:
		say("library.block.few", most, all)
	}
	return p, nil
}

// sync brings a block up to date with its library, and the files its copies show along.
func (s *Server) sync(r *http.Request, by draft.Author, u course.UsageKey, seen course.VersionID) (acted, error) {
	done, err := s.Editor.Apply(r.Context(), draft.Edit{Key: u.Course, By: by, Seen: seen, Ops: []draft.Op{draft.Sync{Block: u}}})
	if err != nil {
		return acted{}, err
	}
	out := acted{Seen: string(done.Head.Draft), notice: page.Notice{Kind: "success", ID: "library.did.synced"}}
	if done.Head.Draft == done.Before.Draft {
		out.notice.ID = "library.did.nothing"
	}
	if len(done.Clashing) > 0 {
		out.notice = page.Notice{Kind: "warning", ID: "library.did.files", Args: []string{strings.Join(done.Clashing, ", ")}}
	}
	if done.Head != done.Before {
		s.note(r, "library_content.updated", u, map[string]string{"version": string(done.Head.Draft)})
	}
	return out, nil
}

// callLibrary serves the handlers that authors' scripts know of a block that takes from a library; ok is false for any other.
func (s *Server) callLibrary(w http.ResponseWriter, r *http.Request, u course.UsageKey, name string) (ok bool, err error) {
	if u.Type != "library_content" {
		return false, nil
	}
	switch name {
	case "children_are_syncing": // it is done when it is answered
		by, u, err := s.enterUsage(r, u)
		_ = by
		if err != nil {
			return true, err
		}
		if err := s.inDraft(r, u); err != nil {
			return true, err
		}
		return true, page.JSON(w, r, http.StatusOK, false)
	case "upgrade_and_sync", "refresh_children":
	default:
		return false, nil
	}
	by, u, err := s.enterUsage(r, u)
	if err != nil {
		return true, err
	}
	if r.Method != http.MethodPost {
		return true, fault.Invalidf("%s by %s", name, r.Method).Say("draft.bad_value")
	}
	if err := s.inDraft(r, u); err != nil {
		return true, err
	}
	got, err := s.sync(r, by, u, "")
	if f, known := fault.As(err); known && f.Kind == fault.NotFound { // the block is there: it is the library that is not
		err = fault.Invalidf("%w", err).Say(f.Message, f.Args...)
	}
	if err != nil {
		return true, err
	}
	return true, page.JSON(w, r, http.StatusOK, map[string]string{"result": "success", "seen": got.Seen})
}

// inDraft says whether a draft has a block.
func (s *Server) inDraft(r *http.Request, u course.UsageKey) error {
	_, b, err := s.Editor.Read(r.Context(), u.Course)
	if err != nil {
		return err
	}
	if draft.Block(b.Draft, u) == nil {
		return fault.NotFoundf("block %s is not in the draft", u).Say("draft.gone")
	}
	return nil
}

// libraryChoices are the libraries a block may take from: those whoever asks may see, and the one it takes from now.
func (s *Server) libraryChoices(ctx context.Context, by draft.Author, now string) ([]ui.Option, error) {
	all, err := s.editable(ctx, by, true)
	if err != nil {
		return nil, err
	}
	out := []ui.Option{{Value: "", Label: i18n.T(ctx, "library.choose"), Selected: now == ""}}
	known := now == ""
	for _, l := range all {
		out = append(out, ui.Option{Value: l.Key.String(), Label: l.Name + " (" + l.Key.Org + " · " + l.Key.Number + ")", Selected: l.Key.String() == now})
		known = known || l.Key.String() == now
	}
	if !known {
		out = append(out, ui.Option{Value: now, Label: now, Selected: true})
	}
	return out, nil
}

// chooseLibrary makes the setting that names a library a choice among those the author may see.
func (s *Server) chooseLibrary(r *http.Request, groups []fieldGroup) error {
	by, err := s.author(r)
	if err != nil {
		return err
	}
	for i := range groups {
		for j := range groups[i].Fields {
			f := &groups[i].Fields[j]
			if f.Name != "source_library_id" {
				continue
			}
			if f.Options, err = s.libraryChoices(r.Context(), by, f.Value); err != nil {
				return err
			}
			f.Look = "select"
		}
	}
	return nil
}

// sourceView draws what a block takes from a library, for its authors.
func (s *Server) sourceView(ctx context.Context, by draft.Author, n *course.Node, seen, from string) templ.Component {
	p, err := s.newDrawnFrom(ctx, by, modulestore.Head{Draft: course.VersionID(seen)}, n, from)
	if err != nil {
		return ui.Notice(ui.NoticeProps{Kind: "error", Text: i18n.T(ctx, "component.broken")})
	}
	return librarySource(p)
}
