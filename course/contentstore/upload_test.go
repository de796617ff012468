package contentstore

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"lyceum/internal/clock"
	"lyceum/internal/fault"
	"lyceum/internal/mongotest"
)

func noise(n int) []byte {
	out := make([]byte, n)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(out)
	return out
}

func TestUpload(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	content := noise(3<<20 + 17)
	if _, err := s.BeginUpload(t.Context(), "u", "ann", int64(len(content))); err != nil {
		t.Fatal(err)
	}
	appendAt := func(from, to int, want int64, kind fault.Kind) {
		t.Helper()
		got, err := s.AppendUpload(t.Context(), "u", int64(from), bytes.NewReader(content[from:to]))
		if got != want || err != nil && fault.KindOf(err) != kind || err == nil && kind != fault.Internal {
			t.Fatalf("append %d-%d: %d, %v; want %d, %v", from, to, got, err, want, kind)
		}
	}
	appendAt(0, 5, 5, fault.Internal)
	appendAt(7, 9, 5, fault.Conflict) // a gap
	appendAt(0, 5, 5, fault.Internal) // again, as after an answer that was lost
	appendAt(3, 1<<20, 1<<20, fault.Internal)
	if _, _, err := s.FinishUpload(t.Context(), "u"); !fault.Is(err, fault.Conflict) {
		t.Errorf("finished too early: %v", err)
	}
	// A line that is lost keeps what came through.
	cut := io.MultiReader(bytes.NewReader(content[1<<20:2<<20+100]), iotest.ErrReader(errors.New("line lost")))
	if got, err := s.AppendUpload(t.Context(), "u", 1<<20, cut); got != 2<<20+100 || err == nil {
		t.Fatalf("a lost line: %d, %v", got, err)
	}
	other, err := Open(t.Context(), s.uploads.Database(), Options{Dir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if u, err := other.FindUpload(t.Context(), "u"); err != nil || u.Received != 2<<20+100 {
		t.Fatalf("another process sees %+v, %v", u, err)
	}
	// Another process goes on, and two bring the same bytes at once.
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			_, err := other.AppendUpload(t.Context(), "u", 2<<20+100, bytes.NewReader(content[2<<20+100:]))
			if moved := (*Moved)(nil); err != nil && !errors.As(err, &moved) && fault.KindOf(err) != fault.Invalid {
				t.Errorf("at once: %v", err)
			}
		})
	}
	group.Wait()
	if u, err := s.FindUpload(t.Context(), "u"); err != nil || u.Received != int64(len(content)) {
		t.Fatalf("after four at once: %+v, %v", u, err)
	}
	for range 2 { // the second is somebody who did not hear of the first
		digest, size, err := s.FinishUpload(t.Context(), "u")
		if err != nil || size != int64(len(content)) || !bytes.Equal(read(t, s, digest), content) {
			t.Fatalf("finish: %s %d %v", digest, size, err)
		}
	}
	if n := count(t, s, pieces); n != 0 {
		t.Errorf("%d pieces stay", n)
	}
	if _, err := s.AppendUpload(t.Context(), "u", int64(len(content)), bytes.NewReader([]byte("x"))); !fault.Is(err, fault.Invalid) {
		t.Errorf("more than said: %v", err)
	}
}

// TestUploadInTinyPieces: as many requests as there are bytes leave a short list, and bytes in their order.
func TestUploadInTinyPieces(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	content := noise(3 * tinyPiece)
	if _, err := s.BeginUpload(t.Context(), "u", "ann", int64(len(content))); err != nil {
		t.Fatal(err)
	}
	const step = 1001
	for at := 0; at < len(content); at += step {
		if _, err := s.AppendUpload(t.Context(), "u", int64(at), bytes.NewReader(content[at:min(at+step, len(content))])); err != nil {
			t.Fatal(err)
		}
	}
	u, err := s.findUpload(t.Context(), "u")
	if err != nil || len(u.Pieces) > 3 || count(t, s, pieces) != int64(len(u.Pieces)) {
		t.Errorf("%d pieces are named, %d are kept, %v", len(u.Pieces), count(t, s, pieces), err)
	}
	digest, size, err := s.FinishUpload(t.Context(), "u")
	if err != nil || size != int64(len(content)) || !bytes.Equal(read(t, s, digest), content) {
		t.Errorf("finish: %d, %v", size, err)
	}
}

// TestFinishUploadAtOnce: whoever finishes an upload at the same time as others hears the same.
func TestFinishUploadAtOnce(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	content := noise(2 << 20)
	for _, id := range []string{"a", "b", "c", "d"} {
		if _, err := s.BeginUpload(t.Context(), id, "ann", int64(len(content))); err != nil {
			t.Fatal(err)
		}
		if _, err := s.AppendUpload(t.Context(), id, 0, bytes.NewReader(content)); err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		for range 6 {
			group.Go(func() {
				if _, size, err := s.FinishUpload(t.Context(), id); err != nil || size != int64(len(content)) {
					t.Errorf("finish %s: %d, %v", id, size, err)
				}
			})
		}
		group.Wait()
	}
	if n := count(t, s, pieces); n != 0 {
		t.Errorf("%d pieces stay", n)
	}
}

// TestUploadsAreBounded: an owner's uploads that stand still make way, and those of others are left alone.
func TestUploadsAreBounded(t *testing.T) {
	t.Parallel()
	fake := clock.NewFake(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	s, err := Open(t.Context(), mongotest.New(t), Options{Dir: t.TempDir(), Logger: slog.New(slog.DiscardHandler), Clock: fake.Now})
	if err != nil {
		t.Fatal(err)
	}
	begin := func(id, owner string, size int64) error {
		_, err := s.BeginUpload(t.Context(), id, owner, size)
		return err
	}
	for _, id := range []string{"a", "b"} {
		if err := begin(id, "ann", ownersRoom/2); err != nil {
			t.Fatal(err)
		}
		fake.Advance(time.Minute)
	}
	if _, err := s.AppendUpload(t.Context(), "a", 0, bytes.NewReader([]byte("some"))); err != nil {
		t.Fatal(err)
	}
	if err := begin("c", "ann", 1); !fault.Is(err, fault.TooMany) {
		t.Errorf("past the bound: %v", err)
	}
	if err := begin("d", "bob", 1); err != nil {
		t.Errorf("of another: %v", err)
	}
	fake.Advance(idleAfter + time.Minute)
	if err := begin("c", "ann", 1); err != nil {
		t.Errorf("once others stand still: %v", err)
	}
	if _, err := s.FindUpload(t.Context(), "b"); !fault.Is(err, fault.NotFound) {
		t.Errorf("the one that stood still longest: %v", err)
	}
	if _, err := s.FindUpload(t.Context(), "a"); err != nil {
		t.Errorf("the other: %v", err)
	}
	fake.Advance(uploadsGone + time.Minute)
	if n, err := s.SweepUploads(context.Background()); err != nil || n != 3 {
		t.Errorf("swept %d, %v", n, err)
	}
	if u, p := count(t, s, uploads), count(t, s, pieces); u != 0 || p != 0 {
		t.Errorf("%d uploads and %d pieces stay", u, p)
	}
}
