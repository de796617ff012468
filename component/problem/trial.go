package problem

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"lyceum/component"
	"lyceum/course"
	"lyceum/grading/capa"
	"lyceum/grading/submission"
	"lyceum/internal/fault"
	"lyceum/web/i18n"
)

// A trial is a problem its author tries out: drawn and graded by the same engine as for learners, and nothing of it is kept. What a learner's
// record would hold goes to the author's page and comes back with the next act.

// Trial is one act of it.
type Trial struct {
	Act   string     // a dispatch of xmodule_handler, such as "problem_check"; "" to draw
	Form  url.Values // of the act
	State string     // as the act before left it; "" begins a trial
	Seed  int        // the variant a trial begins with, 0 to MaxSeed
	Keep  url.Values // what the form of the problem shall send along with the next act
}

// Tried is what came of it.
type Tried struct {
	Reply  map[string]any // as clients of xmodule_handler read it; nil where the problem was only drawn
	State  string
	Seed   int             // of the variant shown; a reset may have drawn another
	View   templ.Component // the problem as it stands on a page; its form holds Keep, and what the next act needs
	Framed bool            // the question needs a frame, whose document is TrialDocument
	Notes  []string        // on what the author's code did
}

// MaxSeed is the highest seed the platform draws by itself.
const MaxSeed = 999

// maxTrialState is how long the state of a trial may get, in bytes: what an author can type fits many times.
const maxTrialState = 2 << 20

