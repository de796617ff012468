package studio

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"lyceum/authoring/draft"
	"lyceum/authoring/transfer"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/ui"
)

// importProps is the page that brings an archive into a course.
type importProps struct {
	framed
	Upload uploadProps
	Task   *taskProps
	List   []*taskProps
}

// uploadProps is the form that brings an archive.
type uploadProps struct {
	Action    string
	StatusURL string // that tells how far an upload of a file is; the name of the file is put behind it
	Limit     string
	Most      int64
	Problem   string
	Going     []*taskProps // uploads of this person that can go on
	New       bool         // makes a course
	Library   bool         // goes into a library, which learners get nothing of

	Key              string // "archive" or "own"
	Org, Number, Run ui.FieldProps
}

// listed is how many tasks a page lists.
const listed = 10

// showImport serves GET /import/KEY.
func (s *Server) showImport(w http.ResponseWriter, r *http.Request) error {
	return s.importPage(w, r, http.StatusOK, nil)
}

func (s *Server) importPage(w http.ResponseWriter, r *http.Request, status int, bad *fault.Error) error {
	ctx := r.Context()
	key, b, err := s.seePage(r)
	if err != nil {
		return err
	}
	if page.WantsJSON(r) && bad == nil {
		return page.JSON(w, r, http.StatusNotImplemented, map[string]string{"error": i18n.T(ctx, "transfer.ask_status")})
	}
	p := importProps{framed: s.frame(w, r, key, b.Draft.Root, "import", i18n.T(ctx, "studio.page.import"))}
	if p.Upload, err = s.newUpload(ctx, r, key, bad); err != nil {
		return err
	}
	p.Upload.Action, p.Upload.StatusURL = "/import/"+key.String(), "/import_status/"+key.String()+"/"
	p.Upload.Library = key.Form == course.FormLibrary
	tasks, err := s.Transfers.List(ctx, transfer.Import, key, listed)
	if err != nil {
		return err
	}
	for _, t := range tasks {
		p.List = append(p.List, newTask(ctx, t))
	}
	shown := r.URL.Query().Get("task")
	if shown == "" && len(tasks) > 0 && (tasks[0].Active() || s.Clock().Sub(tasks[0].Changed) < time.Hour) {
		shown = strconv.FormatInt(tasks[0].ID, 10)
	}
	if shown != "" {
		t, err := s.taskOf(ctx, shown, key, transfer.Import)
		if err != nil {
			return err
		}
		if p.Task, err = s.importTask(ctx, t, b.Draft); err != nil {
			return err
		}
	}
	for _, t := range p.List {
		t.URL = "/import/" + key.String() + "?task=" + strconv.FormatInt(t.ID, 10)
	}
	return page.RenderStatus(w, r, status, importPage(p))
}

// newUpload fills the form that brings an archive.
func (s *Server) newUpload(ctx context.Context, r *http.Request, key course.Key, bad *fault.Error) (uploadProps, error) {
	p := uploadProps{Limit: i18n.T(ctx, "files.megabytes", s.Transfers.MaxArchive()>>20), Most: s.Transfers.MaxArchive()}
	if bad != nil {
		p.Problem = i18n.T(ctx, bad.Message, bad.Args...)
	}
	going, err := s.Transfers.Uploads(ctx, int64(page.Viewer(r).ID), key)
	for _, t := range going {
		p.Going = append(p.Going, newTask(ctx, t))
	}
	return p, err
}

// importTask tells of an import whole: report, what it replaced, and how to undo it.
func (s *Server) importTask(ctx context.Context, t transfer.Task, now *course.Content) (*taskProps, error) {
	p := newTask(ctx, t)
	p.StatusURL, p.URL = importStatusURL(t), importURL(t)
	if t.Outcome != nil {
		p.Report = newReport(ctx, t.Outcome.Report, t.Course, now)
	}
	if t.State != transfer.Done || t.Before == nil || t.Before.Draft == "" {
		return p, nil
	}
	was, err := s.Editor.Courses.Version(ctx, t.Before.Draft)
	if err != nil {
		return nil, err
	}
	p.Replaced = &replacedProps{By: was.Author, At: was.Time, Published: t.Outcome != nil && t.Outcome.Published != t.Before.Published}
	if t.Undone == nil {
		p.Undo = "/import/" + t.Course.String() + "/" + strconv.FormatInt(t.ID, 10) + "/undo"
	}
	return p, nil
}

