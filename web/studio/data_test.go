package studio

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lyceum/authoring/draft"
	"lyceum/course"
)

func TestSetData(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, kind, data string
		body             string
		set              course.Fields
		attrs            map[string]string
	}{
		{name: "html", kind: "html", data: "<p>a</p>", body: "<p>a</p>"},
		{name: "problem", kind: "problem", data: "<problem><p>a</p></problem>\n", body: "<p>a</p>", attrs: map[string]string{}},
		{name: "empty", kind: "problem", data: "<problem/>", body: "", attrs: map[string]string{}},
		{
			name: "attributes", kind: "problem", data: `<problem url_name="x" weight="2" markdown="null" other="1 &lt; 2">a</problem>`, body: "a",
			set: course.Fields{"weight": "2", "markdown": `"null"`}, attrs: map[string]string{"other": "1 < 2"},
		},
		{name: "a comment before", kind: "problem", data: "<!-- <problem> --><problem>a</problem>", body: "a", attrs: map[string]string{}},
		{name: "its end in a text", kind: "problem", data: "<problem><![CDATA[</problem>]]></problem>", body: "<![CDATA[</problem>]]>", attrs: map[string]string{}},
		{name: "something behind", kind: "problem", data: "<problem>a</problem><p>b</p>", body: "<problem>a</problem><p>b</p>"},
		{name: "not closed", kind: "problem", data: "<problem>a", body: "<problem>a"},
		{name: "another element", kind: "problem", data: "<html>a</html>", body: "<html>a</html>"},
		{name: "no markup", kind: "problem", data: "a < b", body: "a < b"},
		{name: "nothing", kind: "problem", data: "", body: ""},
	} {
		op := draft.Update{Block: course.UsageKey{Type: tc.kind}}
		setData(course.Schemas, &op, tc.data)
		if string(*op.Body) != tc.body || cmp.Diff(op.Set, tc.set) != "" || cmp.Diff(op.Attrs, tc.attrs) != "" {
			t.Errorf("%s: body %q, set %v, attributes %v; want %q, %v, %v", tc.name, *op.Body, op.Set, op.Attrs, tc.body, tc.set, tc.attrs)
		}
		if tc.attrs == nil {
			continue
		}
		again := draft.Update{Block: op.Block}
		setData(course.Schemas, &again, dataOf(&course.Block{Type: tc.kind, Attrs: op.Attrs, Body: *op.Body}))
		if string(*again.Body) != tc.body || cmp.Diff(again.Attrs, tc.attrs) != "" {
			t.Errorf("%s: read back %q, %v", tc.name, *again.Body, again.Attrs)
		}
	}
}

// Whatever text a problem is given is there to be read again, as an element or as it was.
func FuzzSetData(f *testing.F) {
	for _, seed := range []string{"<problem>a</problem>", "<problem a='b'/>", "<problem><problem/></problem>", "</problem>", "<problem></problem >"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data string) {
		op := draft.Update{Block: course.UsageKey{Type: "problem"}}
		setData(course.Schemas, &op, data)
		if !strings.Contains(data, string(*op.Body)) {
			t.Errorf("%q is kept as %q", data, *op.Body)
		}
	})
}

func TestSearch(t *testing.T) {
	t.Parallel()
	key := func(number string) course.Key { return course.Key{Org: "Uni", Number: number, Run: "1"} }
	all := []course.Summary{{Key: key("M1"), Name: "Mathematics"}, {Key: key("H2"), Name: "History of mathematics"}, {Key: key("P3"), Name: "Physics"}}
	for q, want := range map[string]string{"": "M1 H2 P3", "math": "M1 H2", "MATH hist": "H2", "uni+p3": "P3", "nothing": "", "  p3  ": "P3"} {
		var got []string
		for _, c := range search(all, q) {
			got = append(got, c.Key.Number)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q finds %v, want %s", q, got, want)
		}
	}
}
