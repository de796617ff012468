package olx_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lyceum/course"
	"lyceum/course/olx"
)

// export writes a course into memory.
func export(t testing.TB, c *olx.Course) []byte {
	t.Helper()
	var out bytes.Buffer
	report, err := olx.Write(&out, c)
	if err != nil {
		t.Fatalf("write: %v", err)
	}
	for _, d := range report.Defects {
		t.Errorf("export: %s", d)
	}
	return out.Bytes()
}

// reimport reads what export wrote.
func reimport(t testing.TB, archive []byte, opts olx.Options) (*olx.Course, *olx.Report) {
	t.Helper()
	a, err := olx.ReadArchive(bytes.NewReader(archive), nil, olx.DefaultLimits)
	if err != nil {
		t.Fatalf("read archive: %v", err)
	}
	c, report, err := olx.Read(a, opts)
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	return c, report
}

// digests are the course files by name with the hash of their bytes.
func digests(t testing.TB, c *olx.Course) map[string]course.File {
	t.Helper()
	out := map[string]course.File{}
	for _, f := range c.Files {
		in, err := f.Open()
		if err != nil {
			t.Fatalf("open %s: %v", f.Name, err)
		}
		h := sha256.New()
		if _, err := io.Copy(h, in); err != nil {
			t.Fatalf("read %s: %v", f.Name, err)
		}
		in.Close()
		f.Digest = hex.EncodeToString(h.Sum(nil))
		out[f.Name] = f.File
	}
	return out
}

// flat writes content as lines, one a block, page or extra file, in order.
func flat(c *course.Content) []string {
	var out []string
	var add func(b *course.Block, depth int)
	add = func(b *course.Block, depth int) {
		fields, attrs := b.Fields, b.Attrs
		if len(fields) == 0 {
			fields = nil
		}
		if len(attrs) == 0 {
			attrs = nil
		}
		out = append(out, fmt.Sprintf("%*s%s/%s %q %v %v %q", depth, "", b.Type, b.ID, b.Form, fields, attrs, b.Body))
		for _, child := range b.Children {
			add(child, depth+1)
		}
	}
	add(c.Root, 0)
	for _, p := range c.Pages {
		add(p, 0)
	}
	out = append(out, fmt.Sprintf("%s grading %s extra %q", c.Key, c.Grading, c.Extra))
	return out
}

func diffCourses(t testing.TB, want, got *olx.Course) {
	t.Helper()
	diffContent(t, "published", want.Published, got.Published)
	diffContent(t, "draft", want.Draft, got.Draft)
	if w, g := digests(t, want), digests(t, got); !reflect.DeepEqual(w, g) {
		t.Errorf("files (-want +got):\n%.3000s", cmp.Diff(w, g))
	}
}

func diffContent(t testing.TB, branch string, want, got *course.Content) {
	t.Helper()
	if w, g := flat(want), flat(got); !slices.Equal(w, g) {
		t.Errorf("%s (-want +got):\n%.6000s", branch, cmp.Diff(w, g))
	}
}

// TestCourseMadeElsewhere: the own block of a course that never was in an archive is called otherwise than its run; what is written can be read.
func TestCourseMadeElsewhere(t *testing.T) {
	t.Parallel()
	key := course.Key{Form: course.FormCourse, Org: "Uni", Number: "W1", Run: "2027"}
	content := func(words string) *course.Content {
		unit := &course.Block{Type: "vertical", ID: "u", Children: []*course.Block{{Type: "html", ID: "h", Fields: course.Fields{"display_name": course.Text("Text")}, Body: []byte(words)}}}
		sub := &course.Block{Type: "sequential", ID: "s", Children: []*course.Block{unit}}
		return &course.Content{Key: key, Grading: `{"GRADER":[],"GRADE_CUTOFFS":{}}`, Root: &course.Block{
			Type: "course", ID: "course", Fields: course.Fields{"display_name": course.Text("Walking")},
			Children: []*course.Block{{Type: "chapter", ID: "c", Children: []*course.Block{sub}}},
		}}
	}
	for name, c := range map[string]*olx.Course{
		"published":         {Published: content("<p>one</p>"), Draft: content("<p>one</p>")},
		"a draft":           {Published: content("<p>one</p>"), Draft: content("<p>two</p>")},
		"nothing published": {Draft: content("<p>two</p>")},
	} {
		got, report := reimport(t, export(t, c), olx.Options{})
		if len(report.Defects) > 0 {
			t.Errorf("%s: %v", name, report.Defects)
		}
		want := content(string(c.Draft.Root.Children[0].Children[0].Children[0].Children[0].Body))
		want.Root.ID = "2027"
		if !slices.Equal(blocks(want), blocks(got.Draft)) {
			t.Errorf("%s (-want +got):\n%s", name, cmp.Diff(blocks(want), blocks(got.Draft)))
		}
		if c.Draft.Root.ID != "course" {
			t.Errorf("%s: writing renamed the course's own block", name)
		}
	}
}

// blocks are the lines of flat that are of blocks.
func blocks(c *course.Content) []string {
	all := flat(c)
	return all[:len(all)-1]
}

// TestSharedCoursesSurvive imports, exports and imports every course: it stays the same, and a second export is equal
// to the first byte for byte.
func TestSharedCoursesSurvive(t *testing.T) {
	t.Parallel()
	for _, sc := range everyCourse(t) {
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			first, _, err := olx.Read(sc.fs, olx.Options{Name: sc.dir})
			if errors.Is(err, olx.ErrRefused) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			archive := export(t, first)
			second, _ := reimport(t, archive, olx.Options{})
			diffCourses(t, first, second)
			if again := export(t, second); !bytes.Equal(archive, again) {
				t.Error("the second export differs from the first")
			}
		})
	}
}
