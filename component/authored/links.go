package authored

import (
	"net/url"
	"strings"

	"lyceum/course"
)

// Source is where authored text comes from and what its links mean.
type Source struct {
	Course *course.Compiled
	// Asset makes the address of a course file by its normalized name.
	Asset func(name string) string
	// Hosts are the names of this site, in lower case, with the port where it is not the scheme's own: an address that names one means
	// what its path means.
	Hosts []string
	// StaticPath, when not empty, is the directory /static/ stands for instead of the course's files' root.
	StaticPath string
	// Cache keeps cleaned texts; nil cleans anew each time.
	Cache *Cache
	// Keywords are replaced where they stand as %%NAME%%, as plain text.
	Keywords map[string]string
}

// prefixes of portable addresses, the longest first where one begins another.
var prefixes = []string{"/static/", "/course/", "/jump_to_id/"}

// Resolve replaces portable addresses in quoted attribute values by those of this site: /static/X, /course/REST and
// /jump_to_id/ID. The opening quote may have a backslash in front (JSON inside attributes); the address ends at the same
// quote. Everything else is left as it is, byte for byte.
func (s Source) Resolve(text string) string {
	text = s.relative(text)
	var out strings.Builder
	last := 0
	for i := 0; i < len(text); i++ {
		if q := text[i]; q != '"' && q != '\'' {
			continue
		}
		rest := text[i+1:]
		var prefix string
		for _, p := range prefixes {
			if strings.HasPrefix(rest, p) {
				prefix = p
				break
			}
		}
		if prefix == "" {
			continue
		}
		closing := text[i : i+1]
		if i > 0 && text[i-1] == '\\' {
			closing = `\` + closing
		}
		end := strings.Index(rest, closing)
		if end < 0 {
			continue
		}
		out.WriteString(text[last : i+1])
		out.WriteString(s.address(prefix, rest[len(prefix):end]))
		last = i + 1 + end
		i = last
	}
	if last == 0 {
		return text
	}
	out.WriteString(text[last:])
	return out.String()
}

// relative takes this site's name out of quoted addresses, so that what is said of addresses of this site holds for them.
func (s Source) relative(text string) string {
	if len(s.Hosts) == 0 || !strings.Contains(text, "//") {
		return text
	}
	var out strings.Builder
	last := 0
	for i := 0; i < len(text); i++ {
		if q := text[i]; q != '"' && q != '\'' {
			continue
		}
		rest := strings.TrimLeft(text[i+1:], " \t\r\n")
		if !strings.HasPrefix(rest, "//") && (len(rest) < 7 || !strings.EqualFold(rest[:4], "http")) {
			continue
		}
		path, ok := withoutHost(rest, s.Hosts)
		if !ok {
			continue
		}
		out.WriteString(text[last : i+1])
		// path is a slash and an end of the text.
		out.WriteByte('/')
		last = len(text) - len(path) + 1
		i = last - 1
	}
	if last == 0 {
		return text
	}
	out.WriteString(text[last:])
	return out.String()
}

func (s Source) address(prefix, rest string) string {
	switch prefix {
	case "/static/":
		return s.static(rest)
	case "/course/":
		return "/courses/" + s.Course.Key.String() + "/" + rest
	default:
		return "/courses/" + s.Course.Key.String() + prefix + rest
	}
}

// static resolves the part after /static/. A name ending in ?raw is left alone; query and fragment are kept, and a query
// value that begins with /static/ is resolved too.
func (s Source) static(rest string) string {
	if strings.HasSuffix(rest, "?raw") {
		return "/static/" + rest
	}
	path, fragment, hasFragment := strings.Cut(rest, "#")
	path, query, hasQuery := strings.Cut(path, "?")
	out := s.Asset(s.Name(path))
	if hasQuery {
		pairs := strings.Split(query, "&")
		for i, p := range pairs {
			k, v, ok := strings.Cut(p, "=")
			if inner, found := strings.CutPrefix(v, "/static/"); ok && found {
				pairs[i] = k + "=" + s.Asset(s.Name(inner))
			}
		}
		out += "?" + strings.Join(pairs, "&")
	}
	if hasFragment {
		out += "#" + fragment
	}
	return out
}

// Name finds the course file a path below /static/ means. Authors write paths as they are, percent-escaped or escaped for
// HTML; the first spelling that names a file wins, else the path as it stands.
func (s Source) Name(path string) string {
	spellings := []string{path}
	if d, err := url.PathUnescape(path); err == nil && d != path {
		spellings = append(spellings, d)
	}
	if strings.Contains(path, "&amp;") {
		spellings = append(spellings, strings.ReplaceAll(path, "&amp;", "&"))
	}
	for _, p := range spellings {
		if s.StaticPath != "" {
			if name := course.AssetName(strings.Trim(s.StaticPath, "/") + "/" + p); s.has(name) {
				return name
			}
		}
		if name := course.AssetName(p); s.has(name) {
			return name
		}
	}
	return course.AssetName(path)
}

func (s Source) has(name string) bool {
	_, ok := s.Course.Files[name]
	return ok
}

// fill replaces %%NAME%% keywords by their values as plain text.
func (s Source) fill(text string) string {
	if !strings.Contains(text, "%%") {
		return text
	}
	for name, value := range s.Keywords {
		text = strings.ReplaceAll(text, "%%"+name+"%%", escape(value))
	}
	return text
}

// Web reports whether an address an author gave may be followed from our pages: one of the web or of this site, no script
// and no data.
func Web(address string) bool {
	u, err := url.Parse(strings.TrimSpace(address))
	return err == nil && (u.Scheme == "" || u.Scheme == "http" || u.Scheme == "https")
}
