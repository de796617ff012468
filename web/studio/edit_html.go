package studio

import (
	"bytes"
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"lyceum/component/authored"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/web/coursefile"
	"lyceum/web/i18n"
	"lyceum/web/page"
)

// Rich text: the editor of html blocks, static pages, updates and handouts. A page asks for it by data-richtext at a textarea, see
// richTextField; the rest comes when the first one is there.

// richTextRoutes lists the addresses of the editor.
func richTextRoutes(s *Server, rt routes) {
	rt.get("/richtext", s.showRichTools)
	rt.get("/richtext/places", forPrograms(s.showPlaces))
	rt.post("/richtext/preview", s.previewText)
	rt.get("/richtext/text/*", s.downloadText)
}

// richTextProps is a field for HTML.
type richTextProps struct {
	ID, Name, Label, Error string
	Text                   string
	Mode                   string // the field editor of an html block: visual, raw or markdown
	Course                 string // the key of the course whose files and units can be chosen
	Everywhere             bool   // the page may show pictures of other sites, see page.AllowContent
	Whole                  bool   // long texts, too, stand in the page
	WholeURL, TextURL      string // of a long text: where it does, and where it can be fetched
}

// longText is how many bytes a text may have before it is a plain field only.
const longText = 3 << 20

func (p richTextProps) tooLong() bool { return len(p.Text) > longText }

// apart reports whether the text stays out of the page: browsers take long to lay out a field with it.
func (p richTextProps) apart() bool { return p.tooLong() && !p.Whole && p.WholeURL != "" }

// wrap keeps long texts from being broken into lines, which takes long.
func (p richTextProps) wrap() string {
	if p.tooLong() {
		return "off"
	}
	return "soft"
}

func (p richTextProps) size(ctx context.Context) string {
	return i18n.Number(ctx, float64(len(p.Text)*10>>20)/10)
}

// richToolProps is a button of the editor's bar; the id of its name is "studio.html.tool.NAME".
type richToolProps struct {
	Name, Icon string
	Keys       string // as aria-keyshortcuts has them
	Toggles    bool
}

func (t richToolProps) title(ctx context.Context) string {
	name := i18n.T(ctx, "studio.html.tool."+t.Name)
	if t.Keys == "" {
		return name
	}
	return name + " (" + strings.ReplaceAll(t.Keys, "Control", "Ctrl") + ")"
}

var richTools = [][]richToolProps{
	{{"bold", "bold", "Control+B", true}, {"italic", "italic", "Control+I", true}, {"underline", "underline", "Control+U", true}, {"code", "code", "Control+E", true}},
	{{"bulletList", "list", "Control+Shift+8", true}, {"orderedList", "list-ordered", "Control+Shift+7", true}, {"outdent", "list-indent-decrease", "Shift+Tab", false}, {"indent", "list-indent-increase", "Tab", false}, {"blockquote", "text-quote", "Control+Shift+B", true}},
	{{"link", "link", "Control+K", false}, {"image", "image", "", false}, {"math", "sigma", "Control+M", false}, {"table", "table", "", false}, {"rule", "minus", "", false}},
	{{"alignLeft", "text-align-start", "Control+Shift+L", true}, {"alignCenter", "text-align-center", "Control+Shift+E", true}, {"alignRight", "text-align-end", "Control+Shift+R", true}},
	{{"clear", "remove-formatting", "Control+\\", false}, {"undo", "undo-2", "Control+Z", false}, {"redo", "redo-2", "Control+Shift+Z", false}},
}

var richTableTools = []richToolProps{
	{Name: "rowBefore"},
	{Name: "rowAfter"},
	{Name: "columnBefore"},
	{Name: "columnAfter"},
	{Name: "headRow"},
	{Name: "headColumn"},
	{Name: "merge"},
	{Name: "split"},
	{Name: "dropRow"},
	{Name: "dropColumn"},
	{Name: "dropTable"},
}

// richWords are the texts the script says itself, by what it calls them; the id is "studio.html.say.NAME".
var richWords = []string{
	"active", "frame", "broken", "document", "mixed", "list", "table", "deep", "large", "other", "raw", "converted", "words", "label", "no_alt", "alt_needed", "uploading",
	"uploaded", "upload_failed", "found_none", "found_failed", "island", "math_bad", "island_bad", "full_off", "external", "unit", "file", "not_image", "convert_failed",
}

// showRichTools serves GET /richtext: what the script of the editor draws itself with, in the reader's language.
func (s *Server) showRichTools(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.author(r); err != nil {
		return err
	}
	words := map[string]string{}
	for _, name := range richWords {
		words[name] = i18n.T(r.Context(), "studio.html.say."+name, "%s")
	}
	text, err := json.Marshal(words)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "private, no-cache")
	return richTextTools(string(text)).Render(r.Context(), w)
}

// linkPlace is a part of a course that a link may lead to.
type linkPlace struct {
	ID    string `json:"id"`   // behind /jump_to_id/
	Name  string `json:"name"` // shown to authors
	Above string `json:"above,omitempty"`
	Kind  string `json:"kind"`
}

// showPlaces serves GET /richtext/places?course=KEY: sections, subsections and units of the draft, in course order.
func (s *Server) showPlaces(w http.ResponseWriter, r *http.Request) error {
	key, err := s.enterNamed(r, r.URL.Query().Get("course"))
	if err != nil {
		return err
	}
	_, b, err := s.Editor.Read(r.Context(), key)
	if err != nil {
		return err
	}
	places := []linkPlace{}
	var walk func(list []*course.Block, above []string)
	walk = func(list []*course.Block, above []string) {
		for _, c := range list {
			name := nameOf(c)
			places = append(places, linkPlace{ID: c.ID, Name: name, Above: strings.Join(above, " › "), Kind: c.Type})
			if len(above) < 2 {
				walk(c.Children, append(slices.Clip(above), name))
			}
		}
	}
	if b.Draft != nil && b.Draft.Root != nil {
		walk(b.Draft.Root.Children, nil)
	}
	return page.JSON(w, r, http.StatusOK, map[string]any{"places": places})
}

