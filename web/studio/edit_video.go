package studio

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"lyceum/authoring/draft"
	"lyceum/authoring/files"
	"lyceum/component/video"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/ui"
)

// A video is written as a list of places to play it from, transcripts by language, and what goes with it. Older courses say the same in
// child elements, which win over settings: what an author changes here is written as settings, and the element that said it otherwise goes.

// videoOwns are the settings the editor of videos draws itself.
var videoOwns = []string{
	"youtube_id_1_0", "youtube_id_0_75", "youtube_id_1_25", "youtube_id_1_5", "html5_sources", "source", "start_time", "end_time", "sub", "transcripts", "handout", "thumbnail",
	"license", "track",
}

// languages are those a transcript can be added in, besides the ones a video has.
var languages = []string{
	"ar", "bg", "bn", "bs", "ca", "cs", "cy", "da", "de", "el", "en", "es", "es-419", "et", "eu", "fa", "fi", "fil", "fr", "fr-CA", "ga", "gl", "gu", "he", "hi", "hr", "hu", "hy",
	"id", "is", "it", "ja", "ka", "kk", "km", "kn", "ko", "lt", "lv", "mk", "ml", "mn", "mr", "ms", "my", "nb", "ne", "nl", "nn", "or", "pa", "pl", "pt", "pt-BR", "rm", "ro", "ru",
	"si", "sk", "sl", "sq", "sr", "sv", "sw", "ta", "te", "th", "tr", "uk", "ur", "uz", "vi", "zh-Hans", "zh-Hant",
}

// newTranscripts is how many transcripts one form can bring.
const newTranscripts = 20

// videoProps is the editor of a video.
type videoProps struct {
	Sources     ui.FieldProps
	YouTube     ui.FieldProps
	Speeds      []fieldProps
	SpeedsOpen  bool
	Times       []ui.FieldProps
	Transcripts []transcriptProps
	New         transcriptProps
	Handout     ui.FieldProps
	Thumbnail   ui.FieldProps
	License     fieldProps
	Track       fieldProps
	Preview     templ.Component
	FilesURL    string // where course files are listed as JSON
	Extra       *sourceProps
}

// transcriptProps is one transcript: what it is, and what can be done with it.
type transcriptProps struct {
	Name      string // of the inputs, before a dot and what they are
	Language  string
	Label     string
	Languages []ui.Option
	Downloads []ui.Link
	Missing   bool // its file is not in the course
	Error     string
	Delete    bool
}

// videoOf reads a video for its form: what its own settings and elements say, without the entry of a video store, and with it.
func videoOf(b *course.Block) (own, all video.Video) {
	bare := *b
	bare.Body, _ = video.Cut(b.Body, func(e xml.StartElement) bool { return e.Name.Local == "video_asset" })
	return video.Parse(&bare), video.Parse(b)
}

// youTubeOf is the id of a video on YouTube as its settings say it, also where it is not played because there are files.
func youTubeOf(b *course.Block) string {
	bare := course.Block{Type: b.Type, Fields: course.Fields{}}
	for _, name := range []string{"youtube", "youtube_id_1_0"} {
		if v, ok := b.Fields[name]; ok {
			bare.Fields[name] = v
		} else if s, ok := b.Attrs[name]; ok {
			bare.Fields[name] = course.Text(s)
		}
	}
	return video.Parse(&bare).YouTube
}

// videoShown is what the inputs of a video's form hold at first.
func videoShown(b *course.Block) url.Values {
	own, _ := videoOf(b)
	thumbnail, _ := b.Fields["thumbnail"].Text()
	return url.Values{
		"v.sources": {strings.Join(own.Sources, "\n")}, "v.youtube": {youTubeOf(b)}, "v.start": {clockOrNone(own.Start)}, "v.end": {clockOrNone(own.End)},
		"v.handout": {own.Handout}, "v.thumbnail": {thumbnail},
	}
}

func clockOrNone(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return showClock(d)
}

