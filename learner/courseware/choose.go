package courseware

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/learner"
	"lyceum/learner/access"
	"lyceum/learner/state"
)

// Some blocks show each learner a few of their children, drawn by lot and kept: library_content and itembank. What is kept is the member
// "selected" of the block's state, a list of [type, id].

// pick names a child in the state of the block that holds it.
type pick [2]string

func pickOf(n *course.Node) pick { return pick{n.Block.Type, n.Block.ID} }

// Choice is what a block shows one learner, and what changed about it.
type Choice struct {
	Node   *course.Node
	Shown  []int32 // indexes of children, in the order they are shown
	Most   int     // how many may be shown, -1 for all
	Before int     // how many were kept

	Invalid, OverLimit []course.UsageKey // that are not there any more, and that were too many
	Added              []course.UsageKey
	selected           []pick
}

// Changed reports whether the choice is another than the one that was kept.
func (c *Choice) Changed() bool { return len(c.Invalid)+len(c.OverLimit)+len(c.Added) > 0 }

// MostShown is how many of its children a block shows, -1 for all.
func MostShown(b *course.Block) int {
	v := b.Fields["max_count"]
	if n, ok := v.Int(); ok {
		return max(n, -1)
	}
	return 1
}

// choose settles what n shows of its children from what was kept: what is gone or too much goes, and lots are drawn for the rest.
// Nothing is shuffled when nothing changes.
func choose(c *course.Compiled, n *course.Node, kept []pick, draw *rand.Rand) *Choice {
	out := &Choice{Node: n, Most: MostShown(n.Block), Before: len(kept)}
	at := make(map[pick]int32, len(n.Children))
	for _, i := range n.Children {
		if _, twice := at[pickOf(&c.Nodes[i])]; !twice {
			at[pickOf(&c.Nodes[i])] = i
		}
	}
	most := out.Most
	if most < 0 {
		most = len(at)
	}
	selected := map[pick]bool{}
	for _, p := range kept {
		if _, ok := at[p]; ok {
			selected[p] = true
		} else {
			out.Invalid = append(out.Invalid, c.Key.Usage(p[0], p[1]))
		}
	}
	lots := func(from []pick) []pick {
		draw.Shuffle(len(from), func(i, j int) { from[i], from[j] = from[j], from[i] })
		return from
	}
	if more := len(selected) - most; more > 0 {
		for _, p := range lots(sorted(maps.Keys(selected)))[:more] {
			delete(selected, p)
			out.OverLimit = append(out.OverLimit, c.Key.Usage(p[0], p[1]))
		}
	}
	if few := most - len(selected); few > 0 {
		var pool []pick
		for p := range at {
			if !selected[p] {
				pool = append(pool, p)
			}
		}
		for _, p := range lots(sorted(slices.Values(pool)))[:min(few, len(pool))] {
			selected[p] = true
			out.Added = append(out.Added, c.Key.Usage(p[0], p[1]))
		}
	}
	out.selected = kept
	if out.Changed() {
		out.selected = lots(sorted(maps.Keys(selected)))
	}
	for _, list := range [][]course.UsageKey{out.Invalid, out.OverLimit, out.Added} {
		slices.SortFunc(list, compareKeys)
	}
	for _, p := range out.selected {
		if i, ok := at[p]; ok {
			out.Shown = append(out.Shown, i)
		}
	}
	return out
}

func compareKeys(a, b course.UsageKey) int {
	return slices.Compare([]string{a.Type, a.ID}, []string{b.Type, b.ID})
}

func sorted(all func(func(pick) bool)) []pick {
	return slices.SortedFunc(all, func(a, b pick) int { return slices.Compare(a[:], b[:]) })
}

// keptIn reads what a state says was chosen. What it says otherwise is kept.
func keptIn(r state.Record) (list []pick, rest map[string]json.RawMessage) {
	_ = json.Unmarshal(r.State, &rest)
	var raw [][]string
	_ = json.Unmarshal(rest["selected"], &raw)
	for _, p := range raw {
		if len(p) == 2 {
			list = append(list, pick{p[0], p[1]})
		}
	}
	if rest == nil {
		rest = map[string]json.RawMessage{}
	}
	return list, rest
}

// ChosenBy tells access what was chosen for a learner, from states; nothing new is chosen.
func ChosenBy(c *course.Compiled, states state.Records) map[int32][]int32 {
	if len(c.Choosers) == 0 {
		return nil
	}
	out := make(map[int32][]int32, len(c.Choosers))
	for _, i := range c.Choosers {
		n := &c.Nodes[i]
		kept, _ := keptIn(states[n.Key])
		for _, p := range kept {
			for _, j := range n.Children {
				if pickOf(&c.Nodes[j]) == p {
					out[i] = append(out[i], j)
				}
			}
		}
	}
	return out
}

