package problem

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"lyceum/component"
	"lyceum/component/authored"
	"lyceum/course"
	"lyceum/grading/capa"
	"lyceum/grading/submission"
	"lyceum/web/i18n"
)

// props is a problem, ready to print.
type props struct {
	ID, Usage, Title string
	Handler          string // address of xmodule_handler
	DraftURL         string
	Version          string // of the state
	Nodes            []capa.Node
	src              authored.Source

	Buttons   submission.Buttons
	Possible  float64
	Graded    bool
	Asks      bool // there is something to answer
	Hints     bool
	CanAct    bool // a visitor may read and not answer
	ReceiptID string
	Drafted   bool
	Defects   []string                 // of the source, for the course team
	Notes     []string                 // on its code, for the course team
	Frame     string                   // address of the frame the question stands in, "" for in line
	Staff     bool                     // remarks for the course team are shown
	Pending   bool                     // an external grader has still to answer, or a program still runs
	Files     bool                     // files can be sent
	Draws     bool                     // circuits are drawn
	signed    func(file string) string // the address of an author\'s page for a frame, which has no session
	Kept      [][2]string              // further fields of the form, name and value
	framed    bool                     // this is the drawing inside the frame: authors' markup is left as it is
}

func newProps(rt *component.Runtime, n *course.Node, problem *capa.Problem, m *submission.Machine) props {
	b := m.Buttons()
	p := props{
		ID: n.Key.HTMLID(), Usage: n.Key.String(), Title: n.Name, Handler: rt.Links.Handler(n, "xmodule_handler", ""),
		DraftURL: rt.Links.Handler(n, "keep_draft", ""), Nodes: m.Draw().Nodes, src: rt.Source(n), Buttons: b, Possible: b.Possible,
		Pending: m.Pending() && b.CorrectnessAvailable || m.Running(), signed: func(file string) string { return framePage(rt, n, file) },
		Graded: n.Settings.Graded, Asks: len(problem.Responses()) > 0, Hints: len(problem.DemandHints()) > 0, CanAct: rt.Viewer.SignedIn(),
	}
	p.Files, p.Draws = asksWith(problem, "filesubmission"), asksWith(problem, "schematic")
	if rt.Staff() {
		p.Defects, p.Notes, p.Staff = n.Facts.Problems, codeNotes(problem, m), true
	}
	return p
}

// codeNotes say what of the author's code was converted to run at all, or will be when an answer is checked.
func codeNotes(problem *capa.Problem, m *submission.Machine) []string {
	notes := slices.Clone(m.Notes())
	for _, f := range problem.OldChecks() {
		notes = append(notes, fmt.Sprintf("Check of an answer, line %d of the problem: %s", f.Line, f.Text))
	}
	return notes
}

// asksWith reports whether a problem has an input of the given kind.
func asksWith(problem *capa.Problem, kind string) bool {
	for _, r := range problem.Responses() {
		for _, in := range r.Inputs {
			if in.Type == kind {
				return true
			}
		}
	}
	return false
}

// multipart are the attributes of a form that sends files.
func multipart(p props) templ.Attributes {
	if !p.Files {
		return nil
	}
	return templ.Attributes{"enctype": "multipart/form-data"}
}

// draft lays what was typed and not sent over the inputs.
func (p *props) draft(answers capa.Answers) {
	prefix := p.ID + "_"
	var walk func(nodes []capa.Node)
	walk = func(nodes []capa.Node) {
		for _, n := range nodes {
			switch n := n.(type) {
			case *capa.Element:
				walk(n.Children)
			case *capa.ResponseNode:
				walk(n.Children)
			case *capa.InputNode:
				a, ok := answers[n.ID]
				if !ok {
					a, ok = answers[trimPrefix(n.ID, prefix)]
				}
				if ok {
					p.Drafted = true
					setValue(n, a)
				}
			}
		}
	}
	walk(p.Nodes)
}

func trimPrefix(s, prefix string) string {
	if len(s) > len(prefix) && s[:len(prefix)] == prefix {
		return s[len(prefix):]
	}
	return s
}

// message is what the last check said of a whole question, "" while that may not be known.
func (p props) message(n *capa.ResponseNode) capa.HTML {
	if !p.Buttons.CorrectnessAvailable {
		return ""
	}
	return n.Message
}

// html is authored markup, resolved, and cleaned where it stands in our page.
func (p props) html(h capa.HTML) templ.Component {
	if p.framed {
		return authored.Raw(p.src.Framed(string(h)))
	}
	return p.src.HTML(string(h))
}

