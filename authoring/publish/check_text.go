package publish

import (
	"bytes"
	"cmp"
	"html"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"lyceum/authoring/draft"
	"lyceum/course"
)

// markers begin the addresses that are looked at. Most texts have none of them, and are done with after a search for plain text.
var markers = []string{"/static/", "/jump_to", "/courses/", "/course/", "asset-v1:", "/c4x/"}

// address is where an address of this course begins in a text.
var address = regexp.MustCompile(`/(?:static|jump_to_id|jump_to|courses|course|c4x)/|/?asset-v1:`)

// text looks at links, files, pictures and frames in a block's text, in the order of the text, and at links and files in its settings.
func (k *checking) text(u course.UsageKey, b *course.Block, static string) {
	from := len(k.found)
	body := b.Body
	if bytes.Contains(body, []byte("<!--")) {
		body = withoutComments(body)
	}
	t := scan{k, u, static, map[told]bool{}}
	t.addresses(body, true)
	t.tags(body)
	for _, name := range slices.Sorted(maps.Keys(b.Fields)) {
		t.addresses([]byte(b.Fields[name]), false)
	}
	for _, name := range slices.Sorted(maps.Keys(b.Attrs)) {
		t.addresses([]byte(b.Attrs[name]), false)
	}
	if k.HasFile != nil && (b.Type == "video" || b.Type == "videoalpha") { // it names transcripts in a way of its own
		for _, name := range draft.FilesOf(&course.Block{Type: b.Type, Fields: b.Fields}) {
			if !k.HasFile(name) {
				t.add(MissingFile, 0, name)
			}
		}
	}
	slices.SortStableFunc(k.found[from:], func(a, b Finding) int { return cmp.Compare(a.Line, b.Line) })
}

// withoutComments blanks what browsers skip; lines stay where they are.
func withoutComments(body []byte) []byte {
	out := bytes.Clone(body)
	for at := 0; ; {
		i := bytes.Index(out[at:], []byte("<!--"))
		if i < 0 {
			return out
		}
		at += i
		end := len(out)
		if j := bytes.Index(out[at:], []byte("-->")); j >= 0 {
			end = at + j + len("-->")
		}
		for ; at < end; at++ {
			if out[at] != '\n' {
				out[at] = ' '
			}
		}
	}
}

// scan looks at the texts of one block.
type scan struct {
	*checking
	of     course.UsageKey
	static string // directory /static/ stands for, "" for the root of the course's files
	told   map[told]bool
}

// told is what was said of a line.
type told struct {
	kind   Kind
	line   int
	detail string
}

// add tells a thing once in each line.
func (t scan) add(kind Kind, line int, detail string) {
	if key := (told{kind, line, detail}); !t.told[key] {
		t.told[key] = true
		t.checking.add(kind, t.of, line, detail)
	}
}

func (t scan) addresses(text []byte, lines bool) {
	if !slices.ContainsFunc(markers, func(m string) bool { return bytes.Contains(text, []byte(m)) }) {
		return
	}
	for at := 0; ; {
		m := address.FindIndex(text[at:])
		if m == nil {
			return
		}
		begin := at + m[0]
		at += m[1]
		from, quote := quoted(text[:begin])
		if quote == "" {
			continue // words of a text, no address
		}
		end := bytes.Index(text[begin:], []byte(quote))
		if end < 0 || end > longestAddress {
			continue
		}
		if at = begin + end; bytes.ContainsAny(text[begin:at], "<>\n") {
			at = begin + m[1] - m[0]
			continue
		}
		line := 0
		if lines {
			line = 1 + bytes.Count(text[:begin], []byte("\n"))
		}
		t.address(string(text[begin:at]), from < begin, line)
	}
}

const longestAddress = 2000

// quoted finds where the address that goes on behind a text begins, and the quote around it; "" when there is none, and then it is no address.
// Quotes may be escaped, for texts within texts.
func quoted(before []byte) (from int, quote string) {
	from = len(before)
	for from > 0 && continues(before[from-1]) {
		from--
	}
	for _, q := range []string{`\"`, `"`, `'`, "&quot;", "&#34;", "&#39;"} {
		if bytes.HasSuffix(before[:from], []byte(q)) {
			return from, q
		}
	}
	return from, ""
}

