package studio

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"lyceum/authoring/draft"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/ui"
)

// courseTab is one entry of a course's navigation, with whatever else it came with.
type courseTab map[string]json.RawMessage

func (t courseTab) text(name string) string {
	s, _ := compact(t[name]).Text()
	return s
}

func (t courseTab) isStatic() bool { return t.text("type") == "static_tab" }

func (t courseTab) hidden() bool {
	b, _ := compact(t["is_hidden"]).Bool()
	return b
}

// id is what clients call a tab.
func (t courseTab) id() string {
	if t.isStatic() {
		return "static_tab_" + t.text("url_slug")
	}
	return t.text("type")
}

// fixed reports whether a tab stays where it is: home and the course come first, and are always there.
func (t courseTab) fixed() bool {
	kind := t.text("type")
	return kind == "course_info" || kind == "courseware"
}

// courseTabs are the tabs of a course: those its settings list, or those a course has without such a list.
func courseTabsOf(c *course.Content) []courseTab {
	var list []courseTab
	if c.Root.Fields["tabs"].Decode(&list) && len(list) > 0 {
		return list
	}
	for _, t := range course.DefaultTabs {
		list = append(list, courseTab{"type": json.RawMessage(course.Text(t.Type)), "name": json.RawMessage(course.Text(t.Name))})
	}
	return list
}

// tabName is one tab as clients name it: by its id, or a static page by the key of its block.
type tabName struct {
	ID      string `json:"tab_id"`
	Locator string `json:"tab_locator"`
}

// find is the place of a tab in a list, -1 where it is not.
func (n tabName) find(list []courseTab) int {
	id := n.ID
	if n.Locator != "" {
		u, err := course.ParseUsageKey(n.Locator)
		if err != nil || u.Type != "static_tab" {
			return -1
		}
		id = "static_tab_" + u.ID
	}
	return slices.IndexFunc(list, func(t courseTab) bool { return t.id() == id })
}

// arranged puts tabs into another order; those the order does not name follow what they stood behind.
func arranged(list []courseTab, order []tabName) ([]courseTab, error) {
	rank := make([]int, len(list))
	for i := range rank {
		rank[i] = -1
	}
	for n, name := range order {
		i := name.find(list)
		if i < 0 || rank[i] >= 0 {
			return nil, fault.Invalidf("tab %+v", name).Field("tabs", "studio.tabs.none").Say("studio.tabs.none")
		}
		rank[i] = n
	}
	last := -1
	for i := range rank {
		if rank[i] < 0 {
			rank[i] = last
		}
		last = rank[i]
	}
	places := make([]int, len(list))
	for i := range places {
		places[i] = i
	}
	slices.SortStableFunc(places, func(a, b int) int { return rank[a] - rank[b] })
	out := make([]courseTab, len(list))
	for i, p := range places {
		out[i] = list[p]
	}
	for i := 0; i < len(list) && list[i].fixed(); i++ {
		if out[i].id() != list[i].id() {
			return nil, fault.Invalidf("tab %s would not come first", list[i].id()).Field("tabs", "studio.tabs.first").Say("studio.tabs.first")
		}
	}
	return out, nil
}

// shownTab is a tab as clients read it.
type shownTab struct {
	Type    string `json:"type"`
	Name    string `json:"name"`
	ID      string `json:"tab_id"`
	Locator string `json:"tab_locator,omitempty"`
	Hidden  bool   `json:"is_hidden"`
	Staff   bool   `json:"course_staff_only"`
	Movable bool   `json:"is_movable"`
	Hidable bool   `json:"is_hideable"`
}

func shownTabs(e *courseEdit) []shownTab {
	out := []shownTab{}
	for _, t := range courseTabsOf(e.now) {
		row := shownTab{Type: t.text("type"), Name: t.text("name"), ID: t.id(), Hidden: t.hidden(), Movable: !t.fixed(), Hidable: !t.fixed()}
		row.Staff, _ = compact(t["course_staff_only"]).Bool()
		if t.isStatic() {
			slug := t.text("url_slug")
			row.Locator = e.key.Usage("static_tab", slug).String()
			if p := e.now.Page("static_tab", slug); p != nil && settingText(p.Fields, "display_name") != "" {
				row.Name = settingText(p.Fields, "display_name")
			}
		}
		out = append(out, row)
	}
	return out
}

