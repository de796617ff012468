package problem

import (
	"context"
	"strconv"
	"strings"
	"weak"

	"lyceum/component"
	"lyceum/course"
	"lyceum/grading/submission"
	"lyceum/learner"
	"lyceum/learner/state"
	"lyceum/web/i18n"
)

// Most of what a unit page costs is drawing its problems, and most learners see what others have seen: the question nobody has answered
// yet. So drawings are kept. A drawing may depend on nothing that is not in its key; what depends on the learner in other ways (drafts,
// frames, seeds drawn at each look, authors' code, texts that name the learner) is not kept. Whose page it is stands beside it, see
// drawn.of.

// drawnKey is all that a drawing depends on.
type drawnKey struct {
	course weak.Pointer[course.Compiled] // one version with its files; the drawing does not hold on to it
	node   int32                         // in that course: source, settings, facts, addresses
	voice  i18n.Voice
	hosts  string // names of this site

	signedIn, staff bool
	limited, past   bool // answers are taken up to some date; which is over
	seed            int  // of who has none yet, where it is not drawn

	state   string // as it is stored: not a hash of it, so that no learner ever meets another's
	version int64
	receipt string
}

func keyOf(ctx context.Context, rt *component.Runtime, n *course.Node, r *state.Record) drawnKey {
	key := drawnKey{
		course: weak.Make(rt.Course), node: n.Index, voice: i18n.From(ctx).Voice(), hosts: strings.Join(rt.Hosts, " "),
		signedIn: rt.Viewer.SignedIn(), staff: rt.Staff(), state: string(r.State), version: r.Version, receipt: r.SubmissionID,
	}
	if until := rt.Dates(n).Close; until != nil {
		key.limited, key.past = true, rt.Now.After(*until)
	}
	if n.Settings.Rerandomize == submission.PerStudent {
		key.seed = submission.StudentSeed(int64(rt.Viewer.User), n.Usage)
	}
	return key
}

func (k *drawnKey) size() int64 { return int64(len(k.hosts)+len(k.state)+len(k.receipt)) + 384 }

// drawn is a drawing without the account it is for.
type drawn struct {
	opening string // of the frame that scripts hold on to, up to the account
	words   string // the texts of the page's script; all drawings of a language share them
	inside  string // what an act draws anew
}

func draw(ctx context.Context, p props) (d drawn, err error) {
	d.words, err = i18n.From(ctx).Once("problem words", func() (string, error) { return words(ctx) })
	if err != nil {
		return d, err
	}
	d.opening = opening(p)
	var b strings.Builder
	err = inside(p).Render(ctx, &b)
	d.inside = b.String()
	return d, err
}

// of is the drawing on the page of a learner. The account is that under which the browser keeps what is typed.
func (d drawn) of(user learner.ID) component.Drawn {
	return component.Drawn{d.opening, strconv.FormatInt(int64(user), 10), `" data-words="`, d.words, `">`, d.inside, "</div>"}
}

// impersonal reports whether nothing in the drawing names the learner, whatever way it may have come in.
func (d drawn) impersonal(rt *component.Runtime) bool {
	return rt.Person.AnonymousID == "" || !strings.Contains(d.inside, rt.Person.AnonymousID)
}

func (d drawn) size() int64 { return int64(len(d.opening) + len(d.inside)) }
