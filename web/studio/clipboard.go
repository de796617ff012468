package studio

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"lyceum/authoring/clipboard"
	"lyceum/authoring/draft"
	"lyceum/course"
	"lyceum/course/olx"
	"lyceum/internal/fault"
	"lyceum/web/i18n"
	"lyceum/web/page"
)

// Copying and pasting. Pages do it by the acts "copy" and "paste" of POST /part/KEY; programs by the doors below and by POST /xblock/.

func clipboardRoutes(s *Server, rt routes) {
	rt.get("/api/content-staging/v1/clipboard", forPrograms(s.showClipboard))
	rt.post("/api/content-staging/v1/clipboard", forPrograms(s.copyBlock))
	rt.get("/api/content-staging/v1/staged-content/{id}/olx", forPrograms(s.showStaged))
}

// clipboardInfo is what an author has copied, as programs read it. With nothing copied content is null and the rest empty.
type clipboardInfo struct {
	Content *stagedInfo `json:"content"`
	Block   string      `json:"source_usage_key"`
	Title   string      `json:"source_context_title"` // name of the course
	Edit    string      `json:"source_edit_url"`      // "" where the reader may not edit it any more
}

type stagedInfo struct {
	ID      int64     `json:"id"`
	User    int64     `json:"user_id"`
	Created time.Time `json:"created"`
	Purpose string    `json:"purpose"`
	Status  string    `json:"status"`
	Type    string    `json:"block_type"`
	Word    string    `json:"block_type_display"`
	OLX     string    `json:"olx_url"`
	Name    string    `json:"display_name"`
}

// showClipboard serves GET /api/content-staging/v1/clipboard/.
func (s *Server) showClipboard(w http.ResponseWriter, r *http.Request) error {
	by, err := s.author(r)
	if err != nil {
		return err
	}
	it, ok, err := s.Clipboard.Find(r.Context(), by, int64(page.Viewer(r).ID))
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	if !ok {
		return page.JSON(w, r, http.StatusOK, clipboardInfo{})
	}
	return page.JSON(w, r, http.StatusOK, newClipboardInfo(r, it))
}

// copyBlock serves POST /api/content-staging/v1/clipboard/.
func (s *Server) copyBlock(w http.ResponseWriter, r *http.Request) error {
	var ask struct {
		Block string `json:"usage_key"`
	}
	if err := s.readJSON(r, &ask); err != nil {
		return err
	}
	by, u, err := s.locator(r, "usage_key", ask.Block)
	if err != nil {
		return err
	}
	it, err := s.Clipboard.Copy(r.Context(), by, int64(page.Viewer(r).ID), u)
	if err != nil {
		return err
	}
	return page.JSON(w, r, http.StatusOK, newClipboardInfo(r, it))
}

// showStaged serves GET /api/content-staging/v1/staged-content/ID/olx: what the reader has copied, as one element.
func (s *Server) showStaged(w http.ResponseWriter, r *http.Request) error {
	by, err := s.author(r)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err != nil {
		return fault.NotFoundf("staged content %q", chi.URLParam(r, "id"))
	}
	it, ok, err := s.Clipboard.Find(r.Context(), by, int64(page.Viewer(r).ID))
	if err != nil {
		return err
	}
	if !ok || it.ID != id { // another person's is not told from none
		return fault.NotFoundf("staged content %d", id).Say("clipboard.gone")
	}
	b, err := s.Clipboard.Content(r.Context(), it)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/vnd.openedx.xblock.v1."+b.Type+"+xml")
	w.Header().Set("Content-Disposition", `attachment; filename="`+b.Type+`.olx"`)
	w.Header().Set("Cache-Control", "no-store")
	_, err = w.Write(olx.Element(b))
	return err
}

func newClipboardInfo(r *http.Request, it clipboard.Item) clipboardInfo {
	word := partWord(r.Context(), it.Block.Type)
	return clipboardInfo{
		Block: it.Block.String(), Title: it.CourseName, Edit: origin(r) + sourceURL(it.Block),
		Content: &stagedInfo{
			ID: it.ID, User: it.User, Created: it.Copied, Purpose: "clipboard", Status: "ready", Type: it.Block.Type, Word: word, Name: cmp.Or(it.Name, word),
			OLX: origin(r) + "/api/content-staging/v1/staged-content/" + strconv.FormatInt(it.ID, 10) + "/olx",
		},
	}
}

// origin is this face as whoever asks reaches it.
func origin(r *http.Request) string {
	known := page.Known(r)
	if known.Secure {
		return "https://" + known.Host
	}
	return "http://" + known.Host
}

// sourceURL is where a block that was copied is seen: its place in the outline, or the page of a component.
func sourceURL(u course.UsageKey) string {
	if draft.Direct(u.Type) {
		return courseURL(u.Course) + "?" + url.Values{"show": {u.String()}}.Encode()
	}
	if course.Containers[u.Type] {
		return containerURL(u)
	}
	return editURL(u)
}

// fileNotices say what became of the files a pasted block shows, by name.
type fileNotices struct {
	New      []string `json:"new_files"`
	Clashing []string `json:"conflicting_files"` // the course has another file of that name, which stays
	Failed   []string `json:"error_files"`
}

