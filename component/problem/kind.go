package problem

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/jackc/pgx/v5"

	"lyceum/component"
	"lyceum/course"
	"lyceum/grading/capa"
	"lyceum/grading/gradebook"
	"lyceum/grading/submission"
	"lyceum/internal/cache"
	"lyceum/internal/fault"
	"lyceum/learner"
)

// Kind is the problem block.
type Kind struct {
	service *submission.Service
	parsed  *cache.LRU[string, *parsed]
	drawn   *cache.LRU[drawnKey, drawn]
	open    OpenFile
	library *cache.LRU[string, []byte] // files beside scripts, by digest
}

// OpenFile opens a file of a course by its normalized name.
type OpenFile func(ctx context.Context, c *course.Compiled, name string) (io.ReadCloser, error)

// parsed is a problem's source worked out once, or why it cannot be.
type parsed struct {
	problem  *capa.Problem
	err      error
	scripts  scripts               // of the author, in the markup
	personal bool                  // names the learner or the attempt, runs code that may, shows what a learner's program printed, or has frames whose addresses hold for one learner and a while
	uploads  map[string]uploadRule // by id of the input, without prefix
}

// New returns the kind. Parsed problems, drawn ones and files for author code are kept in memory, each up to half of budget in bytes.
// service may be nil for commands that only describe blocks; open, too, where no author code runs.
func New(service *submission.Service, budget int64, open OpenFile) *Kind {
	return &Kind{
		service: service, open: open, parsed: cache.New[string, *parsed](budget / 2), drawn: cache.New[drawnKey, drawn](budget / 2),
		library: cache.New[string, []byte](max(budget/2, largestLibrary+1<<10)), // one of the largest fits
	}
}

// Name is the OLX tag.
func (*Kind) Name() string { return "problem" }

// Schema lists the fields of a problem.
func (*Kind) Schema() course.Schema {
	return course.Schema{Kind: "problem", Fields: course.ProblemFields}
}

// Source is the problem's XML as the engine reads it: attributes that are no fields belong to it too.
func Source(b *course.Block) []byte {
	var out bytes.Buffer
	out.WriteString("<problem")
	for _, name := range slices.Sorted(maps.Keys(b.Attrs)) {
		fmt.Fprintf(&out, ` %s="`, name)
		for _, r := range b.Attrs[name] {
			switch r {
			case '&':
				out.WriteString("&amp;")
			case '<':
				out.WriteString("&lt;")
			case '"':
				out.WriteString("&quot;")
			case '\n', '\t', '\r':
				fmt.Fprintf(&out, "&#%d;", r)
			default:
				out.WriteRune(r)
			}
		}
		out.WriteByte('"')
	}
	out.WriteByte('>')
	out.Write(b.Body)
	out.WriteString("</problem>")
	return out.Bytes()
}

// Facts works out what a problem can earn. One that cannot be read earns nothing yet.
func (*Kind) Facts(b *course.Block) course.Facts {
	f := course.Facts{Scored: true, Completion: course.Completable, Icon: "problem"}
	p, err := capa.Parse(Source(b))
	if err != nil {
		f.Problems = append(f.Problems, err.Error())
		return f
	}
	for _, d := range p.Defects() {
		f.Problems = append(f.Problems, d.Error())
	}
	points := float64(p.MaxScore())
	if points == 0 && len(p.Responses()) == 0 { // prose only: nothing to answer, complete when seen
		f.Scored, f.OnView = false, true
		return f
	}
	f.MaxPoints = &points
	return f
}

// problem parses a block's source, once a definition.
func (k *Kind) problem(n *course.Node) (*capa.Problem, error) {
	p := k.read(n)
	return p.problem, p.err
}

// read works out a block's source, once a definition.
func (k *Kind) read(n *course.Node) *parsed {
	p, ok := k.parsed.Get(n.Definition)
	if !ok {
		src := Source(n.Block)
		p = new(parsed)
		if p.problem, p.err = capa.Parse(src); p.err == nil {
			p.scripts = findScripts(src)
			p.personal = p.problem.HasScripts() || p.problem.Mentions("anonymous_student_id", "attempt", "%%") || asksWith(p.problem, "jsinput") || asksWith(p.problem, "matlabinput")
			p.uploads = findUploads(src, p.problem)
		}
		k.parsed.Add(n.Definition, p, int64(16*len(src)+4096)) // with what is worked out for some seeds
	}
	return p
}

// asked is who is at which problem, for the service.
func (k *Kind) asked(ctx context.Context, rt *component.Runtime, n *course.Node) (*submission.Asked, error) {
	p, err := k.problem(n)
	if err != nil {
		return nil, err
	}
	files, err := k.filesFor(ctx, p, rt.Course)
	if err != nil {
		return nil, err
	}
	return &submission.Asked{
		Course: rt.Course, Node: n, Problem: p, User: rt.Viewer.User, Username: rt.Person.Username, AnonymousID: rt.Person.AnonymousID,
		Staff: rt.Staff(), May: gradebook.Visible(rt.Counts), Close: rt.Dates(n).Close, Arrived: rt.Now, Request: rt.Request, Read: begin(rt.More),
		Files: files,
	}, nil
}

