package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"lyceum/grading/sandbox"
	"lyceum/internal/cache"
)

// TestScriptResultsAreBounded: however much authors' Python comes to, a day's results take no more than their share, and go after a day.
func TestScriptResultsAreBounded(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	r, err := cache.Open("redis://" + server.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	now := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	s := scriptResults{r, func() time.Time { return now }}
	total := func() (bytes int) {
		for _, key := range server.Keys() {
			if text, err := server.Get(key); err == nil {
				bytes += len(text)
			}
		}
		return bytes
	}
	large := bytes.Repeat([]byte("x"), scriptResultSize)
	for i := range 2 * scriptDayBytes / scriptResultSize {
		s.Put(t.Context(), fmt.Sprint("first", i), large)
	}
	if got := total(); got > scriptDayBytes || got < scriptDayBytes/2 {
		t.Errorf("a day keeps %d bytes of %d", got, scriptDayBytes)
	}
	s.Put(t.Context(), "small", []byte("fits"))
	if got, ok := s.Get(t.Context(), "small"); !ok || string(got) != "fits" {
		t.Errorf("a small one in what is left of the day: %q, %v", got, ok)
	}
	s.Put(t.Context(), "huge", append(large, 'x'))
	if _, ok := s.Get(t.Context(), "huge"); ok {
		t.Error("a result beyond the size of one is kept")
	}
	now = now.Add(scriptDay)
	server.FastForward(scriptDay)
	if got := total(); got > 100 {
		t.Errorf("a day later %d bytes are left", got)
	}
	s.Put(t.Context(), "next", large)
	if _, ok := s.Get(t.Context(), "next"); !ok {
		t.Error("the next day keeps nothing")
	}
}

func TestSandboxSettings(t *testing.T) {
	t.Parallel()
	c, err := loadConfig(getenvOf([]string{"LMS_SANDBOX=cold", "LMS_SANDBOX_LIMITS=cpu=2s,memory=1024MiB,processes=8", "LMS_SANDBOX_MEMBERS=3", "LMS_SANDBOX_UNSAFE=yes"}))
	if err != nil {
		t.Fatal(err)
	}
	want := sandbox.Config{Way: sandbox.Cold, Members: 3, Unsafe: true, Limits: sandbox.Limits{CPU: 2 * time.Second, Memory: 1 << 30, Processes: 8}}
	if c.Sandbox != want {
		t.Errorf("got %+v, want %+v", c.Sandbox, want)
	}
	if c, err := loadConfig(getenvOf([]string{"LMS_SANDBOX_URL=https://python.example.org/v1"})); err != nil || c.Sandbox.Way != sandbox.Remote {
		t.Errorf("a service alone means remote: got %+v, %v", c.Sandbox, err)
	}
	for _, bad := range []string{
		"LMS_SANDBOX=quick", "LMS_SANDBOX=remote", "LMS_SANDBOX_URL=python", "LMS_SANDBOX_MEMBERS=many", "LMS_SANDBOX_LIMITS=cpu",
		"LMS_SANDBOX_LIMITS=memory=512", "LMS_SANDBOX_LIMITS=speed=1", "LMS_SANDBOX_LIMITS=processes=0",
	} {
		name, _, _ := strings.Cut(bad, "=")
		if _, err := loadConfig(getenvOf([]string{bad})); err == nil || !strings.HasPrefix(err.Error(), name+": ") {
			t.Errorf("%s: got %v", bad, err)
		}
	}
}
