package video

import (
	"bytes"
	"encoding/xml"
	"net/url"
	"path"
	"regexp"
	"strings"

	"github.com/a-h/templ"

	"lyceum/course"
)

// What authors do with a video: look at what they typed, and change what its child elements say.

// MaxTranscript is how many bytes of a transcript file are read.
const MaxTranscript = maxTranscript

// FileNames are the names the course file of a transcript may be kept under, most likely first; none where there is no such transcript.
func (v Video) FileNames(lang string) []string {
	file, ok := v.Transcripts[lang]
	if !ok {
		return nil
	}
	return candidates(lang, file)
}

// LanguageName is a language's name in itself, or its code where nobody knows it.
func LanguageName(code string) string { return languageName(code) }

// Cut takes out of a video's body the elements drop holds for, wherever they stand, and the blank line each would leave. What is not
// taken out stays byte for byte. A body that does not parse is left as it is; ok says whether anything was taken out.
func Cut(body []byte, drop func(e xml.StartElement) bool) (out []byte, ok bool) {
	type span struct{ from, to int }
	const open = "<x>"
	src := append(append([]byte(open), body...), "</x>"...)
	d := xml.NewDecoder(bytes.NewReader(src))
	d.Entity = xml.HTMLEntity
	var spans []span
	depth, dropped, from := 0, 0, 0
	for {
		at := int(d.InputOffset())
		token, err := d.RawToken()
		if token == nil {
			break
		}
		if err != nil {
			return body, false
		}
		switch token := token.(type) {
		case xml.StartElement:
			depth++
			if depth > 1 && dropped == 0 && drop(token) {
				dropped, from = depth, at
			}
		case xml.EndElement:
			if depth == dropped {
				spans, dropped = append(spans, span{from, int(d.InputOffset())}), 0
			}
			if depth--; depth == 0 && int(d.InputOffset()) < len(src) { // it closes what it never opened
				return body, false
			}
		}
	}
	if depth != 0 || len(spans) == 0 {
		return body, false
	}
	last := len(open)
	for _, s := range spans {
		from := s.from
		if line := bytes.LastIndexByte(src[:from], '\n'); line >= last && len(bytes.TrimSpace(src[line:from])) == 0 {
			from = line // the line held nothing else
		}
		out = append(out, src[last:from]...)
		last = s.to
	}
	out = append(out, src[last:len(src)-len("</x>")]...)
	if len(bytes.TrimSpace(out)) == 0 {
		out = nil
	}
	return out, true
}

var youTubeHosts = map[string]bool{"youtube.com": true, "www.youtube.com": true, "m.youtube.com": true, "youtube-nocookie.com": true, "www.youtube-nocookie.com": true}

var youTubeVideo = regexp.MustCompile(`^[\w-]{6,64}$`)

// ParseYouTube reads the id of a video on YouTube, or one of the addresses it has there. ok is false for anything else; nothing is the empty
// id.
func ParseYouTube(s string) (id string, ok bool) {
	s = strings.TrimSpace(s)
	if s == "" || youTubeVideo.MatchString(s) {
		return s, true
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return "", false
	}
	switch host := strings.ToLower(u.Hostname()); {
	case host == "youtu.be":
		id = path.Base(u.Path)
	case youTubeHosts[host] && u.Path == "/watch":
		id = u.Query().Get("v")
	case youTubeHosts[host]:
		for _, before := range []string{"/embed/", "/shorts/", "/live/", "/v/"} {
			if rest, found := strings.CutPrefix(u.Path, before); found {
				id, _, _ = strings.Cut(rest, "/")
			}
		}
	}
	return id, youTubeVideo.MatchString(id)
}

// Preview draws the player of a video as it would be, without a learner: nothing is remembered. asset gives the address of a course file by
// its name, transcript that of a transcript by language, without the language.
func Preview(v Video, id, title string, asset func(name string) string, transcript string) templ.Component {
	at := func(address string) string {
		if name, ok := strings.CutPrefix(address, "/static/"); ok {
			return asset(course.AssetName(name))
		}
		return address
	}
	p := props{
		ID: id, Usage: id, Title: title, YouTube: v.YouTube, Start: v.Start.Seconds(), End: v.End.Seconds(), ShowCaptions: v.ShowCaptions, Code: "html5",
	}
	for _, s := range v.Sources {
		p.Sources = append(p.Sources, source{at(s), typeOf(at(s))})
	}
	if len(p.Sources) == 0 && v.YouTube != "" {
		p.Code = v.YouTube
	}
	for _, l := range v.Languages() {
		if p.Language == "" {
			p.Language = l
		}
		p.Tracks = append(p.Tracks, track{l, transcript + "vtt/" + url.PathEscape(l)})
	}
	p.TranscriptURL = transcript + "translation"
	if v.DownloadVideo && len(p.Sources) > 0 && !isHLS(p.Sources[0].URL) {
		p.DownloadURL = p.Sources[0].URL
	}
	if v.Handout != "" {
		p.Handout = at(v.Handout)
	}
	return player(p)
}
