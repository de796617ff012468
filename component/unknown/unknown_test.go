package unknown

import (
	"strings"
	"testing"

	"lyceum/component"
	"lyceum/component/componenttest"
	"lyceum/course"
)

func TestWhoReadsWhat(t *testing.T) {
	t.Parallel()
	kinds := component.NewKinds(Kind{})
	c := componenttest.Course(kinds, nil,
		&course.Block{Type: "poll", ID: "poll", Fields: course.Fields{"display_name": course.Text("<b>Vote</b>")}, Body: []byte("<answer/>")},
		&course.Block{Type: "word_cloud", ID: "cloud"},
		&course.Block{Type: "discussion", ID: "talk", Fields: course.Fields{"display_name": course.Text("Talk")}},
		&course.Block{Type: "florb", ID: "florb", Body: []byte("<script>alert(1)</script>" + strings.Repeat("ä", 4000))},
	)
	for _, tc := range []struct {
		id      string
		learner string // what learners read, "" nothing
		staff   []string
	}{
		{"poll", "“&lt;b&gt;Vote&lt;/b&gt;” uses a kind of content that is not available here.", []string{"block type poll", "&lt;answer/&gt;"}},
		{"cloud", "This part of the course uses a kind of content that is not available here.", []string{"block type word_cloud"}},
		{"talk", "", []string{"block type discussion"}},
		{"florb", "", []string{"block type florb", "&lt;script&gt;alert(1)&lt;/script&gt;", "ä…"}},
	} {
		rt, n := componenttest.Runtime(t, kinds, c), componenttest.Node(t, c, tc.id)
		got := componenttest.Render(t, component.Block(n, rt.Draw(t.Context(), n)))
		if tc.learner == "" && got != "" || !strings.Contains(got, tc.learner) || strings.Contains(got, "block type") {
			t.Errorf("%s: learners read %s", tc.id, got)
		}
		componenttest.Staff(rt)
		got = componenttest.Render(t, component.Block(n, rt.Draw(t.Context(), n)))
		for _, want := range tc.staff {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %q for staff in %s", tc.id, want, got)
			}
		}
	}
	if f := componenttest.Node(t, c, "florb").Facts; f.Completion != course.NotCounted || f.Scored {
		t.Errorf("facts %+v", f)
	}
}
