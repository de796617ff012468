package olx

import (
	"go/ast"
	goparser "go/parser"
	"go/token"
	"strconv"
	"testing"
)

// TestWords: every kind of defect is told in a sentence.
func TestWords(t *testing.T) {
	t.Parallel()
	file, err := goparser.ParseFile(token.NewFileSet(), "defect.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	kinds := 0
	ast.Inspect(file, func(n ast.Node) bool {
		if d, ok := n.(*ast.GenDecl); !ok || d.Tok != token.CONST {
			return true
		}
		for _, spec := range n.(*ast.GenDecl).Specs {
			value, ok := spec.(*ast.ValueSpec).Values[0].(*ast.BasicLit)
			if !ok || value.Kind != token.STRING {
				continue
			}
			kind, err := strconv.Unquote(value.Value)
			if err != nil {
				t.Fatal(err)
			}
			kinds++
			if inWords(kind) == "" {
				t.Errorf("no words for %q", kind)
			}
		}
		return false
	})
	if kinds < 30 {
		t.Errorf("found %d kinds", kinds)
	}
	for _, c := range []struct {
		d    Defect
		want string
	}{
		{Defect{Kind: MissingFile, File: "html/a.html", Line: 3, Detail: "referenced by x"}, "html/a.html:3: the course names this file, and it is not there: referenced by x"},
		{Defect{Kind: "encoding:latin-1", File: "a.xml"}, "a.xml: the file is not in UTF-8; it was converted"},
		{Defect{Kind: "of another program", File: "a.xml", Detail: "odd"}, "a.xml: odd"},
	} {
		if got := c.d.String(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
