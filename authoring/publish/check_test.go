package publish

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lyceum/authoring/draft"
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
		"date_order /b:0", "unreachable gu/gu:0",
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

// checked lists the findings of a check as KIND BLOCK:LINE WHY.
func checked(found []Finding) string {
	var out []string
	for _, f := range found {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s:%d %s", f.Kind, f.Block.ID, f.Line, f.Why)))
	}
	return strings.Join(out, "\n")
}

// oneUnit is a course of one unit of components.
func oneUnit(set course.Fields, components ...*course.Block) *course.Content {
	return content(set, block("chapter", "a", nil, block("sequential", "s", nil, block("vertical", "u", nil, components...))))
}

func TestCheckTexts(t *testing.T) {
	t.Parallel()
	own := testKey.String()
	for name, c := range map[string]struct{ body, want string }{
		"a block by its id":           {`<a href="/jump_to_id/u">x</a>`, ""},
		"one that is not there":       {`<a href="/jump_to_id/gone">x</a>`, "broken_link x:1"},
		"only told of":                {`<p>Write /jump_to_id/gone and /static/gone.png</p>`, ""},
		"in a comment":                {"<!-- <img src='/static/gone.png'>\n -->\n<a href='/jump_to_id/gone'>x</a>", "broken_link x:3"},
		"a page of the course":        {`<a href="/courses/` + own + `/progress">x</a><a href='/course/about'>x</a>`, ""},
		"a static page":               {`<a href="/courses/` + own + `/p/">x</a>`, ""},
		"a page nobody has":           {`<a href="/courses/` + own + `/nowhere">x</a>`, "broken_link x:1"},
		"courseware":                  {`<a href="/courses/` + own + `/courseware/a/s/2">x</a>`, ""},
		"courseware that is gone":     {`<a href="/courses/` + own + `/courseware/a/gone">x</a>`, "broken_link x:1"},
		"escaped":                     {`<a href="/courses/course-v1%3AOrg%2BNum%2BRun/jump_to_id/gone">x</a>`, "broken_link x:1"},
		"of another course":           {`<a href="/courses/course-v1:X+Y+Z/jump_to_id/gone">x</a><img alt="" src="/asset-v1:X+Y+Z+type@asset+block@gone.png">`, ""},
		"of another site":             {`<a href="https://example.org/static/gone.png">x</a>`, ""},
		"our site by its name":        {`<a href="https://example.org/courses/` + own + `/jump_to_id/gone">x</a>`, "broken_link x:1"},
		"a name with spaces":          {`<a href="/static/no where.pdf">x</a><a href="/static/a b.pdf">x</a>`, "missing_file x:1"},
		"a name as addresses have it": {`<a href="/static/a%20b.pdf">x</a>`, ""},
		"put in later":                {`<img alt="" src="/static/$name.png"><script>f("/static/" + x + ".png", '/static/${x}.png')</script>`, ""},
		"a directory":                 {`<script>base = "/static/pictures/"</script>`, ""},
		"in an address":               {`<a href="/static/here.png?file=/static/gone.pdf">x</a>`, "missing_file x:1"},
		"a picture":                   {`<img src="/static/here.png">`, "missing_alt x:1"},
		"pictures that say it":        {`<img alt src="a"><img alt="" src="a"><img src='a' role="presentation"><IMG aria-hidden="true"><img title="A cat">`, "missing_alt x:1"},
		"a picture in a script":       {`<script>s = "<img src=x>"</script><image src="x">`, ""},
		"in one of capitals":          {`<SCRIPT>s = '<img src=x>'</SCRIPT><img src=y>`, "missing_alt x:1"},
		"after one without end":       {`<script><img src="x">`, "missing_alt x:1"},
		"a tag in a tag":              {`<img alt="<img src=x>">`, ""},
		"a tag that has no end":       {"<img alt=\"\n<img src='x'>", "missing_alt x:2"},
		"a frame":                     {`<iframe src="https://example.org"></iframe><iframe title="A map" src="x"></iframe>`, "no_title x:1"},
		"told once a line":            {`<a href="/jump_to_id/gone">x</a><a href="/jump_to_id/gone">x</a>`, "broken_link x:1"},
	} {
		x := block("html", "x", nil)
		x.Body = []byte(c.body)
		all := oneUnit(course.Fields{"start": past}, x)
		all.Pages = []*course.Block{{Type: "static_tab", ID: "p"}}
		check := Checker{HasFile: func(f string) bool { return f == "here.png" || f == "a_b.pdf" }}
		found, _ := check.Check(all, key("html", "x"))
		if got := checked(found); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestCheckSettings(t *testing.T) {
	t.Parallel()
	video := func(id string, f course.Fields, body string) *course.Block {
		b := block("video", id, f)
		b.Body = []byte(body)
		return b
	}
	c := content(course.Fields{
		"start": past, "enable_subsection_gating": "true",
		"user_partitions": `[{"id":7,"name":"Try","scheme":"random","groups":[{"id":0,"name":"A"},{"id":1,"name":"B"}]}]`,
	},
		block("chapter", "due", course.Fields{"due": `"2026-02-01T00:00:00Z"`},
			block("sequential", "late", course.Fields{"due": `"2026-03-01T00:00:00Z"`}, block("vertical", "u1", nil, block("html", "h1", nil))),
			block("sequential", "after", course.Fields{"start": `"2026-02-05T00:00:00Z"`}, block("vertical", "u2", nil, block("html", "h2", nil)))),
		block("chapter", "locked", course.Fields{"visible_to_staff_only": "true"},
			block("sequential", "open", course.Fields{"visible_to_staff_only": "false"}, block("vertical", "u3", nil, block("html", "h3", nil)))),
		block("chapter", "away", course.Fields{"hide_from_toc": "true"}, block("sequential", "as", nil, block("vertical", "u4", nil, block("html", "h4", nil)))),
		block("chapter", "linked", course.Fields{"hide_from_toc": "true"}, block("sequential", "ls", nil, block("vertical", "u5", nil, block("html", "h5", nil)))),
		block("chapter", "gates", nil,
			block("sequential", "g1", course.Fields{"prereq": `"late"`}, block("vertical", "u6", nil, block("html", "h6", nil))),
			block("sequential", "g2", course.Fields{"prereq": `"gone"`, "graded": "true", "format": `"Lab"`}, block("vertical", "u7", nil,
				block("split_test", "x", course.Fields{"user_partition_id": "7", "group_id_to_child": course.JSON(map[string]string{"0": key("vertical", "xa").String()})},
					block("vertical", "xa", nil, block("html", "h7", nil))),
				block("split_test", "y", course.Fields{"user_partition_id": "8"}),
				video("v1", nil, ""), video("v2", course.Fields{"transcripts": `{"en":"a.srt"}`}, ""), video("v3", nil, `<transcript language="de" src="b.srt"/>`), video("v4", course.Fields{"edx_video_id": `"1"`}, ""),
			))),
	)
	c.Pages = []*course.Block{{Type: "course_info", ID: "updates", Body: []byte(`<a href="/jump_to_id/u5">read</a>`)}}
	found, _ := Checker{Policy: `{"GRADER":[{"type":"Lab"}]}`}.Check(c, course.UsageKey{})
	want := strings.Join([]string{
		"date_order late:0 late", "date_order after:0 due_before_start", "team_only locked:0 locked", "team_only open:0 below_locked", "hidden away:0",
		"unreachable g2:0 prerequisite", "unreachable x:0 group_without", "unreachable y:0 partition", "no_transcript v1:0",
	}, "\n")
	if got := checked(found); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Only what changes for learners is looked at before publishing, and a unit's check does not grow with the course.
func TestCheckPublishing(t *testing.T) {
	t.Parallel()
	text := func(id, body string) *course.Block {
		b := block("html", id, nil)
		b.Body = []byte(body)
		return b
	}
	old := text("old", `<a href="/jump_to_id/gone">x</a>`)
	c := content(course.Fields{"start": past}, block("chapter", "a", nil,
		block("sequential", "s", course.Fields{"graded": "true", "format": `"None"`},
			block("vertical", "same", nil, old), block("vertical", "new", nil, text("n", "<img src='x'>"), text("bad", "<broken"))),
		block("sequential", "quiet", course.Fields{"graded": "true"}, block("vertical", "q", nil, text("qh", "x"))),
	))
	was := *c
	was.Root = c.Root.Clone()
	was.Root.Children[0].Children[0].Children = was.Root.Children[0].Children[0].Children[:1]
	b := draft.Branches{Draft: c, Published: &was}
	check := Checker{Loads: func(b *course.Block) []string {
		if strings.HasPrefix(string(b.Body), "<broken") {
			return []string{"line 1: not XML"}
		}
		return nil
	}}
	const want = "no_policy s:0 unknown_type\nmissing_alt n:1\ndoes_not_load bad:1"
	for _, at := range []course.UsageKey{key("vertical", "new"), key("html", "n"), key("sequential", "s"), key("chapter", "a"), key("course", "any")} {
		found, ok := check.Publishing(b, at)
		if got := checked(found); !ok || got != want {
			t.Errorf("publishing %s: got\n%s\nwant\n%s", at, got, want)
		}
		if Refusing(found) != 1 || !Asks(found) {
			t.Errorf("publishing %s: %d refused", at, Refusing(found))
		}
	}
	if found, ok := check.Publishing(b, key("sequential", "quiet")); !ok || len(found) != 0 {
		t.Errorf("what has not changed: %s", checked(found))
	}
	if _, ok := check.Publishing(b, key("vertical", "gone")); ok {
		t.Error("what is not there was checked")
	}
	if found, _ := check.Publishing(draft.Branches{Draft: c}, key("vertical", "same")); checked(found) != "no_policy s:0 unknown_type\nbroken_link old:1" {
		t.Errorf("never published: %s", checked(found))
	}
}

// quickly runs f and says whether it came to an end soon.
func quickly(f func()) bool {
	done := make(chan bool)
	go func() { f(); close(done) }()
	select {
	case <-done:
		return true
	case <-time.After(20 * time.Second): // what is read once is read in a hundredth of it
		return false
	}
}

// Whatever a text holds, it costs as much as it is long: each of these was read anew from each of its places.
func TestCheckLongTexts(t *testing.T) {
	t.Parallel()
	const size = 1 << 20
	fill := func(s string) string { return strings.Repeat(s, size/len(s)) }
	for name, body := range map[string]string{
		"tags that never end":        fill("<img "),
		"in quotes that never end":   fill(`<img '<img "`) + `'`,
		"one quote for all":          `"` + fill("<iframe '"),
		"many tags in one":           fill("<img ") + ">",
		"scripts that never end":     fill("<script>"),
		"scripts, almost":            fill("<script></scrip"),
		"one address":                `"` + fill("/static/"),
		"one address, and its quote": `"` + fill("/static/") + `"`,
		"addresses of lines":         fill("\"/static/\n/static/\""),
		"quotes that end nowhere":    fill(`&quot;/static/ `),
		"missing files":              fill("'/static/x'\n"),
		"pictures":                   fill("<img src=''>\n"),
		"frames of one line":         fill("<iframe a>"),
		"comments that never end":    fill("<!--"),
		"an honest text":             strings.Repeat(fill("<p>Read <a href=\"/static/here.png\">this</a>, then <b>that</b>.</p>\n"), 30),
		"one large picture":          `<a href="/static/here.png"><img src="data:image/png;base64,` + strings.Repeat(fill("iVBORw0KGgo/AAAANSUhEUg"), 10) + `">`,
	} {
		x := block("html", "x", nil)
		x.Body = []byte(body)
		c := oneUnit(course.Fields{"start": past}, x)
		if !quickly(func() { (Checker{HasFile: func(f string) bool { return f == "here.png" }}).Check(c, key("html", "x")) }) {
			t.Fatalf("%s: it takes long", name)
		}
	}
}

// Of a text that is wrong from end to end a part is told.
func TestCheckTellsSoMuch(t *testing.T) {
	t.Parallel()
	x := block("html", "x", nil)
	for n, more := range map[int]bool{2: false, mostOfText: false, mostOfText + 2: true, 3 * mostOfText: true} {
		x.Body = []byte(strings.Repeat("<a href='/jump_to_id/gone'><img src='x'>\n", n/2))
		found, _ := Checker{}.Check(oneUnit(course.Fields{"start": past}, x), key("html", "x"))
		if len(found) > mostOfText || found[len(found)-1].More != more || slices.ContainsFunc(found[:len(found)-1], func(f Finding) bool { return f.More }) {
			t.Errorf("%d things: %d told, the last %+v", n, len(found), found[len(found)-1])
		}
	}
}

// Tags end where they always did: a > outside of quotes, wherever another tag without an end stands before.
func TestEndings(t *testing.T) {
	t.Parallel()
	tag := regexp.MustCompile(`^(?is)<[a-z]+(?:[^>"']|"[^"]*"|'[^']*')*>`)
	words := []string{"<img", "<img ", `"`, "'", ">", "x", "\n"}
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 0, 40).Draw(t, "text"), "")
		ends := endings{text: []byte(text)}
		for at := 0; at < len(text); at++ {
			if !strings.HasPrefix(text[at:], "<img") {
				continue
			}
			want := -1
			if m := tag.FindString(text[at:]); m != "" {
				want = at + len(m)
			}
			if got := ends.of(at); got != want {
				t.Fatalf("%q from %d: ends at %d, want %d", text, at, got, want)
			}
			if want > 0 {
				at = want - 1
			}
		}
	})
}

