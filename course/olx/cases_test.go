package olx_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"lyceum/course"
	"lyceum/course/olx"
)

// dir makes a course directory of pairs of name and content.
func dir(pairs ...string) fstest.MapFS {
	out := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return out
}

// oneUnit is a course with one unit, whose file is given.
func oneUnit(unit string, pairs ...string) fstest.MapFS {
	return dir(append([]string{
		"course.xml", `<course url_name="R" org="O" course="C"/>`,
		"course/R.xml", `<course><chapter url_name="c"/></course>`,
		"chapter/c.xml", `<chapter><sequential url_name="s"/></chapter>`,
		"sequential/s.xml", `<sequential><vertical url_name="v"/></sequential>`,
		"vertical/v.xml", unit,
		"policies/R/policy.json", `{}`,
		"policies/R/grading_policy.json", `{}`,
	}, pairs...)...)
}

func read(t testing.TB, fsys fs.FS, opts olx.Options) (*olx.Course, *olx.Report) {
	t.Helper()
	c, report, err := olx.Read(fsys, opts)
	if err != nil {
		t.Fatal(err)
	}
	return c, report
}

// find finds a block by id.
func find(c *course.Content, id string) *course.Block {
	var found *course.Block
	c.Root.Walk(func(b *course.Block) bool {
		if b.ID == id && found == nil {
			found = b
		}
		return true
	})
	return found
}

func kinds(report *olx.Report) map[string]int {
	out := map[string]int{}
	for _, d := range report.Defects {
		out[d.Kind]++
	}
	return out
}

