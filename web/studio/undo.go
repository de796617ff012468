package studio

import (
	"net/http"
	"net/url"
	"strings"

	"lyceum/authoring/draft"
	"lyceum/course"
	"lyceum/course/modulestore"
	"lyceum/internal/fault"
	"lyceum/web/i18n"
	"lyceum/web/page"
)

// Each act can be taken back. What it began with and what it left is named by versions, in the page that did it and in the address a form
// leads to; the versions are the course's own, so that nothing can be forged with them.

// undoOf names the versions an act lies between, and the lists of files where it changed them; "" when it changed nothing.
func undoOf(done draft.Done) string {
	if done.Before == done.Head {
		return ""
	}
	parts := []string{string(done.Before.Draft), string(done.Before.Published), string(done.Head.Draft), string(done.Head.Published)}
	if done.Before.Files != done.Head.Files {
		parts = append(parts, done.Before.Files, done.Head.Files)
	}
	return strings.Join(parts, ".")
}

// readUndo is the inverse of undoOf.
func readUndo(text string) (u draft.Undo, ok bool) {
	parts := strings.Split(text, ".")
	if len(parts) != 4 && len(parts) != 6 {
		return u, false
	}
	u.Before = modulestore.Head{Draft: course.VersionID(parts[0]), Published: course.VersionID(parts[1])}
	u.After = modulestore.Head{Draft: course.VersionID(parts[2]), Published: course.VersionID(parts[3])}
	if len(parts) == 6 {
		u.Before.Files, u.After.Files = parts[4], parts[5]
	}
	return u, u.Before.Draft != "" && u.After.Draft != ""
}

// takeBack does the act "undo": what a page or an address names is taken back.
func (s *Server) takeBack(r *http.Request, by draft.Author, key course.Key, was string) (acted, error) {
	u, ok := readUndo(was)
	if !ok {
		return acted{}, fault.Invalidf("undo %q", was).Say("studio.undo.unknown")
	}
	done, err := s.Editor.Undo(r.Context(), by, key, u)
	if err != nil {
		return acted{}, err
	}
	out := newActed(done, page.Notice{Kind: "success", ID: "studio.did.undone"})
	out.Undo = ""
	return out, nil
}

// undoQuery is what an address carries so that the page there offers to take an act back.
func undoQuery(act string, u course.UsageKey, was string) url.Values {
	return url.Values{"did": {act}, "block": {u.String()}, "was": {was}}
}

// undoProps offers to undo what was just done.
type undoProps struct {
	Part, Text, Was string
}

// undoable is the offer to take back the act that the address names; nil for none.
func (s *Server) undoable(r *http.Request, head modulestore.Head, q url.Values) (*undoProps, error) {
	u, err := course.ParseUsageKey(q.Get("block"))
	undo, ok := readUndo(q.Get("was"))
	if err != nil || !ok {
		return nil, nil //nolint:nilnil,nilerr // nothing was done, or somebody made the address up
	}
	u = head.Key.Usage(u.Type, u.ID)
	out := &undoProps{Part: partURL(u), Was: q.Get("was"), Text: i18n.T(r.Context(), "studio.undo.offer")}
	text := map[string]string{"delete": "studio.outline.deleted", "discard": "studio.outline.discarded"}[q.Get("did")]
	if text == "" {
		return out, nil
	}
	was, err := s.since(r.Context(), head.Key, string(undo.Before.Draft))
	if err != nil || was.Draft == nil {
		return nil, err
	}
	b := draft.Block(was.Draft, u)
	if b == nil {
		return nil, nil //nolint:nilnil // it was not there either
	}
	out.Text = i18n.T(r.Context(), text, nameOf(b))
	return out, nil
}

// tooLate leads back with words when an act can no longer be taken back; ok is false for other errors.
func tooLate(w http.ResponseWriter, r *http.Request, to string, err error) (ok bool, failed error) {
	if !draft.IsTooLate(err) {
		return false, nil
	}
	f, _ := fault.As(err)
	args := make([]string, len(f.Args))
	for i, a := range f.Args {
		args[i], _ = a.(string)
	}
	return true, page.Redirect(w, r, to, page.Notice{Kind: "error", ID: f.Message, Args: args})
}
