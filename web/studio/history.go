package studio

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"lyceum/authoring/draft"
	"lyceum/authoring/files"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/ui"
)

// What a course, or one block of it, was: its versions, what each changed, and the way back to any of them. Nothing is ever taken from the list:
// going back is a version, too.

func historyRoutes(s *Server, rt routes) {
	rt.get("/history/*", forBoth(s.showHistory))
	rt.post("/history/*", forBoth(s.restore))
}

// perHistory is how many versions one page looks through.
const perHistory = 40

// historyPlace is what a history is of.
type historyPlace struct {
	by    draft.Author
	key   course.Key
	block course.UsageKey // zero for the whole course
}

func (p historyPlace) url() string {
	if p.block.IsZero() {
		return "/history/" + p.key.String()
	}
	return "/history/" + p.block.String()
}

// of is the block in one version; for the whole course its root.
func (p historyPlace) of(c *course.Content) *course.Block {
	if p.block.IsZero() {
		return c.Root
	}
	return draft.Block(c, p.block)
}

// enterHistory is enter for the course or block whose key is the rest of the path.
func (s *Server) enterHistory(r *http.Request) (historyPlace, error) {
	text := strings.TrimSuffix(param(r, "*"), "/")
	if key, err := course.ParseKey(text); err == nil {
		by, err := s.enter(r, key)
		return historyPlace{by: by, key: key.Bare()}, err
	}
	by, u, err := s.enterBlock(r)
	p := historyPlace{by: by, key: u.Course.Bare(), block: u}
	if u.Type == "course" || u.Type == "library" {
		p.block = course.UsageKey{}
	}
	return p, err
}

// historyProps is a page of versions.
type historyProps struct {
	framed
	Name     string
	Action   string
	Seen     string
	Versions []versionProps
	Older    string // address of the next page
	Newest   string // address of the first page, on the others
	Undo     string // version to go back to after one was restored
	Problem  string
	Back     string
}

type versionProps struct {
	ID      string
	Author  string
	At      time.Time
	Words   string
	Changes string // address of what it changed
	Now     bool   // it is in force
}

// versionInfo is a version as programs read it.
type versionInfo struct {
	ID     string    `json:"version"`
	Author string    `json:"author"`
	Time   time.Time `json:"time"`
	Words  string    `json:"message"`
}

// lookBack is how long a page looks for versions in which a block changed before it offers to go on.
const lookBack = time.Second

// showHistory serves GET /history/KEY: the versions, newest first, from ?from=VERSION on; with ?version=VERSION what that one changed, or how it
// differs from the one of &with=VERSION; with ?restore=VERSION which files come back with it.
func (s *Server) showHistory(w http.ResponseWriter, r *http.Request) error {
	at, err := s.enterHistory(r)
	if err != nil {
		return err
	}
	switch q := r.URL.Query(); {
	case q.Get("version") != "":
		return s.showDifference(w, r, at)
	case q.Get("restore") != "":
		return s.showBring(w, r, at)
	}
	return s.renderHistory(w, r, at, http.StatusOK, "")
}

