package studio

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
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

// rerunProps is the form that runs a course again.
type rerunProps struct {
	framed
	Source                        string
	Name, Org, Number, Run, Start ui.FieldProps
	Dates                         ui.FieldProps
	Team                          ui.FieldProps
	From                          *time.Time // when the source starts; nil when it has no start
	Problem                       string
}

// mayRerun is enter for a course that shall run again, by somebody who may make courses.
func (s *Server) mayRerun(r *http.Request, key course.Key) (draft.Author, error) {
	by, err := s.enter(r, key)
	if err == nil && key.Form == course.FormLibrary {
		err = fault.NotFoundf("%s is no course", key)
	}
	if err == nil && !by.MayCreateAny() {
		err = fault.Forbiddenf("%q may not create courses", by.Name).Say("studio.create.not_creator")
	}
	return by, err
}

// showRerun serves GET /course_rerun/KEY.
func (s *Server) showRerun(w http.ResponseWriter, r *http.Request) error {
	key, b, err := s.seePage(r)
	if err != nil {
		return err
	}
	if _, err := s.mayRerun(r, key); err != nil {
		return err
	}
	typed := url.Values{
		"display_name": {nameOf(b.Draft.Root)}, "org": {key.Org}, "number": {key.Number}, "run": {nextRun(key.Run)}, "dates": {"shift"},
	}
	return page.Render(w, r, rerunPage(s.newRerunForm(w, r, key, b.Draft.Root, typed, nil)))
}

