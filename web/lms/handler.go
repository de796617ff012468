package lms

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"lyceum/component"
	"lyceum/component/problem"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/internal/jsonappend"
	"lyceum/learner/access"
	"lyceum/learner/courseware"
	"lyceum/web/coursefile"
	"lyceum/web/page"
)

// Bounds of what a handler call may bring.
const (
	maxAnswer = 256 << 10
	// MaxUpload bounds a form with files, in bytes.
	MaxUpload = 10 << 20
)

// callHandler serves /courses/KEY/xblock/USAGEKEY/handler/NAME[/SUFFIX], everything learners do inside blocks. The block's
// course is that of the path; the block and every block above it must be open to who asks.
func (s *Server) callHandler(w http.ResponseWriter, r *http.Request) error {
	c, err := s.compiled(r)
	if err != nil {
		return err
	}
	n, name, suffix, err := handlerPath(c, part(r, "*"))
	if err != nil {
		return s.behindDoor(r, c, err)
	}
	req, bodyErr, err := s.takeCall(w, r, n, name, suffix)
	if err != nil {
		return err
	}
	kind := s.Kinds.Of(n.Block.Type)
	more := map[string]any{}
	v, err := s.enterCourse(r, c, access.Content, func(a *courseware.Ask) {
		if p, ok := kind.(component.Preloads); ok && a.User != 0 {
			if a.Also = p.Preload(a.User, c, n, name, suffix, more); a.Also != nil {
				return
			}
		}
		a.States = c.UsagesBelow(n)
		a.Complete = a.States
	})
	if err != nil {
		return asJSONError(err)
	}
	v.more = more
	if !v.Visible(n) {
		return fault.NotFoundf("handler of %s: not visible", n.Key)
	}
	if r.Method != http.MethodGet && !v.Viewer.SignedIn() {
		return fault.Unauthenticatedf("handler of %s", n.Key)
	}
	if sub := v.Ancestor(n, "sequential"); sub != nil && access.HiddenAfterDue(c, sub, &v.Viewer, v.now) {
		return fault.Closedf("handler of %s: over", n.Key).Say("unit.hidden_after_due")
	}
	action, ok := kind.Actions()[name]
	if !ok {
		return fault.NotFoundf("%s has no handler %q", n.Key, name)
	}
	if bodyErr != nil {
		return bodyErr
	}
	resp, err := action(r.Context(), s.runtime(r, v), n, req)
	if err != nil {
		return err
	}
	if scriptless(r) {
		return s.backToUnit(w, r, v, n, resp)
	}
	return writeResponse(w, resp)
}

// takeCall reads a call and takes it from the limits of who calls, before anything is loaded for it. What is wrong with the body is told
// once the door has been passed.
func (s *Server) takeCall(w http.ResponseWriter, r *http.Request, n *course.Node, name, suffix string) (req component.Request, body, err error) {
	who := page.Viewer(r)
	if who.SignedIn() {
		if err := s.Limits.call(who.ID); err != nil {
			return req, nil, err
		}
	} else if r.Method != http.MethodGet {
		return req, nil, nil // visitors send nothing, see callHandler
	}
	req, body = readRequest(w, r, suffix)
	if body == nil && r.Method == http.MethodPost && name == "xmodule_handler" && suffix == "problem_check" {
		err = s.Limits.answer(who.ID, n.Usage, req.Token)
	}
	return req, body, err
}

// KeepTyped stands before everything that may refuse an answer for a while, the session included: where no script keeps what was typed, the
// page of the refusal does.
func KeepTyped(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/courses/") && strings.Contains(r.URL.Path, "/handler/") && scriptless(r) {
			page.KeepForm(r)
		}
		next.ServeHTTP(w, r)
	})
}

// scriptless tells a form that the browser itself sent, without our script, from a call by a program: what comes back
// replaces the page.
func scriptless(r *http.Request) bool {
	if r.Method != http.MethodPost {
		return false
	}
	if mode := r.Header.Get("Sec-Fetch-Mode"); mode != "" {
		return mode == "navigate"
	}
	return strings.HasPrefix(r.Header.Get("Accept"), "text/html")
}

