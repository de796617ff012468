package modulestore

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"lyceum/course"
)

func drawBlock(t *rapid.T, depth int) *course.Block {
	name := rapid.StringMatching(`[a-z]{1,8}`)
	b := &course.Block{
		Type: rapid.SampledFrom([]string{"chapter", "sequential", "vertical", "html", "odd"}).Draw(t, "type"), ID: name.Draw(t, "id"),
		Form: rapid.SampledFrom([]string{"", "pointer"}).Draw(t, "form"),
	}
	if rapid.Bool().Draw(t, "fields") {
		b.Fields = course.Fields{}
		for k, v := range rapid.MapOfN(name, rapid.String(), 0, 3).Draw(t, "fields") {
			b.Fields[k] = course.Text(v)
		}
	}
	if rapid.Bool().Draw(t, "attrs") {
		b.Attrs = rapid.MapOfN(rapid.String(), rapid.String(), 0, 3).Draw(t, "attrs")
	}
	if rapid.Bool().Draw(t, "body") {
		b.Body = rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "body")
		if rapid.IntRange(0, 9).Draw(t, "large") == 0 {
			b.Body = bytes.Repeat(append(b.Body, 'x'), 20_000)
		}
	}
	if depth > 0 && rapid.Bool().Draw(t, "children") {
		b.Children = []*course.Block{}
		for range rapid.IntRange(0, 3).Draw(t, "n") {
			b.Children = append(b.Children, drawBlock(t, depth-1))
		}
	}
	return b
}

// Any content comes back from its records as it was, nil and empty apart.
func TestRecordsRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := drawBlock(t, 0)
		got := &course.Block{Type: want.Type, ID: want.ID}
		if err := readRecord(appendRecord(nil, want), got); err != nil {
			t.Fatal(err)
		}
		if d := diff(&course.Content{Root: want}, &course.Content{Root: got}); d != "" {
			t.Fatalf("(-want +got):\n%s", d)
		}
	})
}

// Any tree comes back from the store as it was, and its hash does not depend on what was known before.
func TestContentRoundTrip(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		if n++; n > 25 { // each is a dozen calls to the store
			return
		}
		want := &course.Content{Key: testKey, Root: drawBlock(rt, 5), Grading: course.Value(rapid.SampledFrom([]string{"", "{}"}).Draw(rt, "grading"))}
		if rapid.Bool().Draw(rt, "pages") {
			want.Pages = []*course.Block{drawBlock(rt, 1), drawBlock(rt, 0)}[:rapid.IntRange(0, 2).Draw(rt, "n")]
		}
		if rapid.Bool().Draw(rt, "extra") {
			want.Extra = rapid.MapOfN(rapid.String(), rapid.SliceOf(rapid.Byte()), 0, 2).Draw(rt, "extra")
		}
		res, err := s.Import(t.Context(), ImportRequest{Key: testKey, Draft: want})
		if err != nil {
			rt.Fatal(err)
		}
		got, v, err := second(t, s).ContentAt(t.Context(), res.Draft)
		if err != nil {
			rt.Fatal(err)
		}
		if d := diff(want, got); d != "" {
			rt.Fatalf("(-want +got):\n%s", d)
		}
		e := encoder{put: func(document) {}}
		if id := e.content(got, nil).id.String(); id != v.Root {
			rt.Fatalf("hash of what came back: %s, want %s", id, v.Root)
		}
	})
}

func FuzzReadRecord(f *testing.F) {
	f.Add(appendRecord(nil, &course.Block{Body: []byte("x"), Fields: course.Fields{"a": "1"}, Attrs: map[string]string{"b": "c"}}))
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, data []byte) {
		var b course.Block
		if readRecord(data, &b) != nil {
			return
		}
		var again course.Block
		if err := readRecord(appendRecord(nil, &b), &again); err != nil {
			t.Errorf("what was read cannot be read again: %v", err)
		}
	})
}

// Indexes that are damaged but happen to keep their digest do not bring the program down.
func FuzzRefs(f *testing.F) {
	e := encoder{put: func(d document) { f.Add(string(d.kind), d.index) }}
	e.content(generate(testKey, 1, 1, 1, 1), nil)
	f.Fuzz(func(_ *testing.T, k string, index []byte) { refs(kind(k), index) })
}