func importStatusURL(t transfer.Task) string {
	id := strconv.FormatInt(t.ID, 10)
	if t.Course.IsZero() {
		return "/course/import/status?task=" + id
	}
	return "/import_status/" + t.Course.String() + "/" + url.PathEscape(t.File) + "?task=" + id
}

// receive serves POST /import/KEY: an archive, or a stretch of one.
func (s *Server) receive(w http.ResponseWriter, r *http.Request) error {
	key, err := s.enterContent(r)
	if err != nil {
		return importRefused(w, r, err)
	}
	if _, err := s.Editor.Courses.Head(r.Context(), key); err != nil {
		return err
	}
	name := ""
	got, err := s.take(r, key, &name, func(fields url.Values) (transfer.Ask, course.Key, error) {
		return transfer.Ask{Publish: publishes(fields)}, key, nil
	})
	if err != nil {
		if f, ok := fault.As(err); ok && !page.WantsJSON(r) && f.Message != "" && page.Status(err) < http.StatusInternalServerError {
			return s.importPage(w, r, page.Status(err), f)
		}
		return importRefused(w, r, err)
	}
	at := "/import/" + key.String()
	if got.Complete {
		s.note(r, "course.import_began", course.UsageKey{Course: key}, map[string]any{"file": name, "task": got.Task})
		at += "?task=" + strconv.FormatInt(got.Task, 10)
	}
	return s.answerUpload(w, r, got, name, at)
}

// publishes reports whether learners get what the archive says is published. Programs that do not say get what they know.
func publishes(fields url.Values) bool {
	return !fields.Has("options") || fields.Get("publish") != ""
}

// formAround is how many bytes a form may have around an archive.
const formAround = 1 << 20

// take reads an upload.
func (s *Server) take(r *http.Request, key course.Key, name *string, ask func(url.Values) (transfer.Ask, course.Key, error)) (got transfer.Received, err error) {
	var stretch *transfer.Range
	if header := r.Header.Get("Content-Range"); header != "" {
		span, err := page.ParseContentRange(header)
		if err != nil || span.None {
			return got, fault.Invalidf("stretch of an archive: %q, %w", header, err).Say("transfer.bad_range")
		}
		stretch = &transfer.Range{From: span.From, To: span.To, Total: span.Size}
	}
	if r.ContentLength > s.Transfers.MaxArchive()+formAround {
		return got, s.Transfers.TooLarge(r.ContentLength)
	}
	who := page.Viewer(r)
	err = readUpload(r, func(file string, body io.Reader, fields url.Values, rest func() error) error {
		if file, err = archiveName(file); err != nil {
			return err
		}
		*name = file
		u := transfer.Upload{
			Course: key, User: int64(who.ID), Username: who.Username, File: file, Body: body, Range: stretch,
			Ask: func() (transfer.Ask, course.Key, error) {
				if err := rest(); err != nil {
					return transfer.Ask{}, key, err
				}
				return ask(fields)
			},
		}
		got, err = s.Transfers.Receive(r.Context(), u)
		return err
	})
	return got, err
}

// arrivedSoFar is the answer to a stretch of an upload, as clients know it.
type arrivedSoFar struct {
	Status   int           `json:"ImportStatus,omitempty"`
	Files    []arrivedFile `json:"files,omitempty"`
	Task     int64         `json:"task"`
	Received int64         `json:"received"`
	Total    int64         `json:"total"`
	URL      string        `json:"url"`
}

type arrivedFile struct {
	Name       string `json:"name"`
	Size       int64  `json:"size"`
	DeleteURL  string `json:"deleteUrl"`
	DeleteType string `json:"deleteType"`
	URL        string `json:"url"`
	Thumbnail  string `json:"thumbnailUrl"`
}

func (s *Server) answerUpload(w http.ResponseWriter, r *http.Request, got transfer.Received, name, at string) error {
	if !page.WantsJSON(r) {
		return page.Redirect(w, r, at)
	}
	out := arrivedSoFar{Task: got.Task, Received: got.Received, Total: got.Total, URL: at}
	if got.Complete {
		out.Status = transfer.StepUnpack
	} else {
		out.Files = []arrivedFile{{Name: name, Size: got.Received, URL: at}}
	}
	return page.JSON(w, r, http.StatusOK, out)
}

