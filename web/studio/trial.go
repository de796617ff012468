package studio

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"lyceum/authoring/draft"
	"lyceum/component"
	"lyceum/component/problem"
	"lyceum/course"
	"lyceum/grading/capa"
	"lyceum/internal/fault"
	"lyceum/web/coursefile"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/ui"
)

// A problem is tried out while it is written: POST /preview/problem/KEY takes the form of the block as it stands, saved or not, and draws it with
// the engine learners meet. Acts of the drawn problem go to /preview/problem/KEY/ACT with the same form beside the answers. Nothing is kept: what
// an act leaves comes back to the page, and from there with the next act.

// Trials is what trying problems out needs beside Drawing.
type Trials struct {
	Problem *problem.Kind
	Runner  capa.ScriptRunner // for looking through a source; nil: scripts are noted as not tried
}

// trialMemory is how much of a form is kept in memory.
const trialMemory = 16 << 20

// trialDocument is the act that asks for the page of the frame a question needs.
const trialDocument = "document"

// trialActs are the parts of an address that name an act.
var trialActs = map[string]bool{
	"problem_get": true, "problem_check": true, "problem_save": true, "problem_reset": true, "problem_show": true, "hint_button": true, "input_ajax": true,
	trialDocument: true,
}

func trying(s *Server, rt routes) {
	rt.get("/preview/problem/*", s.showTrial)
	rt.post("/preview/problem/*", forBoth(s.tryProblem))
}

func trialURL(u course.UsageKey) string { return "/preview/problem/" + u.String() }

// enterTrial is enterBlock for a problem whose address may end in an act.
func (s *Server) enterTrial(r *http.Request) (u course.UsageKey, act string, err error) {
	rest := strings.TrimSuffix(chi.URLParam(r, "*"), "/")
	if at := strings.LastIndexByte(rest, '/'); at > 0 && trialActs[rest[at+1:]] {
		rest, act = rest[:at], rest[at+1:]
	}
	if u, err = course.ParseURLUsageKey(rest, course.Key{}); err != nil {
		return u, "", notFound(r, err)
	}
	if _, u, err = s.enterUsage(r, u); err == nil && u.Type != "problem" {
		err = fault.NotFoundf("preview of %s: no problem", u)
	}
	return u, act, err
}

// trial is one act on a problem as its author has it now.
type trial struct {
	rt     *component.Runtime
	node   *course.Node
	source []byte   // as the author sees it
	lines  []string // of the Markdown it is made of; nil: it is written in XML
	problem.Trial
}

// trialContent is a course with the block and what stands above it, and nothing else.
func trialContent(c *course.Content, way []*course.Block, b *course.Block) *course.Content {
	for _, up := range way {
		above := *up
		above.Children = []*course.Block{b}
		b = &above
	}
	return &course.Content{Key: c.Key, Root: b}
}

// newTrial makes a trial of a form. What is refused in its settings is left out: the form says so when it is saved.
func (s *Server) newTrial(r *http.Request, u course.UsageKey, act string, form url.Values) (*trial, error) {
	ctx := r.Context()
	base, err := s.baseOf(ctx, u, form)
	if err != nil {
		return nil, err
	}
	if len(base.way) == 0 {
		return nil, fault.NotFoundf("preview of %s: it stands in no unit", u)
	}
	read, err := s.readEdit(r, draft.Author{}, u, base, form)
	if err != nil && fault.KindOf(err) != fault.Invalid {
		return nil, err
	}
	op := *read.Op
	b := updated(base.block, op)
	head, _, err := s.Editor.Read(ctx, u.Course)
	if err != nil {
		return nil, err
	}
	var files map[string]course.File
	if head.Files != "" {
		if files, err = s.Draw.Manifest(ctx, head.Files); err != nil {
			return nil, err
		}
	}
	compiled := course.Compile(trialContent(base.course, base.way, b), head.Draft, files, s.Draw.Kinds.Describe)
	t := &trial{rt: s.runtime(r, compiled), source: problem.Source(b)}
	t.rt.Links.Frame = func(*course.Node) string { return "about:blank" } // the page sends the form there: there is nothing stored to ask for
	if theme, err := r.Cookie(page.ThemeCookie); err == nil && (theme.Value == "light" || theme.Value == "dark") {
		t.rt.Person.Theme = theme.Value
	}
	var ok bool
	if t.node, ok = compiled.Find(u.Type, u.ID); !ok {
		return nil, fault.NotFoundf("preview of %s: it stands in no unit", u)
	}
	if text, written := markdownOf(b); written {
		t.lines = strings.Split(text, "\n")
	} else if typed := plainText(form.Get("data")); form.Has("data") && (op.Attrs != nil || op.Body == nil) {
		t.source = []byte(typed) // its start tag may take several lines
	}
	t.Trial = problem.Trial{Act: act, Form: actForm(form), State: form.Get(problem.TrialState), Seed: seedOf(form.Get(problem.TrialSeed))}
	return t, nil
}

