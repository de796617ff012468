package lms

import (
	"context"
	"io"
	"net/http"
	"time"

	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/learner"
	"lyceum/learner/access"
	"lyceum/learner/courseware"
	"lyceum/web/coursefile"
	"lyceum/web/page"
)

// OpenFile opens a course file by its normalized name; NotFound where the course has none.
func OpenFile(ctx context.Context, files coursefile.Opener, c *course.Compiled, name string) (io.ReadSeekCloser, error) {
	f, ok := c.Files[name]
	if !ok {
		return nil, fault.NotFoundf("no file %q in %s", name, c.Key)
	}
	body, _, err := files.Open(ctx, f.Digest)
	return body, err
}

// ShowAsset serves the addresses of course files in all their forms: /asset-v1:…, /c4x/…, /assets/courseware/[v1/]MD5/….
func (s *Server) ShowAsset(w http.ResponseWriter, r *http.Request) error {
	a, err := coursefile.ParsePath(unescape(r.URL.EscapedPath()))
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
	return coursefile.Serve(w, r, s.Files, f)
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
	holder, err := s.passes().Check(c.Key, part(r, "pass"), now)
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
		if err := s.passStillHolds(r.Context(), c, learner.ID(holder), now); err != nil {
			return err
		}
	}
	return coursefile.Framed(w, r, s.Files, f)
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
