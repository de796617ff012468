package publish

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"lyceum/authoring/draft"
	"lyceum/course"
)

// Kind is what a finding is about.
type Kind string

// The kinds of findings.
const (
	DoesNotLoad  Kind = "does_not_load" // learners would see a notice instead; it keeps a unit from being published
	BrokenLink   Kind = "broken_link"   // to a block or a page the course does not have
	MissingFile  Kind = "missing_file"
	NoPolicy     Kind = "no_policy"   // graded, but under no assignment type of the policy: it counts for nothing
	Unreachable  Kind = "unreachable" // no learner can ever open it
	MissingAlt   Kind = "missing_alt" // a picture without a text for those who cannot see it
	DateOrder    Kind = "date_order"
	Hidden       Kind = "hidden"        // not in learners' outline, and no link of the course leads there
	Empty        Kind = "empty"         // a section, subsection or unit with nothing in it
	ForTeam      Kind = "team_only"     // among what learners see, for the course team alone
	NoTranscript Kind = "no_transcript" // a video without a text for those who cannot hear it
	NoTitle      Kind = "no_title"      // a frame that says nothing of what is in it
)

// Severity is how much a finding matters.
type Severity string

// The severities, the worst first.
const (
	Blocks  Severity = "blocks"  // it keeps a unit from being published
	Error   Severity = "error"   // learners stumble over it
	Warning Severity = "warning" // some learners do, or it is probably not what was meant
	Note    Severity = "note"    // good to know; nobody is asked because of it
)

// Severity says how much findings of a kind matter.
func (k Kind) Severity() Severity {
	switch k {
	case DoesNotLoad:
		return Blocks
	case BrokenLink, MissingFile, NoPolicy, Unreachable:
		return Error
	case MissingAlt, DateOrder, Hidden:
		return Warning
	default:
		return Note
	}
}

// Finding is one thing to mend, or to know of, before publishing.
type Finding struct {
	Kind   Kind
	Block  course.UsageKey
	Unit   course.UsageKey // the unit the block is in, zero for what stands above units and for pages
	Name   string          // of the block
	Line   int             // of the block's text, counted from 1; 0 when no line applies
	Detail string          // what it is about: the link, the file, the dates, the parser's words
	// Why tells apart the reasons of one kind for who words them; "" where Detail says it all. Args are what such words are about: texts,
	// numbers and times.
	Why  string
	Args []any
	More bool // the block's text has more to mend, which is not listed
}

// Severity says how much it matters.
func (f Finding) Severity() Severity { return f.Kind.Severity() }

// Checker looks for what is wrong in a draft.
type Checker struct {
	// Loads says why a block would not load, see [draft.Editor]. It may be nil.
	Loads func(*course.Block) []string
	// HasFile reports whether the course has a file of that normalized name; nil leaves files unchecked.
	HasFile func(name string) bool
	// Policy is the grading policy of courses that have none of their own, or none with assignment types.
	Policy course.Value
}

// Check lists what is wrong at and below a block of the draft, in course order, each block's findings by line. The course itself
// (the zero key too) includes the pages beside it. ok is false when the draft has no such block. It costs as much as what is looked at.
func (c Checker) Check(content *course.Content, at course.UsageKey) (out []Finding, ok bool) {
	whole := at.IsZero() || at.Type == "course"
	if whole {
		at = content.Key.Usage(content.Root.Type, content.Root.ID)
	}
	k := c.begin(content, at, nil)
	if k == nil {
		return nil, false
	}
	top, _ := k.course.Find(at.Type, at.ID)
	k.below(top)
	if whole {
		k.unit, k.name = course.UsageKey{}, ""
		k.policy(k.course.Root())
		for _, p := range content.Pages {
			k.name, _ = p.Fields["display_name"].Text()
			k.text(content.Key.Usage(p.Type, p.ID), p, "")
		}
		k.unlinked()
	}
	return k.found, true
}