// What opens after the course's end can be read by then, and what is amiss below it is told all the same.
func TestCheckAfterTheEnd(t *testing.T) {
	t.Parallel()
	const after course.Value = `"2026-08-01T00:00:00Z"`
	sections := func(set course.Fields) *course.Content {
		set["start"], set["end"] = `"2026-01-01T00:00:00Z"`, `"2026-06-01T00:00:00Z"`
		return content(set,
			block("chapter", "late", course.Fields{"start": after}, block("sequential", "later", course.Fields{"start": `"2026-09-01T00:00:00Z"`},
				block("vertical", "u", course.Fields{"group_access": `{"7":[1]}`}, block("html", "h", nil)))),
			block("chapter", "fine", nil, block("sequential", "alone", course.Fields{"start": after}, block("vertical", "u2", nil, block("html", "h2", nil)))))
	}
	found, _ := Checker{}.Check(sections(course.Fields{}), course.UsageKey{})
	const want = "date_order late:0 after_end\nunreachable u:0 partition\ndate_order alone:0 after_end"
	if got := checked(found); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	found, _ = Checker{}.Check(sections(course.Fields{"self_paced": "true"}), course.UsageKey{})
	if got := checked(found); got != "unreachable u:0 partition" {
		t.Errorf("at the learner's own pace: got\n%s", got)
	}
}