// forBoth answers programs as page.ForPrograms does, and forms sent without scripts with pages.
func forBoth(h page.Handler) page.Handler {
	programs := page.ForPrograms(h)
	return func(w http.ResponseWriter, r *http.Request) error {
		if scriptless(r) {
			return h(w, r)
		}
		return programs(w, r)
	}
}

// backToUnit shows the block again where it stands in its unit, which draws what came of the call.
func (s *Server) backToUnit(w http.ResponseWriter, r *http.Request, v *visit, n *course.Node, resp component.Response) error {
	place := v.PlaceOf(n)
	if place.IsZero() {
		return writeResponse(w, resp)
	}
	var notices []page.Notice
	answer, _ := resp.JSON.(map[string]any)
	switch text, _ := answer["success"].(string); text {
	case "correct", "incorrect", "submitted":
		notices = append(notices, page.Notice{Kind: "success", ID: "unit.answer_kept"})
	case "":
	default: // why the answer was not taken
		notices = append(notices, page.Notice{Kind: "warning", ID: "unit.answer_not_taken", Args: []string{text}})
	}
	return page.Redirect(w, r, unitURL(place)+"#"+n.Key.HTMLID(), notices...)
}

// behindDoor returns why there is nothing at an address, to people who may enter the course; others learn no more of it
// than at an address where there is something.
func (s *Server) behindDoor(r *http.Request, c *course.Compiled, why error) error {
	if _, err := s.enterCourse(r, c, access.Content, nil); err != nil {
		return asJSONError(err)
	}
	return why
}

// handlerPath reads USAGEKEY/handler/NAME[/SUFFIX]; old usage keys hold slashes themselves.
func handlerPath(c *course.Compiled, path string) (n *course.Node, name, suffix string, err error) {
	key, rest, ok := strings.Cut(path, "/handler/")
	if !ok {
		return nil, "", "", fault.NotFoundf("handler path %q", path)
	}
	u, err := course.ParseURLUsageKey(key, c.Key)
	if err != nil {
		return nil, "", "", &fault.Error{Kind: fault.NotFound, Err: err}
	}
	n, ok = c.Node(u)
	if !ok {
		return nil, "", "", fault.NotFoundf("no block %s", u)
	}
	name, suffix, _ = strings.Cut(strings.Trim(rest, "/"), "/")
	for part := range strings.SplitSeq(suffix, "/") {
		if part == ".." || part == "." {
			return nil, "", "", fault.NotFoundf("handler suffix %q", suffix)
		}
	}
	return n, name, suffix, nil
}

// readRequest reads a handler call: a form, a multipart form, or any other body as bytes.
func readRequest(w http.ResponseWriter, r *http.Request, suffix string) (component.Request, error) {
	req := component.Request{Method: r.Method, Suffix: suffix, Query: r.URL.Query(), Token: r.Header.Get("Idempotency-Key")}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		req.Form = url.Values{}
		return req, nil
	}
	kind := mediaType(r.Header.Get("Content-Type"))
	limit := int64(maxAnswer)
	if kind == "multipart/form-data" {
		limit = MaxUpload
	}
	r.Body = http.MaxBytesReader(w, r.Body, limit)
	var err error
	switch kind {
	case formType:
		err = r.ParseForm()
		req.Form = maps.Clone(r.PostForm)
	case "multipart/form-data":
		err = r.ParseMultipartForm(maxAnswer)
		req.Form = maps.Clone(r.PostForm)
		if r.MultipartForm != nil {
			if err == nil {
				req.Files, err = readFiles(r.MultipartForm)
			}
			err = errors.Join(err, r.MultipartForm.RemoveAll())
		}
	default:
		req.Form = url.Values{}
		req.Body, err = io.ReadAll(r.Body)
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return req, fault.TooLargef("handler body: %w", err)
	case err != nil:
		return req, fault.Invalidf("handler body: %w", err)
	}
	if req.Token == "" {
		req.Token = req.Form.Get("submission_id")
	}
	req.Form.Del("submission_id")
	req.Form.Del("csrfmiddlewaretoken")
	return req, nil
}