// View draws the problem as the learner left it. What was drawn before for somebody who sees the same is drawn no more.
func (k *Kind) View(ctx context.Context, rt *component.Runtime, n *course.Node) (templ.Component, error) {
	record := rt.States[n.Key]
	draft, drafted := Drafts(rt)[n.Key]
	key := keyOf(ctx, rt, n, submission.Looks(record.State), record.SubmissionID)
	if !drafted || !draft.Current(record.Version) {
		if d, ok := k.drawn.Get(key); ok {
			return d.of(rt.Viewer.User, record.Version, record.SubmissionID), nil
		}
	}
	a, err := k.asked(ctx, rt, n)
	if err != nil {
		return nil, err
	}
	m, err := k.service.View(ctx, a, record)
	if err != nil {
		if why, ok := errors.AsType[*capa.Error](err); ok && why.Kind == capa.Unavailable {
			return unavailable(rt, n, why), nil
		}
		return nil, err
	}
	p := newProps(rt, n, a.Problem, m)
	k.frame(&p, rt, n)
	drafted = drafted && draft.Current(m.Version)
	if drafted {
		p.draft(draft.Answers)
	}
	d, err := draw(ctx, p, record.SubmissionID)
	if err != nil {
		return nil, err
	}
	if !drafted { // what is being typed changes too often to keep its drawing
		k.keep(key, &d, rt, n, p, m)
	}
	return d.of(rt.Viewer.User, m.Version, record.SubmissionID), nil
}

// draftsKey is where the page keeps what this kind asked it to load.
const draftsKey = "problem drafts"

// QueueDrafts adds the query for what a learner typed and has not sent to the page's round trip; the page keeps the result
// in Runtime.More.
func QueueDrafts(b *pgx.Batch, user learner.ID, c course.Key, usages []string, into map[string]any) {
	submission.QueueDrafts(b, user, c, usages, func(d map[course.UsageKey]submission.Draft) { into[draftsKey] = d })
}

// Drafts returns what QueueDrafts loaded.
func Drafts(rt *component.Runtime) map[course.UsageKey]submission.Draft {
	d, _ := rt.More[draftsKey].(map[course.UsageKey]submission.Draft)
	return d
}

// Text is the problem's prose, for search.
func (k *Kind) Text(n *course.Node) string { return n.Name }

// Actions are what the page's script and existing clients call.
func (k *Kind) Actions() map[string]component.Action {
	return map[string]component.Action{"xmodule_handler": k.act, "keep_draft": k.keepDraft}
}

// act answers the dispatches of existing clients: problem_get, problem_check, problem_save, problem_reset, problem_show,
// hint_button, input_ajax.
func (k *Kind) act(ctx context.Context, rt *component.Runtime, n *course.Node, req component.Request) (component.Response, error) {
	a, err := k.asked(ctx, rt, n)
	if err != nil {
		return component.Response{}, fault.Errorf(fault.Internal, "problem %s: %w", n.Key, err)
	}
	if req.Suffix != "problem_get" && req.Method != http.MethodPost {
		return component.Response{}, fault.Invalidf("%s by %s", req.Suffix, req.Method)
	}
	answers := func() (capa.Answers, error) {
		return formAnswers(a, req.Form)
	}
	var res submission.Result
	markup := "html"
	switch req.Suffix {
	case "problem_get":
		res, err = k.service.Get(ctx, a)
	case "problem_check":
		var given capa.Answers
		if given, err = answers(); err != nil {
			break
		}
		files, why, uploadErr := takeFiles(ctx, k.read(n).uploads, n.Key.HTMLID(), req.Files, given)
		if why != "" {
			return component.Response{JSON: map[string]any{"success": why}}, nil
		}
		if err = uploadErr; err == nil {
			res, err = k.service.Submit(ctx, a, submission.Answer{Token: req.Token, Answers: given, Files: files})
		}
		markup = "contents"
	case "problem_save":
		var given capa.Answers
		if given, err = answers(); err == nil {
			res, err = k.service.Save(ctx, a, given)
		}
	case "problem_reset":
		res, err = k.service.Reset(ctx, a)
	case "problem_show":
		res, err = k.service.ShowAnswer(ctx, a)
		markup = ""
	case "input_ajax":
		if req.Form.Get("dispatch") != runProgram {
			return inputAct(ctx, a.Problem, n.Key.HTMLID(), req)
		}
		res, err = k.service.Run(ctx, a, n.Key.HTMLID()+"_"+trimPrefix(req.Form.Get("input_id"), n.Key.HTMLID()+"_"), req.Form.Get("submission"))
	case "hint_button":
		index, convErr := strconv.Atoi(req.Form.Get("hint_index"))
		if convErr != nil || index < 0 {
			return component.Response{}, fault.Invalidf("hint_index %q", req.Form.Get("hint_index"))
		}
		res, err = k.service.Hint(ctx, a, index)
		markup = ""
	default:
		return component.Response{}, fault.NotFoundf("problem dispatch %q", req.Suffix)
	}
	if _, ok := errors.AsType[*submission.Refusal](err); ok {
		return component.Response{JSON: map[string]any{"success": submission.RefusalMessage}}, nil
	}
	if err != nil {
		return component.Response{}, err
	}
	out, err := k.reply(ctx, rt, n, a.Problem, res, markup)
	if said, ok := out.JSON.(map[string]any); ok && req.Suffix == "input_ajax" {
		said["message"] = res.Reply.Msg // as clients of old read it
	}
	return out, err
}

