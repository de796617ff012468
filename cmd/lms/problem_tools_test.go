package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestProblemConvert: Markdown in, XML out, without any store.
func TestProblemConvert(t *testing.T) {
	t.Parallel()
	got := line(t, storeless, strings.NewReader(">>Q<<\n(x) a\n( ) b\n"), "problem", "convert")
	if got.code != 0 || !strings.Contains(got.out, `<choice correct="true">a</choice>`) || got.err != "" {
		t.Errorf("%+v", got)
	}
	if got := line(t, storeless, nil, "problem", "convert", filepath.Join(t.TempDir(), "none.md")); got.code != 1 || strings.Count(got.err, "\n") != 1 {
		t.Errorf("a missing file: %+v", got)
	}
}

// TestProblemLint: findings name file and line, in files of their own and inside of others; pointers are no problems.
func TestProblemLint(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"problem/good.xml":  `<problem><stringresponse answer="a"><label>Q</label><textline/></stringresponse></problem>`,
		"problem/bad.xml":   "<problem>\n<multiplechoiceresponse><label>Q</label>\n<choicegroup><choice correct=\"false\">a</choice></choicegroup></multiplechoiceresponse></problem>",
		"vertical/unit.xml": "<vertical>\n<problem url_name=\"good\"/>\n<problem display_name=\"in line\">\n<img src=\"x\"/></problem></vertical>",
		"problem/odd.xml":   "<problem>\n<p>a < b</p></problem>",
		"html/other.xml":    "<html/>",
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := line(t, storeless, nil, "problem", "lint", dir)
	var found []string
	for l := range strings.Lines(got.out) {
		parts := strings.SplitN(strings.TrimPrefix(l, dir+"/"), ": ", 4)
		found = append(found, strings.Join(parts[:3], " "))
	}
	want := "problem/bad.xml:3 error never_right, problem/odd.xml:2 error does_not_load, vertical/unit.xml:4 warning missing_alt"
	if strings.Join(found, ", ") != want || got.code != 1 || !strings.Contains(got.err, "2 errors in 4 problems") {
		t.Errorf("got %v, want %s\n%+v", found, want, got)
	}
	one := line(t, storeless, bytes.NewReader([]byte(`<problem><p>x</p></problem>`)), "problem", "lint", "--json")
	if one.code != 0 || one.out != "" {
		t.Errorf("nothing to say: %+v", one)
	}
	if none := line(t, storeless, nil, "problem", "lint", filepath.Join(dir, "html")); none.code != 1 || !strings.Contains(none.err, "no problems there") {
		t.Errorf("no problems: %+v", none)
	}
}