// Try does one act of a trial. rt is a page of the course team, n the block as its author has it now, handler the address acts are sent to. Errors
// of the problem's source are *capa.Error, with a line; other errors have kinds of package fault.
func (k *Kind) Try(ctx context.Context, rt *component.Runtime, n *course.Node, handler string, t Trial) (Tried, error) {
	problem, m, err := k.openTrial(ctx, rt, n, t)
	if err != nil {
		return Tried{}, err
	}
	out := Tried{}
	drawn := true
	if t.Act != "" {
		var res submission.Reply
		if t.Act == "input_ajax" {
			said, err := trialInput(ctx, problem, n, t.Form)
			if err != nil {
				return Tried{}, err
			}
			out.Reply, drawn = said, false
		} else {
			if res, drawn, err = m.act(ctx, n, problem, t); err != nil {
				return Tried{}, err
			}
			out.Reply = res.Members()
			src := rt.Source(n)
			if shown, ok := out.Reply["answers"].(map[string]any); ok {
				whole := map[string]string{}
				for id, v := range shown {
					if html, ok := v.(string); ok && solutionID.MatchString(id) {
						whole[id], shown[id] = html, src.Cleaned(html)
					}
				}
				if k.inFrame(rt, n, func() []capa.Node { return m.Draw().Nodes }) {
					out.Reply["frame"] = framedSolutions(rt, n, whole)
				}
			}
			if msg, ok := out.Reply["msg"].(string); ok {
				out.Reply["msg"] = src.Cleaned(msg) // hints are authors' markup
			}
		}
	}
	state, err := m.State.MarshalJSON()
	if err != nil {
		return Tried{}, err
	}
	out.State, out.Notes = string(state), codeNotes(problem, m.Machine)
	if m.State.Seed != nil {
		out.Seed = *m.State.Seed
	}
	p := k.trialProps(rt, n, problem, m.Machine, handler)
	out.Framed = p.Frame != ""
	d, err := draw(ctx, p, "")
	if err != nil {
		return Tried{}, err
	}
	if out.Reply != nil && drawn {
		markup := "html"
		if t.Act == "problem_check" {
			markup = "contents"
		}
		out.Reply[markup] = d.text(trialVersion, "")
		if out.Framed {
			if out.Reply["frame"], err = framedDrawing(ctx, p, rt, n, trialVersion); err != nil {
				return Tried{}, err
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.Keep)) {
		for _, value := range t.Keep[name] {
			p.Kept = append(p.Kept, [2]string{name, value})
		}
	}
	if p.Kept != nil {
		p.Kept = append(p.Kept, [2]string{TrialState, out.State}, [2]string{TrialSeed, strconv.Itoa(out.Seed)})
		if d, err = draw(ctx, p, ""); err != nil {
			return Tried{}, err
		}
	}
	out.View = d.of(0, trialVersion, "")
	return out, nil
}

// Fields of a form that carry a trial on.
const (
	TrialState = "trial.state"
	TrialSeed  = "trial.seed"
)

// TrialDocument is the page of the frame a trial's question needs, nil where it needs none. It must be answered with a content security policy
// that sandboxes it.
func (k *Kind) TrialDocument(ctx context.Context, rt *component.Runtime, n *course.Node, t Trial) (templ.Component, error) {
	problem, m, err := k.openTrial(ctx, rt, n, t)
	if err != nil {
		return nil, err
	}
	p := k.trialProps(rt, n, problem, m.Machine, "")
	if p.Frame == "" {
		return nil, nil //nolint:nilnil // there is none, and that is no error
	}
	p.Version = strconv.Itoa(trialVersion)
	return document(p.forFrame(rt, n), rt.Person.Theme), nil
}

// trialVersion stands for the version of a state that is stored nowhere.
const trialVersion = 0

// trialMachine is the machine of a trial.
type trialMachine struct{ *submission.Machine }

func (k *Kind) openTrial(ctx context.Context, rt *component.Runtime, n *course.Node, t Trial) (*capa.Problem, trialMachine, error) {
	if len(t.State) > maxTrialState {
		return nil, trialMachine{}, fault.TooLargef("state of a trial: %d bytes", len(t.State))
	}
	problem, err := k.problem(n)
	if err != nil {
		return nil, trialMachine{}, err
	}
	files, err := k.filesFor(ctx, problem, rt.Course)
	if err != nil {
		return nil, trialMachine{}, err
	}
	state := submission.State{}
	if t.State != "" {
		if state, err = submission.ParseState([]byte(t.State)); err != nil {
			return nil, trialMachine{}, fault.Invalidf("state of a trial: %w", err)
		}
	}
	if state.Seed == nil {
		seed := t.Seed
		state.Seed = &seed
	}
	// What limits learners would only be in the author's way.
	settings := submission.SettingsOf(n)
	settings.MaxAttempts, settings.WaitSeconds, settings.ShowAnswer, settings.ShowCorrectness = nil, 0, submission.Always, submission.Always
	settings.ShowResetButton = true
	m, err := submission.Open(ctx, submission.Setup{
		Problem: problem, Files: files, Settings: settings, ModuleID: n.Key.String(), IDPrefix: n.Key.HTMLID(), User: int64(rt.Viewer.User),
		AnonymousID: rt.Person.AnonymousID, Staff: true, Now: rt.Now, Runner: k.service.Runner,
	}, state, t.Act == "problem_check")
	return problem, trialMachine{m}, err
}

func (k *Kind) trialProps(rt *component.Runtime, n *course.Node, problem *capa.Problem, m *submission.Machine, handler string) props {
	p := newProps(rt, n, problem, m)
	p.Handler, p.DraftURL, p.Defects, p.Notes = handler, "", nil, nil
	k.frame(&p, rt, n)
	return p
}

// act does what a dispatch asks for; drawn reports whether the problem looks otherwise afterwards.
func (m trialMachine) act(ctx context.Context, n *course.Node, problem *capa.Problem, t Trial) (reply submission.Reply, drawn bool, err error) {
	asked := &submission.Asked{Node: n, Problem: problem}
	switch t.Act {
	case "problem_get":
		return submission.Reply{}, true, nil
	case "problem_check", "problem_save":
		given, err := formAnswers(asked, t.Form)
		if err != nil {
			return reply, false, err
		}
		if t.Act == "problem_save" {
			return m.Save(given), true, nil
		}
		reply, err = m.Submit(ctx, given)
		return reply, true, refused(err)
	case "problem_reset":
		reply, err = m.Reset(ctx)
		return reply, true, err
	case "problem_show":
		reply, err = m.ShowAnswer()
		return reply, false, refused(err)
	case "hint_button":
		index, convErr := strconv.Atoi(t.Form.Get("hint_index"))
		if convErr != nil || index < 0 {
			return reply, false, fault.Invalidf("hint_index %q", t.Form.Get("hint_index"))
		}
		reply, err = m.Hint(index)
		return reply, false, refused(err)
	default:
		return reply, false, fault.NotFoundf("problem dispatch %q", t.Act)
	}
}

// refused gives an act that may not be done now the kind its caller can act on.
func refused(err error) error {
	if why, ok := errors.AsType[*submission.Refusal](err); ok {
		return fault.Errorf(fault.Closed, "%w", why).Say("problem.trial_refused")
	}
	return err
}

// trialInput shows how a formula or an equation is read. Programs of learners are not run in a trial.
func trialInput(ctx context.Context, problem *capa.Problem, n *course.Node, form url.Values) (map[string]any, error) {
	if form.Get("dispatch") == runProgram {
		return map[string]any{"success": false, "message": i18n.T(ctx, "problem.trial_no_grader")}, nil
	}
	res, err := inputAct(ctx, problem, n.Key.HTMLID(), component.Request{Form: form})
	if err != nil {
		return nil, err
	}
	said, ok := res.JSON.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("input_ajax of %s: no object", n.Key)
	}
	return said, nil
}