// continues reports whether an address goes on over a byte.
func continues(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || strings.IndexByte("._~:/@%+-$}]", b) >= 0
}

// address looks at one address; within says that it is the end of a longer one.
func (t scan) address(text string, within bool, line int) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "&amp;", "&"))
	path, query, _ := strings.Cut(text, "?")
	path, _, _ = strings.Cut(path, "#")
	if strings.Contains(query, "/static/") {
		_, inner, _ := strings.Cut(query, "/static/")
		inner, _, _ = strings.Cut(inner, "&")
		t.file(inner, line)
	}
	switch begins := func(prefix string) bool { return strings.HasPrefix(path, prefix) }; {
	case begins("/static/"):
		if !within && query != "raw" {
			t.file(path[len("/static/"):], line)
		}
	case begins("/jump_to_id/"), begins("/jump_to/"), begins("/course/"):
		if !within {
			t.page(path, strings.TrimPrefix(path, "/course"), line)
		}
	case begins("/courses/"):
		key, tail, ok := ofCourse(path[len("/courses/"):])
		switch i := strings.Index(path, "/jump_to/"); {
		case ok && key.Bare() == t.course.Key.Bare():
			t.page(path, tail, line)
		case !ok && i > 0: // the key of the block says which course is meant
			t.page(path, path[i:], line)
		}
	default:
		a, err := course.ParseAssetKey(strings.TrimPrefix(path, "/"))
		if err == nil && a.Category == "asset" && a.In(t.course.Key).Course.Bare() == t.course.Key.Bare() {
			t.file(a.Name, line)
		}
	}
}

// ofCourse splits what follows /courses/ into the key of a course and the rest, which begins with a slash or is empty.
func ofCourse(rest string) (key course.Key, tail string, ok bool) {
	parts := 1
	if plain, err := url.PathUnescape(rest); err == nil && !strings.HasPrefix(plain, "course-v1:") {
		parts = 3
	}
	list := strings.SplitAfterN(rest, "/", parts+1)
	if len(list) < parts {
		return key, "", false
	}
	text := strings.TrimSuffix(strings.Join(list[:parts], ""), "/")
	if len(list) > parts {
		tail = "/" + list[parts]
	}
	key, err := course.ParseURLKey(text)
	return key, tail, err == nil
}

// pagesOf are the first parts of the addresses below a course's that are no pages of its authors.
var pagesOf = map[string]bool{
	"about": true, "bookmarks": true, "books": true, "book": true, "calculate": true, "certificate": true, "course": true, "courseware": true, "dates": true,
	"discussion": true, "discussion_topics": true, "edxnotes": true, "external_link": true, "file": true, "files": true, "home": true, "htmlbook": true, "info": true,
	"instructor": true, "jump_to": true, "jump_to_id": true, "lti_launch": true, "notes": true, "outline": true, "pdfbook": true, "progress": true, "search": true,
	"survey": true, "syllabus": true, "teams": true, "textbooks": true, "updates": true, "wiki": true, "wiki_redirect": true, "xblock": true, "xqueue": true,
}

// page looks at a link to a page of this course; tail is what stands behind its address.
func (t scan) page(whole, tail string, line int) {
	first, rest, _ := strings.Cut(strings.Trim(tail, "/"), "/")
	if unsettled(tail) {
		return
	}
	ok := true
	switch first {
	case "jump_to_id":
		id := unescaped(strings.TrimSuffix(rest, "/"))
		ok = rest == "" || t.toID(id)
	case "jump_to":
		ok = t.leads(unescaped(rest))
	case "courseware":
		for i, id := range strings.Split(rest, "/") {
			if id != "" && i < 2 { // section, subsection; then a number
				ok = ok && t.toID(unescaped(id))
			}
		}
	default:
		id := unescaped(first)
		ok = first == "" || rest != "" || pagesOf[first] || t.has("static_tab", id) || t.has("static_tab", strings.TrimSuffix(id, ".html"))
	}
	if !ok {
		t.add(BrokenLink, line, trimmedTo(whole, 200))
	}
}

func unescaped(s string) string {
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	return s
}