// drawVideo draws the editor of a video.
func drawVideo(s *Server, r *http.Request, p bodyProps) (templ.Component, error) {
	ctx := r.Context()
	shown := videoShown(p.Block)
	for name := range shown {
		if p.Form.Has(name) {
			shown.Set(name, plainText(p.Form.Get(name)))
		}
	}
	field := func(name, label, help string) ui.FieldProps {
		return ui.FieldProps{Name: "v." + name, ID: "v." + name, Label: label, Help: help, Value: shown.Get("v." + name), Error: p.Errors["v."+name], Quiet: true}
	}
	out := videoProps{
		Sources: field("sources", word(ctx, "video", "html5_sources.label"), word(ctx, "video", "html5_sources.help")),
		YouTube: field("youtube", word(ctx, "video", "youtube_id_1_0.label"), word(ctx, "video", "youtube_id_1_0.help")),
		Times: []ui.FieldProps{
			field("start", word(ctx, "video", "start_time.label"), word(ctx, "video", "start_time.help")),
			field("end", word(ctx, "video", "end_time.label"), i18n.T(ctx, "studio.video.end_help")),
		},
		Handout:   field("handout", word(ctx, "video", "handout.label"), i18n.T(ctx, "studio.video.handout_help")),
		Thumbnail: field("thumbnail", word(ctx, "video", "thumbnail.label"), i18n.T(ctx, "studio.video.handout_help")),
		Preview:   previewVideo(s, r, p.Key, p.Block), FilesURL: filesURL(p.Key.Course),
	}
	out.Sources.Type, out.Sources.Rows = "textarea", max(3, 1+strings.Count(out.Sources.Value, "\n"))
	for _, f := range p.Settings.fields {
		switch f.Name {
		case "youtube_id_0_75", "youtube_id_1_25", "youtube_id_1_5":
			speed := p.Settings.field(ctx, f, p.Form, p.Errors)
			out.Speeds = append(out.Speeds, speed)
			out.SpeedsOpen = out.SpeedsOpen || speed.Value != "" || speed.Error != ""
		case "license":
			out.License = p.Settings.field(ctx, f, p.Form, p.Errors)
		case "track":
			out.Track = p.Settings.field(ctx, f, p.Form, p.Errors)
		}
	}
	by, err := s.author(r)
	if err != nil {
		return nil, err
	}
	library, err := s.Files.Read(ctx, by, p.Key.Course)
	if err != nil {
		return nil, err
	}
	_, all := videoOf(p.Block)
	for _, lang := range all.Languages() {
		out.Transcripts = append(out.Transcripts, newTranscript(ctx, p, all, library, lang))
	}
	out.New = transcriptProps{Name: "v.new.0", Error: p.Errors["v.new.0.file"], Languages: languageOptions(p.Form.Get("v.new.0.lang"), all.Languages(), nil)}
	if len(bytes.TrimSpace(p.Block.Body)) > 0 {
		extra := newSource(p)
		extra.Label, extra.Rows = i18n.T(ctx, "studio.video.elements"), max(4, min(12, 1+strings.Count(p.Data, "\n")))
		out.Extra = &extra
	}
	return videoEditor(out), nil
}

func newTranscript(ctx context.Context, p bodyProps, v video.Video, library files.Library, lang string) transcriptProps {
	name := "v.t." + lang
	t := transcriptProps{
		Name: name, Language: lang, Label: video.LanguageName(lang), Error: p.Errors[name+".file"], Delete: p.Form.Get(name+".delete") != "",
		Languages: languageOptions(lang, nil, v.Languages()),
	}
	if to := p.Form.Get(name + ".lang"); to != "" {
		t.Languages = languageOptions(to, nil, v.Languages())
	}
	t.Missing = !slices.ContainsFunc(v.FileNames(lang), func(file string) bool { _, ok := library.Files[file]; return ok })
	if !t.Missing {
		for _, format := range []string{"srt", "vtt", "txt"} {
			t.Downloads = append(t.Downloads, ui.Link{
				Label: i18n.T(ctx, "studio.video.download", strings.ToUpper(format)), URL: transcriptURL(p.Key, lang, format),
			})
		}
	}
	return t
}

