package video

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"lyceum/component"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/learner"
	"lyceum/learner/completion"
)

// Kind is the video block.
type Kind struct {
	// Open opens a course file by its normalized name; NotFound where there is none.
	Open func(ctx context.Context, c *course.Compiled, name string) (io.ReadCloser, error)
	// Merge stores parts of a learner's state of a block: the given members replace those of the same name.
	Merge func(ctx context.Context, user learner.ID, n *course.Node, members json.RawMessage, now time.Time) error
	// Publish stores completion of a block.
	Publish func(ctx context.Context, user learner.ID, c *course.Compiled, values completion.Values, now time.Time) error
}

// Name is the OLX tag.
func (Kind) Name() string { return "video" }

// Schema lists the fields of a video.
func (Kind) Schema() course.Schema { return course.Schema{Kind: "video", Fields: course.VideoFields} }

// Facts says that a video is complete near its end, which the player reports.
func (Kind) Facts(*course.Block) course.Facts {
	return course.Facts{Completion: course.Completable, Icon: "video"}
}

// Actions are what the player calls.
func (k Kind) Actions() map[string]component.Action {
	return map[string]component.Action{
		"transcript":         k.transcript,
		"xmodule_handler":    k.module,
		"publish_completion": k.complete,
	}
}

// View draws the player's frame; it works as a plain video element without scripts.
func (k Kind) View(_ context.Context, rt *component.Runtime, n *course.Node) (templ.Component, error) {
	return player(newProps(rt, n)), nil
}

// Text is the title; transcripts are indexed by their files.
func (Kind) Text(n *course.Node) string { return n.Name }

// Data is student_view_data: what apps need to play.
func (k Kind) Data(rt *component.Runtime, n *course.Node) any {
	v := Parse(n.Block)
	encoded := map[string]any{}
	sources := resolved(rt, n, v.Sources)
	for _, s := range sources {
		name := "fallback"
		if isHLS(s) {
			name = "hls"
		}
		if encoded[name] == nil {
			encoded[name] = map[string]any{"url": s, "file_size": 0}
		}
	}
	if v.YouTube != "" {
		encoded["youtube"] = map[string]any{"url": "https://www.youtube.com/watch?v=" + v.YouTube, "file_size": 0}
	}
	transcripts := map[string]string{}
	for _, l := range v.Languages() {
		transcripts[l] = rt.Links.Handler(n, "transcript", "download") + "?lang=" + url.QueryEscape(l)
	}
	return map[string]any{
		"only_on_web": false, "duration": v.Duration, "transcripts": transcripts, "encoded_videos": encoded, "all_sources": sources,
	}
}

// props is what the player's markup shows, ready to print.
type props struct {
	ID, Usage, Title    string
	Sources             []source
	YouTube             string
	Start, End          float64
	Saved               float64
	Speed               string
	Language            string
	ShowCaptions        bool
	Tracks              []track
	TranscriptURL       string // + language
	SaveURL             string
	CompleteURL         string
	DownloadURL         string
	TranscriptDownloads []download
	Handout             string
	Code                string // of events: YouTube id or html5
	Complete            bool
}

type (
	source   struct{ URL, Type string }
	track    struct{ Language, URL string }
	download struct{ Format, URL string }
)

// saved is the learner's state of a video.
type saved struct {
	Position string `json:"saved_video_position"`
	Speed    any    `json:"speed"`
	Language string `json:"transcript_language"`
}