// TestBlocks reads one unit with one block and checks the block, the defects, and that export keeps both.
func TestBlocks(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("<p>", 10_000) + strings.Repeat("</p>", 10_000)
	for _, tc := range []struct {
		name    string
		unit    string
		files   []string
		want    *course.Block // the first child of the unit; nil means none
		defects map[string]int
	}{
		{
			"html file byte for byte", `<vertical><html url_name="a"/></vertical>`,
			[]string{"html/a.xml", `<html filename="a" display_name="A &amp; &quot;B&quot;&#10;C"/>`, "html/a.html", "\xEF\xBB\xBF<p>x\r\n</body> <b></p>"},
			&course.Block{Type: "html", ID: "a", Fields: course.Fields{"display_name": `"A & \"B\"\nC"`}, Body: []byte("\xEF\xBB\xBF<p>x\r\n</body> <b></p>")}, nil,
		},
		{"html in line", `<vertical><html url_name="a">x &lt;b&gt; <i>y &amp; z</i><!-- c --></html></vertical>`, nil, &course.Block{Type: "html", ID: "a", Body: []byte("x <b> <i>y &amp; z</i><!-- c -->")}, nil},
		{"html cdata", `<vertical><html url_name="a"><![CDATA[<p>&amp;</p>]]><script><![CDATA[a < b]]></script></html></vertical>`, nil, &course.Block{Type: "html", ID: "a", Body: []byte("<p>&amp;</p><script>a < b</script>")}, nil},
		{"html self-closing", `<vertical><html url_name="a" display_name="A"/></vertical>`, nil, &course.Block{Type: "html", ID: "a", Fields: course.Fields{"display_name": `"A"`}}, nil},
		{"html in a directory", `<vertical><html url_name="x:y:a"/></vertical>`, []string{"html/x/y/a.xml", `<html filename="b"/>`, "html/x/y/b.html", "body"}, &course.Block{Type: "html", ID: "x:y:a", Body: []byte("body")}, nil},
		{"html path shortened", `<vertical><html url_name="x:y:a"/></vertical>`, []string{"html/x/y/a.xml", `<html filename="b.html"/>`, "y/b.html", "body"}, &course.Block{Type: "html", ID: "x:y:a", Body: []byte("body")}, nil},
		{"html file missing", `<vertical><html url_name="a"/></vertical>`, []string{"html/a.xml", `<html filename="a"/>`}, &course.Block{Type: "html", ID: "a"}, map[string]int{olx.MissingFile: 1}},
		{"html not UTF-8", `<vertical><html url_name="a"/></vertical>`, []string{"html/a.xml", `<html filename="a"/>`, "html/a.html", "caf\xe9"}, &course.Block{Type: "html", ID: "a", Body: []byte("caf\xe9")}, map[string]int{olx.NotUTF8: 1}},
		{
			"problem body as it stands", `<vertical><problem url_name="a"/></vertical>`,
			[]string{"problem/a.xml", "<problem max_attempts=\"null\" weight=\"1.0\" markdown=\"null\" odd='x\ny'>\r\n<pre> a </pre><?pi x?><script type=\"loncapa/python\"><![CDATA[ a < b ]]> &lt;</script>\n</problem>"},
			&course.Block{
				Type: "problem", ID: "a", Fields: course.Fields{"max_attempts": "null", "weight": "1.0", "markdown": "null"}, Attrs: map[string]string{"odd": "x y"},
				Body: []byte("\r\n<pre> a </pre><?pi x?><script type=\"loncapa/python\"><![CDATA[ a < b ]]> &lt;</script>\n"),
			}, nil,
		},
		{"empty problem", `<vertical><problem url_name="a" display_name="x"/></vertical>`, nil, &course.Block{Type: "problem", ID: "a", Fields: course.Fields{"display_name": `"x"`}}, nil},
		{"bare <", `<vertical><problem url_name="a"/></vertical>`, []string{"problem/a.xml", "<problem weight=\"2\">\n<p>a < b</p>\n</problem>"}, &course.Block{Type: "problem", ID: "a", Fields: course.Fields{"weight": "2"}, Body: []byte("\n<p>a < b</p>\n")}, map[string]int{olx.NotWellFormed: 1}},
		{"hopeless", `<vertical><problem url_name="a"/></vertical>`, []string{"problem/a.xml", "<problem <p>"}, &course.Block{Type: "problem", ID: "a", Form: olx.FormRaw, Body: []byte("<problem <p>")}, map[string]int{olx.NotWellFormed: 1}},
		{"undefined entity", `<vertical><problem url_name="a"/></vertical>`, []string{"problem/a.xml", "<!DOCTYPE problem [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><problem>&x;</problem>"}, &course.Block{Type: "problem", ID: "a", Body: []byte("&x;")}, map[string]int{olx.UndefinedEntity: 1, olx.Doctype: 1}},
		{"html entity", `<vertical><problem url_name="a"/></vertical>`, []string{"problem/a.xml", "<problem>&nbsp;</problem>"}, &course.Block{Type: "problem", ID: "a", Body: []byte("&nbsp;")}, map[string]int{olx.HTMLEntity: 1}},
		{"empty file", `<vertical><problem url_name="a"/></vertical>`, []string{"problem/a.xml", " \n"}, &course.Block{Type: "problem", ID: "a", Form: olx.FormRaw, Body: []byte(" \n")}, map[string]int{olx.EmptyFile: 1}},
		{"too deep", `<vertical><problem url_name="a"/></vertical>`, []string{"problem/a.xml", "<problem>" + deep + "</problem>"}, &course.Block{Type: "problem", ID: "a", Body: []byte(deep)}, map[string]int{olx.Unreadable: 1}},
		{"latin-1", `<vertical><problem url_name="a"/></vertical>`, []string{"problem/a.xml", "<?xml version='1.0' encoding='ISO-8859-1'?><problem>caf\xe9</problem>"}, &course.Block{Type: "problem", ID: "a", Body: []byte("café")}, map[string]int{"encoding:iso-8859-1": 1}},
		{"bom", `<vertical><problem url_name="a"/></vertical>`, []string{"problem/a.xml", "\xEF\xBB\xBF<problem>é</problem>"}, &course.Block{Type: "problem", ID: "a", Body: []byte("é")}, map[string]int{olx.BOM: 1}},
		{"undeclared bytes", `<vertical><problem url_name="a"/></vertical>`, []string{"problem/a.xml", "<problem>caf\xe9</problem>"}, &course.Block{Type: "problem", ID: "a", Body: []byte("café")}, map[string]int{olx.NotUTF8: 1}},
		{"missing file", `<vertical><problem url_name="a"/></vertical>`, nil, nil, map[string]int{olx.MissingFile: 1}},
		{"tag mismatch", `<vertical><problem url_name="a"/></vertical>`, []string{"problem/a.xml", "<div>x</div>"}, &course.Block{Type: "problem", ID: "a", Body: []byte("x")}, map[string]int{olx.TagMismatch: 1}},
		{"filename", `<vertical><problem slug="a" filename="f" weight="3"/></vertical>`, []string{"problems/f.xml", `<problem weight="1" showanswer="always">x</problem>`}, &course.Block{Type: "problem", ID: "a", Fields: course.Fields{"weight": "3", "showanswer": `"always"`}, Body: []byte("x")}, nil},
		{"name", `<vertical><problem name="Two  words!"/></vertical>`, nil, &course.Block{Type: "problem", ID: "Two_words_", Fields: course.Fields{"display_name": `"Two  words!"`}}, nil},
		{"hash", `<vertical><problem weight="1"/></vertical>`, nil, &course.Block{Type: "problem", ID: "problem_2dca2a2c83ee", Fields: course.Fields{"weight": "1"}}, map[string]int{olx.UnnamedBlock: 1}},
		{"illegal name", `<vertical><problem url_name="a b" weight="1"/></vertical>`, nil, &course.Block{Type: "problem", ID: "a_b", Fields: course.Fields{"weight": "1"}}, map[string]int{olx.IllegalName: 1}},
		{
			"video children", `<vertical><video url_name="a" display_name="V" youtube="1.00:x"><source src="a.mp4"/>` + "\n" + `<transcript language="de" src="t.srt"/></video></vertical>`, nil,
			&course.Block{Type: "video", ID: "a", Fields: course.Fields{"display_name": `"V"`, "youtube": `"1.00:x"`}, Body: []byte(`<source src="a.mp4"/>` + "\n" + `<transcript language="de" src="t.srt"/>`)}, nil,
		},
		{
			"pure block", `<vertical><poll url_name="a" question="&quot;To be&quot;" answers="[&#10;  [&#10;    &quot;R&quot;,&#10;    {&#10;      &quot;label&quot;: &quot;Red&quot;&#10;    }&#10;  ]&#10;]" max_submissions="null" xblock-family="xblock.v1"/></vertical>`, nil,
			&course.Block{Type: "poll", ID: "a", Fields: course.Fields{"question": `"\"To be\""`, "answers": `[["R",{"label":"Red"}]]`, "max_submissions": "null"}}, nil,
		},
		{
			"option elements", `<vertical><done url_name="a"><option:align xmlns:option="http://code.edx.org/xblock/option">right</option:align><option:display_name xmlns:option="http://code.edx.org/xblock/option" none="true"/></done></vertical>`, nil,
			&course.Block{Type: "done", ID: "a", Fields: course.Fields{"align": `"right"`, "display_name": "null"}}, nil,
		},
		{
			"unknown element", `<vertical><azure url_name="a" z="1" display_name="A" b='&#10;'><x/><!-- kept --></azure></vertical>`, nil,
			&course.Block{Type: "azure", ID: "a", Form: olx.FormElement, Fields: course.Fields{"display_name": `"A"`}, Attrs: map[string]string{"z": "1", "b": "\n"}, Body: []byte(`<azure url_name="a" z="1" display_name="A" b='&#10;'><x/><!-- kept --></azure>`)}, nil,
		},
		{"unknown element without a name", `<vertical><table border="1"><tr/></table></vertical>`, nil, &course.Block{Type: "table", ID: "table_e6d767105b82", Form: olx.FormElement, Attrs: map[string]string{"border": "1"}, Body: []byte(`<table url_name="table_e6d767105b82" border="1"><tr/></table>`)}, nil},
		{"unknown file", `<vertical><azure url_name="a"/></vertical>`, []string{"azure/a.xml", `<azure q="1">x</azure>`}, &course.Block{Type: "azure", ID: "a", Form: olx.FormElementFile, Attrs: map[string]string{"q": "1"}, Body: []byte(`<azure url_name="a" q="1">x</azure>`)}, nil},
		{"only a name", `<vertical><done url_name="a"/></vertical>`, nil, &course.Block{Type: "done", ID: "a"}, nil},
		{"vertical in vertical", `<vertical><vertical url_name="w"><html url_name="a">x</html></vertical></vertical>`, nil, &course.Block{Type: "vertical", ID: "w", Children: []*course.Block{{Type: "html", ID: "a", Body: []byte("x")}}}, nil},
		{"stray text", `<vertical>lost? <html url_name="a">x</html></vertical>`, nil, &course.Block{Type: "html", ID: "a", Body: []byte("x")}, map[string]int{olx.StrayText: 1}},
		{"cycle", `<vertical><vertical url_name="v"/></vertical>`, nil, nil, map[string]int{olx.Cycle: 1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c, report := read(t, oneUnit(tc.unit, tc.files...), olx.Options{})
			var got *course.Block
			if kids := find(c.Published, "v").Children; len(kids) > 0 {
				got = kids[0]
			}
			if diff := cmp.Diff(block(tc.want), block(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			want := tc.defects
			if want == nil {
				want = map[string]int{}
			}
			if diff := cmp.Diff(want, kinds(report)); diff != "" {
				t.Errorf("defects (-want +got):\n%s\n%v", diff, report.Defects)
			}
			for _, d := range report.Defects {
				if d.Line == 0 && (d.Kind == olx.NotWellFormed || d.Kind == olx.UndefinedEntity) {
					t.Errorf("%s has no line", d)
				}
			}
			archive := export(t, c)
			again, _ := reimport(t, archive, olx.Options{})
			diffCourses(t, c, again)
		})
	}
}

// block is a block as text, for comparison.
func block(b *course.Block) []string {
	if b == nil {
		return nil
	}
	return flat(&course.Content{Root: b})
}

// TestRefusals are the only ways a course is not taken in.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, want string
		fs         fs.FS
		opts       olx.Options
	}{
		{"nothing", "course.xml: there is no such file", dir("readme.txt", "x"), olx.Options{}},
		{"library", "library.xml: this is a content library", dir("library.xml", `<library org="O" library="L"/>`), olx.Options{}},
		{"course as library", "this is a course", dir("course.xml", `<course/>`), olx.Options{Library: true}},
		{"broken root", "course.xml:2: ", dir("course.xml", "<course\n<"), olx.Options{}},
		{"empty root", "course.xml:1: the file is empty", dir("course.xml", ""), olx.Options{}},
		{"other root", "course.xml:1: the root element is <chapter>", dir("course.xml", "<chapter/>"), olx.Options{}},
		{"broken course", "course/R.xml:3: ", dir("course.xml", `<course url_name="R" org="O" course="C"/>`, "course/R.xml", "<course>\n\n</chapter>"), olx.Options{}},
		{"missing course", "course.xml:1: points to course/R.xml, which is missing", dir("course.xml", `<course url_name="R" org="O" course="C"/>`), olx.Options{}},
		{"no name", "course.xml:1: the course has no name", dir("course.xml", `<course org="O" course="C"><chapter/></course>`), olx.Options{}},
		{"no key", "make no course key", dir("course.xml", `<course url_name="R" org="O O" course="C"><chapter/></course>`), olx.Options{}},
		{"entity bomb", "course.xml:1: entity &b; is not defined", dir("course.xml", `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><course url_name="&b;"/>`), olx.Options{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, _, err := olx.Read(tc.fs, tc.opts)
			if !errors.Is(err, olx.ErrRefused) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want a refusal with %q", err, tc.want)
			}
		})
	}
}

