package container

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"

	"lyceum/component"
	"lyceum/component/componenttest"
	"lyceum/component/html"
	"lyceum/component/unknown"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/learner"
	"lyceum/learner/completion"
)

// broken is a kind whose views fail in each way a view can.
type broken struct{ html.Kind }

func (broken) Name() string { return "broken" }

func (broken) View(_ context.Context, _ *component.Runtime, n *course.Node) (templ.Component, error) {
	switch n.Block.ID {
	case "error":
		return nil, errors.New("no <view>")
	case "panic":
		panic("no view at all")
	default:
		return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
			if _, err := w.Write([]byte("<div>half")); err != nil {
				return err
			}
			return errors.New("the other half")
		}), nil
	}
}

// kept is what the keeper was given.
type kept struct {
	positions map[course.UsageKey]int
	values    completion.Values
}

func desk(t *testing.T) (*component.Runtime, *kept, Sequence) {
	t.Helper()
	got := &kept{positions: map[course.UsageKey]int{}, values: completion.Values{}}
	keeper := Keeper{
		SetPosition: func(_ context.Context, _ learner.ID, _ course.Key, at course.UsageKey, position int, _ time.Time) error {
			got.positions[at] = position
			return nil
		},
		PublishViewed: func(_ context.Context, _ learner.ID, _ *course.Compiled, values completion.Values, _ time.Time) error {
			maps.Copy(got.values, values)
			return nil
		},
	}
	unit := Sequence{Kind{Tag: "vertical"}, keeper}
	kinds := component.NewKinds(unknown.Kind{}, html.Kind{}, broken{}, unit, Sequence{Kind{Tag: "sequential"}, keeper})
	text := func(id string, fields course.Fields) *course.Block {
		return &course.Block{Type: "html", ID: id, Fields: fields, Body: []byte("<p>text of " + id + "</p>")}
	}
	c := componenttest.Course(kinds, nil, text("first", nil), &course.Block{Type: "broken", ID: "error"}, &course.Block{Type: "broken", ID: "panic"},
		&course.Block{Type: "broken", ID: "half"}, text("secret", course.Fields{"visible_to_staff_only": "true"}),
		&course.Block{Type: "vertical", ID: "inner", Children: []*course.Block{text("last", nil)}})
	return componenttest.Runtime(t, kinds, c), got, unit
}

func TestBrokenBlocksAreNoticesAmongTheirNeighbors(t *testing.T) {
	t.Parallel()
	rt, _, _ := desk(t)
	unit := componenttest.Node(t, rt.Course, "unit")
	got := componenttest.Render(t, rt.Draw(t.Context(), unit))
	for _, want := range []string{"text of first", "text of last"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %s", want, got)
		}
	}
	for _, not := range []string{"<div>half", "text of secret", "no &lt;view&gt;", "other half", "no view at all"} {
		if strings.Contains(got, not) {
			t.Errorf("learners read %q in %s", not, got)
		}
	}
	if n := strings.Count(got, "cannot be shown right now"); n != 3 {
		t.Errorf("%d notices, want 3", n)
	}
	componenttest.Staff(rt)
	got = componenttest.Render(t, rt.Draw(t.Context(), unit))
	for _, want := range []string{"no &lt;view&gt;", "the other half", "no view at all"} {
		if !strings.Contains(got, want) {
			t.Errorf("staff do not read %q in %s", want, got)
		}
	}
}

func TestPosition(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, method, suffix, position string
		want                           fault.Kind
	}{
		{"first", http.MethodPost, "goto_position", "1", 0},
		{"zero", http.MethodPost, "goto_position", "0", fault.Invalid},
		{"beyond", http.MethodPost, "goto_position", "7", fault.Invalid},
		{"no number", http.MethodPost, "goto_position", "x", fault.Invalid},
		{"by GET", http.MethodGet, "goto_position", "1", fault.Invalid},
		{"unknown", http.MethodPost, "goto_hell", "1", fault.NotFound},
	} {
		rt, got, s := desk(t)
		n := componenttest.Node(t, rt.Course, "unit")
		_, err := s.Actions()["xmodule_handler"](t.Context(), rt, n, component.Request{Method: tc.method, Suffix: tc.suffix, Form: url.Values{"position": {tc.position}}})
		if (err == nil) != (tc.want == 0) || err != nil && fault.KindOf(err) != tc.want {
			t.Errorf("%s: %v", tc.name, err)
		}
		want := map[course.UsageKey]int{}
		if tc.want == 0 {
			want[n.Key] = 1
		}
		if diff := cmp.Diff(want, got.positions); diff != "" {
			t.Errorf("%s: kept (-want +got):\n%s", tc.name, diff)
		}
	}
	rt, got, s := desk(t)
	rt.Viewer.Enrolled = false
	n := componenttest.Node(t, rt.Course, "unit")
	if _, err := s.Actions()["xmodule_handler"](t.Context(), rt, n, component.Request{Method: http.MethodPost, Suffix: "goto_position", Form: url.Values{"position": {"1"}}}); err != nil || len(got.positions) != 0 {
		t.Errorf("not enrolled: %v, kept %v", err, got.positions)
	}
}

