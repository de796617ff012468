package lms

import (
	"context"
	"math"
	"net/http"

	"lyceum/component"
	"lyceum/course"
	"lyceum/learner/courseware"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/ui"
)

// gateProps says of a closed subsection what opens it, ready to print.
type gateProps struct {
	Name  string
	First ui.Link // what is to be done first; without URL where this person does not see it
	Needs []gateNeed
	Home  string
}

// gateNeed is one thing a gate asks for.
type gateNeed struct {
	Text string
	Met  bool
}

// showGate serves the address of a subsection that is closed until another is done.
func (s *Server) showGate(w http.ResponseWriter, r *http.Request, v *visit, n *course.Node, g courseware.Gate) error {
	frame := s.courseFrame(w, r, v, "courseware", n.Name)
	return page.Render(w, r, gatePage(frame, newGateProps(r.Context(), v, n, g)))
}

func newGateProps(ctx context.Context, v *visit, n *course.Node, g courseware.Gate) gateProps {
	p := gateProps{Name: n.Name, First: firstOf(v, g), Home: component.CoursePath(v.Key, "course/")}
	if g.MinScore > 0 {
		p.Needs = append(p.Needs, gateNeed{i18n.T(ctx, "gate.score", g.MinScore, whole(g.Score)), g.Score >= float64(g.MinScore)})
	}
	if g.MinCompletion > 0 {
		p.Needs = append(p.Needs, gateNeed{i18n.T(ctx, "gate.completion", g.MinCompletion, whole(g.Completion)), g.Completion >= float64(g.MinCompletion)})
	}
	return p
}

// whole drops what is not a whole percent: 79.9 is not 80.
func whole(percent float64) int { return int(math.Floor(percent)) }

// firstOf is the subsection that opens a gate, with its address where this person sees it.
func firstOf(v *visit, g courseware.Gate) ui.Link {
	n := &v.Nodes[g.Needs]
	out := ui.Link{Label: n.Name}
	if v.Visible(n) || v.isClosed(n) {
		out.URL = subsectionURL(v, n)
	}
	return out
}

// isClosed reports whether a gate of its own closes n, which then has a page that says so.
func (v *visit) isClosed(n *course.Node) bool {
	g, ok := v.Gated(n)
	return ok && g.Node == n.Index
}

// subsectionURL is the address of a subsection, which leads to where the learner was in it.
func subsectionURL(v *visit, n *course.Node) string {
	return component.CoursePath(v.Key, "courseware/"+escapeID(v.ParentOf(n).Block.ID)+"/"+escapeID(n.Block.ID)+"/")
}

// gateNotes tell staff what learners have to do before they see a subsection.
func gateNotes(ctx context.Context, v *visit, n *course.Node) []string {
	var out []string
	for _, g := range v.Compiled.Gates {
		if g.Node == n.Index {
			out = append(out, i18n.T(ctx, "gate.staff", v.Nodes[g.Needs].Name, g.MinScore, g.MinCompletion))
		}
	}
	return out
}