// Groups are there for the check where they are for learners.
func TestCheckComputedGroups(t *testing.T) {
	t.Parallel()
	const listed = `[{"id":51,"name":"Gates","scheme":"x","groups":[{"id":2,"name":"Full"}]}]`
	for name, c := range map[string]struct {
		partitions, above, own course.Value
		want                   string
	}{
		"a track":                         {"", "", `{"50":[1,2]}`, ""},
		"a track there is not":            {"", "", `{"50":[99]}`, "unreachable u:0 track"},
		"of two tracks one":               {"", "", `{"50":[1,99]}`, "unreachable u:0 track"},
		"no track left":                   {"", `{"50":[1]}`, `{"50":[2]}`, "unreachable u:0 no_track_left"},
		"gates the course does not list":  {"", "", `{"51":[2]}`, "unreachable u:0 partition"},
		"gates it lists":                  {listed, "", `{"51":[2]}`, ""},
		"a gate that is not among those":  {listed, "", `{"51":[1]}`, "unreachable u:0 group"},
		"tracks listed as something else": {`[{"id":50,"name":"Mine","groups":[{"id":99,"name":"A"}]}]`, "", `{"50":[99]}`, "unreachable u:0 track"},
	} {
		set := func(f course.Fields, name string, v course.Value) course.Fields {
			if v != "" {
				f[name] = v
			}
			return f
		}
		all := content(set(course.Fields{"start": past}, "user_partitions", c.partitions), block("chapter", "a", nil, block("sequential", "s", set(course.Fields{}, "group_access", c.above),
			block("vertical", "u", set(course.Fields{}, "group_access", c.own), block("html", "h", nil)))))
		found, _ := Checker{}.Check(all, course.UsageKey{})
		if got := checked(found); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// Of a library a page of blocks is looked at; links lead to all of them.
func TestCheckPart(t *testing.T) {
	t.Parallel()
	first, second := block("html", "first", nil), block("html", "second", nil)
	first.Body = []byte(`<a href="/jump_to_id/second">on</a> <a href="/jump_to_id/gone">lost</a>`)
	second.Body = []byte(`<img src="x">`)
	c := &course.Content{Key: testKey, Root: block("library", "library", nil, first, second)}
	found := Checker{}.CheckPart(c, c.Root.Children[:1])
	if got := checked(found); got != "broken_link first:1" {
		t.Errorf("got\n%s", got)
	}
	if found := (Checker{}).CheckPart(c, nil); len(found) > 0 {
		t.Errorf("of nothing: %s", checked(found))
	}
}