// actForm are the fields of a form that belong to the drawn problem.
func actForm(form url.Values) url.Values {
	out := url.Values{}
	for name, values := range form {
		switch {
		case strings.HasPrefix(name, "input_"), name == "hint_index", name == "dispatch", name == "formula", name == "submission", name == "request_start":
			out[name] = values
		}
	}
	return out
}

// seedOf reads a seed as an author types it. 1 is what every learner has where nothing is random.
func seedOf(text string) int {
	seed, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || seed < 0 || seed > problem.MaxSeed {
		return 1
	}
	return seed
}

// trouble is why a problem cannot be shown.
type trouble struct {
	Line int    `json:"line"` // as in trialFinding
	Text string `json:"text"`
}

// trialFinding is something to know about a source. Line is of the text the author writes, 0 where none applies; XMLLine that of the problem made
// of Markdown.
type trialFinding struct {
	Line     int    `json:"line"`
	XMLLine  int    `json:"xml_line,omitempty"`
	Severity string `json:"severity"`
	Kind     string `json:"kind"`
	Text     string `json:"text"`
}

// trialLook is the problem as it stands, for the editor.
type trialLook struct {
	Seed     int            `json:"seed"`
	State    string         `json:"state"`
	XML      string         `json:"xml"`
	Findings []trialFinding `json:"findings"`
	HTML     string         `json:"html"`
	Framed   bool           `json:"framed"`
	Broken   bool           `json:"broken"` // it cannot be shown; html says why
	Notes    []string       `json:"notes,omitempty"`
}

// showTrial serves GET /preview/problem/KEY: the problem as it is saved.
func (s *Server) showTrial(w http.ResponseWriter, r *http.Request) error {
	u, act, err := s.enterTrial(r)
	if err != nil {
		return err
	}
	if act != "" {
		return fault.NotFoundf("%s of a preview by GET", act)
	}
	done, err := s.Limits.try(r)
	if err != nil {
		return err
	}
	defer done()
	return s.renderTrial(w, r, u, "", url.Values{})
}

// tryProblem serves POST /preview/problem/KEY and …/ACT.
func (s *Server) tryProblem(w http.ResponseWriter, r *http.Request) error {
	u, act, err := s.enterTrial(r)
	if err != nil {
		return err
	}
	if err := page.ParseForm(r, trialMemory); err != nil {
		return err
	}
	done, err := s.Limits.try(r)
	if err != nil {
		return err
	}
	defer done()
	form := r.PostForm
	switch {
	case act == trialDocument:
		return s.renderTrialFrame(w, r, u, form)
	case !page.WantsJSON(r):
		return s.renderTrial(w, r, u, act, form)
	case act == "":
		return s.lookTrial(w, r, u, form)
	}
	t, err := s.newTrial(r, u, act, form)
	if err != nil {
		return err
	}
	got, err := s.Trials.Problem.Try(r.Context(), t.rt, t.node, trialURL(u), t.Trial)
	if why, ok := t.trouble(err); ok {
		return page.JSON(w, r, http.StatusOK, map[string]any{"success": i18n.T(r.Context(), "studio.trial.failed", whereOf(r.Context(), why), why.Text)})
	}
	if err != nil {
		return err
	}
	got.Reply["trial"] = map[string]any{"state": got.State, "seed": got.Seed}
	return page.JSON(w, r, http.StatusOK, got.Reply)
}

// lookTrial draws the problem and says what there is to say about its source.
func (s *Server) lookTrial(w http.ResponseWriter, r *http.Request, u course.UsageKey, form url.Values) error {
	ctx := r.Context()
	t, err := s.newTrial(r, u, "", form)
	if err != nil {
		return err
	}
	out := trialLook{XML: string(t.source), Findings: []trialFinding{}, Seed: t.Seed}
	for _, f := range capa.Lint(ctx, t.source, s.Trials.Runner) {
		one := trialFinding{Line: f.Line, Severity: f.Severity, Kind: f.Kind, Text: f.Text}
		if t.lines != nil {
			if f.Kind == "old_options" || f.Kind == "old_label" {
				continue // the conversion writes so, as that of the platform we match does; who writes Markdown cannot mend it
			}
			one.Line, one.XMLLine, one.Text = t.markdownLine(f.Line), f.Line, placeInXML.ReplaceAllString(f.Text, "")
		}
		out.Findings = append(out.Findings, one)
	}
	got, err := s.Trials.Problem.Try(ctx, t.rt, t.node, trialURL(u), t.Trial)
	why, broken := t.trouble(err)
	if err != nil && !broken {
		return err
	}
	var html strings.Builder
	if broken {
		out.Broken = true
		err = trialTrouble(whereOf(ctx, why), why.Text).Render(ctx, &html)
	} else {
		out.Seed, out.State, out.Framed, out.Notes = got.Seed, got.State, got.Framed, got.Notes
		err = got.View.Render(ctx, &html)
	}
	if err != nil {
		return err
	}
	out.HTML = html.String()
	return page.JSON(w, r, http.StatusOK, out)
}