// element draws an author's element around nodes: its tag as far as it may stand here, its children in any case.
func (p props) element(e *capa.Element) templ.Component {
	pairs := make([]string, 0, 2*len(e.Attrs))
	for _, a := range e.Attrs {
		pairs = append(pairs, a.Name, a.Value)
	}
	tag := p.src.Tag
	if p.framed {
		tag = p.src.FramedTag
	}
	opening, closing := tag(e.Name, pairs...)
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		if err := authored.Raw(opening).Render(ctx, w); err != nil {
			return err
		}
		if err := p.list(e.Children).Render(ctx, w); err != nil {
			return err
		}
		return authored.Raw(closing).Render(ctx, w)
	})
}

// list draws nodes in order.
func (p props) list(nodes []capa.Node) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		for _, n := range nodes {
			if err := p.node(n).Render(ctx, w); err != nil {
				return err
			}
		}
		return nil
	})
}

func (p props) node(n capa.Node) templ.Component {
	switch n := n.(type) {
	case capa.HTML:
		return p.html(n)
	case *capa.Element:
		return p.element(n)
	case *capa.ResponseNode:
		return response(p, n)
	case *capa.InputNode:
		return input(p, n)
	case *capa.SolutionNode:
		return solution(p, n)
	case *capa.FeedbackNode:
		if !p.Buttons.CorrectnessAvailable {
			return templ.NopComponent // feedback tells right from wrong
		}
		return feedback(p, n)
	case *capa.ClarificationNode:
		return clarification(p, n)
	default: // withheld: part of the problem, not of the page
		return templ.NopComponent
	}
}

// verdict is how an input is marked: a word for styles, an icon, a message id.
type verdict struct{ Class, Icon, Message string }

func verdictOf(s capa.Status) verdict {
	switch s {
	case "correct":
		return verdict{"correct", "circle-check", "problem.correct"}
	case "partially-correct":
		return verdict{"partially-correct", "circle-dot", "problem.partially_correct"}
	case "incorrect":
		return verdict{"incorrect", "circle-x", "problem.incorrect"}
	case capa.Submitted:
		return verdict{"submitted", "send", "problem.submitted"}
	case capa.Queued, "incomplete":
		return verdict{"queued", "clock", "problem.queued"}
	default:
		return verdict{"unanswered", "", ""}
	}
}

// describedBy ties an input to its descriptions, verdict and message.
func describedBy(n *capa.InputNode) string {
	out := "status_" + n.ID
	for _, d := range n.Descriptions {
		out = d.ID + " " + out
	}
	return out
}

// number writes points without needless zeros.
func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// text is an answer as a field shows it.
func text(a capa.Answer) string {
	s, _ := a.Text()
	return s
}

// opening is the tag that scripts hold on to, up to the account of its page.
func opening(p props) string {
	var b strings.Builder
	b.WriteString(`<div class="problem"`)
	for _, a := range [...][2]string{{"problem", p.ID}, {"usage", p.Usage}, {"handler", p.Handler}, {"draft", p.DraftURL}} {
		b.WriteString(" data-" + a[0] + `="` + templ.EscapeString(a[1]) + `"`)
	}
	b.WriteString(` data-account="`)
	return b.String()
}

// words are the texts the page's script shows, as JSON in an attribute.
func words(ctx context.Context) (string, error) {
	b, err := json.Marshal(map[string]string{
		"sending": i18n.T(ctx, "problem.sending"), "unanswered": i18n.T(ctx, "problem.unanswered"), "offline": i18n.T(ctx, "problem.offline"), "change": i18n.T(ctx, "problem.change"),
		"expired": i18n.T(ctx, "problem.expired"), "signIn": i18n.T(ctx, "problem.sign_in_again"), "failed": i18n.T(ctx, "problem.failed"),
		"saving": i18n.T(ctx, "ui.saving"), "saved": i18n.T(ctx, "problem.kept_at", "%s"), "retrying": i18n.T(ctx, "ui.retrying"),
		"kept": i18n.T(ctx, "ui.kept_here"), "restored": i18n.T(ctx, "problem.restored"), "unsure": i18n.T(ctx, "problem.unsure"),
		"hide": i18n.T(ctx, "problem.hide_answer"), "show": i18n.T(ctx, "problem.show_answer"), "answer": i18n.T(ctx, "problem.answer_is", "%s"),
		"nextHint": i18n.T(ctx, "problem.next_hint"), "renewed": i18n.T(ctx, "problem.renewed"), "shown": i18n.T(ctx, "problem.answers_shown"),
	})
	return templ.EscapeString(string(b)), err
}