func transcriptURL(u course.UsageKey, lang, format string) string {
	return editURL(u) + "?" + url.Values{"transcript": {format + "/" + lang}}.Encode()
}

// languageOptions lists languages by their names in themselves; those in without are left out, those in with are there whatever they are.
func languageOptions(chosen string, without, with []string) []ui.Option {
	codes := slices.Clone(languages)
	for _, code := range append(slices.Clone(with), chosen) {
		if code != "" && !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	var out []ui.Option
	for _, code := range codes {
		if code == chosen || !slices.Contains(without, code) {
			out = append(out, ui.Option{Value: code, Label: video.LanguageName(code) + " (" + code + ")", Selected: code == chosen})
		}
	}
	slices.SortStableFunc(out, func(a, b ui.Option) int { return strings.Compare(strings.ToLower(a.Label), strings.ToLower(b.Label)) })
	return out
}

// previewVideo draws the player.
func previewVideo(_ *Server, _ *http.Request, u course.UsageKey, b *course.Block) templ.Component {
	asset := func(name string) string { return "/" + u.Course.Asset(name).String() }
	return video.Preview(video.Parse(b), "preview", nameOf(b), asset, editURL(u)+"?transcript=")
}

// readVideo reads the inputs of a video's form.
func readVideo(s *Server, r *http.Request, e *editRead) error {
	shown := videoShown(e.Base)
	typed := func(name string) (string, bool) {
		text := strings.TrimSpace(plainText(e.Form.Get(name)))
		return text, e.Form.Has(name) && text != strings.TrimSpace(shown.Get(name))
	}
	if text, changed := typed("v.sources"); changed {
		readSources(e, text)
	}
	if text, changed := typed("v.youtube"); changed {
		readYouTube(e, text)
	}
	for input, name := range map[string]string{"v.start": "start_time", "v.end": "end_time"} {
		if text, changed := typed(input); changed {
			d, ok := readClock(text)
			if !ok && text != "" {
				e.Bad.Field(input, "studio.edit.bad.clock")
				continue
			}
			set(e.Op, name, course.Text(showClock(d)))
		}
	}
	if text, changed := typed("v.handout"); changed {
		e.cut("handout")
		setOrUnset(e.Op, "handout", text)
	}
	if text, changed := typed("v.thumbnail"); changed {
		setOrUnset(e.Op, "thumbnail", text)
	}
	for _, name := range []string{"handout", "thumbnail"} {
		if err := s.readCompanion(r, e, name); err != nil {
			return err
		}
	}
	return s.readTranscripts(r, e)
}

func setOrUnset(op *draft.Update, name, text string) {
	if text == "" {
		unset(op, name)
		return
	}
	set(op, name, course.Text(text))
}

// cut takes elements that say what a setting says now out of the text.
func (e *editRead) cut(name string) {
	e.cutIf(func(x xml.StartElement) bool { return x.Name.Local == name })
}

func (e *editRead) cutIf(drop func(xml.StartElement) bool) {
	body := e.Base.Body
	if e.Op.Body != nil {
		body = *e.Op.Body
	}
	if next, ok := video.Cut(body, drop); ok {
		e.Op.Body = &next
	}
}

// readSources reads addresses, one a line, in the order in which they are tried.
func readSources(e *editRead, text string) {
	list := []string{}
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line == "" || slices.Contains(list, line) {
			continue
		}
		u, err := url.Parse(line)
		if err != nil || strings.ContainsAny(line, " \t<>\"") || u.Scheme != "" && u.Scheme != "https" && u.Scheme != "http" || u.Scheme == "" && !strings.HasPrefix(line, "/") {
			e.Bad.Field("v.sources", "studio.video.bad_source")
			return
		}
		list = append(list, line)
	}
	e.cut("source")
	set(e.Op, "html5_sources", course.JSON(list))
	if e.Base.Fields["source"].IsSet() {
		unset(e.Op, "source")
	}
}

