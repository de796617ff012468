package studio

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"lyceum/authoring/transfer"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/web/i18n"
	"lyceum/web/page"
)

// exportProps is the page that takes a course out.
type exportProps struct {
	framed
	Action string
	Task   *taskProps
	List   []*taskProps // with archives that can still be had
}

// archiveType is the media type of archives, as clients ask for it.
const archiveType = "application/x-tgz"

// showExport serves GET /export/KEY, and the archive itself to who asks for it in the old form.
func (s *Server) showExport(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	key, b, err := s.seePage(r)
	if err != nil {
		return err
	}
	if r.URL.Query().Get("_accept") == archiveType || strings.HasPrefix(r.Header.Get("Accept"), archiveType) {
		return s.exportAtOnce(w, r, key)
	}
	p := exportProps{framed: s.frame(w, r, key, b.Draft.Root, "export", i18n.T(ctx, "studio.page.export")), Action: "/export/" + key.String()}
	tasks, err := s.Transfers.List(ctx, transfer.Export, key, listed)
	if err != nil {
		return err
	}
	for i, t := range tasks {
		one := s.exportTask(ctx, t)
		if t.State == transfer.Done && one.Download == "" {
			continue
		}
		if asked := r.URL.Query().Get("task"); asked == strconv.FormatInt(t.ID, 10) || asked == "" && i == 0 {
			if t, err = s.Transfers.Find(ctx, t.ID); err != nil {
				return err
			}
			if t.Outcome != nil {
				one.Report = newReport(ctx, t.Outcome.Report, key, b.Draft)
			}
			p.Task = one
			continue
		}
		p.List = append(p.List, one)
	}
	return page.Render(w, r, exportPage(p))
}

func (s *Server) exportTask(ctx context.Context, t transfer.Task) *taskProps {
	p, id := newTask(ctx, t), strconv.FormatInt(t.ID, 10)
	p.Title, p.StatusURL, p.URL = exportName(t.Course), "/export_status/"+t.Course.String()+"?task="+id, "/export/"+t.Course.String()+"?task="+id
	if until := t.Expires(); t.State == transfer.Done && until.After(s.Clock()) {
		p.Download, p.Size, p.Expires = outputURL(t), size(ctx, t.Total), &until
	}
	return p
}

func outputURL(t transfer.Task) string {
	return "/export_output/" + t.Course.String() + "?task=" + strconv.FormatInt(t.ID, 10)
}

// exportName is what the archive of a course or library is called.
func exportName(key course.Key) string {
	parts := []string{key.Org, key.Number, key.Run}
	if key.Form == course.FormLibrary {
		parts = parts[:2]
	}
	return strings.Join(parts, "-") + ".tar.gz"
}

// startExport serves POST /export/KEY.
func (s *Server) startExport(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	key, err := s.enterContent(r)
	if err != nil {
		return err
	}
	if _, err := s.Editor.Courses.Head(ctx, key); err != nil {
		return err
	}
	who := page.Viewer(r)
	id, err := s.Transfers.Start(ctx, transfer.Export, key, int64(who.ID), who.Username, transfer.Ask{})
	if err != nil {
		return err
	}
	s.note(r, "course.export_began", course.UsageKey{Course: key}, map[string]any{"task": id})
	at := "/export/" + key.String() + "?task=" + strconv.FormatInt(id, 10)
	if !page.WantsJSON(r) {
		return page.Redirect(w, r, at)
	}
	return page.JSON(w, r, http.StatusOK, map[string]any{"ExportStatus": 1, "task": id, "url": at})
}

// exportStatus is the answer of GET /export_status/KEY. Status is 0 for nothing known of, 1 and 2 at work, 3 done; below 0 it failed.
type exportStatus struct {
	Status int    `json:"ExportStatus"`
	Output string `json:"ExportOutput,omitempty"`
	Error  any    `json:"ExportError,omitempty"`
	progress
}

// showExportStatus serves GET /export_status/KEY: of the latest export, or the one asked for.
func (s *Server) showExportStatus(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	key, err := s.enterContent(r)
	if err != nil {
		return err
	}
	t, ok, err := s.askedExport(r, key)
	if err != nil {
		return err
	}
	if !ok {
		return page.JSON(w, r, http.StatusOK, exportStatus{})
	}
	out := exportStatus{progress: newProgress(ctx, t)}
	out.URL = "/export/" + key.String() + "?task=" + strconv.FormatInt(t.ID, 10)
	switch t.State {
	case transfer.Done:
		if t.Expires().After(s.Clock()) {
			out.Status, out.Output = transfer.StepWritten, outputURL(t)
		}
	case transfer.Failed:
		text, _ := problemText(ctx, t.Problem)
		out.Status, out.Error = -1, map[string]string{"raw_error_msg": text}
	default:
		out.Status = max(t.Step, 1)
	}
	return page.JSON(w, r, http.StatusOK, out)
}

func (s *Server) askedExport(r *http.Request, key course.Key) (transfer.Task, bool, error) {
	if id := r.URL.Query().Get("task"); id != "" {
		t, err := s.taskOf(r.Context(), id, key, transfer.Export)
		return t, err == nil, err
	}
	return s.Transfers.Latest(r.Context(), transfer.Export, key)
}

// downloadExport serves GET /export_output/KEY: the archive of the latest export, or of the one asked for. A download that was cut off can
// go on.
func (s *Server) downloadExport(w http.ResponseWriter, r *http.Request) error {
	key, err := s.enterContent(r)
	if err != nil {
		return err
	}
	t, ok, err := s.askedExport(r, key)
	if err != nil {
		return err
	}
	if !ok || t.State != transfer.Done || t.Expires().Before(s.Clock()) {
		return fault.NotFoundf("no export of %s to be had", key).Say("transfer.gone")
	}
	body, _, err := s.Transfers.Archive(r.Context(), t)
	if err != nil {
		return err
	}
	defer body.Close()
	attach(w, key)
	w.Header().Set("ETag", fmt.Sprintf(`"export-%d"`, t.ID))
	http.ServeContent(w, r, "", t.Changed, body)
	return nil
}

func attach(w http.ResponseWriter, key course.Key) {
	h := w.Header()
	h.Set("Content-Type", archiveType)
	h.Set("Content-Disposition", "attachment; filename*=UTF-8''"+escapeName(exportName(key)))
	h.Set("Cache-Control", "private, no-store")
}

// escapeName writes a file's name for a header, as RFC 8187 says.
func escapeName(name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '.' || c == '_' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// exportAtOnce answers with the archive itself. It is written to a file first, so that half of one is never taken for the whole. Nothing is
// stored of it: a GET only reads.
func (s *Server) exportAtOnce(w http.ResponseWriter, r *http.Request, key course.Key) (err error) {
	done, err := s.Limits.export(r)
	if err != nil {
		return err
	}
	defer done()
	f, err := os.CreateTemp("", "lyceum-export-*")
	if err != nil {
		return fmt.Errorf("make room for an export: %w", err)
	}
	unnamed := os.Remove(f.Name()) == nil // while it is open it needs no name, and a killed process leaves nothing
	defer func() {
		if err = errors.Join(err, f.Close()); !unnamed {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	e := &transfer.Exporter{Courses: s.Editor.Courses, Files: s.Transfers.Files}
	if _, err := e.Export(r.Context(), key, f); err != nil {
		return err
	}
	attach(w, key)
	http.ServeContent(w, r, "", time.Time{}, f)
	return nil
}