// enterNamed is enter for a course named by a field or a query.
func (s *Server) enterNamed(r *http.Request, name string) (course.Key, error) {
	key, err := course.ParseKey(name)
	if err != nil {
		return key, notFound(r, err)
	}
	_, err = s.enter(r, key)
	return key, err
}

// previewText serves POST /richtext/preview: a text as learners see it, scripts and all, as a document without an origin of ours. What it
// shows is what was just sent, by a page of this site; the sandbox stands in the answer itself, so opening the address alone is no way out.
func (s *Server) previewText(w http.ResponseWriter, r *http.Request) error {
	if !page.Viewer(r).SignedIn() {
		return fault.Unauthenticatedf("not signed in to Studio")
	}
	if err := page.ParseForm(r, 1<<20); err != nil {
		return err
	}
	key, err := s.enterNamed(r, r.PostForm.Get("course"))
	if err != nil {
		return err
	}
	coursefile.FrameHeaders(w.Header(), nil)
	source := authored.Source{
		Course: course.Compile(&course.Content{Key: key, Root: &course.Block{Type: "course", ID: key.Run}}, "", nil, nil),
		Asset:  func(name string) string { return assetPath(key, name) },
	}
	return source.Document(i18n.From(r.Context()).Lang(), i18n.T(r.Context(), "studio.html.preview"), r.PostForm.Get("text")).Render(r.Context(), w)
}

// downloadText serves GET /richtext/text/KEY: the text of a block, byte for byte, to be kept.
func (s *Server) downloadText(w http.ResponseWriter, r *http.Request) error {
	_, u, _, block, err := s.read(r)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": u.ID + ".html"}))
	h.Set("Content-Security-Policy", page.DataPolicy)
	h.Set("Cache-Control", "private, no-store")
	_, err = w.Write(block.Body)
	return err
}

// assetPath is where Studio serves a file of a course.
func assetPath(key course.Key, name string) string {
	path := key.Asset(name).String()
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return (&url.URL{Path: path}).EscapedPath()
}

// htmlEditor is the editor of kinds whose text is HTML.
var htmlEditor = bodyEditor{
	Draw: func(_ *Server, r *http.Request, p bodyProps) (templ.Component, error) {
		mode, _ := p.Block.Fields["editor"].Text()
		return richTextField(richTextProps{
			ID: "data", Name: "data", Label: i18n.T(r.Context(), "studio.html.body"), Error: p.Errors["data"], Text: p.Data, Mode: mode, Course: p.Key.Course.String(),
			Everywhere: true, Whole: p.Form != nil || r.URL.Query().Has("whole"), WholeURL: editURL(p.Key) + "?whole=1", TextURL: "/richtext/text/" + p.Key.String(),
		}), nil
	},
	// What the author did not touch keeps its bytes, line ends of every sort included.
	Read: func(_ *Server, _ *http.Request, e *editRead) error {
		if e.Op.Body != nil && e.Form.Has("data") {
			body := htmlBody(e.Base.Body, e.Form.Get("data"))
			e.Op.Body = &body
		}
		return nil
	},
}

// htmlBody puts a text that came back from a page into the body it was made of. A field of a page changes line ends; only what stands
// between the first and the last difference is written anew, and a text nobody changed is the body itself.
func htmlBody(old []byte, text string) []byte {
	was, now := plainText(string(old)), plainText(text)
	if was == now {
		return old
	}
	start := 0
	for start < len(was) && start < len(now) && was[start] == now[start] {
		start++
	}
	end := 0
	for end < len(was)-start && end < len(now)-start && was[len(was)-1-end] == now[len(now)-1-end] {
		end++
	}
	from, to := placeIn(old, start), placeIn(old, len(was)-end)
	out := slices.Concat(old[:from], []byte(withEnds(now[start:len(now)-end], string(old[from:to]), lineEnd(old))), old[to:])
	if plainText(string(out)) != now { // a lone carriage return has met a line feed
		return []byte(strings.ReplaceAll(now, "\n", lineEnd(old)))
	}
	return out
}

// withEnds gives the lines of a text the ends they have in another, as far as they are found there in the same order; others end as usual.
func withEnds(text, old, usual string) string {
	const far = 200 // lines that may have been taken out at once
	was := strings.SplitAfter(old, "\n")
	var b strings.Builder
	for line := range strings.SplitAfterSeq(text, "\n") {
		bare, ends := strings.CutSuffix(line, "\n")
		end := ""
		if ends {
			end = usual
		}
		for i := range min(far, len(was)) {
			found, foundEnds := strings.CutSuffix(was[i], "\n")
			if ends && foundEnds && strings.TrimSuffix(found, "\r") == bare {
				end, was = was[i][len(bare):], was[i+1:]
				break
			}
		}
		b.WriteString(bare + end)
	}
	return b.String()
}

// lineEnd is how most lines of a text end.
func lineEnd(text []byte) string {
	if n := bytes.Count(text, []byte("\r\n")); n > 0 && 2*n >= bytes.Count(text, []byte("\n")) {
		return "\r\n"
	}
	return "\n"
}

// placeIn finds the place in a body that stands n bytes behind the beginning of its plainText.
func placeIn(body []byte, n int) int {
	i := 0
	for ; n > 0 && i < len(body); n-- {
		if body[i] == '\r' && i+1 < len(body) && body[i+1] == '\n' {
			i++
		}
		i++
	}
	return i
}