// readYouTube reads an id or an address. The list of older courses goes; the videos it names for other speeds stay.
func readYouTube(e *editRead, text string) {
	id, ok := video.ParseYouTube(text)
	if !ok {
		e.Bad.Field("v.youtube", "studio.video.bad_youtube")
		return
	}
	set(e.Op, "youtube_id_1_0", course.Text(id))
	older, _ := e.Base.Fields["youtube"].Text()
	if s, has := e.Base.Attrs["youtube"]; has {
		older = s
	}
	if older == "" {
		return
	}
	unset(e.Op, "youtube")
	for pair := range strings.SplitSeq(older, ",") {
		speed, id, _ := strings.Cut(strings.TrimSpace(pair), ":")
		name := map[string]string{"0.75": "youtube_id_0_75", "1.25": "youtube_id_1_25", "1.5": "youtube_id_1_5", "1.50": "youtube_id_1_5"}[speed]
		if _, own := e.Base.Fields[name]; name != "" && !own {
			set(e.Op, name, course.Text(strings.TrimSpace(id)))
		}
	}
}

// sentFile opens a file of a form; nil when none was chosen.
func sentFile(r *http.Request, name string) *multipart.FileHeader {
	if r.MultipartForm == nil || len(r.MultipartForm.File[name]) == 0 || r.MultipartForm.File[name][0].Filename == "" {
		return nil
	}
	return r.MultipartForm.File[name][0]
}

func readFile(h *multipart.FileHeader, most int64) (data []byte, tooLarge bool, err error) {
	if h.Size > most {
		return nil, true, nil
	}
	f, err := h.Open()
	if err != nil {
		return nil, false, fmt.Errorf("open what was sent: %w", err)
	}
	defer f.Close()
	data, err = io.ReadAll(io.LimitReader(f, most))
	return data, false, err
}

// readCompanion takes a file that goes with the video: its handout, its picture.
func (s *Server) readCompanion(r *http.Request, e *editRead, field string) error {
	input := "v." + field + ".file"
	h := sentFile(r, input)
	if h == nil {
		return nil
	}
	data, tooLarge, err := readFile(h, draft.MaxBody)
	if err != nil {
		return err
	}
	if field == "thumbnail" && !strings.HasPrefix(http.DetectContentType(data), "image/") {
		e.Bad.Field(input, "studio.video.bad_picture")
		return nil
	}
	if tooLarge || len(data) == 0 {
		e.Bad.Field(input, "studio.video.bad_size")
		return nil
	}
	name, err := s.upload(r.Context(), e, h.Filename, data)
	if err != nil {
		return err
	}
	e.cut(field)
	set(e.Op, field, course.Text("/static/"+name))
	return nil
}

// upload plans to put a file into the course, under its name where that is free or has these very bytes, and else under one beside it: what
// learners see of a published version must not change before the next is published.
func (s *Server) upload(ctx context.Context, e *editRead, name string, data []byte) (string, error) {
	library, err := s.Files.Read(ctx, e.By, e.Key.Course)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	digest := hex.EncodeToString(sum[:])
	name = course.AssetName(path.Base(strings.ReplaceAll(name, "\\", "/")))
	of := library.Files[name].Digest
	if planned, ok := e.planned[name]; ok { // by another input of this form
		of = planned
	}
	switch of {
	case "":
	case digest:
		return name, nil
	default:
		ext := path.Ext(name)
		name = strings.TrimSuffix(name, ext) + "-" + digest[:8] + ext
		if e.planned[name] == digest {
			return name, nil
		}
	}
	if e.planned == nil {
		e.planned = map[string]string{}
	}
	e.planned[name] = digest
	// Somebody else's file of that name, if one came meanwhile, is not replaced.
	e.Uploads = append(e.Uploads, files.Upload{Name: name, Body: bytes.NewReader(data), Replaces: new("")})
	return name, nil
}

