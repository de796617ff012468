package contentstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"

	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/internal/mongotest"
)

func openTest(t testing.TB) *Store {
	t.Helper()
	s, err := Open(t.Context(), mongotest.New(t), Options{Dir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func put(t testing.TB, s *Store, content []byte) string {
	t.Helper()
	digest, size, err := s.PutBlob(t.Context(), bytes.NewReader(content))
	if err != nil || size != int64(len(content)) {
		t.Fatalf("put: %v, size %d of %d", err, size, len(content))
	}
	return digest
}

func read(t testing.TB, s *Store, digest string) []byte {
	t.Helper()
	r, size, err := s.Open(t.Context(), digest)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	if err != nil || size != int64(len(got)) {
		t.Fatalf("read: %v, size %d of %d", err, size, len(got))
	}
	return got
}

func count(t testing.TB, s *Store, name string) int64 {
	t.Helper()
	n, err := s.blobs.Database().Collection(name).CountDocuments(t.Context(), bson.D{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestBlobs(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	for _, content := range [][]byte{{}, []byte("short"), bytes.Repeat([]byte("0123456789"), 100_000)} {
		digest := put(t, s, content)
		if again := put(t, s, content); again != digest {
			t.Errorf("put again: got %s, want %s", again, digest)
		}
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if got := read(t, s, digest); !bytes.Equal(got, content) {
					t.Errorf("read %d bytes of %d, or others", len(got), len(content))
				}
			})
		}
		wg.Wait()
	}
	if n := count(t, s, gridfs+".files"); n != 3 {
		t.Errorf("stored %d files, want each content once: 3", n)
	}
	for _, bad := range []string{"", "x", strings.Repeat("0", 64), "../../etc/passwd", strings.Repeat("A", 64)} {
		if _, _, err := s.Open(t.Context(), bad); !fault.Is(err, fault.NotFound) {
			t.Errorf("open %q: got %v, want not found", bad, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := s.PutBlob(ctx, strings.NewReader("late")); !errors.Is(err, context.Canceled) {
		t.Errorf("put after the end: got %v", err)
	}
}

// Files can be read whatever happens to the local directory, and never wrong.
func TestLocalCopies(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	content := []byte("the right content")
	digest := put(t, s, content)
	steps := []struct {
		name string
		do   func() error
	}{
		{"cold", func() error { return nil }},
		{"warm", func() error { return nil }},
		{"copy damaged", func() error { return os.WriteFile(s.local.path(digest), []byte("the wrong content"), 0o600) }},
		{"directory removed", func() error { return os.RemoveAll(s.local.dir) }},
		{"directory is a file", func() error {
			return errors.Join(os.RemoveAll(s.local.dir), os.WriteFile(s.local.dir, nil, 0o600))
		}},
	}
	for _, step := range steps {
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if got := read(t, s, digest); !bytes.Equal(got, content) {
			t.Errorf("%s: got %q", step.name, got)
		}
	}
}

func TestLocalCopiesAreBounded(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	s.local.budget = 10_000
	for i := range 8 {
		read(t, s, put(t, s, bytes.Repeat([]byte{byte(i)}, 3000)))
		s.local.mu.Lock()
		used := s.local.used
		s.local.mu.Unlock()
		if used > s.local.budget {
			t.Errorf("after %d files: %d bytes used of %d", i+1, used, s.local.budget)
		}
	}
}

func TestDamagedBlobIsNotServed(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	digest := put(t, s, []byte("good content"))
	other := put(t, s, []byte("other content"))
	if _, err := s.chunks.UpdateMany(t.Context(), bson.D{}, bson.D{{Key: "$set", Value: bson.D{{Key: "data", Value: []byte("evil content")}}}}); err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{digest, other} {
		if r, _, err := s.Open(t.Context(), d); err == nil {
			got, _ := io.ReadAll(r)
			t.Errorf("served %q", got)
		}
	}
}

func TestManifests(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	files := map[string]course.File{}
	for i := range 5000 {
		name := fmt.Sprintf("file_%d.png", i)
		files[name] = course.File{
			Name: name, DisplayName: "File " + name, ContentType: "image/png", Digest: fmt.Sprintf("%064x", i), Size: int64(i),
			Uploaded: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Attrs: course.Fields{"x": `{"y":1}`},
		}
	}
	id, err := s.PutManifest(t.Context(), files)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Manifest(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(files, got); diff != "" {
		t.Errorf("manifest (-want +got):\n%.2000s", diff)
	}
	before := count(t, s, manifests)
	changed := files["file_77.png"]
	changed.Locked = true
	next, err := s.Change(t.Context(), id, []course.File{changed}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := count(t, s, manifests) - before; n != 2 {
		t.Errorf("a changed file wrote %d documents, want 2", n)
	}
	back, err := s.Change(t.Context(), next, []course.File{files["file_77.png"]}, nil)
	if err != nil || back != id {
		t.Errorf("changed back: got %s, %v; want %s", back, err, id)
	}
	s.recent = recent{}
	if got, err = s.Manifest(t.Context(), next); err != nil || !got["file_77.png"].Locked || len(got) != 5000 {
		t.Errorf("changed manifest: %v, %d files, %+v", err, len(got), got["file_77.png"])
	}
	if empty, err := s.Change(t.Context(), "", nil, []string{"x"}); err != nil || empty != "" {
		t.Errorf("empty manifest: got %q, %v", empty, err)
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	kept, gone := put(t, s, []byte("kept")), put(t, s, []byte("gone"))
	id, err := s.PutManifest(t.Context(), map[string]course.File{"a": {Digest: kept}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.PutManifest(t.Context(), map[string]course.File{"a": {Digest: gone}}); err != nil {
		t.Fatal(err)
	}
	cutOff := bson.NewObjectIDFromTimestamp(time.Now().Add(-time.Minute))
	if _, err := s.chunks.InsertOne(t.Context(), bson.D{{Key: "files_id", Value: cutOff}, {Key: "n", Value: 0}, {Key: "data", Value: []byte("half")}}); err != nil {
		t.Fatal(err)
	}
	if swept, err := s.Sweep(t.Context(), []string{id}, 0); err != nil || swept != (Swept{}) {
		t.Errorf("sweep of what is young: got %+v, %v", swept, err)
	}
	swept, err := s.sweep(t.Context(), []string{id}, time.Now().Add(time.Minute))
	if err != nil || swept != (Swept{Blobs: 1, Manifests: 2}) {
		t.Errorf("sweep: got %+v, %v", swept, err)
	}
	if got := read(t, s, kept); string(got) != "kept" {
		t.Errorf("kept: got %q", got)
	}
	if _, _, err := s.Open(t.Context(), gone); !fault.Is(err, fault.NotFound) {
		t.Errorf("gone: got %v, want not found", err)
	}
	if n := count(t, s, gridfs+".chunks"); n != 1 {
		t.Errorf("%d chunks left, want 1", n)
	}
	if n := count(t, s, gridfs+".files"); n != 1 {
		t.Errorf("%d files left, want 1", n)
	}
}

func TestThumbnail(t *testing.T) {
	t.Parallel()
	pictures := func(w, h int) []byte {
		img := image.NewNRGBA(image.Rect(0, 0, w, h))
		for i := range h {
			img.Set(i%w, i, color.NRGBA{255, 0, 0, 255})
		}
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	bomb := pictures(10, 10)
	copy(bomb[16:], []byte{0, 1, 0, 0, 0, 1, 0, 0}) // 65,536 x 65,536
	crc := []byte{0, 0, 0, 0}
	copy(bomb[29:], crc)
	tests := []struct {
		name string
		in   []byte
		size image.Point
	}{
		{"wide", pictures(400, 100), image.Pt(128, 32)},
		{"tall", pictures(3, 900), image.Pt(1, 128)},
		{"small", pictures(7, 5), image.Pt(7, 5)},
		{"bomb", bomb, image.Point{}},
		{"text", []byte("no image"), image.Point{}},
		{"cut", pictures(400, 400)[:100], image.Point{}},
	}
	for _, tt := range tests {
		got, err := Thumbnail(bytes.NewReader(tt.in))
		if tt.size == (image.Point{}) {
			if err == nil {
				t.Errorf("%s: no error", tt.name)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		img, err := jpeg.Decode(bytes.NewReader(got))
		if err != nil || img.Bounds().Size() != tt.size {
			t.Errorf("%s: got %v, %v; want %v", tt.name, img.Bounds().Size(), err, tt.size)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Abacus.png": "Abacus-png.jpg", "a.jpg": "a.jpg", "b.JPG": "b.jpg", "c.jpeg": "c-jpeg.jpg", "d.pdf": "", "e": "", "f.svg": "",
	} {
		if got := ThumbnailName(name); got != want {
			t.Errorf("thumbnail of %s: got %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]string{
		"a.PNG": "image/png", "b.html": "text/html", "c.exe": "application/octet-stream", "d": "application/octet-stream",
		"e.srt": "application/octet-stream", "f.tar.gz": "application/gzip",
	} {
		if got := ContentType(name); got != want {
			t.Errorf("type of %s: got %q, want %q", name, got, want)
		}
	}
}
