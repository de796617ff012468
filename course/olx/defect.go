package olx

import (
	"errors"
	"fmt"
	"strconv"
)

// Defect is one thing in a course's files that is wrong, unusual or lost.
type Defect struct {
	Kind   string `json:"kind"`
	File   string `json:"where"`           // path inside the course, or type/id of a block
	Line   int    `json:"line,omitempty"`  // 1 is the first; 0 when no line applies
	Block  string `json:"block,omitempty"` // type/id of the block concerned
	Detail string `json:"detail"`
}

// String writes the defect as FILE:LINE: KIND: DETAIL.
func (d Defect) String() string {
	s := d.File
	if d.Line > 0 {
		s += ":" + strconv.Itoa(d.Line)
	}
	s += ": " + d.Kind
	if d.Detail != "" {
		s += ": " + d.Detail
	}
	return s
}

// Kinds of defects that other tools for OLX know by the same names.
const (
	MissingFile       = "missing_file"        // a pointer or filename leads nowhere
	NotWellFormed     = "not_well_formed"     // not XML
	UndefinedEntity   = "undefined_entity"    // an entity neither XML nor HTML defines
	EmptyFile         = "empty_file"          // nothing in it
	Unreadable        = "unreadable"          // cannot be read at all, or breaks a limit
	TagMismatch       = "tag_mismatch"        // the file's root has another tag than its pointer
	DuplicateURLName  = "duplicate_url_name"  // two different elements share type and name
	BadJSON           = "bad_json"            // not JSON
	NoPolicy          = "no_policy"           // no policy.json
	NoGradingPolicy   = "no_grading_policy"   // no grading_policy.json
	PolicyKeyMismatch = "policy_key_mismatch" // policy.json names another run
	BOM               = "bom"                 // a byte order mark in front
	Doctype           = "doctype"             // a document type declaration, which is ignored
	NotUTF8           = "not_utf8"            // undeclared bytes that are no UTF-8
	encodingPrefix    = "encoding:"           // followed by the encoding a file declares
)

// Further kinds, which only this package reports.
const (
	DuplicateReference = "duplicate_reference" // a block with two parents keeps one
	Cycle              = "cycle"               // a block below itself
	UnnamedBlock       = "unnamed_block"       // a name was made from the content
	IllegalName        = "illegal_name"        // the name cannot stand in a key and was cleaned
	DefaultedKey       = "defaulted_key"       // organization, course or run is missing
	DraftWithoutPlace  = "draft_without_place" // a draft file nothing refers to
	DraftWithoutParent = "draft_without_parent"
	UnusedPolicy       = "unused_policy"      // policy.json speaks of a block the course does not have
	DuplicateAsset     = "duplicate_asset"    // two files meet in one normalized name
	DuplicatePage      = "duplicate_page"     // two files of about, info, tabs, custom_tags share a slug
	NotPortable        = "not_portable_link"  // a link to the source course that cannot follow to the target
	DanglingReference  = "dangling_reference" // a reference to a block the course does not have
	BadFieldJSON       = "bad_field_json"     // SLUG.FIELD.json is not JSON
	StrayText          = "stray_text"         // text between the elements of a container
	TooDeep            = "too_deep"           // blocks nested beyond the limit
	HTMLEntity         = "html_entity"        // an entity XML lacks but HTML has; other tools refuse it
	DuplicateEntry     = "duplicate_entry"    // an archive names a file twice, the last wins
	CaseTwin           = "case_twin"          // names that differ only in case
	DanglingLink       = "dangling_link"      // a link inside the archive to nothing
	TrailingData       = "trailing_data"      // bytes after the end of the archive
	IgnoredFile        = "ignored_file"       // a file in a place the importer does not read
	NotWritten         = "not_written"        // export left something out
)

// Report is what reading or writing a course has to say about it.
type Report struct {
	Defects []Defect       `json:"defects"`
	Blocks  map[string]int `json:"blocks"` // published blocks by type
	Drafts  int            `json:"drafts"` // blocks whose draft differs from what is published, or that have no published form
	Files   int            `json:"files"`
	Omitted int            `json:"omitted,omitempty"` // defects beyond the first 10,000
}

const maxDefects = 10_000

func (r *Report) add(d Defect) {
	if len(r.Defects) >= maxDefects {
		r.Omitted++
		return
	}
	r.Defects = append(r.Defects, d)
}

// ErrRefused is in the chain of every error that means a course cannot be taken in, as opposed to a failing reader.
var ErrRefused = errors.New("refused")

// RefusedError says why a course or an archive cannot be taken in at all.
type RefusedError struct {
	File   string // path inside the course or archive, "" for the whole
	Line   int    // 0 when no line applies
	Reason string
	// Several are the directories of courses side by side, when that is why: reading one of them will do.
	Several []string
}

func (e *RefusedError) Error() string {
	switch {
	case e.File == "":
		return e.Reason
	case e.Line > 0:
		return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Reason)
	default:
		return e.File + ": " + e.Reason
	}
}

// Unwrap makes errors.Is(err, ErrRefused) hold.
func (e *RefusedError) Unwrap() error { return ErrRefused }