func newFileNotices(done draft.Done) *fileNotices {
	return &fileNotices{New: append([]string{}, done.Brought...), Clashing: append([]string{}, done.Clashing...), Failed: []string{}}
}

// paste does POST /xblock/ with staged content.
func (s *Server) paste(w http.ResponseWriter, r *http.Request, by draft.Author, parent course.UsageKey, ask newBlock) error {
	if ask.Staged != "clipboard" {
		return fault.Invalidf("staged content %q", ask.Staged).Say("studio.xblock.no_clipboard")
	}
	to := clipboard.Target{Parent: parent, Seen: course.VersionID(ask.Seen)}
	if ask.Index != nil {
		to.At = *ask.Index + 1
	}
	done, _, err := s.Clipboard.Paste(r.Context(), by, int64(page.Viewer(r).ID), to)
	if err != nil {
		return err
	}
	return page.JSON(w, r, http.StatusOK, made{done.Made[0].String(), parent.Course.String(), string(done.Head.Draft), newFileNotices(done)})
}

// copyPart does the act "copy" of a page.
func (s *Server) copyPart(r *http.Request, by draft.Author, u course.UsageKey) (acted, error) {
	it, err := s.Clipboard.Copy(r.Context(), by, int64(page.Viewer(r).ID), u)
	if err != nil {
		return acted{}, err
	}
	name := cmp.Or(it.Name, partWord(r.Context(), it.Block.Type))
	return acted{notice: page.Notice{Kind: "success", ID: "studio.did.copied", Args: []string{name}}}, nil
}

// pastePart does the act "paste" of a page.
func (s *Server) pastePart(r *http.Request, by draft.Author, u course.UsageKey, form url.Values) (acted, error) {
	to := clipboard.Target{Parent: u, Seen: course.VersionID(form.Get("seen"))}
	if at := form.Get("at"); at != "" {
		var err error
		if to.At, err = strconv.Atoi(at); err != nil || to.At < 0 {
			return acted{}, fault.Invalidf("paste at place %q", at).Say("draft.bad_value")
		}
	}
	done, it, err := s.Clipboard.Paste(r.Context(), by, int64(page.Viewer(r).ID), to)
	if err != nil {
		return acted{}, err
	}
	out := newActed(done, page.Notice{Kind: "success", ID: "studio.did.pasted", Args: []string{cmp.Or(it.Name, partWord(r.Context(), it.Block.Type))}})
	out.Notices = newFileNotices(done)
	switch {
	case len(done.Clashing) > 0:
		out.notice = page.Notice{Kind: "warning", ID: "studio.did.pasted_clash", Args: []string{out.notice.Args[0], strings.Join(done.Clashing, ", ")}}
	case len(done.Brought) > 0:
		out.notice.ID, out.notice.Args = "studio.did.pasted_files", append(out.notice.Args, strconv.Itoa(len(done.Brought)))
	}
	return out, nil
}

// clipProps is what an author has copied, on a page where it may be pasted.
type clipProps struct {
	Type   string // of the block
	Word   string // what its kind is called
	Name   string
	Course string // where it is from
	URL    string
	Here   bool   // it is from the course of the page
	Goes   string // where it may be pasted: into the course, a section, a subsection, a unit; "" for none of these
	Paste  string // words of the button
}

// clip finds what the reader has copied for a page about a course; nil for nothing.
func (s *Server) clip(r *http.Request, key course.Key) (*clipProps, error) {
	by, err := s.author(r)
	if err != nil {
		return nil, err
	}
	it, ok, err := s.Clipboard.Find(r.Context(), by, int64(page.Viewer(r).ID))
	if err != nil || !ok {
		return nil, err
	}
	ctx := r.Context()
	p := &clipProps{Type: it.Block.Type, Word: partWord(ctx, it.Block.Type), Course: cmp.Or(it.CourseName, it.Block.Course.String()), Here: it.Block.Course == key.Bare(), URL: sourceURL(it.Block)}
	p.Name = cmp.Or(it.Name, p.Word)
	p.Paste = i18n.T(ctx, "studio.clipboard.paste", p.Name)
	for _, above := range []string{"course", "chapter", "sequential", "vertical"} {
		if p.into(above) {
			p.Goes = above
			break
		}
	}
	return p, nil
}

// into reports whether a page offers to paste what is copied into a block of a type. A component belongs into a unit, even though
// courses of other makers have some straight in a subsection.
func (p *clipProps) into(blockType string) bool {
	return p != nil && draft.MayHold(blockType, p.Type) && (blockType != "sequential" || p.Type == "vertical")
}

// partWord is what a kind of block is called: section, subsection, unit, or the name of a component.
func partWord(ctx context.Context, blockType string) string {
	switch blockType {
	case "chapter":
		return i18n.T(ctx, "studio.outline.section")
	case "sequential":
		return i18n.T(ctx, "studio.outline.subsection")
	case "vertical":
		return i18n.T(ctx, "studio.outline.unit")
	default:
		return kindWord(ctx, blockType)
	}
}