// ChooserKeys lists the blocks whose states [ChosenBy] reads.
func ChooserKeys(c *course.Compiled) []course.UsageKey {
	out := make([]course.UsageKey, len(c.Choosers))
	for i, j := range c.Choosers {
		out[i] = c.Nodes[j].Key
	}
	return out
}

// Sample is what a learner might be shown of a block's children.
func Sample(c *course.Compiled, n *course.Node) []int32 {
	return choose(c, n, nil, rand.New(rand.NewPCG(1, 1))).Shown //nolint:gosec // an example
}

// chooseTries bounds how often a choice is made anew because another page of the same learner was first.
const chooseTries = 10

// Choose settles what every block the learner sees shows them, and keeps what is new. Of two pages at once both show what the first
// of them kept. It returns what changed; what was loaded for the learner then says what is shown. Visitors are shown the same each time, and nothing is
// kept of them.
func (l *Loader) Choose(ctx context.Context, c *course.Compiled, who *Learner, now time.Time) ([]*Choice, error) {
	if len(c.Choosers) == 0 {
		return nil, nil
	}
	v := &who.Viewer
	v.Chosen = ChosenBy(c, who.Choices)
	keep := v.SignedIn() && (v.Enrolled || v.Roles.IsStaff())
	var made []*Choice
	for _, i := range c.Choosers {
		n := &c.Nodes[i]
		if !access.Visible(c, v, now)(n) { // chosen when it opens; asked anew, because what holds it may have been chosen just now
			continue
		}
		if !keep {
			v.Chosen[i] = Sample(c, n) // the same for each visitor
			continue
		}
		one, err := l.chooseOne(ctx, c, n, v.User, who.Choices, now)
		if err != nil {
			return made, err
		}
		v.Chosen[i] = one.Shown
		if one.Changed() {
			made = append(made, one)
		}
	}
	return made, nil
}

func (l *Loader) chooseOne(ctx context.Context, c *course.Compiled, n *course.Node, user learner.ID, known state.Records, now time.Time) (*Choice, error) {
	record := known[n.Key]
	for range chooseTries {
		kept, rest := keptIn(record)
		one := choose(c, n, kept, rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))) //nolint:gosec // a lot, no secret
		if !one.Changed() {
			return one, nil
		}
		err := l.keepChoice(ctx, c, n, user, record, rest, one.selected, now)
		if err == nil {
			return one, nil
		}
		if !fault.Is(err, fault.Conflict) {
			return nil, err
		}
		again, err := state.New(l.DB).Load(ctx, user, c.Key, n.Key)
		if err != nil {
			return nil, err
		}
		record = again[n.Key]
	}
	return nil, fault.Busyf("what %s shows learner %d changes all the time", n.Key, user)
}

func (l *Loader) keepChoice(ctx context.Context, c *course.Compiled, n *course.Node, user learner.ID, record state.Record, rest map[string]json.RawMessage, selected []pick, now time.Time) error {
	text, err := json.Marshal(append([]pick{}, selected...))
	if err != nil {
		return fmt.Errorf("write choice of %s: %w", n.Key, err)
	}
	rest["selected"] = text
	body, err := json.Marshal(rest)
	if err != nil {
		return fmt.Errorf("write choice of %s: %w", n.Key, err)
	}
	return state.New(l.DB).Save(ctx, state.Change{User: user, Course: c.Key, Key: n.Key, Seen: record.Version, State: body, Time: now, Cause: "choose"})
}

// Rechoose draws the lots of one block anew, whatever was chosen before, and keeps the outcome.
func (l *Loader) Rechoose(ctx context.Context, c *course.Compiled, n *course.Node, user learner.ID, now time.Time) (*Choice, error) {
	for range chooseTries {
		known, err := state.New(l.DB).Load(ctx, user, c.Key, n.Key)
		if err != nil {
			return nil, err
		}
		record := known[n.Key]
		_, rest := keptIn(record)
		one := choose(c, n, nil, rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))) //nolint:gosec // a lot, no secret
		err = l.keepChoice(ctx, c, n, user, record, rest, one.selected, now)
		if err == nil {
			return one, nil
		}
		if !fault.Is(err, fault.Conflict) {
			return nil, err
		}
	}
	return nil, fault.Busyf("what %s shows learner %d changes all the time", n.Key, user)
}
