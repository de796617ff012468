package olx

import (
	"encoding/json"
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