// toID reports whether a link to an id leads somewhere, and keeps it in mind.
func (t scan) toID(id string) bool {
	if t.linked == nil {
		t.linked = map[string]bool{}
	}
	t.linked[id] = true
	return t.hasID(id)
}

// leads reports whether a key names a block of this course; keys of other courses are not ours to judge.
func (t scan) leads(text string) bool {
	u, err := course.ParseURLUsageKey(strings.TrimSuffix(text, "/"), t.course.Key)
	if err != nil {
		return false
	}
	if u.Course.Bare() != t.course.Key.Bare() {
		return true
	}
	t.toID(u.ID)
	return t.has(u.Type, u.ID) || u.Type == "course"
}

// unsettled reports whether a part of an address is put in later, by a script or a variable of a problem.
func unsettled(path string) bool {
	return strings.ContainsAny(path, "${}*|`") || strings.Contains(path, "%s") || strings.Contains(path, "%d") || strings.Contains(path, "%%")
}

// file looks at a file a path below /static/ means, in any of the ways its name may be spelled.
func (t scan) file(path string, line int) {
	if t.HasFile == nil || path == "" || strings.HasSuffix(path, "/") || unsettled(path) {
		return
	}
	before, _, _ := strings.Cut(path, "&")
	for _, p := range []string{path, unescaped(path), html.UnescapeString(path), before} {
		if t.HasFile(course.AssetName(p)) || t.static != "" && t.HasFile(course.AssetName(strings.Trim(t.static, "/")+"/"+p)) {
			return
		}
	}
	t.add(MissingFile, line, trimmedTo(course.AssetName(path), 200))
}

var (
	tag    = regexp.MustCompile(`^(?is)<[a-z]+(?:[^>"']|"[^"]*"|'[^']*')*>`)
	named  = regexp.MustCompile(`(?i)\s(?:alt\s*=|aria-label(?:ledby)?\s*=\s*["'][^"']|title\s*=\s*["'][^"']|role\s*=\s*["']?(?:presentation|none)|aria-hidden\s*=\s*["']?true)`)
	titled = regexp.MustCompile(`(?i)\s(?:title|aria-label|aria-labelledby)\s*=\s*["']?[^"'\s>]|\saria-hidden\s*=\s*["']?true`)
)

// tags looks at pictures and frames.
func (t scan) tags(body []byte) {
	for at := 0; ; at++ {
		i := bytes.IndexByte(body[at:], '<')
		if i < 0 {
			return
		}
		at += i
		rest := body[at+1:]
		switch {
		case begins(rest, "img"):
			if found := tag.Find(body[at:]); found != nil && !named.Match(found) {
				t.add(MissingAlt, 1+bytes.Count(body[:at], []byte("\n")), trimmedTo(string(found), 120))
			}
		case begins(rest, "iframe"):
			if found := tag.Find(body[at:]); found != nil && !titled.Match(found) {
				t.add(NoTitle, 1+bytes.Count(body[:at], []byte("\n")), trimmedTo(string(found), 120))
			}
		case begins(rest, "script"): // markup in it is text
			if end := bytes.Index(rest, []byte("</script")); end >= 0 {
				at += end
			}
		}
	}
}

// begins reports whether a tag has a name.
func begins(rest []byte, name string) bool {
	if len(rest) <= len(name) || !strings.EqualFold(string(rest[:len(name)]), name) {
		return false
	}
	next := rest[len(name)]
	return next == ' ' || next == '>' || next == '/' || next == '\t' || next == '\n' || next == '\r'
}

// transcript looks for videos without a text. Where another system keeps them, nobody here can say.
func (k *checking) transcript(n *course.Node) {
	b := n.Block
	if b.Type != "video" {
		return
	}
	if id, _ := b.Fields["edx_video_id"].Text(); id != "" {
		return
	}
	if sub, _ := b.Fields["sub"].Text(); sub != "" || bytes.Contains(b.Body, []byte("<transcript")) || bytes.Contains(b.Body, []byte("<track")) {
		return
	}
	var byLanguage map[string]any
	if b.Fields["transcripts"].Decode(&byLanguage); len(byLanguage) > 0 {
		return
	}
	if track, _ := b.Fields["track"].Text(); track != "" {
		return
	}
	k.add(NoTranscript, n.Key, 0, "")
}
