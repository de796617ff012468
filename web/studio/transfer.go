package studio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"lyceum/authoring/draft"
	"lyceum/authoring/transfer"
	"lyceum/course"
	"lyceum/course/olx"
	"lyceum/internal/fault"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/ui"
)

// transferRoutes lists what brings courses in, takes them out, runs them again and deletes them.
func transferRoutes(s *Server, rt routes) {
	rt.get("/course/import", s.showImportNew)
	rt.post("/course/import", forBoth(s.receiveNew))
	rt.get("/course/import/status", forPrograms(s.showNewStatus))
	rt.get("/import/{course}", forBoth(s.showImport))
	rt.post("/import/{course}", forBoth(s.receive))
	rt.get("/import/{course}/{task}/undo", s.showUndo)
	rt.post("/import/{course}/{task}/undo", s.undoImport)
	rt.get("/import_status/{course}/{file}", forPrograms(s.showImportStatus))
	rt.get("/export/{course}", s.showExport)
	rt.post("/export/{course}", forBoth(s.startExport))
	rt.get("/export_status/{course}", forPrograms(s.showExportStatus))
	rt.get("/export_output/{course}", s.downloadExport)
	rt.get("/course_rerun/{course}", s.showRerun)
	rt.get("/course_notifications/{course}/{task}", forPrograms(s.showMaking))
	rt.get("/home/making/{task}", forPrograms(s.showMaking))
	rt.post("/home/making/{task}", forBoth(s.dismiss))
	rt.on("/course_notifications/{course}/{task}", forPrograms(s.dismiss), http.MethodDelete)
	rt.get("/course/{course}/delete", s.showDelete)
	rt.post("/course/{course}/delete", forBoth(s.deleteCourse))
	rt.post("/course/{course}/restore", forBoth(s.restoreCourse))
}

// taskProps tells how far a task is, and what it came to.
type taskProps struct {
	ID         int64
	State      transfer.State
	Title      string
	Text       string // where it is, or why it failed
	Detail     string // what of the archive is wrong, with its place
	Fraction   float64
	By         string
	At         time.Time
	StatusURL  string // that a script asks while the task is active
	URL        string
	Size       string
	Download   string
	Expires    *time.Time
	Report     *reportProps
	Replaced   *replacedProps
	Undo       string // address; "" where nothing can be undone
	Undone     *time.Time
	ToCourse   string
	DismissURL string
}

// Active reports whether the task is still worked on.
func (p *taskProps) Active() bool { return p.State == transfer.Waiting || p.State == transfer.Running }

// replacedProps tells what an import replaced.
type replacedProps struct {
	By        string
	At        time.Time
	Published bool // learners had something, and have something else now
}

// reportProps are the defects of an archive or an export, by kind.
type reportProps struct {
	Counts []string
	Groups []defectGroup
	All    int
	More   int // that are not shown
}

type defectGroup struct {
	Words string
	Count int
	Rows  []defectRow
	Open  bool
}

type defectRow struct {
	Where, Detail, URL string
	Line               int
}

// mostDefects is how many defects of a report a page shows.
const mostDefects = 500

// newReport sorts the defects of a report by kind, each with a link to where it can be seen to. now is the draft as it is; nil for none.
func newReport(ctx context.Context, report *olx.Report, key course.Key, now *course.Content) *reportProps {
	if report == nil {
		return nil
	}
	p := &reportProps{All: len(report.Defects) + report.Omitted}
	find := draft.NewIndex(now)
	at := map[string]int{}
	for i, d := range report.Defects {
		if i >= mostDefects {
			break
		}
		words := kindWords(ctx, d.Kind)
		n, ok := at[words]
		if !ok {
			n = len(p.Groups)
			at[words] = n
			p.Groups = append(p.Groups, defectGroup{Words: words})
		}
		g := &p.Groups[n]
		g.Count++
		g.Rows = append(g.Rows, defectRow{Where: d.File, Line: d.Line, Detail: d.Detail, URL: defectURL(d, key, find)})
	}
	p.More = p.All - min(len(report.Defects), mostDefects)
	for i := range p.Groups {
		p.Groups[i].Open = len(p.Groups) == 1 || p.Groups[i].Count <= 5
	}
	blocks := 0
	for _, n := range report.Blocks {
		blocks += n
	}
	if blocks > 0 {
		p.Counts = append(p.Counts, i18n.T(ctx, "transfer.report.blocks", blocks))
	}
	if report.Drafts > 0 {
		p.Counts = append(p.Counts, i18n.T(ctx, "transfer.report.drafts", report.Drafts))
	}
	if report.Files > 0 {
		p.Counts = append(p.Counts, i18n.T(ctx, "transfer.report.files", report.Files))
	}
	return p
}

