package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	coursefiles "lyceum/authoring/files"
	"lyceum/course"
)

func random(n int) []byte {
	out := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{3}).Read(out)
	return out
}

func sumOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// piece brings bytes of a file the way pages do.
func (b *browser) piece(key course.Key, about string, content []byte, from, to int) reply {
	b.t.Helper()
	span := fmt.Sprintf("bytes %d-%d/%d", from, to-1, len(content))
	if from == to {
		span = fmt.Sprintf("bytes */%d", len(content))
	}
	return b.do(http.MethodPost, "/assets/"+key.String()+"/?"+about, string(content[from:to]), "Content-Type", "application/octet-stream", "Content-Range", span, "Accept", "application/json")
}

// TestFilePieces brings a file in pieces: out of order, twice, over a line that breaks, and asked for again when its answer was lost.
func TestFilePieces(t *testing.T) {
	t.Parallel()
	_, c, ann, lea := teaching(t)
	content := random(5<<20 + 3)
	about := url.Values{"name": {"large file.bin"}, "size": {fmt.Sprint(len(content))}, "print": {"1"}, "replaces": {""}}.Encode()
	var at struct {
		Received int64        `json:"received"`
		Asset    *courseAsset `json:"asset"`
	}
	ask := func() reply {
		t.Helper()
		got := ann.get("/assets/"+c.Key.String()+"/upload?"+about, asksJSON...)
		at.Received, at.Asset = 0, nil
		if err := json.Unmarshal([]byte(got.body), &at); err != nil {
			t.Fatalf("%d %s", got.status, got.body)
		}
		return got
	}
	if got := ask(); got.status != http.StatusOK || at.Received != 0 {
		t.Fatalf("before: %d %s", got.status, got.body)
	}
	send := func(from, to, status int, received int64) {
		t.Helper()
		got := ann.piece(c.Key, about, content, from, to)
		var out struct {
			Received int64 `json:"received"`
		}
		if json.Unmarshal([]byte(got.body), &out) != nil || got.status != status || out.Received != received {
			t.Fatalf("bytes %d-%d: %d %s, want %d and %d", from, to, got.status, got.body, status, received)
		}
	}
	send(0, 1000, 200, 1000)
	send(2000, 3000, 409, 1000) // a gap: told how far it has come
	send(0, 1000, 200, 1000)    // the answer was lost
	send(500, 2<<20, 200, 2<<20)
	if ask(); at.Received != 2<<20 {
		t.Fatalf("come to %d", at.Received)
	}
	if got := ann.piece(c.Key, about, content, len(content), len(content)); got.status != http.StatusConflict {
		t.Errorf("finished too early: %d %s", got.status, got.body)
	}
	if n := ann.assets(c.Key, "text_search=large").Total; n != 0 {
		t.Error("half a file is in the list")
	}
	send(2<<20, 4<<20, 200, 4<<20)
	var group sync.WaitGroup // two windows bring the end at once
	for range 2 {
		group.Go(func() { ann.piece(c.Key, about, content, 4<<20, len(content)) })
	}
	group.Wait()
	if ask(); at.Asset == nil || at.Asset.Digest != sumOf(content) || at.Asset.Portable != "/static/large_file.bin" {
		t.Fatalf("in force: %+v", at)
	}
	if got := ann.piece(c.Key, about, content, len(content), len(content)); got.status != http.StatusOK {
		t.Errorf("finished again: %d %s", got.status, got.body)
	}
	if got := ann.piece(c.Key, about, content, 4<<20, len(content)); got.status != http.StatusOK || !strings.Contains(got.body, sumOf(content)) {
		t.Errorf("a window that brings the end after another: %d %s", got.status, got.body)
	}
	other := strings.Replace(about, "print=1", "print=2", 1)
	if got := ann.piece(c.Key, other, content, 0, 1000); got.status != http.StatusConflict || !strings.Contains(got.body, `"asset"`) {
		t.Errorf("another file of the name: %d %s", got.status, got.body)
	}
	if got := lea.get(at.Asset.URL); got.body != string(content) {
		t.Errorf("learners get %d, %d bytes", got.status, len(got.body))
	}
	if n := ann.assets(c.Key, "text_search=large").Total; n != 1 {
		t.Errorf("%d files", n)
	}
	// Somebody else's upload of the same file is another.
	if got := lea.get("/assets/"+c.Key.String()+"/upload?"+about, asksJSON...); got.status == http.StatusOK {
		t.Errorf("a learner asks: %d", got.status)
	}
	for _, span := range []string{"bytes 0-5/3", "bytes x", "bytes 0-/5", "items 0-1/2", "bytes 0-1/99999999999999999999"} {
		got := ann.do(http.MethodPost, "/assets/"+c.Key.String()+"/?name=x", "x", "Content-Type", "application/octet-stream", "Content-Range", span, "Accept", "application/json")
		if got.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", span, got.status, got.body)
		}
	}
	// As scripts for the reference bring pieces: the file of a form.
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	w, err := form.CreateFormFile("file", "form.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write([]byte("whole"))
	form.Close()
	got := ann.do(http.MethodPost, "/assets/"+c.Key.String()+"/", body.String(), "Content-Type", form.FormDataContentType(), "Content-Range", "bytes 0-4/5", "Accept", "application/json")
	if got.status != http.StatusOK || !strings.Contains(got.body, "/static/form.txt") {
		t.Errorf("a piece in a form: %d %s", got.status, got.body)
	}
}

