package olx_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"lyceum/course/olx"
)

// entry is one entry of an archive made for a test.
type entry struct {
	name, body, link string
	kind             byte
}

func targz(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var out bytes.Buffer
	zw := gzip.NewWriter(&out)
	zw.Write(tarOf(t, entries...))
	zw.Close()
	return out.Bytes()
}

func tarOf(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var out bytes.Buffer
	tw := tar.NewWriter(&out)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Linkname: e.link, Typeflag: e.kind, Mode: 0o644, Size: int64(len(e.body))}
		if h.Typeflag == 0 {
			h.Typeflag = tar.TypeReg
		}
		if err := tw.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		io.WriteString(tw, e.body)
	}
	tw.Close()
	return out.Bytes()
}

var courseXML = entry{name: "course/course.xml", body: `<course url_name="R" org="O" course="C"><chapter url_name="c"/></course>`}

// TestUnsafeArchives refuses whole archives, by the name of what is wrong.
func TestUnsafeArchives(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long/", 10) + strings.Repeat("x", 1100)
	for _, tc := range []struct {
		name    string
		entries []entry
		want    string
	}{
		{"parent", []entry{{name: "course/../../evil", body: "x"}}, `"course/../../evil" leads out`},
		{"absolute", []entry{{name: "/etc/passwd", body: "x"}}, `"/etc/passwd" is an absolute name`},
		{"drive", []entry{{name: `C:\windows\x`, body: "x"}}, "is an absolute name"},
		{"backslash parent", []entry{{name: `..\evil`, body: "x"}}, "leads out"},
		{"link out", []entry{{name: "course/a", link: "../../etc/passwd", kind: tar.TypeSymlink}}, `"course/a" links out`},
		{"absolute link", []entry{{name: "course/a", link: "/etc/passwd", kind: tar.TypeSymlink}}, `"course/a" links out`},
		{"hard link out", []entry{{name: "course/a", link: "../etc/passwd", kind: tar.TypeLink}}, `"course/a" links out`},
		{"device", []entry{{name: "course/dev", kind: tar.TypeChar}}, `"course/dev" is a device`},
		{"fifo", []entry{{name: "course/fifo", kind: tar.TypeFifo}}, `"course/fifo" is a device`},
		{"path length", []entry{{name: long, body: "x"}}, "longer than 1024"},
		{"depth", []entry{{name: strings.Repeat("d/", 40) + "x", body: "x"}}, "deeper than 32"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := olx.ReadArchive(bytes.NewReader(targz(t, append([]entry{courseXML}, tc.entries...)...)), nil, olx.DefaultLimits)
			if !errors.Is(err, olx.ErrRefused) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want a refusal with %q", err, tc.want)
			}
		})
	}
}

func TestDamagedArchives(t *testing.T) {
	t.Parallel()
	good := targz(t, courseXML, entry{name: "course/static/noise", body: noise(300 << 10)})
	flipped := slices.Clone(good)
	flipped[len(flipped)/2] ^= 0xff
	checksum := slices.Clone(good)
	checksum[len(checksum)-6] ^= 0xff
	for _, tc := range []struct {
		name, want string
		src        []byte
	}{
		{"empty", "cut off", nil},
		{"no gzip", "not a .tar.gz", []byte(strings.Repeat("plain text ", 100))},
		{"no tar", "", gz([]byte(strings.Repeat("no tar in here ", 100)))},
		{"cut off", "cut off", good[:len(good)/2]},
		{"flipped", "", flipped},
		{"checksum", "damaged", checksum},
		{"tar cut off", "cut off", gz(tarOf(t, entry{name: "course/static/noise", body: noise(3000)})[:1700])},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := olx.ReadArchive(bytes.NewReader(tc.src), nil, olx.DefaultLimits)
			if !errors.Is(err, olx.ErrRefused) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want a refusal with %q", err, tc.want)
			}
		})
	}
}

func gz(src []byte) []byte {
	var out bytes.Buffer
	zw := gzip.NewWriter(&out)
	zw.Write(src)
	zw.Close()
	return out.Bytes()
}

// noise is text that does not compress.
func noise(n int) string {
	b := make([]byte, n)
	x := uint32(2463534242)
	for i := range b {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		b[i] = byte(x)
	}
	return string(b)
}

