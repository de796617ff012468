package main

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"lyceum/course"
	"lyceum/course/team"
)

// courseAsset is a file as clients of the JSON read it.
type courseAsset struct {
	Name      string  `json:"display_name"`
	Type      string  `json:"content_type"`
	URL       string  `json:"url"`
	External  string  `json:"external_url"`
	Portable  string  `json:"portable_url"`
	Thumbnail *string `json:"thumbnail"`
	Locked    bool    `json:"locked"`
	ID        string  `json:"id"`
	Size      int64   `json:"file_size"`
	Digest    string  `json:"digest"`
}

type uploadedAsset struct {
	Asset    courseAsset `json:"asset"`
	Message  string      `json:"msg"`
	Replaced bool        `json:"replaced"`
	Same     []string    `json:"same"`
	Notes    []string    `json:"notes"`
	Error    string      `json:"error"`
}

type assetsPage struct {
	Start, End, Page, PageSize int
	Total                      int `json:"totalCount"`
	Assets                     []courseAsset
	Sort, Direction            string
}

// upload brings files as a form does: names and contents in turn.
func (b *browser) upload(path string, headers []string, pairs ...string) reply {
	b.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i+1 < len(pairs); i += 2 {
		w, err := form.CreateFormFile("file", pairs[i])
		if err != nil {
			b.t.Fatal(err)
		}
		_, _ = w.Write([]byte(pairs[i+1]))
	}
	form.Close()
	return b.do(http.MethodPost, path, body.String(), append([]string{"Content-Type", form.FormDataContentType()}, headers...)...)
}

// puts uploads one file and returns what the server says of it.
func (b *browser) puts(path, name, content string) (out uploadedAsset, status int) {
	b.t.Helper()
	got := b.upload(path, asksJSON, name, content)
	if err := json.Unmarshal([]byte(got.body), &out); err != nil {
		b.t.Fatalf("upload of %q: %d %.300s", name, got.status, got.body)
	}
	return out, got.status
}

func (b *browser) assets(key course.Key, query string) (out assetsPage) {
	b.t.Helper()
	got := b.get("/assets/"+key.String()+"/?"+query, asksJSON...)
	if err := json.Unmarshal([]byte(got.body), &out); err != nil || got.status != http.StatusOK {
		b.t.Fatalf("files %s: %d %.300s", query, got.status, got.body)
	}
	return out
}

func (p assetsPage) names() string {
	var out []string
	for _, a := range p.Assets {
		out = append(out, a.Name)
	}
	return strings.Join(out, " ")
}

// picture is a PNG with a side of so many pixels.
func picture(t testing.TB, side int) string {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewNRGBA(image.Rect(0, 0, side, side))); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// teaching is a site with one course, its author in Studio and a learner.
func teaching(t *testing.T) (s *testSite, c *course.Compiled, author, learner *browser) {
	t.Helper()
	s = newTestSite(t, "LMS_RATE_LIMITS=no")
	c = s.teach(ownCourse("Own"))
	ann := s.person("ann", nil)
	s.grant(ann, team.Staff, c.Key)
	learner = s.person("lea", nil)
	s.enroll(learner, c)
	return s, c, s.toStudio(ann), learner
}