// retab changes the list of tabs as it is now; when another author was faster, it is changed anew.
func (s *Server) retab(r *http.Request, e *courseEdit, words string, f func([]courseTab) ([]courseTab, error), before ...draft.Op) error {
	for try := 0; ; try++ {
		list, err := f(courseTabsOf(e.now))
		if err != nil {
			return err
		}
		e.seen = e.head.Draft
		_, err = s.change(r, e, words, append(slices.Clone(before), draft.Tabs{List: course.JSON(list)})...)
		if err == nil || try == 3 || !fault.Is(err, fault.Conflict) {
			return err
		}
		if e, err = s.open(r); err != nil {
			return err
		}
	}
}

func hideTab(name tabName, hide bool) func([]courseTab) ([]courseTab, error) {
	return func(list []courseTab) ([]courseTab, error) {
		i := name.find(list)
		if i < 0 {
			return nil, fault.Invalidf("tab %+v", name).Field("tab_id_locator", "studio.tabs.none").Say("studio.tabs.none")
		}
		if list[i].fixed() {
			return nil, fault.Invalidf("tab %+v stays", name).Field("tab_id_locator", "studio.tabs.stays").Say("studio.tabs.stays")
		}
		if hide {
			list[i]["is_hidden"] = json.RawMessage("true")
		} else {
			delete(list[i], "is_hidden")
		}
		return list, nil
	}
}

// putTabs serves POST and PUT /tabs/KEY: {"tabs": […]} is the order, {"tab_id_locator": …, "is_hidden": …} hides one or shows it.
func (s *Server) putTabs(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Tabs   *[]tabName `json:"tabs"`
		Tab    *tabName   `json:"tab_id_locator"`
		TabID  string     `json:"tab_id"`
		Hidden *bool      `json:"is_hidden"`
	}
	e, err := s.readWish(r, &body)
	if err != nil {
		return err
	}
	if body.Tab == nil && body.TabID != "" {
		body.Tab = &tabName{ID: body.TabID}
	}
	switch {
	case body.Tabs != nil:
		err = s.retab(r, e, "Arrange pages", func(list []courseTab) ([]courseTab, error) { return arranged(list, *body.Tabs) })
	case body.Tab != nil && body.Hidden != nil:
		err = s.retab(r, e, "Hide or show a page", hideTab(*body.Tab, *body.Hidden))
	default:
		err = fault.Invalidf("neither an order nor a tab").Say("studio.tabs.what")
	}
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// tabsProps is the list of a course's pages.
type tabsProps struct {
	framed
	Action, Seen string
	Rows         []tabRow
	Add          ui.FieldProps
	Undo         string // versions before a deletion
	UndoOf       string // slug
}

type tabRow struct {
	shownTab
	Kind        string
	First, Last bool
	Edit, Slug  string
}

// tabPageProps is the editor of one static page.
type tabPageProps struct {
	framed
	Action, Seen, Base, Slug, Back, Live string
	Name, Body                           ui.FieldProps
}

// showTabs serves GET /tabs/KEY; with ?page=SLUG the editor of a static page.
func (s *Server) showTabs(w http.ResponseWriter, r *http.Request) error {
	e, err := s.open(r)
	if err != nil {
		return err
	}
	if page.WantsJSON(r) {
		return page.JSON(w, r, http.StatusOK, map[string]any{"tabs": shownTabs(e), "seen": e.head.Draft})
	}
	if slug := r.URL.Query().Get("page"); slug != "" {
		return s.renderTab(w, r, e, slug, nil, nil)
	}
	return page.Render(w, r, tabsPage(s.newTabs(w, r, e, nil)))
}

