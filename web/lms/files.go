package lms

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"path"
	"strings"
	"time"

	"golang.org/x/net/html"

	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/learner"
	"lyceum/learner/access"
	"lyceum/learner/courseware"
	"lyceum/static"
	"lyceum/web/page"
)

// OpenFile opens a course file by its normalized name; NotFound where the course has none.
func OpenFile(ctx context.Context, files fileOpener, c *course.Compiled, name string) (io.ReadSeekCloser, error) {
	f, ok := c.Files[name]
	if !ok {
		return nil, fault.NotFoundf("no file %q in %s", name, c.Key)
	}
	body, _, err := files.Open(ctx, f.Digest)
	return body, err
}

// ShowAsset serves the addresses of course files in all their forms: /asset-v1:…, /c4x/…, /assets/courseware/[v1/]MD5/….
func (s *Server) ShowAsset(w http.ResponseWriter, r *http.Request) error {
	text := strings.TrimPrefix(unescape(r.URL.EscapedPath()), "/")
	if rest, ok := strings.CutPrefix(text, "assets/courseware/"); ok {
		rest = strings.TrimPrefix(rest, "v1/")
		_, text, _ = strings.Cut(rest, "/")
	}
	a, err := course.ParseAssetKey(text)
	if err != nil {
		// The contract of these addresses says 400.
		return page.ForPrograms(func(http.ResponseWriter, *http.Request) error { return fault.Invalidf("asset address: %w", err) })(w, r)
	}
	c, err := s.courseOfAsset(r.Context(), a)
	if err != nil {
		return err
	}
	f, ok := c.Files[a.Name]
	if !ok {
		return fault.NotFoundf("no file %q in %s", a.Name, c.Key)
	}
	if f.Locked {
		if err := s.mayReadLocked(r, c); err != nil {
			return err
		}
	}
	return s.serveFile(w, r, f)
}

// courseOfAsset finds the course of a file; an old key has no run, so the first course with its organization and number
// that has such a file is taken.
func (s *Server) courseOfAsset(ctx context.Context, a course.AssetKey) (*course.Compiled, error) {
	if a.Course.Run != "" {
		return s.Courses.Compiled(ctx, a.Course)
	}
	list, err := s.Courses.List(ctx)
	if err != nil {
		return nil, err
	}
	for _, sum := range list {
		if sum.Key.Org == a.Course.Org && sum.Key.Number == a.Course.Number && sum.Version != "" {
			c, err := s.Courses.Compiled(ctx, sum.Key)
			if err == nil {
				if _, ok := c.Files[a.Name]; ok {
					return c, nil
				}
			}
		}
	}
	return nil, fault.NotFoundf("no course for %s", a)
}

// mayReadLocked lets the enrolled and staff of this course read its locked files; for others there is no such file.
func (s *Server) mayReadLocked(r *http.Request, c *course.Compiled) error {
	if why := page.WhyUnsure(r); why != nil {
		return why
	}
	v, err := s.visit(r, c, nil)
	if err != nil {
		return err
	}
	if v.Viewer.Enrolled || v.Viewer.Roles.IsStaff() {
		return nil
	}
	return fault.NotFoundf("locked file of %s", c.Key)
}

// showPassedFile serves /courses/KEY/files/PASS/NAME to frames, which have no session: the pass names who asks, and the
// person must still be let in.
func (s *Server) showPassedFile(w http.ResponseWriter, r *http.Request) error {
	c, err := s.compiled(r)
	if err != nil {
		return err
	}
	now := s.Clock().UTC()
	user, err := s.checkPass(c.Key, part(r, "pass"), now)
	if err != nil {
		return err
	}
	name := part(r, "*")
	f, ok := c.Files[name]
	if !ok {
		// A page inside a frame names its neighbors by their paths.
		f, ok = c.Files[course.AssetName(name)]
	}
	if !ok {
		return fault.NotFoundf("no file %q in %s", name, c.Key)
	}
	if f.Locked {
		if err := s.passStillHolds(r.Context(), c, user, now); err != nil {
			return err
		}
	}
	w.Header().Set("Access-Control-Allow-Origin", "*") // the frame's origin is opaque; the pass is the proof
	if r.URL.Query().Has("jsinput") && strings.HasPrefix(f.ContentType, "text/html") {
		return s.serveScriptPage(w, r, f)
	}
	return s.serveFile(w, r, f)
}