// CheckPart is [Checker.Check] of some of the blocks that stand at the top of a draft: no other is looked at, and links lead to every one.
func (c Checker) CheckPart(content *course.Content, some []*course.Block) []Finding {
	root := *content.Root
	root.Children = some
	part := *content
	part.Root = &root
	k := c.begin(&part, content.Key.Usage(root.Type, root.ID), nil)
	k.all = content // where links lead
	k.below(k.course.Root())
	return k.found
}

// Publishing lists what is wrong in what publishing at a block would give learners: in the units at and below it that have changed, and in
// the sections and subsections that hold them. Of a single unit only that unit is looked at, and whether it counts for the grade it is part of.
func (c Checker) Publishing(b draft.Branches, at course.UsageKey) (out []Finding, ok bool) {
	if unit, inUnit := draft.UnitOf(b.Draft, at); inUnit {
		at = unit
	} else if at.Type == "course" {
		at = b.Draft.Key.Usage(b.Draft.Root.Type, b.Draft.Root.ID)
	}
	published := map[place]*course.Block{}
	if b.Published != nil && holdsUnits(&course.Block{Type: at.Type}) {
		published = unitsAndAbove(b.Published)
	}
	k := c.begin(b.Draft, at, func(unit *course.Block) bool {
		was := published[place{unit.Type, unit.ID}]
		return was == nil || !draft.Same(was, unit)
	})
	if k == nil {
		return nil, false
	}
	top, _ := k.course.Find(at.Type, at.ID)
	for _, up := range k.course.Path(top) {
		if up != top {
			k.name = up.Name
			k.graded(up)
		}
	}
	k.below(top)
	return k.found, true
}

// begin makes what a check works on: the way to a block and all below it, without what stands beside. Units that want no look are there, and
// nothing of them. It returns nil when the block is not in the draft.
func (c Checker) begin(content *course.Content, at course.UsageKey, wanted func(*course.Block) bool) *checking {
	way := draft.Way(content, at)
	if way == nil {
		return nil
	}
	k := &checking{Checker: c, all: content, skipped: map[*course.Block]bool{}}
	last := way[len(way)-1]
	if wanted != nil && holdsUnits(last) {
		last, _ = k.only(last, wanted)
	}
	for _, up := range slices.Backward(way[:len(way)-1]) {
		one := *up
		one.Children = []*course.Block{last}
		last = &one
	}
	part := *content
	part.Root = last
	k.course = course.Compile(&part, "", nil, nil)
	k.types = assignmentTypes(content.Grading, c.Policy)
	return k
}

// only is a section, a subsection or the course with nothing in the units nobody wants a look at; some says whether a unit is left.
func (k *checking) only(b *course.Block, wanted func(*course.Block) bool) (out *course.Block, some bool) {
	one := *b
	one.Children = make([]*course.Block, len(b.Children))
	for i, child := range b.Children {
		switch {
		case holdsUnits(child):
			below := false
			one.Children[i], below = k.only(child, wanted)
			some = some || below
		case wanted(child):
			one.Children[i], some = child, true
		default:
			bare := &course.Block{Type: child.Type, ID: child.ID, Fields: child.Fields}
			one.Children[i] = bare
			k.skipped[bare] = true
		}
	}
	if !some {
		k.skipped[&one] = true
	}
	return &one, some
}

type checking struct {
	Checker
	all     *course.Content
	course  *course.Compiled // of what is looked at
	types   map[string]bool  // assignment types of the grading policy
	skipped map[*course.Block]bool
	unit    course.UsageKey
	name    string
	found   []Finding

	lookups int             // of blocks a link or a setting names
	ids     map[string]bool // of all blocks of the draft, once there were many
	keys    map[place]bool
	linked  map[string]bool // ids links lead to
	hidden  []hidden
}

// hidden is a block that is not in the outline, with the ids of all below it.
type hidden struct {
	finding Finding
	at      int // place in found
	ids     []string
}

// below looks at a block and everything below it.
func (k *checking) below(top *course.Node) {
	nodes := k.course.Below(top)
	for i := range nodes {
		n := &nodes[i]
		if k.skipped[n.Block] {
			continue
		}
		if above := k.course.ParentOf(n); above == nil || holdsUnits(above.Block) {
			k.unit = course.UsageKey{}
			if !holdsUnits(n.Block) {
				k.unit = n.Key
			}
		} else if i == 0 {
			k.unit = unitOf(k.course, n)
		}
		k.name = n.Name
		k.node(n)
	}
}

