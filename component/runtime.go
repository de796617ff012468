package component

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/url"
	"time"

	"github.com/a-h/templ"

	"lyceum/component/authored"
	"lyceum/course"
	"lyceum/learner"
	"lyceum/learner/access"
	"lyceum/learner/completion"
	"lyceum/learner/state"
	"lyceum/tracking"
)

// Runtime is what views and actions know: one learner (or visitor), one course version, one moment. A page makes one for
// all its blocks; nobody keeps it longer than the request.
type Runtime struct {
	Course  *course.Compiled
	Viewer  *access.Viewer
	Person  Person
	Now     time.Time // UTC
	Kinds   *Kinds
	Links   Links
	Request tracking.Request // for events

	// States holds the learner's state of the blocks of the page, as far as there is any.
	States state.Records
	// Complete marks what of the blocks of the page the learner has completed.
	Complete completion.Marks

	// More is what the page loaded for kinds of blocks beyond states, by the kind that asked for it.
	More map[string]any

	Emitter tracking.Emitter
	Log     *slog.Logger
	Cache   *authored.Cache // of cleaned markup; may be nil
	Hosts   []string        // names of this site, see authored.Source

	visible, counts func(*course.Node) bool
}

// Person is what a page may say about whom it is for.
type Person struct {
	ID          learner.ID
	Username    string
	Name        string
	Email       string
	AnonymousID string // of this person in this course, 32 hex digits; what authors' code may know
	Zone        *time.Location
	Language    string
	Theme       string // light, dark or "" for the system's wish
}

// Staff reports whether staff-only remarks are shown.
func (rt *Runtime) Staff() bool { return rt.Viewer.Roles.IsStaff() }

// Visible reports whether the learner may load n, remembering answers.
func (rt *Runtime) Visible(n *course.Node) bool {
	if rt.visible == nil {
		rt.visible = access.Visible(rt.Course, rt.Viewer, rt.Now)
	}
	return rt.visible(n)
}

// Chosen tells the runtime of another choice of n's children for the learner.
func (rt *Runtime) Chosen(n *course.Node, children []int32) {
	chosen := maps.Clone(rt.Viewer.Chosen)
	if chosen == nil {
		chosen = map[int32][]int32{}
	}
	chosen[n.Index] = children
	rt.Viewer.Chosen, rt.visible, rt.counts = chosen, nil, nil
}

// Counts reports whether n counts for the learner's grade. What waits for another part of the course counts before it is open.
func (rt *Runtime) Counts(n *course.Node) bool {
	if rt.Viewer.Milestones == nil {
		return rt.Visible(n)
	}
	if rt.counts == nil {
		rt.counts = access.Visible(rt.Course, rt.Viewer.Ungated(), rt.Now)
	}
	return rt.counts(n)
}

// Dates returns the dates of n for this learner.
func (rt *Runtime) Dates(n *course.Node) access.Dates {
	return access.DatesOf(rt.Course, n, rt.Viewer)
}

// Emit writes an event of block n: event type name, with the block's module in the context.
func (rt *Runtime) Emit(ctx context.Context, n *course.Node, name string, p tracking.Payload) {
	m := tracking.Module{DisplayName: n.Name, UsageKey: n.Key.String()}
	m.OriginalKey, m.OriginalVersion = rt.Course.Origin(n)
	rt.Emitter.Emit(ctx, tracking.Component(rt.Request, name, m, nil, p).In(rt.Course.Key))
}

// Draw returns the view of n, [Nothing] included. Where it cannot be drawn there is a notice, which tells staff the cause; a panic of a kind
// counts as an error of its block.
func (rt *Runtime) Draw(ctx context.Context, n *course.Node) templ.Component {
	view, err := rt.view(ctx, n)
	if err != nil {
		rt.Log.ErrorContext(ctx, "draw block", "block", n.Key.String(), "version", string(rt.Course.Version), "err", err)
		return Broken(rt, n, err)
	}
	if _, drawn := view.(Drawn); drawn || view == Nothing {
		return view
	}
	// A component may still fail while it writes; it is drawn aside first, so that half a block never reaches the page.
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		if err := writeAside(ctx, w, view); err != nil {
			rt.Log.ErrorContext(ctx, "draw block", "block", n.Key.String(), "version", string(rt.Course.Version), "err", err)
			return Broken(rt, n, err).Render(ctx, w)
		}
		return nil
	})
}

func (rt *Runtime) view(ctx context.Context, n *course.Node) (view templ.Component, err error) {
	defer func() {
		if p := recover(); p != nil {
			view, err = nil, fmt.Errorf("panic: %v", p)
		}
	}()
	return rt.Kinds.Of(n.Block.Type).View(ctx, rt, n)
}

func writeAside(ctx context.Context, w io.Writer, c templ.Component) (err error) {
	buf := templ.GetBuffer()
	defer templ.ReleaseBuffer(buf)
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	if err := c.Render(ctx, buf); err != nil {
		return err
	}
	_, err = w.Write(buf.Bytes())
	return err
}

// Source is where the authored text of block n comes from, for showing it in line. Keywords name the learner only by the
// anonymous id.
func (rt *Runtime) Source(n *course.Node) authored.Source {
	return authored.Source{
		Course: rt.Course, Hosts: rt.Hosts, StaticPath: n.Settings.StaticAssetPath, Cache: rt.Cache,
		Asset:    func(name string) string { return rt.Links.Asset(rt.Course.Key, name) },
		Keywords: map[string]string{"USER_ID": rt.Person.AnonymousID, "COURSE_ID": rt.Course.Key.String()},
	}
}

// FrameSource is the Source of a block shown in a frame: its files are found through signed addresses, because a frame
// without an origin has no session.
func (rt *Runtime) FrameSource(n *course.Node) authored.Source {
	s := rt.Source(n)
	base := rt.Links.FileBase()
	s.Asset = func(name string) string { return base + EscapeKey(name) }
	return s
}

// Links makes the addresses a block needs. All are paths of this site.
type Links struct {
	// Frame makes the address of a block's frame, which the page's own session opens; FileBase the signed short-lived one
	// below which the frame, which has no session, finds the course's files.
	Frame    func(n *course.Node) string
	FileBase func() string
	// Handlers makes the address below which the actions of block n are found; nil is the learners' face's.
	Handlers func(n *course.Node) string
}

// CoursePath is the path of a page of course k, for example CoursePath(k, "progress").
func CoursePath(k course.Key, page string) string {
	return "/courses/" + k.String() + "/" + page
}

// Handler is the address of an action of block n; suffix may be empty.
func (l Links) Handler(n *course.Node, name, suffix string) string {
	base := ""
	if l.Handlers != nil {
		base = l.Handlers(n)
	} else {
		base = CoursePath(n.Key.Course, "xblock/"+EscapeKey(n.Key.String())+"/handler/")
	}
	p := base + name
	if suffix != "" {
		p += "/" + suffix
	}
	return p
}

// Asset is the address of a file of course k by its normalized name.
func (Links) Asset(k course.Key, name string) string {
	a := k.Asset(name)
	if k.Form == course.FormSlashes {
		return EscapeKey(a.String())
	}
	return "/" + EscapeKey(a.String())
}

// JumpTo is the address that redirects to where block n stands.
func (Links) JumpTo(n *course.Node) string {
	return CoursePath(n.Key.Course, "jump_to/"+EscapeKey(n.Key.String()))
}

// EscapeKey makes a key safe in a path; "+", "@", ":" and "/" stay literal, as clients expect.
func EscapeKey(s string) string {
	return (&url.URL{Path: "/" + s}).EscapedPath()[1:]
}
