package studio

import (
	"net/http"
	"strconv"
	"time"

	"lyceum/authoring/draft"
	"lyceum/authoring/publish"
	"lyceum/course"
)

// blockInfo is what clients learn of a block, under the names of the platform we match. What stands below units has no state of its own:
// its members about publishing tell of the unit.
type blockInfo struct {
	ID          string `json:"id"`
	Name        string `json:"display_name"`
	Category    string `json:"category"`
	HasChildren bool   `json:"has_children"`

	EditedOn    *string          `json:"edited_on"` // of the course; of single blocks it is in their history
	Published   bool             `json:"published"`
	PublishedOn *string          `json:"published_on"`
	StudioURL   string           `json:"studio_url"`
	LMSURL      string           `json:"lms_url"`
	Released    bool             `json:"released_to_students"`
	ReleaseDate *string          `json:"release_date"`
	State       *string          `json:"visibility_state"`
	StaffLock   bool             `json:"has_explicit_staff_lock"`
	Start       *string          `json:"start"`
	Graded      bool             `json:"graded"`
	DueDate     string           `json:"due_date"`
	Due         *string          `json:"due"`
	WeeksDue    *int             `json:"relative_weeks_due"`
	Format      *string          `json:"format"`
	Graders     []string         `json:"course_graders"`
	HasChanges  *bool            `json:"has_changes"`
	Actions     map[string]bool  `json:"actions"`
	Explanation *string          `json:"explanatory_message"`
	GroupAccess map[string][]int `json:"group_access"`
	Partitions  []partitionInfo  `json:"user_partitions"`
	Correctness string           `json:"show_correctness"`
	HideFromTOC bool             `json:"hide_from_toc"`
	HideAfter   *bool            `json:"hide_after_due,omitempty"`
	Highlights  *[]string        `json:"highlights,omitempty"`
	TimeLimited *bool            `json:"is_time_limited,omitempty"`
	Minutes     *int             `json:"default_time_limit_minutes,omitempty"`
	Proctored   *bool            `json:"is_proctored_exam,omitempty"`
	Practice    *bool            `json:"is_practice_exam,omitempty"`
	Onboarding  *bool            `json:"is_onboarding_exam,omitempty"`
	Rules       *string          `json:"exam_review_rules,omitempty"`
	IsPrereq    *bool            `json:"is_prereq,omitempty"`
	Prereqs     []prereqInfo     `json:"prereqs,omitempty"`
	Prereq      *string          `json:"prereq,omitempty"`
	MinScore    *int             `json:"prereq_min_score,omitempty"`
	MinComplete *int             `json:"prereq_min_completion,omitempty"`
	Data        *string          `json:"data,omitempty"`
	Metadata    metadata         `json:"metadata,omitempty"`
	Below       *childInfo       `json:"child_info,omitempty"`
	Above       *ancestorInfo    `json:"ancestor_info,omitempty"`
	Title       string           `json:"unit_state,omitempty"` // of a unit: never_published, changed, live, not_released, staff_only
	Seen        string           `json:"seen,omitempty"`
}

type ancestorInfo struct {
	Ancestors []*blockInfo `json:"ancestors"` // nearest first
}

type childInfo struct {
	Category string       `json:"category"`
	Name     string       `json:"display_name"`
	Children []*blockInfo `json:"children"`
}

// prereqInfo is a subsection another may require.
type prereqInfo struct {
	Key  string `json:"block_usage_key"`
	Name string `json:"block_display_name"`
}

type partitionInfo struct {
	ID     int         `json:"id"`
	Name   string      `json:"name"`
	Scheme string      `json:"scheme"`
	Groups []groupInfo `json:"groups"`
}

type groupInfo struct {
	ID       int    `json:"id"`
	Name     string `json:"name"`
	Selected bool   `json:"selected"`
	Deleted  bool   `json:"deleted"`
}

// infos tells of the blocks of one state of a course.
type infos struct {
	draft.Branches
	nodes   map[course.UsageKey]*publish.Node
	root    *publish.Node
	now     time.Time
	lms     string
	graders []string
	parts   []partitionInfo
}

func (s *Server) newInfos(r *http.Request, b draft.Branches) *infos {
	in := &infos{Branches: b, nodes: map[course.UsageKey]*publish.Node{}, now: s.Clock(), lms: s.LMS(r), graders: graderNames(b.Draft.Grading)}
	in.root = publish.Outline(b, in.now, gated(b.Draft))
	b.Draft.Root.Fields["user_partitions"].Decode(&in.parts)
	var add func(*publish.Node)
	add = func(n *publish.Node) {
		in.nodes[n.Key] = n
		for _, c := range n.Children {
			add(c)
		}
	}
	add(in.root)
	return in
}

// graderNames lists the assignment types of a grading policy.
func graderNames(policy course.Value) []string {
	var p struct {
		Grader []struct {
			Type string `json:"type"`
		} `json:"GRADER"`
	}
	policy.Decode(&p)
	out := []string{}
	for _, g := range p.Grader {
		out = append(out, g.Type)
	}
	return out
}

// displayTime is how the platform we match writes a moment in JSON for people.
func displayTime(t time.Time) string { return t.UTC().Format("Jan 02, 2006 at 15:04 UTC") }

// block tells of a block. A component tells of its unit where it has nothing of its own.
func (in *infos) block(u course.UsageKey, b *course.Block) *blockInfo {
	n := in.nodes[u.Course.Usage(b.Type, b.ID)]
	if n == nil {
		n = &publish.Node{Key: u, Block: b, Name: nameOf(b), Unit: true}
		if unit, ok := draft.UnitOf(in.Draft, u); ok && in.nodes[unit] != nil {
			up := *in.nodes[unit]
			up.Key, up.Block, up.Name, up.Children = u, b, nameOf(b), nil
			up.StaffOnlyIsOwn, _ = b.Fields["visible_to_staff_only"].Bool()
			n = &up
		}
	}
	return in.node(n)
}

