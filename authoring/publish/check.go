package publish

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"lyceum/authoring/draft"
	"lyceum/course"
)

// Kind is what a finding is about.
type Kind string

// The kinds of findings.
const (
	DoesNotLoad Kind = "does_not_load" // learners would see a notice instead; it keeps a unit from being published
	BrokenLink  Kind = "broken_link"   // to a block the course does not have
	MissingFile Kind = "missing_file"
	MissingAlt  Kind = "missing_alt" // a picture without a text for those who cannot see it
	NoPolicy    Kind = "no_policy"   // graded, but under no assignment type of the policy: it counts for nothing
	DateOrder   Kind = "date_order"
	Unreachable Kind = "unreachable" // no learner can ever open it
	Empty       Kind = "empty"       // a section, subsection or unit with nothing in it
)

// Finding is one thing to mend, or to know of, before publishing.
type Finding struct {
	Kind   Kind
	Block  course.UsageKey
	Unit   course.UsageKey // the unit the block is in, zero for what stands above units and for pages
	Line   int             // of the block's text, counted from 1; 0 when no line applies
	Detail string          // what it is about: the link, the file, the dates, the parser's words
}

// Checker looks for what is wrong in a draft.
type Checker struct {
	// Loads says why a block would not load, see [draft.Editor]. It may be nil.
	Loads func(*course.Block) []string
	// HasFile reports whether the course has a file of that normalized name; nil leaves files unchecked.
	HasFile func(name string) bool
}

// Check lists what is wrong at and below a block of the draft, in course order, each block's findings by line. The course itself
// (the zero key too) includes the pages beside it. ok is false when the draft has no such block.
func (c Checker) Check(content *course.Content, at course.UsageKey) (out []Finding, ok bool) {
	all := course.Compile(content, "", nil, nil)
	top := all.Root()
	if !at.IsZero() && at.Type != "course" {
		if top, ok = all.Find(at.Type, at.ID); !ok {
			return nil, false
		}
	}
	k := checking{Checker: c, course: all, types: assignmentTypes(content.Grading)}
	for i := range all.Below(top) {
		n := &all.Below(top)[i]
		k.unit = unitOf(all, n)
		k.node(n)
	}
	if top == all.Root() {
		k.unit = course.UsageKey{}
		k.policy()
		for _, p := range content.Pages {
			k.text(content.Key.Usage(p.Type, p.ID), p)
		}
	}
	return k.found, true
}

// unitOf finds the unit a block is in, the zero key for what stands above units.
func unitOf(c *course.Compiled, n *course.Node) (unit course.UsageKey) {
	for ; n != nil && !holdsUnits(n.Block); n = c.ParentOf(n) {
		unit = n.Key
	}
	return unit
}

type checking struct {
	Checker
	course *course.Compiled
	types  map[string]bool // assignment types of the grading policy
	unit   course.UsageKey
	found  []Finding
}

func (k *checking) add(kind Kind, u course.UsageKey, line int, detail string) {
	k.found = append(k.found, Finding{Kind: kind, Block: u, Unit: k.unit, Line: line, Detail: detail})
}

func (k *checking) node(n *course.Node) {
	if k.Loads != nil {
		for _, why := range k.Loads(n.Block) {
			k.add(DoesNotLoad, n.Key, 0, why)
		}
	}
	k.text(n.Key, n.Block)
	k.dates(n)
	k.graded(n)
	k.reach(n)
}

// The places of a text that are looked at. Each pattern begins with plain text, which is found fast.
var (
	jumpID  = regexp.MustCompile(`/jump_to_id/([^\s"'<>?#/&\\]+)`)
	jump    = regexp.MustCompile(`/jump_to/([^\s"'<>?#&\\]+)`)
	toFiles = []*regexp.Regexp{
		regexp.MustCompile(`/static/([^\s"'<>?#&\\)]+)`),
		regexp.MustCompile(`asset-v1:[^\s"'<>?#&\\]*\+block@([^\s"'<>?#&\\)]+)`),
		regexp.MustCompile(`/c4x/[^\s"'<>?#&\\]*/asset/([^\s"'<>?#&\\)]+)`),
	}
	img = regexp.MustCompile(`^(?is)<img\b(?:[^>"']|"[^"]*"|'[^']*')*>`)
	alt = regexp.MustCompile(`(?i)\salt\s*=`)
)

