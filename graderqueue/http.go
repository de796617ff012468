package graderqueue

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"lyceum/internal/fault"
)

// Path is below which the queue answers.
const Path = "/xqueue/"

// MaxBody is the largest request the queue takes, files included, in bytes.
const MaxBody = 24 << 20

// maxForm is how much of a form is read without files.
const maxForm = 4 << 20

// cookie names the session of a program; it is no session of a person, and its path keeps the two apart.
const cookie = "sessionid"

// reply is the envelope of every answer, always with status 200: that is what graders know.
type reply struct {
	Code    int `json:"return_code"`
	Content any `json:"content"`
}

func done(w http.ResponseWriter, content any) { answer(w, reply{0, content}) }
func fail(w http.ResponseWriter, why string)  { answer(w, reply{1, why}) }

func answer(w http.ResponseWriter, r reply) {
	text, err := json.Marshal(r)
	if err != nil {
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(text) // who is gone does not hear it
}

// ServeHTTP answers everything below Path. Programs carry no token against forged requests, and need none: their cookie is no browser's.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.basicOK(r) {
		w.Header().Set("WWW-Authenticate", `Basic realm="xqueue"`)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	path := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, Path), "/")
	switch path {
	case "login":
		s.serveLogin(w, r)
		return
	case "logout":
		s.serveLogout(w, r)
		return
	case "status":
		done(w, "OK")
		return
	}
	if strings.HasPrefix(r.URL.Path, filesPath) {
		s.serveFile(w, r)
		return
	}
	serve, ok := map[string]func(http.ResponseWriter, *http.Request, User){
		"submit": s.serveSubmit, "get_queuelen": s.serveLength, "get_submission": s.serveTake, "put_result": s.serveReturn,
	}[path]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	u, ok, err := s.session(r.Context(), token(r))
	switch {
	case err != nil:
		s.broken(w, r, err)
	case !ok:
		http.Redirect(w, r, Path+"login/?next="+url.QueryEscape(r.URL.Path), http.StatusFound)
	default:
		serve(w, r, u)
	}
}

// basicOK checks the login around the whole service. Addresses of files carry their own proof.
func (s *Service) basicOK(r *http.Request) bool {
	if s.Basic == "" || strings.HasPrefix(r.URL.Path, filesPath) {
		return true
	}
	name, password, _ := r.BasicAuth()
	got, want := sha256.Sum256([]byte(name+":"+password)), sha256.Sum256([]byte(s.Basic))
	return subtle.ConstantTimeCompare(got[:], want[:]) == 1
}

func token(r *http.Request) string {
	c, err := r.Cookie(cookie)
	if err != nil {
		return ""
	}
	return c.Value
}

// broken answers when a store is away: programs try again.
func (s *Service) broken(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() == nil {
		s.Log.Error("graders' queue", "path", r.URL.Path, "err", err)
	}
	w.WriteHeader(http.StatusServiceUnavailable)
}

func (s *Service) serveLogin(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		fail(w, "login_required")
		return
	}
	if !readForm(w, r) || r.PostForm["username"] == nil || r.PostForm["password"] == nil {
		fail(w, "Insufficient login info")
		return
	}
	token, err := s.login(r.Context(), r.PostForm.Get("username"), r.PostForm.Get("password"), s.ClientOf(r))
	switch {
	case errors.Is(err, errLogin):
		fail(w, err.Error())
	case err != nil:
		s.broken(w, r, err)
	default:
		http.SetCookie(w, &http.Cookie{
			Name: cookie, Value: token, Path: Path, MaxAge: int(s.LoginLife.Seconds()), HttpOnly: true,
			Secure: strings.HasPrefix(s.URL, "https:"), SameSite: http.SameSiteLaxMode,
		})
		done(w, "Logged in")
	}
}

func (s *Service) serveLogout(w http.ResponseWriter, r *http.Request) {
	if err := s.logout(r.Context(), token(r)); err != nil {
		s.broken(w, r, err)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: cookie, Path: Path, MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: strings.HasPrefix(s.URL, "https:")})
	done(w, "Goodbye")
}

