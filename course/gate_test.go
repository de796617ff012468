package course

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestGates(t *testing.T) {
	t.Parallel()
	seq := func(id string, f Fields) *Block { return &Block{Type: "sequential", ID: id, Fields: f} }
	content := func(root Fields, b Fields) *Content {
		return &Content{Key: Key{Org: "O", Number: "N", Run: "R"}, Root: &Block{Type: "course", ID: "course", Fields: root, Children: []*Block{
			{Type: "chapter", ID: "c", Children: []*Block{seq("a", Fields{"is_prereq": "true"}), seq("b", b)}},
		}}}
	}
	on := Fields{"enable_subsection_gating": "true"}
	for _, tc := range []struct {
		name    string
		root, b Fields
		want    []Gate
	}{
		{"off", nil, Fields{"prereq": `"a"`}, nil},
		{"none", on, nil, nil},
		{"by default all of it", on, Fields{"prereq": `"a"`}, []Gate{{3, 2, 100, 100}}},
		{"with numbers", on, Fields{"prereq": `"a"`, "prereq_min_score": "60", "prereq_min_completion": "0"}, []Gate{{3, 2, 60, 0}}},
		{"by a whole key of another run", on, Fields{"prereq": `"block-v1:O+N+R0+type@sequential+block@a"`}, []Gate{{3, 2, 100, 100}}},
		{"out of range", on, Fields{"prereq": `"a"`, "prereq_min_score": "-5", "prereq_min_completion": "900"}, []Gate{{3, 2, 0, 100}}},
		{"what is gone", on, Fields{"prereq": `"z"`}, nil},
		{"itself", on, Fields{"prereq": `"b"`}, nil},
	} {
		c := content(tc.root, tc.b)
		if diff := cmp.Diff(Compile(c, "1", nil, nil).Gates, tc.want); diff != "" {
			t.Errorf("%s (-got +want):\n%s", tc.name, diff)
		}
		if diff := cmp.Diff(Recompile(Compile(content(tc.root, nil), "0", nil, nil), c, "1", nil, nil).Gates, tc.want); diff != "" {
			t.Errorf("%s, on top of another version (-got +want):\n%s", tc.name, diff)
		}
	}
}