func TestRoot(t *testing.T) {
	t.Parallel()
	mako := "<course url_name=\"R\" org=\"O\" course=\"C\">\n  % if x:\n <chapter url_name=\"c\" display_name=\"100%\"/>\n% endif\n</course>"
	c, report := read(t, dir("deep/er/course.xml", mako), olx.Options{})
	if len(c.Published.Root.Children) != 1 || c.Source.String() != "course-v1:O+C+R" {
		t.Errorf("mako course = %v, %v", c.Source, report.Defects)
	}
	c, report = read(t, dir("course.xml", `<course slug="R"><chapter url_name="c" x="1"/></course>`), olx.Options{Name: "my course"})
	if c.Source.String() != "course-v1:edx+my_course+R" || kinds(report)[olx.DefaultedKey] != 2 {
		t.Errorf("defaults = %v, %v", c.Source, report.Defects)
	}
	c, _ = read(t, dir("course.xml", "roots/R.xml\n", "roots/R.xml", `<course url_name="R" org="O" course="C"/>`, "course/R.xml", "<course/>"), olx.Options{})
	if c.Source.Run != "R" {
		t.Errorf("root by name = %v", c.Source)
	}
	key := course.Key{Org: "X", Number: "Y", Run: "Z"}
	c, _ = read(t, dir("course.xml", `<course org="O" course="C"><chapter/></course>`), olx.Options{Key: key})
	if c.Published.Key != key || c.Published.Root.ID != "Z" {
		t.Errorf("target = %v, root %q", c.Published.Key, c.Published.Root.ID)
	}
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	base := []string{
		"course.xml", `<course url_name="R" org="O" course="C"/>`,
		"course/R.xml", `<course display_name="XML" start="&quot;2013-02-05T05:00:00Z&quot;" graceperiod="" odd="1"><chapter url_name="c" graded="true" format="HW"/></course>`,
	}
	c, report := read(t, dir(append(base, "policies/R.json", `{"course/R": {"display_name": "Policy", "unknown": {"b": 1, "a": "<"}, "odd": [2], "graded": "true"}, "chapter/c": {"format": "Exam", "extra": true}, "html/none": {"x": 1}, "strange": []}`)...), olx.Options{})
	root := course.Fields{"display_name": `"Policy"`, "start": `"2013-02-05T05:00:00Z"`, "graceperiod": `""`, "unknown": `{"a":"<","b":1}`, "odd": "[2]", "graded": "true"}
	if diff := cmp.Diff(root, c.Published.Root.Fields); diff != "" {
		t.Errorf("root (-want +got):\n%s", diff)
	}
	chapter := c.Published.Root.Children[0]
	if chapter.Fields["format"] != `"Exam"` || chapter.Attrs["extra"] != "true" {
		t.Errorf("chapter = %v %v", chapter.Fields, chapter.Attrs)
	}
	if diff := cmp.Diff(map[string]int{olx.NoGradingPolicy: 1, olx.UnusedPolicy: 2}, kinds(report)); diff != "" {
		t.Error(diff)
	}
	again, _ := reimport(t, export(t, c), olx.Options{})
	diffCourses(t, c, again)

	c, report = read(t, dir(append(base, "policies/R/policy.json", `{"course/other": {"display_name": "Other"}}`, "grading_policy.json", `{"GRADER": []}`)...), olx.Options{})
	if c.Published.Root.Fields["display_name"] != `"Other"` || kinds(report)[olx.PolicyKeyMismatch] != 1 || c.Published.Grading != `{"GRADER":[]}` {
		t.Errorf("%v %v %v", c.Published.Root.Fields, c.Published.Grading, report.Defects)
	}

	deep := strings.Repeat("[", 200) + strings.Repeat("]", 200)
	_, report = read(t, dir(append(base, "policies/R/policy.json", "{\n]", "policies/R/grading_policy.json", `{"GRADER": `+deep+`}`)...), olx.Options{})
	if kinds(report)[olx.BadJSON] != 2 || report.Defects[0].Line != 2 {
		t.Errorf("%v", report.Defects)
	}
}