// nextRun guesses the name of the next run: the last number in it, counted on.
func nextRun(run string) string {
	end := strings.LastIndexFunc(run, isDigit) + 1
	from := end
	for from > 0 && isDigit(rune(run[from-1])) {
		from--
	}
	n, err := strconv.Atoi(run[from:end])
	if err != nil || end-from > 9 {
		return ""
	}
	next := strconv.Itoa(n + 1)
	return run[:from] + strings.Repeat("0", max(0, end-from-len(next))) + next + run[end:]
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

func (s *Server) newRerunForm(w http.ResponseWriter, r *http.Request, key course.Key, root *course.Block, typed url.Values, f *fault.Error) rerunProps {
	ctx := r.Context()
	p := rerunProps{framed: s.frame(w, r, key, root, "", i18n.T(ctx, "rerun.title")), Source: key.String()}
	form := s.newCourseForm(w, r, wish{Org: typed.Get("org"), Number: typed.Get("number"), Run: typed.Get("run"), Name: typed.Get("display_name")}, f)
	p.Name, p.Org, p.Number, p.Run, p.Problem = form.Name, form.Org, form.Number, form.Run, form.Problem
	bad := page.FieldErrors(ctx, f)
	p.Start = ui.FieldProps{
		Name: "start", Label: i18n.T(ctx, "rerun.start"), Help: i18n.T(ctx, "rerun.start_help"), Type: "datetime-local", Quiet: true, Value: typed.Get("start"), Error: bad["start"],
	}
	if from, ok := root.Fields["start"].Time(); ok && !transfer.Unscheduled(from) {
		p.From = &from
		keep := typed.Get("dates") == "keep"
		p.Dates = ui.FieldProps{Name: "dates", Label: i18n.T(ctx, "rerun.dates"), Options: []ui.Option{
			{Value: "shift", Label: i18n.T(ctx, "rerun.shift"), Help: i18n.T(ctx, "rerun.shift_help", from), Selected: !keep},
			{Value: "keep", Label: i18n.T(ctx, "rerun.keep"), Help: i18n.T(ctx, "rerun.keep_help"), Selected: keep},
		}}
	}
	p.Team = ui.FieldProps{Name: "team", Label: i18n.T(ctx, "rerun.team"), Help: i18n.T(ctx, "rerun.team_help"), Checked: typed.Get("team") != ""}
	return p
}

// again is what a form or a program says of a re-run.
type again struct {
	wish
	Start string `json:"start"` // ISO 8601; "" leaves it unscheduled
	Shift bool   `json:"shift_dates"`
	Team  bool   `json:"copy_team"`
}

// rerun begins a re-run and returns the key of the course that is going to be.
func (s *Server) rerun(r *http.Request, asked again) (source, key course.Key, err error) {
	ctx := r.Context()
	if source, err = course.ParseKey(asked.Source); err != nil {
		return source, key, fault.Invalidf("re-run of %q: %w", asked.Source, err).Field("source_course_key", "studio.xblock.bad_key")
	}
	by, err := s.mayRerun(r, source)
	if err != nil {
		return source, key, err
	}
	if _, err := s.Editor.Courses.Head(ctx, source); err != nil {
		return source, key, err
	}
	if asked.Name = strings.TrimSpace(asked.Name); asked.Name == "" {
		if _, b, err := s.Editor.Read(ctx, source); err == nil {
			asked.Name = nameOf(b.Draft.Root)
		}
	}
	key, err = draft.NewCourse{Org: strings.TrimSpace(asked.Org), Number: strings.TrimSpace(asked.Number), Run: strings.TrimSpace(asked.Run), Name: asked.Name}.Key()
	bad, _ := fault.As(err)
	if err != nil && bad == nil {
		return source, key, err
	}
	ask := transfer.Ask{Source: source, Name: asked.Name, Shift: asked.Shift, Team: asked.Team}
	if asked.Start != "" {
		at, ok := course.ParseTime(asked.Start)
		if !ok || at.Year() < 1900 || at.Year() > 9999 {
			if bad == nil {
				bad = fault.Invalidf("start %q", asked.Start)
			}
			bad = bad.Field("start", "studio.part.bad_date")
		}
		ask.Start = &at
	}
	if bad != nil {
		return source, key, bad
	}
	if !by.MayCreate(key.Org) {
		return source, key, fault.Forbiddenf("%q may not create courses of %s", by.Name, key.Org).Say("draft.course.not_creator", key.Org)
	}
	if err := s.free(ctx, key); err != nil {
		return source, key, err
	}
	id, err := s.Transfers.Start(ctx, transfer.Rerun, key, int64(page.Viewer(r).ID), by.Name, ask)
	if err != nil {
		return source, key, err
	}
	s.note(r, "course.rerun_began", course.UsageKey{Course: key}, map[string]any{"source": source.String(), "task": id})
	return source, key, nil
}

// answerRerun serves a re-run that POST /course/ asks for.
func (s *Server) answerRerun(w http.ResponseWriter, r *http.Request, asked again, isForm bool) error {
	source, key, err := s.rerun(r, asked)
	f, ok := fault.As(err)
	switch {
	case err == nil && isForm && !page.WantsJSON(r):
		return page.Redirect(w, r, "/home/", page.Notice{Kind: "info", ID: "rerun.began", Args: []string{asked.Name}})
	case err == nil:
		return page.JSON(w, r, http.StatusOK, map[string]string{"url": "/course/", "destination_course_key": key.String()})
	case ok && isForm && !page.WantsJSON(r) && (f.Kind == fault.Invalid || f.Kind == fault.Conflict) && !source.IsZero():
		_, b, readErr := s.Editor.Read(r.Context(), source)
		if readErr != nil {
			return err
		}
		return page.RenderStatus(w, r, page.Status(err), rerunPage(s.newRerunForm(w, r, source, b.Draft.Root, r.PostForm, f)))
	default:
		return err
	}
}

// making lists what makes courses for whoever asks, for the list of courses.
func (s *Server) making(ctx context.Context, r *http.Request) ([]*taskProps, error) {
	tasks, err := s.Transfers.Making(ctx, int64(page.Viewer(r).ID))
	if err != nil {
		return nil, err
	}
	var out []*taskProps
	for _, t := range tasks {
		p := newTask(ctx, t)
		p.StatusURL = "/home/making/" + strconv.FormatInt(t.ID, 10)
		if t.Kind == transfer.Import {
			p.URL = "/course/import?task=" + strconv.FormatInt(t.ID, 10)
		}
		if t.State == transfer.Failed {
			p.DismissURL = p.StatusURL
		}
		out = append(out, p)
	}
	return out, nil
}

// courseAction is a re-run as clients of the platform we match know it.
type courseAction struct {
	State          string `json:"state"` // in_progress, succeeded, failed
	Message        string `json:"message"`
	ShouldDisplay  bool   `json:"should_display"`
	ActionID       int64  `json:"id"`
	CourseKey      string `json:"course_key"`
	InProgress     bool   `json:"is_in_progress"`
	Failed         bool   `json:"is_failed"`
	SourceCourse   string `json:"source_course_key,omitempty"`
	progressOfTask        // of ours
}

type progressOfTask = progress

// myTask reads a task that makes a course, of the one who asks; staff of the site may look at any.
func (s *Server) myTask(r *http.Request) (transfer.Task, error) {
	by, err := s.author(r)
	if err != nil {
		return transfer.Task{}, err
	}
	id, err := strconv.ParseInt(chi.URLParam(r, "task"), 10, 64)
	if err != nil {
		return transfer.Task{}, fault.NotFoundf("transfer %q", chi.URLParam(r, "task"))
	}
	t, err := s.Transfers.Find(r.Context(), id)
	if err == nil && (t.User != int64(page.Viewer(r).ID) && !by.Everywhere || t.Kind == transfer.Export) {
		err = fault.NotFoundf("transfer %d is of another person", id)
	}
	return t, err
}

// showMaking serves GET /course_notifications/KEY/TASK, and GET /home/making/TASK for pages.
func (s *Server) showMaking(w http.ResponseWriter, r *http.Request) error {
	t, err := s.myTask(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	out := courseAction{
		State: "in_progress", ActionID: t.ID, CourseKey: t.Course.String(), ShouldDisplay: true, InProgress: t.Active(), Failed: t.State == transfer.Failed,
		SourceCourse: t.Ask.Source.String(), progressOfTask: newProgress(ctx, t),
	}
	out.progressOfTask.State = t.State
	switch t.State {
	case transfer.Failed:
		out.State, out.Message = "failed", out.Text
	case transfer.Done:
		out.State = "succeeded"
	default:
	}
	out.URL = "/home/"
	return page.JSON(w, r, http.StatusOK, out)
}

// dismiss serves DELETE /course_notifications/KEY/TASK, and POST /home/making/TASK for pages: what failed leaves the list.
func (s *Server) dismiss(w http.ResponseWriter, r *http.Request) error {
	t, err := s.myTask(r)
	if err != nil {
		return err
	}
	if err := s.Transfers.Dismiss(r.Context(), t.ID); err != nil {
		return err
	}
	if !page.WantsJSON(r) {
		return page.Redirect(w, r, "/home/")
	}
	return page.JSON(w, r, http.StatusOK, map[string]bool{"success": true})
}
