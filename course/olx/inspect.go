package olx

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"maps"
	"math"
	"path"
	"regexp"
	"slices"
	"strings"

	"lyceum/course"
)

// Inspection is what an archive holds, counted. It reports the archive, not our defaults. Null and empty are kept apart
// as in the files.
type Inspection struct {
	CourseKey       string   `json:"course_key"`
	Org             string   `json:"org"`
	Course          string   `json:"course"`
	Run             *string  `json:"run"`
	DisplayName     *string  `json:"display_name"`
	Start           *string  `json:"start"`
	End             *string  `json:"end"`
	Language        *string  `json:"language"`
	WikiSlug        *string  `json:"wiki_slug"`
	Textbooks       int      `json:"textbooks_in_course_xml"`
	PDFTextbooks    int      `json:"pdf_textbooks"`
	AdvancedModules []string `json:"advanced_modules"`

	Blocks          map[string]int `json:"blocks"` // published, by type
	BlocksTotal     int            `json:"blocks_total"`
	ComponentsTotal int            `json:"components_total"` // without course, sections, subsections, units
	ReferredTwice   map[string]int `json:"blocks_referenced_more_than_once,omitempty"`
	Nested          map[string]int `json:"nested_xblock_children,omitempty"`
	Unnamed         int            `json:"unnamed_blocks"`
	Problems        ProblemCounts  `json:"problems"`
	Drafts          DraftCounts    `json:"drafts"`
	Assets          AssetCounts    `json:"assets"`
	Tabs            []TabEntry     `json:"tabs"`
	Grading         *GradingPolicy `json:"grading"`
	AboutFiles      []string       `json:"about_files"`
	InfoFiles       []string       `json:"info_files"`
	StaticRefs      RefCounts      `json:"static_refs"`
	JumpToID        *JumpCounts    `json:"jump_to_id,omitempty"`
	Unreferenced    map[string]int `json:"unreferenced_files"` // XML files the tree does not reach, by type
	Anomalies       map[string]int `json:"placement_anomalies"`
	Graded          GradedCounts   `json:"graded_subsections"`
	KnownDefects    []Defect       `json:"known_defects"`
	DefectCounts    map[string]int `json:"known_defects_count"`
	// Notes are what is reported beyond the defects other tools know: names made up, references dropped, odd files.
	Notes   []Defect `json:"notes"`
	Outline *Outline `json:"-"`
}

// ProblemCounts says what problems are made of.
type ProblemCounts struct {
	Total           int            `json:"total"`
	ByResponse      map[string]int `json:"by_response_type"`  // problems that have the type
	Responses       map[string]int `json:"response_elements"` // elements
	Inputs          map[string]int `json:"inputs"`
	WithPython      int            `json:"with_python"`
	WithCFN         int            `json:"with_cfn"`
	WithoutResponse int            `json:"without_response"`
	MultiResponse   int            `json:"multi_response"`
	WithJS          int            `json:"with_js_script"`
	Rerandomize     map[string]int `json:"rerandomize"`
}

// DraftCounts says what is under drafts/.
type DraftCounts struct {
	FilesByType    map[string]int `json:"files_by_type"`
	Changed        int            `json:"verticals_changed"`
	NeverPublished int            `json:"verticals_never_published"`
	Addressing     map[string]int `json:"addressing"` // units that say their place, by attribute
}

// AssetCounts says what is under static/ and in assets.json; nil when that is missing.
type AssetCounts struct {
	StaticFiles int  `json:"static_files"`
	JSONEntries *int `json:"assets_json_entries"`
}

// TabEntry is one entry of the tab list.
type TabEntry struct {
	Type       string  `json:"type"`
	Name       *string `json:"name"`
	URLSlug    *string `json:"url_slug,omitempty"`
	FileExists *bool   `json:"file_exists,omitempty"`
}

// GradingPolicy is the grading policy as written.
type GradingPolicy struct {
	Graders   []map[string]json.RawMessage `json:"graders"`
	Cutoffs   json.RawMessage              `json:"cutoffs"`
	WeightSum float64                      `json:"weight_sum"`
}