// TestFilesJSON takes files the way of scripts: list, upload, replace, lock, delete.
func TestFilesJSON(t *testing.T) {
	t.Parallel()
	s, c, ann, lea := teaching(t)
	base := "/assets/" + c.Key.String() + "/"
	before := ann.assets(c.Key, "").Total

	up, status := ann.puts(base, `C:\fakepath\Brain green.png`, picture(t, 300))
	if status != http.StatusOK || up.Asset.Name != "Brain green.png" || up.Asset.Portable != "/static/Brain_green.png" || up.Asset.Type != "image/png" ||
		up.Asset.Thumbnail == nil || up.Message == "" || up.Replaced || up.Asset.ID != "asset-v1:T+Own+1+type@asset+block@Brain_green.png" {
		t.Fatalf("upload: %d %+v", status, up)
	}
	if got := ann.get(*up.Asset.Thumbnail); got.status != http.StatusOK || got.header.Get("Content-Type") != "image/jpeg" || !strings.HasPrefix(got.body, "\xff\xd8") {
		t.Errorf("thumbnail: %d %v", got.status, got.header)
	}
	if got := lea.get(up.Asset.URL); got.status != http.StatusOK || got.body != picture(t, 300) {
		t.Errorf("learners get %d, %d bytes", got.status, len(got.body))
	}
	if want := s.server.URL + up.Asset.URL; up.Asset.External != want {
		t.Errorf("web address %q, want %q", up.Asset.External, want)
	}

	// The list.
	list := ann.assets(c.Key, "sort=display_name&direction=asc&page_size=3")
	if list.Total != before+1 || list.names() != "book.pdf Brain green.png locked.txt" || list.Start != 0 || list.End != 3 || list.PageSize != 3 || list.Direction != "asc" {
		t.Errorf("first page: %+v", list)
	}
	if got := ann.assets(c.Key, "sort=display_name&direction=asc&page_size=3&page=100"); got.Page != before/3 || len(got.Assets) == 0 {
		t.Errorf("a page past the end: %+v", got)
	}
	for query, want := range map[string]string{
		"text_search=brain": "Brain green.png", "text_search=BRAIN_gr": "Brain green.png", "text_search=brain+none": "",
		"asset_type=Images&sort=display_name&direction=asc": "Brain green.png pic.svg", "asset_type=Code,Audio": "page.html", "asset_type=OTHER": "",
	} {
		if got := ann.assets(c.Key, query).names(); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	for _, query := range []string{"asset_type=Nonsense", "sort=nonsense", "page=x", "page=-1"} {
		if got := ann.get(base+"?"+query, asksJSON...); got.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", query, got.status, got.body)
		}
	}

	// Where it is used.
	var usage struct {
		Locations []string `json:"usage_locations"`
	}
	got := ann.get(base+"asset-v1:T+Own+1+type@asset+block@pic.svg/usage", asksJSON...)
	if err := json.Unmarshal([]byte(got.body), &usage); err != nil || len(usage.Locations) < 2 || usage.Locations[0] != "First - Unit 1 / Text" {
		t.Errorf("usage: %d %s", got.status, got.body)
	}

	// Locking: only people of the course.
	stranger := newBrowser(t, s.server.URL, s.server.Client())
	if got := ann.json(http.MethodPut, base+up.Asset.ID, map[string]bool{"locked": true}); got.status != http.StatusCreated {
		t.Fatalf("lock: %d %s", got.status, got.body)
	}
	if a, b := stranger.get(up.Asset.URL).status, lea.get(up.Asset.URL).status; a != http.StatusNotFound || b != http.StatusOK {
		t.Errorf("locked: a stranger gets %d, a learner %d", a, b)
	}

	// Replacing keeps the lock, and the author is told of another with the same bytes.
	up2, _ := ann.puts(base, "Brain green.png", "no picture at all")
	if !up2.Replaced || !up2.Asset.Locked || up2.Asset.Thumbnail != nil || len(up2.Notes) != 1 {
		t.Errorf("replaced: %+v", up2)
	}
	if twin, _ := ann.puts(base, "twin.txt", "no picture at all"); len(twin.Same) != 1 || twin.Same[0] != "Brain_green.png" {
		t.Errorf("a twin: %+v", twin)
	}
	if vector, _ := ann.puts(base, "x.svg", `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`); len(vector.Notes) != 1 {
		t.Errorf("a picture with scripts: %+v", vector)
	} else if got := lea.get(vector.Asset.URL); !strings.HasPrefix(got.header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("a picture with scripts is served with %v", got.header)
	}

	// What the author did not know is told, and nothing is changed.
	for _, tc := range []struct {
		query string
		want  int
	}{
		{"?replaces=", http.StatusConflict},
		{"?replaces=" + up.Asset.Digest, http.StatusConflict},
		{"?replaces=" + up2.Asset.Digest, http.StatusOK},
		{"?replaces=", http.StatusOK}, // sent again: it is there already
	} {
		if got, status := ann.puts(base+tc.query, "Brain green.png", "a third"); status != tc.want {
			t.Errorf("%s: %d %+v", tc.query, status, got)
		}
	}
	if got, status := ann.puts(base+"?replaces="+up.Asset.Digest, "new.txt", "x"); status != http.StatusConflict {
		t.Errorf("to replace what is not there: %d %+v", status, got)
	}

	// Deleting.
	if got := ann.do(http.MethodDelete, base+url.PathEscape(up.Asset.ID), "", asksJSON...); got.status != http.StatusNoContent {
		t.Errorf("delete: %d %s", got.status, got.body)
	}
	if got := ann.do(http.MethodDelete, base+up.Asset.ID, "", asksJSON...); got.status != http.StatusNotFound {
		t.Errorf("delete again: %d %s", got.status, got.body)
	}
	if got := lea.get(up.Asset.URL); got.status != http.StatusNotFound {
		t.Errorf("learners still get %d", got.status)
	}

	// Names nobody should send.
	for name, want := range map[string]string{"../../etc/passwd": "/static/passwd", "a\u202egnp.exe": "/static/agnp.exe", "ein Bild&nbsp;ä.txt": "/static/ein_Bild_nbsp_%C3%A4.txt"} {
		if got, status := ann.puts(base, name, "x"); status != http.StatusOK || got.Asset.Portable != want {
			t.Errorf("%q: %d %+v", name, status, got)
		}
	}
	for _, name := range []string{"..", "///", "...", strings.Repeat("n", 300) + ".txt"} {
		if got := ann.upload(base, asksJSON, name, "x"); got.status != http.StatusBadRequest {
			t.Errorf("%.10q: %d %s", name, got.status, got.body)
		}
	}

	// Each act is a version with its words.
	line, err := s.stores.courses.Line(t.Context(), c.Key, course.Draft, "", 20)
	if err != nil || len(line) < 8 {
		t.Fatalf("history: %d versions, %v", len(line), err)
	}
	var words []string
	for _, v := range line {
		words = append(words, v.Author+": "+v.Message)
	}
	for _, want := range []string{"ann: Upload Brain green.png", "ann: Lock Brain green.png", "ann: Replace Brain green.png", "ann: Delete Brain green.png"} {
		if !strings.Contains(strings.Join(words, "\n"), want) {
			t.Errorf("history lacks %q: %q", want, words)
		}
	}
}
