package studio

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"lyceum/authoring/draft"
	"lyceum/course"
	"lyceum/course/team"
	"lyceum/internal/audit"
	"lyceum/internal/fault"
	"lyceum/internal/pg"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/ui"
)

// perPage is how many courses a page of the list shows.
const perPage = 50

// homeProps is the list of courses somebody may edit.
type homeProps struct {
	Layout    ui.LayoutProps
	Query     string
	Courses   []courseRow
	All       int // without the search
	Found     int
	Pager     ui.PagerProps
	MayCreate bool
	Making    []*taskProps // courses that are being made, or could not be
	Deleted   []deletedRow
	Libraries bool // the list is one of libraries
	New       string
	Search    string // address of the list
}

type courseRow struct {
	Name, Key, URL, Live string
	Acts                 []ui.Link
	Start                *time.Time // nil when it has none
	Begun, Over          bool
}

// showHome serves GET /home/.
func (s *Server) showHome(w http.ResponseWriter, r *http.Request) error { return s.home(w, r, false) }

// home lists the courses, or the libraries, of whoever asks.
func (s *Server) home(w http.ResponseWriter, r *http.Request, libraries bool) error {
	by, err := s.author(r)
	if err != nil {
		return err
	}
	all, err := s.editable(r.Context(), by, libraries)
	if err != nil {
		return err
	}
	q := strings.TrimSpace(r.URL.Query().Get("q"))
	found := search(all, q)
	p := homeProps{
		Layout: s.layout(w, r, i18n.T(r.Context(), "studio.home.title")), Query: q, All: len(all), Found: len(found), MayCreate: by.MayCreateAny(),
		Libraries: libraries, Search: "/home/", New: "/course/new",
	}
	if libraries {
		p.Layout = s.layout(w, r, i18n.T(r.Context(), "library.list"))
		p.MayCreate, p.Search, p.New = by.MayCreateAnyLibrary(), librariesURL, "/library/new"
	}
	p.Pager = ui.PagerProps{Page: 1, Pages: (len(found) + perPage - 1) / perPage, URL: func(n int) string {
		return p.Search + "?" + url.Values{"q": {q}, "page": {strconv.Itoa(n)}}.Encode()
	}}
	if n, err := strconv.Atoi(r.URL.Query().Get("page")); err == nil && n >= 1 && n <= p.Pager.Pages {
		p.Pager.Page = n
	}
	from := (p.Pager.Page - 1) * perPage
	for _, c := range found[from:min(from+perPage, len(found))] {
		row := newCourseRow(c, s.LMS(r), s.Clock())
		if row.Acts = courseActs(r.Context(), by, c.Key); libraries {
			row.Acts = libraryActs(r.Context(), by, c.Key)
		}
		p.Courses = append(p.Courses, row)
	}
	if !libraries {
		if p.Making, err = s.making(r.Context(), r); err != nil {
			return err
		}
	}
	if p.Deleted, err = s.deleted(r.Context(), func(key course.Key) bool { return (key.Form == course.FormLibrary) == libraries && mayDelete(by, key) }); err != nil {
		return err
	}
	return page.Render(w, r, homePage(p))
}

// editable lists the courses an author may edit, or the libraries they may see, by name.
func (s *Server) editable(ctx context.Context, by draft.Author, libraries bool) ([]course.Summary, error) {
	all, err := s.Courses.List(ctx)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(c course.Summary) bool {
		return (c.Key.Form == course.FormLibrary) != libraries || by.MayRead(c.Key) != nil
	})
	slices.SortStableFunc(all, func(a, b course.Summary) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	return all, nil
}

// search keeps the courses whose name or key has every word.
func search(all []course.Summary, q string) []course.Summary {
	words := strings.Fields(strings.ToLower(q))
	if len(words) == 0 {
		return all
	}
	var out []course.Summary
	for _, c := range all {
		text := strings.ToLower(c.Name + " " + c.Key.String())
		if !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, word) }) {
			out = append(out, c)
		}
	}
	return out
}

