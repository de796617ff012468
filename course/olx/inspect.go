package olx

import (
	"encoding/json"
	"io/fs"
	"math"
	"slices"
	"strings"

	"lyceum/course"
)

// Inspect counts what the course nearest to the top of fsys holds. A course without a run, which Read refuses, is
// counted all the same.
func Inspect(fsys fs.FS, opts Options) (*Inspection, error) {
	opts.Key = course.Key{}
	r, err := newReader(fsys, opts)
	if err != nil {
		return nil, err
	}
	r.look = true
	c, err := r.read()
	if err != nil {
		return nil, err
	}
	in := &inspector{r: r, c: c, out: &Inspection{
		Org: r.source.Org, Course: r.source.Number, Blocks: map[string]int{}, Anomalies: map[string]int{}, Notes: []Defect{},
		KnownDefects: []Defect{}, DefectCounts: map[string]int{},
	}}
	in.settings()
	in.blocks()
	in.references()
	in.drafts()
	in.files()
	in.grading()
	in.links()
	in.unreferenced()
	in.defects()
	return in.out, nil
}

type inspector struct {
	r   *reader
	c   *Course
	out *Inspection
}

func (in *inspector) settings() {
	o, root := in.out, in.c.Published.Root
	run := noRun
	if in.r.run != "" {
		run = in.r.run
		o.Run = &run
	}
	o.CourseKey = "course-v1:" + o.Org + "+" + o.Course + "+" + run
	if in.r.opts.Library {
		o.CourseKey = in.r.source.String()
	}
	text := func(name string) *string {
		if s, ok := root.Fields[name].Text(); ok {
			return &s
		}
		return nil
	}
	o.DisplayName, o.Start, o.End, o.Language = text("display_name"), text("start"), text("end"), text("language")
	def := in.r.published.origin[root].elem
	if _, ok := find(def.attrs, "display_name"); !ok && o.DisplayName != nil && in.r.policy["course/"+in.r.run]["display_name"] == "" {
		o.DisplayName = nil // an old "name" is not one
	}
	for _, e := range def.children() {
		switch slug, has := e.attr("slug"); {
		case e.name == "wiki" && has:
			o.WikiSlug = &slug
		case e.name == "textbook":
			o.Textbooks++
		}
	}
	var list []any
	root.Fields["pdf_textbooks"].Decode(&list)
	o.PDFTextbooks = len(list)
	o.AdvancedModules = []string{}
	root.Fields["advanced_modules"].Decode(&o.AdvancedModules)
	o.Tabs = in.tabs(root.Fields["tabs"])
}

func (in *inspector) tabs(v course.Value) []TabEntry {
	out := []TabEntry{}
	var tabs []map[string]any
	v.Decode(&tabs)
	for _, tab := range tabs {
		var e TabEntry
		e.Type, _ = tab["type"].(string)
		if name, ok := tab["name"].(string); ok {
			e.Name = &name
		}
		if slug, ok := tab["url_slug"].(string); ok {
			exists := in.c.Published.Page("static_tab", slug) != nil
			e.URLSlug, e.FileExists = &slug, &exists
		}
		out = append(out, e)
	}
	return out
}

// properPlace says which types belong right below another; anything else there is an anomaly, if a legal one.
var properPlace = map[string]string{"course": "chapter", "chapter": "sequential", "sequential": "vertical"}

func (in *inspector) blocks() {
	o := in.out
	in.out.Problems = ProblemCounts{ByResponse: map[string]int{}, Responses: map[string]int{}, Inputs: map[string]int{}, Rerandomize: map[string]int{}}
	nested := map[string]int{}
	var visit func(b *course.Block, parent string) *Outline
	visit = func(b *course.Block, parent string) *Outline {
		from := in.r.published.origin[b]
		o.Blocks[b.Type]++
		if !from.named {
			o.Unnamed++
		}
		if want, ok := properPlace[parent]; ok && want != b.Type {
			o.Anomalies[b.Type+" in "+parent]++
		}
		line := &Outline{Type: b.Type}
		if from.named {
			line.URLName = from.raw
		}
		outlineFields(line, b, from)
		if b.Type == "problem" {
			line.Responses, line.Python = in.problem(from)
		}
		if b.Type == "problem-builder" || b.Type == "step-builder" {
			countNested(from.elem, nested)
		}
		for _, child := range b.Children {
			line.Children = append(line.Children, visit(child, b.Type))
		}
		return line
	}
	o.Outline = visit(in.c.Published.Root, "")
	if len(nested) > 0 {
		o.Nested = nested
	}
}

