package tracking

import (
	"context"
	"time"

	"lyceum/course"
)

// Source tells who reported an event.
type Source string

// The sources of events.
const (
	FromBrowser Source = "browser"
	FromServer  Source = "server"
	FromMobile  Source = "mobile"
	FromTask    Source = "task"
)

// Pages that stand in for a page address on events of the server.
const (
	PageComponent  = "x_module"      // events of course components
	PageTask       = "x_module_task" // the same from a background job
	PageDashboard  = "dashboard"     // the learner's dashboard
	PageInstructor = "idashboard"    // the instructor dashboard
	PageCalculator = "calc"          // the calculator of the courseware
)

// Request is what an event keeps of the request that caused it. The zero value stands for no request.
type Request struct {
	Username       string // "" when not signed in
	UserID         int64  // 0 when not signed in
	Session        string // of SessionID; never the session key itself
	IP             string // client address as the front end reports it
	Agent          string // User-Agent header
	Host           string // host name of the site
	Referer        string // Referer header
	AcceptLanguage string // Accept-Language header
	Path           string // path of the request, without query string
}

// Module is the course component an event belongs to.
type Module struct {
	DisplayName     string
	UsageKey        string
	OriginalKey     string // "" unless the block came from a library
	OriginalVersion string
}

// Member is one named value of a JSON object.
type Member struct {
	Name  string
	Value any
}

// Event is one record of the tracking log.
type Event struct {
	Request Request
	Source  Source
	Type    string    // event_type
	Name    string    // "" leaves the field out
	Page    string    // "" is written as null, but for browser events, whose page is always text
	Time    time.Time // written in UTC, to the microsecond; zero means when it is emitted
	Payload Payload   // nil is an empty object

	CourseID string // "" outside of a course, or where the path says it: see Server
	OrgID    string
	ofPath   bool              // the course is that of the request's path
	Module   *Module           // nil leaves the field out
	UserTags map[string]string // course_user_tags; nil leaves the field out
	Context  []Member          // further members of the context, in order
}

// Emitter takes events to where they are kept. Emit returns when an event of the server is in the log or, when the log cannot be written,
// queued for it; it is called after what it reports has been committed, and cannot fail as far as the caller is concerned.
type Emitter interface {
	Emit(ctx context.Context, e Event)
}

// EmitAll emits events in order. An emitter with a method EmitAll takes them at once, which costs a log one write for all of them; they
// are all in the log, or queued for it, when it returns.
func EmitAll(ctx context.Context, to Emitter, events []Event) {
	if group, ok := to.(interface {
		EmitAll(ctx context.Context, events []Event)
	}); ok {
		group.EmitAll(ctx, events)
		return
	}
	for i := range events {
		to.Emit(ctx, events[i])
	}
}

// Discard is an Emitter that keeps nothing.
type Discard struct{}

// Emit does nothing.
func (Discard) Emit(context.Context, Event) {}

// Server returns an explicit event of the server. Its course is that of the request's path; see [Event.In].
func Server(r Request, name string, p Payload) Event {
	return Event{Request: r, Source: FromServer, Type: name, Name: name, Payload: p, ofPath: true}
}

// Legacy returns an event of the server in the form before events had names: an event_type, a fixed page word, and no name.
func Legacy(r Request, eventType, page string, p Payload) Event {
	e := Server(r, eventType, p)
	e.Name, e.Page = "", page
	return e
}

// Component returns an event of a course component. tags are the learner's course tags and may be nil.
func Component(r Request, name string, m Module, tags map[string]string, p Payload) Event {
	e := Server(r, name, p)
	e.Page = PageComponent
	e.Module = &m
	e.UserTags = tags
	if tags == nil {
		e.UserTags = map[string]string{}
	}
	return e
}

// Task returns an event of a background job. r is the request that started the job; what it lacks is written as "unknown".
func Task(r Request, eventType string, p Payload) Event {
	for _, s := range []*string{&r.Username, &r.IP, &r.Agent, &r.Host} {
		if *s == "" {
			*s = "unknown"
		}
	}
	return Event{Request: r, Source: FromTask, Type: eventType, Page: PageTask, Payload: p}
}

// In returns the event placed in course k, whatever its path says.
func (e Event) In(k course.Key) Event {
	e.CourseID, e.OrgID, e.ofPath = k.Bare().String(), k.Org, false
	return e
}

// course is where the event happened.
func (e *Event) course() (id, org string) {
	if e.ofPath {
		return courseOfPath(e.Request.Path)
	}
	return e.CourseID, e.OrgID
}
