package studio

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"

	"lyceum/authoring/draft"
	"lyceum/component/video"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/web/page"
)

// The doors through which older front ends settle the English transcript of a video: they say which sources its form holds, hear what there is for
// them among the files of the course, and ask for one of it. What is called NAME there is the file subs_NAME.srt.sjson.

func transcriptRoutes(s *Server, rt routes) {
	rt.on("/transcripts/check", forPrograms(s.checkTranscripts), http.MethodGet, http.MethodPost)
	for act, name := range map[string]func(transcriptPresence, transcriptAsk) string{
		"choose":  func(_ transcriptPresence, a transcriptAsk) string { return a.HTML5 },
		"replace": func(_ transcriptPresence, a transcriptAsk) string { return a.youTube() },
		"rename":  func(p transcriptPresence, _ transcriptAsk) string { return p.current() },
	} {
		rt.on("/transcripts/"+act, forPrograms(s.takeTranscript(name)), http.MethodGet, http.MethodPost)
	}
}

// transcriptAsk is the parameter "data" of these doors.
type transcriptAsk struct {
	Locator string `json:"locator"`
	Videos  []struct {
		Type  string `json:"type"` // youtube or html5
		Video string `json:"video"`
	} `json:"videos"`
	HTML5 string `json:"html5_id"`
}

// youTube is the id of the source at YouTube, "" for none.
func (a transcriptAsk) youTube() string {
	for _, v := range a.Videos {
		if v.Type == "youtube" {
			return v.Video
		}
	}
	return ""
}

// transcriptPresence says what there is for the sources of a video, and what to offer its author.
type transcriptPresence struct {
	HTML5Local    []string `json:"html5_local"`
	HTML5Equal    bool     `json:"html5_equal"`
	YouTubeMode   bool     `json:"is_youtube_mode"`
	YouTubeLocal  bool     `json:"youtube_local"`
	YouTubeServer bool     `json:"youtube_server"` // never: this site asks no other
	YouTubeDiff   bool     `json:"youtube_diff"`
	Current       *string  `json:"current_item_subs"` // the name in the setting sub, where there is such a file
	Subs          string   `json:"subs"`
	Status        string   `json:"status"`
	Command       string   `json:"command"` // found, choose, use_existing or not_found
}

func (p transcriptPresence) current() string {
	if p.Current == nil {
		return ""
	}
	return *p.Current
}

// subsFile is the file of a name.
func subsFile(name string) string { return course.AssetName("subs_" + name + ".srt.sjson") }

// openVideo reads what is asked of which video, for who may author it.
func (s *Server) openVideo(r *http.Request) (*editRead, transcriptAsk, error) {
	var ask transcriptAsk
	if !page.Viewer(r).SignedIn() {
		return nil, ask, fault.Unauthenticatedf("not signed in to Studio")
	}
	text := r.URL.Query().Get("data")
	if r.Method == http.MethodPost {
		if err := page.ParseForm(r, 0); err != nil {
			return nil, ask, err
		}
		text = r.PostForm.Get("data")
	}
	if err := json.Unmarshal([]byte(text), &ask); err != nil {
		return nil, ask, fault.Invalidf("data %.100q: %w", text, err).Say("studio.video.no_data")
	}
	e, err := s.videoAt(r, ask.Locator)
	return e, ask, err
}

// videoAt begins an edit of a video that a program names.
func (s *Server) videoAt(r *http.Request, locator string) (*editRead, error) {
	by, u, err := s.locator(r, "locator", unspaced(locator))
	if err != nil {
		return nil, err
	}
	base, err := s.baseOf(r.Context(), u, url.Values{})
	if err != nil {
		return nil, err
	}
	if u.Type != "video" && u.Type != "videoalpha" {
		return nil, fault.Invalidf("transcript for a %s", u.Type).Field("locator", "studio.video.no_video").Say("studio.video.no_video")
	}
	return &editRead{By: by, Key: u, Base: base.block, Op: &draft.Update{Block: u}, Bad: fault.Invalidf("transcript of %s", u).Say("studio.video.transcript_bad")}, nil
}