func newCourseRow(c course.Summary, lms string, now time.Time) courseRow {
	row := courseRow{Name: c.Name, Key: strings.TrimSuffix(c.Key.Org+" · "+c.Key.Number+" · "+c.Key.Run, " · "), URL: courseURL(c.Key), Over: c.End != nil && c.End.Before(now)}
	if unscheduled, _ := course.ParseTime(course.UnscheduledStart); c.Start != nil && !c.Start.Equal(unscheduled) {
		row.Start, row.Begun = c.Start, c.Start.Before(now)
	}
	if c.Version != "" {
		row.Live = lms + "/courses/" + c.Key.String() + "/course/"
	}
	return row
}

// courseActs are what somebody may do with a course from the list.
func courseActs(ctx context.Context, by draft.Author, key course.Key) []ui.Link {
	var out []ui.Link
	if by.MayCreateAny() {
		out = append(out, ui.Link{Label: i18n.T(ctx, "rerun.act"), URL: "/course_rerun/" + key.String(), Icon: "copy"})
	}
	out = append(
		out,
		ui.Link{Label: i18n.T(ctx, "studio.page.import"), URL: "/import/" + key.String(), Icon: "upload"},
		ui.Link{Label: i18n.T(ctx, "studio.page.export"), URL: "/export/" + key.String(), Icon: "download"},
	)
	if mayDelete(by, key) {
		out = append(out, ui.Link{Label: i18n.T(ctx, "remove.act"), URL: courseURL(key) + "/delete", Icon: "trash-2"})
	}
	return out
}

// mayDelete reports whether somebody may delete a course, and bring it back.
func mayDelete(by draft.Author, key course.Key) bool {
	return by.Everywhere || by.Roles.In(key).Instructor
}

// courseURL is the address of a course's outline, or of the page of a library.
func courseURL(key course.Key) string {
	if key.Form == course.FormLibrary {
		return libraryURL(key)
	}
	return "/course/" + key.String()
}

// toHome serves GET /course/ and other addresses of the list.
func toHome(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, "/home/", http.StatusFound)
	return nil
}

// newCourseProps is the form that makes a course.
type newCourseProps struct {
	Layout                 ui.LayoutProps
	Org, Number, Run, Name ui.FieldProps
	Problem                string
}

// showNewCourse serves GET /course/new.
func (s *Server) showNewCourse(w http.ResponseWriter, r *http.Request) error {
	by, err := s.author(r)
	if err != nil {
		return err
	}
	if !by.MayCreateAny() {
		return fault.Forbiddenf("%q may not create courses", by.Name).Say("studio.create.not_creator")
	}
	return page.Render(w, r, newCoursePage(s.newCourseForm(w, r, wish{}, nil)))
}

// newCourseForm fills the form with what was typed and what was wrong with it.
func (s *Server) newCourseForm(w http.ResponseWriter, r *http.Request, typed wish, f *fault.Error) newCourseProps {
	ctx := r.Context()
	bad := page.FieldErrors(ctx, f)
	p := newCourseProps{Layout: s.layout(w, r, i18n.T(ctx, "studio.create.title"))}
	p.Layout.Main = "reading"
	field := func(name, value, label, help string, most int) ui.FieldProps {
		return ui.FieldProps{
			Name: name, Label: label, Help: help, Value: value, Error: bad[name], Required: true, MaxLength: most,
			Attrs: map[string]any{"autocapitalize": "none", "spellcheck": "false"},
		}
	}
	p.Name = field("display_name", typed.Name, i18n.T(ctx, "studio.create.name"), i18n.T(ctx, "studio.create.name_help"), 255)
	p.Name.Attrs = nil
	p.Org = field("org", typed.Org, i18n.T(ctx, "studio.create.org"), i18n.T(ctx, "studio.create.org_help"), draft.MaxKey)
	p.Number = field("number", typed.Number, i18n.T(ctx, "studio.create.number"), i18n.T(ctx, "studio.create.number_help"), draft.MaxKey)
	p.Run = field("run", typed.Run, i18n.T(ctx, "studio.create.run"), i18n.T(ctx, "studio.create.run_help"), draft.MaxKey)
	if f != nil && len(bad) == 0 && f.Message != "" {
		p.Problem = i18n.T(ctx, f.Message, f.Args...)
	}
	return p
}

// wish is what somebody wants a course to be called.
type wish struct {
	Org    string `json:"org"`
	Number string `json:"number"`
	Course string `json:"course"` // Number, under its older name
	Run    string `json:"run"`
	Name   string `json:"display_name"`
	Source string `json:"source_course_key"`
}

