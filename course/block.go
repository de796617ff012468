package course

import (
	"maps"
	"time"
)

// Block is one node of a course as authors see it: what is set on it and what stands below it, nothing inherited.
type Block struct {
	Type, ID string
	Fields   Fields
	// Attrs are attributes no field of the kind claims, as text; they survive import, editing and export untouched.
	Attrs map[string]string
	// Body is the block's own content, byte for byte: the text of html, the inner XML of problem and video, the whole
	// element of a kind nobody knows. For containers it holds the child elements that are no blocks (wiki, textbook,
	// show), in order.
	Body     []byte
	Children []*Block
	// Form says what the source was where the kind does not decide it, for the exporter; see course/olx.
	Form string
}

// Walk calls f for b and everything below it, parents first; it stops below a block for which f returns false.
func (b *Block) Walk(f func(*Block) bool) {
	if !f(b) {
		return
	}
	for _, c := range b.Children {
		c.Walk(f)
	}
}

// Clone copies b and everything below it; bodies are shared, because nobody changes them in place.
func (b *Block) Clone() *Block {
	c := *b
	c.Fields = b.Fields.Clone()
	if b.Attrs != nil {
		c.Attrs = make(map[string]string, len(b.Attrs))
		maps.Copy(c.Attrs, b.Attrs)
	}
	c.Children = make([]*Block, len(b.Children))
	for i, child := range b.Children {
		c.Children[i] = child.Clone()
	}
	return &c
}

// Content is everything an author wrote on one branch of a course, course files apart.
type Content struct {
	Key Key
	// Root is the course block; its Fields hold the settings of policy.json too, known or not.
	Root *Block
	// Pages are blocks of the course outside its tree: types about, course_info, static_tab and custom_tag.
	Pages []*Block
	// Grading is grading_policy.json as it was read, "" when there is none.
	Grading Value
	// Extra are files of the archive that belong to the course but to no block, such as tags.csv, by path.
	Extra map[string][]byte
}

// Page finds a page by type and id, nil when there is none.
func (c *Content) Page(pageType, id string) *Block {
	for _, p := range c.Pages {
		if p.Type == pageType && p.ID == id {
			return p
		}
	}
	return nil
}

// File describes one course file.
type File struct {
	Name        string // normalized, unique in the course, see [AssetName]
	DisplayName string // as uploaded
	ImportPath  string // path below static/ in the archive it came with, "" when uploaded
	ContentType string // MIME type by our table, never the uploader's word
	Digest      string // SHA-256 of the content, hex
	Size        int64  // bytes
	Locked      bool   // only the enrolled may read it
	Thumbnail   string // name of the thumbnail, "" when there is none
	// ThumbnailDigest is the SHA-256 of the thumbnail, a JPEG, in hex.
	ThumbnailDigest string
	Uploaded        time.Time // UTC
	// Attrs are further keys of the file's entry in policies/assets.json.
	Attrs Fields
}

// Same reports whether two files are the same to those who use them.
func (f File) Same(other File) bool {
	return f.Digest == other.Digest && f.DisplayName == other.DisplayName && f.Locked == other.Locked && f.ContentType == other.ContentType
}

// VersionID names a stored version of a course: 24 hexadecimal digits. "" names none.
type VersionID string

// Version is one immutable state of one branch of a course.
type Version struct {
	ID      VersionID
	Course  Key
	Root    string    // hash of the structure
	Parent  VersionID // "" for the first
	Author  string    // username, "" when a command made it
	Time    time.Time // UTC
	Message string
}

// Branch is a line of versions.
type Branch string

// The branches of a course.
const (
	Draft     Branch = "draft"
	Published Branch = "published"
)

// PublishedEvent announces that learners' version of a course has changed. It may be missed or repeated: readers
// remember the version they were built from.
type PublishedEvent struct {
	Key     Key
	Version VersionID
}

// Summary is what lists of courses show of one course.
type Summary struct {
	Key                            Key
	Version                        VersionID // published, "" when nothing is
	Name                           string
	Org, Number                    string // as displayed
	Start, End                     *time.Time
	EnrollmentStart, EnrollmentEnd *time.Time
	Announcement                   *time.Time
	AdvertisedStart                string
	Image                          string // normalized name of the course image
	HasImage                       bool   // whether the course has that file
	ShortDescription               string // plain text
	Effort                         string // plain text
	Language                       string
	CatalogVisibility              string // both, about, none
	InvitationOnly                 bool
	MaxEnrollments                 int // 0 means no limit
	SelfPaced                      bool
	MobileAvailable                bool
}