// kindWords says a kind of defect as a sentence.
func kindWords(ctx context.Context, kind string) string {
	if strings.HasPrefix(kind, "encoding:") {
		kind = "encoding"
	}
	id := "transfer.kind." + kind
	if text := i18n.T(ctx, id); text != id {
		return text
	}
	return kind
}

var blockFile = regexp.MustCompile(`(?:^|/)([a-zA-Z_]+)/([^/]+?)(?:\.xml|\.html)?$`)

// defectURL is where an author can see to a defect, "" where the course has no such place.
func defectURL(d olx.Defect, key course.Key, now *draft.Index) string {
	for _, name := range []string{d.Block, d.File} {
		m := blockFile.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		kind, id := m[1], m[2]
		if (kind == "course" || kind == "library") && now.Block(key.Usage(kind, id)) != nil {
			return courseURL(key)
		}
		u := key.Usage(kind, id)
		if now.Block(u) == nil {
			continue
		}
		switch kind {
		case "chapter", "sequential":
			return courseURL(key) + "?show=" + u.String()
		case "vertical":
			return "/container/" + u.String()
		default:
			return "/edit/" + u.String()
		}
	}
	return ""
}

// problemText says why a task failed.
func problemText(ctx context.Context, p *transfer.Problem) (text, detail string) {
	if p == nil {
		return i18n.T(ctx, "transfer.failed"), ""
	}
	text, detail = i18n.T(ctx, p.Message, p.Args...), p.Detail
	if p.File != "" {
		where := p.File
		if p.Line > 0 {
			where += ":" + strconv.Itoa(p.Line)
		}
		detail = where + ": " + detail
	}
	return text, detail
}

// newTask tells of a task.
func newTask(ctx context.Context, t transfer.Task) *taskProps {
	p := &taskProps{ID: t.ID, State: t.State, By: t.Username, At: t.Created, Title: t.File, Undone: t.Undone}
	if t.Kind == transfer.Rerun {
		p.Title = t.Ask.Name
	}
	switch t.State {
	case transfer.Waiting:
		p.Text = i18n.T(ctx, "transfer.waiting")
	case transfer.Running:
		p.Text = i18n.T(ctx, fmt.Sprintf("transfer.%s.step%d", t.Kind, max(t.Step, 1)))
		if t.All > 0 {
			p.Text = i18n.T(ctx, "transfer.of", p.Text, t.Done, t.All)
		}
	case transfer.Failed:
		p.Text, p.Detail = problemText(ctx, t.Problem)
	case transfer.Done:
		p.Text = i18n.T(ctx, "transfer."+string(t.Kind)+".done")
	case transfer.Uploading:
		p.Text = i18n.T(ctx, "transfer.arrived", size(ctx, t.Received), size(ctx, t.Total))
	}
	steps := map[transfer.Kind]int{transfer.Import: 3, transfer.Export: 1, transfer.Rerun: 2}[t.Kind]
	if t.Step > 0 {
		within := 0.0
		if t.All > 0 {
			within = min(1, float64(t.Done)/float64(t.All))
		}
		p.Fraction = min(1, (float64(t.Step-1)+within)/float64(steps))
	}
	return p
}

// progress is how a script learns how far a task is.
type progress struct {
	Task     int64          `json:"task,omitempty"`
	State    transfer.State `json:"state,omitempty"`
	Received int64          `json:"received"`
	Total    int64          `json:"total"`
	Fraction float64        `json:"fraction"`
	Text     string         `json:"text"`
	URL      string         `json:"url,omitempty"`
}

