package conformance

import (
	"slices"
	"strings"

	"golang.org/x/net/html"

	"lyceum/grading/capa"
)

// Render is the fresh, unanswered view.
type Render struct {
	Text        string         `json:"text"`
	Inputs      []InputView    `json:"inputs"`
	MaxScore    int            `json:"max_score"`
	Answers     map[string]any `json:"answers"`
	DemandHints []string       `json:"demand_hints,omitempty"`
}

// InputView is one input as drawn.
type InputView struct {
	ID           string      `json:"id"`
	Input        string      `json:"input"`
	Response     string      `json:"response"`
	Label        string      `json:"label,omitempty"`
	GroupLabel   string      `json:"group_label,omitempty"`
	Descriptions []string    `json:"descriptions,omitempty"`
	Widget       string      `json:"widget,omitempty"`
	Choices      []any       `json:"choices,omitempty"` // [name, text], or [name, parts] where there are fields inside
	Options      []string    `json:"options,omitempty"`
	TrailingText string      `json:"trailing_text,omitempty"`
	MaxPoints    int         `json:"max_points,omitempty"`
	Config       *capa.Board `json:"config,omitempty"`
	Annotation   *Annotation `json:"annotation,omitempty"`
	InitialValue string      `json:"initial_value,omitempty"` // what the author put into a field for code
}

func newRender(in *capa.Instance) Render {
	text, inputs := prose(in.View(capa.ViewState{KeepNames: true}))
	out := Render{Text: text, Inputs: []InputView{}, MaxScore: in.Problem().MaxScore(), Answers: ShownAnswers(in)}
	for _, i := range inputs {
		out.Inputs = append(out.Inputs, newInputView(i))
	}
	for _, h := range in.Problem().DemandHints() {
		out.DemandHints = append(out.DemandHints, Reduce(h))
	}
	return out
}

func newInputView(i *capa.InputNode) InputView {
	out := InputView{
		ID: i.ID, Input: i.Kind, Response: i.ResponseType, Label: Reduce(string(i.Label)),
		GroupLabel: Reduce(string(i.GroupLabel)), Widget: i.Widget, TrailingText: collapse(i.TrailingText),
	}
	if i.MaxPoints != 1 {
		out.MaxPoints = i.MaxPoints
	}
	out.InitialValue, _ = i.Value.Text() // the view is fresh: the author's
	out.Config, out.Annotation = i.Board, newAnnotation(i.Annotation)
	for _, d := range i.Descriptions {
		out.Descriptions = append(out.Descriptions, Reduce(string(d.HTML)))
	}
	for _, c := range i.Choices {
		out.Choices = append(out.Choices, [2]string{c.Name, Reduce(string(c.HTML))})
	}
	for _, c := range i.TextChoices {
		out.Choices = append(out.Choices, []any{c.Name, newParts(c.Parts)})
	}
	for _, o := range i.Options {
		out.Options = append(out.Options, collapse(o.Text))
	}
	return out
}

// newParts words what a choice is made of: [kind, content, text after it].
func newParts(parts []capa.TextPart) [][3]string {
	out := make([][3]string, len(parts))
	for k, p := range parts {
		out[k] = [3]string{"text", Reduce(string(p.HTML)), Reduce(string(p.Tail))}
		if p.Field != "" {
			out[k] = [3]string{"textinput", p.Field, Reduce(string(p.Tail))}
		}
	}
	return out
}

// Annotation is a passage to be tagged, in the words of the cases.
type Annotation struct {
	Title         string   `json:"title"`
	CommentPrompt string   `json:"comment_prompt"`
	TagPrompt     string   `json:"tag_prompt"`
	Options       []string `json:"options"`
}

func newAnnotation(a *capa.Annotation) *Annotation {
	if a == nil {
		return nil
	}
	out := &Annotation{collapse(a.Title), collapse(a.CommentPrompt), collapse(a.TagPrompt), []string{}}
	for _, o := range a.Options {
		out.Options = append(out.Options, collapse(o.Text))
	}
	return out
}

// ShownAnswers words what "show answer" reveals, by id.
func ShownAnswers(in *capa.Instance) map[string]any {
	out := make(map[string]any)
	for _, a := range in.Answers() {
		switch {
		case a.Null:
			out[a.ID] = nil
		case a.Image != nil:
			out[a.ID] = a.Image
		case a.List:
			names := append([]string{}, a.Choices...)
			slices.Sort(names)
			out[a.ID] = names
		case a.Solution != "":
			out[a.ID] = Reduce(string(a.Solution))
		default:
			out[a.ID] = collapse(a.Text)
		}
	}
	return out
}

// prose is the text of a view, inputs marked by their ids, and the inputs.
func prose(v capa.View) (string, []*capa.InputNode) {
	var w writer
	w.nodes(v.Nodes)
	return collapse(w.text.String()), w.inputs
}

type writer struct {
	text   strings.Builder
	inputs []*capa.InputNode
}

func (w *writer) nodes(nodes []capa.Node) {
	for _, n := range nodes {
		w.text.WriteByte(' ')
		w.node(n)
	}
	w.text.WriteByte(' ')
}

func (w *writer) node(n capa.Node) {
	switch n := n.(type) {
	case capa.HTML:
		w.text.WriteString(reduce(string(n)))
	case capa.Withheld:
		w.text.WriteString(reduce(string(n)))
	case *capa.Element:
		w.nodes(n.Children)
	case *capa.ResponseNode:
		w.nodes(n.Children)
		w.text.WriteString(reduce(string(n.Message)))
	case *capa.FeedbackNode:
		w.nodes(n.Children)
	case *capa.ClarificationNode:
		w.text.WriteString("[clarification: " + reduce(string(n.HTML)) + "]")
	case *capa.InputNode:
		w.text.WriteString("[[" + n.ID + "]]")
		w.inputs = append(w.inputs, n)
	}
}

// Reduce turns markup into text: tags become blanks, blanks collapse.
func Reduce(markup string) string { return collapse(reduce(markup)) }

func reduce(markup string) string {
	if !strings.ContainsAny(markup, "<&") {
		return markup
	}
	z := html.NewTokenizer(strings.NewReader(markup))
	var sb strings.Builder
	raw := false
	for {
		switch z.Next() {
		case html.CommentToken, html.DoctypeToken:
		case html.ErrorToken:
			return sb.String()
		case html.TextToken:
			if !raw {
				sb.Write(z.Text())
			}
		case html.StartTagToken:
			name, _ := z.TagName()
			raw = string(name) == "script" || string(name) == "style"
			sb.WriteByte(' ')
		case html.EndTagToken, html.SelfClosingTagToken:
			raw = false
			sb.WriteByte(' ')
		}
	}
}

func collapse(text string) string { return strings.Join(strings.Fields(text), " ") }
