package video

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lyceum/component"
	"lyceum/component/componenttest"
	"lyceum/component/unknown"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/learner"
	"lyceum/learner/completion"
	"lyceum/learner/state"
)

const srt = "0\n00:00:01,000 --> 00:00:02,500\nHello <b>you</b> &amp; me\n\n1\n00:00:03,000 --> 00:00:04,000\nsecond\nline\n"

// desk is one learner at one film, "v".
type desk struct {
	t      *testing.T
	kind   Kind
	rt     *component.Runtime
	node   *course.Node
	merged []string
	done   completion.Values
}

func newDesk(t *testing.T, fields course.Fields, body string) *desk {
	t.Helper()
	d := &desk{t: t, done: completion.Values{}}
	d.kind = Kind{
		Open: func(_ context.Context, _ *course.Compiled, name string) (io.ReadCloser, error) {
			text, ok := map[string]string{"film.srt": srt, "subs_x.srt.sjson": `{"start": [1000], "end": [2000], "text": ["Hallo"]}`, "pic.png": "no transcript"}[name]
			if !ok {
				return nil, fault.NotFoundf("no file %q", name)
			}
			return io.NopCloser(strings.NewReader(text)), nil
		},
		Merge: func(_ context.Context, _ learner.ID, _ *course.Node, members json.RawMessage, _ time.Time) error {
			d.merged = append(d.merged, string(members))
			return nil
		},
		Publish: func(_ context.Context, _ learner.ID, _ *course.Compiled, values completion.Values, _ time.Time) error {
			maps.Copy(d.done, values)
			return nil
		},
	}
	kinds := component.NewKinds(unknown.Kind{}, d.kind)
	c := componenttest.Course(kinds, nil, &course.Block{Type: "video", ID: "v", Fields: fields, Body: []byte(body)})
	d.rt, d.node = componenttest.Runtime(t, kinds, c), componenttest.Node(t, c, "v")
	return d
}

const children = `<source src="/static/film.mp4"/><transcript language="en" src="film.srt"/><transcript language="de" src="gone.srt"/><transcript language="fr" src="pic.png"/>`

func (d *desk) get(suffix, query string) (component.Response, error) {
	q, err := url.ParseQuery(query)
	if err != nil {
		d.t.Fatal(err)
	}
	return d.kind.Actions()["transcript"](d.t.Context(), d.rt, d.node, component.Request{Method: http.MethodGet, Suffix: suffix, Query: q})
}

func TestTranscriptHandlers(t *testing.T) {
	t.Parallel()
	d := newDesk(t, course.Fields{"display_name": course.Text("Film \"one\"\r\nX: y")}, children)
	for _, tc := range []struct {
		suffix, query string
		kind          string // content type; "" for JSON
		body          string
		want          fault.Kind
	}{
		{"translation/en", "videoId=x", "", `{"end":[2500,4000],"start":[1000,3000],"text":["Hello you \u0026 me","second\nline"]}`, 0},
		{"translation", "", "", `{"end":[2500,4000],"start":[1000,3000],"text":["Hello you \u0026 me","second\nline"]}`, 0},
		{"available_translations", "", "", `["en","de","fr"]`, 0},
		{"vtt/en", "", "text/vtt; charset=utf-8", "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nHello you &amp; me\n\n00:00:03.000 --> 00:00:04.000\nsecond\nline\n\n", 0},
		{"download", "format=srt&lang=en", "application/x-subrip; charset=utf-8", "0\n00:00:01,000 --> 00:00:02,500\nHello you & me\n\n1\n00:00:03,000 --> 00:00:04,000\nsecond\nline\n\n", 0},
		{"download", "format=txt", "text/plain; charset=utf-8", "Hello you & me\nsecond line\n", 0},
		{"translation/de", "", "", "", fault.NotFound}, // the file is gone
		{"translation/fr", "", "", "", fault.NotFound}, // the file is no transcript
		{"translation/xx", "", "", "", fault.NotFound},
		{"translation/../../secret", "", "", "", fault.NotFound},
		{"upload/en", "", "", "", fault.NotFound},
		{"", "", "", "", fault.NotFound},
	} {
		got, err := d.get(tc.suffix, tc.query)
		if (err == nil) != (tc.want == 0) || err != nil && fault.KindOf(err) != tc.want {
			t.Errorf("%s?%s: %v", tc.suffix, tc.query, err)
			continue
		}
		body := string(got.Body)
		if err == nil && tc.kind == "" {
			text, jsonErr := json.Marshal(got.JSON)
			if jsonErr != nil {
				t.Fatal(jsonErr)
			}
			body = string(text)
		}
		if got.Type != tc.kind || body != tc.body {
			t.Errorf("%s?%s: %s %q, want %s %q", tc.suffix, tc.query, got.Type, body, tc.kind, tc.body)
		}
		if name := got.Header["Content-Disposition"]; tc.suffix == "download" && (!strings.HasPrefix(name, "attachment; filename") || strings.ContainsAny(name, "\r\n")) {
			t.Errorf("file name %q", name)
		}
	}
}

