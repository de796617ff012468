package studio

import (
	"context"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"lyceum/component/problem"
	"lyceum/course"
	"lyceum/web/i18n"
)

// problemEditor writes problems: in the simple editor's Markdown, which is turned into XML when it is saved, or in XML. From Markdown there is a
// way to XML, and none back.
var problemEditor = bodyEditor{Draw: drawProblem, Read: readProblem}

// problemEditorProps is the editor of one problem.
type problemEditorProps struct {
	Markdown bool
	Text     sourceProps // as it is written
	XML      sourceProps // of Markdown: what it is turned into
	Preview  string      // address of the trial
	MaxSeed  int
}

// drawProblem is the editor of a problem as it is, or as it was typed and refused.
func drawProblem(_ *Server, r *http.Request, p bodyProps) (templ.Component, error) {
	out := problemEditorProps{Preview: trialURL(p.Key), MaxSeed: problem.MaxSeed}
	text, written := markdownOf(p.Block)
	out.Markdown = written && p.Form.Get("mode") != "xml"
	if !out.Markdown {
		out.Text = newSource(p)
		out.Text.Check = false // the preview tells more
		out.Text.Label = i18n.T(r.Context(), "studio.problem.xml")
		return problemForm(out, !written), nil
	}
	if p.Form.Has("markdown") {
		text = plainText(p.Form.Get("markdown"))
	}
	out.Text = sourceProps{
		Name: "markdown", ID: "markdown", Label: i18n.T(r.Context(), "studio.problem.markdown"), Value: text, Mode: "problem-markdown",
		Rows: min(24, max(12, 1+strings.Count(text, "\n"))), Error: p.Errors["markdown"],
	}
	out.XML = sourceProps{Name: "data", ID: "data", Label: i18n.T(r.Context(), "studio.problem.xml"), Value: textOf(p.Block), Mode: "xml", Rows: 12}
	return problemForm(out, false), nil
}

// readProblem turns Markdown that was changed into the problem it means, and takes the way to XML. Without a change nothing is turned: a problem
// whose XML another program made of its Markdown stays as it is.
func readProblem(_ *Server, _ *http.Request, e *editRead) error {
	shown, written := markdownOf(e.Base)
	if !written {
		return nil
	}
	text := shown
	if e.Form.Has("markdown") {
		text = plainText(e.Form.Get("markdown"))
	}
	changed := text != plainText(shown)
	if e.Form.Get("mode") == "xml" {
		set(e.Op, "markdown", course.Null)
		if !e.Form.Has("data") && changed {
			body := problem.FromMarkdown(text)
			e.Op.Body = &body
		}
		return nil
	}
	if changed {
		set(e.Op, "markdown", course.Text(text))
		body := problem.FromMarkdown(text)
		e.Op.Body = &body
	}
	return nil
}

// markdownTools are the buttons above Markdown, by what each puts in; their texts are "studio.problem.tool.NAME" and what they put in
// "studio.problem.put.NAME".
var markdownTools = []struct{ Name, Icon string }{
	{"heading", "heading"},
	{"label", "circle-help"},
	{"choice", "circle-dot"},
	{"boxes", "list-checks"},
	{"dropdown", "chevron-down"},
	{"number", "sigma"},
	{"text", "pencil"},
	{"explanation", "info"},
	{"feedback", "message-square"},
	{"hint", "lightbulb"},
	{"divider", "minus"},
}

// markdownHelp are the lines of the help, by name: an example and what it makes.
var markdownHelp = []string{"label", "choice", "boxes", "dropdown", "number", "text", "explanation", "feedback", "hint", "heading", "divider", "shuffle", "code"}

// problemWords are what the editor's script says.
func problemWords(ctx context.Context) templ.Attributes {
	return templ.Attributes{
		"data-word-failed": i18n.T(ctx, "studio.trial.unreachable"), "data-word-drawn": i18n.T(ctx, "studio.trial.drawn"),
		"data-word-error": i18n.T(ctx, "studio.problem.error", "%s"), "data-word-warning": i18n.T(ctx, "studio.problem.warning", "%s"),
		"data-word-note": i18n.T(ctx, "studio.problem.note", "%s"), "data-word-xml-line": i18n.T(ctx, "studio.problem.xml_line", "%s", "%s"),
	}
}
