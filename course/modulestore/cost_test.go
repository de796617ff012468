package modulestore

import (
	"bytes"
	"syscall"
	"testing"
	"time"

	"lyceum/course"
)

// large makes a course of 10,111 blocks.
func large() *course.Content { return generate(testKey, 10, 10, 10, 9) }

// editLarge changes one component.
func editLarge(t testing.TB, c *course.Content, text string) *course.Content {
	t.Helper()
	old := c.Root.Children[5].Children[5].Children[5].Children[5]
	b := *old
	b.Body = []byte(text)
	out, ok := Replace(c, old, &b)
	if !ok {
		t.Fatal("block not found")
	}
	return out
}

// What an edit writes grows with the subsection it is in, not with the course.
func TestEditWritesLittle(t *testing.T) {
	t.Parallel()
	written := func(c *course.Content) (all, edit int64) {
		s := openTest(t, Options{})
		res := must[Result](t)(s.Import(t.Context(), ImportRequest{Key: testKey, Draft: c, Published: c}))
		all = s.written.Load()
		must[course.Version](t)(s.SetDraft(t.Context(), testKey, res.Draft, editLarge(t, c, "edited"), "", ""))
		return all, s.written.Load() - all
	}
	smallAll, small := written(generate(testKey, 6, 6, 10, 9))
	largeAll, large := written(large())
	t.Logf("an edit of a course of %d bytes writes %d, of %d bytes %d", smallAll, small, largeAll, large)
	if large > small*12/10 || large > 250_000 {
		t.Errorf("an edit of the large course writes %d bytes, of the small one %d", large, small)
	}
}

// An edit beside a text so long that it is stored in stretches does not write the text again.
func TestEditBesideLongText(t *testing.T) {
	t.Parallel()
	c := generate(testKey, 1, 1, 1, 2)
	c.Root.Children[0].Children[0].Children[0].Children[0].Body = bytes.Repeat([]byte("0123456789abcdef"), 9<<20/16)
	s := openTest(t, Options{})
	res := must[Result](t)(s.Import(t.Context(), ImportRequest{Key: testKey, Draft: c}))
	was := s.written.Load()
	b := *c.Root.Children[0].Children[0].Children[0].Children[1]
	b.Body = []byte("edited")
	next, _ := Replace(c, c.Root.Children[0].Children[0].Children[0].Children[1], &b)
	must[course.Version](t)(s.SetDraft(t.Context(), testKey, res.Draft, next, "", ""))
	if n := s.written.Load() - was; n > 50_000 {
		t.Errorf("an edit beside a long text writes %d bytes", n)
	}
}

// cpu is the processor time this process has used. The store of the tests runs in it too, but for PostgreSQL.
func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkPublishOneBlock(b *testing.B) {
	s := openTest(b, Options{})
	c := large()
	res := must[Result](b)(s.Import(b.Context(), ImportRequest{Key: testKey, Draft: c, Published: c}))
	seen := res.Published
	texts := [...]string{"one", "other"}
	began := cpu()
	for i := 0; b.Loop(); i++ {
		c = editLarge(b, c, texts[i%2])
		v, err := s.SetPublished(b.Context(), testKey, seen, c, "", "")
		if err != nil {
			b.Fatal(err)
		}
		seen = v.ID
	}
	b.ReportMetric(float64((cpu()-began).Microseconds())/float64(b.N)/1000, "cpu-ms/op")
}

// The part of a publish that is ours alone: finding what is new and encoding it.
func BenchmarkEncodeOneBlock(b *testing.B) {
	e := encoder{put: func(document) {}}
	c := large()
	base := newLoaded(course.Version{}, c, e.content(c, nil))
	next := editLarge(b, c, "edited")
	b.ReportAllocs()
	for b.Loop() {
		base := newLoaded(course.Version{}, base.content, base.root)
		base.index()
		e := encoder{known: base.known, put: func(document) {}}
		e.content(next, base)
	}
}

func BenchmarkEncodeCourse(b *testing.B) {
	c := large()
	b.ReportAllocs()
	for b.Loop() {
		e := encoder{put: func(document) {}}
		e.content(c, nil)
	}
}

func BenchmarkImport(b *testing.B) {
	s := openTest(b, Options{})
	c := generate(testKey, 8, 4, 5, 8) // 1,481 blocks
	for b.Loop() {
		if _, err := s.Import(b.Context(), ImportRequest{Key: testKey, Draft: c, Published: c}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompileCold(b *testing.B) {
	for _, bm := range []struct {
		name string
		c    *course.Content
	}{{"1500", generate(testKey, 8, 4, 5, 8)}, {"10000", large()}} {
		b.Run(bm.name, func(b *testing.B) {
			s := openTest(b, Options{})
			must[Result](b)(s.Import(b.Context(), ImportRequest{Key: testKey, Draft: bm.c, Published: bm.c}))
			for b.Loop() {
				must[*course.Compiled](b)(second(b, s).Compiled(b.Context(), testKey))
			}
		})
	}
}

func BenchmarkCompileInMemory(b *testing.B) {
	c := large()
	b.ReportAllocs()
	for b.Loop() {
		course.Compile(c, "", nil, nil)
	}
}

func BenchmarkCompiledWarm(b *testing.B) {
	s := openTest(b, Options{})
	c := generate(testKey, 2, 2, 2, 2)
	must[Result](b)(s.Import(b.Context(), ImportRequest{Key: testKey, Draft: c, Published: c}))
	if err := s.poll(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		must[*course.Compiled](b)(s.Compiled(b.Context(), testKey))
	}
}

func BenchmarkRecompileOneBlock(b *testing.B) {
	c := large()
	before := course.Compile(c, "", nil, nil)
	next := editLarge(b, c, "edited")
	b.ReportAllocs()
	for b.Loop() {
		course.Recompile(before, next, "", nil, nil)
	}
}