func TestSaveState(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		form url.Values
		kept string // "" nothing
		want fault.Kind
	}{
		{"a place", url.Values{"saved_video_position": {"00:01:02"}}, `{"saved_video_position":"00:01:02"}`, 0},
		{"in seconds", url.Values{"saved_video_position": {"62.5"}}, `{"saved_video_position":"00:01:02"}`, 0},
		{"speed and language", url.Values{"speed": {"1.5"}, "transcript_language": {"en"}}, `{"speed":1.5,"transcript_language":"en"}`, 0},
		{"what old players say besides", url.Values{"youtube_is_available": {"true"}}, "", 0},
		{"nothing", nil, "", 0},
		{"no time", url.Values{"saved_video_position": {"soon"}}, "", fault.Invalid},
		{"a negative time", url.Values{"saved_video_position": {"-1"}}, "", fault.Invalid},
		{"no number", url.Values{"saved_video_position": {"NaN"}}, "", fault.Invalid},
		{"for ever", url.Values{"saved_video_position": {"Inf"}}, "", fault.Invalid},
		{"beyond a day", url.Values{"saved_video_position": {"24:00:00"}}, "", fault.Invalid},
		{"no speed", url.Values{"speed": {"NaN"}}, "", fault.Invalid},
		{"too fast", url.Values{"speed": {"1e309"}}, "", fault.Invalid},
		{"backward", url.Values{"speed": {"-1"}}, "", fault.Invalid},
		{"a language there is not", url.Values{"transcript_language": {"<b>"}}, "", fault.Invalid},
	} {
		d := newDesk(t, nil, children)
		_, err := d.kind.Actions()["xmodule_handler"](t.Context(), d.rt, d.node, component.Request{Method: http.MethodPost, Suffix: "save_user_state", Form: tc.form})
		if (err == nil) != (tc.want == 0) || err != nil && fault.KindOf(err) != tc.want {
			t.Errorf("%s: %v", tc.name, err)
		}
		if got := strings.Join(d.merged, " "); got != tc.kept {
			t.Errorf("%s: kept %s, want %s", tc.name, got, tc.kept)
		}
	}
	d := newDesk(t, nil, children)
	for _, req := range []component.Request{
		{Method: http.MethodGet, Suffix: "save_user_state", Form: url.Values{"speed": {"1"}}}, {Method: http.MethodPost, Suffix: "other"},
	} {
		if _, err := d.kind.Actions()["xmodule_handler"](t.Context(), d.rt, d.node, req); err == nil {
			t.Errorf("%s %s passed", req.Method, req.Suffix)
		}
	}
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil, children)
	call := func(method, body string) error {
		_, err := d.kind.Actions()["publish_completion"](t.Context(), d.rt, d.node, component.Request{Method: method, Body: []byte(body)})
		return err
	}
	for _, body := range []string{``, `1`, `{}`, `{"completion": null}`, `{"completion": "1"}`, `{"completion": 1.1}`, `{"completion": -0.1}`, `{"completion": 1e309}`, `{"completion": NaN}`, `{"completion": {"$gt": ""}}`, "{\"completion\": 1}\x00"} {
		if err := call(http.MethodPost, body); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", body, err)
		}
	}
	if err := call(http.MethodGet, `{"completion": 1}`); fault.KindOf(err) != fault.Invalid {
		t.Errorf("by GET: %v", err)
	}
	d.rt.Viewer.Enrolled = false
	if err := call(http.MethodPost, `{"completion": 1}`); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("not enrolled: %v", err)
	}
	if len(d.done) != 0 {
		t.Errorf("kept %v", d.done)
	}
	d.rt.Viewer.Enrolled = true
	if err := call(http.MethodPost, `{"completion": 1.0}`); err != nil || d.done[d.node.Key] != 1 {
		t.Errorf("complete: %v, kept %v", err, d.done)
	}
}