// unitOf finds the unit a block is in, the zero key for what stands above units.
func unitOf(c *course.Compiled, n *course.Node) (unit course.UsageKey) {
	for ; n != nil && !holdsUnits(n.Block); n = c.ParentOf(n) {
		unit = n.Key
	}
	return unit
}

func (k *checking) add(kind Kind, u course.UsageKey, line int, detail string) *Finding {
	k.found = append(k.found, Finding{Kind: kind, Block: u, Unit: k.unit, Name: k.name, Line: line, Detail: detail})
	return &k.found[len(k.found)-1]
}

// because is add for a finding with a reason; words are its detail with the arguments put in.
func (k *checking) because(kind Kind, u course.UsageKey, why, words string, args ...any) {
	shown := make([]any, len(args))
	for i, a := range args {
		if t, ok := a.(time.Time); ok {
			a = course.FormatTime(t)
		}
		shown[i] = a
	}
	f := k.add(kind, u, 0, fmt.Sprintf(words, shown...))
	f.Why, f.Args = why, args
}

func (k *checking) node(n *course.Node) {
	if k.Loads != nil {
		for _, why := range k.Loads(n.Block) {
			line, words := Placed(why)
			k.add(DoesNotLoad, n.Key, line, words)
		}
	}
	k.text(n.Key, n.Block, n.Settings.StaticAssetPath)
	k.transcript(n)
	k.dates(n)
	k.graded(n)
	k.reach(n)
}

var lineOf = regexp.MustCompile(`^line (\d+): (?s:(.*))$`)

// Placed takes apart why a block does not load: the line of its text, 0 where none is named, and the rest.
func Placed(why string) (line int, words string) {
	m := lineOf.FindStringSubmatch(why)
	if m == nil {
		return 0, why
	}
	line, _ = strconv.Atoi(m[1])
	return line, m[2]
}

func assignmentTypes(policy, usual course.Value) map[string]bool {
	var read struct {
		Grader []struct {
			Type string `json:"type"`
		} `json:"GRADER"`
	}
	for _, p := range []course.Value{policy, usual} {
		if p.IsSet() && json.Unmarshal([]byte(p), &read) == nil && read.Grader != nil {
			break
		}
	}
	out := map[string]bool{}
	for _, g := range read.Grader {
		out[g.Type] = true
	}
	return out
}

// graded looks for subsections that count for grades and under no type that does.
func (k *checking) graded(n *course.Node) {
	if n.Block.Type != "sequential" || !n.Settings.Graded || k.types[n.Settings.Format] {
		return
	}
	if n.Settings.Format == "" {
		k.because(NoPolicy, n.Key, "no_type", "no assignment type")
	} else {
		k.because(NoPolicy, n.Key, "unknown_type", "%s", n.Settings.Format)
	}
}