func (s *Server) renderHistory(w http.ResponseWriter, r *http.Request, at historyPlace, status int, problem string) error {
	ctx := r.Context()
	head, b, err := s.Editor.Read(ctx, at.key)
	if err != nil {
		return err
	}
	from := course.VersionID(r.URL.Query().Get("from"))
	var list []course.Version
	var next course.VersionID
	if at.block.IsZero() {
		if list, err = s.Editor.History(ctx, at.by, at.key, course.Draft, from, perHistory+1); err != nil {
			return err
		}
		if len(list) > perHistory {
			list, next = list[:perHistory], list[perHistory].ID
		}
	} else {
		// A block changes in few versions of its course: it is looked further back until the page has something, or that takes long.
		var steps []draft.Step
		next = from
		for began := time.Now(); len(steps) < perHistory/2; {
			var more []draft.Step
			if more, next, err = s.Editor.BlockHistory(ctx, at.by, at.block, course.Draft, next, perHistory); err != nil {
				return err
			}
			steps = append(steps, more...)
			if next == "" || time.Since(began) > lookBack {
				break
			}
		}
		for _, step := range steps {
			list = append(list, step.Version)
		}
		if len(list) == 0 && next == "" && from == "" {
			return fault.NotFoundf("block %s was never in the draft", at.block).Say("draft.gone")
		}
	}
	if page.WantsJSON(r) {
		out := []versionInfo{}
		for _, v := range list {
			out = append(out, versionInfo{string(v.ID), v.Author, v.Time.UTC(), v.Message})
		}
		return page.JSON(w, r, http.StatusOK, map[string]any{"versions": out, "next": next, "seen": head.Draft})
	}
	here := "history"
	name := nameOf(b.Draft.Root)
	if !at.block.IsZero() {
		here, name = "", at.block.ID
		if block := draft.Block(b.Draft, at.block); block != nil {
			name = nameOf(block)
		}
	}
	p := historyProps{
		framed: s.frame(w, r, at.key, b.Draft.Root, here, i18n.T(ctx, "studio.history.of", name)), Name: name, Action: at.url(), Seen: string(head.Draft), Problem: problem,
		Undo: offered(r.URL.Query().Get("was")), Back: s.placeURL(b.Draft, at),
	}
	for i, v := range list {
		p.Versions = append(p.Versions, versionProps{
			ID: string(v.ID), Author: cmp.Or(v.Author, i18n.T(ctx, "studio.history.command")), At: v.Time.UTC(), Words: v.Message,
			Changes: at.url() + "?" + url.Values{"version": {string(v.ID)}}.Encode(), Now: i == 0 && from == "",
		})
	}
	if next != "" {
		p.Older = at.url() + "?" + url.Values{"from": {string(next)}}.Encode()
	}
	if from != "" {
		p.Newest = at.url()
	}
	return page.RenderStatus(w, r, status, historyPage(p))
}

// placeURL is where what a history is of is written.
func (s *Server) placeURL(c *course.Content, at historyPlace) string {
	if at.block.IsZero() {
		return courseURL(at.key)
	}
	if at.key.Form == course.FormLibrary {
		return s.backOf(&http.Request{URL: &url.URL{}}, c, at.block)
	}
	if unit, ok := draft.UnitOf(c, at.block); ok {
		if unit == at.block {
			return containerURL(unit)
		}
		return containerURL(unit) + "#" + url.PathEscape(at.block.Type+"-"+at.block.ID)
	}
	return courseURL(at.key) + "?" + url.Values{"show": {at.block.String()}}.Encode()
}

// differenceInfo is a difference as programs read it.
type differenceInfo struct {
	Locator   string               `json:"locator"`
	Name      string               `json:"display_name"`
	Added     bool                 `json:"added,omitempty"`
	Removed   bool                 `json:"removed,omitempty"`
	Moved     bool                 `json:"moved,omitempty"`
	Reordered bool                 `json:"reordered,omitempty"`
	Fields    map[string][2]string `json:"fields,omitempty"` // old and new, as JSON; "" is unset
	Text      bool                 `json:"data_changed,omitempty"`
}

