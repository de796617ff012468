package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"fmt"
	"io/fs"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"lyceum/authoring/transfer"
	"lyceum/course"
	"lyceum/course/team"
	"lyceum/internal/audit"
)

// pack makes a .tar.gz of files, below a directory as exports have it.
func pack(t testing.TB, files fs.FS) []byte {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	archive := tar.NewWriter(zip)
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(files, path)
		if err != nil {
			return err
		}
		if err := archive.WriteHeader(&tar.Header{Name: "course/" + path, Mode: 0o644, Size: int64(len(text))}); err != nil {
			return err
		}
		_, err = archive.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []interface{ Close() error }{archive, zip} {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

// uploadForm is the body of an upload, and its type. fields are pairs that stand before the file.
func uploadForm(t testing.TB, name string, data []byte, fields ...string) (body, kind string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i+1 < len(fields); i += 2 {
		if err := w.WriteField(fields[i], fields[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	f, err := w.CreateFormFile("course-data", name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), w.FormDataContentType()
}

// sendArchive sends a whole archive as a program does.
func (b *browser) sendArchive(path, name string, data []byte, fields ...string) reply {
	b.t.Helper()
	body, kind := uploadForm(b.t, name, data, fields...)
	return b.do("POST", path, body, "Content-Type", kind, "Accept", "application/json")
}

// stretch sends a part of an archive as the platform's client does.
func (b *browser) stretch(path, name string, data []byte, from, to int) reply {
	b.t.Helper()
	body, kind := uploadForm(b.t, name, data[from:to])
	return b.do("POST", path, body, "Content-Type", kind, "Accept", "application/json", "Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to-1, len(data)))
}

type importNews struct {
	ImportStatus int
	Message      string
	Task         int64
	State        string
	Received     int64
	Total        int64
	URL          string
	Text         string
}

// await asks for the state of a task until it is over.
func (b *browser) await(path string) importNews {
	b.t.Helper()
	for deadline := time.Now().Add(90 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		got := decode[importNews](b.t, b.get(path, asksJSON...))
		if got.State == "done" || got.State == "failed" {
			return got
		}
		if time.Now().After(deadline) {
			b.t.Fatalf("%s: still %+v", path, got)
		}
	}
}

// bring imports an archive and waits for its end.
func (b *browser) bring(key course.Key, name string, data []byte) importNews {
	b.t.Helper()
	got := b.sendArchive("/import/"+key.String(), name, data)
	if got.status != http.StatusOK {
		b.t.Fatalf("upload of %s: %d %s", name, got.status, got.body)
	}
	return b.await(fmt.Sprintf("/import_status/%s/%s?task=%d", key, url.PathEscape(name), decode[importNews](b.t, got).Task))
}

// TestStudioImport brings an archive into a course in stretches, some twice, some out of order, and takes it back.
func TestStudioImport(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	ann := s.creator("ann")
	key := ann.makeCourse("T", "Target", "1", "Target")
	at, status := "/import/"+key.String(), "/import_status/"+key.String()+"/own.tar.gz"
	data := pack(t, ownCourse("Own"))
	n := len(data)
	if got := decode[importNews](t, ann.get(status, asksJSON...)); got.ImportStatus != 0 || got.Message != "" {
		t.Errorf("before anything came: %+v", got)
	}
	if got := ann.stretch(at, "own.tar.gz", data, n/2, n); got.status != http.StatusConflict || !strings.Contains(got.body, `"Stage":-1`) || !strings.Contains(got.body, `"ErrMsg":"`) {
		t.Errorf("the end first: %d %s", got.status, got.body)
	}
	got := ann.stretch(at, "own.tar.gz", data, 0, 400)
	if got.status != http.StatusOK || !strings.Contains(got.body, `"files":[{"name":"own.tar.gz","size":400,`) {
		t.Fatalf("the first stretch: %d %s", got.status, got.body)
	}
	if got := ann.stretch(at, "own.tar.gz", data, 200, 800); got.status != http.StatusOK {
		t.Errorf("a stretch that overlaps: %d %s", got.status, got.body)
	}
	if got := ann.stretch(at, "own.tar.gz", data, 400, 800); got.status != http.StatusOK || decode[importNews](t, got).Received != 800 {
		t.Errorf("a stretch again: %d %s", got.status, got.body)
	}
	if got := ann.stretch(at, "own.tar.gz", data, 1000, n); got.status != http.StatusConflict {
		t.Errorf("a gap: %d %s", got.status, got.body)
	}
	if got := decode[importNews](t, ann.get(status, asksJSON...)); got.State != "uploading" || got.Received != 800 || got.Total != int64(n) || got.ImportStatus != 0 {
		t.Errorf("under way: %+v", got)
	}
	if page := ann.get(at, asPage...); page.status != http.StatusOK || !strings.Contains(page.body, "Choose the same file again") {
		t.Errorf("the page does not tell of the upload: %d", page.status)
	}
	// Cut off in the middle of a stretch.
	body, kind := uploadForm(t, "own.tar.gz", data[800:1200])
	if got := ann.do("POST", at, body, "Content-Type", kind, "Accept", "application/json", "Content-Range", fmt.Sprintf("bytes 800-%d/%d", n-1, n)); got.status != http.StatusBadRequest {
		t.Errorf("a stretch cut off: %d %s", got.status, got.body)
	}
	got = ann.stretch(at, "own.tar.gz", data, 800, n)
	first := decode[importNews](t, got)
	if got.status != http.StatusOK || first.ImportStatus != 1 {
		t.Fatalf("the last stretch: %d %s", got.status, got.body)
	}
	done := ann.await(status)
	if done.ImportStatus != 4 || done.Message != "" || done.Task != first.Task {
		t.Fatalf("at the end: %+v", done)
	}
	page := ann.get(done.URL, asPage...)
	for _, want := range []string{"The course is in.", "It replaced the version by ann of", "Undo this import", "parts", "files"} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	c, err := s.stores.courses.Compiled(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := c.Find("problem", "p1"); !ok || c.Files["open.txt"].Digest == "" {
		t.Error("learners do not have the archive's content")
	}

	// Taken back, after a change that is shown first.
	undo := fmt.Sprintf("%s/%d/undo", at, done.Task)
	if page := ann.get(undo, asPage...); page.status != http.StatusOK || strings.Contains(page.body, "was changed since") {
		t.Errorf("undo, untouched: %d", page.status)
	}
	if got := ann.json("POST", "/xblock/"+usage(key, "html", "text"), map[string]any{"data": "<p>changed</p>"}); got.status != http.StatusOK {
		t.Fatalf("change: %d %s", got.status, got.body)
	}
	if got := ann.post(undo); got.status != http.StatusConflict || !strings.Contains(got.body, "These changes go, too") {
		t.Errorf("undo over a change nobody saw: %d", got.status)
	}
	seen := between(ann.get(undo, asPage...).body, `name="seen" value="`, `"`)
	if got := ann.post(undo, "seen", seen); got.status != http.StatusSeeOther {
		t.Fatalf("undo: %d %s", got.status, got.body)
	}
	head, err := s.stores.courses.Head(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	back, _, err := s.stores.courses.ContentAt(t.Context(), head.Draft)
	if err != nil || len(back.Root.Children) != 0 || head.Files != "" || head.Published == "" {
		t.Errorf("after the undo: %d sections, files %q, published %q, %v", len(back.Root.Children), head.Files, head.Published, err)
	}
	if got := ann.post(undo, "seen", seen); got.status != http.StatusConflict && got.status != http.StatusNotFound {
		t.Errorf("undo twice: %d", got.status)
	}
	if line, err := s.stores.courses.Line(t.Context(), key, course.Draft, "", 10); err != nil || len(line) != 4 {
		t.Errorf("the history has %d versions, want 4: %v", len(line), err)
	}

	// As a form of a page, without scripts; everything stays a draft.
	body, kind = uploadForm(t, "own.tar.gz", data, "options", "1")
	got = ann.do("POST", at, body, "Content-Type", kind, "Accept", "text/html")
	if got.status != http.StatusSeeOther || !strings.HasPrefix(got.location(), at+"?task=") {
		t.Fatalf("by form: %d %s", got.status, got.location())
	}
	ann.await(status)
	head2, err := s.stores.courses.Head(t.Context(), key)
	if err != nil || head2.Published != head.Published || head2.Draft == head.Draft {
		t.Errorf("imported as a draft: %+v, before %+v, %v", head2, head, err)
	}
	if page := ann.get(got.location(), asPage...); !strings.Contains(page.body, "Learners see no change.") {
		t.Error("the report does not say that learners see no change")
	}
}

// between is what stands between two texts.
func between(s, from, to string) string {
	_, rest, _ := strings.Cut(s, from)
	out, _, _ := strings.Cut(rest, to)
	return out
}

// TestStudioImportRefuses: what is no course of ours ends in words, and changes nothing.
func TestStudioImportRefuses(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, "LMS_IMPORT_LIMIT=1")
	ann := s.creator("ann")
	key := ann.makeCourse("T", "Target", "1", "Target")
	at := "/import/" + key.String()
	before, err := s.stores.courses.Head(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	library := pack(t, fstest.MapFS{"library.xml": {Data: []byte(`<library org="T" library="L"/>`)}})
	broken := ownCourse("Own")
	broken["course/1.xml"] = &fstest.MapFile{Data: []byte("<course>\n<chapter")}
	data := pack(t, ownCourse("Own"))
	for _, c := range []struct {
		name, file string
		data       []byte
		stage      int
		says       string
	}{
		{"no gzip", "x.tar.gz", []byte("no archive at all"), http.StatusUnsupportedMediaType, "no course archive"},
		{"another name", "x.zip", data, http.StatusUnsupportedMediaType, "no course archive"},
		{"nothing", "x.tar.gz", nil, http.StatusBadRequest, "empty"},
		{"too large", "x.tar.gz", append([]byte{0x1f, 0x8b}, make([]byte, 1<<20)...), http.StatusRequestEntityTooLarge, "more than 1 MB"},
		{"cut off", "x.tar.gz", data[:len(data)/2], -1, "cut off"},
		{"no course", "x.tar.gz", pack(t, fstest.MapFS{"a": {Data: []byte("x")}}), -2, "course.xml"},
		{"a library", "x.tar.gz", library, -2, "content library"},
		{"broken", "x.tar.gz", pack(t, broken), -2, "course/1.xml:2"},
		{"a bomb", "x.tar.gz", bombArchive(t), -1, "unpacks to more than"},
		{"dots", "x.tar.gz", wayOut(t), -1, "unsafe names"},
	} {
		got := ann.sendArchive(at, c.file, c.data)
		if c.stage > 0 {
			if got.status != c.stage || !strings.Contains(got.body, c.says) || !strings.Contains(got.body, `"Stage":-1`) {
				t.Errorf("%s: %d %s", c.name, got.status, got.body)
			}
			continue
		}
		if got.status != http.StatusOK {
			t.Errorf("%s: %d %s", c.name, got.status, got.body)
			continue
		}
		task := decode[importNews](t, got)
		end := ann.await(fmt.Sprintf("/import_status/%s/x.tar.gz?task=%d", key, task.Task))
		if end.ImportStatus != c.stage || !strings.Contains(end.Message, c.says) {
			t.Errorf("%s: %+v", c.name, end)
		}
		if page := ann.get(end.URL, asPage...); !strings.Contains(page.body, "Nothing was changed.") {
			t.Errorf("%s: the page does not say that nothing was changed", c.name)
		}
	}
	// The same in words on a page.
	body, kind := uploadForm(t, "x.zip", data)
	if got := ann.do("POST", at, body, "Content-Type", kind, "Accept", "text/html"); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "no course archive") || !strings.Contains(got.body, "<form") {
		t.Errorf("by form: %d", got.status)
	}
	for header, want := range map[string]int{"bytes 0-99": 400, "bytes 9-1/100": 400, "bytes 0-1/3000000": 413, "nonsense": 400} {
		body, kind := uploadForm(t, "x.tar.gz", data)
		if got := ann.do("POST", at, body, "Content-Type", kind, "Accept", "application/json", "Content-Range", header); got.status != want {
			t.Errorf("range %q: %d %s, want %d", header, got.status, got.body, want)
		}
	}
	if after, err := s.stores.courses.Head(t.Context(), key); err != nil || after != before {
		t.Errorf("the course has changed: %+v, %v", after, err)
	}
}

// bombArchive is an archive that unpacks to far more than it is.
func bombArchive(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	archive := tar.NewWriter(zip)
	const size = 200 << 20
	if err := archive.WriteHeader(&tar.Header{Name: "course/static/zero", Mode: 0o644, Size: size}); err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 1<<20)
	for range size >> 20 {
		if _, err := archive.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []interface{ Close() error }{archive, zip} {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

// wayOut is an archive with a name that leads out of it.
func wayOut(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	archive := tar.NewWriter(zip)
	for _, name := range []string{"course/course.xml", "../../etc/cron.d/x"} {
		if err := archive.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: 1}); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []interface{ Close() error }{archive, zip} {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

// TestStudioImportTwice: two at once come one after the other, and each is whole.
func TestStudioImportTwice(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	ann := s.creator("ann")
	key := ann.makeCourse("T", "Target", "1", "Target")
	var tasks []int64
	for i := range 3 {
		got := ann.sendArchive("/import/"+key.String(), fmt.Sprintf("m%d.tar.gz", i), pack(t, marked("Own", fmt.Sprint(i))))
		if got.status != http.StatusOK {
			t.Fatalf("%d %s", got.status, got.body)
		}
		tasks = append(tasks, decode[importNews](t, got).Task)
	}
	for i, task := range tasks {
		if end := ann.await(fmt.Sprintf("/import_status/%s/m%d.tar.gz?task=%d", key, i, task)); end.ImportStatus != 4 {
			t.Errorf("import %d: %+v", i, end)
		}
	}
	c, err := s.stores.courses.Compiled(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"text", "text2"} {
		if n, ok := c.Find("html", id); !ok || !strings.Contains(string(n.Block.Body), "MARK-2-") {
			t.Errorf("%s is not of the import that was asked for last", id)
		}
	}
}

// TestStudioImportNew makes courses from archives: under the archive's key, and under another.
func TestStudioImportNew(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	ann := s.creator("ann")
	data := pack(t, ownCourse("Fresh"))
	bring := func(b *browser, fields ...string) importNews {
		t.Helper()
		got := b.sendArchive("/course/import", "fresh.tar.gz", data, fields...)
		if got.status != http.StatusOK {
			t.Fatalf("%d %s", got.status, got.body)
		}
		return b.await(fmt.Sprintf("/course/import/status?task=%d", decode[importNews](t, got).Task))
	}
	first := bring(ann)
	key := course.Key{Org: "T", Number: "Fresh", Run: "1"}
	if first.State != "done" || first.URL != fmt.Sprintf("/import/%s?task=%d", key, first.Task) {
		t.Fatalf("the first: %+v", first)
	}
	if got := ann.get("/course/"+key.String(), asPage...); got.status != http.StatusOK {
		t.Errorf("its maker is not on the team: %d", got.status)
	}
	if again := bring(ann); again.State != "failed" || !strings.Contains(again.Message, "There is a course with this") {
		t.Errorf("again: %+v", again)
	}
	if home := ann.get("/home/", asPage...); !strings.Contains(home.body, "There is a course with this") {
		t.Error("home does not tell of what failed")
	}
	if other := bring(ann, "key", "own", "org", "T", "number", "Fresh", "run", "2"); other.State != "done" {
		t.Errorf("under another key: %+v", other)
	}
	if got := ann.sendArchive("/course/import", "fresh.tar.gz", data, "key", "own", "org", "T", "number", "a b", "run", "2"); got.status != http.StatusBadRequest || !strings.Contains(got.body, `"number"`) {
		t.Errorf("a key that is none: %d %s", got.status, got.body)
	}
	// Who may make courses of one organization makes no others by an archive.
	eve := s.person("eve", nil)
	if err := team.Add(t.Context(), s.stores.pool, team.Grant{User: int64(eve.account.ID), Role: team.OrgCreator, Scope: team.Of("E")}, audit.Source{}); err != nil {
		t.Fatal(err)
	}
	data = pack(t, ownCourse("Others"))
	if got := bring(s.toStudio(eve)); got.State != "failed" || !strings.Contains(got.Message, "T") {
		t.Errorf("of another organization: %+v", got)
	}
	if got := ann.get(fmt.Sprintf("/course/import/status?task=%d", first.Task+4), asksJSON...); got.status != http.StatusNotFound {
		t.Errorf("another's task: %d", got.status)
	}
}

// TestStudioExport: what the page makes is what the command makes, and what the old address gives.
func TestStudioExport(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	c := s.teach(ownCourse("Own"))
	ann := s.person("ann", nil)
	s.grant(ann, team.Staff, c.Key)
	st := s.toStudio(ann)
	key := c.Key.String()
	if got := st.get("/export_status/"+key, asksJSON...); !strings.Contains(got.body, `"ExportStatus":0`) {
		t.Errorf("before: %s", got.body)
	}
	if got := st.get("/export_output/" + key); got.status != http.StatusNotFound {
		t.Errorf("nothing to be had: %d", got.status)
	}
	got := st.json("POST", "/export/"+key, map[string]any{})
	if got.status != http.StatusOK || !strings.Contains(got.body, `"ExportStatus":1`) {
		t.Fatalf("start: %d %s", got.status, got.body)
	}
	st.await("/export_status/" + key)
	status := decode[struct {
		ExportStatus int
		ExportOutput string
	}](t, st.get("/export_status/"+key, asksJSON...))
	if status.ExportStatus != 3 {
		t.Fatalf("at the end: %+v", status)
	}
	file := filepath.Join(t.TempDir(), "own.tar.gz")
	must(t, s.vars, "course", "export", key, file)
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{status.ExportOutput, "/export_output/" + key, "/export/" + key + "?_accept=application/x-tgz"} {
		out := st.get(path)
		if out.status != http.StatusOK || out.body != string(want) || out.header.Get("Content-Type") != "application/x-tgz" || !strings.Contains(out.header.Get("Content-Disposition"), "T-Own-1.tar.gz") {
			t.Errorf("%s: %d, %d bytes, want %d; %v", path, out.status, len(out.body), len(want), out.header)
		}
	}
	if out := st.get(status.ExportOutput, "Range", "bytes=100-199"); out.status != http.StatusPartialContent || out.body != string(want[100:200]) {
		t.Errorf("a download that goes on: %d, %d bytes", out.status, len(out.body))
	}
	page := st.get("/export/"+key, asPage...)
	if !strings.Contains(page.body, "Download (") || !strings.Contains(page.body, "Everything is in it.") {
		t.Error("the page has no archive")
	}
	if got := st.post("/export/" + key); got.status != http.StatusSeeOther {
		t.Errorf("by form: %d", got.status)
	}
	// After a day it is gone.
	s.transfers.Clock = func() time.Time { return time.Now().Add(25 * time.Hour) }
	if err := s.transfers.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := st.get(status.ExportOutput); got.status != http.StatusNotFound {
		t.Errorf("after a day: %d", got.status)
	}
}

// TestStudioImportRoom: what is begun and given up counts until it is swept; others have their own room.
func TestStudioImportRoom(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	s.transfers.Limit = 64 << 10
	ann, bob := s.creator("ann"), s.creator("bob")
	keys := map[*browser]course.Key{ann: ann.makeCourse("T", "A", "1", "A"), bob: bob.makeCourse("T", "B", "1", "B")}
	noise := make([]byte, 64<<10)
	if _, err := rand.Read(noise); err != nil {
		t.Fatal(err)
	}
	begin := func(b *browser, n int) reply {
		data := append([]byte{0x1f, 0x8b, byte(n)}, noise[:60<<10]...)
		return b.stretch("/import/"+keys[b].String(), fmt.Sprintf("a%d.tar.gz", n), data, 0, len(data)-1)
	}
	n := 0
	for ; n < 20; n++ {
		if got := begin(ann, n); got.status == http.StatusTooManyRequests {
			if got.header.Get("Retry-After") == "" || !strings.Contains(got.body, "as is kept for one person") {
				t.Errorf("refused: %v %s", got.header, got.body)
			}
			break
		} else if got.status != http.StatusOK {
			t.Fatalf("upload %d: %d %s", n, got.status, got.body)
		}
	}
	if n < 8 || n > 10 {
		t.Errorf("%d unfinished uploads were kept", n)
	}
	if got := begin(bob, 0); got.status != http.StatusOK {
		t.Errorf("another person: %d %s", got.status, got.body)
	}
	s.transfers.Clock = func() time.Time { return time.Now().Add(26 * time.Hour) }
	if got := begin(ann, 21); got.status != http.StatusOK {
		t.Errorf("a day later: %d %s", got.status, got.body)
	}
	s.transfers.Clock = func() time.Time { return time.Now().Add(60 * time.Hour) }
	if err := s.transfers.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	var left int
	if err := s.stores.pool.QueryRow(t.Context(), `SELECT count(*) FROM transfer_room WHERE hour < now()`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d counts are never swept, %v", left, err)
	}
}

// TestStudioSlowUpload: the parts of an upload that took nearly a day are not swept while its import waits.
func TestStudioSlowUpload(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	ann := s.creator("ann")
	key := ann.makeCourse("T", "Slow", "1", "Slow")
	at, data := "/import/"+key.String(), pack(t, ownCourse("Own"))
	if got := ann.stretch(at, "own.tar.gz", data, 0, 400); got.status != http.StatusOK {
		t.Fatalf("the first stretch: %d %s", got.status, got.body)
	}
	blobs := s.stores.db.Collection("course_blob")
	old := bson.M{"at": bson.M{"$lt": time.Now().Add(-22 * time.Hour)}}
	if _, err := blobs.UpdateMany(t.Context(), bson.M{}, bson.M{"$set": bson.M{"at": time.Now().Add(-23*time.Hour - 50*time.Minute)}}); err != nil {
		t.Fatal(err)
	}
	if got := ann.stretch(at, "own.tar.gz", data, 400, len(data)); got.status != http.StatusOK {
		t.Fatalf("the last stretch: %d %s", got.status, got.body)
	}
	if n, err := blobs.CountDocuments(t.Context(), old); err != nil || n != 0 {
		t.Errorf("%d parts of the archive may be swept, %v", n, err)
	}
	if done := ann.await("/import_status/" + key.String() + "/own.tar.gz"); done.State != "done" {
		t.Errorf("at the end: %+v", done)
	}
	// What is swept all the same is told of in words.
	if got := ann.stretch(at, "again.tar.gz", data, 0, 400); got.status != http.StatusOK {
		t.Fatalf("the first stretch: %d %s", got.status, got.body)
	}
	if _, err := blobs.DeleteMany(t.Context(), bson.M{}); err != nil {
		t.Fatal(err)
	}
	if got := ann.stretch(at, "again.tar.gz", data, 400, len(data)); got.status != http.StatusNotFound || !strings.Contains(got.body, "no longer kept") {
		t.Errorf("parts that are gone: %d %s", got.status, got.body)
	}
}

// TestStudioRerun copies a course with dates that move, its team, and references to its own blocks.
func TestStudioRerun(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	files := ownCourse("Own")
	old := "block-v1:T+Own+1+type@problem+block@p1"
	files["policies/1/policy.json"] = &fstest.MapFile{Data: []byte(`{"course/1": {"display_name": "Own", "start": "2026-02-01T00:00:00Z", "end": "2026-06-01T00:00:00Z"},
		"sequential/s1": {"due": "2026-03-01T23:59:59Z", "start": "2026-02-08T00:00:00Z"}}`)}
	files["html/text.html"] = &fstest.MapFile{Data: []byte(`<p><a href="/courses/course-v1:T+Own+1/jump_to/` + old + `">there</a><img src="/asset-v1:T+Own+1+type@asset+block@pic.svg" alt="x"></p>`)}
	c := s.teach(files)
	bob := s.person("bob", nil)
	s.grant(bob, team.Staff, c.Key)
	ann := s.person("ann", nil)
	s.grant(ann, team.Instructor, c.Key)
	s.grantSite(ann, team.CourseCreator)
	st := s.toStudio(ann)
	source := c.Key.String()
	page := st.get("/course_rerun/"+source, asPage...)
	if page.status != http.StatusOK || !strings.Contains(page.body, ` value="2"`) {
		t.Errorf("the form: %d", page.status)
	}
	again := func(run string, more map[string]any) reply {
		t.Helper()
		body := map[string]any{"source_course_key": source, "org": "T", "number": "Own", "run": run, "display_name": "Own again"}
		maps.Copy(body, more)
		return st.json("POST", "/course/", body)
	}
	got := again("2", map[string]any{"start": "2027-02-01T00:00:00Z", "shift_dates": true, "copy_team": true})
	answer := decode[struct {
		URL  string `json:"url"`
		Dest string `json:"destination_course_key"`
	}](t, got)
	if got.status != http.StatusOK || answer.Dest != "course-v1:T+Own+2" || answer.URL != "/course/" {
		t.Fatalf("re-run: %d %s", got.status, got.body)
	}
	making, err := s.transfers.Making(t.Context(), int64(ann.account.ID))
	if err != nil || len(making) > 1 {
		t.Fatalf("being made: %v, %v", making, err)
	}
	key := course.Key{Org: "T", Number: "Own", Run: "2"}
	s.idle()
	next, err := s.stores.courses.Compiled(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	head, err := s.stores.courses.Head(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	draft, _, err := s.stores.courses.ContentAt(t.Context(), head.Draft)
	if err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]string{"display_name": "Own again", "start": "2027-02-01T00:00:00Z", "end": "2027-06-01T00:00:00Z"} {
		if got, _ := draft.Root.Fields[field].Text(); got != want {
			t.Errorf("%s is %q, want %q", field, got, want)
		}
	}
	if n, ok := next.Find("sequential", "s1"); !ok || string(n.Block.Fields["due"]) != `"2027-03-01T23:59:59Z"` || string(n.Block.Fields["start"]) != `"2027-02-08T00:00:00Z"` {
		t.Errorf("dates of the subsection: %v", n)
	}
	if n, ok := next.Find("html", "text"); !ok || strings.Contains(string(n.Block.Body), "T+Own+1") || !strings.Contains(string(n.Block.Body), "/jump_to_id/p1") {
		t.Errorf("references: %s", n.Block.Body)
	}
	if next.Files["open.txt"].Digest != c.Files["open.txt"].Digest || len(next.Files) != len(c.Files) {
		t.Error("the files are others")
	}
	members, err := team.Members(t.Context(), s.stores.pool, team.In(key))
	if err != nil || len(members) != 3 {
		t.Errorf("team: %v, %v", members, err)
	}
	// Twice, in other case, of what is deleted, with what is wrong.
	for _, c := range []struct {
		run    string
		more   map[string]any
		status int
		says   string
	}{
		{"2", nil, http.StatusConflict, "There is a course with this"},
		{"a b", nil, http.StatusBadRequest, `"run"`},
		{"", nil, http.StatusBadRequest, `"run"`},
		{"3", map[string]any{"start": "soon"}, http.StatusBadRequest, `"start"`},
		{"3", map[string]any{"source_course_key": "course-v1:T+None+1"}, http.StatusForbidden, "team"},
		{"3", map[string]any{"source_course_key": "nonsense"}, http.StatusBadRequest, "source_course_key"},
	} {
		if got := again(c.run, c.more); got.status != c.status || !strings.Contains(got.body, c.says) {
			t.Errorf("run %q %v: %d %s", c.run, c.more, got.status, got.body)
		}
	}
	// By form, unscheduled, the maker alone.
	if got := st.post("/course/", "source_course_key", source, "org", "T", "number", "Own", "run", "bad run", "display_name", "x"); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "bad run") {
		t.Errorf("a form that was refused: %d", got.status)
	}
	if got := st.post("/course/", "source_course_key", source, "org", "T", "number", "Own", "run", "3", "display_name", "Third", "dates", "shift"); got.status != http.StatusSeeOther || got.location() != "/home/" {
		t.Errorf("by form: %d %s", got.status, got.location())
	}
	s.idle()
	third := course.Key{Org: "T", Number: "Own", Run: "3"}
	head, err = s.stores.courses.Head(t.Context(), third)
	if err != nil {
		t.Fatal(err)
	}
	draft, _, err = s.stores.courses.ContentAt(t.Context(), head.Draft)
	if start, _ := draft.Root.Fields["start"].Text(); err != nil || start != course.UnscheduledStart || string(draft.Root.Fields["end"]) != `"2026-06-01T00:00:00Z"` {
		t.Errorf("unscheduled: %v, end %s, %v", start, draft.Root.Fields["end"], err)
	}
	// One whose source went meanwhile fails, is told of, and can be dismissed.
	id, err := s.transfers.Start(t.Context(), transfer.Rerun, course.Key{Org: "T", Number: "Own", Run: "4"}, int64(ann.account.ID), "ann", transfer.Ask{Source: course.Key{Org: "T", Number: "Gone", Run: "1"}, Name: "Fourth"})
	if err != nil {
		t.Fatal(err)
	}
	s.idle()
	home := st.get("/home/", asPage...)
	if !strings.Contains(home.body, "Fourth") || !strings.Contains(home.body, "Dismiss") {
		t.Error("home does not tell of the re-run that failed")
	}
	note := st.get(fmt.Sprintf("/course_notifications/course-v1:T+Own+4/%d", id), asksJSON...)
	if !strings.Contains(note.body, `"state":"failed"`) {
		t.Errorf("the notification: %d %s", note.status, note.body)
	}
	if got := s.toStudio(bob).do("DELETE", fmt.Sprintf("/course_notifications/course-v1:T+Own+4/%d", id), "", asksJSON...); got.status != http.StatusNotFound {
		t.Errorf("another dismisses it: %d", got.status)
	}
	if got := st.do("DELETE", fmt.Sprintf("/course_notifications/course-v1:T+Own+4/%d", id), "", asksJSON...); got.status != http.StatusOK {
		t.Errorf("dismiss: %d %s", got.status, got.body)
	}
	if home := st.get("/home/", asPage...); strings.Contains(home.body, "Fourth") {
		t.Error("it is still there")
	}
}

// idle waits until no job is left.
func (s *testSite) idle() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	if err := s.queue.Idle(ctx); err != nil {
		s.t.Fatal(err)
	}
}

// TestStudioDelete: a course goes from the lists at once, comes back whole, and goes for good after its time.
func TestStudioDelete(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	c := s.teach(ownCourse("Own"))
	ann, bob := s.person("ann", nil), s.person("bob", nil)
	s.grant(ann, team.Instructor, c.Key)
	s.grant(bob, team.Staff, c.Key)
	s.grantSite(ann, team.CourseCreator)
	st, staff := s.toStudio(ann), s.toStudio(bob)
	path := "/course/" + c.Key.String()
	before := must(t, s.vars, "course", "export", c.Key.String())
	if got := staff.post(path+"/delete", "name", "Own"); got.status != http.StatusForbidden {
		t.Errorf("staff delete: %d", got.status)
	}
	if got := st.post(path+"/delete", "name", "Other"); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "not the name of the course") {
		t.Errorf("another name: %d", got.status)
	}
	if got := st.post(path+"/delete", "name", " own "); got.status != http.StatusSeeOther {
		t.Fatalf("delete: %d %s", got.status, got.body)
	}
	home := st.get("/home/", asPage...)
	if strings.Contains(home.body, `href="`+path+`"`) || !strings.Contains(home.body, "1 deleted course") || !strings.Contains(home.body, "deleted by ann") {
		t.Error("home after the deletion")
	}
	if home := staff.get("/home/", asPage...); strings.Contains(home.body, "deleted course") {
		t.Error("staff may restore it")
	}
	if got := st.get(path, asPage...); got.status != http.StatusNotFound {
		t.Errorf("the outline: %d", got.status)
	}
	if got := st.json("POST", "/course/", map[string]any{"org": "T", "number": "Own", "run": "1", "display_name": "x"}); got.status != http.StatusConflict || !strings.Contains(got.body, "was deleted") {
		t.Errorf("its key for another course: %d %s", got.status, got.body)
	}
	if _, err := s.stores.courses.Sweep(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if got := st.post(path + "/restore"); got.status != http.StatusSeeOther {
		t.Fatalf("restore: %d %s", got.status, got.body)
	}
	if after := must(t, s.vars, "course", "export", c.Key.String()); after != before {
		t.Error("it came back as another")
	}
	if got := st.get(path, asPage...); got.status != http.StatusOK {
		t.Errorf("the outline after: %d", got.status)
	}
	if got := st.post(path + "/restore"); got.status != http.StatusConflict {
		t.Errorf("restore what is there: %d", got.status)
	}
}

// TestEveryCourseThroughTheBrowser imports every shared course through the page's door and exports it there: what comes out is what the
// command gives.
func TestEveryCourseThroughTheBrowser(t *testing.T) {
	t.Parallel()
	courses := everyCourse(t)
	s := newTestSite(t, "LMS_RATE_LIMITS=no")
	ann := s.creator("ann")
	dir := t.TempDir()
	refused := 0
	for i, name := range sortedNames(courses) {
		path := courses[name]
		data, err := os.ReadFile(path)
		if err != nil { // a directory
			data = pack(t, os.DirFS(path))
		}
		key := ann.makeCourse("Test", fmt.Sprintf("C%d", i), "R", "Course")
		end := ann.bring(key, "course.tar.gz", data)
		if end.State == "failed" {
			if refused++; end.Message == "" || end.ImportStatus >= 0 {
				t.Errorf("%s: %+v", name, end)
			}
			continue
		}
		if page := ann.get(end.URL, asPage...); page.status != http.StatusOK {
			t.Errorf("%s: the report: %d", name, page.status)
		}
		got := ann.json("POST", "/export/"+key.String(), map[string]any{})
		if got.status != http.StatusOK {
			t.Errorf("%s: export: %d %s", name, got.status, got.body)
			continue
		}
		ann.await("/export_status/" + key.String())
		out := ann.get("/export_output/" + key.String())
		file := filepath.Join(dir, fmt.Sprintf("%d.tar.gz", i))
		must(t, s.vars, "course", "export", key.String(), file)
		if want, err := os.ReadFile(file); err != nil || out.body != string(want) {
			t.Errorf("%s: %d bytes through the browser, %d from the command, %v", name, len(out.body), len(want), err)
		}
	}
	t.Logf("%d courses, %d refused", len(courses), refused)
	if refused == 0 || refused > 8 {
		t.Errorf("%d of %d courses were refused", refused, len(courses))
	}
}
