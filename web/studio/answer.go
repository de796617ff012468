package studio

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"lyceum/authoring/draft"
	"lyceum/authoring/publish"
	"lyceum/course"
	"lyceum/internal/audit"
	"lyceum/internal/fault"
	"lyceum/web/i18n"
	"lyceum/web/page"
)

// refusal is an error as clients of the reference read it: its text under "error". Pages of ours read the rest too.
type refusal struct {
	Error    string            `json:"error"`
	Message  string            `json:"message"` // the same
	Kind     string            `json:"kind"`
	Fields   map[string]string `json:"fields,omitempty"`
	ErrMsg   string            `json:"ErrMsg,omitempty"` // of POST /course/, under the name its clients know
	Conflict *lostRace         `json:"conflict,omitempty"`
	Findings []finding         `json:"findings,omitempty"`
	ID       string            `json:"request_id,omitempty"`
}

// lostRace tells both sides of what two authors changed at once. Nothing of either is stored over the other.
type lostRace struct {
	Author string    `json:"author"` // of what is there now
	Time   time.Time `json:"time"`
	Seen   string    `json:"seen"` // the version to name when the author decides
	Blocks []clash   `json:"blocks"`

	Groups *groupsRace `json:"groups,omitempty"` // of the groups of a course
}

type clash struct {
	Locator string `json:"locator"`
	Name    string `json:"name"`
	Base    *side  `json:"base"` // as it was when the author looked; null where it was not there
	Mine    *side  `json:"mine"`
	Theirs  *side  `json:"theirs"`
}

type side struct {
	Name     string   `json:"display_name"`
	Metadata metadata `json:"metadata"`
	Data     string   `json:"data"`
	Children []string `json:"children"`
}

// finding is what keeps a unit from being published.
type finding struct {
	Locator string `json:"locator"`
	Unit    string `json:"unit"`
	Kind    string `json:"kind"`
	Line    int    `json:"line,omitempty"`
	Detail  string `json:"detail"`
}

// forPrograms answers errors of JSON doors as their clients read them. What must be corrected is 400. So is a list of children that would
// lose a block, as in the platform we match; a lost race, which that platform does not know, is 409 with both sides.
func forPrograms(h page.Handler) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		err := h(w, r)
		if err == nil {
			return nil
		}
		kind := fault.KindOf(err)
		f, known := fault.As(err)
		if !known || kind == fault.Internal || errors.Is(err, context.Canceled) {
			return page.ForPrograms(func(http.ResponseWriter, *http.Request) error { return err })(w, r)
		}
		status := page.Status(err)
		out := newRefusal(r, f)
		switch {
		case kind == fault.Invalid:
			status = http.StatusBadRequest
		case kind == fault.Conflict && out.Conflict == nil && f.Message == "draft.concurrent":
			status = http.StatusBadRequest
		}
		sayWhen(w, f)
		page.Note(r, slog.String("kind", kind.String()), slog.Any("err", err))
		w.Header().Set("Cache-Control", "no-store")
		return page.JSON(w, r, status, out)
	}
}

// sayWhen tells a program when to come back.
func sayWhen(w http.ResponseWriter, f *fault.Error) {
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", fmt.Sprint(int(f.RetryAfter.Seconds()+0.999)))
	}
}

func newRefusal(r *http.Request, f *fault.Error) refusal {
	ctx := r.Context()
	out := refusal{Kind: f.Kind.String(), Fields: page.FieldErrors(ctx, f), ID: page.Known(r).ID}
	if f.Message != "" {
		out.Message = i18n.T(ctx, f.Message, f.Args...)
	} else {
		out.Message = i18n.T(ctx, "error."+f.Kind.String()+".what")
	}
	out.Error = out.Message
	if lost := (*draft.Lost)(nil); errors.As(f, &lost) {
		out.Conflict = newLostRace(lost)
	}
	if lost := (*changedGroups)(nil); errors.As(f, &lost) {
		out.Conflict = lost.Race
	}
	if refused := (*publish.Refused)(nil); errors.As(f, &refused) {
		for _, x := range refused.Findings {
			out.Findings = append(out.Findings, newFinding(x))
		}
	}
	return out
}

func newFinding(x publish.Finding) finding {
	return finding{Locator: x.Block.String(), Unit: x.Unit.String(), Kind: string(x.Kind), Line: x.Line, Detail: x.Detail}
}

func newLostRace(l *draft.Lost) *lostRace {
	out := &lostRace{Author: l.Author, Time: l.Time, Seen: string(l.Now)}
	for _, c := range l.Clashes {
		one := clash{Locator: l.Key.Usage(c.Block.Type, c.Block.ID).String(), Base: newSide(l.Key, c.Base), Mine: newSide(l.Key, c.Mine), Theirs: newSide(l.Key, c.Theirs)}
		for _, s := range []*side{one.Theirs, one.Base} {
			if s != nil && one.Name == "" {
				one.Name = s.Name
			}
		}
		out.Blocks = append(out.Blocks, one)
	}
	return out
}

func newSide(key course.Key, b *course.Block) *side {
	if b == nil {
		return nil
	}
	out := &side{Name: nameOf(b), Metadata: metadataOf(nil, b), Data: dataOf(b), Children: []string{}}
	for _, c := range b.Children {
		out.Children = append(out.Children, key.Usage(c.Type, c.ID).String())
	}
	return out
}

// nameOf is what a block is called: its name, or else its id.
func nameOf(b *course.Block) string {
	if s, ok := b.Fields["display_name"].Text(); ok && s != "" {
		return s
	}
	return b.ID
}

// wantsJSON reports whether the address of a course is asked by a program. Like the platform we match, it takes a request that does not say what
// it accepts for one.
func wantsJSON(r *http.Request) bool { return r.Header.Get("Accept") == "" || page.WantsJSON(r) }

// note adds an act of a course team to the audit log. The act is done: an error here is logged, not answered.
func (s *Server) note(r *http.Request, action string, target course.UsageKey, after any) {
	s.noteEach(r, action, []course.UsageKey{target}, after)
}

// noteEach is note for several targets of one course; without any nothing is noted.
func (s *Server) noteEach(r *http.Request, action string, targets []course.UsageKey, after any) {
	if len(targets) == 0 {
		return
	}
	known := page.Known(r)
	e := audit.Entry{
		Source: audit.Source{Actor: int64(page.Viewer(r).ID), RequestID: known.ID}, Action: action, Course: targets[0].Course.Bare().String(), After: after,
	}
	if known.Client.IsValid() {
		e.Address = known.Client.String()
	}
	names := make([]string, len(targets))
	for i, u := range targets {
		if u.Type != "" {
			names[i] = "block:" + u.String()
		}
	}
	if err := audit.RecordEach(context.WithoutCancel(r.Context()), s.DB, e, names); err != nil {
		page.Note(r, slog.Any("audit", err))
	}
}

// noteReleased notes what was published, discarded or unpublished at and below targets, where units changed by it.
func (s *Server) noteReleased(r *http.Request, action string, targets []course.UsageKey, got publish.Result) {
	if len(got.Units) > 0 {
		s.noteEach(r, action, targets, map[string]any{"units": len(got.Units), "version": string(got.Head.Draft)})
	}
}

// noteLocked notes what was hidden from learners, or shown.
func (s *Server) noteLocked(r *http.Request, act string, targets []course.UsageKey, done draft.Done) {
	who := map[string]string{"hide": "team", "show": "all"}[act]
	s.noteEach(r, "course.access", targets, map[string]any{"who": who, "published": len(done.Published)})
}
