package files

import (
	"slices"
	"strings"

	"lyceum/course"
)

// Kind is what sort of file something is. The values are those clients filter by.
type Kind string

// The kinds of files.
const (
	Images    Kind = "Images"
	Documents Kind = "Documents"
	Audio     Kind = "Audio"
	Video     Kind = "Video"
	Code      Kind = "Code"
	Other     Kind = "Other"

	// unlisted is what clients of the platform we match ask for to see what is in none of its lists, which have no videos.
	unlisted Kind = "OTHER"
)

// Kinds lists the kinds, in the order pages show them.
var Kinds = []Kind{Images, Documents, Audio, Video, Code, Other}

var code = map[string]bool{
	"text/html": true, "text/css": true, "text/javascript": true, "application/json": true, "application/xml": true, "application/xhtml+xml": true,
	"application/wasm": true, "text/x-python": true, "application/x-tex": true, "application/java-archive": true, "application/sql": true,
	"application/x-ipynb+json": true, "application/yaml": true, "application/javascript": true,
}

var documents = map[string]bool{
	"application/pdf": true, "application/rtf": true, "application/msword": true, "application/epub+zip": true,
	"application/vnd.ms-excel": true, "application/vnd.ms-powerpoint": true,
}

// KindOf tells the kind of a file by its content type.
func KindOf(f course.File) Kind {
	t, _, _ := strings.Cut(f.ContentType, ";")
	top, _, _ := strings.Cut(t, "/")
	switch {
	case top == "image":
		return Images
	case top == "audio":
		return Audio
	case top == "video":
		return Video
	case code[t]:
		return Code
	case top == "text", documents[t], strings.HasPrefix(t, "application/vnd.openxmlformats-"), strings.HasPrefix(t, "application/vnd.oasis.opendocument."):
		return Documents
	default:
		return Other
	}
}

func (k Kind) known() bool { return k == unlisted || slices.Contains(Kinds, k) }

func (k Kind) holds(f course.File) bool {
	is := KindOf(f)
	return is == k || k == unlisted && (is == Other || is == Video)
}
