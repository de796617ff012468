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

// addressed are the names addresses of this course begin with, between slashes.
var addressed = [][]byte{[]byte("static/"), []byte("jump_to_id/"), []byte("jump_to/"), []byte("courses/"), []byte("course/"), []byte("c4x/")}

// Authors paste whole sites into a text, and scripts write what no author would: what follows reads each text a fixed number of times over,
// whatever it holds, since it is read on every view of its unit.

// mostOfText is how many findings of one block are listed. Who has as many begins at the first.
const mostOfText = 200

// text looks at links, files, pictures and frames in a block's text, in the order of the text, and at links and files in its settings.
func (k *checking) text(u course.UsageKey, b *course.Block, static string) {
	from := len(k.found)
	body := b.Body
	if bytes.Contains(body, []byte("<!--")) {
		body = withoutComments(body)
	}
	t := scan{checking: k, of: u, static: static, told: map[told]bool{}}
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
	if t.full() {
		k.found[len(k.found)-1].More = true
	}
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

// full reports whether there is more to tell of the block than is listed.
func (t scan) full() bool { return len(t.told) > mostOfText }

// add tells a thing once in each line.
func (t scan) add(kind Kind, line int, detail string) {
	if key := (told{kind, line, detail}); !t.told[key] && !t.full() {
		if t.told[key] = true; !t.full() {
			t.checking.add(kind, t.of, line, detail)
		}
	}
}

// lines counts the lines of a text on the way through it.
type lines struct {
	text     []byte
	at, line int
}

// of is the line, counted from 1, of a place that is not before the one last asked for.
func (l *lines) of(at int) int {
	l.line += bytes.Count(l.text[l.at:at], []byte("\n"))
	l.at = at
	return l.line + 1
}

func (t scan) addresses(text []byte, numbered bool) {
	if !slices.ContainsFunc(markers, func(m string) bool { return bytes.Contains(text, []byte(m)) }) {
		return
	}
	n, run := lines{text: text}, run{text: text, file: -1}
	for !t.full() {
		begin, ok := run.next()
		if !ok {
			return
		}
		from := run.from(begin)
		quote := quoted(text, from)
		if quote == "" {
			continue // words of a text, no address
		}
		end := bytes.Index(text[begin:min(begin+longestAddress+len(quote), len(text))], []byte(quote))
		if end < 0 {
			continue
		}
		if end += begin; bytes.ContainsAny(text[begin:end], "<>\n") {
			continue
		}
		run.at = end
		line := 0
		if numbered {
			line = n.of(begin)
		}
		t.address(string(text[begin:end]), from < begin, line)
	}
}

const longestAddress = 2000

// run finds addresses of this course on the way through a text.
type run struct {
	text         []byte
	at           int // where it is looked on
	file         int // where the next key of a file is, at or behind at; -1 not yet looked for
	begin, start int // a place, and where the address began that goes on there
}

var fileKey = []byte("asset-v1:")

// next finds where the next address of this course begins, perhaps as the end of a longer one, and goes on behind that beginning.
func (r *run) next() (begin int, ok bool) {
	if r.file < r.at {
		if r.file = bytes.Index(r.text[r.at:], fileKey); r.file < 0 {
			r.file = len(r.text)
		} else {
			r.file += r.at
		}
	}
	for at := r.at; ; at++ {
		i := bytes.IndexByte(r.text[at:r.file], '/')
		if i < 0 {
			begin, r.at = r.file, r.file+len(fileKey)
			return begin, begin < len(r.text)
		}
		at += i
		if at+1 == r.file && r.file < len(r.text) {
			r.at = r.file + len(fileKey)
			return at, true
		}
		for _, name := range addressed {
			if bytes.HasPrefix(r.text[at+1:], name) {
				r.at = at + 1 + len(name)
				return at, true
			}
		}
	}
}

// from is where the address begins that goes on at a place, which is behind the one last asked for.
func (r *run) from(begin int) int {
	from := begin
	for from > r.begin && continues(r.text[from-1]) {
		from--
	}
	if from == r.begin { // one and the same
		from = r.start
	}
	r.begin, r.start = begin, from
	return from
}

// quotes are what stands around addresses. They may be escaped, for texts within texts.
var quotes = []string{`\"`, `"`, `'`, "&quot;", "&#34;", "&#39;"}

// quoted finds the quote an address that begins at a place stands in; "" when there is none, and then it is no address.
func quoted(text []byte, from int) string {
	for _, q := range quotes {
		if bytes.HasSuffix(text[:from], []byte(q)) {
			return q
		}
	}
	return ""
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
	named  = regexp.MustCompile(`(?i)\s(?:alt\s*=|aria-label(?:ledby)?\s*=\s*["'][^"']|title\s*=\s*["'][^"']|role\s*=\s*["']?(?:presentation|none)|aria-hidden\s*=\s*["']?true)`)
	titled = regexp.MustCompile(`(?i)\s(?:title|aria-label|aria-labelledby)\s*=\s*["']?[^"'\s>]|\saria-hidden\s*=\s*["']?true`)
)

// tags looks at pictures and frames.
func (t scan) tags(body []byte) {
	n, ends, scripts := lines{text: body}, endings{text: body}, true
	for at := 0; !t.full(); {
		i := bytes.IndexByte(body[at:], '<')
		if i < 0 {
			return
		}
		begin := at + i
		at = begin + 1
		kind, says := MissingAlt, named
		switch rest := body[at:]; {
		case begins(rest, "img"):
		case begins(rest, "iframe"):
			kind, says = NoTitle, titled
		case scripts && begins(rest, "script"): // markup in it is text
			end := endOfScript(rest)
			if scripts = end >= 0; scripts {
				at += end
			}
			continue
		default:
			continue
		}
		end := ends.of(begin)
		if end < 0 {
			continue
		}
		if found := body[begin:end]; !says.Match(found) {
			t.add(kind, n.of(begin), trimmedTo(string(found), 120))
		}
		at = end
	}
}

// endOfScript is where the tag that ends a script begins, -1 where none does.
func endOfScript(text []byte) int {
	const tag = "</script"
	for at := 0; ; at++ {
		i := bytes.Index(text[at:], []byte("</"))
		if i < 0 {
			return -1
		}
		at += i
		if len(text)-at >= len(tag) && strings.EqualFold(string(text[at:at+len(tag)]), tag) {
			return at
		}
	}
}

// endings finds the ends of tags on the way through a text.
type endings struct {
	text []byte
	at   int
	// never are the ways to read on from at that come to no end of a tag: outside of quotes, within double ones, within single ones. From where
	// one tag has no end none of those has one that is read the same way.
	never struct{ outside, double, single bool }
}

// of is the end of the tag that begins at a place, -1 where it has none: a > outside of quotes. Places come in their order, each not before the
// end of the one before.
func (e *endings) of(begin int) int {
	if e.never.outside || e.never.double || e.never.single {
		for _, c := range e.text[e.at:begin] {
			switch c {
			case '"':
				e.never.outside, e.never.double = e.never.double, e.never.outside
			case '\'':
				e.never.outside, e.never.single = e.never.single, e.never.outside
			}
		}
	}
	e.at = begin
	if e.never.outside {
		return -1
	}
	for at := begin; at < len(e.text); at++ {
		switch c := e.text[at]; c {
		case '>':
			return at + 1
		case '"', '\'':
			i := bytes.IndexByte(e.text[at+1:], c)
			if i < 0 {
				e.never.outside = true
				return -1
			}
			at += 1 + i
		}
	}
	e.never.outside = true
	return -1
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