// readTranscripts reads what happens to the transcripts a video has, and new ones.
func (s *Server) readTranscripts(r *http.Request, e *editRead) error {
	_, all := videoOf(e.Base)
	next := maps.Clone(all.Transcripts)
	gone := map[string]bool{} // languages whose entry must not come back from where it stood
	changed := false
	deleted := func(lang string) bool { return e.Form.Get("v.t."+lang+".delete") != "" }
	for _, lang := range all.Languages() {
		if deleted(lang) { // first, so that another can take its place
			delete(next, lang)
			gone[lang], changed = true, true
		}
	}
	for _, lang := range all.Languages() {
		if deleted(lang) {
			continue
		}
		name := "v.t." + lang
		file, err := s.readTranscript(r, e, name+".file", lang)
		if err != nil {
			return err
		}
		if file != "" {
			next[lang], changed = file, true
		}
		to := e.Form.Get(name + ".lang")
		if to == "" || to == lang {
			continue
		}
		if !isLanguage(to) {
			e.Bad.Field(name+".lang", "studio.video.no_language")
			continue
		}
		_, taken := next[to] // by one that was there, or is renamed too
		if _, was := all.Transcripts[to]; taken || was && !deleted(to) {
			e.Bad.Field(name+".lang", "studio.video.language_taken")
			continue
		}
		next[to] = next[lang]
		delete(next, lang)
		gone[lang], changed = true, true
	}
	for i := range newTranscripts {
		input := fmt.Sprintf("v.new.%d.", i)
		if sentFile(r, input+"file") == nil {
			continue
		}
		lang := e.Form.Get(input + "lang")
		if !isLanguage(lang) {
			e.Bad.Field(input+"lang", "studio.video.no_language")
			continue
		}
		if _, taken := next[lang]; taken {
			e.Bad.Field(input+"lang", "studio.video.language_taken")
			continue
		}
		file, err := s.readTranscript(r, e, input+"file", lang)
		if err != nil {
			return err
		}
		if file != "" {
			next[lang], changed = file, true
		}
	}
	if !changed {
		return nil
	}
	e.moveTranscripts(next, gone)
	return nil
}

// isLanguage reports whether a text may be the code of a language: it becomes part of a file's name.
func isLanguage(code string) bool {
	return code != "" && len(code) <= 20 && !strings.ContainsAny(code, "/.<>\"' ")
}

// moveTranscripts writes the transcripts as a setting, and takes away what said it elsewhere; gone are languages whose entry of a video
// store must not bring them back.
func (e *editRead) moveTranscripts(next map[string]string, gone map[string]bool) {
	e.cutIf(func(x xml.StartElement) bool {
		if x.Name.Local != "transcript" {
			return false
		}
		for _, a := range x.Attr {
			if a.Name.Local == "src" || a.Name.Local == "language_code" && gone[a.Value] {
				return true
			}
		}
		return false
	})
	if e.Base.Fields["sub"].IsSet() {
		unset(e.Op, "sub")
	}
	set(e.Op, "transcripts", course.JSON(next))
}

// readTranscript takes a transcript that was sent, "" for none. It is kept as SRT, which every tool reads.
func (s *Server) readTranscript(r *http.Request, e *editRead, input, lang string) (file string, err error) {
	h := sentFile(r, input)
	if h == nil {
		return "", nil
	}
	data, tooLarge, err := readFile(h, video.MaxTranscript)
	if err != nil {
		return "", err
	}
	if tooLarge {
		e.Bad.Field(input, "studio.video.transcript_large")
		return "", nil
	}
	t, err := video.ParseTranscript(data)
	if err != nil {
		why := "studio.video.transcript_bad"
		if strings.EqualFold(path.Ext(h.Filename), ".txt") {
			why = "studio.video.transcript_untimed"
		}
		e.Bad.Field(input, why)
		return "", nil
	}
	return s.upload(r.Context(), e, e.Key.ID+"-"+lang+".srt", t.SRT())
}