// TestFileSizes: a file of the largest size is taken in one request, and one byte more is refused with words.
func TestFileSizes(t *testing.T) {
	t.Parallel()
	_, c, ann, _ := teaching(t)
	content := strings.Repeat("x", coursefiles.MaxSize)
	base := "/assets/" + c.Key.String() + "/"
	if up, status := ann.puts(base, "largest.bin", content); status != http.StatusOK || up.Asset.Size != coursefiles.MaxSize {
		t.Errorf("the largest: %d %+v", status, up)
	}
	if up, status := ann.puts(base, "larger.bin", content+"x"); status != http.StatusRequestEntityTooLarge || !strings.Contains(up.Error, "100 MB") {
		t.Errorf("one byte more: %d %+v", status, up)
	}
	about := url.Values{"name": {"larger.bin"}, "size": {fmt.Sprint(coursefiles.MaxSize + 1)}}.Encode()
	if got := ann.get(base+"upload?"+about, asksJSON...); got.status != http.StatusRequestEntityTooLarge {
		t.Errorf("asked before: %d %s", got.status, got.body)
	}
	if n := ann.assets(c.Key, "text_search=larger").Total; n != 0 {
		t.Error("it is in the list")
	}
}

// TestFilesAtOnce: of uploads of one new name at once one is taken, the others are told; those that do not care all work, and no change
// of another file is lost.
func TestFilesAtOnce(t *testing.T) {
	t.Parallel()
	_, c, ann, _ := teaching(t)
	base := "/assets/" + c.Key.String() + "/"
	before := ann.assets(c.Key, "").Total
	var group sync.WaitGroup
	var mu sync.Mutex
	status := map[int]int{}
	for i := range 4 {
		group.Go(func() {
			_, code := ann.puts(base+"?replaces=", "one.txt", fmt.Sprintf("content %d", i))
			mu.Lock()
			status[code]++
			mu.Unlock()
		})
		group.Go(func() { ann.puts(base, fmt.Sprintf("other %d.txt", i), "x") })
	}
	group.Wait()
	if status[http.StatusOK] != 1 || status[http.StatusConflict] != 3 {
		t.Errorf("of four at once: %v", status)
	}
	if now := ann.assets(c.Key, "").Total; now != before+5 {
		t.Errorf("%d files, want %d", now, before+5)
	}
}

var undoValue = regexp.MustCompile(`was=([0-9a-f]*\.[0-9a-f]*)`)