// showDifference serves GET /history/KEY?version=V[&with=W].
func (s *Server) showDifference(w http.ResponseWriter, r *http.Request, at historyPlace) error {
	ctx, q := r.Context(), r.URL.Query()
	head, b, err := s.Editor.Read(ctx, at.key)
	if err != nil {
		return err
	}
	line, err := s.Editor.History(ctx, at.by, at.key, course.Draft, course.VersionID(q.Get("version")), 2)
	if err != nil {
		return err
	}
	if with := q.Get("with"); with != "" {
		other, err := s.Editor.History(ctx, at.by, at.key, course.Draft, course.VersionID(with), 1)
		if err != nil {
			return err
		}
		line = []course.Version{line[0], other[0]}
	}
	now, err := s.Editor.Version(ctx, at.by, at.key, line[0].ID)
	if err != nil {
		return err
	}
	was := &course.Content{Key: at.key, Root: &course.Block{Type: "course", ID: now.Root.ID}}
	if len(line) > 1 {
		if was, err = s.Editor.Version(ctx, at.by, at.key, line[1].ID); err != nil {
			return err
		}
	}
	var found []draft.Difference
	if at.block.IsZero() {
		found = draft.Compare(was, now)
	} else {
		found = draft.CompareBlocks(at.key, at.of(was), at.of(now))
	}
	var before course.VersionID
	if len(line) > 1 {
		before = line[1].ID
	}
	changed, err := s.changedFiles(ctx, at, before, line[0].ID, was, now)
	if err != nil {
		return err
	}
	if page.WantsJSON(r) {
		return page.JSON(w, r, http.StatusOK, map[string]any{"version": line[0].ID, "differences": differencesInfo(found), "files": filesInfo(changed)})
	}
	name := nameOf(b.Draft.Root)
	if block := at.of(now); !at.block.IsZero() {
		if name = at.block.ID; block != nil {
			name = nameOf(block)
		}
	}
	p := differenceProps{
		framed: s.frame(w, r, at.key, b.Draft.Root, "", i18n.T(ctx, "studio.history.change_of", name)), Name: name, History: at.url(), Action: at.url(), Seen: string(head.Draft),
		New: newVersion(ctx, line[0]),
	}
	p.New.Now = line[0].ID == head.Draft
	size := 0
	for i, d := range found {
		if i == mostDifferent || size > mostShown {
			p.More = len(found) - i
			break
		}
		one := newDifferent(ctx, d, was, now)
		size += one.size()
		p.Blocks = append(p.Blocks, one)
	}
	for _, d := range changed {
		p.Files = append(p.Files, newDifferentFile(ctx, d))
	}
	return page.Render(w, r, differencePage(p))
}

func differencesInfo(found []draft.Difference) []differenceInfo {
	out := []differenceInfo{}
	for _, d := range found {
		one := differenceInfo{
			Locator: d.Block.String(), Name: d.Name, Added: d.Added, Removed: d.Removed, Moved: !d.To.IsZero(), Reordered: d.Reordered, Text: d.Text,
			Fields: map[string][2]string{},
		}
		for _, f := range d.Fields {
			one.Fields[f.Name] = [2]string{string(f.Old), string(f.New)}
		}
		out = append(out, one)
	}
	return out
}

// offered is what an address offers to take back, "" where it names nothing that could be.
func offered(was string) string {
	if _, ok := readUndo(was); !ok {
		return ""
	}
	return was
}

func newVersion(ctx context.Context, v course.Version) versionProps {
	return versionProps{ID: string(v.ID), Author: cmp.Or(v.Author, i18n.T(ctx, "studio.history.command")), At: v.Time.UTC(), Words: v.Message}
}

// restore serves POST /history/KEY: version comes back as a new version of the draft, or, with "was", a restoring is taken back. What has no draft reaches learners at once. A course gets
// the files of that version, too. Of a block the files it names can be chosen ("file", many); where some are gone or are others now, and the
// author was not asked ("asked"), a page asks.
func (s *Server) restore(w http.ResponseWriter, r *http.Request) error {
	at, err := s.enterHistory(r)
	if err != nil {
		return err
	}
	if err := page.ParseForm(r, 0); err != nil {
		return err
	}
	if was := r.PostForm.Get("was"); was != "" {
		return s.takeBackRestored(w, r, at, was)
	}
	version, seen := course.VersionID(r.PostForm.Get("version")), course.VersionID(r.PostForm.Get("seen"))
	bring := files.Restored{Key: at.key, Version: version, Seen: seen}
	var missing []files.Difference
	if !at.block.IsZero() {
		if missing, err = s.Files.Missing(r.Context(), at.by, version, at.block); err != nil {
			return err
		}
		if bring.Names = r.PostForm["file"]; len(missing) > 0 && len(bring.Names) == 0 && r.PostForm.Get("asked") == "" && !page.WantsJSON(r) {
			http.Redirect(w, r, at.url()+"?"+url.Values{"restore": {string(version)}, "seen": {string(seen)}}.Encode(), http.StatusSeeOther)
			return nil
		}
	}
	edit := draft.Edit{Key: at.key, By: at.by, Seen: seen, Ops: []draft.Op{draft.Restore{Version: version, Block: at.block}}}
	if at.block.IsZero() || len(bring.Names) > 0 {
		edit.Files = s.Files.Restoring(bring)
	}
	done, err := s.Editor.Apply(r.Context(), edit)
	target := at.block
	if target.IsZero() {
		target = at.key.Usage("course", "")
		target.Type = ""
	}
	if err == nil && done.Head != done.Before {
		s.note(r, "course.version_restored", target, map[string]string{"version": string(version), "before": string(done.Before.Draft)})
	}
	if page.WantsJSON(r) {
		if err != nil {
			return err
		}
		left := slices.DeleteFunc(missing, func(d files.Difference) bool { return slices.Contains(bring.Names, d.Name) })
		return page.JSON(w, r, http.StatusOK, map[string]any{"seen": done.Head.Draft, "undo": undoOf(done), "files": filesInfo(left)})
	}
	if lost := (*draft.Lost)(nil); errors.As(err, &lost) {
		return s.renderHistory(w, r, at, http.StatusConflict, i18n.T(r.Context(), "studio.history.moved", cmp.Or(lost.Author, i18n.T(r.Context(), "studio.history.command"))))
	}
	if err != nil {
		return err
	}
	return page.Redirect(w, r, at.url()+"?"+url.Values{"was": {undoOf(done)}}.Encode(), page.Notice{Kind: "success", ID: "studio.history.restored"})
}

