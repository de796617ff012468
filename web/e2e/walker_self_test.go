package e2e

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestWalkerNotices checks that a walker notes what goes wrong in a page: a walk without trouble shall mean something.
func TestWalkerNotices(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Security-Policy", "script-src 'nonce-a'")
		_, _ = w.Write([]byte(`<!DOCTYPE html><title>x</title><link rel="icon" href="data:,"><script>blocked()</script>
			<script nonce="a">console.error("said"); fetch("/broken"); fetch("/missing"); fetch("http://elsewhere.example/").catch(() => 0); setTimeout(() => { document.title = "thrown"; missing() })</script>`))
	})
	mux.HandleFunc("/broken", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	mux.HandleFunc("/missing", http.NotFound)
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	home := strings.Replace(srv.URL, "127.0.0.1", "localhost", 1)
	w := newWalker(t, home, time.Minute)
	w.open("/")
	wanted := []string{"exception: Uncaught ReferenceError: missing", `console: "said"`, "security: ", "status 500: " + home + "/broken", "status of 500", "status of 404"}
	noted := func() string {
		w.mu.Lock()
		defer w.mu.Unlock()
		return strings.Join(w.troubles, "\n")
	}
	w.waitFor("all troubles are noted", patience, func() bool {
		for _, want := range wanted {
			if !strings.Contains(noted(), want) {
				return false
			}
		}
		return true
	})
	if strings.Contains(noted(), "elsewhere.example") {
		t.Errorf("what is elsewhere was noted:\n%s", noted())
	}
	w.allow(".") // all of it was wanted
}
