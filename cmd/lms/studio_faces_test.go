package main

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// Where the two faces say the other one is.
func TestFaces(t *testing.T) {
	t.Parallel()
	address := func(s string) *url.URL {
		u, err := url.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	for _, tc := range []struct {
		name             string
		config           config
		addr, studioAddr string
		host             string // that is asked
		lms, studio      string
		served           bool
	}{
		{"by ports", config{}, ":8000", "[::]:8001", "localhost:8001", "http://localhost:8000", "http://localhost:8001", true},
		{"by address", config{}, "127.0.0.1:8000", "127.0.0.1:8001", "127.0.0.1:8000", "http://127.0.0.1:8000", "http://127.0.0.1:8001", true},
		{"by IPv6", config{}, ":8000", ":8001", "[::1]:8000", "http://[::1]:8000", "http://[::1]:8001", true},
		{"with TLS", config{TLSCert: "x"}, ":443", ":8443", "learn.example:443", "https://learn.example:443", "https://learn.example:8443", true},
		{"one address", config{SiteURL: address("https://learn.example")}, ":8000", ":8001", "whatever", "https://learn.example", "https://learn.example:8001", true},
		{"two host names", config{SiteURL: address("https://learn.example"), StudioURL: address("https://studio.example")}, ":8000", "", "x", "https://learn.example", "https://studio.example", true},
		{"no Studio", config{}, ":8000", "", "localhost:8000", "http://localhost:8000", "", false},
	} {
		f := newFaces(tc.config, tc.addr, tc.studioAddr)
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = tc.host
		if got := f.lms(r); got != tc.lms {
			t.Errorf("%s: LMS at %s, want %s", tc.name, got, tc.lms)
		}
		if f.served() != tc.served {
			t.Errorf("%s: served %t", tc.name, f.served())
		}
		if got := f.studio(r); tc.served && got != tc.studio {
			t.Errorf("%s: Studio at %s, want %s", tc.name, got, tc.studio)
		}
	}
	says := func(text string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) })
	}
	shared := newFaces(config{SiteURL: address("https://learn.example"), StudioURL: address("https://studio.example")}, ":8000", "").byHost(says("lms"), says("studio"))
	for host, want := range map[string]string{"learn.example": "lms", "studio.example": "studio", "STUDIO.example:443": "studio", "studio.example.": "studio", "evil.example": "lms", "": "lms"} {
		r, w := httptest.NewRequest(http.MethodGet, "/", nil), httptest.NewRecorder()
		r.Host = host
		shared.ServeHTTP(w, r)
		if w.Body.String() != want {
			t.Errorf("%q is answered by %s, want %s", host, w.Body, want)
		}
	}
}

// Which address Studio takes.
func TestListenStudio(t *testing.T) {
	t.Parallel()
	env := &environment{ctx: t.Context(), log: slog.New(slog.DiscardHandler)}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if _, err := listenStudio(env, taken.Addr().String(), ":8000"); err == nil || !strings.Contains(err.Error(), "--studio-addr") {
		t.Errorf("an address that is taken: %v", err)
	}
	if l, err := listenStudio(env, noStudioAddr, ":8000"); l != nil || err != nil {
		t.Errorf("none: %v, %v", l, err)
	}
	l, err := listenStudio(env, "", "127.0.0.1:"+defaultStudioPort)
	if err != nil {
		t.Fatal(err)
	}
	if _, port, _ := net.SplitHostPort(l.Addr().String()); port == defaultStudioPort {
		t.Error("Studio takes the port the LMS was given")
	}
	l.Close()
	for range 2 { // the usual port, and another while that is taken
		l, err := listenStudio(env, "", "127.0.0.1:8000")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if host, _, err := net.SplitHostPort(l.Addr().String()); err != nil || host != "127.0.0.1" {
			t.Errorf("beside 127.0.0.1:8000 Studio listens on %s", l.Addr())
		}
	}
}