func (s *Server) newTabs(w http.ResponseWriter, r *http.Request, e *courseEdit, bad map[string]string) tabsProps {
	ctx, q := r.Context(), r.URL.Query()
	p := tabsProps{framed: s.frame(w, r, e.key, e.now.Root, "tabs", i18n.T(ctx, "studio.page.tabs")), Action: r.URL.Path, Seen: string(e.head.Draft), Undo: q.Get("was"), UndoOf: q.Get("deleted")}
	p.Add = ui.FieldProps{Name: "name", Label: i18n.T(ctx, "studio.tabs.name"), Required: true, MaxLength: 255, Error: bad["name"]}
	list := shownTabs(e)
	for i, t := range list {
		row := tabRow{shownTab: t, Kind: i18n.T(ctx, "studio.tabs.built_in"), First: i == 0 || !list[i-1].Movable, Last: i == len(list)-1}
		if t.Locator != "" {
			row.Slug = strings.TrimPrefix(t.ID, "static_tab_")
			row.Kind, row.Edit = i18n.T(ctx, "studio.tabs.static"), r.URL.Path+"?"+url.Values{"page": {row.Slug}}.Encode()
		}
		if row.Name == "" {
			row.Name = t.Type
		}
		p.Rows = append(p.Rows, row)
	}
	return p
}

func (s *Server) renderTab(w http.ResponseWriter, r *http.Request, e *courseEdit, slug string, typed url.Values, bad map[string]string) error {
	ctx := r.Context()
	b := e.now.Page("static_tab", slug)
	if b == nil {
		return fault.NotFoundf("page %q of %s", slug, e.key).Say("draft.gone")
	}
	p := tabPageProps{
		framed: s.frame(w, r, e.key, e.now.Root, "tabs", nameOf(b)), Action: r.URL.Path, Seen: string(e.head.Draft), Slug: slug, Back: r.URL.Path,
		Live: s.LMS(r) + "/courses/" + e.key.String() + "/" + url.PathEscape(slug) + "/",
		Name: ui.FieldProps{Name: "name", Label: i18n.T(ctx, "studio.tabs.name"), Value: nameOf(b), Required: true, MaxLength: 255, Error: bad["name"]},
		Body: ui.FieldProps{Name: "body", Label: i18n.T(ctx, "studio.settings.text"), Value: string(b.Body), Quiet: true, Type: "textarea", Rows: 18, Attrs: map[string]any{"data-richtext": "", "data-course": e.key.String()}},
	}
	status := http.StatusOK
	if typed != nil {
		p.Seen, p.Base, p.Name.Value, p.Body.Value, status = typed.Get("seen"), typed.Get("base"), typed.Get("name"), typed.Get("body"), http.StatusUnprocessableEntity
	}
	return page.RenderStatus(w, r, status, tabPageEditor(p))
}

// saveTabs serves the forms of the pages.
func (s *Server) saveTabs(w http.ResponseWriter, r *http.Request) error {
	e, err := s.openForm(r)
	if err != nil {
		return err
	}
	form := r.PostForm
	slug, name := form.Get("slug"), strings.TrimSpace(form.Get("name"))
	block, tab := e.key.Usage("static_tab", slug), tabName{ID: form.Get("tab")}
	back := func(id string, more ...string) error {
		to := r.URL.Path
		if len(more) > 0 {
			to += "?" + url.Values{"deleted": {more[0]}, "was": {more[1]}}.Encode()
			return page.Redirect(w, r, to)
		}
		return page.Redirect(w, r, to, page.Notice{Kind: "success", ID: id})
	}
	switch form.Get("act") {
	case "up", "down":
		err = s.retab(r, e, "Arrange pages", func(list []courseTab) ([]courseTab, error) {
			i := tab.find(list)
			to := i - 1
			if form.Get("act") == "down" {
				to = i + 1
			}
			if i < 0 || to < 0 || to >= len(list) || list[i].fixed() || list[to].fixed() {
				return nil, fault.Invalidf("move tab %q", tab.ID).Say("studio.tabs.none")
			}
			list[i], list[to] = list[to], list[i]
			return list, nil
		})
		if err == nil {
			return back("studio.tabs.did.moved")
		}
	case "hide", "show":
		if err = s.retab(r, e, "Hide or show a page", hideTab(tab, form.Get("act") == "hide")); err == nil {
			return back("studio.tabs.did." + form.Get("act"))
		}
	case "add":
		if name == "" {
			bad := map[string]string{"name": i18n.T(r.Context(), "studio.part.no_name")}
			return page.RenderStatus(w, r, http.StatusUnprocessableEntity, tabsPage(s.newTabs(w, r, e, bad)))
		}
		e.seen = ""
		done, err := s.change(r, e, "Add page "+string(course.Text(name)), draft.Create{Type: "static_tab", Name: name})
		if err != nil {
			return err
		}
		return page.Redirect(w, r, r.URL.Path+"?"+url.Values{"page": {done.Made[0].ID}}.Encode(), page.Notice{Kind: "success", ID: "studio.tabs.did.added"})
	case "save":
		if name == "" {
			return s.renderTab(w, r, e, slug, form, map[string]string{"name": i18n.T(r.Context(), "studio.part.no_name")})
		}
		done, err := s.savePage(r, e, block, name, form.Get("body"))
		if err != nil {
			return s.refuseSettings(w, r, e, "tabs", err, func(bad map[string]string) error { return s.renderTab(w, r, e, slug, form, bad) })
		}
		id := "studio.settings.saved"
		if done.Head.Draft == done.Before.Draft {
			id = "studio.settings.nothing"
		}
		return back(id)
	case "delete":
		done, err := s.change(r, e, "", draft.Delete{Block: block})
		if err != nil {
			return s.refuseSettings(w, r, e, "tabs", err, func(map[string]string) error { return err })
		}
		return back("", slug, undoOf(done))
	case "undo":
		return s.undoTab(w, r, e, block, form.Get("was"))
	default:
		return fault.Invalidf("act %q", form.Get("act"))
	}
	return err
}

