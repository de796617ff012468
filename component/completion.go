package component

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/learner"
	"lyceum/learner/completion"
)

// PublishCompletion is the action publish_completion of kinds whose page reports completion: {"completion": 1.0} by an
// enrolled learner. Other numbers than 0 to 1 and other values are Invalid.
func PublishCompletion(
	ctx context.Context, rt *Runtime, n *course.Node, req Request,
	publish func(ctx context.Context, user learner.ID, c *course.Compiled, values completion.Values, now time.Time) error,
) (Response, error) {
	if req.Method != http.MethodPost {
		return Response{}, fault.Invalidf("publish_completion by %s", req.Method)
	}
	var body struct {
		Completion *float64 `json:"completion"`
	}
	if err := json.Unmarshal(req.Body, &body); err != nil || body.Completion == nil || !completion.Valid(*body.Completion) {
		return Response{}, fault.Invalidf("publish_completion of %s: want a completion from 0 to 1", n.Key)
	}
	if !rt.Viewer.Enrolled {
		return Response{}, fault.Forbiddenf("publish_completion of %s: not enrolled", n.Key)
	}
	if err := publish(ctx, rt.Viewer.User, rt.Course, completion.Values{n.Key: *body.Completion}, rt.Now); err != nil {
		return Response{}, err
	}
	return Response{JSON: map[string]any{"result": "ok"}}, nil
}
