package publish

import (
	"fmt"
	"strings"
	"testing"

	"lyceum/course"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	html := func(id, body string) *course.Block {
		b := block("html", id, nil)
		b.Body = []byte(body)
		return b
	}
	c := content(course.Fields{
		"start": `"2026-01-01T00:00:00Z"`, "end": `"2026-06-01T00:00:00Z"`, "enrollment_start": `"2026-07-01T00:00:00Z"`,
		"user_partitions": `[{"id":1001,"name":"Groups","scheme":"cohort","active":true,"groups":[{"id":1,"name":"A"}]}]`,
	},
		block("chapter", "a", course.Fields{"start": `"2025-01-01T00:00:00Z"`},
			block("sequential", "s", course.Fields{"graded": "true", "format": `"Exam"`, "due": `"2025-06-01T00:00:00Z"`},
				block("vertical", "u", nil,
					html("links", "<a href=\"/jump_to_id/u\">\n<a href=\"/jump_to_id/gone\">\n<img src='/static/here.png' alt=''>\n<img src='/static/no where.png'\n>"),
					html("keys", `<a href="/courses/course-v1:Org+Num+Run/jump_to/`+key("html", "links").String()+`"><a href="/courses/x/jump_to/`+key("html", "gone").String()+`"><a href="/asset-v1:Org+Num+Run+type@asset+block@lost.pdf">`),
					html("broken", "<broken"))),
			block("sequential", "t", course.Fields{"graded": "true", "format": `"Homework"`, "due": `"2026-09-01T00:00:00Z"`}, block("vertical", "e", nil))),
		block("chapter", "b", course.Fields{"start": `"2026-08-01T00:00:00Z"`}, block("sequential", "late", nil, block("vertical", "lu", nil, html("lh", "x")))),
		block("chapter", "g", nil, block("sequential", "gs", nil,
			block("vertical", "gu", course.Fields{"group_access": `{"1001":[7]}`}, html("gh", "x")),
			block("vertical", "fine", course.Fields{"group_access": `{"1001":[1],"50":[1]}`}, html("fh", "x")))),
		html("stray", "x"),
	)
	c.Root.Children[0].Children[0].Children[0].Children = append(c.Root.Children[0].Children[0].Children[0].Children,
		block("split_test", "x", course.Fields{"group_id_to_child": course.JSON(map[string]string{"0": key("html", "x0").String()})}, block("html", "x0", nil), block("html", "x1", nil)),
		block("video", "v", course.Fields{"transcripts": `{"de":"de.srt"}`}))
	c.Grading = `{"GRADER":[{"type":"Homework"}]}`
	c.Pages = []*course.Block{{Type: "static_tab", ID: "p", Body: []byte("<img src='/static/here.png'>")}}
	checker := Checker{
		Loads: func(b *course.Block) []string {
			if strings.HasPrefix(string(b.Body), "<broken") {
				return []string{"not XML"}
			}
			return nil
		},
		HasFile: func(name string) bool { return name == "here.png" },
	}
	found, ok := checker.Check(c, course.UsageKey{})
	var got []string
	for _, f := range found {
		got = append(got, fmt.Sprintf("%s %s/%s:%d", f.Kind, f.Unit.ID, f.Block.ID, f.Line))
	}
	want := []string{
		"date_order /a:0", "date_order /s:0", "no_policy /s:0",
		"broken_link u/links:2", "missing_file u/links:4", "missing_alt u/links:4",
		"broken_link u/keys:1", "missing_file u/keys:1",
		"does_not_load u/broken:0",
		"unreachable u/x1:0", "missing_file u/v:0",
		"date_order /t:0", "empty e/e:0",
		"unreachable /b:0", "unreachable gu/gu:0", "unreachable stray/stray:0",
		"date_order /course:0", "missing_alt /p:1",
	}
	if !ok || strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	part, ok := checker.Check(c, key("vertical", "e"))
	if !ok || len(part) != 1 || part[0].Kind != Empty {
		t.Errorf("one unit: %v", part)
	}
	if _, ok := checker.Check(c, key("vertical", "gone")); ok {
		t.Error("what is not there was checked")
	}
	if found, _ := (Checker{}).Check(content(course.Fields{"start": past}), course.UsageKey{}); len(found) != 0 {
		t.Errorf("an empty course: %v", found)
	}
}
