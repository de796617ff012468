package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	accounts "lyceum/learner/account"
)

// BenchmarkStudioUnit tells the server's time for the page of a unit, for what an open page asks for after an act, and for an edit with what
// is asked for after it; in a small course, and in one of ten thousand blocks.
func BenchmarkStudioUnit(b *testing.B) {
	s := newTestSite(b, "LMS_RATE_LIMITS=no")
	st := s.toStudio(s.person("staff", func(n *accounts.NewAccount) { n.Staff = true }))
	ask := func(b *testing.B, method, path, body string) *httptest.ResponseRecorder {
		b.Helper()
		r := httptest.NewRequest(method, s.author.URL+path, strings.NewReader(body))
		r.Header.Set("Accept", "text/html")
		r.Header.Set("Accept-Encoding", "zstd")
		if method == http.MethodPost {
			r.Header.Set("Accept", "application/json")
			r.Header.Set("Content-Type", formType)
			r.Header.Set("Origin", s.author.URL)
		}
		for name, value := range st.cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value}) //nolint:gosec // a request's cookie has no flags
		}
		w := httptest.NewRecorder()
		s.studio.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
		}
		return w
	}
	for _, units := range []int{20, 2000} {
		key := s.teach(manyUnits(units)).Key
		unit, text := key.Usage("vertical", "u7").String(), key.Usage("html", "h7-1").String()
		blocks := units*5 + units/5 + units/50 + 1
		b.Run(fmt.Sprintf("page of a unit in %d blocks", blocks), func(b *testing.B) {
			size := ask(b, http.MethodGet, "/container/"+unit, "").Body.Len()
			for b.Loop() {
				ask(b, http.MethodGet, "/container/"+unit, "")
			}
			b.ReportMetric(float64(size)/1024, "KiB-packed")
		})
		b.Run(fmt.Sprintf("page of a unit by parts in %d blocks", blocks), func(b *testing.B) {
			for b.Loop() {
				ask(b, http.MethodGet, "/container/"+unit+"?inside=1", "")
			}
		})
		n := 0
		b.Run(fmt.Sprintf("edit in %d blocks", blocks), func(b *testing.B) {
			for b.Loop() {
				n++
				ask(b, http.MethodPost, "/part/"+text, url.Values{"act": {"rename"}, "name": {fmt.Sprint("Text ", n)}}.Encode())
			}
		})
		b.Run(fmt.Sprintf("edit and the page after it in %d blocks", blocks), func(b *testing.B) {
			for b.Loop() {
				n++
				ask(b, http.MethodPost, "/part/"+text, url.Values{"act": {"rename"}, "name": {fmt.Sprint("Text ", n)}}.Encode())
				ask(b, http.MethodGet, "/container/"+unit+"?inside=1", "")
			}
		})
	}
}