// savePage gives a static page its name and text, where they are new.
func (s *Server) savePage(r *http.Request, e *courseEdit, u course.UsageKey, name, body string) (draft.Done, error) {
	was := e.base.Page(u.Type, u.ID)
	if was == nil {
		return draft.Done{}, fault.NotFoundf("page %s", u).Say("draft.gone")
	}
	op := draft.WritePage{Page: u}
	if name != nameOf(was) {
		op.Set = course.Fields{"display_name": course.Text(name)}
	}
	if body = unixLines(body, string(was.Body)); body != string(was.Body) {
		text := []byte(body)
		op.Body = &text
	}
	if op.Set == nil && op.Body == nil {
		return s.change(r, e, "")
	}
	return s.change(r, e, "", op)
}

// unixLines is a text as it was typed into a form, with the line ends it had before: a browser sends others.
func unixLines(typed, was string) string {
	typed = strings.ReplaceAll(typed, "\r\n", "\n")
	if typed == strings.ReplaceAll(was, "\r\n", "\n") {
		return was
	}
	return typed
}

// undoTab brings a deleted page back, its tab where it stood.
func (s *Server) undoTab(w http.ResponseWriter, r *http.Request, e *courseEdit, u course.UsageKey, was string) error {
	act, ok := readUndo(was)
	if !ok {
		return fault.Invalidf("undo %q", was).Say("studio.undo.unknown")
	}
	version, learners := act.Before.Draft, act.Before.Published
	old, err := s.Editor.Version(r.Context(), e.by, e.key, version)
	if err != nil {
		return err
	}
	err = s.retab(r, e, "Bring a page back", func(list []courseTab) ([]courseTab, error) {
		before := courseTabsOf(old)
		at := tabName{ID: "static_tab_" + u.ID}.find(before)
		if at < 0 || (tabName{ID: "static_tab_" + u.ID}).find(list) >= 0 {
			return list, nil
		}
		return slices.Insert(list, min(at, len(list)), before[at]), nil
	}, draft.Restore{Version: version, Learners: learners, Block: u})
	if err != nil {
		return err
	}
	return page.Redirect(w, r, r.URL.Path, page.Notice{Kind: "success", ID: "studio.did.undone"})
}

// plainIcon is a button of a row: its words are read aloud.
func plainIcon(b ui.ButtonProps) ui.ButtonProps {
	b.IconOnly, b.Kind = true, ui.Plain
	return b
}

// tabRowAttrs mark rows that can be dragged.
func tabRowAttrs(t tabRow) templ.Attributes {
	if !t.Movable {
		return nil
	}
	return templ.Attributes{"data-row": "tab"}
}
