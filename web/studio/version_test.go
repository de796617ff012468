package studio

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"strings"
	"testing"
)

// TestOneVersion: a request that was opened has the version it looks at; to read what is in force anew could find another, of which the first
// tells nothing.
func TestOneVersion(t *testing.T) {
	t.Parallel()
	opens := map[string]bool{"s.open": true, "s.openForm": true, "s.readWish": true}
	room, err := parser.ParseDir(token.NewFileSet(), ".", func(f fs.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_templ.go") }, 0) //nolint:staticcheck // names alone are looked at
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range room["studio"].Files {
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			opened, read := false, false
			ast.Inspect(f, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok {
					name := called(call.Fun)
					opened, read = opened || opens[name], read || name == "s.Editor.Read"
				}
				return true
			})
			if opened && read {
				t.Errorf("%s reads what is in force beside the version it was opened with", f.Name.Name)
			}
		}
	}
}

// called writes a chain of names as it stands in a source, "" for what is none.
func called(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return called(e.X) + "." + e.Sel.Name
	}
	return ""
}
