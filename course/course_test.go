package course

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseKey(t *testing.T) {
	t.Parallel()
	good := []string{
		"course-v1:OrgX+C1+R1", "course-v1:Ünï+Курс.1+2026~T1", "OrgX/C1/R1", "edX/toy/2012_Fall", "library-v1:O+L",
		"course-v1:O+C+R+branch@draft-branch", "course-v1:O+C+R+branch@d+version@519665f6223ebd6980884f2b",
	}
	for _, s := range good {
		k, err := ParseKey(s)
		if err != nil || k.String() != s {
			t.Errorf("ParseKey(%q) = %q, %v; want it back", s, k, err)
		}
	}
	for _, s := range []string{
		"", "course-v1:", "course-v1:O+C", "course-v1:O+C+R+", "course-v1:O+C+R\n", "course-v1:O+C+R S", "O/C", "O/C/R/", "../x/y",
		"O/C/R\n", "course-v1:O/C+N+R", "course-v1:O+C+R+version@xyz", "library-v1:O+L+R",
	} {
		if k, err := ParseKey(s); err == nil {
			t.Errorf("ParseKey(%q) = %+v, want an error", s, k)
		}
	}
}

func TestParseURLKey(t *testing.T) {
	t.Parallel()
	want := Key{Org: "O", Number: "C", Run: "R"}
	for _, s := range []string{"course-v1:O+C+R", "course-v1:O%2BC%2BR", "course-v1%3AO%2BC%2BR", "course-v1:O C R"} {
		if got, err := ParseURLKey(s); err != nil || got != want {
			t.Errorf("ParseURLKey(%q) = %+v, %v", s, got, err)
		}
	}
	if _, err := ParseURLKey("course-v1:O+C+R+branch@b"); err == nil {
		t.Error("a branch in a URL was accepted")
	}
}

func TestUsageKeys(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"block-v1:O+C+R+type@problem+block@p1", "i4x://O/C/problem/p1", "lib-block-v1:O+L+type@html+block@a%2Fb",
	} {
		u, err := ParseUsageKey(s)
		if err != nil || u.String() != s {
			t.Errorf("ParseUsageKey(%q) = %q, %v; want it back", s, u, err)
		}
	}
	old := Key{Org: "O", Number: "C", Run: "R", Form: FormSlashes}
	u, err := ParseURLUsageKey("i4x:/O/C/problem/p.1", old)
	if err != nil || u.Course != old || u.HTMLID() != "i4x-O-C-problem-p_1" {
		t.Errorf("i4x key in a course = %+v (%q), %v", u, u.HTMLID(), err)
	}
	for _, s := range []string{"", "block-v1:O+C+R", "block-v1:O+C+R+type@problem", "i4x://O/C/problem", "block-v1:O+C+R+type@a b+block@x"} {
		if _, err := ParseUsageKey(s); err == nil {
			t.Errorf("ParseUsageKey(%q): want an error", s)
		}
	}
}

func TestAssetKeys(t *testing.T) {
	t.Parallel()
	want := AssetKey{Course: Key{Org: "O", Number: "C", Run: "R"}, Category: "asset", Name: "a_b.png"}
	for _, s := range []string{"asset-v1:O+C+R+type@asset+block@a_b.png", "asset-v1:O+C+R+type@asset+block/a_b.png"} {
		if got, err := ParseAssetKey(s); err != nil || got != want {
			t.Errorf("ParseAssetKey(%q) = %+v, %v", s, got, err)
		}
	}
	if got := AssetName("images/Brain green é.png"); got != "images_Brain_green_é.png" {
		t.Errorf("AssetName = %q", got)
	}
}

func TestTimesAndSpans(t *testing.T) {
	t.Parallel()
	want := time.Date(2013, 2, 5, 5, 0, 0, 0, time.UTC)
	for _, s := range []string{"2013-02-05T05:00:00Z", `"2013-02-05T05:00:00Z"`, "2013-02-05T05:00", "2013-02-05T06:00:00+01:00", "2013-02-05T05:00:00"} {
		if got, ok := ParseTime(s); !ok || !got.Equal(want) {
			t.Errorf("ParseTime(%q) = %v, %v", s, got, ok)
		}
	}
	for _, s := range []string{"", "2013", "2013-02", "March 12", "soon"} {
		if got, ok := ParseTime(s); ok {
			t.Errorf("ParseTime(%q) = %v, want no date", s, got)
		}
	}
	if d, ok := ParseTimedelta("1 day 2 hours 3 minutes 4 seconds"); !ok || FormatTimedelta(d) != "1 days 2 hours 3 minutes 4 seconds" {
		t.Errorf("time span = %v, %v", d, ok)
	}
	if d, ok := ParseTimedelta(""); !ok || d != 0 {
		t.Errorf("empty time span = %v, %v", d, ok)
	}
}

