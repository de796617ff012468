package olx

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Defect is one thing in a course's files that is wrong, unusual or lost.
type Defect struct {
	Kind   string `json:"kind"`
	File   string `json:"where"`           // path inside the course, or type/id of a block
	Line   int    `json:"line,omitempty"`  // 1 is the first; 0 when no line applies
	Block  string `json:"block,omitempty"` // type/id of the block concerned
	Detail string `json:"detail"`
}

// String writes the defect for people, as FILE:LINE: what is wrong, and what came of it: DETAIL.
func (d Defect) String() string {
	s := d.File
	if d.Line > 0 {
		s += ":" + strconv.Itoa(d.Line)
	}
	if says := inWords(d.Kind); says != "" {
		s += ": " + says
	}
	if d.Detail != "" {
		s += ": " + d.Detail
	}
	return s
}

// inWords is a kind of defect as a sentence, without its end.
func inWords(kind string) string {
	if strings.HasPrefix(kind, encodingPrefix) {
		return "the file is not in UTF-8; it was converted"
	}
	return words[kind]
}

var words = map[string]string{
	MissingFile:       "the course names this file, and it is not there",
	NotWellFormed:     "this is not well-formed XML",
	UndefinedEntity:   "an entity stands here that is defined nowhere",
	EmptyFile:         "the file is empty",
	Unreadable:        "this cannot be read",
	TagMismatch:       "the file holds another kind of block than its place says",
	DuplicateURLName:  "two different blocks have this name; the second was given another",
	BadJSON:           "this is not JSON; what it would set is not set",
	NoPolicy:          "the course has no policy.json: settings it would have are at their defaults",
	NoGradingPolicy:   "the course has no grading_policy.json: there are no assignment types and cutoffs of its own",
	PolicyKeyMismatch: "policy.json is written for another run; it was used all the same",
	BOM:               "the file begins with a byte order mark, which was left out",
	Doctype:           "the file declares a document type, which has no effect",
	NotUTF8:           "some bytes here are not UTF-8",

	DuplicateReference: "a block stands in two places; it stays in one",
	Cycle:              "a block stands below itself; that place was left out",
	UnnamedBlock:       "a block has no name; it was given one",
	IllegalName:        "a block's name cannot be part of an address; it was changed",
	DefaultedKey:       "the course does not say what it is called in full",
	DraftWithoutPlace:  "a draft belongs nowhere, so it was not taken in",
	DraftWithoutParent: "a draft belongs into something that is not there, so it was not taken in",
	UnusedPolicy:       "policy.json sets something of a block that is not there",
	DuplicateAsset:     "two files have names that mean the same here",
	DuplicatePage:      "two files make the same page",
	NotPortable:        "a link leads to the course this was exported from, and will lead there still",
	DanglingReference:  "a block names another one that is not in the course",
	BadFieldJSON:       "this file of a setting is not JSON",
	StrayText:          "there is text where only blocks belong; learners do not see it",
	TooDeep:            "blocks are nested too deeply here",
	HTMLEntity:         "an HTML entity stands in XML; it was understood, other programs may refuse it",
	DuplicateEntry:     "the archive holds this file twice; the last counts",
	CaseTwin:           "two names differ only in upper and lower case, which some systems cannot keep apart",
	DanglingLink:       "a link inside the archive leads to nothing; it was left out",
	TrailingData:       "there are bytes after the end of the archive, which were ignored",
	IgnoredFile:        "this file has no meaning in this place and was not read",
	NotWritten:         "this could not be written into the export",
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