// trouble tells what of an error the author can mend.
func (t *trial) trouble(err error) (trouble, bool) {
	why, ok := errors.AsType[*capa.Error](err)
	if !ok {
		return trouble{}, false
	}
	out := trouble{Line: why.Line, Text: strings.TrimSpace(why.Message)}
	if script, ok := errors.AsType[*capa.ScriptError](err); ok && script.Trace != "" {
		out.Text = strings.TrimSpace(script.Trace)
	}
	if out.Text == "" {
		out.Text = why.Error()
	}
	if t.lines != nil {
		out.Line, out.Text = t.markdownLine(why.Line), placeInXML.ReplaceAllString(out.Text, "")
	}
	return out, true
}

// whereOf is where a trouble lies, in words; "" where that is not known.
func whereOf(ctx context.Context, why trouble) string {
	if why.Line == 0 {
		return ""
	}
	return i18n.T(ctx, "studio.edit.line", strconv.Itoa(why.Line))
}

// placeInXML is where the engine says a mistake is, which says nothing to who writes Markdown.
var placeInXML = regexp.MustCompile(` \(line \d+, column \d+\)`)

var tagsAround = regexp.MustCompile(`^\s*(?:<[^<>]*>)*|(?:<[^<>]*>)*\s*$`)

// markdownLine finds the line of the Markdown that a line of the problem was made of; 0 where it is not to be told.
func (t *trial) markdownLine(line int) int {
	all := strings.Split(string(t.source), "\n")
	if line < 1 || line > len(all) {
		return 0
	}
	text := strings.TrimSpace(tagsAround.ReplaceAllString(all[line-1], ""))
	found := 0
	for i, l := range t.lines {
		if text != "" && strings.Contains(l, text) {
			if found > 0 {
				return 0
			}
			found = i + 1
		}
	}
	return found
}

// trialProps is the page of a trial.
type trialProps struct {
	Layout ui.LayoutProps
	URL    string
	View   component.Drawn
	Where  string
	Why    string // it cannot be shown
	Said   string // of an act that came to nothing
	Framed bool
}

// renderTrial draws a trial as a page of its own, for the frame beside the editor. It works without scripts.
func (s *Server) renderTrial(w http.ResponseWriter, r *http.Request, u course.UsageKey, act string, form url.Values) error {
	ctx := r.Context()
	t, err := s.newTrial(r, u, act, form)
	if err != nil {
		return err
	}
	t.Keep = url.Values{}
	for name, values := range form {
		if !strings.HasPrefix(name, "input_") && name != problem.TrialState && name != problem.TrialSeed && name != "act" {
			t.Keep[name] = values
		}
	}
	p := trialProps{URL: trialURL(u), Layout: page.Layout(w, r, i18n.T(ctx, "studio.trial.title"))}
	p.Layout.Chrome, p.Layout.Main = "bare", "flush"
	p.Layout.Styles = append(p.Layout.Styles, "css/course.css", "css/studio.css")
	p.Layout.Entries = append(p.Layout.Entries, "js/trial.js")
	got, err := s.Trials.Problem.Try(ctx, t.rt, t.node, p.URL, t.Trial)
	why, broken := t.trouble(err)
	if broken && act != "" { // the act failed, the problem may be shown all the same
		p.Said = strings.TrimSpace(whereOf(ctx, why) + " " + why.Text)
		t.Act = ""
		got, err = s.Trials.Problem.Try(ctx, t.rt, t.node, p.URL, t.Trial)
		why, broken = t.trouble(err)
	}
	switch {
	case broken:
		p.Where, p.Why = whereOf(ctx, why), why.Text
	case err != nil:
		return err
	default:
		p.View, _ = got.View.(component.Drawn)
		p.Framed = got.Framed
		if said, ok := got.Reply["success"].(string); ok && p.Said == "" && !trialVerdicts[said] {
			p.Said = said
		}
	}
	page.AllowContent(w, r)
	return page.Render(w, r, trialPage(p))
}

// trialVerdicts are the words of a check that was counted; anything else says why it was not.
var trialVerdicts = map[string]bool{"correct": true, "incorrect": true, "partially-correct": true, "submitted": true}

// renderTrialFrame is the page of the frame in which a question with its author's scripts stands.
func (s *Server) renderTrialFrame(w http.ResponseWriter, r *http.Request, u course.UsageKey, form url.Values) error {
	t, err := s.newTrial(r, u, "", form)
	if err != nil {
		return err
	}
	doc, err := s.Trials.Problem.TrialDocument(r.Context(), t.rt, t.node, t.Trial)
	if _, broken := t.trouble(err); broken || err == nil && doc == nil {
		return fault.NotFoundf("preview of %s needs no frame", u)
	}
	if err != nil {
		return err
	}
	coursefile.FrameHeaders(w.Header(), nil)
	return doc.Render(r.Context(), w)
}

// markdownOf is the Markdown a problem is written in; ok is false for one that is written in XML.
func markdownOf(b *course.Block) (text string, ok bool) {
	v, set := b.Fields["markdown"]
	if !set || v.IsNull() {
		return "", false
	}
	return v.Text()
}