// takeBackRestored undoes a restoring: learners get back what they lost by it, and what others did since stays.
func (s *Server) takeBackRestored(w http.ResponseWriter, r *http.Request, at historyPlace, was string) error {
	out, err := s.takeBack(r, at.by, at.key, was)
	if draft.IsTooLate(err) && !page.WantsJSON(r) {
		f, _ := fault.As(err)
		return s.renderHistory(w, r, at, http.StatusConflict, newRefusal(r, f).Message)
	}
	if err != nil {
		return err
	}
	if page.WantsJSON(r) {
		out.Words = i18n.T(r.Context(), out.notice.ID)
		return page.JSON(w, r, http.StatusOK, out)
	}
	return page.Redirect(w, r, at.url(), out.notice)
}

// bringProps asks which files come back with a block.
type bringProps struct {
	framed
	Name          string
	History       string
	Action        string
	Version, Seen string
	Files         []bringFile
}

type bringFile struct {
	differentFile
	Gone bool
	Used string // where the file that is there now is used
}

// showBring serves GET /history/KEY?restore=V: which of the files that version of a block names, and that are gone or others now, come back.
func (s *Server) showBring(w http.ResponseWriter, r *http.Request, at historyPlace) error {
	ctx, q := r.Context(), r.URL.Query()
	version := course.VersionID(q.Get("restore"))
	if at.block.IsZero() {
		http.Redirect(w, r, at.url(), http.StatusSeeOther)
		return nil
	}
	missing, err := s.Files.Missing(ctx, at.by, version, at.block)
	if err != nil {
		return err
	}
	used, err := s.Files.Usage(ctx, at.by, at.key)
	if err != nil {
		return err
	}
	head, b, err := s.Editor.Read(ctx, at.key)
	if err != nil {
		return err
	}
	name := at.block.ID
	if block := draft.Block(b.Draft, at.block); block != nil {
		name = nameOf(block)
	}
	p := bringProps{
		framed: s.frame(w, r, at.key, b.Draft.Root, "", i18n.T(ctx, "studio.history.bring", name)), Name: name, History: at.url(), Action: at.url(),
		Version: string(version), Seen: cmp.Or(q.Get("seen"), string(head.Draft)),
	}
	for _, d := range missing {
		f := bringFile{differentFile: newDifferentFile(ctx, d), Gone: d.New == nil}
		if places := used[d.Name]; len(places) > 0 {
			f.Used = i18n.T(ctx, "files.uses", len(places))
		}
		p.Files = append(p.Files, f)
	}
	return page.Render(w, r, bringPage(p))
}

// restoreButton is what the button of a version shows.
func restoreButton(ctx context.Context, v versionProps) ui.ButtonProps {
	return ui.ButtonProps{Label: i18n.T(ctx, "studio.history.restore"), Size: "small", Icon: "rotate-ccw", Attrs: map[string]any{"aria-label": i18n.T(ctx, "studio.history.restore_of", v.At)}}
}
