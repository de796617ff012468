package publish

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"time"

	"lyceum/course"
)

// Overview counts what a course is made of, as learners would get its draft.
type Overview struct {
	SelfPaced bool
	// Start is when the course begins, nil when nobody has said; End when it ends.
	Start, End *time.Time

	Sections    []Part // all of them
	Highlights  bool   // learners are told of the highlights of sections
	Assignments []Part // all subsections
	Subsections []Part // that learners see
	Units       []Part // that learners see
	Videos      []Video
	OpenAnswers []OpenAnswer
}

// Part is a section, a subsection or a unit.
type Part struct {
	Key         course.UsageKey
	Name        string
	Visible     bool // to learners, with all that holds it; what is in no outline is not
	Graded      bool
	Due         *time.Time
	Highlighted bool           // a section learners are told highlights of
	Units       int            // of a subsection: those learners see
	Kinds       map[string]int // components that learners see, by type
	Proctored   bool
}

// Components is how many components learners see in it.
func (p Part) Components() (n int) {
	for _, of := range p.Kinds {
		n += of
	}
	return n
}

// Video is one video of the course.
type Video struct {
	Key    course.UsageKey
	Name   string
	HasID  bool          // of a system that encodes videos
	Length time.Duration // 0 when it is not known
}

// OpenAnswer is a text that learners' peers assess, with the dates of its steps.
type OpenAnswer struct {
	Subsection Part
	Graded     bool
	Dates      []time.Time
}

// NewOverview looks at a draft once.
func NewOverview(content *course.Content) *Overview {
	c := course.Compile(content, "", nil, nil)
	root := c.Root()
	out := &Overview{SelfPaced: root.Settings.SelfPaced}
	out.Highlights, _ = root.Block.Fields["highlights_enabled_for_messaging"].Bool()
	if t, ok := root.Block.Fields["start"].Time(); ok {
		if unscheduled, _ := course.ParseTime(course.UnscheduledStart); !t.Equal(unscheduled) {
			out.Start = &t
		}
	}
	if t, ok := root.Block.Fields["end"].Time(); ok {
		out.End = &t
	}
	for _, section := range c.ChildrenOf(root) {
		one := newPart(section, true)
		var list []string
		one.Highlighted = section.Block.Fields["highlights"].Decode(&list) && len(list) > 0
		out.Sections = append(out.Sections, one)
		for _, sub := range c.ChildrenOf(section) {
			out.subsection(c, sub, one.Visible)
		}
	}
	for i := range c.Nodes {
		out.component(c, &c.Nodes[i])
	}
	return out
}

func newPart(n *course.Node, above bool) Part {
	p := Part{Key: n.Key, Name: n.Name, Graded: n.Settings.Graded, Due: n.Settings.Due, Kinds: map[string]int{}}
	p.Visible = above && !n.Settings.StaffOnly && !n.Settings.HideFromTOC
	p.Proctored, _ = n.Block.Fields["is_proctored_enabled"].Bool()
	return p
}

func (o *Overview) subsection(c *course.Compiled, n *course.Node, above bool) {
	sub := newPart(n, above)
	for _, unit := range c.ChildrenOf(n) {
		one := newPart(unit, sub.Visible)
		leaves(c, unit, one.Kinds)
		if !one.Visible {
			continue
		}
		sub.Units++
		for kind, count := range one.Kinds {
			sub.Kinds[kind] += count
		}
		o.Units = append(o.Units, one)
	}
	o.Assignments = append(o.Assignments, sub)
	if sub.Visible {
		o.Subsections = append(o.Subsections, sub)
	}
}

// leaves counts the components at and below a block that learners see.
func leaves(c *course.Compiled, n *course.Node, kinds map[string]int) {
	if n.Settings.StaffOnly || n.Settings.HideFromTOC {
		return
	}
	if len(n.Children) == 0 && n.Block.Type != "vertical" {
		kinds[n.Block.Type]++
	}
	for _, child := range c.ChildrenOf(n) {
		leaves(c, child, kinds)
	}
}

var (
	videoLength = regexp.MustCompile(`<video_asset\b[^>]*\sduration="([0-9.]+)"`)
	answerDates = regexp.MustCompile(`\b(?:submission_start|submission_due|start|due)="([^"]+)"`)
)

// component keeps what is counted of single components.
func (o *Overview) component(c *course.Compiled, n *course.Node) {
	switch n.Block.Type {
	case "video":
		v := Video{Key: n.Key, Name: n.Name}
		id, _ := n.Block.Fields["edx_video_id"].Text()
		v.HasID = id != ""
		if m := videoLength.FindSubmatch(n.Block.Body); m != nil {
			if seconds, err := strconv.ParseFloat(string(m[1]), 64); err == nil && seconds < 1e6 {
				v.Length = time.Duration(seconds * float64(time.Second))
			}
		}
		o.Videos = append(o.Videos, v)
	case "openassessment":
		one := OpenAnswer{Graded: n.Settings.Graded}
		if path := c.Path(n); len(path) > 2 {
			one.Subsection = newPart(path[2], true)
		}
		for _, m := range answerDates.FindAllSubmatch(n.Block.Body, -1) {
			if t, ok := course.ParseTime(string(m[1])); ok {
				one.Dates = append(one.Dates, t)
			}
		}
		for _, name := range []string{"submission_start", "submission_due"} {
			if t, ok := n.Block.Fields[name].Time(); ok {
				one.Dates = append(one.Dates, t)
			}
		}
		o.OpenAnswers = append(o.OpenAnswers, one)
	}
}

// Visible are those of parts that learners see.
func Visible(parts []Part) []Part {
	return slices.DeleteFunc(slices.Clone(parts), func(p Part) bool { return !p.Visible })
}

// OutOfCourse lists, of the subsections learners see, those due before the course starts and those due after it ends.
func (o *Overview) OutOfCourse(gradedOnly bool) (before, after []Part) {
	for _, p := range o.Assignments {
		if !p.Visible || p.Due == nil || gradedOnly && !p.Graded {
			continue
		}
		if o.Start != nil && p.Due.Before(*o.Start) {
			before = append(before, p)
		}
		if o.End != nil && p.Due.After(*o.End) {
			after = append(after, p)
		}
	}
	return before, after
}

// Spread describes a list of numbers; its parts are nil where there are none.
type Spread struct {
	Min    *float64 `json:"min"`
	Max    *float64 `json:"max"`
	Mean   *float64 `json:"mean"`   // to a whole number
	Median *float64 `json:"median"` // to a whole number
	Mode   *float64 `json:"mode"`   // the smallest of the most frequent
}

// SpreadOf describes a list.
func SpreadOf(list []float64) Spread {
	if len(list) == 0 {
		return Spread{}
	}
	list = slices.Sorted(slices.Values(list))
	sum, mode, most, run := 0.0, list[0], 0, 0
	for i, x := range list {
		sum += x
		if run++; i > 0 && x != list[i-1] {
			run = 1
		}
		if run > most {
			mode, most = x, run
		}
	}
	middle := (list[(len(list)-1)/2] + list[len(list)/2]) / 2
	return Spread{
		Min: new(list[0]), Max: new(list[len(list)-1]), Mode: &mode,
		Mean: new(math.RoundToEven(sum / float64(len(list)))), Median: new(math.RoundToEven(middle)),
	}
}
