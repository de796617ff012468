package problem

import (
	"context"
	"crypto/rand"
	"strconv"
	"strings"
	"weak"

	"github.com/a-h/templ"

	"lyceum/component"
	"lyceum/course"
	"lyceum/grading/submission"
	"lyceum/learner"
	"lyceum/web/i18n"
)

// Most of what a unit page costs is drawing its problems, and most learners see what others have seen: the question nobody has answered
// yet, or its usual answers. So drawings are kept. A drawing may depend on nothing that is not in its key; what depends on the learner in
// other ways (drafts, frames, seeds drawn at each look, authors' code, texts that name the learner) is not kept. Whose page it is, and
// which version and receipt the state has, is written beside and into the drawing, see drawn.of.

// drawnKey is all that a drawing depends on.
type drawnKey struct {
	course weak.Pointer[course.Compiled] // one version with its files; the drawing does not hold on to it
	node   int32                         // in that course: source, settings, facts, addresses
	voice  i18n.Voice
	hosts  string // names of this site

	signedIn, staff bool
	limited, past   bool // answers are taken up to some date; which is over
	seed            int  // of who has none yet, where it is not drawn

	looks   string // of the state, as it is stored: not a hash of it, so that no learner ever meets another's
	receipt bool
}

// keyOf is the key of the drawing of a problem. looks are those of the state, see [submission.Looks].
func keyOf(ctx context.Context, rt *component.Runtime, n *course.Node, looks, receipt string) drawnKey {
	key := drawnKey{
		course: weak.Make(rt.Course), node: n.Index, voice: i18n.From(ctx).Voice(), hosts: strings.Join(rt.Hosts, " "),
		signedIn: rt.Viewer.SignedIn(), staff: rt.Staff(), looks: looks, receipt: receipt != "",
	}
	if until := rt.Dates(n).Close; until != nil {
		key.limited, key.past = true, rt.Now.After(*until)
	}
	if n.Settings.Rerandomize == submission.PerStudent {
		key.seed = submission.StudentSeed(int64(rt.Viewer.User), n.Usage)
	}
	return key
}

func (k *drawnKey) size() int64 { return int64(len(k.hosts)+len(k.looks)) + 384 }

// drawn is a drawing without what is of one learner alone.
type drawn struct {
	opening string   // of the place that scripts hold on to, up to the account
	words   string   // the texts of the page's script; all drawings of a language share them
	inside  []string // what an act draws anew, cut where the version of the state and the receipt stand
	holes   []hole   // between the pieces
}

// hole is what stands between two pieces of a drawing.
type hole bool

const (
	versionHole hole = false
	receiptHole hole = true
)

// Marks stand for version and receipt while a drawing is made. Nobody who writes text into one can know them.
var versionMark, receiptMark = "~v" + rand.Text(), "~r" + rand.Text()

// draw draws p with holes for the version and, where there is one, the receipt.
func draw(ctx context.Context, p props, receipt string) (d drawn, err error) {
	d.words, err = i18n.From(ctx).Once("problem words", func() (string, error) { return words(ctx) })
	if err != nil {
		return d, err
	}
	d.opening = opening(p)
	p.Version = versionMark
	if receipt != "" {
		p.ReceiptID = receiptMark
	}
	var b strings.Builder
	b.Grow(4 << 10)
	if err = inside(p).Render(ctx, &b); err != nil {
		return d, err
	}
	d.cut(b.String())
	return d, nil
}

func (d *drawn) cut(text string) {
	for {
		v, r := strings.Index(text, versionMark), strings.Index(text, receiptMark)
		switch {
		case v >= 0 && (r < 0 || v < r):
			d.inside, d.holes, text = append(d.inside, text[:v]), append(d.holes, versionHole), text[v+len(versionMark):]
		case r >= 0:
			d.inside, d.holes, text = append(d.inside, text[:r]), append(d.holes, receiptHole), text[r+len(receiptMark):]
		default:
			d.inside = append(d.inside, text)
			return
		}
	}
}

// of is the drawing on the page of a learner. The account is that under which the browser keeps what is typed.
func (d *drawn) of(user learner.ID, version int64, receipt string) component.Drawn {
	out := make(component.Drawn, 0, 6+len(d.inside)+len(d.holes))
	out = append(out, d.opening, strconv.FormatInt(int64(user), 10), `" data-words="`, d.words, `">`)
	return append(d.filled(out, version, receipt), "</div>")
}

// text is what an act draws anew.
func (d *drawn) text(version int64, receipt string) string {
	return strings.Join(d.filled(make([]string, 0, len(d.inside)+len(d.holes)), version, receipt), "")
}

func (d *drawn) filled(out []string, version int64, receipt string) []string {
	for i, piece := range d.inside {
		switch {
		case i == 0:
		case d.holes[i-1] == versionHole:
			out = append(out, strconv.FormatInt(version, 10))
		default:
			out = append(out, templ.EscapeString(receipt))
		}
		out = append(out, piece)
	}
	return out
}

// mostKept is the size in bytes up to which a drawing is kept: one long answer must not drive out what many look at.
const mostKept = 64 << 10

// keep keeps the drawing of a problem where it depends on nothing but its key.
func (k *Kind) keep(key drawnKey, d *drawn, rt *component.Runtime, n *course.Node, p props, m *submission.Machine) {
	if p.Frame != "" || !m.Settled() || k.read(n).personal || !d.impersonal(rt) {
		return
	}
	if size := key.size() + d.size(); size <= mostKept {
		k.drawn.Add(key, *d, size)
	}
}

// impersonal reports whether nothing in the drawing names the learner, whatever way it may have come in.
func (d *drawn) impersonal(rt *component.Runtime) bool {
	if rt.Person.AnonymousID == "" {
		return true
	}
	for _, piece := range d.inside {
		if strings.Contains(piece, rt.Person.AnonymousID) {
			return false
		}
	}
	return true
}

func (d *drawn) size() int64 {
	size := len(d.opening) + 17*len(d.holes)
	for _, piece := range d.inside {
		size += len(piece)
	}
	return int64(size)
}