// policy looks at the dates of the course as a whole.
func (k *checking) policy(root *course.Node) {
	k.name = root.Name
	for _, pair := range [][2]string{{"start", "end"}, {"enrollment_start", "enrollment_end"}, {"enrollment_start", "end"}} {
		first, ok1 := root.Block.Fields[pair[0]].Time()
		second, ok2 := root.Block.Fields[pair[1]].Time()
		if ok1 && ok2 && second.Before(first) {
			k.because(DateOrder, root.Key, pair[0]+"_"+pair[1], pair[0]+" %s > "+pair[1]+" %s", first, second)
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
	switch opens := k.opens(above); {
	case hasStart && above.Settings.StartSet && start.Before(opens):
		why := "early"
		if above == k.course.Root() {
			why = "before_course"
		}
		k.because(DateOrder, n.Key, why, "start %s < start %s", start, opens)
	case hasStart && hasEnd && start.After(end) && !opens.After(end): // content stays readable after the end, so learners come to it
		k.because(DateOrder, n.Key, "after_end", "start %s > end %s", start, end)
	}
	if at := n.Settings.Due; (hasDue || hasStart) && at != nil && n.Settings.StartSet {
		if opens := k.opens(n); at.Before(opens) {
			k.because(DateOrder, n.Key, "due_before_start", "due %s < start %s", *at, opens)
		}
	}
	if hasDue && above.Settings.Due != nil && due.After(*above.Settings.Due) {
		k.because(DateOrder, n.Key, "late", "due %s > due %s", due, *above.Settings.Due)
	}
	if hasDue && hasEnd && end.Before(due) {
		k.because(DateOrder, n.Key, "due_after_end", "due %s > end %s", due, end)
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

// reach looks for what no learner can open, each where it begins, and for what holds nothing.
func (k *checking) reach(n *course.Node) {
	above := k.course.ParentOf(n)
	if above == nil {
		return
	}
	if c := k.closed(n); c.why != "" && k.closed(above).why == "" {
		k.because(Unreachable, n.Key, c.why, c.words, c.args...)
	}
	k.staff(n, above)
	k.gate(n)
	switch n.Block.Type {
	case "chapter", "sequential", "vertical":
		if len(n.Children) == 0 {
			k.add(Empty, n.Key, 0, "")
		}
	case "split_test":
		k.experiment(n)
	}
	if n.Settings.HideFromTOC && !above.Settings.HideFromTOC && !n.Settings.StaffOnly {
		h := hidden{finding: Finding{Kind: Hidden, Block: n.Key, Unit: k.unit, Name: k.name}, at: len(k.found)}
		for _, x := range k.course.Below(n) {
			h.ids = append(h.ids, x.Block.ID)
		}
		k.hidden = append(k.hidden, h)
	}
}

// staff looks for what only the course team sees among what learners do, and for what is said to be for learners below what is not.
func (k *checking) staff(n, above *course.Node) {
	own, set := n.Block.Fields["visible_to_staff_only"].Bool()
	if !set {
		return
	}
	team := above
	for team != nil && !team.Settings.StaffOnly {
		team = k.course.ParentOf(team)
	}
	switch {
	case own && team == nil:
		k.because(ForTeam, n.Key, "locked", "")
	case !own && team != nil:
		k.because(ForTeam, n.Key, "below_locked", "%s", team.Name)
	}
}

// gate looks for subsections that require one the course does not have.
func (k *checking) gate(n *course.Node) {
	if n.Block.Type != "sequential" {
		return
	}
	id, _ := n.Block.Fields["prereq"].Text()
	on, _ := k.course.Root().Block.Fields["enable_subsection_gating"].Bool()
	if on && id != "" && !k.has("sequential", id) {
		k.because(Unreachable, n.Key, "prerequisite", "requires %s", id)
	}
}

// unlinked adds what is in no outline and that no link of the course leads to, where it belongs in the order of the course.
func (k *checking) unlinked() {
	for _, h := range slices.Backward(k.hidden) {
		if !slices.ContainsFunc(h.ids, func(id string) bool { return k.linked[id] }) {
			k.found = slices.Insert(k.found, h.at, h.finding)
		}
	}
}

// why is the reason nobody can open a block.
type why struct {
	why, words string
	args       []any
}

// closed says why nobody but staff can open a block; its reason is "" when somebody can.
func (k *checking) closed(n *course.Node) why {
	for _, id := range sortedKeys(n.Settings.GroupAccess) {
		groups := n.Settings.GroupAccess[id]
		if id == course.TrackPartition { // every course has it, and need not list it
			if len(groups) == 0 {
				return why{"no_track_left", "no enrollment track", nil}
			}
			for _, g := range groups {
				if _, ok := (course.Partition{Groups: course.Tracks}).Group(g); !ok {
					return why{"track", "enrollment track %d", []any{g}}
				}
			}
			continue
		}
		i := slices.IndexFunc(k.course.Partitions, func(p course.Partition) bool { return p.ID == id })
		switch {
		case i < 0:
			return why{"partition", "partition %d", []any{id}}
		case !k.course.Partitions[i].Active:
			continue
		case len(groups) == 0:
			return why{"no_group_left", "partition %q: no group", []any{k.course.Partitions[i].Name}}
		}
		for _, g := range groups {
			if !slices.ContainsFunc(k.course.Partitions[i].Groups, func(x course.Group) bool { return x.ID == g }) {
				return why{"group", "partition %q: group %d", []any{k.course.Partitions[i].Name, g}}
			}
		}
	}
	return why{}
}

func sortedKeys(g course.GroupAccess) []int {
	out := make([]int, 0, len(g))
	for id := range g {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

// experiment looks for what an experiment shows to no group, and for groups it shows nothing.
func (k *checking) experiment(n *course.Node) {
	var byGroup map[string]string
	n.Block.Fields["group_id_to_child"].Decode(&byGroup)
	shown := map[course.UsageKey]bool{}
	for _, text := range byGroup {
		if u, err := course.ParseUsageKey(text); err == nil {
			shown[u.In(k.course.Key)] = true
		}
	}
	here := map[course.UsageKey]bool{}
	for _, child := range k.course.ChildrenOf(n) {
		if here[child.Key] = true; !shown[child.Key] {
			name := k.name
			k.name = child.Name
			k.because(Unreachable, child.Key, "experiment", "no group of the experiment")
			k.name = name
		}
	}
	id, ok := n.Block.Fields["user_partition_id"].Int()
	if !ok || id < 0 || id == course.TrackPartition {
		return
	}
	i := slices.IndexFunc(k.course.Partitions, func(p course.Partition) bool { return p.ID == id })
	if i < 0 {
		k.because(Unreachable, n.Key, "partition", "partition %d", id)
		return
	}
	for _, g := range k.course.Partitions[i].Groups {
		u, err := course.ParseUsageKey(byGroup[strconv.Itoa(g.ID)])
		if err != nil || !here[u.In(k.course.Key)] {
			k.because(Unreachable, n.Key, "group_without", "nothing for group %s", g.Name)
		}
	}
}

// has reports whether the draft has a block, or a page.
func (k *checking) has(typ, id string) bool {
	if k.index() {
		return k.keys[place{typ, id}]
	}
	return k.all.Page(typ, id) != nil || k.find(func(b *course.Block) bool { return b.ID == id && b.Type == typ })
}

// hasID reports whether the draft has a block with an id.
func (k *checking) hasID(id string) bool {
	if k.index() {
		return k.ids[id]
	}
	return k.find(func(b *course.Block) bool { return b.ID == id })
}

// find looks through the whole draft.
func (k *checking) find(is func(*course.Block) bool) bool {
	found := false
	k.all.Root.Walk(func(b *course.Block) bool {
		found = found || is(b)
		return !found
	})
	return found
}

// fewLookups is up to how many blocks are cheaper to look for than to list all there are.
const fewLookups = 20

// index lists every block of the draft once many are asked for; false means that they have not been.
func (k *checking) index() bool {
	if k.ids != nil {
		return true
	}
	if k.lookups++; k.lookups <= fewLookups {
		return false
	}
	k.ids, k.keys = map[string]bool{}, map[place]bool{}
	k.all.Root.Walk(func(b *course.Block) bool {
		k.ids[b.ID], k.keys[place{b.Type, b.ID}] = true, true
		return true
	})
	for _, p := range k.all.Pages {
		k.keys[place{p.Type, p.ID}] = true
	}
	return true
}

// Refusing counts the units among findings that cannot be published.
func Refusing(found []Finding) int {
	units := map[course.UsageKey]bool{}
	for _, f := range found {
		if f.Severity() == Blocks && !f.Unit.IsZero() {
			units[f.Unit] = true
		}
	}
	return len(units)
}

// Asks reports whether an author is asked before publishing what these were found in.
func Asks(found []Finding) bool {
	return slices.ContainsFunc(found, func(f Finding) bool { return f.Severity() != Note })
}

// trimmedTo shortens what is quoted of a text.
func trimmedTo(text string, most int) string {
	text = strings.Join(strings.Fields(text), " ")
	for i := range text {
		if i >= most {
			return text[:i] + "…"
		}
	}
	return text
}