func TestCompileInheritance(t *testing.T) {
	t.Parallel()
	key := Key{Org: "O", Number: "C", Run: "R"}
	content := &Content{Key: key, Root: &Block{Type: "course", ID: "R", Fields: Fields{
		"max_attempts": "3", "start": Text("2020-01-01T00:00:00Z"), "group_access": `{"50":[1,2]}`, "graceperiod": Text("1 day"),
	}, Children: []*Block{
		{Type: "chapter", ID: "c1", Fields: Fields{"due": Text("2021-01-01T00:00:00Z"), "display_name": Text("One")}, Children: []*Block{
			{Type: "sequential", ID: "s1", Fields: Fields{"graded": "true", "format": Text("Homework"), "group_access": `{"50":[2,3],"51":[]}`}, Children: []*Block{
				{Type: "problem", ID: "p_1", Fields: Fields{"max_attempts": Null, "rerandomize": Text("")}},
				{Type: "problem", ID: "p2", Fields: Fields{"due": Null, "graded": "false", "group_access": `{"50":[1]}`}},
			}},
		}},
	}}}
	c := Compile(content, "v", nil, nil)
	p1, ok := c.Find("problem", "p_1")
	if !ok {
		t.Fatal("p_1 is missing")
	}
	if p1.Settings.MaxAttempts != nil {
		t.Errorf("explicit null max_attempts inherits %d", *p1.Settings.MaxAttempts)
	}
	if !p1.Settings.Graded || p1.Settings.GradedSet != nil || p1.Settings.Format != "" || p1.Settings.Rerandomize != "always" || p1.Name != "p 1" {
		t.Errorf("settings of p_1 = %+v, name %q", p1.Settings, p1.Name)
	}
	if p1.Settings.Due == nil || p1.Settings.Grace == nil || *p1.Settings.Grace != 24*time.Hour {
		t.Errorf("due %v, grace %v", p1.Settings.Due, p1.Settings.Grace)
	}
	if diff := cmp.Diff(GroupAccess{50: {2}}, p1.Settings.GroupAccess); diff != "" {
		t.Error(diff)
	}
	p2, _ := c.Find("problem", "p2")
	if p2.Settings.Due != nil || *p2.Settings.MaxAttempts != 3 || p2.Settings.Graded {
		t.Errorf("settings of p2 = %+v", p2.Settings)
	}
	if diff := cmp.Diff(GroupAccess{50: {}}, p2.Settings.GroupAccess); diff != "" {
		t.Error(diff)
	}
	chapter, _ := c.Find("chapter", "c1")
	if got := len(c.Below(chapter)); got != 4 {
		t.Errorf("below the section: %d blocks, want 4", got)
	}
	if path := c.Path(p2); len(path) != 4 || path[1] != chapter || c.Ancestor(p2, "sequential").Block.ID != "s1" {
		t.Error("path of p2 is wrong")
	}
}

func FuzzParseKeys(f *testing.F) {
	for _, s := range []string{"course-v1:O+C+R", "O/C/R", "block-v1:O+C+R+type@problem+block@p", "i4x://O/C/t/n", "asset-v1:O+C+R+type@asset+block@x", "/c4x/O/C/asset/n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if k, err := ParseKey(s); err == nil && k.String() != s {
			t.Errorf("ParseKey(%q).String() = %q", s, k)
		}
		if u, err := ParseUsageKey(s); err == nil {
			again, err := ParseUsageKey(u.String())
			if err != nil || again != u {
				t.Errorf("usage key %q -> %q -> %+v, %v", s, u, again, err)
			}
		}
		if a, err := ParseAssetKey(s); err == nil {
			again, err := ParseAssetKey(a.String())
			if err != nil || again != a {
				t.Errorf("asset key %q -> %q -> %+v, %v", s, a, again, err)
			}
		}
	})
}

// TestFindText: blocks are found by their keys as text, in every form a key may have, and only those of the course.
func TestFindText(t *testing.T) {
	t.Parallel()
	for _, key := range []Key{{Org: "O", Number: "N", Run: "R"}, {Org: "O", Number: "N", Run: "R", Form: FormSlashes}} {
		root := &Block{Type: "course", ID: "course", Children: []*Block{{Type: "html", ID: "a.b"}, {Type: "block", ID: "a.b"}}}
		c := Compile(&Content{Key: key, Root: root}, "v", nil, nil)
		for i := range c.Nodes {
			if n, ok := c.FindText(c.Nodes[i].Usage); !ok || n != &c.Nodes[i] {
				t.Errorf("%s: got %v, %v", c.Nodes[i].Usage, n, ok)
			}
		}
		for _, text := range []string{
			"", "html", "block-v1:O+N+R", "block-v1:O+N+R+type@html", "block-v1:O+N+R+type@html+block@", "block-v1:O+N+R+type@html+block@c",
			"block-v1:O+N+S+type@html+block@a.b", "block-v1:O+N+R+type@problem+block@a.b", "i4x://O/N/problem/a.b", "i4x://O/M/html/a.b", "+type@+block@",
		} {
			if n, ok := c.FindText(text); ok {
				t.Errorf("%s: got %s, want nothing", text, n.Usage)
			}
		}
	}
}