// RefCounts counts links to /static/ in text.
type RefCounts struct {
	Distinct   int      `json:"distinct"`
	Unresolved int      `json:"unresolved"`
	Sample     []string `json:"unresolved_sample"`
}

// JumpCounts counts links to blocks.
type JumpCounts struct {
	Distinct   int      `json:"distinct"`
	Unresolved []string `json:"unresolved"`
}

// GradedCounts counts graded subsections by assignment type.
type GradedCounts struct {
	ByFormat map[string]int `json:"by_format"`
	Missing  []string       `json:"formats_not_in_grading_policy"`
}

// Outline is the tree as the files have it.
type Outline struct {
	Type        string         `json:"type"`
	URLName     string         `json:"url_name,omitempty"`
	DisplayName string         `json:"display_name,omitempty"`
	Graded      string         `json:"graded,omitempty"`
	Format      string         `json:"format,omitempty"`
	Due         string         `json:"due,omitempty"`
	Start       string         `json:"start,omitempty"`
	StaffOnly   string         `json:"visible_to_staff_only,omitempty"`
	Responses   map[string]int `json:"responses,omitempty"`
	Python      bool           `json:"python,omitempty"`
	Children    []*Outline     `json:"children,omitempty"`
}

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

// countNested counts the XBlocks right inside an XBlock that holds others.
func countNested(e *element, counts map[string]int) {
	if e == nil {
		return
	}
	for _, c := range e.children() {
		counts[c.name]++
	}
}

// inputs are the elements of problems that learners type into, click or draw on.
var inputs = map[string]bool{
	"choicegroup": true, "checkboxgroup": true, "radiogroup": true, "optioninput": true, "textline": true, "textbox": true,
	"formulaequationinput": true, "jsinput": true, "drag_and_drop_input": true, "schematic": true, "imageinput": true,
	"annotationinput": true, "chemicalequationinput": true, "codeparam": true, "designprotein2dinput": true,
	"editamoleculeinput": true, "editageneinput": true, "filesubmission": true, "crystallography": true, "vsepr_input": true,
	"matlabinput": true, "choicetextgroup": true, "checkboxtextgroup": true, "radiotextgroup": true,
}

func (in *inspector) problem(from origin) (responses map[string]int, python bool) {
	p := &in.out.Problems
	p.Total++
	responses = map[string]int{}
	if from.elem == nil {
		p.WithoutResponse++
		return responses, false
	}
	if s, ok := find(from.attrs, "rerandomize"); ok {
		p.Rerandomize[s]++
	}
	var cfn, js bool
	total := 0
	from.elem.walk(func(e *element) {
		switch {
		case strings.HasSuffix(e.name, "response"):
			responses[e.name]++
			total++
			_, hasCFN := e.attr("cfn")
			cfn = cfn || hasCFN
			if e.name == "customresponse" || e.name == "schematicresponse" {
				for _, c := range e.children() {
					python = python || (c.name == "answer" && c.hasText())
				}
			}
		case inputs[e.name]:
			p.Inputs[e.name]++
		case e.name == "script":
			kind := strings.ToLower(e.text("type"))
			switch {
			case strings.Contains(kind, "javascript"):
				js = true
			case !strings.Contains(kind, "perl"):
				python = true
			}
		}
	})
	for name, n := range responses {
		p.ByResponse[name]++
		p.Responses[name] += n
	}
	count(&p.WithPython, python)
	count(&p.WithCFN, cfn)
	count(&p.WithJS, js)
	count(&p.WithoutResponse, total == 0)
	count(&p.MultiResponse, total > 1)
	return responses, python
}

func count(n *int, when bool) {
	if when {
		*n++
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
		if kind != "course" && kind != "chapter" && kind != "sequential" && kind != "vertical" {
			o.ComponentsTotal += n
		}
	}
}