// importRefused answers programs as clients of the platform we match read it: what is wrong, and the step that failed, which is the upload.
func importRefused(w http.ResponseWriter, r *http.Request, err error) error {
	f, ok := fault.As(err)
	if !ok || !page.WantsJSON(r) || fault.KindOf(err) == fault.Internal || fault.KindOf(err) == fault.Unauthenticated {
		return err
	}
	status := page.Status(err)
	switch {
	case f.Message == "transfer.not_archive":
		status = http.StatusUnsupportedMediaType
	case f.Kind == fault.Invalid:
		status = http.StatusBadRequest
	}
	out := newRefusal(r, f)
	out.ErrMsg = out.Message
	sayWhen(w, f)
	w.Header().Set("Cache-Control", "no-store")
	return page.JSON(w, r, status, struct {
		refusal
		Stage int `json:"Stage"`
	}{out, -1})
}

// importStatus is the answer of GET /import_status/KEY/FILE. Status is 0 for nothing known of, 1 unpacking, 2 reading and checking, 3 putting
// in place, 4 done; below 0 it is the step that failed.
type importStatus struct {
	Status  int    `json:"ImportStatus"`
	Message string `json:"Message"`
	progress
}

func newImportStatus(ctx context.Context, t transfer.Task) importStatus {
	out := importStatus{progress: newProgress(ctx, t)}
	switch t.State {
	case transfer.Waiting, transfer.Running:
		out.Status = max(t.Step, transfer.StepUnpack)
	case transfer.Done:
		out.Status = transfer.StepDone
	case transfer.Failed:
		out.Status = -max(t.Step, transfer.StepUnpack)
		text, detail := problemText(ctx, t.Problem)
		if out.Message = text; detail != "" {
			out.Message += " " + detail
		}
	case transfer.Uploading:
	}
	return out
}

// showImportStatus serves GET /import_status/KEY/FILE. An upload of the one who asks that goes on comes first, then the latest import of
// an archive of that name.
func (s *Server) showImportStatus(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	key, err := s.enterContent(r)
	if err != nil {
		return err
	}
	file, err := url.PathUnescape(chi.URLParam(r, "file"))
	if err != nil {
		file = chi.URLParam(r, "file")
	}
	if id := r.URL.Query().Get("task"); id != "" {
		t, err := s.taskOf(ctx, id, key, transfer.Import)
		if err != nil {
			return err
		}
		return page.JSON(w, r, http.StatusOK, s.importNews(ctx, t))
	}
	t, ok, err := s.Transfers.Upload(ctx, int64(page.Viewer(r).ID), key, file)
	if err == nil && !ok {
		t, ok, err = s.Transfers.Named(ctx, key, file)
	}
	if err != nil {
		return err
	}
	if !ok {
		return page.JSON(w, r, http.StatusOK, importStatus{})
	}
	return page.JSON(w, r, http.StatusOK, s.importNews(ctx, t))
}

func (s *Server) importNews(ctx context.Context, t transfer.Task) importStatus {
	out := newImportStatus(ctx, t)
	out.URL = importURL(t)
	return out
}

// importURL is the page that tells of an import.
func importURL(t transfer.Task) string {
	id := strconv.FormatInt(t.ID, 10)
	if t.Ask.New && t.State != transfer.Done {
		return "/course/import?task=" + id
	}
	return "/import/" + t.Course.String() + "?task=" + id
}

// importUndoProps asks whether an import shall be undone.
type importUndoProps struct {
	framed
	Back    string
	File    string
	At      time.Time // of the version that comes back
	By      string
	Changes []changeRow // made since
	Seen    string
	Problem string
}

type changeRow struct {
	Words, By string
	At        time.Time
}

// mostChanges is how many changes since an import its undoing lists.
const mostChanges = 20

// showUndo serves GET /import/KEY/TASK/undo.
func (s *Server) showUndo(w http.ResponseWriter, r *http.Request) error {
	return s.undoPage(w, r, http.StatusOK, nil)
}