func TestPagesAndFiles(t *testing.T) {
	t.Parallel()
	c, report := read(t, dir(
		"course.xml", `<course url_name="R" org="O" course="C"><chapter url_name="c" x="1"/></course>`,
		"about/overview.html", "old", "about/R/overview.html", "new", "about/effort.html", "", "about/._effort.html", "mac", "about/x.html~", "backup",
		"info/updates.html", "<ol/>", "info/updates.items.json", `[{"id": 1, "status": "deleted"}]`, "tabs/®.html", "tab",
		"custom_tags/book", `<a href="$page"/>`, "tags.csv", "a,b", "textbooks/x/y", "ignored",
		"static/Brain green.png", "png", "static/sub/a.jpg", "jpg", "static/sub_a.jpg", "twin", "static/.DS_Store", "x", "static_import/t.srt", "srt",
		"policies/assets.json", `{"Brain_green.png": {"displayname": "Brain green.png", "locked": true, "contentType": "text/html", "content_son": {"a": 1}}}`,
	), olx.Options{})
	var got []string
	for _, p := range c.Published.Pages {
		got = append(got, fmt.Sprintf("%s/%s %s %v", p.Type, p.ID, p.Body, p.Fields["items"]))
	}
	want := []string{
		"about/effort  ", "about/overview new ", `course_info/updates <ol/> [{"id":1,"status":"deleted"}]`, "static_tab/® tab ", `custom_tag/book <a href="$page"/> `,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	var files []string
	for _, f := range c.Files {
		files = append(files, fmt.Sprintf("%s %s %s %s %v %v", f.Name, f.DisplayName, f.ImportPath, f.ContentType, f.Locked, f.Attrs))
	}
	wantFiles := []string{
		`Brain_green.png Brain green.png Brain green.png image/png true map[content_son:{"a":1}]`,
		"sub_a.jpg sub_a.jpg sub_a.jpg image/jpeg false map[]", "t.srt t.srt t.srt application/octet-stream false map[]",
	}
	if diff := cmp.Diff(wantFiles, files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if kinds(report)[olx.DuplicateAsset] != 1 || string(c.Published.Extra["tags.csv"]) != "a,b" {
		t.Errorf("%v, extra %v", report.Defects, c.Published.Extra)
	}
	again, _ := reimport(t, export(t, c), olx.Options{})
	diffCourses(t, c, again)
}

func TestOneBlockTwoParents(t *testing.T) {
	t.Parallel()
	c, report := read(t, oneUnit(`<vertical><vertical url_name="z"><html url_name="a"/></vertical><vertical url_name="b"><html url_name="a"/></vertical></vertical>`, "html/a.xml", "<html>x</html>"), olx.Options{})
	if got := len(find(c.Published, "z").Children); got != 0 {
		t.Errorf("the larger key kept %d children", got)
	}
	if got := find(c.Published, "b").Children; len(got) != 1 || kinds(report)[olx.DuplicateReference] != 1 {
		t.Errorf("children %v, %v", got, report.Defects)
	}
}

func TestConditionalAndGroups(t *testing.T) {
	t.Parallel()
	c, report := read(t, oneUnit(`<vertical><conditional url_name="q" sources="i4x://O/C/problem/p" completed="True"><show sources="i4x://O/C/html/only; i4x://O/C/html/none"/></conditional>`+
		`<abtest url_name="t" experiment="E"><group name="A" portion="0.5"><problem url_name="p">x</problem></group><default><html url_name="h">y</html></default></abtest></vertical>`,
		"html/only.xml", "<html>shown</html>"), olx.Options{})
	q := find(c.Published, "q")
	if len(q.Children) != 1 || q.Attrs["sources"] != "block-v1:O+C+R+type@problem+block@p" || !strings.Contains(string(q.Body), "type@html+block@only") {
		t.Errorf("conditional = %+v", q)
	}
	ab := find(c.Published, "t")
	if len(ab.Children) != 2 || string(ab.Body) != `<group name="A" portion="0.5"><problem url_name="p"/></group>`+"\n"+`<default><html url_name="h"/></default>` {
		t.Errorf("abtest = %s, %d children", ab.Body, len(ab.Children))
	}
	if diff := cmp.Diff(map[string]int{olx.MissingFile: 1}, kinds(report)); diff != "" {
		t.Error(diff)
	}
	again, _ := reimport(t, export(t, c), olx.Options{})
	diffCourses(t, c, again)
}

func TestLibrary(t *testing.T) {
	t.Parallel()
	c, _ := read(t, dir("library/library.xml", `<library url_name="library" xblock-family="xblock.v1" display_name="L" org="O" library="Lib"><problem url_name="p"/></library>`, "library/problem/p.xml", "<problem>x</problem>"), olx.Options{Library: true})
	if c.Source.String() != "library-v1:O+Lib" || len(c.Published.Root.Children) != 1 {
		t.Errorf("library = %v, %+v", c.Source, c.Published.Root)
	}
	archive := export(t, c)
	again, _ := reimport(t, archive, olx.Options{Library: true})
	diffCourses(t, c, again)
	if !slices.Equal(archive, export(t, again)) {
		t.Error("the second export differs")
	}
}

func TestLinksFollowTheTarget(t *testing.T) {
	t.Parallel()
	text := `<a href="/c4x/O/C/asset/x.png"/><a href='/asset-v1:O+C+R+type@asset+block@y.png'/><a href="/courses/course-v1:O+C+R/jump_to/block-v1:O+C+R+type@html+block@a"/>` +
		`<a href="/courses/O/C/R/jump_to/i4x://O/C/html/b/"/><a href="/courses/course-v1:O+C+R/info"/><a href="/courses/course-v1:X+C+R/jump_to/block-v1:X+C+R+type@html+block@a"/>` +
		`<a href="/c4x/X/C/asset/z.png"/> /c4x/O/C/asset/bare.png {\"u\": \"/c4x/O/C/asset/q.png\"}`
	want := `<a href="/static/x.png"/><a href='/static/y.png'/><a href="/jump_to_id/a"/>` +
		`<a href="/jump_to_id/b"/><a href="/courses/course-v1:O+C+R/info"/><a href="/courses/course-v1:X+C+R/jump_to/block-v1:X+C+R+type@html+block@a"/>` +
		`<a href="/c4x/X/C/asset/z.png"/> /c4x/O/C/asset/bare.png {\"u\": \"/static/q.png\"}`
	files := oneUnit(`<vertical><html url_name="h"/><split_test url_name="split" user_partition_id="1" group_id_to_child="{&quot;0&quot;: &quot;i4x://O/C/vertical/w&quot;}"/>`+
		`<other url_name="u" ref="i4x://O/C/html/h" far="i4x://X/C/html/h"/></vertical>`,
		"html/h.xml", `<html filename="h"/>`, "html/h.html", text, "about/overview.html", text)
	files["course/R.xml"].Data = []byte(`<course pdf_textbooks="[{&quot;url&quot;: &quot;/c4x/O/C/asset/book.pdf&quot;}]" course_image="/c4x/O/C/asset/i.png"><chapter url_name="c"/><wiki slug="O.C.R"/></course>`)
	target := course.Key{Org: "N", Number: "M", Run: "L"}
	c, report := read(t, files, olx.Options{Key: target})
	for _, b := range []*course.Block{find(c.Published, "h"), c.Published.Page("about", "overview"), find(c.Draft, "h")} {
		if diff := cmp.Diff(want, string(b.Body)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", b.ID, diff)
		}
	}
	if got := find(c.Published, "split").Fields["group_id_to_child"]; got != `{"0":"block-v1:N+M+L+type@vertical+block@w"}` {
		t.Errorf("split test = %s", got)
	}
	u := find(c.Published, "u")
	if u.Attrs["ref"] != "block-v1:N+M+L+type@html+block@h" || u.Attrs["far"] != "i4x://X/C/html/h" || !strings.Contains(string(u.Body), `ref="block-v1:N+M+L`) {
		t.Errorf("unknown block = %v %s", u.Attrs, u.Body)
	}
	root := c.Published.Root
	if string(root.Body) != `<wiki slug="N.M.L"/>` || root.Fields["pdf_textbooks"] != `[{"url":"/static/book.pdf"}]` || root.Fields["course_image"] != `"/static/i.png"` {
		t.Errorf("root = %s %v", root.Body, root.Fields)
	}
	if got := kinds(report)[olx.NotPortable]; got != 2 {
		t.Errorf("%d links not portable, want 2: %v", got, report.Defects)
	}
}

// draftUnits are a course with every relation a unit can have to its draft.
func draftUnits() fstest.MapFS {
	at := func(i int) string {
		return fmt.Sprintf(` parent_url="i4x://Old/Key/sequential/s" index_in_children_list="%d"`, i)
	}
	return dir(
		"course.xml", `<course url_name="R" org="O" course="C"/>`, "course/R.xml", `<course><chapter url_name="c"/></course>`,
		"chapter/c.xml", `<chapter><sequential url_name="s"/></chapter>`,
		"sequential/s.xml", `<sequential><vertical url_name="same"/><vertical url_name="changed"/><vertical url_name="equal"/></sequential>`,
		"vertical/same.xml", `<vertical display_name="same"/>`, "vertical/changed.xml", `<vertical><html url_name="h"/><html url_name="kept"/></vertical>`,
		"vertical/equal.xml", `<vertical display_name="equal"/>`,
		"html/h.xml", "<html>old</html>", "html/kept.xml", "<html>kept</html>",
		"drafts/vertical/changed.xml", `<vertical`+at(1)+`><html url_name="h"/><html url_name="kept"/><azure url_name="z" q="1"/></vertical>`,
		"drafts/html/h.xml", `<html filename="h"/>`, "drafts/html/h.html", "new",
		"drafts/vertical/equal.xml", `<vertical display_name="equal"`+at(4)+`/>`,
		"drafts/vertical/first.xml", `<vertical`+at(0)+`/>`, "drafts/vertical/last.xml", `<vertical`+at(9)+`/>`, "drafts/vertical/mid.xml", `<vertical`+at(3)+`><problem url_name="p"/></vertical>`,
		"drafts/problem/p.xml", "<problem>draft only</problem>",
		"drafts/vertical/lost.xml", `<vertical parent_url="i4x://O/C/sequential/nowhere" index_in_children_list="0"/>`,
		"drafts/vertical/placeless.xml", `<vertical/>`,
		"drafts/html/kept.xml", `<html>kept, but changed</html>`,
	)
}

func TestDrafts(t *testing.T) {
	t.Parallel()
	c, report := read(t, draftUnits(), olx.Options{})
	names := func(b *course.Block) string {
		var out []string
		for _, child := range b.Children {
			out = append(out, child.ID)
		}
		return strings.Join(out, " ")
	}
	if got := names(find(c.Published, "s")); got != "same changed equal" {
		t.Errorf("published units: %s", got)
	}
	if got := names(find(c.Draft, "s")); got != "first same changed mid equal last" {
		t.Errorf("draft units: %s", got)
	}
	if got := string(find(c.Draft, "h").Body) + "," + string(find(c.Draft, "kept").Body) + "," + string(find(c.Published, "h").Body); got != "new,kept, but changed,old" {
		t.Errorf("texts: %s", got)
	}
	if got := names(find(c.Draft, "changed")); got != "h kept z" {
		t.Errorf("changed unit: %s", got)
	}
	if diff := cmp.Diff(block(find(c.Published, "equal")), block(find(c.Draft, "equal"))); diff != "" {
		t.Error(diff)
	}
	want := map[string]int{olx.NoPolicy: 1, olx.NoGradingPolicy: 1, olx.DraftWithoutParent: 1, olx.DraftWithoutPlace: 1}
	if diff := cmp.Diff(want, kinds(report)); diff != "" {
		t.Errorf("defects (-want +got):\n%s\n%v", diff, report.Defects)
	}
	archive := export(t, c)
	again, _ := reimport(t, archive, olx.Options{})
	diffCourses(t, c, again)
	if !slices.Equal(archive, export(t, again)) {
		t.Error("the second export differs")
	}
}

// TestExportGoesOn writes what can be written when a file cannot be read.
func TestExportGoesOn(t *testing.T) {
	t.Parallel()
	c, _ := read(t, oneUnit(`<vertical/>`, "static/a.txt", "a", "static/b.txt", "bb"), olx.Options{})
	c.Files[0].Open = func() (io.ReadCloser, error) { return nil, fs.ErrNotExist }
	c.Files[1].Size = 5
	var out strings.Builder
	report, err := olx.Write(&out, c)
	if err != nil || kinds(report)[olx.NotWritten] != 2 {
		t.Errorf("%v, %v", report, err)
	}
	again, _ := reimport(t, []byte(out.String()), olx.Options{})
	if len(again.Files) != 1 {
		t.Errorf("files = %v", again.Files)
	}
}

// TestNeverPublished exports a course that is only a draft, and one without a draft.
func TestNeverPublished(t *testing.T) {
	t.Parallel()
	c, _ := read(t, draftUnits(), olx.Options{})
	c.Draft.Root.Fields = course.Fields{"display_name": `"Draft"`}
	again, _ := reimport(t, export(t, &olx.Course{Draft: c.Draft}), olx.Options{})
	diffContent(t, "draft", c.Draft, again.Draft)
	if got := len(again.Published.Root.Children); got != 0 {
		t.Errorf("%d sections are published", got)
	}
	again, _ = reimport(t, export(t, &olx.Course{Published: c.Published}), olx.Options{})
	diffContent(t, "draft", c.Published, again.Draft)
}

// TestBlockIDsInDraftPaths holds that a draft unit in a directory keeps its name.
func TestBlockIDsInDraftPaths(t *testing.T) {
	t.Parallel()
	files := oneUnit(`<vertical/>`, "drafts/vertical/a/b.xml", `<vertical parent_url="block-v1:O+C+R+type@sequential+block@s" index_in_children_list="1"><html url_name="x:y"/></vertical>`,
		"drafts/html/x/y.xml", `<html filename="z"/>`, "drafts/html/x/z.html", "text")
	c, report := read(t, files, olx.Options{})
	unit := find(c.Draft, "a:b")
	if unit == nil || string(find(c.Draft, "x:y").Body) != "text" || find(c.Published, "a:b") != nil {
		t.Errorf("unit %+v, %v", unit, report.Defects)
	}
}

// TestAmplification keeps small archives from growing: one file used many times, many files, many nameless elements.
func TestAmplification(t *testing.T) {
	t.Parallel()
	var unit strings.Builder
	unit.WriteString("<vertical>")
	for i := range 200 {
		fmt.Fprintf(&unit, `<problem url_name="p%d" filename="big"/>`, i)
	}
	unit.WriteString("</vertical>")
	big := "<problem>" + strings.Repeat("x", 10_000) + "</problem>"
	_, _, err := olx.Read(oneUnit(unit.String(), "problem/big.xml", big), olx.Options{MaxText: 1 << 20})
	if !errors.Is(err, olx.ErrRefused) || !strings.Contains(err.Error(), "larger than 1048576 bytes") {
		t.Errorf("one file used 200 times: %v", err)
	}
	same := "<vertical>" + strings.Repeat("<problem weight=''/>\n", 50_000) + strings.Repeat("<html filename='none' url_name='"+strings.Repeat("a:", 500)+"'/>", 20) + "</vertical>"
	start := time.Now()
	c, report := read(t, oneUnit(same), olx.Options{})
	if got := len(find(c.Published, "v").Children); got != 50_020 || len(report.Defects) != 10_000 || report.Omitted < 40_000 {
		t.Errorf("%d blocks, %d defects and %d more", got, len(report.Defects), report.Omitted)
	}
	if d := time.Since(start); d > 10*time.Second {
		t.Errorf("took %v", d)
	}
}