func (in *inspector) drafts() {
	d := DraftCounts{FilesByType: map[string]int{}, Addressing: map[string]int{}}
	for _, f := range in.r.draftFiles() {
		d.FilesByType[f.ref.kind]++
		if f.ref.kind != "vertical" {
			continue
		}
		if in.r.published.blocks[f.ref] != nil {
			d.Changed++
		} else {
			d.NeverPublished++
		}
		if doc := in.r.parsed[f.file]; doc != nil {
			for _, name := range []string{"parent_url", "parent_sequential_url", "index_in_children_list"} {
				if _, ok := doc.root.attr(name); ok {
					d.Addressing[name]++
				}
			}
		}
	}
	in.out.Drafts = d
}

func (in *inspector) files() {
	o := in.out
	o.Assets.StaticFiles = len(in.listing("static", true))
	if in.r.exists(assetsFile) {
		n := len(in.r.readAssets())
		o.Assets.JSONEntries = &n
	}
	o.AboutFiles, o.InfoFiles = in.listing("about", false), in.listing("info", true)
}

// listing lists a directory without the droppings of operating systems.
func (in *inspector) listing(dir string, deep bool) []string {
	out := []string{}
	_ = fs.WalkDir(in.r.fs, dir, func(name string, d fs.DirEntry, err error) error {
		base := path.Base(name)
		switch {
		case err != nil || name == dir:
			return nil
		case strings.HasPrefix(base, "._") || base == ".DS_Store":
			return nil
		case d.IsDir() && !deep:
			out = append(out, base)
			return fs.SkipDir
		case !d.IsDir():
			out = append(out, strings.TrimPrefix(name, dir+"/"))
		}
		return nil
	})
	slices.Sort(out)
	return out
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

var (
	staticRef = regexp.MustCompile(`["'(=]/static/([^"'\\\s<>?#)&]+)`)
	jumpRef   = regexp.MustCompile(`/jump_to_id/([^"'\\\s<>?#)&/]+)`)
)

// links counts links to files and blocks in the text of html, problems and pages, as it stands in the files.
func (in *inspector) links() {
	static, jumps := map[string]bool{}, map[string]bool{}
	scan := func(src []byte) {
		for _, m := range staticRef.FindAllSubmatch(src, -1) {
			static[string(m[1])] = true
		}
		for _, m := range jumpRef.FindAllSubmatch(src, -1) {
			jumps[string(m[1])] = true
		}
	}
	in.c.Published.Root.Walk(func(b *course.Block) bool {
		if b.Type == "html" || b.Type == "problem" {
			scan(b.Body)
		}
		return true
	})
	for _, p := range in.c.Published.Pages {
		if p.Type != "custom_tag" {
			scan(p.Body)
		}
	}
	files := map[string]bool{}
	for _, f := range in.c.Files {
		files[f.ImportPath], files[f.Name] = true, true
	}
	missing := []string{}
	for _, name := range slices.Sorted(maps.Keys(static)) {
		if !files[name] && !files[course.AssetName(name)] {
			missing = append(missing, name)
		}
	}
	in.out.StaticRefs = RefCounts{Distinct: len(static), Unresolved: len(missing), Sample: missing[:min(12, len(missing))]}
	if len(jumps) > 0 {
		j := &JumpCounts{Distinct: len(jumps), Unresolved: []string{}}
		ids := map[string]bool{}
		in.c.Published.Root.Walk(func(b *course.Block) bool { ids[b.ID] = true; return true })
		for _, id := range slices.Sorted(maps.Keys(jumps)) {
			if !ids[id] {
				j.Unresolved = append(j.Unresolved, id)
			}
		}
		in.out.JumpToID = j
	}
}

// unreferenced counts files of known kinds that the tree does not reach.
func (in *inspector) unreferenced() {
	in.out.Unreferenced = map[string]int{}
	for kind := range course.Schemas {
		if kind == "course" || kind == "library" {
			continue
		}
		for _, name := range in.listing(kind, true) {
			stem, isXML := strings.CutSuffix(name, ".xml")
			inTree := in.r.published.blocks[ref{kind, nameOf(stem)}] != nil
			if isXML && !inTree && !in.r.reached[kind+"/"+name] && in.hasContent(kind+"/"+name) {
				in.out.Unreferenced[kind]++
			}
		}
	}
}

func (in *inspector) hasContent(file string) bool {
	src, err := in.r.readFile(file)
	return err != nil || len(bytes.TrimSpace(src)) > 0
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
