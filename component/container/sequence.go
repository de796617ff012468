package container

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"lyceum/component"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/learner"
	"lyceum/learner/completion"
)

// Keeper stores what pages report about containers. Its fields may be nil for commands that only describe blocks.
type Keeper struct {
	SetPosition   func(ctx context.Context, user learner.ID, c course.Key, container course.UsageKey, position int, now time.Time) error
	PublishViewed func(ctx context.Context, user learner.ID, c *course.Compiled, values completion.Values, now time.Time) error
}

// Sequence is a container with a place a learner is at: a subsection or a unit.
type Sequence struct {
	Kind
	Keeper Keeper
}

// Actions are goto_position and get_completion of subsections, publish_completion of units.
func (s Sequence) Actions() map[string]component.Action {
	return map[string]component.Action{"xmodule_handler": s.dispatch, "publish_completion": s.viewed, "get_completion": s.completion}
}

// dispatch answers goto_position (form: position, from 1) and get_completion of existing clients.
func (s Sequence) dispatch(ctx context.Context, rt *component.Runtime, n *course.Node, req component.Request) (component.Response, error) {
	switch req.Suffix {
	case "get_completion":
		return s.completion(ctx, rt, n, req)
	case "goto_position":
	default:
		return component.Response{}, fault.NotFoundf("%s dispatch %q", n.Block.Type, req.Suffix)
	}
	if req.Method != http.MethodPost {
		return component.Response{}, fault.Invalidf("goto_position by %s", req.Method)
	}
	position, err := strconv.Atoi(req.Form.Get("position"))
	if err != nil || position < 1 || position > len(n.Children) {
		return component.Response{}, fault.Invalidf("position %q of %s", req.Form.Get("position"), n.Key)
	}
	if rt.Viewer.Enrolled {
		if err := s.Keeper.SetPosition(ctx, rt.Viewer.User, rt.Course.Key, n.Key, position, rt.Now); err != nil {
			return component.Response{}, err
		}
	}
	return component.Response{JSON: map[string]any{"success": true}}, nil
}

// completion tells whether a unit is complete: form usage_key names it.
func (Sequence) completion(_ context.Context, rt *component.Runtime, n *course.Node, req component.Request) (component.Response, error) {
	unit := n
	if text := req.Form.Get("usage_key"); text != "" {
		u, err := course.ParseUsageKey(text)
		if err != nil {
			return component.Response{}, fault.Invalidf("usage_key: %w", err)
		}
		found, ok := rt.Course.Node(u.In(rt.Course.Key))
		if !ok || found.Index < n.Index || found.Index > n.Last {
			return component.Response{}, fault.Invalidf("usage_key %q is not in %s", text, n.Key)
		}
		unit = found
	}
	progress := completion.Progress{
		Course: rt.Course, Marks: rt.Complete,
		Sight: completion.Sight{Visible: rt.Visible, Below: rt.Viewer.SeesBelow},
	}
	return component.Response{JSON: map[string]any{"complete": progress.Done(unit)}}, nil
}

// viewed takes {"block_key": KEY, "completion": 1.0} when a block that is complete when seen has been seen.
func (s Sequence) viewed(ctx context.Context, rt *component.Runtime, n *course.Node, req component.Request) (component.Response, error) {
	var body struct {
		BlockKey   string   `json:"block_key"`
		Completion *float64 `json:"completion"`
	}
	if req.Method != http.MethodPost {
		return component.Response{}, fault.Invalidf("publish_completion by %s", req.Method)
	}
	if err := json.Unmarshal(req.Body, &body); err != nil || body.Completion == nil || !completion.Valid(*body.Completion) {
		return component.Response{}, fault.Invalidf("publish_completion of %s: want block_key and a completion from 0 to 1", n.Key)
	}
	u, err := course.ParseUsageKey(body.BlockKey)
	if err != nil {
		return component.Response{}, fault.Invalidf("block_key: %w", err)
	}
	block, ok := rt.Course.Node(u.In(rt.Course.Key))
	if !ok || block.Index < n.Index || block.Index > n.Last || !rt.Visible(block) {
		return component.Response{}, fault.Invalidf("block_key %q is not in %s", body.BlockKey, n.Key)
	}
	if !rt.Viewer.Enrolled {
		return component.Response{}, fault.Forbiddenf("publish_completion of %s: not enrolled", n.Key)
	}
	values := completion.Values{block.Key: *body.Completion}
	if err := s.Keeper.PublishViewed(ctx, rt.Viewer.User, rt.Course, values, rt.Now); err != nil {
		return component.Response{}, err
	}
	return component.Response{JSON: map[string]any{"result": "ok"}}, nil
}