// text looks at links, files and pictures in a block's text, in the order of the text.
func (k *checking) text(u course.UsageKey, b *course.Block) {
	from := len(k.found)
	line := func(at int) int { return 1 + bytes.Count(b.Body[:at], []byte("\n")) }
	each := func(p *regexp.Regexp, f func(at int, whole, part string)) {
		for _, m := range p.FindAllSubmatchIndex(b.Body, -1) {
			f(m[0], string(b.Body[m[0]:m[1]]), string(b.Body[m[2]:m[3]]))
		}
	}
	each(jumpID, func(at int, whole, id string) {
		if _, ok := k.course.FindID(id); !ok {
			k.add(BrokenLink, u, line(at), whole)
		}
	})
	each(jump, func(at int, whole, usage string) {
		if !k.leads(strings.TrimSuffix(usage, "/")) {
			k.add(BrokenLink, u, line(at), whole)
		}
	})
	if k.HasFile != nil {
		for _, p := range toFiles {
			each(p, func(at int, _, name string) {
				if name = course.AssetName(name); !k.HasFile(name) {
					k.add(MissingFile, u, line(at), name)
				}
			})
		}
		bare := &course.Block{Type: b.Type, Fields: b.Fields, Attrs: b.Attrs} // what settings show; the text was looked at
		for _, name := range draft.FilesOf(bare) {
			if !k.HasFile(name) {
				k.add(MissingFile, u, 0, name)
			}
		}
	}
	for at := 0; ; at++ {
		i := bytes.IndexByte(b.Body[at:], '<')
		if i < 0 {
			break
		}
		at += i
		if tag := img.Find(b.Body[at:]); tag != nil && !alt.Match(tag) {
			k.add(MissingAlt, u, line(at), string(tag[:min(len(tag), 200)]))
		}
	}
	slices.SortStableFunc(k.found[from:], func(a, b Finding) int { return cmp.Compare(a.Line, b.Line) })
}

// leads reports whether a key names a block of this course; keys of other courses are not ours to judge.
func (k *checking) leads(text string) bool {
	u, err := course.ParseURLUsageKey(text, k.course.Key)
	if err != nil {
		return false
	}
	if u.Course != k.course.Key {
		return true
	}
	_, ok := k.course.Node(u)
	return ok
}

func assignmentTypes(policy course.Value) map[string]bool {
	var read struct {
		Grader []struct {
			Type string `json:"type"`
		} `json:"GRADER"`
	}
	out := map[string]bool{}
	if policy.IsSet() && json.Unmarshal([]byte(policy), &read) == nil {
		for _, g := range read.Grader {
			out[g.Type] = true
		}
	}
	return out
}

// graded looks for subsections that count for grades and under no type that does.
func (k *checking) graded(n *course.Node) {
	if n.Block.Type != "sequential" || !n.Settings.Graded {
		return
	}
	if format := n.Settings.Format; !k.types[format] {
		k.add(NoPolicy, n.Key, 0, format)
	}
}

// policy looks at the dates of the course as a whole.
func (k *checking) policy() {
	root := k.course.Root()
	for _, pair := range [][2]string{{"start", "end"}, {"enrollment_start", "enrollment_end"}, {"enrollment_start", "end"}} {
		first, ok1 := root.Block.Fields[pair[0]].Time()
		second, ok2 := root.Block.Fields[pair[1]].Time()
		if ok1 && ok2 && second.Before(first) {
			k.add(DateOrder, root.Key, 0, fmt.Sprintf("%s %s > %s %s", pair[0], course.FormatTime(first), pair[1], course.FormatTime(second)))
		}
	}
}

