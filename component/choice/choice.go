// Package choice is the kinds of blocks that show each learner some of their children, drawn by lot: copies out of a content library, and
// item banks. Which ones, learner/courseware decides and keeps; here they are drawn, and drawn anew where the author lets learners ask for it.
package choice

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/a-h/templ"

	"lyceum/component"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/learner"
	"lyceum/learner/courseware"
	"lyceum/tracking"
)

// Kind is one such kind.
type Kind struct {
	Tag string
	// Rechoose draws other children for a learner and keeps them.
	Rechoose func(ctx context.Context, c *course.Compiled, n *course.Node, user learner.ID, now time.Time) (*courseware.Choice, error)
}

// Name is the OLX tag.
func (k Kind) Name() string { return k.Tag }

// Schema lists the kind's own fields.
func (k Kind) Schema() course.Schema { return course.Schemas[k.Tag] }

// Facts says that the block is complete when what it shows is.
func (Kind) Facts(*course.Block) course.Facts {
	return course.Facts{Completion: course.Aggregator, Icon: "problem", Chooses: true}
}

// View draws the children chosen for the learner, in their order; one that fails is a notice among its neighbors.
func (k Kind) View(ctx context.Context, rt *component.Runtime, n *course.Node) (templ.Component, error) {
	var views []templ.Component
	for _, i := range rt.Viewer.Chosen[n.Index] {
		if child := &rt.Course.Nodes[i]; rt.Visible(child) {
			views = append(views, component.Block(child, rt.Draw(ctx, child)))
		}
	}
	reset := ""
	if resettable(n) && rt.Viewer.SignedIn() {
		reset = rt.Links.Handler(n, "reset_selected_children", "")
	}
	return shown(views, reset), nil
}

func resettable(n *course.Node) bool {
	on, _ := n.Block.Fields["allow_resetting_children"].Bool()
	return on
}

// Actions are what learners can do.
func (k Kind) Actions() map[string]component.Action {
	return map[string]component.Action{"reset_selected_children": k.reset}
}

// reset takes back the answers to what was chosen and chooses anew. What may not be answered again, because its time is over or its attempts are used up,
// keeps its answers.
func (k Kind) reset(ctx context.Context, rt *component.Runtime, n *course.Node, req component.Request) (component.Response, error) {
	switch {
	case req.Method != http.MethodPost:
		return component.Response{}, fault.Invalidf("reset %s by %s", n.Key, req.Method)
	case !resettable(n):
		return component.Response{}, fault.Invalidf("%s may not be reset", n.Key).Say("component.choice.no_reset")
	case !rt.Viewer.Enrolled && !rt.Staff():
		return component.Response{}, fault.Forbiddenf("reset %s: not enrolled", n.Key)
	}
	for _, i := range rt.Viewer.Chosen[n.Index] {
		below := rt.Course.Below(&rt.Course.Nodes[i])
		for j := range below {
			child := &below[j]
			act := rt.Kinds.Of(child.Block.Type).Actions()["xmodule_handler"]
			if child.Block.Type != "problem" || act == nil {
				continue
			}
			_, err := act(ctx, rt, child, component.Request{Method: http.MethodPost, Suffix: "problem_reset", Form: url.Values{}})
			if err != nil && fault.KindOf(err) == fault.Internal {
				return component.Response{}, err
			}
			delete(rt.States, child.Key)
		}
	}
	made, err := k.Rechoose(ctx, rt.Course, n, rt.Viewer.User, rt.Now)
	if err != nil {
		return component.Response{}, err
	}
	Announce(ctx, rt.Emitter, rt.Request, rt.Course, made)
	rt.Chosen(n, made.Shown)
	view, err := k.View(ctx, rt, n)
	if err != nil {
		return component.Response{}, err
	}
	var html bytes.Buffer
	if err := view.Render(ctx, &html); err != nil {
		return component.Response{}, err
	}
	return component.Response{JSON: html.String()}, nil
}

// Announce writes the events of a choice that changed.
func Announce(ctx context.Context, to tracking.Emitter, from tracking.Request, c *course.Compiled, made *courseware.Choice) {
	assigned, removed := tracking.LibraryAssigned, tracking.LibraryRemoved
	if made.Node.Block.Type == "itembank" {
		assigned, removed = tracking.ItemBankAssigned, tracking.ItemBankRemoved
	}
	payload := tracking.Choice{Location: made.Node.Usage, Before: made.Before, MostShown: made.Most}
	for _, i := range made.Shown {
		payload.Result = append(payload.Result, about(c, c.Nodes[i].Key))
	}
	emit := func(name string, p tracking.Choice) {
		m := tracking.Module{DisplayName: made.Node.Name, UsageKey: made.Node.Usage}
		to.Emit(ctx, tracking.Component(from, name, m, nil, p).In(c.Key))
		payload.Before = len(payload.Result)
	}
	for _, gone := range []struct {
		keys []course.UsageKey
		why  string
	}{{made.Invalid, tracking.ChoiceInvalid}, {made.OverLimit, tracking.ChoiceOverLimit}} {
		if len(gone.keys) > 0 {
			p := payload
			p.Removed, p.Reason = list(c, gone.keys), gone.why
			emit(removed, p)
		}
	}
	if len(made.Added) > 0 {
		p := payload
		p.Added = list(c, made.Added)
		emit(assigned, p)
	}
}

func list(c *course.Compiled, keys []course.UsageKey) []tracking.Chosen {
	out := make([]tracking.Chosen, len(keys))
	for i, k := range keys {
		out[i] = about(c, k)
	}
	return out
}

// about tells of a block and what it holds. Of one that is gone nothing is known but its name.
func about(c *course.Compiled, u course.UsageKey) tracking.Chosen {
	n, ok := c.Node(u)
	if !ok {
		return tracking.Chosen{Usage: u.String()}
	}
	one := func(n *course.Node) tracking.Chosen {
		original, version := c.Origin(n)
		return tracking.Chosen{Usage: n.Usage, Original: original, OriginalVersion: version}
	}
	out := one(n)
	below := c.Below(n)
	for i := range below[1:] {
		out.Below = append(out.Below, one(&below[i+1]))
	}
	return out
}