func newProgress(ctx context.Context, t transfer.Task) progress {
	p := newTask(ctx, t)
	return progress{Task: t.ID, State: t.State, Received: t.Received, Total: t.Total, Fraction: p.Fraction, Text: p.Text}
}

// taskOf reads a task that a path or query names, of the course in the path.
func (s *Server) taskOf(ctx context.Context, text string, key course.Key, kind transfer.Kind) (transfer.Task, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return transfer.Task{}, fault.NotFoundf("transfer %q", text)
	}
	t, err := s.Transfers.Find(ctx, id)
	if err != nil {
		return t, err
	}
	if t.Course != key.Bare() || t.Kind != kind {
		return t, fault.NotFoundf("transfer %d is of %s", id, t.Course)
	}
	return t, nil
}

// seePage is the course or library a page is about, as its author has it, for whoever may.
func (s *Server) seePage(r *http.Request) (course.Key, draft.Branches, error) {
	key, err := s.enterContent(r)
	if err != nil {
		return key, draft.Branches{}, err
	}
	_, b, err := s.Editor.Read(r.Context(), key)
	return key, b, err
}

// IsImport reports whether archives are sent to a path.
func IsImport(path string) bool {
	path = strings.TrimSuffix(path, "/")
	return strings.HasPrefix(path, "/import/") && !strings.HasSuffix(path, "/undo") || path == "/course/import"
}

// readUpload reads the form of an upload: its file is handed to take as it comes, with the fields before it and a function that reads
// those behind it, once the file was read.
func readUpload(r *http.Request, take func(name string, body io.Reader, fields url.Values, rest func() error) error) error {
	form, err := r.MultipartReader()
	if err != nil {
		return fmt.Errorf("read an upload: %w", page.ErrContentType)
	}
	fields := url.Values{}
	next := func() (*multipart.Part, error) {
		for {
			part, err := form.NextPart()
			if errors.Is(err, io.EOF) {
				return nil, nil //nolint:nilnil // the end of the form
			}
			if err != nil {
				return nil, fault.Invalidf("read an upload: %w", err).Say("transfer.cut_off")
			}
			if part.FormName() == uploadField {
				return part, nil
			}
			text, err := io.ReadAll(io.LimitReader(part, 4096))
			if err != nil {
				return nil, fault.Invalidf("read an upload: %w", err).Say("transfer.cut_off")
			}
			if len(fields) < 50 {
				fields.Add(part.FormName(), string(text))
			}
		}
	}
	part, err := next()
	if err != nil {
		return err
	}
	if part == nil || part.FileName() == "" {
		return fault.Invalidf("no file in the upload").Say("transfer.no_file")
	}
	return take(part.FileName(), part, fields, func() error {
		second, err := next()
		if second != nil {
			return fault.Invalidf("two files in one upload").Say("transfer.one_file")
		}
		return err
	})
}

// uploadField is the name of the file in an upload, as clients know it.
const uploadField = "course-data"

// archiveName checks the name of an archive.
func archiveName(name string) (string, error) {
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	lower := strings.ToLower(name)
	if !strings.HasSuffix(lower, ".tar.gz") && !strings.HasSuffix(lower, ".tgz") {
		return "", fmt.Errorf("file %q: %w", name, fault.Invalidf("no .tar.gz").Say("transfer.not_archive"))
	}
	if len(name) > 255 || strings.IndexFunc(name, func(r rune) bool { return r < ' ' }) >= 0 {
		return "", fault.Invalidf("name of %d bytes", len(name)).Say("transfer.bad_name")
	}
	return name, nil
}

// leadOf is the id of a text that speaks of a library otherwise than of a course.
func leadOf(id, key string) string {
	if strings.HasPrefix(key, "library-v1:") {
		return id + "_library"
	}
	return id
}

// place is where a defect is.
func place(d defectRow) string {
	if d.Line > 0 {
		return d.Where + ":" + strconv.Itoa(d.Line)
	}
	return d.Where
}

// exportKind makes the button that exports the first thing to press while there is nothing to download.
func exportKind(p exportProps) string {
	if p.Task != nil && p.Task.Download != "" {
		return ""
	}
	return ui.Primary
}
