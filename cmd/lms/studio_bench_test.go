package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"

	"lyceum/authoring/transfer"
	"lyceum/course"
	"lyceum/internal/sharedtest"
	accounts "lyceum/learner/account"
)

// manyUnits is a course of so many units, in subsections of five, ten of those a section, with four texts a unit.
func manyUnits(units int) fstest.MapFS {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<course org="T" course="Many%d" url_name="1" display_name="Many units" start="2020-01-01T00:00:00Z">`, units)
	for u := range units {
		if u%50 == 0 {
			fmt.Fprintf(&b, `<chapter url_name="c%d" display_name="Section %d">`, u/50, u/50+1)
		}
		if u%5 == 0 {
			fmt.Fprintf(&b, `<sequential url_name="s%d" display_name="Subsection %d" format="Homework" graded="true" due="2030-02-01T00:00:00Z">`, u/5, u/5+1)
		}
		fmt.Fprintf(&b, `<vertical url_name="u%d" display_name="Unit %d of the many">`, u, u+1)
		for i := range 4 {
			fmt.Fprintf(&b, `<html url_name="h%d-%d" display_name="Text"><![CDATA[<p>Text %d of unit %d</p>]]></html>`, u, i, i, u)
		}
		b.WriteString(`</vertical>`)
		if u%5 == 4 || u == units-1 {
			b.WriteString(`</sequential>`)
		}
		if u%50 == 49 || u == units-1 {
			b.WriteString(`</chapter>`)
		}
	}
	b.WriteString(`</course>`)
	return fstest.MapFS{"course.xml": &fstest.MapFile{Data: b.Bytes(), Mode: 0o644}}
}

// BenchmarkStudioOutline tells the server's time for outlines: of real courses, and how it grows with units.
func BenchmarkStudioOutline(b *testing.B) {
	s := newTestSite(b)
	st := s.toStudio(s.person("staff", func(n *accounts.NewAccount) { n.Staff = true }))
	ask := func(key course.Key, header ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, s.author.URL+"/course/"+key.String(), nil)
		r.Header.Set("Accept", "text/html")
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		for name, value := range st.cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value}) //nolint:gosec // a request's cookie has no flags
		}
		w := httptest.NewRecorder()
		s.studio.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatalf("%d %s", w.Code, w.Body)
		}
		return w
	}
	measure := func(name string, teach func(b *testing.B) course.Key) {
		b.Run(name, func(b *testing.B) {
			key := teach(b)
			size, packed := ask(key).Body.Len(), ask(key, "Accept-Encoding", "zstd").Body.Len()
			for b.Loop() {
				ask(key, "Accept-Encoding", "zstd")
			}
			b.ReportMetric(float64(size)/1024, "KiB")
			b.ReportMetric(float64(packed)/1024, "KiB-packed")
		})
	}
	measure("the largest shared course", func(b *testing.B) course.Key {
		res, err := s.stores.importer().Import(b.Context(), transfer.Request{Path: sharedtest.File(b, "courses/harvardx-studio-advanced.tar.gz"), Publish: true})
		if err != nil {
			b.Fatal(err)
		}
		return res.Key
	})
	for _, n := range []int{100, 2000} {
		measure(fmt.Sprintf("%d units", n), func(*testing.B) course.Key { return s.teach(manyUnits(n)).Key })
	}
}
