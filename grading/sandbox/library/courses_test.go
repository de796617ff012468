package library_test

import (
	"archive/tar"
	"compress/gzip"
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"lyceum/grading/capa"
	"lyceum/internal/sharedtest"
)

// lacking are modules that came with a course in its python_lib.zip, which is
// cut out of the shared copies.
var lacking = regexp.MustCompile(`^ModuleNotFoundError: No module named '(mitxgraders|python_lib|matrix_evaluator|ket_evaluator)'`)

// TestCourses runs every script of every shared course once, and compiles what
// runs only when somebody answers.
func TestCourses(t *testing.T) {
	t.Parallel()
	p := start(t)
	counts := map[string]int{}
	courseFiles(t, func(name string, data []byte) {
		for _, found := range pieces(data) {
			code := found.code
			if found.answer {
				code = "import py2\npy2.compiled(" + literal(t, found.code) + ", {}, [])"
			}
			_, err := p.Run(t.Context(), capa.ScriptJob{Code: code, Globals: []byte(`{"seed": 1, "anonymous_student_id": "a"}`), Seed: 1})
			switch {
			case err == nil:
				counts["run or compiled"]++
			case lacking.MatchString(err.Error()):
				counts["lacks "+lacking.FindStringSubmatch(err.Error())[1]+" of its course"]++
			default:
				t.Errorf("%s: %v", name, err)
			}
		}
	})
	for _, outcome := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("%4d %s", counts[outcome], outcome)
	}
	if counts["run or compiled"] < 46 {
		t.Errorf("%d pieces ran, want 46", counts["run or compiled"])
	}
}

// piece is author code: a problem's scripts together, or an answer.
type piece struct {
	code   string
	answer bool
}

// pieces reads the author code of a file, problem by problem.
func pieces(data []byte) []piece {
	var out []piece
	var scripts strings.Builder
	dec := xml.NewDecoder(strings.NewReader(string(data)))
	dec.Strict, dec.Entity = false, xml.HTMLEntity
	end := func() {
		if scripts.Len() > 0 {
			out = append(out, piece{code: scripts.String()})
		}
		scripts.Reset()
	}
	problem, response := 0, ""
	for {
		token, err := dec.Token()
		if err != nil {
			end()
			return out
		}
		switch e := token.(type) {
		case xml.StartElement:
			kind := ""
			for _, a := range e.Attr {
				if a.Name.Local == "type" {
					kind = a.Value
				}
			}
			switch name := e.Name.Local; {
			case name == "problem":
				problem++
			case strings.HasSuffix(name, "response"):
				response = name
			case problem == 0:
			case name == "script" && !strings.Contains(kind, "javascript") && !strings.Contains(kind, "perl"):
				scripts.WriteString(unescaper.Replace(textOf(dec)))
			case name == "answer" && (response == "customresponse" || response == "schematicresponse"):
				out = append(out, piece{code: unescaper.Replace(textOf(dec)), answer: true})
			}
		case xml.EndElement:
			if e.Name.Local == "problem" {
				problem--
				end()
			}
		}
	}
}

var unescaper = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&apos;", "'", "&quot;", `"`, "&amp;", "&")

// textOf reads to the end of the element.
func textOf(dec *xml.Decoder) string {
	var sb strings.Builder
	for depth := 1; depth > 0; {
		token, err := dec.Token()
		if err != nil {
			break
		}
		switch e := token.(type) {
		case xml.CharData:
			sb.Write(e)
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
		}
	}
	return sb.String()
}

// courseFiles calls visit with every XML file of every shared course archive.
func courseFiles(t *testing.T, visit func(name string, data []byte)) {
	t.Helper()
	for _, archive := range sharedtest.Courses(t) {
		f, err := os.Open(archive)
		if err != nil {
			t.Fatal(err)
		}
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		r := tar.NewReader(z)
		for {
			h, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(h.Name, ".xml") {
				continue
			}
			data, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			visit(path.Join(strings.TrimSuffix(filepath.Base(archive), ".tar.gz"), h.Name), data)
		}
		_ = f.Close()
	}
}
