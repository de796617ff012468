package olx_test

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"testing"

	"lyceum/course"
	"lyceum/course/olx"
	"lyceum/internal/sharedtest"
)

func BenchmarkReadLargestShared(b *testing.B) {
	src := sharedtest.Read(b, "courses/harvardx-studio-advanced.tar.gz")
	for b.Loop() {
		a, err := olx.ReadArchive(bytes.NewReader(src), nil, olx.DefaultLimits)
		if err != nil {
			b.Fatal(err)
		}
		if _, _, err := olx.Read(a, olx.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadSmall(b *testing.B) {
	files := oneUnit(`<vertical><html url_name="a">x</html></vertical>`)
	for b.Loop() {
		if _, _, err := olx.Read(fs.FS(files), olx.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

// bigCourse has 10,000 blocks in 100 units' worth of sections, with drafts.
func bigCourse() *olx.Course {
	key := course.Key{Org: "O", Number: "Big", Run: "R"}
	root := &course.Block{Type: "course", ID: "R"}
	for i := range 20 {
		chapter := &course.Block{Type: "chapter", ID: fmt.Sprintf("c%d", i)}
		for j := range 10 {
			seq := &course.Block{Type: "sequential", ID: fmt.Sprintf("s%d_%d", i, j)}
			for k := range 7 {
				unit := &course.Block{Type: "vertical", ID: fmt.Sprintf("v%d_%d_%d", i, j, k)}
				for l := range 6 {
					unit.Children = append(unit.Children, &course.Block{Type: "html", ID: fmt.Sprintf("h%d_%d_%d_%d", i, j, k, l), Body: []byte("<p>text</p>")})
				}
				seq.Children = append(seq.Children, unit)
			}
			chapter.Children = append(chapter.Children, seq)
		}
		root.Children = append(root.Children, chapter)
	}
	draft := root.Clone()
	for _, chapter := range draft.Children {
		for _, seq := range chapter.Children {
			seq.Children[0].Children[0].Body = []byte("<p>draft</p>")
		}
	}
	return &olx.Course{Source: key, Published: &course.Content{Key: key, Root: root}, Draft: &course.Content{Key: key, Root: draft}}
}

func BenchmarkReadTenThousandBlocks(b *testing.B) {
	var out bytes.Buffer
	if _, err := olx.Write(&out, bigCourse()); err != nil {
		b.Fatal(err)
	}
	a, err := olx.ReadArchive(&out, nil, olx.DefaultLimits)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, _, err := olx.Read(a, olx.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWriteTenThousandBlocks(b *testing.B) {
	c := bigCourse()
	for b.Loop() {
		if _, err := olx.Write(io.Discard, c); err != nil {
			b.Fatal(err)
		}
	}
}