func (s *Server) undoPage(w http.ResponseWriter, r *http.Request, status int, bad *fault.Error) error {
	ctx := r.Context()
	key, b, err := s.seePage(r)
	if err != nil {
		return err
	}
	t, err := s.taskOf(ctx, chi.URLParam(r, "task"), key, transfer.Import)
	if err != nil {
		return err
	}
	if t.State != transfer.Done || t.Before == nil || t.Before.Draft == "" || t.Undone != nil {
		return fault.NotFoundf("transfer %d cannot be undone", t.ID).Say("transfer.no_undo")
	}
	was, err := s.Editor.Courses.Version(ctx, t.Before.Draft)
	if err != nil {
		return err
	}
	head, err := s.Editor.Courses.Head(ctx, key)
	if err != nil {
		return err
	}
	p := importUndoProps{
		framed: s.frame(w, r, key, b.Draft.Root, "import", i18n.T(ctx, "transfer.undo.title")), Back: importURL(t), File: t.File, At: was.Time, By: was.Author,
		Seen: transfer.Mark(head),
	}
	if bad != nil {
		p.Problem = i18n.T(ctx, bad.Message, bad.Args...)
	}
	if !t.Untouched(head) {
		line, err := s.Editor.Courses.Line(ctx, key, course.Draft, head.Draft, mostChanges)
		if err != nil {
			return err
		}
		for _, v := range line {
			if v.ID == t.Outcome.Draft {
				break
			}
			p.Changes = append(p.Changes, changeRow{v.Message, v.Author, v.Time})
		}
		if len(p.Changes) == 0 {
			p.Changes = []changeRow{{i18n.T(ctx, "transfer.undo.files_changed"), "", head.Changed}}
		}
	}
	return page.RenderStatus(w, r, status, importUndoPage(p))
}

// undoImport serves POST /import/KEY/TASK/undo.
func (s *Server) undoImport(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	key, err := s.enterContent(r)
	if err != nil {
		return err
	}
	if err := page.ParseForm(r, 0); err != nil {
		return err
	}
	t, err := s.taskOf(ctx, chi.URLParam(r, "task"), key, transfer.Import)
	if err != nil {
		return err
	}
	err = s.Transfers.Undo(ctx, t, page.Viewer(r).Username, r.PostForm.Get("seen"))
	if f, ok := fault.As(err); ok && f.Message == "transfer.changed_since" {
		return s.undoPage(w, r, http.StatusConflict, f)
	}
	if err != nil {
		return err
	}
	s.note(r, "course.import_undone", course.UsageKey{Course: key}, map[string]any{"task": t.ID, "version": string(t.Before.Draft)})
	return page.Redirect(w, r, importURL(t), page.Notice{Kind: "success", ID: "transfer.undo.did"})
}

// importNewProps is the page that makes a course from an archive.
type importNewProps struct {
	Layout ui.LayoutProps
	Upload uploadProps
	Task   *taskProps
}

// mayImport refuses whoever may not make courses.
func (s *Server) mayImport(r *http.Request) (draft.Author, error) {
	by, err := s.author(r)
	if err == nil && !by.MayCreateAny() {
		err = fault.Forbiddenf("%q may not create courses", by.Name).Say("studio.create.not_creator")
	}
	return by, err
}

// showImportNew serves GET /course/import.
func (s *Server) showImportNew(w http.ResponseWriter, r *http.Request) error {
	return s.importNewPage(w, r, http.StatusOK, nil, nil)
}