func newProps(rt *component.Runtime, n *course.Node) props {
	v := Parse(n.Block)
	var s saved
	_ = json.Unmarshal(rt.States[n.Key].State, &s)
	p := props{
		ID: n.Key.HTMLID(), Usage: n.Key.String(), Title: n.Name, YouTube: v.YouTube, Start: v.Start.Seconds(), End: v.End.Seconds(),
		Saved: seconds(s.Position).Seconds(), Language: s.Language, ShowCaptions: v.ShowCaptions, Code: "html5",
		TranscriptURL: rt.Links.Handler(n, "transcript", "translation"), Complete: rt.Complete.Has(n),
	}
	if rt.Viewer.SignedIn() { // a visitor has no place to keep
		p.SaveURL = rt.Links.Handler(n, "xmodule_handler", "save_user_state")
	}
	if rt.Viewer.Enrolled {
		p.CompleteURL = rt.Links.Handler(n, "publish_completion", "")
	}
	if s.Speed != nil {
		p.Speed = fmt.Sprint(s.Speed)
	}
	for _, address := range resolved(rt, n, v.Sources) {
		p.Sources = append(p.Sources, source{address, typeOf(address)})
	}
	if len(p.Sources) == 0 && v.YouTube != "" {
		p.Code = v.YouTube
	}
	languages := v.Languages()
	if !slices.Contains(languages, p.Language) {
		p.Language = ""
		if len(languages) > 0 {
			p.Language = languages[0]
		}
	}
	for _, l := range languages {
		p.Tracks = append(p.Tracks, track{l, rt.Links.Handler(n, "transcript", "vtt/"+url.PathEscape(l))})
	}
	if v.DownloadVideo && len(p.Sources) > 0 && !isHLS(p.Sources[0].URL) {
		p.DownloadURL = p.Sources[0].URL
	}
	if track := v.Track; v.DownloadTrack && track != "" { // the author's own file instead of ours
		track = resolved(rt, n, []string{track})[0]
		p.TranscriptDownloads = []download{{cmp.Or(strings.TrimPrefix(path.Ext(track), "."), "txt"), track}}
	} else if v.DownloadTrack && p.Language != "" {
		for _, f := range []string{"srt", "txt"} {
			p.TranscriptDownloads = append(p.TranscriptDownloads, download{f, rt.Links.Handler(n, "transcript", "download") + "?format=" + f + "&lang=" + url.QueryEscape(p.Language)})
		}
	}
	if v.Handout != "" {
		p.Handout = resolved(rt, n, []string{v.Handout})[0]
	}
	return p
}

// resolved turns authors' addresses into those of this site.
func resolved(rt *component.Runtime, n *course.Node, urls []string) []string {
	src := rt.Source(n)
	out := make([]string, len(urls))
	for i, u := range urls {
		out[i] = u
		if name, ok := strings.CutPrefix(u, "/static/"); ok {
			out[i] = src.Asset(src.Name(name))
		}
	}
	return out
}

func isHLS(address string) bool { return typeOf(address) == "application/vnd.apple.mpegurl" }

// typeOf guesses what plays at an address by how its path ends.
func typeOf(address string) string {
	address, _, _ = strings.Cut(strings.ToLower(address), "?")
	switch path.Ext(address) {
	case ".m3u8":
		return "application/vnd.apple.mpegurl"
	case ".webm":
		return "video/webm"
	case ".ogv", ".ogg":
		return "video/ogg"
	case ".mp3":
		return "audio/mpeg"
	default:
		return "video/mp4"
	}
}

// load finds and reads the transcript in a language.
func (k Kind) load(ctx context.Context, rt *component.Runtime, n *course.Node, lang string) (Transcript, error) {
	v := Parse(n.Block)
	file, ok := v.Transcripts[lang]
	if !ok {
		return nil, fault.NotFoundf("transcript %q of %s", lang, n.Key)
	}
	for _, name := range candidates(lang, file) {
		if _, has := rt.Course.Files[name]; !has {
			continue
		}
		r, err := k.Open(ctx, rt.Course, name)
		if err != nil {
			return nil, fmt.Errorf("open transcript %s: %w", name, err)
		}
		data, err := io.ReadAll(io.LimitReader(r, maxTranscript))
		r.Close()
		if err != nil {
			return nil, fmt.Errorf("read transcript %s: %w", name, err)
		}
		t, err := ParseTranscript(data)
		if err != nil {
			return nil, fault.NotFoundf("transcript %s: %w", name, err)
		}
		return t, nil
	}
	return nil, fault.NotFoundf("transcript file %q of %s", file, n.Key)
}

