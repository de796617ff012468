package olx_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lyceum/course/olx"
)

// FuzzRead reads strangers' text in each kind of file a course has, and holds that what was understood survives export.
func FuzzRead(f *testing.F) {
	f.Add(`<vertical><html url_name="a">x</html><azure z="1"/></vertical>`, `<problem weight="1">x</problem>`, `{"course/R": {"display_name": "x"}}`, `<vertical index_in_children_list="0" parent_url="i4x://O/C/sequential/s"/>`)
	f.Add(`<vertical><problem url_name="p"/><poll answers="[1]"><option:question none="true"/></poll><conditional><show sources="i4x://O/C/problem/p"/></conditional></vertical>`, `<problem>a < b</problem>`, `[]`, `<vertical`)
	f.Add(`<vertical><abtest><group name="a"><html/></group></abtest><split_test group_id_to_child="{}"/><p>text</p>x</vertical>`, "<problem/>", `{"vertical/v": {"start": 3, "odd": [1]}}`, `<problem/>`)
	f.Fuzz(func(t *testing.T, unit, problem, policy, draft string) {
		files := oneUnit(unit, "problem/p.xml", problem, "drafts/vertical/d.xml", draft, "drafts/problem/p.xml", draft)
		files["policies/R/policy.json"].Data = []byte(policy)
		c, _, err := olx.Read(files, olx.Options{})
		if errors.Is(err, olx.ErrRefused) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		var first bytes.Buffer
		if report, err := olx.Write(&first, c); err != nil || len(report.Defects) > 0 {
			t.Skip("what cannot be written is reported")
		}
		again, _ := reimport(t, first.Bytes(), olx.Options{})
		for _, pair := range [][2][]string{{flat(c.Published), flat(again.Published)}, {flat(c.Draft), flat(again.Draft)}} {
			if !slices.Equal(pair[0], pair[1]) {
				t.Fatalf("(-read +read again)\n%s", cmp.Diff(strings.Join(pair[0], "\n"), strings.Join(pair[1], "\n")))
			}
		}
	})
}