// node tells of a section, a subsection, a unit or the course.
func (in *infos) node(n *publish.Node) *blockInfo {
	f := n.Block.Fields
	out := &blockInfo{
		ID: n.Key.String(), Name: n.Name, Category: n.Key.Type, HasChildren: course.Containers[n.Key.Type], Published: n.Published,
		StudioURL: studioURL(n), LMSURL: in.lms + "/courses/" + n.Key.Course.String() + "/jump_to/" + n.Key.String(),
		Released: in.now.After(n.Start), StaffLock: n.StaffOnlyIsOwn, Graded: n.Graded, Graders: in.graders, HideFromTOC: n.HideFromTOC,
		Actions:     map[string]bool{"deletable": true, "draggable": true, "childAddable": true, "duplicable": true},
		GroupAccess: map[string][]int{}, Partitions: []partitionInfo{}, Correctness: "always",
	}
	if n.Key.Type != "course" {
		out.State = new(n.Visibility.String())
	}
	if !n.Start.IsZero() {
		out.Start = new(course.FormatTime(n.Start))
		if unscheduled, _ := course.ParseTime(course.UnscheduledStart); !n.Start.Equal(unscheduled) {
			out.ReleaseDate = new(displayTime(n.Start))
		}
	}
	if n.Due != nil {
		out.Due, out.DueDate = new(course.FormatTime(*n.Due)), displayTime(*n.Due)
	}
	if n.Format != "" {
		out.Format = &n.Format
	}
	if v, ok := f["show_correctness"].Text(); ok {
		out.Correctness = v
	}
	if v, ok := f["relative_weeks_due"].Int(); ok {
		out.WeeksDue = &v
	}
	out.HasChanges = new(n.HasChanges)
	switch n.Key.Type {
	case "chapter":
		list := []string{}
		f["highlights"].Decode(&list)
		out.Highlights = &list
	case "sequential":
		hide, _ := f["hide_after_due"].Bool()
		limited, _ := f["is_time_limited"].Bool()
		out.HideAfter, out.TimeLimited = &hide, &limited
		if minutes, ok := f["default_time_limit_minutes"].Int(); ok {
			out.Minutes = &minutes
		}
		in.exam(n, out)
	}
	if n.Unit {
		out.Title = n.State.String()
	}
	f["group_access"].Decode(&out.GroupAccess)
	for _, p := range in.parts {
		shown := partitionInfo{ID: p.ID, Name: p.Name, Scheme: p.Scheme, Groups: []groupInfo{}}
		for _, g := range p.Groups {
			g.Selected = false
			for _, id := range out.GroupAccess[strconv.Itoa(p.ID)] {
				g.Selected = g.Selected || id == g.ID
			}
			shown.Groups = append(shown.Groups, g)
		}
		out.Partitions = append(out.Partitions, shown)
	}
	return out
}

// exam tells of a subsection as an exam, and, where the course has switched that on, of what comes before it.
func (in *infos) exam(n *publish.Node, out *blockInfo) {
	f := n.Block.Fields
	truth := func(name string) *bool { v, _ := f[name].Bool(); return &v }
	out.Proctored, out.Practice, out.Onboarding = truth("is_proctored_enabled"), truth("is_practice_exam"), truth("is_onboarding_exam")
	rules, _ := f["exam_review_rules"].Text()
	out.Rules = &rules
	if on, _ := in.Draft.Root.Fields["enable_subsection_gating"].Bool(); !on {
		return
	}
	out.IsPrereq = truth("is_prereq")
	for _, one := range prereqsOf(in.root, n.Block) {
		out.Prereqs = append(out.Prereqs, prereqInfo{one.Key.String(), one.Name})
	}
	id, _ := f["prereq"].Text()
	if id == "" {
		return
	}
	least := func(name string) *int {
		if v, ok := f[name].Int(); ok {
			return &v
		}
		return new(prereqDefault)
	}
	out.Prereq, out.MinScore, out.MinComplete = new(n.Key.Course.Usage("sequential", id).String()), least("prereq_min_score"), least("prereq_min_completion")
}

// tree is node with everything below it down to units.
func (in *infos) tree(n *publish.Node) *blockInfo {
	out := in.node(n)
	if n.Unit {
		return out
	}
	below := map[string][2]string{"course": {"chapter", "Section"}, "chapter": {"sequential", "Subsection"}, "sequential": {"vertical", "Unit"}}[n.Key.Type]
	out.Below = &childInfo{Category: below[0], Name: below[1], Children: []*blockInfo{}}
	for _, c := range n.Children {
		out.Below.Children = append(out.Below.Children, in.tree(c))
	}
	return out
}

// ancestors tells of what holds a block, nearest first.
func (in *infos) ancestors(u course.UsageKey) []*blockInfo {
	out := []*blockInfo{}
	for above := draft.Above(in.Draft, u); above != nil; above = draft.Above(in.Draft, u) {
		u = u.Course.Usage(above.Type, above.ID)
		out = append(out, in.block(u, above))
	}
	return out
}

// studioURL is where a block is edited.
func studioURL(n *publish.Node) string {
	switch {
	case n.Key.Type == "course":
		return courseURL(n.Key.Course)
	case n.Unit:
		return "/container/" + n.Key.String()
	default:
		return courseURL(n.Key.Course) + "?show=" + n.Key.String()
	}
}