// outlineFields takes what an outline shows from the attributes alone, as written.
func outlineFields(line *Outline, b *course.Block, from origin) {
	text := func(name string) string { s, _ := find(from.attrs, name); return s }
	line.DisplayName = text("display_name")
	if b.Type == "sequential" || b.Type == "chapter" || b.Type == "vertical" {
		line.Graded, line.Format, line.Due, line.Start, line.StaffOnly = text("graded"), text("format"), text("due"), text("start"), text("visible_to_staff_only")
	}
}

// references counts names that are used more than once, and blocks that exist only in what a conditional shows.
func (in *inspector) references() {
	b, o := in.r.published, in.out
	counted := map[ref]bool{}
	for _, s := range b.shows {
		blk := b.blocks[s.ref]
		if (blk == nil || !b.origin[blk].named) && !fileOnly(s.ref.kind) && !counted[s.ref] {
			counted[s.ref] = true
			o.Blocks[s.ref.kind]++
		}
	}
	for f, n := range b.refs {
		if n > 1 && (b.blocks[f] != nil || counted[f]) {
			if o.ReferredTwice == nil {
				o.ReferredTwice = map[string]int{}
			}
			o.ReferredTwice[f.String()] = n
		}
	}
	for kind, n := range o.Blocks {
		o.BlocksTotal += n
		if kind != "course" && kind != "chapter" && kind != "sequential" && kind != "vertical" && kind != "library" {
			o.ComponentsTotal += n
		}
	}
}

func (in *inspector) grading() {
	o := in.out
	o.Graded = GradedCounts{ByFormat: map[string]int{}, Missing: []string{}}
	types := map[string]bool{}
	if v := in.c.Published.Grading; v != "" {
		g := &GradingPolicy{Graders: []map[string]json.RawMessage{}}
		var raw struct {
			Graders []map[string]json.RawMessage `json:"GRADER"`
			Cutoffs json.RawMessage              `json:"GRADE_CUTOFFS"`
		}
		v.Decode(&raw)
		for _, grader := range raw.Graders {
			w, _ := course.Value(grader["weight"]).Float()
			g.WeightSum += w
			s, _ := course.Value(grader["type"]).Text()
			types[s] = true
			g.Graders = append(g.Graders, grader)
		}
		g.WeightSum = math.Round(g.WeightSum*1e6) / 1e6
		g.Cutoffs = raw.Cutoffs
		o.Grading = g
	}
	in.c.Published.Root.Walk(func(b *course.Block) bool {
		attrs := in.r.published.origin[b].attrs
		graded, _ := find(attrs, "graded")
		format, _ := find(attrs, "format")
		if b.Type == "sequential" && strings.EqualFold(graded, "true") && format != "" {
			o.Graded.ByFormat[format]++
		}
		return true
	})
	for format := range o.Graded.ByFormat {
		if !types[format] {
			o.Graded.Missing = append(o.Graded.Missing, format)
		}
	}
	slices.Sort(o.Graded.Missing)
}

// knownDefects are the kinds that other tools count too.
var knownDefects = map[string]bool{
	MissingFile: true, NotWellFormed: true, UndefinedEntity: true, EmptyFile: true, Unreadable: true, TagMismatch: true,
	DuplicateURLName: true, BadJSON: true, NoPolicy: true, NoGradingPolicy: true, PolicyKeyMismatch: true, BOM: true,
	Doctype: true, NotUTF8: true,
}

func (in *inspector) defects() {
	for _, d := range in.r.report.Defects {
		if !knownDefects[d.Kind] && !strings.HasPrefix(d.Kind, encodingPrefix) {
			in.out.Notes = append(in.out.Notes, d)
			continue
		}
		in.out.KnownDefects = append(in.out.KnownDefects, d)
		in.out.DefectCounts[d.Kind]++
	}
}
