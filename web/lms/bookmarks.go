package lms

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/learner/access"
	"lyceum/learner/completion"
	"lyceum/learner/courseware"
	"lyceum/tracking"
	"lyceum/web/page"
)

func errAttr(err error) slog.Attr { return slog.String("err", err.Error()) }

// bookmarkJSON is one bookmark as clients read it.
type bookmarkJSON struct {
	ID          string     `json:"id"`
	CourseID    string     `json:"course_id"`
	UsageID     string     `json:"usage_id"`
	BlockType   string     `json:"block_type"`
	Created     time.Time  `json:"created"`
	DisplayName *string    `json:"display_name,omitempty"`
	Path        []pathPart `json:"path,omitempty"`
}

type pathPart struct {
	UsageID     string `json:"usage_id"`
	DisplayName string `json:"display_name"`
}

// bookmarkID is how clients name a bookmark.
func bookmarkID(username string, unit course.UsageKey) string { return username + "," + unit.String() }

// bookmarkOf is a bookmark with the fields asked for. The names of a block its reader can no longer see are left out.
func bookmarkOf(r *http.Request, v *visit, m courseware.Bookmark) bookmarkJSON {
	out := bookmarkJSON{
		ID: bookmarkID(page.Viewer(r).Username, m.Block), CourseID: m.Block.Course.String(), UsageID: m.Block.String(),
		BlockType: m.Block.Type, Created: m.Created,
	}
	fields := strings.SplitSeq(r.URL.Query().Get("fields"), ",")
	for f := range fields {
		n, ok := v.Node(m.Block)
		if !ok || !v.Visible(n) {
			break
		}
		switch f {
		case "display_name":
			out.DisplayName = &n.Name
		case "path":
			for _, p := range v.Path(n) {
				if p.Parent >= 0 && p != n {
					out.Path = append(out.Path, pathPart{p.Key.String(), p.Name})
				}
			}
		}
	}
	return out
}

// listBookmarks serves GET /api/bookmarks/v1/bookmarks/?course_id=, the newest first, in pages.
func (s *Server) listBookmarks(w http.ResponseWriter, r *http.Request) error {
	who := page.Viewer(r)
	if !who.SignedIn() {
		return fault.Unauthenticatedf("bookmarks")
	}
	q := r.URL.Query()
	key, err := course.ParseURLKey(q.Get("course_id"))
	if err != nil {
		return fault.Invalidf("course_id: %w", err)
	}
	c, err := s.Courses.Compiled(r.Context(), key)
	if err != nil {
		return err
	}
	marks, err := courseware.Bookmarks(r.Context(), s.DB, who.ID, key)
	if err != nil {
		return err
	}
	v, err := s.visit(r, c, nil)
	if err != nil {
		return err
	}
	size, current := atoi(q.Get("page_size")), max(1, atoi(q.Get("page")))
	if size < 1 || size > 100 {
		size = 10
	}
	pages := max(1, (len(marks)+size-1)/size)
	if current > pages {
		return fault.NotFoundf("page %d of %d", current, pages)
	}
	from := (current - 1) * size
	results := []bookmarkJSON{}
	for _, m := range marks[from:min(from+size, len(marks))] {
		results = append(results, bookmarkOf(r, v, m))
	}
	link := func(n int) *string {
		if n < 1 || n > pages {
			return nil
		}
		u := *r.URL
		v := u.Query()
		v.Set("page", itoa(n))
		u.RawQuery = v.Encode()
		text := page.Known(r).Origin() + u.String()
		return &text
	}
	s.Emitter.Emit(r.Context(), tracking.Server(s.Track(r), tracking.BookmarkListed, tracking.BookmarkList{
		Count: len(marks), Page: current, PageSize: size, CourseID: key.String(),
	}).In(key))
	return page.JSON(w, r, http.StatusOK, map[string]any{
		"count": len(marks), "num_pages": pages, "current_page": current, "start": from, "next": link(current + 1), "previous": link(current - 1), "results": results,
	})
}

// addBookmark serves POST: {"usage_id": KEY}.
func (s *Server) addBookmark(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		UsageID string `json:"usage_id"`
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	n, v, err := s.markable(r, body.UsageID)
	if err != nil {
		return err
	}
	m, added, err := courseware.AddBookmark(r.Context(), s.DB, page.Viewer(r).ID, n.Key, s.Clock())
	if err != nil {
		return err
	}
	if added {
		s.emitBookmark(r, tracking.BookmarkAdded, m)
	}
	return page.JSON(w, r, http.StatusCreated, bookmarkOf(r, v, m))
}