// readForm reads a form of either encoding; false for what is none.
func readForm(w http.ResponseWriter, r *http.Request) bool {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "multipart/form-data" {
		r.Body = http.MaxBytesReader(w, r.Body, MaxBody)
		return r.ParseMultipartForm(maxForm) == nil
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	return r.ParseForm() == nil
}

// storable tells whether a text can be kept.
func storable(text string) bool { return utf8.ValidString(text) && !strings.ContainsRune(text, 0) }

func (s *Service) serveSubmit(w http.ResponseWriter, r *http.Request, u User) {
	if r.Method != http.MethodPost {
		fail(w, "Queue requests should use HTTP POST")
		return
	}
	sub, ok := readSubmission(w, r)
	if r.MultipartForm != nil {
		defer func() { _ = r.MultipartForm.RemoveAll() }() // of what was spooled; the system clears the rest
	}
	if !ok {
		fail(w, "Queue request has invalid format")
		return
	}
	if !u.may(sub.Queue) {
		fail(w, ErrNoQueue(sub.Queue).Error())
		return
	}
	n, err := s.Send(r.Context(), u.Name, sub)
	var none ErrNoQueue
	switch {
	case errors.As(err, &none):
		fail(w, none.Error())
	case err != nil:
		s.broken(w, r, err)
	default:
		done(w, strconv.Itoa(n))
	}
}

func readSubmission(w http.ResponseWriter, r *http.Request) (Submission, bool) {
	if !readForm(w, r) {
		return Submission{}, false
	}
	head, body := r.PostForm["xqueue_header"], r.PostForm["xqueue_body"]
	if len(head) == 0 || len(body) == 0 || !storable(head[0]) || !storable(body[0]) {
		return Submission{}, false
	}
	var fields struct {
		Callback *string `json:"lms_callback_url"`
		Key      *string `json:"lms_key"`
		Queue    *string `json:"queue_name"`
	}
	if json.Unmarshal([]byte(head[0]), &fields) != nil || fields.Callback == nil || fields.Key == nil || fields.Queue == nil {
		return Submission{}, false
	}
	to, err := url.Parse(*fields.Callback)
	if err != nil || (to.Scheme != "http" && to.Scheme != "https") || to.Host == "" || !storable(*fields.Callback) || !storable(*fields.Queue) {
		return Submission{}, false
	}
	sub := Submission{Queue: *fields.Queue, Callback: *fields.Callback, Header: head[0], Body: body[0]}
	if r.MultipartForm == nil {
		return sub, true
	}
	for name, parts := range r.MultipartForm.File { // of several under one name the last counts
		f, err := parts[len(parts)-1].Open()
		if err != nil || !storable(name) || name == "" {
			return Submission{}, false
		}
		content, err := io.ReadAll(f)
		if errors.Join(err, f.Close()) != nil {
			return Submission{}, false
		}
		sub.Files = append(sub.Files, File{name, content})
	}
	return sub, true
}

func (s *Service) serveLength(w http.ResponseWriter, r *http.Request, u User) {
	if !r.URL.Query().Has("queue_name") {
		fail(w, "'get_queuelen' must provide parameter 'queue_name'")
		return
	}
	name := r.URL.Query().Get("queue_name")
	n, err := 0, error(ErrNoQueue(name))
	if u.may(name) && storable(name) {
		n, err = s.Length(r.Context(), name)
	}
	if _, none := errors.AsType[ErrNoQueue](err); !none {
		if err != nil {
			s.broken(w, r, err)
			return
		}
		done(w, n)
		return
	}
	names, err := s.names(r.Context())
	if err != nil {
		s.broken(w, r, err)
		return
	}
	var valid []string
	for _, n := range names {
		if u.may(n) {
			valid = append(valid, n)
		}
	}
	fail(w, "Valid queue names are: "+strings.Join(valid, ", "))
}

func (s *Service) serveTake(w http.ResponseWriter, r *http.Request, u User) {
	if !r.URL.Query().Has("queue_name") {
		fail(w, "'get_submission' must provide parameter 'queue_name'")
		return
	}
	name := r.URL.Query().Get("queue_name")
	if !u.may(name) || !storable(name) {
		fail(w, ErrNoQueue(name).Error())
		return
	}
	work, err := s.Take(r.Context(), name, s.ClientOf(r))
	if errors.Is(err, ErrEmpty) {
		why := "Queue '" + name + "' is empty"
		if _, err = s.Length(r.Context(), name); err == nil {
			fail(w, why)
			return
		}
	}
	var none ErrNoQueue
	switch {
	case errors.As(err, &none):
		fail(w, none.Error())
		return
	case err != nil:
		s.broken(w, r, err)
		return
	}
	head, err1 := json.Marshal(map[string]any{"submission_id": work.ID, "submission_key": work.Key})
	files, err2 := json.Marshal(work.Files)
	content, err3 := json.Marshal(map[string]string{"xqueue_header": string(head), "xqueue_body": work.Body, "xqueue_files": string(files)})
	if err := errors.Join(err1, err2, err3); err != nil {
		s.broken(w, r, err)
		return
	}
	done(w, string(content))
}

func (s *Service) serveReturn(w http.ResponseWriter, r *http.Request, u User) {
	if r.Method != http.MethodPost {
		fail(w, "'put_result' must use HTTP POST")
		return
	}
	id, key, body, ok := readResult(w, r)
	if !ok {
		fail(w, "Incorrect reply format")
		return
	}
	err := s.Return(r.Context(), id, key, body, u.may)
	switch {
	case errors.Is(err, ErrNoSubmission), errors.Is(err, ErrKey):
		fail(w, err.Error())
	case err != nil:
		s.broken(w, r, err)
	default:
		done(w, "")
	}
}

func readResult(w http.ResponseWriter, r *http.Request) (id int64, key, body string, ok bool) {
	if !readForm(w, r) || r.PostForm["xqueue_header"] == nil || r.PostForm["xqueue_body"] == nil {
		return 0, "", "", false
	}
	var head struct {
		ID  json.RawMessage `json:"submission_id"`
		Key *string         `json:"submission_key"`
	}
	if json.Unmarshal([]byte(r.PostForm.Get("xqueue_header")), &head) != nil || head.ID == nil || head.Key == nil {
		return 0, "", "", false
	}
	id, err := strconv.ParseInt(strings.Trim(string(head.ID), `"`), 10, 64) // some send it as text
	body = r.PostForm.Get("xqueue_body")
	return id, *head.Key, body, err == nil && storable(body)
}

func (s *Service) serveFile(w http.ResponseWriter, r *http.Request) {
	number, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, filesPath), "/")
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil || (r.Method != http.MethodGet && r.Method != http.MethodHead) || !storable(name) {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	content, err := s.Open(r.Context(), id, name, r.URL.Query().Get("expires"), r.URL.Query().Get("key"))
	if fault.Is(err, fault.NotFound) {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if err != nil {
		s.broken(w, r, err)
		return
	}
	h := w.Header() // a learner made the file: no browser may take it for a page of ours
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", "attachment")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("Cache-Control", "private, no-store")
	_, _ = w.Write(content)
}