// transcript answers GET transcript/translation/LANG (SJSON), vtt/LANG, available_translations, and
// download?format=srt|txt&lang=LANG.
func (k Kind) transcript(ctx context.Context, rt *component.Runtime, n *course.Node, req component.Request) (component.Response, error) {
	what, lang, _ := strings.Cut(req.Suffix, "/")
	if lang == "" {
		lang = req.Query.Get("lang")
	}
	if what == "available_translations" {
		return component.Response{JSON: Parse(n.Block).Languages()}, nil
	}
	if lang == "" {
		if l := Parse(n.Block).Languages(); len(l) > 0 {
			lang = l[0]
		}
	}
	t, err := k.load(ctx, rt, n, lang)
	if err != nil {
		return component.Response{}, err
	}
	switch what {
	case "translation":
		return component.Response{JSON: t.SJSON()}, nil
	case "vtt":
		return component.Response{Type: "text/vtt; charset=utf-8", Body: t.VTT()}, nil
	case "download":
		body, kind, ext := t.SRT(), "application/x-subrip; charset=utf-8", "srt"
		if req.Query.Get("format") == "txt" {
			body, kind, ext = t.Text(), "text/plain; charset=utf-8", "txt"
		}
		name := mime.FormatMediaType("attachment", map[string]string{"filename": n.Name + "." + lang + "." + ext})
		return component.Response{Type: kind, Body: body, Header: map[string]string{"Content-Disposition": name, "Content-Language": lang}}, nil
	}
	return component.Response{}, fault.NotFoundf("transcript handler %q", what)
}

// module answers the dispatch of old players: save_user_state keeps place, speed and language.
func (k Kind) module(ctx context.Context, rt *component.Runtime, n *course.Node, req component.Request) (component.Response, error) {
	if req.Suffix != "save_user_state" {
		return component.Response{}, fault.NotFoundf("video dispatch %q", req.Suffix)
	}
	if req.Method != http.MethodPost || !rt.Viewer.SignedIn() {
		return component.Response{}, fault.Invalidf("save_user_state by %s", req.Method)
	}
	members := map[string]any{}
	if v := req.Form.Get("saved_video_position"); v != "" {
		at, ok := parseSeconds(v)
		if !ok {
			return component.Response{}, fault.Invalidf("saved_video_position %q", v)
		}
		members["saved_video_position"] = stamp(at, ".")[:8]
	}
	if v := req.Form.Get("speed"); v != "" {
		speed, err := strconv.ParseFloat(v, 64)
		if err != nil || !(speed >= 0.25 && speed <= 3) {
			return component.Response{}, fault.Invalidf("speed %q", v)
		}
		members["speed"] = speed
	}
	if v := req.Form.Get("transcript_language"); v != "" {
		if _, ok := Parse(n.Block).Transcripts[v]; !ok {
			return component.Response{}, fault.Invalidf("transcript_language %q", v)
		}
		members["transcript_language"] = v
	}
	if len(members) > 0 {
		data, err := json.Marshal(members)
		if err != nil {
			return component.Response{}, fmt.Errorf("video state: %w", err)
		}
		if err := k.Merge(ctx, rt.Viewer.User, n, data, rt.Now); err != nil {
			return component.Response{}, err
		}
	}
	return component.Response{JSON: map[string]any{"success": true}}, nil
}

// complete takes {"completion": 1.0} when the learner has come near the end.
func (k Kind) complete(ctx context.Context, rt *component.Runtime, n *course.Node, req component.Request) (component.Response, error) {
	return component.PublishCompletion(ctx, rt, n, req, k.Publish)
}
