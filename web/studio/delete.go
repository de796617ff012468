package studio

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/ui"
)

// deleteProps asks whether a course shall be deleted.
type deleteProps struct {
	framed
	Title, Text        string
	Name, Action, Back string
	Days               int
	Typed              ui.FieldProps
}

// enterManaged is enter for the course in the path, for its admins.
func (s *Server) enterManaged(r *http.Request) (course.Key, error) {
	key, err := course.ParseURLKey(chi.URLParam(r, "course"))
	if err != nil {
		return key, notFound(r, err)
	}
	by, err := s.enter(r, key)
	if err == nil && !by.Everywhere && !by.Roles.In(key).Instructor {
		err = fault.Forbiddenf("%q is no admin of %s", by.Name, key).Say("remove.not_admin")
	}
	return key, err
}

// showDelete serves GET /course/KEY/delete.
func (s *Server) showDelete(w http.ResponseWriter, r *http.Request) error {
	return s.deletePage(w, r, http.StatusOK, "", "")
}

func (s *Server) deletePage(w http.ResponseWriter, r *http.Request, status int, typed, bad string) error {
	ctx := r.Context()
	key, err := s.enterManaged(r)
	if err != nil {
		return err
	}
	_, b, err := s.Editor.Read(ctx, key)
	if err != nil {
		return err
	}
	name := nameOf(b.Draft.Root)
	p := deleteProps{
		framed: s.frame(w, r, key, b.Draft.Root, "", i18n.T(ctx, "remove.title"+ofLibrary(key))), Name: name, Action: courseURL(key) + "/delete", Back: homeURL(key),
		Title: i18n.T(ctx, "remove.title"+ofLibrary(key)), Text: i18n.T(ctx, "remove.text"+ofLibrary(key), name),
		Days: int(s.Editor.Courses.KeepsDeleted() / (24 * time.Hour)),
		Typed: ui.FieldProps{
			Name: "name", Label: i18n.T(ctx, "remove.type"+ofLibrary(key)), Help: i18n.T(ctx, "remove.type_help", name), Value: typed, Required: true, Error: bad, Autocomplete: "off",
		},
	}
	return page.RenderStatus(w, r, status, deletePage(p))
}

// deleteCourse serves POST /course/KEY/delete. The name must have been typed: nobody deletes a course by one press.
func (s *Server) deleteCourse(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	key, err := s.enterManaged(r)
	if err != nil {
		return err
	}
	var asked struct {
		Name string `json:"name"`
	}
	if isForm(r) {
		if err := page.ParseForm(r, 0); err != nil {
			return err
		}
		asked.Name = r.PostForm.Get("name")
	} else if err := page.ReadJSON(r, &asked); err != nil {
		return err
	}
	_, b, err := s.Editor.Read(ctx, key)
	if err != nil {
		return err
	}
	name := nameOf(b.Draft.Root)
	if !strings.EqualFold(strings.Join(strings.Fields(asked.Name), " "), strings.Join(strings.Fields(name), " ")) {
		if page.WantsJSON(r) {
			return fault.Invalidf("delete %s: %q typed", key, asked.Name).Field("name", "remove.other_name").Say("remove.other_name" + ofLibrary(key))
		}
		return s.deletePage(w, r, http.StatusUnprocessableEntity, asked.Name, i18n.T(ctx, "remove.other_name"+ofLibrary(key)))
	}
	if err := s.Editor.Courses.Delete(ctx, key, page.Viewer(r).Username); err != nil {
		return err
	}
	s.note(r, "course.deleted", course.UsageKey{Course: key}, map[string]string{"display_name": name})
	if page.WantsJSON(r) {
		return page.JSON(w, r, http.StatusOK, map[string]string{"url": homeURL(key), "course_key": key.String()})
	}
	return page.Redirect(w, r, homeURL(key), page.Notice{Kind: "info", ID: "remove.did" + ofLibrary(key), Args: []string{name}})
}

// restoreCourse serves POST /course/KEY/restore.
func (s *Server) restoreCourse(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	key, err := s.enterManaged(r)
	if err != nil {
		return err
	}
	if err := s.Editor.Courses.Restore(ctx, key); err != nil {
		if fault.Is(err, fault.NotFound) {
			err = fault.Errorf(fault.NotFound, "%w", err).Say("remove.gone")
		}
		return err
	}
	s.note(r, "course.restored", course.UsageKey{Course: key}, nil)
	if page.WantsJSON(r) {
		return page.JSON(w, r, http.StatusOK, map[string]string{"url": courseURL(key), "course_key": key.String()})
	}
	_, b, err := s.Editor.Read(ctx, key)
	if err != nil {
		return err
	}
	return page.Redirect(w, r, homeURL(key), page.Notice{Kind: "success", ID: "remove.restored", Args: []string{nameOf(b.Draft.Root)}})
}

// ofLibrary ends the ids of texts that speak of a course otherwise than of a library.
func ofLibrary(key course.Key) string {
	if key.Form == course.FormLibrary {
		return "_library"
	}
	return ""
}

// homeURL is the list that a course or library stands in.
func homeURL(key course.Key) string {
	if key.Form == course.FormLibrary {
		return librariesURL
	}
	return "/home/"
}

// deletedRow is a course that was deleted and can be restored.
type deletedRow struct {
	Name, Key, By, Action string
	At, Until             time.Time
}

// deleted lists the deleted courses that whoever asks may restore.
func (s *Server) deleted(ctx context.Context, may func(course.Key) bool) ([]deletedRow, error) {
	all, err := s.Editor.Courses.ListDeleted(ctx)
	if err != nil {
		return nil, err
	}
	var out []deletedRow
	for _, d := range all {
		if may(d.Key) {
			row := newCourseRow(d.Summary, "", s.Clock())
			out = append(out, deletedRow{Name: row.Name, Key: row.Key, By: d.By, Action: courseURL(d.Key) + "/restore", At: d.At, Until: d.Until})
		}
	}
	return out, nil
}

// isForm tells a page's form from what a program sends.
func isForm(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded")
}