// dates looks at the dates set on one block.
func (k *checking) dates(n *course.Node) {
	above := k.course.ParentOf(n)
	if above == nil || n.Settings.SelfPaced {
		return
	}
	start, hasStart := n.Block.Fields["start"].Time()
	due, hasDue := n.Block.Fields["due"].Time()
	end, hasEnd := k.course.Root().Block.Fields["end"].Time()
	if opens := k.opens(above); hasStart && start.Before(opens) {
		k.add(DateOrder, n.Key, 0, fmt.Sprintf("start %s < start %s", course.FormatTime(start), course.FormatTime(opens)))
	}
	if opens := k.opens(n); hasDue && due.Before(opens) {
		k.add(DateOrder, n.Key, 0, fmt.Sprintf("due %s < start %s", course.FormatTime(due), course.FormatTime(opens)))
	}
	if hasDue && hasEnd && end.Before(due) {
		k.add(DateOrder, n.Key, 0, fmt.Sprintf("due %s > end %s", course.FormatTime(due), course.FormatTime(end)))
	}
}

// opens is when learners can open a block at the earliest: when it and everything above it has started.
func (k *checking) opens(n *course.Node) time.Time {
	at := n.Settings.Start
	for _, up := range k.course.Path(n) {
		if up.Settings.Start.After(at) {
			at = up.Settings.Start
		}
	}
	return at
}

// reach looks for what no learner can open, each where it begins.
func (k *checking) reach(n *course.Node) {
	above := k.course.ParentOf(n)
	if above == nil {
		return
	}
	if why := k.closed(n); why != "" && k.closed(above) == "" {
		k.add(Unreachable, n.Key, 0, why)
	}
	misplaced := n.Block.Type != "chapter" && above.Block.Type == "course" || above.Block.Type == "chapter" && !course.Containers[n.Block.Type]
	if misplaced {
		k.add(Unreachable, n.Key, 0, fmt.Sprintf("%s in a %s", n.Block.Type, above.Block.Type))
	}
	switch n.Block.Type {
	case "chapter", "sequential", "vertical":
		if len(n.Children) == 0 {
			k.add(Empty, n.Key, 0, "")
		}
	case "split_test":
		k.experiment(n)
	}
}

// closed says why nobody but staff can open a block, "" when somebody can.
func (k *checking) closed(n *course.Node) string {
	end, ok := k.course.Root().Block.Fields["end"].Time()
	if opens := k.opens(n); ok && !n.Settings.SelfPaced && opens.After(end) {
		return fmt.Sprintf("start %s > end %s", course.FormatTime(opens), course.FormatTime(end))
	}
	for _, id := range sortedKeys(n.Settings.GroupAccess) {
		groups := n.Settings.GroupAccess[id]
		if id == enrollmentTracks || id == contentGating {
			continue // their groups are computed, the course does not list them
		}
		i := slices.IndexFunc(k.course.Partitions, func(p course.Partition) bool { return p.ID == id })
		switch {
		case i < 0:
			return fmt.Sprintf("partition %d", id)
		case !k.course.Partitions[i].Active:
			continue
		case len(groups) == 0:
			return fmt.Sprintf("partition %q: no group", k.course.Partitions[i].Name)
		}
		for _, g := range groups {
			if !slices.ContainsFunc(k.course.Partitions[i].Groups, func(x course.Group) bool { return x.ID == g }) {
				return fmt.Sprintf("partition %q: group %d", k.course.Partitions[i].Name, g)
			}
		}
	}
	return ""
}

// Partitions every course has without listing them.
const (
	enrollmentTracks = 50
	contentGating    = 51
)

func sortedKeys(g course.GroupAccess) []int {
	out := make([]int, 0, len(g))
	for id := range g {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

// experiment looks for what an experiment shows to no group.
func (k *checking) experiment(n *course.Node) {
	var byGroup map[string]string
	n.Block.Fields["group_id_to_child"].Decode(&byGroup)
	shown := map[course.UsageKey]bool{}
	for _, text := range byGroup {
		if u, err := course.ParseUsageKey(text); err == nil {
			shown[u.In(k.course.Key)] = true
		}
	}
	for _, child := range k.course.ChildrenOf(n) {
		if !shown[child.Key] {
			k.add(Unreachable, child.Key, 0, "no group of the experiment")
		}
	}
}