// uploadTranscript serves POST /transcripts/upload, for programs: an English transcript, as transcript-file, for the video named by locator.
func (s *Server) uploadTranscript(w http.ResponseWriter, r *http.Request) error {
	if !page.Viewer(r).SignedIn() {
		return fault.Unauthenticatedf("not signed in to Studio")
	}
	if err := page.ParseForm(r, video.MaxTranscript); err != nil {
		return err
	}
	e, err := s.videoAt(r, r.PostForm.Get("locator"))
	if err != nil {
		return err
	}
	const name, lang = "transcript-file", "en"
	file, err := s.readTranscript(r, e, name, lang)
	if err != nil {
		return err
	}
	if file == "" {
		if len(e.Bad.Fields) == 0 {
			e.Bad.Field(name, "studio.video.transcript_bad")
		}
		return e.Bad
	}
	_, all := videoOf(e.Base)
	next := maps.Clone(all.Transcripts)
	next[lang] = file
	e.moveTranscripts(next, nil)
	if err := s.keepEdit(r, e, ""); err != nil {
		return err
	}
	id, _ := e.Base.Fields["edx_video_id"].Text()
	return page.JSON(w, r, http.StatusOK, map[string]string{"status": "Success", "edx_video_id": id})
}

// unspaced mends a key that a script put into a form as it is: a plus sign there is a blank, which no key has.
func unspaced(key string) string { return strings.ReplaceAll(key, " ", "+") }

// downloadTranscript serves GET /transcripts/download?locator=KEY, for programs: the English transcript as SRT.
func (s *Server) downloadTranscript(w http.ResponseWriter, r *http.Request) error {
	by, u, err := s.locator(r, "locator", unspaced(r.URL.Query().Get("locator")))
	if err != nil {
		return err
	}
	return s.writeTranscript(w, r, by, u, "srt", "en")
}

// showTranscript serves GET /edit/KEY?transcript=FORMAT/LANGUAGE: a transcript of a video in the draft as srt, txt, vtt or, for the player,
// as translation.
func (s *Server) showTranscript(w http.ResponseWriter, r *http.Request, by draft.Author, u course.UsageKey) error {
	format, lang, _ := strings.Cut(r.URL.Query().Get("transcript"), "/")
	return s.writeTranscript(w, r, by, u, format, lang)
}

func (s *Server) writeTranscript(w http.ResponseWriter, r *http.Request, by draft.Author, u course.UsageKey, format, lang string) error {
	ctx := r.Context()
	_, b, err := s.Editor.Read(ctx, u.Course)
	if err != nil {
		return err
	}
	block := draft.Block(b.Draft, u)
	if block == nil || block.Type != "video" && block.Type != "videoalpha" {
		return fault.NotFoundf("%s is no video of the draft", u).Say("draft.gone")
	}
	t, err := s.openTranscript(ctx, by, u.Course, video.Parse(block), lang)
	if err != nil {
		return err
	}
	body, kind := t.SRT(), "application/x-subrip; charset=utf-8"
	switch format {
	case "translation":
		return page.JSON(w, r, http.StatusOK, t.SJSON())
	case "vtt":
		body, kind = t.VTT(), "text/vtt; charset=utf-8"
	case "txt":
		body, kind = t.Text(), "text/plain; charset=utf-8"
	case "sjson":
		if body, err = json.Marshal(t.SJSON()); err != nil {
			return fmt.Errorf("write a transcript: %w", err)
		}
		kind = "application/json"
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Language", lang)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "private, no-store")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": nameOf(block) + "." + lang + "." + format}))
	_, err = w.Write(body)
	return err
}

// openTranscript reads a transcript from the files of a course.
func (s *Server) openTranscript(ctx context.Context, by draft.Author, key course.Key, v video.Video, lang string) (video.Transcript, error) {
	library, err := s.Files.Read(ctx, by, key)
	if err != nil {
		return nil, err
	}
	for _, name := range v.FileNames(lang) {
		f, ok := library.Files[name]
		if !ok {
			continue
		}
		body, _, err := s.Files.Files.Open(ctx, f.Digest)
		if err != nil {
			return nil, fmt.Errorf("open transcript %s: %w", name, err)
		}
		data, err := io.ReadAll(io.LimitReader(body, video.MaxTranscript))
		body.Close()
		if err != nil {
			return nil, fmt.Errorf("read transcript %s: %w", name, err)
		}
		t, err := video.ParseTranscript(data)
		if err != nil {
			return nil, fault.NotFoundf("transcript %s: %w", name, err).Say("studio.video.transcript_broken", name)
		}
		return t, nil
	}
	return nil, fault.NotFoundf("no transcript in %q", lang).Say("studio.video.transcript_none")
}
