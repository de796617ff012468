package video

import (
	"encoding/xml"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"lyceum/course"
)

// Video is what a block's fields and body come to.
type Video struct {
	Sources       []string // addresses as the author gave them, /static/ and all
	YouTube       string   // id at normal speed, "" for none
	Start, End    time.Duration
	Duration      float64           // seconds, 0 when the author's file does not say
	Transcripts   map[string]string // course file by language
	ShowCaptions  bool
	DownloadVideo bool
	DownloadTrack bool
	Track         string // address of a transcript to download, "" for our own
	Handout       string
	VideoID       string // of the video store, names transcript files
}

var youTubeID = regexp.MustCompile(`^[\w-]{1,64}$`)

// defaultYouTube is the id old tools put on every new video.
const defaultYouTube = "3_yD_cEKoCk"

// Parse reads a block. It never fails: what cannot be read is as if it were not there.
func Parse(b *course.Block) Video {
	value := func(name string) course.Value {
		if v, ok := b.Fields[name]; ok {
			return v
		}
		if s, ok := b.Attrs[name]; ok {
			return course.Text(s)
		}
		return ""
	}
	text := func(name string) string { s, _ := value(name).Text(); return strings.TrimSpace(s) }
	truth := func(name string, def bool) bool {
		if v, ok := value(name).Bool(); ok {
			return v
		}
		return def
	}
	v := Video{
		YouTube: youTube(text("youtube"), text("youtube_id_1_0")), Track: text("track"), Handout: text("handout"), VideoID: text("edx_video_id"),
		ShowCaptions: truth("show_captions", true), DownloadVideo: truth("download_video", false), Transcripts: map[string]string{},
		Start: seconds(first(text("start_time"), text("from"))), End: seconds(first(text("end_time"), text("to"))),
	}
	for _, s := range list(value("html5_sources")) {
		v.addSource(s)
	}
	v.addSource(text("source"))
	maps.Copy(v.Transcripts, textMap(value("transcripts")))
	v.readBody(b.Body)
	if sub := text("sub"); sub != "" {
		if _, has := v.Transcripts["en"]; !has {
			v.Transcripts["en"] = "subs_" + sub + ".srt.sjson"
		}
	}
	v.DownloadTrack = truth("download_track", v.Track != "")
	if v.YouTube == defaultYouTube && len(v.Sources) > 0 || !youTubeID.MatchString(v.YouTube) {
		v.YouTube = ""
	}
	if v.Start > 0 && v.End > 0 && v.End <= v.Start {
		v.End = 0
	}
	return v
}

// readBody lays the child elements over what attributes said.
func (v *Video) readBody(body []byte) {
	var e struct {
		Source []struct {
			Src string `xml:"src,attr"`
		} `xml:"source"`
		Track []struct {
			Src string `xml:"src,attr"`
		} `xml:"track"`
		Handout []struct {
			Src string `xml:"src,attr"`
		} `xml:"handout"`
		Transcript []struct {
			Language string `xml:"language,attr"`
			Src      string `xml:"src,attr"`
		} `xml:"transcript"`
		Asset []struct {
			Duration string `xml:"duration,attr"`
			Encoded  []struct {
				Profile string `xml:"profile,attr"`
				URL     string `xml:"url,attr"`
			} `xml:"encoded_video"`
			Transcripts []struct {
				Language string `xml:"language_code,attr"`
				Format   string `xml:"file_format,attr"`
			} `xml:"transcripts>transcript"`
		} `xml:"video_asset"`
	}
	if len(body) == 0 {
		return
	}
	d := xml.NewDecoder(strings.NewReader("<video>" + string(body) + "</video>"))
	d.Strict, d.Entity = false, xml.HTMLEntity
	if d.Decode(&e) != nil {
		return
	}
	if len(e.Source) > 0 {
		v.Sources = nil
		for _, s := range e.Source {
			v.addSource(s.Src)
		}
	}
	for _, t := range e.Track {
		v.Track = t.Src
	}
	for _, h := range e.Handout {
		v.Handout = h.Src
	}
	for _, t := range e.Transcript {
		if t.Language != "" && t.Src != "" {
			v.Transcripts[t.Language] = t.Src
		}
	}
	for _, a := range e.Asset {
		v.Duration, _ = strconv.ParseFloat(a.Duration, 64)
		for _, enc := range a.Encoded {
			switch {
			case enc.Profile == "youtube":
				if v.YouTube == "" {
					v.YouTube = enc.URL
				}
			case enc.Profile != "audio_mp3":
				v.addSource(enc.URL)
			}
		}
		for _, t := range a.Transcripts {
			if _, has := v.Transcripts[t.Language]; !has && v.VideoID != "" && t.Language != "" {
				v.Transcripts[t.Language] = v.VideoID + "-" + t.Language + "." + first(t.Format, "srt")
			}
		}
	}
}

func (v *Video) addSource(s string) {
	if s = strings.TrimSpace(s); s != "" && !slices.Contains(v.Sources, s) {
		v.Sources = append(v.Sources, s)
	}
}

// Languages lists the transcripts' languages, English first.
func (v Video) Languages() []string {
	out := make([]string, 0, len(v.Transcripts))
	for l := range v.Transcripts {
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b string) int {
		if (a == "en") != (b == "en") {
			if a == "en" {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
	return out
}

// candidates are the names a transcript file may be kept under, most likely first.
func candidates(lang, file string) []string {
	names := []string{course.AssetName(strings.TrimPrefix(file, "/static/"))}
	base := course.AssetName(path.Base(file))
	names = append(names, base, "subs_"+base+".srt.sjson")
	if lang != "en" {
		names = append(names, lang+"_"+base, lang+"_subs_"+base+".srt.sjson")
	}
	if id, ok := strings.CutPrefix(base, "subs_"); ok {
		names = append(names, "subs_"+id) // a copy kept below static/subs/
	}
	return names
}

// youTube picks the id at normal speed. list is "0.75:ID,1.00:ID,…", as old courses wrote it.
func youTube(list, id string) string {
	if id != "" {
		return id
	}
	for pair := range strings.SplitSeq(list, ",") {
		speed, id, ok := strings.Cut(strings.TrimSpace(pair), ":")
		if f, err := strconv.ParseFloat(speed, 64); ok && err == nil && f == 1 {
			return strings.TrimSpace(id)
		}
	}
	return ""
}

// seconds reads HH:MM:SS, MM:SS or a plain number of seconds; 0 is what cannot be read.
func seconds(s string) time.Duration {
	d, _ := parseSeconds(s)
	return d
}

// parseSeconds reads what seconds reads; ok is false for what is no time of a video, which lasts a day at most.
func parseSeconds(s string) (d time.Duration, ok bool) {
	const most = 24 * 60 * 60
	var total float64
	for part := range strings.SplitSeq(s, ":") {
		f, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil || !(f >= 0 && f < most) {
			return 0, false
		}
		total = total*60 + f
	}
	if total >= most {
		return 0, false
	}
	return time.Duration(total * float64(time.Second)), true
}

// list reads a list of texts, also one that is JSON inside a text.
func list(v course.Value) []string {
	var out []string
	if v.Decode(&out) {
		return out
	}
	if s, ok := v.Text(); ok {
		course.Value(s).Decode(&out)
	}
	return out
}

func textMap(v course.Value) map[string]string {
	var out map[string]string
	if v.Decode(&out) {
		return out
	}
	if s, ok := v.Text(); ok {
		course.Value(s).Decode(&out)
	}
	return out
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