// largestScriptPage is up to how many bytes an author's page that is an input may have.
const largestScriptPage = 8 << 20

// serveScriptPage answers with an author's page that is an input of a question: our script waits in it for the question around it.
func (s *Server) serveScriptPage(w http.ResponseWriter, r *http.Request, f course.File) error {
	body, size, err := s.Files.Open(r.Context(), f.Digest)
	if err != nil {
		return err
	}
	defer body.Close()
	if size > largestScriptPage {
		return s.serveFile(w, r, f)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", f.ContentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Cache-Control", "private, no-cache")
	h.Set("Content-Security-Policy", "sandbox allow-scripts allow-forms allow-popups")
	at := placeForScript(text)
	for _, piece := range [][]byte{text[:at], []byte(`<script src="` + static.URL("js/jsinput.js") + `"></script>`), text[at:]} {
		if _, err := w.Write(piece); err != nil {
			return err
		}
	}
	return nil
}

// placeForScript is where a script of a page can stand in front of all others: behind what decides how browsers read the page.
func placeForScript(text []byte) int {
	z := html.NewTokenizer(bytes.NewReader(text))
	at := 0
	for {
		kind := z.Next()
		length := len(z.Raw())
		name, _ := z.TagName()
		opens := kind == html.StartTagToken && (string(name) == "html" || string(name) == "head")
		blank := kind == html.TextToken && len(bytes.TrimSpace(bytes.TrimPrefix(text[at:at+length], []byte("\ufeff")))) == 0
		if kind != html.DoctypeToken && kind != html.CommentToken && !opens && !blank {
			return at
		}
		at += length
		if opens && string(name) == "head" {
			return at
		}
	}
}

// passStillHolds lets those read a locked file whom mayReadLocked would let. The pass says who, never what somebody may: whether it is
// staff of the site, which the session says elsewhere, is asked anew.
func (s *Server) passStillHolds(ctx context.Context, c *course.Compiled, user learner.ID, now time.Time) error {
	l, err := s.Loader.Load(ctx, courseware.Ask{Course: c, User: user})
	if err != nil {
		return err
	}
	if !l.Viewer.Enrolled && !l.Viewer.Roles.IsStaff() && user != 0 {
		if l.Viewer.Roles.GlobalStaff, err = s.StaffOf(ctx, user); err != nil {
			return err
		}
	}
	if !access.Enter(c, &l.Viewer, access.Content, now).OK() || (!l.Viewer.Enrolled && !l.Viewer.Roles.IsStaff()) {
		return fault.NotFoundf("locked file of %s", c.Key)
	}
	return nil
}

// serveFile answers with a course file: ranges, conditional requests, and for kinds that browsers run, no origin of ours.
func (s *Server) serveFile(w http.ResponseWriter, r *http.Request, f course.File) error {
	body, _, err := s.Files.Open(r.Context(), f.Digest)
	if err != nil {
		return err
	}
	defer body.Close()
	h := w.Header()
	h.Set("Content-Type", f.ContentType)
	h.Set("ETag", `"`+f.Digest[:32]+`"`)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	if f.Locked {
		h.Set("Cache-Control", "private, no-cache")
		h.Set("Vary", "Cookie")
	} else {
		h.Set("Cache-Control", "public, max-age=300")
	}
	switch strings.ToLower(path.Ext(f.Name)) {
	case ".html", ".htm", ".xhtml", ".svg", ".svgz", ".xml", ".pdf", "":
		h.Set("Content-Security-Policy", "sandbox allow-scripts allow-forms allow-popups")
	default:
		h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	}
	http.ServeContent(w, r, "", f.Uploaded, body)
	return nil
}

// IsAssetPath reports whether a path names a course file.
func IsAssetPath(p string) bool {
	return strings.HasPrefix(p, "/asset-v1:") || strings.HasPrefix(p, "/asset-v1%3A") || strings.HasPrefix(p, "/c4x/") || strings.HasPrefix(p, "/assets/courseware/")
}
