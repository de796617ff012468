package studio

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/go-chi/chi/v5"

	"lyceum/authoring/draft"
	"lyceum/course"
	"lyceum/course/team"
	"lyceum/internal/fault"
	"lyceum/web/page"
)

// author says who asks and what they may do, looked up anew for each request. A visitor is Unauthenticated.
func (s *Server) author(r *http.Request) (draft.Author, error) {
	who := page.Viewer(r)
	if !who.SignedIn() {
		return draft.Author{}, fault.Unauthenticatedf("not signed in to Studio")
	}
	roles, err := team.Load(r.Context(), s.DB, int64(who.ID))
	return draft.Author{Name: who.Username, Roles: roles, Everywhere: who.Staff || who.Superuser}, err
}

// enter is author for a request about one course. Who may not author it is Forbidden, whether it exists or not.
func (s *Server) enter(r *http.Request, key course.Key) (draft.Author, error) {
	by, err := s.author(r)
	if err != nil {
		return by, err
	}
	if err := by.May(key); err != nil {
		return by, fault.Errorf(fault.Forbidden, "%w", err).Say("studio.forbidden")
	}
	return by, nil
}

// enterCourse is enter for the course in the path. A library is none.
func (s *Server) enterCourse(r *http.Request) (course.Key, error) {
	key, err := s.enterContent(r)
	if err == nil && key.Form == course.FormLibrary {
		err = fault.NotFoundf("%s is no course", key)
	}
	return key, err
}

// enterContent is enter for the course or library in the path.
func (s *Server) enterContent(r *http.Request) (course.Key, error) {
	key, err := course.ParseURLKey(chi.URLParam(r, "course"))
	if err != nil {
		return key, notFound(r, err)
	}
	_, err = s.enter(r, key)
	return key, err
}

// readUsage is enterUsage for who only looks: users of a library may see what is in it.
func (s *Server) readUsage(r *http.Request, u course.UsageKey) (draft.Author, course.UsageKey, error) {
	if u.Course.Form != course.FormLibrary {
		return s.enterUsage(r, u)
	}
	by, err := s.author(r)
	if err != nil {
		return by, u, err
	}
	if err := by.MayRead(u.Course); err != nil {
		return by, u, fault.Errorf(fault.Forbidden, "%w", err).Say("studio.forbidden")
	}
	return by, u, nil
}

// readBlock is readUsage for the block whose key is the rest of the path.
func (s *Server) readBlock(r *http.Request) (course.UsageKey, error) {
	u, err := course.ParseURLUsageKey(strings.TrimSuffix(chi.URLParam(r, "*"), "/"), course.Key{})
	if err != nil {
		return u, notFound(r, err)
	}
	_, u, err = s.readUsage(r, u)
	return u, err
}

// enterBlock is enter for the block whose key is the rest of the path.
func (s *Server) enterBlock(r *http.Request) (draft.Author, course.UsageKey, error) {
	u, err := course.ParseURLUsageKey(strings.TrimSuffix(chi.URLParam(r, "*"), "/"), course.Key{})
	if err != nil {
		return draft.Author{}, u, notFound(r, err)
	}
	return s.enterUsage(r, u)
}

// enterUsage is enter for a block. Keys of the old form name no run: the one course of that organization and number with such a block
// that the author may edit is meant.
func (s *Server) enterUsage(r *http.Request, u course.UsageKey) (draft.Author, course.UsageKey, error) {
	by, err := s.author(r)
	if err != nil {
		return by, u, err
	}
	if u.Course.Form == course.FormSlashes && u.Course.Run == "" {
		if u, err = s.place(r, by, u); err != nil {
			return by, u, err
		}
	}
	if err := by.May(u.Course); err != nil {
		return by, u, fault.Errorf(fault.Forbidden, "%w", err).Say("studio.forbidden")
	}
	return by, u, nil
}

// place finds the course of a block whose key names no run.
func (s *Server) place(r *http.Request, by draft.Author, u course.UsageKey) (course.UsageKey, error) {
	all, err := s.Courses.List(r.Context())
	if err != nil {
		return u, err
	}
	for _, c := range all {
		in := u.In(c.Key)
		if c.Key.Form != course.FormSlashes || in.Course.Run == "" || by.May(c.Key) != nil {
			continue
		}
		if _, b, err := s.Editor.Read(r.Context(), c.Key); err != nil {
			return u, err
		} else if draft.Block(b.Draft, in) != nil {
			return in, nil
		}
	}
	return u, fault.Forbiddenf("%s: no course of %q has it", u, by.Name).Say("studio.forbidden")
}

// notFound is the answer for a key that is none; visitors are asked to sign in first.
func notFound(r *http.Request, err error) error {
	if !page.Viewer(r).SignedIn() {
		return fault.Unauthenticatedf("not signed in to Studio")
	}
	return &fault.Error{Kind: fault.NotFound, Err: err}
}

// keyed are the addresses of which a course key is the next part.
var keyed = []string{
	"/course/", "/course_rerun/", "/assets/", "/import/", "/import_status/", "/export/", "/export_status/", "/export_output/", "/tabs/", "/settings/details/",
	"/settings/grading/", "/settings/advanced/", "/textbooks/", "/course_info/", "/course_info_update/", "/course_team/", "/group_configurations/",
	"/certificates/activation/", "/certificates/", "/checklists/", "/orphan/", "/history/", "/here/", "/api/courses/v1/validation/", "/api/courses/v1/quality/",
}

// oldKeys lets addresses with keys of the old form through the router: in /course/ORG/NUMBER/RUN/… the three parts become one.
func oldKeys(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.EscapedPath()
		prefix, rest, ok := "", "", false
		for _, p := range keyed {
			if rest, ok = strings.CutPrefix(path, p); ok {
				prefix = p
				break
			}
		}
		parts := strings.SplitN(rest, "/", 4)
		if !ok || len(parts) < 3 || parts[2] == "" || strings.HasPrefix(rest, "course-v1:") || strings.HasPrefix(strings.ToLower(rest), "course-v1%3a") ||
			strings.HasPrefix(rest, "library-v1:") || strings.Contains(strings.ToLower(parts[0]), "%2f") {
			next.ServeHTTP(w, r)
			return
		}
		joined := prefix + strings.Join(parts[:3], "%2F")
		if len(parts) == 4 {
			joined += "/" + parts[3]
		}
		r2 := r.Clone(r.Context())
		r2.URL.RawPath = joined
		if p, err := url.PathUnescape(joined); err == nil {
			r2.URL.Path = p
		}
		next.ServeHTTP(w, r2)
	})
}