// TestFilesPage takes files the way of the page's forms: several at once, acts on several, a zip, and back.
func TestFilesPage(t *testing.T) {
	t.Parallel()
	_, c, ann, lea := teaching(t)
	base := "/assets/" + c.Key.String()
	got := ann.upload(base+"/", asPage, "a.txt", "first", "b.txt", "second", "<img src=x onerror=alert(1)>.png", "no picture")
	if got.status != http.StatusSeeOther {
		t.Fatalf("upload: %d %s", got.status, got.body)
	}
	page := ann.get(base+"/", asPage...)
	for _, want := range []string{"a.txt", "b.txt", "&lt;img src=x onerror=alert(1)&gt;.png", "Files uploaded: 3"} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page.body, "<img src=x") {
		t.Error("a name is markup")
	}
	for _, address := range []string{"/asset-v1:T+Own+1+type@asset+block@pic.svg", "/asset-v1:T+Own+1+type@asset+block@pic.svg/usage", "/asset-v1:T+Own+1+type@asset+block@a.txt/"} {
		if got := ann.get(base+address, asPage...); got.status != http.StatusOK {
			t.Errorf("%s: %d", address, got.status)
		}
	}
	act := func(pairs ...string) reply {
		return ann.do(http.MethodPost, base+"/act", form(pairs...), append([]string{"Content-Type", formType}, asPage...)...)
	}
	archive := act("act", "zip", "name", "a.txt", "name", "b.txt")
	z, err := zip.NewReader(strings.NewReader(archive.body), int64(len(archive.body)))
	if err != nil || len(z.File) != 2 || z.File[0].Name != "a.txt" {
		t.Fatalf("zip: %d %v", archive.status, err)
	}
	r, err := z.File[1].Open()
	if err != nil {
		t.Fatal(err)
	}
	if text, _ := io.ReadAll(r); string(text) != "second" {
		t.Errorf("in the zip: %q", text)
	}

	// Deleted and back; a name that is taken meanwhile is not overwritten.
	url := "/asset-v1:T+Own+1+type@asset+block@a.txt"
	got = act("act", "delete", "name", "a.txt", "name", "b.txt")
	was := undoValue.FindStringSubmatch(got.location())
	if got.status != http.StatusSeeOther || was == nil || lea.get(url).status != http.StatusNotFound {
		t.Fatalf("delete: %d %s, learners get %d", got.status, got.location(), lea.get(url).status)
	}
	if got := act("act", "undo", "was", was[1]); got.status != http.StatusSeeOther || lea.get(url).body != "first" {
		t.Errorf("undo: %d %s", got.status, got.body)
	}
	got = act("act", "delete", "name", "a.txt")
	was = undoValue.FindStringSubmatch(got.location())
	ann.puts(base+"/", "a.txt", "third")
	if got := act("act", "undo", "was", was[1]); got.status != http.StatusConflict || lea.get(url).body != "third" {
		t.Errorf("undo over another file: %d, learners get %q", got.status, lea.get(url).body)
	}
	// Lists of other courses are no way in.
	if got := act("act", "undo", "was", strings.Repeat("a", 64)+"."+strings.Repeat("b", 64)); got.status != http.StatusNotFound {
		t.Errorf("a list that never was: %d", got.status)
	}
	if got := act("act", "delete", "name", "a.txt", "name", "none.txt"); got.status != http.StatusNotFound || lea.get(url).status != http.StatusOK {
		t.Errorf("one of two is not there: %d", got.status)
	}
}