func TestReaderFailureIsNoRefusal(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection lost")
	good := targz(t, courseXML, entry{name: "course/static/noise", body: noise(100 << 10)})
	_, err := olx.ReadArchive(io.MultiReader(bytes.NewReader(good[:5000]), failing{broken}), nil, olx.DefaultLimits)
	if !errors.Is(err, broken) || errors.Is(err, olx.ErrRefused) {
		t.Errorf("got %v, want the reader's own error", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// TestBomb stops an archive of one huge file of zeros early, without holding it.
func TestBomb(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe()
	go func() {
		zw, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
		tw := tar.NewWriter(zw)
		tw.WriteHeader(&tar.Header{Name: "course/static/zeros", Size: 10 << 30, Mode: 0o644})
		zeros := make([]byte, 1<<20)
		for {
			if _, err := tw.Write(zeros); err != nil {
				w.CloseWithError(err)
				return
			}
		}
	}()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	spool, err := os.Create(filepath.Join(t.TempDir(), "spool"))
	if err != nil {
		t.Fatal(err)
	}
	defer spool.Close()
	_, err = olx.ReadArchive(r, spool, olx.DefaultLimits)
	r.CloseWithError(io.ErrClosedPipe)
	runtime.ReadMemStats(&after)
	if !errors.Is(err, olx.ErrRefused) || !strings.Contains(err.Error(), "200 times") {
		t.Errorf("got %v, want a refusal for the ratio", err)
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("took %v", d)
	}
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 200<<20 {
		t.Errorf("heap grew by %d MiB", grown>>20)
	}
}

func TestCountLimits(t *testing.T) {
	t.Parallel()
	limits := olx.DefaultLimits
	limits.Entries, limits.Unpacked, limits.Memory = 5, 1000, 500
	many := []entry{}
	for _, n := range []string{"a", "b", "c", "d", "e", "f"} {
		many = append(many, entry{name: n, body: n})
	}
	for _, tc := range []struct {
		name, want string
		entries    []entry
		spool      olx.Spool
	}{
		{"entries", "more than 5 entries", many, nil},
		{"unpacked", "unpacks to more than 1000 bytes", []entry{{name: "a", body: noise(1200)}}, &memSpool{}},
		{"memory", "memory", []entry{{name: "a", body: noise(700)}}, nil},
	} {
		if _, err := olx.ReadArchive(bytes.NewReader(targz(t, tc.entries...)), tc.spool, limits); !errors.Is(err, olx.ErrRefused) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want %q", tc.name, err, tc.want)
		}
	}
}

// memSpool is a spool in memory.
type memSpool struct{ b []byte }

func (m *memSpool) Write(p []byte) (int, error) { m.b = append(m.b, p...); return len(p), nil }

func (m *memSpool) ReadAt(p []byte, off int64) (int, error) {
	n := copy(p, m.b[min(off, int64(len(m.b))):])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// TestOddArchives reads what is unusual but harmless.
func TestOddArchives(t *testing.T) {
	t.Parallel()
	long := "course/static/" + strings.Repeat("ä", 120) + ".png"
	whole := tarOf(t,
		entry{name: "./course/", kind: tar.TypeDir},
		entry{name: "./course/course.xml", body: courseXML.body},
		entry{name: `course\about\overview.html`, body: "<p>hi</p>"},
		entry{name: "course/static/twice", body: "first"},
		entry{name: "course/static/twice", body: "second"},
		entry{name: "course/static/Case", body: "C"},
		entry{name: "course/static/case", body: "c"},
		entry{name: long, body: "long"},
		entry{name: "course/static/big", body: noise(300 << 10)},
		entry{name: "course/static/copy", link: "big", kind: tar.TypeSymlink},
		entry{name: "course/static/hard", link: "course/static/twice", kind: tar.TypeLink},
		entry{name: "course/pictures", link: "static", kind: tar.TypeSymlink},
		entry{name: "course/static/loop", link: "../static", kind: tar.TypeSymlink},
		entry{name: "course/a", link: "b", kind: tar.TypeSymlink},
		entry{name: "course/b", link: "a", kind: tar.TypeSymlink},
	)
	// Several gzip members, and rubbish after the last.
	src := slices.Concat(gz(whole[:1000]), gz(whole[1000:]), []byte(strings.Repeat("rubbish", 10)))
	spool := &memSpool{}
	a, err := olx.ReadArchive(bytes.NewReader(src), spool, olx.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	if len(spool.b) == 0 {
		t.Error("the big file is not in the spool")
	}
	for name, want := range map[string]string{
		"course/about/overview.html": "<p>hi</p>", "course/static/twice": "second", long: "long", "course/static/hard": "second",
		"course/static/copy": noise(300 << 10), "course/pictures/twice": "second", "course/static/Case": "C",
	} {
		if got, err := fs.ReadFile(a, name); err != nil || string(got) != want {
			t.Errorf("%s = %.20q, %v", name, got, err)
		}
	}
	kinds := map[string]int{}
	for _, d := range a.Defects {
		kinds[d.Kind]++
	}
	want := map[string]int{olx.DuplicateEntry: 1, olx.CaseTwin: 1, olx.DanglingLink: 3, olx.TrailingData: 1}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("defects (-want +got):\n%s\n%v", diff, a.Defects)
	}
	if err := fstest.TestFS(a, "course/course.xml", "course/static/big", "course/pictures/twice"); err != nil {
		t.Error(err)
	}
}

func FuzzReadArchive(f *testing.F) {
	f.Add(targz(f, courseXML))
	f.Add(targz(f, courseXML, entry{name: "course/a", link: "b", kind: tar.TypeSymlink}, entry{name: "../x"}))
	f.Add(gz([]byte("no tar")))
	f.Fuzz(func(t *testing.T, src []byte) {
		limits := olx.DefaultLimits
		limits.RatioFree, limits.Unpacked = 1<<20, 4<<20
		a, err := olx.ReadArchive(bytes.NewReader(src), nil, limits)
		if err != nil {
			return
		}
		if _, _, err := olx.Read(a, olx.Options{}); err != nil && !errors.Is(err, olx.ErrRefused) {
			t.Errorf("read: %v", err)
		}
	})
}