func TestCompletionOfUnits(t *testing.T) {
	t.Parallel()
	rt, _, s := desk(t)
	unit, inner := componenttest.Node(t, rt.Course, "unit"), componenttest.Node(t, rt.Course, "inner")
	ask := func(at *course.Node, key string) (any, error) {
		res, err := s.Actions()["xmodule_handler"](t.Context(), rt, at, component.Request{Method: http.MethodPost, Suffix: "get_completion", Form: url.Values{"usage_key": {key}}})
		if err != nil {
			return nil, err
		}
		return res.JSON.(map[string]any)["complete"], nil
	}
	if got, err := ask(unit, inner.Key.String()); got != false || err != nil {
		t.Errorf("before: %v, %v", got, err)
	}
	rt.Complete = completion.MarksOf(rt.Course, completion.Values{componenttest.Node(t, rt.Course, "last").Key: 1})
	if got, err := ask(unit, inner.Key.String()); got != true || err != nil {
		t.Errorf("after: %v, %v", got, err)
	}
	for _, key := range []string{"x", unit.Key.String(), course.Key{Org: "X", Number: "Y", Run: "Z"}.Usage("vertical", "inner").String()} {
		if _, err := ask(inner, key); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s of the inner unit: %v", key, err)
		}
	}
}

func TestViewed(t *testing.T) {
	t.Parallel()
	rt, got, s := desk(t)
	unit := componenttest.Node(t, rt.Course, "unit")
	key := func(id string) string { return componenttest.Node(t, rt.Course, id).Key.String() }
	for _, tc := range []struct {
		name, method, body string
		want               fault.Kind
	}{
		{"seen", http.MethodPost, `{"block_key": "` + key("first") + `", "completion": 1.0}`, 0},
		{"by GET", http.MethodGet, `{"block_key": "` + key("last") + `", "completion": 1}`, fault.Invalid},
		{"not JSON", http.MethodPost, `block_key=x`, fault.Invalid},
		{"no value", http.MethodPost, `{"block_key": "` + key("last") + `"}`, fault.Invalid},
		{"a text", http.MethodPost, `{"block_key": "` + key("last") + `", "completion": "1"}`, fault.Invalid},
		{"too much", http.MethodPost, `{"block_key": "` + key("last") + `", "completion": 1e309}`, fault.Invalid},
		{"more than all", http.MethodPost, `{"block_key": "` + key("last") + `", "completion": 1.01}`, fault.Invalid},
		{"an object for a key", http.MethodPost, `{"block_key": {"$gt": ""}, "completion": 1}`, fault.Invalid},
		{"no key", http.MethodPost, `{"block_key": "zzz", "completion": 1}`, fault.Invalid},
		{"a closed child", http.MethodPost, `{"block_key": "` + key("secret") + `", "completion": 1}`, fault.Invalid},
		{"a block above", http.MethodPost, `{"block_key": "` + key("sub") + `", "completion": 1}`, fault.Invalid},
		{"another course", http.MethodPost, `{"block_key": "block-v1:X+Y+Z+type@html+block@first", "completion": 1}`, fault.Invalid},
	} {
		_, err := s.Actions()["publish_completion"](t.Context(), rt, unit, component.Request{Method: tc.method, Body: []byte(tc.body)})
		if (err == nil) != (tc.want == 0) || err != nil && fault.KindOf(err) != tc.want {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
	if diff := cmp.Diff(completion.Values{componenttest.Node(t, rt.Course, "first").Key: 1}, got.values); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
	rt.Viewer.Enrolled = false
	_, err := s.Actions()["publish_completion"](t.Context(), rt, unit, component.Request{Method: http.MethodPost, Body: []byte(`{"block_key": "` + key("last") + `", "completion": 1}`)})
	if fault.KindOf(err) != fault.Forbidden {
		t.Errorf("not enrolled: %v", err)
	}
}