// readFiles reads the files of a form, those of one field in the order they were sent.
func readFiles(form *multipart.Form) ([]component.File, error) {
	var files []component.File
	for _, field := range slices.Sorted(maps.Keys(form.File)) {
		for _, head := range form.File[field] {
			f, err := head.Open()
			if err != nil {
				return nil, err
			}
			content, err := io.ReadAll(f)
			if err = errors.Join(err, f.Close()); err != nil {
				return nil, err
			}
			files = append(files, component.File{Field: field, Name: head.Filename, Content: content})
		}
	}
	return files, nil
}

// mediaType is the type a header names, "" for none that can be read.
func mediaType(header string) string {
	switch header { // what browsers and our script send needs no reading
	case formType, formType + "; charset=UTF-8":
		return formType
	}
	kind, _, _ := mime.ParseMediaType(header)
	return kind
}

const formType = "application/x-www-form-urlencoded"

// bodies are buffers for answers in JSON.
var bodies = sync.Pool{New: func() any { return new([]byte) }}

const largestBody = 256 << 10 // of a buffer that is kept

func writeResponse(w http.ResponseWriter, resp component.Response) error {
	h := w.Header()
	for k, v := range resp.Header {
		h.Set(k, v)
	}
	h.Set("Cache-Control", "private, no-store")
	body, kind := resp.Body, resp.Type
	if resp.JSON != nil {
		buf := bodies.Get().(*[]byte)
		defer bodies.Put(buf)
		var err error
		if body, err = jsonappend.Value((*buf)[:0], resp.JSON); err != nil {
			return fmt.Errorf("answer of a handler: %w", err)
		}
		if cap(body) <= largestBody {
			*buf = body
		}
		kind = "application/json"
	}
	if kind == "" {
		kind = "application/octet-stream"
	}
	h.Set("Content-Type", kind)
	if resp.Status != 0 {
		w.WriteHeader(resp.Status)
	}
	_, err := w.Write(body)
	return err
}

// asJSONError turns the redirects of closed doors into refusals a program understands.
func asJSONError(err error) error {
	if to, ok := errors.AsType[redirect](err); ok {
		return fault.Forbiddenf("closed: see %s", to.to).Say("lms.closed")
	}
	return err
}

// showFrame serves the document of a block that runs its author's scripts. The policy takes its origin away, so that opening
// the address outside of a frame is no way out.
func (s *Server) showFrame(w http.ResponseWriter, r *http.Request) error {
	c, err := s.compiled(r)
	if err != nil {
		return err
	}
	u, err := course.ParseURLUsageKey(part(r, "*"), c.Key)
	if err != nil {
		err = &fault.Error{Kind: fault.NotFound, Err: err}
	}
	n, ok := c.Node(u)
	if err == nil && !ok {
		err = fault.NotFoundf("no block %s", u)
	}
	if err != nil {
		if _, closed := s.enterCourse(r, c, access.Content, nil); closed != nil {
			return closed
		}
		return err
	}
	more := map[string]any{}
	v, err := s.enterCourse(r, c, access.Content, func(a *courseware.Ask) {
		a.States = []string{n.Usage}
		if n.Block.Type == "problem" {
			a.Also = func(b *pgx.Batch) { problem.QueueDrafts(b, a.User, c.Key, a.States, more) }
		}
	})
	if err != nil {
		return err
	}
	v.more = more
	framed, ok := s.Kinds.Of(n.Block.Type).(component.Framed)
	if !ok || !v.Visible(n) {
		return fault.NotFoundf("no frame of %s", n.Key)
	}
	if sub := v.Ancestor(n, "sequential"); sub != nil && access.HiddenAfterDue(c, sub, &v.Viewer, v.now) {
		return fault.Closedf("frame of %s: over", n.Key).Say("unit.hidden_after_due")
	}
	rt := s.runtime(r, v)
	if theme, err := r.Cookie(page.ThemeCookie); err == nil && (theme.Value == "light" || theme.Value == "dark") {
		rt.Person.Theme = theme.Value
	}
	doc, ok, err := framed.Document(r.Context(), rt, n)
	if err != nil {
		return err
	}
	if !ok {
		return fault.NotFoundf("%s needs no frame", n.Key)
	}
	coursefile.FrameHeaders(w.Header(), s.Framers)
	return doc.Render(r.Context(), w)
}