// TestTextbooks takes textbooks the way of scripts and of forms; learners find them as tabs.
func TestTextbooks(t *testing.T) {
	t.Parallel()
	s, c, ann, lea := teaching(t)
	base := "/textbooks/" + c.Key.String()
	list := func() (out []map[string]any) {
		t.Helper()
		got := ann.get(base, asksJSON...)
		if err := json.Unmarshal([]byte(got.body), &out); err != nil || got.status != http.StatusOK {
			t.Fatalf("list: %d %s", got.status, got.body)
		}
		return out
	}
	if got := list(); len(got) != 1 || got[0]["tab_title"] != "Book" || got[0]["id"] == "" {
		t.Fatalf("as imported: %v", got)
	}
	got := ann.json(http.MethodPost, base, map[string]any{"tab_title": "Second", "chapters": []any{map[string]string{"title": "I", "url": "/static/book.pdf"}}, "extra": []int{1}})
	if got.status != http.StatusCreated || !strings.HasPrefix(got.header.Get("Location"), base+"/") {
		t.Fatalf("add: %d %v %s", got.status, got.header, got.body)
	}
	second := got.header.Get("Location")
	if got := lea.get("/courses/" + c.Key.String() + "/pdfbook/1/"); got.status != http.StatusOK || !strings.Contains(got.body, "Second") {
		t.Errorf("learners get %d", got.status)
	}
	if got := ann.json(http.MethodPut, second, map[string]any{"tab_title": "Second, better", "chapters": []any{}}); got.status != http.StatusCreated {
		t.Errorf("change: %d %s", got.status, got.body)
	}
	if got := ann.get(second, asksJSON...); got.status != http.StatusOK || !strings.Contains(got.body, "Second, better") {
		t.Errorf("one: %d %s", got.status, got.body)
	}
	for _, bad := range []any{map[string]any{}, map[string]any{"tab_title": ""}, map[string]any{"tab_title": "x", "id": "a"}, map[string]any{"tab_title": "x", "chapters": "y"}, "text", []int{1}} {
		if got := ann.json(http.MethodPost, base, bad); got.status != http.StatusBadRequest {
			t.Errorf("%v: %d %s", bad, got.status, got.body)
		}
	}
	if got := ann.json(http.MethodPut, base, []any{map[string]any{"tab_title": "A", "id": "1"}, map[string]any{"tab_title": "B", "id": "1"}}); got.status != http.StatusBadRequest || len(list()) != 2 {
		t.Errorf("two of one id: %d %s", got.status, got.body)
	}
	if got := ann.do(http.MethodDelete, second, "", asksJSON...); got.status != http.StatusNoContent || len(list()) != 1 {
		t.Errorf("delete: %d %s", got.status, got.body)
	}
	if got := ann.do(http.MethodDelete, second, "", asksJSON...); got.status != http.StatusNotFound {
		t.Errorf("delete again: %d", got.status)
	}

	// The form, with a chapter uploaded on the spot.
	save := func(path string, fields map[string][]string, uploads ...string) reply {
		t.Helper()
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		for name, values := range fields {
			for _, v := range values {
				_ = w.WriteField(name, v)
			}
		}
		for i := 0; i+2 < len(uploads); i += 3 {
			f, err := w.CreateFormFile(uploads[i], uploads[i+1])
			if err != nil {
				t.Fatal(err)
			}
			_, _ = f.Write([]byte(uploads[i+2]))
		}
		w.Close()
		return ann.do(http.MethodPost, path, body.String(), append([]string{"Content-Type", w.FormDataContentType()}, asPage...)...)
	}
	fields := map[string][]string{"tab_title": {"Reader"}, "title": {"One", "Two", ""}, "url": {"/static/book.pdf", "", ""}, "act": {"save"}}
	if got := save(base+"/new", fields); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, `value="Two"`) {
		t.Errorf("a chapter without a file: %d", got.status)
	}
	if got := save(base+"/new", fields, "upload.1", "two.exe", "MZ"); got.status != http.StatusUnprocessableEntity {
		t.Errorf("a chapter that is no PDF: %d", got.status)
	}
	if got := save(base+"/new", fields, "upload.1", "book.pdf", "another of that name"); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "already") {
		t.Errorf("a chapter whose name is taken: %d", got.status)
	}
	if got := save(base+"/new", fields, "upload.1", "two.pdf", "%PDF-1.4 two"); got.status != http.StatusSeeOther {
		t.Fatalf("save: %d %s", got.status, got.body)
	}
	if got := list(); len(got) != 2 || got[1]["tab_title"] != "Reader" {
		t.Fatalf("saved: %v", got)
	}
	if got := lea.get("/courses/" + c.Key.String() + "/pdfbook/1/chapter/2/"); got.status != http.StatusOK || !strings.Contains(got.body, "two.pdf") {
		t.Errorf("learners get %d", got.status)
	}
	id := list()[1]["id"].(string)
	if got := ann.get(base+"/"+id, asPage...); got.status != http.StatusOK {
		t.Errorf("its form: %d", got.status)
	}
	// What is refused leaves no file behind, and says that it is to be chosen again.
	files := func() []string {
		t.Helper()
		head, err := s.stores.courses.Head(t.Context(), c.Key)
		if err != nil {
			t.Fatal(err)
		}
		all, err := s.stores.files.Manifest(t.Context(), head.Files)
		if err != nil {
			t.Fatal(err)
		}
		return slices.Sorted(maps.Keys(all))
	}
	before := files()
	refused := map[string][]string{"tab_title": {""}, "title": {"One", "Two"}, "url": {"/static/book.pdf", ""}, "act": {"save"}}
	if got := save(base+"/new", refused, "upload.1", "three.pdf", "%PDF-1.4 three"); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "Choose three.pdf again") {
		t.Errorf("a file with a form that is refused: %d", got.status)
	}
	refused["tab_title"], refused["was"] = []string{"Other"}, []string{"old"}
	if got := save(base+"/new", refused, "upload.1", "three.pdf", "%PDF-1.4 three"); got.status != http.StatusConflict {
		t.Errorf("a file with an old form: %d", got.status)
	}
	refused["was"] = nil
	if got := save(base+"/new", refused, "upload.0", "three.pdf", "%PDF-1.4 three", "upload.1", "book.pdf", "another"); got.status != http.StatusUnprocessableEntity {
		t.Errorf("two files, one of which is refused: %d", got.status)
	}
	if after := files(); !slices.Equal(before, after) {
		t.Errorf("files of refused forms stay: %v, were %v", after, before)
	}
	// A tab that lay open is told that somebody else was there.
	fields["was"] = []string{"old"}
	if got := save(base+"/"+url.PathEscape(id), fields, "upload.1", "two.pdf", "%PDF-1.4 two"); got.status != http.StatusConflict || !strings.Contains(got.body, `value="Reader"`) {
		t.Errorf("an old tab: %d", got.status)
	}
	act := func(pairs ...string) reply {
		return ann.do(http.MethodPost, base, form(pairs...), append([]string{"Content-Type", formType}, asPage...)...)
	}
	if act("act", "up", "book", id); list()[0]["tab_title"] != "Reader" {
		t.Errorf("moved: %v", list())
	}
	got = act("act", "delete", "book", id)
	q, err := url.Parse(got.location())
	if err != nil || len(list()) != 1 {
		t.Fatalf("deleted: %d %v", got.status, list())
	}
	if got := act("act", "undo", "book", id, "was", q.Query().Get("was")); got.status != http.StatusSeeOther || len(list()) != 2 || list()[0]["tab_title"] != "Reader" {
		t.Errorf("undone: %d %v", got.status, list())
	}
	if got := ann.get(base, asPage...); got.status != http.StatusOK || !strings.Contains(got.body, "Reader") {
		t.Errorf("the page: %d", got.status)
	}
}