func (s *Server) importNewPage(w http.ResponseWriter, r *http.Request, status int, typed url.Values, bad *fault.Error) error {
	ctx := r.Context()
	if _, err := s.mayImport(r); err != nil {
		return err
	}
	p := importNewProps{Layout: s.layout(w, r, i18n.T(ctx, "transfer.new.title"))}
	p.Layout.Main = "reading"
	if id := r.URL.Query().Get("task"); id != "" {
		t, err := s.ownTask(r, id)
		if err != nil {
			return err
		}
		if t.State == transfer.Done {
			return page.Redirect(w, r, importURL(t))
		}
		p.Task = newTask(ctx, t)
		p.Task.StatusURL, p.Task.URL = "/course/import/status?task="+id, importURL(t)
	}
	var err error
	if p.Upload, err = s.newUpload(ctx, r, course.Key{}, bad); err != nil {
		return err
	}
	p.Upload.New, p.Upload.Action, p.Upload.StatusURL, p.Upload.Key = true, "/course/import", "/course/import/status?file=", "archive"
	if typed.Get("key") == "own" {
		p.Upload.Key = "own"
	}
	form := s.newCourseForm(w, r, wish{Org: typed.Get("org"), Number: typed.Get("number"), Run: typed.Get("run")}, bad)
	p.Upload.Org, p.Upload.Number, p.Upload.Run = form.Org, form.Number, form.Run
	for _, f := range []*ui.FieldProps{&p.Upload.Org, &p.Upload.Number, &p.Upload.Run} {
		f.Required, f.Quiet = false, true
	}
	if bad != nil && bad.Message == "" {
		p.Upload.Problem = ""
	}
	return page.RenderStatus(w, r, status, importNewPage(p))
}

// ownTask reads an import that makes a course, of the one who asks.
func (s *Server) ownTask(r *http.Request, text string) (transfer.Task, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return transfer.Task{}, fault.NotFoundf("transfer %q", text)
	}
	t, err := s.Transfers.Find(r.Context(), id)
	if err == nil && (t.User != int64(page.Viewer(r).ID) || t.Kind != transfer.Import || !t.Ask.New) {
		err = fault.NotFoundf("transfer %d is of another person", id)
	}
	return t, err
}

// receiveNew serves POST /course/import: an archive that becomes a course, or a stretch of one.
func (s *Server) receiveNew(w http.ResponseWriter, r *http.Request) error {
	by, err := s.mayImport(r)
	if err != nil {
		return importRefused(w, r, err)
	}
	name := ""
	var typed url.Values
	got, err := s.take(r, course.Key{}, &name, func(fields url.Values) (transfer.Ask, course.Key, error) {
		typed = fields
		ask := transfer.Ask{New: true, Publish: publishes(fields)}
		if fields.Get("key") != "own" {
			return ask, course.Key{}, nil
		}
		key, err := draft.NewCourse{Org: fields.Get("org"), Number: fields.Get("number"), Run: fields.Get("run"), Name: "x"}.Key()
		if err == nil && !by.MayCreate(key.Org) {
			err = fault.Forbiddenf("%q may not create courses of %s", by.Name, key.Org).Say("draft.course.not_creator", key.Org)
		}
		if err == nil {
			err = s.free(r.Context(), key)
		}
		return ask, key, err
	})
	if err != nil {
		if f, ok := fault.As(err); ok && !page.WantsJSON(r) && (f.Message != "" || f.Fields != nil) && page.Status(err) < http.StatusInternalServerError {
			return s.importNewPage(w, r, page.Status(err), typed, f)
		}
		return importRefused(w, r, err)
	}
	at := "/course/import"
	if got.Complete {
		at += "?task=" + strconv.FormatInt(got.Task, 10)
	}
	return s.answerUpload(w, r, got, name, at)
}

// free refuses a key that a course has, is getting, or had before it was deleted.
func (s *Server) free(ctx context.Context, key course.Key) error {
	if err := s.Transfers.Free(ctx, key); err != nil {
		return err
	}
	making, err := s.Transfers.BeingMade(ctx, key)
	if err == nil && making {
		err = fault.Conflictf("course %s is being made", key).Say("course.exists")
	}
	return err
}

// showNewStatus serves GET /course/import/status: of a task, or of an upload that goes on.
func (s *Server) showNewStatus(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if _, err := s.mayImport(r); err != nil {
		return err
	}
	if id := r.URL.Query().Get("task"); id != "" {
		t, err := s.ownTask(r, id)
		if err != nil {
			return err
		}
		return page.JSON(w, r, http.StatusOK, s.importNews(ctx, t))
	}
	t, ok, err := s.Transfers.Upload(ctx, int64(page.Viewer(r).ID), course.Key{}, r.URL.Query().Get("file"))
	if err != nil || !ok {
		if err == nil {
			err = page.JSON(w, r, http.StatusOK, importStatus{})
		}
		return err
	}
	return page.JSON(w, r, http.StatusOK, s.importNews(ctx, t))
}