func TestProps(t *testing.T) {
	t.Parallel()
	d := newDesk(t, course.Fields{"download_video": "true", "download_track": "true", "start_time": course.Text("00:00:05"), "handout": course.Text("/static/pic.png")}, children)
	d.rt.States = state.Records{d.node.Key: {State: json.RawMessage(`{"saved_video_position": "00:01:02", "speed": 1.5, "transcript_language": "de"}`)}}
	p := newProps(d.rt, d.node)
	const at, handler = "/asset-v1:O+C+R+type@asset+block@", "/courses/course-v1:O+C+R/xblock/block-v1:O+C+R+type@video+block@v/handler/"
	want := props{
		ID: "v", Usage: d.node.Key.String(), Title: d.node.Name, Sources: []source{{at + "film.mp4", "video/mp4"}}, Start: 5, Saved: 62, Speed: "1.5", Language: "de", ShowCaptions: true,
		Tracks:        []track{{"en", handler + "transcript/vtt/en"}, {"de", handler + "transcript/vtt/de"}, {"fr", handler + "transcript/vtt/fr"}},
		TranscriptURL: handler + "transcript/translation", SaveURL: handler + "xmodule_handler/save_user_state", CompleteURL: handler + "publish_completion",
		DownloadURL: at + "film.mp4", Handout: at + "pic.png", Code: "html5",
		TranscriptDownloads: []download{{"srt", handler + "transcript/download?format=srt&lang=de"}, {"txt", handler + "transcript/download?format=txt&lang=de"}},
	}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Errorf("props (-want +got):\n%s", diff)
	}
	componenttest.Visitor(d.rt)
	if p := newProps(d.rt, d.node); p.SaveURL != "" || p.CompleteURL != "" {
		t.Errorf("a visitor keeps: %+v", p)
	}
	// What cannot be read is as if it were not there; the author's own transcript goes before ours.
	d = newDesk(t, course.Fields{"youtube_id_1_0": course.Text(`x"><script>`), "track": course.Text("/static/notes.pdf")}, children)
	d.rt.States = state.Records{d.node.Key: {State: json.RawMessage(`[]`)}}
	p = newProps(d.rt, d.node)
	if p.YouTube != "" || p.Saved != 0 || len(p.TranscriptDownloads) != 1 || p.TranscriptDownloads[0] != (download{"pdf", at + "notes.pdf"}) {
		t.Errorf("odd fields: %+v", p)
	}
	for _, text := range []string{componenttest.Render(t, d.rt.Draw(t.Context(), d.node))} {
		if strings.Contains(text, "<script") || strings.Contains(text, "javascript:") {
			t.Errorf("a script came through: %s", text)
		}
	}
	js := newDesk(t, course.Fields{"handout": course.Text("javascript:alert(1)"), "track": course.Text("javascript:alert(1)"), "download_track": "true", "download_video": "true"}, `<source src="javascript:alert(1)"/>`)
	if text := componenttest.Render(t, js.rt.Draw(t.Context(), js.node)); strings.Contains(text, `href="javascript:`) {
		t.Errorf("a link runs a script: %s", text)
	}
}

func TestData(t *testing.T) {
	t.Parallel()
	d := newDesk(t, course.Fields{"youtube_id_1_0": course.Text("abc"), "html5_sources": `["https://x.example/a.m3u8", "/static/film.mp4"]`}, "")
	text, err := json.Marshal(d.kind.Data(d.rt, d.node))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"all_sources":["https://x.example/a.m3u8","/asset-v1:O+C+R+type@asset+block@film.mp4"],"duration":0,"encoded_videos":{"fallback":{"file_size":0,"url":"/asset-v1:O+C+R+type@asset+block@film.mp4"},"hls":{"file_size":0,"url":"https://x.example/a.m3u8"},"youtube":{"file_size":0,"url":"https://www.youtube.com/watch?v=abc"}},"only_on_web":false,"transcripts":{}}`
	if string(text) != want {
		t.Errorf("got %s\nwant %s", text, want)
	}
}
