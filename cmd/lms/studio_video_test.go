package main

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"lyceum/course"
	"lyceum/course/modulestore"
	"lyceum/course/team"
)

// multipartForm is a form with files: pairs of names and texts, and files as NAME, FILENAME, CONTENT.
func multipartForm(t *testing.T, pairs []string, files ...[3]string) (body, kind string) {
	t.Helper()
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	for i := 0; i < len(pairs); i += 2 {
		if err := w.WriteField(pairs[i], pairs[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range files {
		part, err := w.CreateFormFile(f[0], f[1])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write([]byte(f[2])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String(), w.FormDataContentType()
}

const (
	srt  = "1\n00:00:01,000 --> 00:00:02,000\nHello\n\n"
	srt2 = "1\n00:00:01,000 --> 00:00:02,000\nHello again\n\n"
)

func TestStudioEditVideo(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, "LMS_RATE_LIMITS=no")
	files := ownCourse("Film")
	files["video/v1.xml"] = &fstest.MapFile{Mode: 0o644, Data: []byte("<video url_name=\"v1\" display_name=\"Film\" youtube=\"0.75:slow_one123,1.00:dQw4w9WgXcQ\" sub=\"old\" oddity=\"7\">\n" +
		"  <source src=\"https://example.org/a.mp4\"/>\n  <transcript language=\"de\" src=\"film-de.srt\"/>\n  <custom  a='1'/>\n</video>")}
	files["static/subs_old.srt.sjson"] = &fstest.MapFile{Mode: 0o644, Data: []byte(`{"start": [1000], "end": [2000], "text": ["Old words"]}`)}
	files["static/film-de.srt"] = &fstest.MapFile{Mode: 0o644, Data: []byte(strings.Replace(srt, "Hello", "Hallo", 1))}
	c := s.teach(files)
	ann := s.person("ann", nil)
	s.grant(ann, team.Staff, c.Key)
	st := s.toStudio(ann)
	u := c.Key.Usage("video", "v1")
	send := func(pairs []string, sent ...[3]string) reply {
		t.Helper()
		_, versions := st.formOf(u.String())
		body, kind := multipartForm(t, append(versions, pairs...), sent...)
		return st.do("POST", "/edit/"+u.String(), body, append([]string{"Content-Type", kind}, asksJSON...)...)
	}
	saved := func(what string, got reply) *course.Block {
		t.Helper()
		if got.status != http.StatusOK {
			t.Fatalf("%s: %d %s", what, got.status, got.body)
		}
		return s.draftBlock(u)
	}

	page, _ := st.formOf(u.String())
	for _, want := range []string{"https://example.org/a.mp4", `value="dQw4w9WgXcQ"`, "Deutsch", "English", "Download SRT", "data-video="} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the form does not show %q", want)
		}
	}
	if got := st.get("/edit/" + u.String() + "?transcript=txt/en"); got.status != http.StatusOK || got.body != "Old words\n" {
		t.Errorf("download: %d %q", got.status, got.body)
	}
	if got := st.get("/edit/" + u.String() + "?transcript=srt/fr"); got.status != http.StatusNotFound {
		t.Errorf("download what is not there: %d", got.status)
	}

	b := saved("sources", send([]string{"v.sources", "https://example.org/b.m3u8\r\n/static/film.mp4\r\n"}))
	if b.Fields["html5_sources"] != `["https://example.org/b.m3u8","/static/film.mp4"]` || strings.Contains(string(b.Body), "<source") || !strings.Contains(string(b.Body), "<custom  a='1'/>") {
		t.Errorf("sources: %v %s", b.Fields, b.Body)
	}
	if b.Attrs["oddity"] != "7" {
		t.Errorf("what nobody knows is gone: %v", b.Attrs)
	}
	b = saved("YouTube", send([]string{"v.youtube", "https://youtu.be/abcdefghijk"}))
	if b.Fields["youtube_id_1_0"] != `"abcdefghijk"` || b.Fields["youtube_id_0_75"] != `"slow_one123"` || b.Fields["youtube"].IsSet() {
		t.Errorf("YouTube: %v %v", b.Fields, b.Attrs)
	}
	for input, typed := range map[string]string{"v.sources": "javascript:alert(1)", "v.youtube": "https://example.org/", "v.start": "soon"} {
		if got := send([]string{input, typed}); got.status != http.StatusBadRequest || !strings.Contains(got.body, `"`+input+`":`) {
			t.Errorf("%s %q: %d %s", input, typed, got.status, got.body)
		}
	}

	// Transcripts: new, replaced, renamed, deleted; what is none is refused in words.
	for name, text := range map[string]string{"notes.txt": "Just words", "broken.srt": "nothing", "empty.vtt": ""} {
		got := send([]string{"v.new.0.lang", "fr"}, [3]string{"v.new.0.file", name, text})
		if got.status != http.StatusBadRequest || !strings.Contains(got.body, `"v.new.0.file":`) {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	if got := send(nil, [3]string{"v.new.0.file", "a.srt", srt}); got.status != http.StatusBadRequest || !strings.Contains(got.body, "Choose the language") {
		t.Errorf("without a language: %d %s", got.status, got.body)
	}
	if got := send([]string{"v.new.0.lang", "de"}, [3]string{"v.new.0.file", "a.srt", srt}); got.status != http.StatusBadRequest || !strings.Contains(got.body, "There is a transcript") {
		t.Errorf("a language twice: %d %s", got.status, got.body)
	}
	b = saved("new", send([]string{"v.new.0.lang", "fr"}, [3]string{"v.new.0.file", "a.srt", srt}))
	if b.Fields["transcripts"] != `{"de":"film-de.srt","en":"subs_old.srt.sjson","fr":"v1-fr.srt"}` || b.Fields["sub"].IsSet() || strings.Contains(string(b.Body), "<transcript") {
		t.Errorf("a new transcript: %v %s", b.Fields, b.Body)
	}
	if got := st.get("/edit/" + u.String() + "?transcript=txt/fr"); got.body != "Hello\n" {
		t.Errorf("the new one: %d %q", got.status, got.body)
	}
	b = saved("replace", send(nil, [3]string{"v.t.fr.file", "a.srt", srt2}))
	if !strings.Contains(string(b.Fields["transcripts"]), `"fr":"v1-fr-`) {
		t.Errorf("a published version would show the new words: %v", b.Fields)
	}
	if got := st.get("/edit/" + u.String() + "?transcript=txt/fr"); got.body != "Hello again\n" {
		t.Errorf("the replaced one: %d %q", got.status, got.body)
	}
	b = saved("rename and delete", send([]string{"v.t.fr.lang", "it", "v.t.de.delete", "1"}))
	if text := string(b.Fields["transcripts"]); strings.Contains(text, `"fr"`) || strings.Contains(text, `"de"`) || !strings.Contains(text, `"it"`) {
		t.Errorf("renamed and deleted: %s", text)
	}

	b = saved("handout", send(nil, [3]string{"v.handout.file", "My notes.pdf", "%PDF-1.4"}))
	if b.Fields["handout"] != `"/static/My_notes.pdf"` {
		t.Errorf("handout: %v", b.Fields)
	}
	b = saved("two files of one name", send(nil, [3]string{"v.handout.file", "both.gif", "GIF89a one"}, [3]string{"v.thumbnail.file", "both.gif", "GIF89a two"}))
	if b.Fields["handout"] != `"/static/both.gif"` || !strings.HasPrefix(string(b.Fields["thumbnail"]), `"/static/both-`) {
		t.Errorf("two files of one name: %v", b.Fields)
	}
	if got := st.get("/" + c.Key.Asset("both.gif").String()); got.body != "GIF89a one" {
		t.Errorf("the first of two files of one name: %d %q", got.status, got.body)
	}
	if got := send(nil, [3]string{"v.thumbnail.file", "x.png", "no picture"}); got.status != http.StatusBadRequest {
		t.Errorf("a picture that is none: %d %s", got.status, got.body)
	}

	// The doors of programs.
	text, textKind := multipartForm(t, []string{"locator", u.String()}, [3]string{"transcript-file", "en.srt", srt2})
	if got := st.do("POST", "/transcripts/upload", text, append([]string{"Content-Type", textKind}, asksJSON...)...); got.status != http.StatusOK || !strings.Contains(got.body, `"status":"Success"`) {
		t.Errorf("upload by a program: %d %s", got.status, got.body)
	}
	long, longKind := multipartForm(t, []string{"locator", u.String()}, [3]string{"transcript-file", "en.srt", srt2 + strings.Repeat("\n", 2<<20)})
	if got := st.do("POST", "/transcripts/upload", long, append([]string{"Content-Type", longKind}, asksJSON...)...); got.status != http.StatusOK {
		t.Errorf("a long transcript by a program: %d %s", got.status, got.body)
	}
	if got := st.get("/transcripts/download?locator=" + u.String()); got.status != http.StatusOK || !strings.Contains(got.body, "Hello again") {
		t.Errorf("download by a program: %d %s", got.status, got.body)
	}

	// The player of what is typed.
	body, kind := multipartForm(t, []string{"act", "preview", "v.sources", "https://example.org/typed.mp4"})
	if got := st.do("POST", "/edit/"+u.String(), body, append([]string{"Content-Type", kind}, asPage...)...); got.status != http.StatusOK || !strings.Contains(got.body, "typed.mp4") {
		t.Errorf("preview: %d %s", got.status, got.body)
	}

	// What cannot be read is no reason to look at half of a form.
	_, versions := st.formOf(u.String())
	head, err := s.stores.courses.Head(t.Context(), c.Key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.stores.courses.EditFiles(t.Context(), modulestore.FilesEdit{Key: c.Key, Seen: head, Files: strings.Repeat("0", 64)}); err != nil {
		t.Fatal(err)
	}
	for _, act := range []string{"check", "preview"} {
		body, kind := multipartForm(t, append(slices.Clone(versions), "act", act, "v.new.0.lang", "nl"), [3]string{"v.new.0.file", "a.srt", srt})
		if got := st.do("POST", "/edit/"+u.String(), body, append([]string{"Content-Type", kind}, asksJSON...)...); got.status < 400 {
			t.Errorf("%s without the list of files: %d", act, got.status)
		}
	}
}

// TestStudioTranscriptDoors: what older front ends hear of the files for the sources of a video, and what they can do with it.
func TestStudioTranscriptDoors(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, "LMS_RATE_LIMITS=no")
	files := ownCourse("Film")
	files["video/v1.xml"] = &fstest.MapFile{Mode: 0o644, Data: []byte(`<video url_name="v1" display_name="Film" sub="old"/>`)}
	for name, words := range map[string]string{"old": "Old words", "one": "One", "two": "Two", "same": "One", "tube1234567": "Tube"} {
		files["static/subs_"+name+".srt.sjson"] = &fstest.MapFile{Mode: 0o644, Data: []byte(`{"start": [1000], "end": [2000], "text": ["` + words + `"]}`)}
	}
	c := s.teach(files)
	ann := s.person("ann", nil)
	s.grant(ann, team.Staff, c.Key)
	st := s.toStudio(ann)
	u := c.Key.Usage("video", "v1")
	data := func(html5 string, videos ...string) string {
		ask := map[string]any{"locator": u.String(), "html5_id": html5}
		var list []any
		for _, v := range videos {
			kind, name, _ := strings.Cut(v, ":")
			list = append(list, map[string]string{"type": kind, "video": name, "mode": kind})
		}
		ask["videos"] = list
		text, err := json.Marshal(ask)
		if err != nil {
			t.Fatal(err)
		}
		return url.Values{"data": {string(text)}}.Encode()
	}
	for _, want := range []struct {
		command, subs string
		videos        []string
	}{
		{"found", "one", []string{"html5:one"}},
		{"found", "one", []string{"html5:one", "html5:none"}},
		{"found", "one", []string{"html5:one", "html5:same"}},
		{"choose", "one", []string{"html5:one", "html5:two"}},
		{"found", "tube1234567", []string{"youtube:tube1234567", "html5:one"}},
		{"use_existing", "", []string{"html5:none"}},
		{"use_existing", "", nil},
	} {
		got := decode[struct {
			Command, Subs, Status string
			Current               string `json:"current_item_subs"`
		}](t, st.get("/transcripts/check?"+data("", want.videos...), asksJSON...))
		if got.Command != want.command || got.Subs != want.subs || got.Status != "Success" || got.Current != "old" {
			t.Errorf("%v: %+v", want.videos, got)
		}
	}
	script := append([]string{"X-Requested-With", "XMLHttpRequest"}, asksJSON...)
	has := func(what, words string, got reply) {
		t.Helper()
		if got.status != http.StatusOK || !strings.Contains(got.body, `"status":"Success"`) {
			t.Errorf("%s: %d %s", what, got.status, got.body)
		}
		if text := st.get("/edit/" + u.String() + "?transcript=txt/en"); text.body != words+"\n" {
			t.Errorf("%s: the transcript says %q", what, text.body)
		}
	}
	has("rename", "Old words", st.get("/transcripts/rename?"+data("", "html5:none"), script...))
	if s.draftBlock(u).Fields["sub"].IsSet() {
		t.Error("the old setting stays")
	}
	has("choose", "Two", st.do("POST", "/transcripts/choose", data("two", "html5:one", "html5:two"), append([]string{"Content-Type", formType}, asksJSON...)...))
	has("replace", "Tube", st.get("/transcripts/replace?"+data("", "youtube:tube1234567"), script...))
	if got := st.get("/transcripts/check?"+data("", "html5:none"), asksJSON...); !strings.Contains(got.body, `"command":"found"`) {
		t.Errorf("with a transcript of its own: %s", got.body)
	}
	for path, headers := range map[string][]string{
		"/transcripts/choose?" + data("none"):                  script,
		"/transcripts/replace?" + data("", "youtube:unknown1"): script,
		"/transcripts/rename?" + data("", "html5:one"):         script,
		"/transcripts/choose?" + data("one"):                   asksJSON, // a link
		"/transcripts/check?data=nonsense":                     asksJSON,
	} {
		if got := st.get(path, headers...); got.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
}
