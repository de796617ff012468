package lms

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/go-chi/chi/v5"

	"lyceum/component"
	"lyceum/component/choice"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/learner/access"
	"lyceum/learner/completion"
	"lyceum/learner/courseware"
	"lyceum/web/i18n"
	"lyceum/web/page"
)

// visit is one person asking for something of one course, with everything the page asked for loaded.
type visit struct {
	*courseware.Learner
	courseware.Course
	person page.Person
	now    time.Time
	hosts  []string       // names of this site
	more   map[string]any // what kinds of blocks asked to be loaded
}

// compiled finds the course of a request by the key in its path. A malformed key and an unknown course are both NotFound.
func (s *Server) compiled(r *http.Request) (*course.Compiled, error) {
	key, err := course.ParseURLKey(chi.URLParam(r, "course"))
	if err != nil {
		return nil, &fault.Error{Kind: fault.NotFound, Err: err}
	}
	return s.Courses.Compiled(r.Context(), key)
}

// visit loads who asks, in one round trip; want adds what the page needs beyond that and may be nil. It decides nothing.
func (s *Server) visit(r *http.Request, c *course.Compiled, want func(*courseware.Ask)) (*visit, error) {
	who := page.Viewer(r)
	ask := courseware.Ask{Course: c, User: who.ID, GlobalStaff: who.Staff || who.Superuser}
	if want != nil {
		want(&ask)
	}
	l, err := s.Loader.Load(r.Context(), ask)
	if err != nil {
		return nil, err
	}
	made, err := s.Loader.Choose(r.Context(), c, l, s.Clock().UTC())
	if err != nil {
		return nil, err
	}
	for _, one := range made {
		choice.Announce(r.Context(), s.Emitter, s.Track(r), c, one)
	}
	return s.visitOf(who, c, l), nil
}

// visits is visit for several courses, in one round trip.
func (s *Server) visits(r *http.Request, courses []*course.Compiled, want func(*courseware.Ask)) ([]*visit, error) {
	who := page.Viewer(r)
	asks := make([]courseware.Ask, len(courses))
	for i, c := range courses {
		asks[i] = courseware.Ask{Course: c, User: who.ID, GlobalStaff: who.Staff || who.Superuser}
		want(&asks[i])
	}
	learners, err := s.Loader.LoadAll(r.Context(), asks)
	if err != nil {
		return nil, err
	}
	out := make([]*visit, len(courses))
	for i, l := range learners {
		out[i] = s.visitOf(who, courses[i], l)
	}
	return out, nil
}

func (s *Server) visitOf(who page.Person, c *course.Compiled, l *courseware.Learner) *visit {
	now := s.Clock().UTC()
	return &visit{
		Learner: l, person: who, now: now, hosts: s.Hosts,
		Course: courseware.CourseOf(c, l, now),
	}
}

// progress is what follows from what is complete in the course; the visit has asked for all of it.
func (v *visit) progress() completion.Progress {
	return completion.Progress{
		Course: v.Compiled, Marks: v.Marks, Sight: completion.Sight{Visible: v.Visible, Below: v.Viewer.SeesBelow},
	}
}

// enter is visit for a page inside a course: who may not enter gets the answer of the closed door.
func (s *Server) enter(r *http.Request, part access.Part, want func(*courseware.Ask)) (*visit, error) {
	c, err := s.compiled(r)
	if err != nil {
		return nil, err
	}
	return s.enterCourse(r, c, part, want)
}

// enterCourse is enter for who has looked at the course of the request already. Another version may come in force at any moment, and
// blocks of one mean nothing in another.
func (s *Server) enterCourse(r *http.Request, c *course.Compiled, part access.Part, want func(*courseware.Ask)) (*visit, error) {
	v, err := s.visit(r, c, want)
	if err != nil {
		return nil, err
	}
	if d := access.Enter(c, &v.Viewer, part, v.now); !d.OK() {
		return nil, closedDoor(r, c, d)
	}
	return v, nil
}

// redirect is the error of a page that is elsewhere for this person.
type redirect struct{ to string }

func (redirect) Error() string { return "redirect" }

// closedDoor is what a person finds at a course that may not be entered: sign-in, the about page or the dashboard, each
// with the reason in words; or nothing, where existence is a secret.
func closedDoor(r *http.Request, c *course.Compiled, d access.Decision) error {
	switch d.Reason {
	case access.SignIn:
		return fault.Unauthenticatedf("enter %s", c.Key)
	case access.NotEnrolled:
		if page.WantsJSON(r) {
			return fault.Forbiddenf("enter %s: not enrolled", c.Key).Say("lms.not_enrolled")
		}
		return redirect{component.CoursePath(c.Key, "about")}
	case access.NotStarted:
		if page.WantsJSON(r) {
			return fault.Closedf("enter %s: starts %s", c.Key, d.Start).Say("lms.starts", d.Start)
		}
		if !page.Viewer(r).SignedIn() { // who has no dashboard reads it on the page that presents the course
			return redirect{component.CoursePath(c.Key, "about")}
		}
		return redirect{"/dashboard?" + url.Values{"notlive": {i18n.DateTime(r.Context(), d.Start)}}.Encode()}
	case access.Prerequisite:
		if page.WantsJSON(r) {
			return fault.Forbiddenf("enter %s: prerequisites", c.Key).Say("lms.closed")
		}
		return redirect{component.CoursePath(c.Key, "about")}
	default:
		return fault.NotFoundf("enter %s: reason %d", c.Key, d.Reason)
	}
}

// runtime makes what blocks of a visit see.
func (s *Server) runtime(r *http.Request, v *visit) *component.Runtime {
	return &component.Runtime{
		Course: v.Compiled, Viewer: &v.Viewer, Now: v.now, Kinds: s.Kinds, Links: s.links(v),
		Person: component.Person{
			ID: v.person.ID, Username: v.person.Username, Name: v.person.Name,
			AnonymousID: s.anonymousID(v.Key, v.person.ID), Zone: i18n.From(r.Context()).Zone(), Language: i18n.From(r.Context()).Lang(),
		},
		Request: s.Track(r), States: v.States, Complete: v.Marks, Emitter: s.Emitter, Log: s.Log, Cache: s.Markup, Hosts: s.Hosts, More: v.more,
	}
}

// Blank is what blocks see of the site and of who asks, for pages of the other face, which fills in course, viewer and links.
func (s *Server) Blank(r *http.Request, key course.Key) *component.Runtime {
	return &component.Runtime{
		Kinds: s.Kinds, Person: component.Person{AnonymousID: s.anonymousID(key, page.Viewer(r).ID)}, Log: s.Log, Cache: s.Markup, Hosts: s.Hosts,
	}
}

func (s *Server) links(v *visit) component.Links {
	return component.Links{
		Frame:    func(n *course.Node) string { return s.frameURL(v, n) },
		FileBase: func() string { return s.fileBase(v) },
	}
}

// courseReader finds published courses.
type courseReader interface {
	Compiled(ctx context.Context, key course.Key) (*course.Compiled, error)
	List(ctx context.Context) ([]course.Summary, error)
}
