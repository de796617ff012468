package main

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"lyceum/course"
	"lyceum/internal/sharedtest"
)

// studioOf signs somebody in to the Studio of a server process, at an address of its own.
func studioOf(t testing.TB, p *program, studio, password string) *browser {
	t.Helper()
	b := p.client()
	if got := b.post("/login", "email", "killer@example.com", "password", password); got.status != http.StatusSeeOther {
		t.Fatalf("sign in: %d %.300s", got.status, got.body)
	}
	st := newBrowser(t, studio, &http.Client{Transport: &http.Transport{}})
	got := st.get("/signin?next=/home/")
	got = b.get(strings.TrimPrefix(got.location(), p.url))
	_, query, _ := strings.Cut(got.location(), "/signin/complete?")
	q, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	if got := st.post("/signin/complete", "code", q.Get("code"), "next", q.Get("next")); got.status != http.StatusSeeOther {
		t.Fatalf("sign in to Studio: %d %.300s", got.status, got.body)
	}
	return st
}

// TestTransfersKilled kills the server while it imports, exports and runs a course again: after the next start each comes to its end by
// itself, and what it makes is whole.
func TestTransfersKilled(t *testing.T) {
	t.Parallel()
	archive := sharedtest.File(t, "courses/harvardx-studio-advanced.tar.gz")
	data, err := os.ReadFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	dir := dataDir(t)
	vars := []string{"LMS_DATA=" + dir}
	const target, source = "course-v1:Kill+Target+1", "course-v1:Kill+Source+1"
	must(t, vars, "course", "import", archive, "--publish", "--key", source)
	must(t, vars, "course", "import", archive, "--publish", "--key", target)
	whole := must(t, vars, "course", "export", target)
	must(t, vars, "course", "delete", target)
	if got := line(t, vars, strings.NewReader(goodPassword+"\n"), "user", "create", "killer@example.com", "--superuser"); got.code != exitDone {
		t.Fatalf("make an account: %s", got.err)
	}
	must(t, vars, "course", "import", write(t, ownCourse("Own")), "--publish", "--key", target)

	for round, wait := range []time.Duration{150 * time.Millisecond, 900 * time.Millisecond} {
		studioAddr := freeAddr(t)
		p := serveStudio(t, dir, studioAddr)
		st := studioOf(t, p, "http://"+studioAddr, goodPassword)
		run := fmt.Sprintf("again%d", round)
		again := st.json("POST", "/course/", map[string]any{"source_course_key": source, "org": "Kill", "number": "Source", "run": run, "display_name": "Again"})
		brought := st.sendArchive("/import/"+target, "whole.tar.gz", data)
		taken := st.json("POST", "/export/"+source, map[string]any{})
		for _, got := range []reply{again, brought, taken} {
			if got.status != http.StatusOK {
				t.Fatalf("round %d: %d %s", round, got.status, got.body)
			}
		}
		time.Sleep(wait) // how far they come is what is varied
		p.kill()
		p = serveStudio(t, dir, studioAddr)
		st = studioOf(t, p, "http://"+studioAddr, goodPassword)
		if end := st.await(fmt.Sprintf("/import_status/%s/whole.tar.gz?task=%d", target, decode[importNews](t, brought).Task)); end.ImportStatus != 4 {
			t.Errorf("round %d: import: %+v", round, end)
		}
		if end := st.await("/export_status/" + source); end.State != "done" {
			t.Errorf("round %d: export: %+v", round, end)
		}
		out := st.get("/export_output/" + source)
		key := course.Key{Org: "Kill", Number: "Source", Run: run}
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
			if got := st.get("/course/"+key.String(), asPage...); got.status == http.StatusOK && !strings.Contains(st.get("/home/", asPage...).body, "Being made") {
				break
			} else if time.Now().After(deadline) {
				t.Fatalf("round %d: the re-run: %d", round, got.status)
			}
		}
		p.signal(syscall.SIGTERM)
		p.exit(time.Minute)
		if got := must(t, vars, "course", "export", target); got != whole {
			t.Errorf("round %d: the import is not whole: %d bytes, want %d", round, len(got), len(whole))
		}
		if got := must(t, vars, "course", "export", source); got != out.body {
			t.Errorf("round %d: the export is not what the command gives: %d and %d bytes", round, len(out.body), len(got))
		}
		if n, want := countBlocks(t, vars, key.String()), countBlocks(t, vars, source); n != want {
			t.Errorf("round %d: the re-run has %s blocks, want %s", round, n, want)
		}
		must(t, vars, "course", "import", write(t, ownCourse("Own")), "--publish", "--key", target)
	}
}

func countBlocks(t testing.TB, vars []string, key string) string {
	t.Helper()
	return between(must(t, vars, "course", "inspect", key, "--json"), `"blocks": {`, "}")
}

// serveStudio is serve with Studio at an address of its own.
func serveStudio(t testing.TB, dir, studioAddr string) *program {
	t.Helper()
	addr := freeAddr(t)
	p := start(t, nil, "serve", "--data", dir, "--addr", addr, "--studio-addr", studioAddr)
	p.url, p.dir = "http://"+addr, dir
	p.ready(time.Minute)
	return p
}