// markable finds the block of a bookmark request, which its reader must be able to see.
func (s *Server) markable(r *http.Request, usageID string) (*course.Node, *visit, error) {
	if !page.Viewer(r).SignedIn() {
		return nil, nil, fault.Unauthenticatedf("bookmarks")
	}
	u, err := course.ParseUsageKey(usageID)
	if err != nil {
		return nil, nil, fault.Invalidf("usage_id: %w", err)
	}
	c, err := s.Courses.Compiled(r.Context(), u.Course)
	if err != nil {
		if fault.KindOf(err) == fault.NotFound {
			return nil, nil, fault.Invalidf("usage_id: %w", err)
		}
		return nil, nil, err
	}
	v, err := s.visit(r, c, nil)
	if err != nil {
		return nil, nil, err
	}
	n, ok := c.Node(u)
	if !ok || !v.Visible(n) || !access.Enter(c, &v.Viewer, access.Content, v.now).OK() {
		return nil, nil, fault.Invalidf("usage_id: no block %s", u)
	}
	return n, v, nil
}

// ownBookmark reads USERNAME,USAGEKEY; somebody else's are NotFound.
func (s *Server) ownBookmark(r *http.Request) (courseware.Bookmark, *course.Compiled, error) {
	who := page.Viewer(r)
	username, key, _ := strings.Cut(part(r, "id"), ",")
	if !who.SignedIn() {
		return courseware.Bookmark{}, nil, fault.Unauthenticatedf("bookmarks")
	}
	u, err := course.ParseUsageKey(key)
	if err != nil || username != who.Username {
		return courseware.Bookmark{}, nil, fault.NotFoundf("bookmark %q", part(r, "id"))
	}
	c, err := s.Courses.Compiled(r.Context(), u.Course)
	if err != nil {
		return courseware.Bookmark{}, nil, err
	}
	marks, err := courseware.Bookmarks(r.Context(), s.DB, who.ID, u.Course)
	if err != nil {
		return courseware.Bookmark{}, nil, err
	}
	for _, m := range marks {
		if m.Block == u {
			return m, c, nil
		}
	}
	return courseware.Bookmark{}, nil, fault.NotFoundf("bookmark of %s", u)
}

func (s *Server) findBookmark(w http.ResponseWriter, r *http.Request) error {
	m, c, err := s.ownBookmark(r)
	if err != nil {
		return err
	}
	v, err := s.visit(r, c, nil)
	if err != nil {
		return err
	}
	return page.JSON(w, r, http.StatusOK, bookmarkOf(r, v, m))
}

func (s *Server) removeBookmark(w http.ResponseWriter, r *http.Request) error {
	m, _, err := s.ownBookmark(r)
	if err != nil {
		return err
	}
	if _, err := courseware.RemoveBookmark(r.Context(), s.DB, page.Viewer(r).ID, m.Block); err != nil {
		return err
	}
	s.emitBookmark(r, tracking.BookmarkRemoved, m)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) emitBookmark(r *http.Request, name string, m courseware.Bookmark) {
	s.Emitter.Emit(r.Context(), tracking.Server(s.Track(r), name, tracking.Bookmark{
		ID: bookmarkID(page.Viewer(r).Username, m.Block), ComponentType: m.Block.Type, ComponentUsage: m.Block.String(), CourseID: m.Block.Course.String(),
	}).In(m.Block.Course))
}

// completeBatch serves POST /api/completion/v1/completion-batch: {username, course_key, blocks: {KEY: 0..1}}, for oneself.
func (s *Server) completeBatch(w http.ResponseWriter, r *http.Request) error {
	who := page.Viewer(r)
	if !who.SignedIn() {
		return fault.Unauthenticatedf("completion")
	}
	var body struct {
		Username  string             `json:"username"`
		CourseKey string             `json:"course_key"`
		Blocks    map[string]float64 `json:"blocks"`
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	if body.Username != "" && body.Username != who.Username {
		return fault.Forbiddenf("completion of %q by %q", body.Username, who.Username)
	}
	key, err := course.ParseURLKey(body.CourseKey)
	if err != nil {
		return fault.Invalidf("course_key: %w", err)
	}
	c, err := s.Courses.Compiled(r.Context(), key)
	if err != nil {
		return err
	}
	v, err := s.visit(r, c, nil)
	if err != nil {
		return err
	}
	if !v.Viewer.Enrolled || !access.Enter(c, &v.Viewer, access.Content, v.now).OK() {
		return fault.Invalidf("completion: not enrolled in %s, or it is closed", key)
	}
	values := completion.Values{}
	for text, value := range body.Blocks {
		u, err := course.ParseUsageKey(text)
		if err != nil || u.In(key).Course != key || !completion.Valid(value) {
			return fault.Invalidf("completion of %q: %v", text, value)
		}
		n, ok := c.Node(u.In(key))
		if !ok || !v.Visible(n) {
			return fault.Invalidf("completion of %s: no such block", u)
		}
		values[n.Key] = value
	}
	if err := s.Completion.Publish(r.Context(), who.ID, c, values, s.Clock()); err != nil {
		return err
	}
	return page.JSON(w, r, http.StatusOK, map[string]string{"detail": "ok"})
}

// readJSON reads a small JSON body.
func readJSON(w http.ResponseWriter, r *http.Request, into any) error {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		return fault.Invalidf("content type %q, want application/json", r.Header.Get("Content-Type"))
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fault.TooLargef("body: %w", err)
	}
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		return fault.Invalidf("body: %w", err)
	}
	return nil
}