// presence finds what there is for the sources of a form.
func (s *Server) presence(r *http.Request, e *editRead, ask transcriptAsk) (transcriptPresence, error) {
	p := transcriptPresence{HTML5Local: []string{}, YouTubeDiff: true, Status: "Success", Command: "not_found"}
	library, err := s.Files.Read(r.Context(), e.By, e.Key.Course)
	if err != nil {
		return p, err
	}
	has := func(name string) bool { return name != "" && library.Files[subsFile(name)].Digest != "" }
	sub, _ := e.Base.Fields["sub"].Text()
	if has(sub) {
		p.Current = &sub
	}
	for _, v := range ask.Videos {
		switch v.Type {
		case "youtube":
			p.YouTubeMode, p.YouTubeLocal = true, has(v.Video)
		case "html5":
			if has(v.Video) {
				p.HTML5Local = append(p.HTML5Local, v.Video)
			}
		}
	}
	if len(p.HTML5Local) == 2 {
		p.HTML5Equal = library.Files[subsFile(p.HTML5Local[0])].Digest == library.Files[subsFile(p.HTML5Local[1])].Digest
	}
	own := false // the video has a transcript that hangs on no source
	if _, all := videoOf(e.Base); sub == "" || e.Base.Fields["transcripts"].IsSet() {
		_, err := s.openTranscript(r.Context(), e.By, e.Key.Course, all, "en")
		if own = err == nil; err != nil && !fault.Is(err, fault.NotFound) {
			return p, err
		}
	}
	switch {
	case own:
		p.Command = "found"
	case p.YouTubeLocal:
		p.Command, p.Subs = "found", ask.youTube()
	case len(p.HTML5Local) == 1, p.HTML5Equal:
		p.Command, p.Subs = "found", p.HTML5Local[0]
	case len(p.HTML5Local) > 1:
		p.Command, p.Subs = "choose", p.HTML5Local[0]
	case p.Current != nil:
		p.Command = "use_existing"
	}
	return p, nil
}

// checkTranscripts serves GET and POST /transcripts/check?data={locator, videos}.
func (s *Server) checkTranscripts(w http.ResponseWriter, r *http.Request) error {
	e, ask, err := s.openVideo(r)
	if err != nil {
		return err
	}
	p, err := s.presence(r, e, ask)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return page.JSON(w, r, http.StatusOK, p)
}

// takeTranscript serves /transcripts/choose (html5_id), /transcripts/replace (the source at YouTube) and /transcripts/rename (what the video
// had before): the file of the name that is meant becomes the English transcript. Clients ask by GET; so that no link can do it, a GET must say
// that a script sends it.
func (s *Server) takeTranscript(name func(transcriptPresence, transcriptAsk) string) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		e, ask, err := s.openVideo(r)
		if err != nil {
			return err
		}
		if r.Method != http.MethodPost && r.Header.Get("X-Requested-With") != "XMLHttpRequest" {
			return fault.Invalidf("%s by a plain GET", r.URL.Path).Say("studio.video.only_post")
		}
		p, err := s.presence(r, e, ask)
		if err != nil {
			return err
		}
		subs := name(p, ask)
		if _, err := s.openTranscript(r.Context(), e.By, e.Key.Course, video.Video{Transcripts: map[string]string{"en": subsFile(subs)}}, "en"); subs == "" || fault.Is(err, fault.NotFound) {
			return fault.Invalidf("no transcript called %q", subs).Say("studio.video.no_subs", subsFile(subs))
		} else if err != nil {
			return err
		}
		_, all := videoOf(e.Base)
		next := maps.Clone(all.Transcripts)
		if next == nil {
			next = map[string]string{}
		}
		next["en"] = subsFile(subs)
		e.moveTranscripts(next, nil)
		if err := s.keepEdit(r, e, ""); err != nil {
			return err
		}
		id, _ := e.Base.Fields["edx_video_id"].Text()
		return page.JSON(w, r, http.StatusOK, map[string]string{"status": "Success", "edx_video_id": id, "subs": subs})
	}
}
