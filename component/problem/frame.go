package problem

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"lyceum/component"
	"lyceum/component/authored"
	"lyceum/course"
	"lyceum/grading/capa"
	"lyceum/static"
)

// A question whose author wrote scripts into it stands in a frame without an origin of ours. The page keeps what is ours: title and
// points, the buttons, the verdict, what is kept of the answer, and all requests. The frame has the author's markup as it is, the
// fields, and what is said beside them; page and frame talk by messages (static/ts/course/fields.ts, static/ts/classic/problem-frame.ts).

// scripts are what the source of a problem has of scripts for the browser, and of what else does not stand in line.
type scripts struct {
	any    bool
	embeds [][]string // name and attributes of elements that need a frame where they show a page of this site
}

// findScripts looks through a source that capa could read. Of scripts those of the browser count, author Python does not.
func findScripts(src []byte) (found scripts) {
	d := xml.NewDecoder(bytes.NewReader(src))
	d.Strict = false // capa has read it; here nothing is refused
	for {
		t, err := d.RawToken()
		if err != nil {
			return found
		}
		e, ok := t.(xml.StartElement)
		if !ok {
			continue
		}
		name, attrs := element(e)
		switch name {
		case "script":
			found.any = found.any || slices.ContainsFunc(e.Attr, func(a xml.Attr) bool {
				return a.Name.Local == "type" && strings.Contains(a.Value, "javascript")
			})
		case "iframe", "object", "embed":
			found.embeds = append(found.embeds, append([]string{name}, attrs...))
		default:
			found.any = found.any || authored.ActiveTag(name, attrs)
		}
	}
}

// element is the name of an element and its attributes in pairs, as they were written.
func element(e xml.StartElement) (name string, attrs []string) {
	written := func(n xml.Name) string {
		if n.Space != "" {
			return n.Space + ":" + n.Local
		}
		return n.Local
	}
	for _, a := range e.Attr {
		attrs = append(attrs, written(a.Name), a.Value)
	}
	return written(e.Name), attrs
}

// needFrame reports whether the markup needs a frame on a site with the given names.
func (s scripts) needFrame(hosts []string) bool {
	return s.any || slices.ContainsFunc(s.embeds, func(e []string) bool { return authored.ActiveTag(e[0], e[1:], hosts...) })
}

// inFrame decides where a question stands. The source decides; only where author Python puts markup together, what it made does too.
func (k *Kind) inFrame(rt *component.Runtime, n *course.Node, nodes func() []capa.Node) bool {
	p := k.read(n)
	if p.err != nil {
		return false
	}
	return p.scripts.needFrame(rt.Source(n).Hosts) || p.problem.HasScripts() && active(nodes(), rt.Source(n).Hosts)
}

// active reports whether some drawn text carries what does not run in line.
func active(nodes []capa.Node, hosts []string) bool {
	text := func(h capa.HTML) bool { return authored.Active(string(h), hosts...) }
	return slices.ContainsFunc(nodes, func(n capa.Node) bool {
		switch n := n.(type) {
		case capa.HTML:
			return text(n)
		case *capa.Element:
			attrs := make([]string, 0, 2*len(n.Attrs))
			for _, a := range n.Attrs {
				attrs = append(attrs, a.Name, a.Value)
			}
			return authored.ActiveTag(n.Name, attrs, hosts...) || active(n.Children, hosts)
		case *capa.ResponseNode:
			return active(n.Children, hosts)
		case *capa.FeedbackNode:
			return active(n.Children, hosts)
		case *capa.ClarificationNode:
			return text(n.HTML)
		case *capa.InputNode:
			return text(n.Label) || text(n.GroupLabel) ||
				slices.ContainsFunc(n.Choices, func(c capa.Choice) bool { return text(c.HTML) }) ||
				slices.ContainsFunc(n.Descriptions, func(d capa.Description) bool { return text(d.HTML) })
		}
		return false
	})
}

// frame gives p the address of its frame where it needs one.
func (k *Kind) frame(p *props, rt *component.Runtime, n *course.Node) {
	if k.inFrame(rt, n, func() []capa.Node { return p.Nodes }) {
		p.Frame = rt.Links.Frame(n)
	}
}

// forFrame is p as it is drawn inside its frame.
func (p props) forFrame(rt *component.Runtime, n *course.Node) props {
	p.src, p.framed = rt.FrameSource(n), true
	return p
}

// Document is the question as the page of its frame, as the learner left it.
func (k *Kind) Document(ctx context.Context, rt *component.Runtime, n *course.Node) (templ.Component, bool, error) {
	a, err := k.asked(ctx, rt, n)
	if err != nil {
		return nil, false, nil //nolint:nilerr // what cannot be read has no frame; its page says why
	}
	m, err := k.service.View(ctx, a, rt.States[n.Key])
	if why, ok := errors.AsType[*capa.Error](err); ok && why.Kind == capa.Unavailable {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	p := newProps(rt, n, a.Problem, m)
	if k.frame(&p, rt, n); p.Frame == "" {
		return nil, false, nil
	}
	p.Version = strconv.FormatInt(m.Version, 10)
	if d, ok := Drafts(rt)[n.Key]; ok && d.Current(m.Version) {
		p.draft(d.Answers)
	}
	return document(p.forFrame(rt, n), rt.Person.Theme), true, nil
}

// framedDrawing is what the page sends to the frame after an act: the question drawn anew, which only the frame may show.
func framedDrawing(ctx context.Context, p props, rt *component.Runtime, n *course.Node, version int64) (map[string]any, error) {
	var b bytes.Buffer
	if err := drawing(p.forFrame(rt, n)).Render(ctx, &b); err != nil {
		return nil, err
	}
	return map[string]any{"html": b.String(), "version": version}, nil
}

// drawing is what is inside the frame. A document without an origin may not use the icons of another one, so it names those that its
// script puts into it.
func drawing(p props) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		var b bytes.Buffer
		if err := p.list(p.Nodes).Render(ctx, &b); err != nil {
			return err
		}
		_, err := strings.NewReplacer(`<use href="`+static.URL("icons.svg")+"#", `<use href="#lyceum-icon-`).WriteString(w, b.String())
		return err
	})
}

// framedSolutions are solutions, by id, as the frame shows them.
func framedSolutions(rt *component.Runtime, n *course.Node, solutions map[string]string) map[string]any {
	src := rt.FrameSource(n)
	shown := make(map[string]string, len(solutions))
	for id, html := range solutions {
		shown[id] = src.Framed(html)
	}
	return map[string]any{"solutions": shown}
}

// withoutScripts is the question for browsers that run none: in line and cleaned, so that it can be answered all the same. Browsers that
// do run scripts read what is inside as text up to its end tag, so nothing inside may look like one.
func withoutScripts(p props) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		var b bytes.Buffer
		if err := plain(p).Render(ctx, &b); err != nil {
			return err
		}
		if bytes.Contains(bytes.ToLower(b.Bytes()), []byte("noscript")) {
			b.Reset()
			if err := scriptless().Render(ctx, &b); err != nil {
				return err
			}
		}
		_, err := io.WriteString(w, "<noscript>"+b.String()+"</noscript>")
		return err
	})
}