// solutionID is how the id of a solution ends; those of inputs end in two numbers.
var solutionID = regexp.MustCompile(`_solution_\d+$`)

// reply is what came of an act with the problem drawn anew under the given name, "" for without.
func (k *Kind) reply(ctx context.Context, rt *component.Runtime, n *course.Node, problem *capa.Problem, res submission.Result, markup string) (component.Response, error) {
	out := res.Reply.Members()
	if shown, ok := out["answers"].(map[string]any); ok {
		src := rt.Source(n)
		whole := map[string]string{} // as the frame shows them
		for id, v := range shown {
			if html, ok := v.(string); ok && solutionID.MatchString(id) {
				whole[id], shown[id] = html, src.Cleaned(html)
			}
		}
		if res.Machine != nil && k.inFrame(rt, n, func() []capa.Node { return res.Machine.Draw().Nodes }) {
			out["frame"] = framedSolutions(rt, n, whole)
		}
	}
	if msg, ok := out["msg"].(string); ok && markup == "" { // hints are authors' markup
		out["msg"] = rt.Source(n).Cleaned(msg)
	}
	if markup != "" && res.Machine != nil {
		if err := k.drawAnew(ctx, rt, n, problem, res, out, markup); err != nil {
			return component.Response{}, fmt.Errorf("draw %s: %w", n.Key, err)
		}
	}
	return component.Response{JSON: out}, nil
}

// drawAnew adds the drawing of the problem after an act to the answer. Who gave the usual answers finds it drawn.
func (k *Kind) drawAnew(ctx context.Context, rt *component.Runtime, n *course.Node, problem *capa.Problem, res submission.Result, out map[string]any, markup string) error {
	m, receipt := res.Machine, ""
	if res.Reply.Receipt != nil {
		receipt = res.Reply.Receipt.ID
	}
	looks, err := m.State.Looks()
	if err != nil {
		return err
	}
	key := keyOf(ctx, rt, n, looks, receipt)
	if m.Settled() {
		if d, ok := k.drawn.Get(key); ok {
			out[markup] = d.text(res.Version, receipt)
			return nil
		}
	}
	p := newProps(rt, n, problem, m)
	k.frame(&p, rt, n)
	d, err := draw(ctx, p, receipt)
	if err != nil {
		return err
	}
	k.keep(key, &d, rt, n, p, m)
	out[markup] = d.text(res.Version, receipt)
	if p.Frame != "" {
		out["frame"], err = framedDrawing(ctx, p, rt, n, res.Version)
	}
	return err
}

// keepDraft keeps what was typed and not sent yet, so that it comes back on any device. state_version is that of the page.
func (k *Kind) keepDraft(ctx context.Context, rt *component.Runtime, n *course.Node, req component.Request) (component.Response, error) {
	if req.Method != http.MethodPost {
		return component.Response{}, fault.Invalidf("keep_draft by %s", req.Method)
	}
	a, err := k.asked(ctx, rt, n)
	if err != nil {
		return component.Response{}, fault.Errorf(fault.Internal, "problem %s: %w", n.Key, err)
	}
	version, err := strconv.ParseInt(req.Form.Get("state_version"), 10, 64)
	if err != nil {
		return component.Response{}, fault.Invalidf("state_version: %w", err)
	}
	req.Form.Del("state_version")
	given, err := formAnswers(a, req.Form)
	if err != nil {
		return component.Response{}, err
	}
	for id := range given {
		if !hasInput(a.Problem, n.Key.HTMLID(), id) {
			return component.Response{}, fault.Invalidf("draft of %s: no input %q", n.Key, id)
		}
	}
	if err := k.service.KeepDraft(ctx, a, version, given); err != nil {
		return component.Response{}, err
	}
	return component.Response{JSON: map[string]any{"success": true, "time": rt.Now}}, nil
}

// formAnswers reads the answers in the fields of a form.
func formAnswers(a *submission.Asked, form url.Values) (capa.Answers, error) {
	got, err := capa.ParseForm(gather(form, a.Problem, a.Node.Key.HTMLID()))
	if err != nil {
		return nil, fault.Invalidf("answers of %s: %w", a.Node.Key, err)
	}
	return got, nil
}

// hasInput reports whether a problem drawn with the given prefix has the input, or one that sends typeset mathematics beside its value.
func hasInput(p *capa.Problem, prefix, id string) bool {
	id = strings.TrimSuffix(id, "_dynamath")
	for _, r := range p.Responses() {
		for _, in := range r.Inputs {
			if prefix+"_"+in.ID == id {
				return true
			}
		}
	}
	return false
}
