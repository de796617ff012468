package choice

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"lyceum/component"
	"lyceum/component/componenttest"
	"lyceum/component/html"
	"lyceum/component/unknown"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/learner"
	"lyceum/learner/courseware"
	"lyceum/tracking"
)

// log keeps the names of events.
type log struct{ events []tracking.Event }

func (l *log) Emit(_ context.Context, e tracking.Event) { l.events = append(l.events, e) }

func page(t *testing.T, fields course.Fields) (*component.Runtime, *course.Node, *log) {
	t.Helper()
	kind := Kind{Tag: "library_content", Rechoose: func(_ context.Context, c *course.Compiled, n *course.Node, _ learner.ID, _ time.Time) (*courseware.Choice, error) {
		return &courseware.Choice{Node: n, Most: 1, Before: 2, Shown: []int32{n.Children[1]}, Added: []course.UsageKey{c.Nodes[n.Children[1]].Key}}, nil
	}}
	kinds := component.NewKinds(unknown.Kind{}, html.Kind{}, kind)
	text := func(id string) *course.Block {
		return &course.Block{Type: "html", ID: id, Fields: course.Fields{"copied_from_block": course.Text("lib-block-v1:O+L+type@html+block@" + id)}, Body: []byte("<p>text " + id + "</p>")}
	}
	fields["source_library_version"] = `"54f9a0b1c2d3e4f5a6b7c8d9"`
	c := componenttest.Course(kinds, nil, &course.Block{Type: "library_content", ID: "pick", Fields: fields, Children: []*course.Block{text("a"), text("b"), text("c")}})
	rt, n := componenttest.Runtime(t, kinds, c), componenttest.Node(t, c, "pick")
	l := &log{}
	rt.Emitter = l
	rt.Chosen(n, []int32{n.Children[2], n.Children[0]})
	return rt, n, l
}

func TestView(t *testing.T) {
	t.Parallel()
	rt, n, _ := page(t, course.Fields{})
	got := componenttest.Render(t, component.Block(n, rt.Draw(t.Context(), n)))
	c, a := strings.Index(got, "text c"), strings.Index(got, "text a")
	if a < 0 || c < 0 || a < c || strings.Contains(got, "text b") || strings.Contains(got, "reset_selected_children") {
		t.Errorf("drawn %s", got)
	}
	for i, want := range []bool{true, false, true} {
		if child := &rt.Course.Nodes[n.Children[i]]; rt.Visible(child) != want {
			t.Errorf("%s is visible: %v", child.Name, !want)
		}
	}
	componenttest.Visitor(rt)
	if got := componenttest.Render(t, component.Block(n, rt.Draw(t.Context(), n))); strings.Contains(got, "text") {
		t.Errorf("without a choice: %s", got)
	}
}

func TestReset(t *testing.T) {
	t.Parallel()
	call := func(rt *component.Runtime, n *course.Node) (component.Response, error) {
		return rt.Kinds.Of("library_content").Actions()["reset_selected_children"](componenttest.Context(t), rt, n, component.Request{Method: http.MethodPost})
	}
	rt, n, _ := page(t, course.Fields{})
	if _, err := call(rt, n); !fault.Is(err, fault.Invalid) {
		t.Errorf("where it is not allowed: %v", err)
	}
	rt, n, l := page(t, course.Fields{"allow_resetting_children": "true"})
	if got := componenttest.Render(t, component.Block(n, rt.Draw(t.Context(), n))); !strings.Contains(got, "reset_selected_children") {
		t.Errorf("no way to reset: %s", got)
	}
	res, err := call(rt, n)
	if err != nil {
		t.Fatal(err)
	}
	if html, _ := res.JSON.(string); !strings.Contains(html, "text b") || strings.Contains(html, "text a") {
		t.Errorf("shown anew: %v", res.JSON)
	}
	if len(l.events) != 1 || l.events[0].Name != tracking.LibraryAssigned {
		t.Fatalf("events %+v", l.events)
	}
	want := `{"location": "block-v1:O+C+R+type@library_content+block@pick", "added": [{"usage_key":"block-v1:O+C+R+type@html+block@b","original_usage_key":"lib-block-v1:O+L+type@html+block@b","original_usage_version":"54f9a0b1c2d3e4f5a6b7c8d9","descendants":[]}]`
	if got := string(l.events[0].Payload.AppendPayload(nil)); !strings.HasPrefix(strings.ReplaceAll(got, " ", ""), strings.ReplaceAll(want, " ", "")) || !strings.Contains(got, `"previous_count": 2`) {
		t.Errorf("payload %s", got)
	}
	rt, n, _ = page(t, course.Fields{"allow_resetting_children": "true"})
	rt.Viewer.Enrolled = false
	if _, err := call(rt, n); !fault.Is(err, fault.Forbidden) {
		t.Errorf("not enrolled: %v", err)
	}
}