// createCourse serves POST /course/: a form of a page, or JSON of a program.
func (s *Server) createCourse(w http.ResponseWriter, r *http.Request) error {
	by, err := s.author(r)
	if err != nil {
		return err
	}
	if !by.MayCreateAny() {
		return fault.Forbiddenf("%q may not create courses", by.Name).Say("studio.create.not_creator")
	}
	var asked again
	isForm := isForm(r)
	if isForm {
		if err := page.ParseForm(r, 0); err != nil {
			return err
		}
		f := r.PostForm
		asked = again{
			wish:  wish{Org: f.Get("org"), Number: f.Get("number"), Run: f.Get("run"), Name: f.Get("display_name"), Source: f.Get("source_course_key")},
			Start: f.Get("start"), Shift: f.Get("dates") == "shift", Team: f.Get("team") != "",
		}
	} else if err := page.ReadJSON(r, &asked); err != nil {
		return err
	}
	if asked.Number == "" {
		asked.Number = asked.Course
	}
	if asked.Source != "" {
		return s.answerRerun(w, r, asked, isForm)
	}
	key, err := s.create(r, by, asked.wish)
	switch f, ok := fault.As(err); {
	case err == nil && isForm && !page.WantsJSON(r):
		return page.Redirect(w, r, courseURL(key))
	case err == nil:
		return page.JSON(w, r, http.StatusOK, map[string]string{"url": courseURL(key), "course_key": key.String()})
	case ok && isForm && !page.WantsJSON(r) && (f.Kind == fault.Invalid || f.Kind == fault.Conflict):
		return page.RenderStatus(w, r, page.Status(err), newCoursePage(s.newCourseForm(w, r, asked.wish, f)))
	default:
		return err
	}
}

// create makes a course and gives its maker the team's roles. Content and people are kept in two stores: when the second step was
// prevented, the same person may ask for the same course again.
func (s *Server) create(r *http.Request, by draft.Author, asked wish) (course.Key, error) {
	ctx, who := r.Context(), page.Viewer(r)
	n := draft.NewCourse{Org: asked.Org, Number: asked.Number, Run: asked.Run, Name: asked.Name, By: by}
	if key, err := n.Key(); err == nil && by.MayCreate(key.Org) { // what was deleted may come back, and what is being made comes soon
		if _, there, err := s.Editor.Courses.FindDeleted(ctx, key); err != nil {
			return key, err
		} else if there {
			return key, fault.Conflictf("course %s was deleted", key).Say("transfer.deleted_key", key.String())
		}
	}
	head, err := s.Editor.Create(ctx, n)
	if err != nil {
		key, keyErr := n.Key()
		if keyErr != nil || !fault.Is(err, fault.Conflict) || !s.abandoned(ctx, by, key) {
			return key, err
		}
		head.Key = key
	}
	key := head.Key
	source := audit.Source{Actor: int64(who.ID), RequestID: page.Known(r).ID}
	if c := page.Known(r).Client; c.IsValid() {
		source.Address = c.String()
	}
	err = pg.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		var errs []error
		for _, role := range []team.Role{team.Instructor, team.Staff} {
			errs = append(errs, team.AddTx(ctx, tx, team.Grant{User: int64(who.ID), Role: role, Scope: team.In(key)}, source))
		}
		return errors.Join(append(errs, audit.Record(ctx, tx, audit.Entry{Source: source, Action: "course.created", Course: key.String(), After: map[string]string{"display_name": asked.Name}}))...)
	})
	if err != nil {
		return key, err
	}
	return key, s.Welcome(ctx, who.ID, who.Username, key, s.Track(r))
}

// abandoned reports whether a course was made by this author, and nothing more: nobody is on its team.
func (s *Server) abandoned(ctx context.Context, by draft.Author, key course.Key) bool {
	line, err := s.Editor.Courses.Line(ctx, key, course.Draft, "", 2)
	if err != nil || len(line) != 1 || line[0].Author != by.Name || by.Name == "" {
		return false
	}
	members, err := team.Members(ctx, s.DB, team.In(key))
	return err == nil && len(members) == 0
}
