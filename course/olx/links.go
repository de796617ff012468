package olx

import (
	"bytes"
	"regexp"
	"strings"
	"sync"

	"lyceum/course"
)

// linker makes links to the source course's own files and blocks portable, and references name the target course.
type linker struct {
	source, target course.Key
	patterns       func() *linkPatterns // made when the first text needs them
}

// linkPatterns match what may have to be rewritten.
type linkPatterns struct {
	asset     *regexp.Regexp // quote, then a link to a file of the source
	jump      *regexp.Regexp // quote, then a jump_to link
	other     *regexp.Regexp // quote, then any other link into the source
	reference *regexp.Regexp // a usage key of the source
}

// linkHints are what all patterns have in common: no text without one of these needs a look.
var linkHints = [][]byte{[]byte("c4x/"), []byte("asset-v1:"), []byte("/courses/"), []byte("i4x:/"), []byte("block-v1:")}

// newLinker prepares for one pair of courses.
func newLinker(source, target course.Key) *linker {
	return &linker{source: source, target: target, patterns: sync.OnceValue(func() *linkPatterns { return newPatterns(source) })}
}

// newPatterns makes the patterns for one source. Old exports call every run "course": their links name the real one.
func newPatterns(source course.Key) *linkPatterns {
	q := regexp.QuoteMeta
	org, num, run := q(source.Org), q(source.Number), q(source.Run)
	if source.Run == "course" || source.Run == "" {
		run = `[^+/"'\s]+`
	}
	key := `(?:course-v1:` + org + `(?:\+|%2B)` + num + `(?:\+|%2B)` + run + `|` + org + `/` + num + `/` + run + `)`
	const word = `[\p{L}\p{N}_%~.:\-]+`
	usage := `(?:i4x:/{1,2}` + org + `/` + num + `/(` + word + `)/(` + word + `)|block-v1:` + org + `\+` + num + `\+` + run + `\+type@(` + word + `)\+block@(` + word + `))`
	if source.Form == course.FormLibrary {
		key = `library-v1:` + org + `\+` + num
		usage = `(lib)-(block)-v1:` + org + `\+` + num + `\+type@(` + word + `)\+block@(` + word + `)`
	}
	return &linkPatterns{
		asset:     regexp.MustCompile(`((?:\\?["'])|^)(?:/c4x/` + org + `/` + num + `/asset/|/?asset-v1:` + org + `\+` + num + `\+` + run + `\+type@asset\+block[@/])([^"'\\\s<>/]+)`),
		jump:      regexp.MustCompile(`((?:\\?["'])|^)/courses/` + key + `/jump_to/` + usage + `(/?)`),
		other:     regexp.MustCompile(`(?:(?:\\?["'])|^)(/courses/` + key + `/[^"'\\\s<>]*)`),
		reference: regexp.MustCompile(usage),
	}
}

// content rewrites everything an author wrote in c, in place. Links that cannot be made portable are reported.
func (l *linker) content(c *course.Content, note func(Defect)) {
	c.Root.Walk(func(b *course.Block) bool { l.block(b, note); return true })
	for _, p := range c.Pages {
		l.block(p, note)
	}
}

func (l *linker) block(b *course.Block, note func(Defect)) {
	where := refOf(b).String()
	b.Body = l.text(b.Body, where, note)
	if b.Type == "conditional" || b.Type == "abtest" || b.Type == "course" {
		b.Body = l.references(b.Body)
		b.Body = l.wiki(b)
	}
	for name, v := range b.Fields {
		if l.concerns([]byte(v)) {
			out := l.references(l.text([]byte(v), where, note))
			if nv, err := course.ParseValue(out); err == nil {
				b.Fields[name] = nv
			}
		}
	}
	for name, v := range b.Attrs {
		if l.concerns([]byte(v)) {
			b.Attrs[name] = string(l.references(l.text([]byte(v), where, note)))
		}
	}
	if (b.Form == FormElement || b.Form == FormElementFile) && l.concerns(b.Body) {
		b.Body = l.references(b.Body)
		reconcile(b)
	}
}

func (l *linker) concerns(s []byte) bool {
	for _, h := range linkHints {
		if bytes.Contains(s, h) {
			return true
		}
	}
	return false
}

// text rewrites the links in one text; it returns s itself when there are none.
func (l *linker) text(s []byte, where string, note func(Defect)) []byte {
	if !l.concerns(s) {
		return s
	}
	s = l.patterns().asset.ReplaceAll(s, []byte("${1}/static/${2}"))
	s = l.patterns().jump.ReplaceAllFunc(s, func(m []byte) []byte {
		g := l.patterns().jump.FindSubmatch(m)
		id := g[3]
		if len(id) == 0 {
			id = g[5]
		}
		return append(append(bytes.Clone(g[1]), "/jump_to_id/"...), id...)
	})
	if l.source != l.target {
		for _, m := range l.patterns().other.FindAllSubmatchIndex(s, 20) {
			note(Defect{
				Kind: NotPortable, File: where, Line: 1 + bytes.Count(s[:m[2]], []byte("\n")), Block: where,
				Detail: string(s[m[2]:min(m[3], m[2]+200)]),
			})
		}
	}
	return s
}

// references turns usage keys of the source, old or new, into keys of the target.
func (l *linker) references(s []byte) []byte {
	if !l.concerns(s) {
		return s
	}
	return l.patterns().reference.ReplaceAllFunc(s, func(m []byte) []byte {
		g := l.patterns().reference.FindSubmatch(m)
		kind, id := g[1], g[2]
		if len(g[3]) > 0 {
			kind, id = g[3], g[4]
		}
		return []byte(l.target.Usage(string(kind), string(id)).String())
	})
}

var wikiSlug = regexp.MustCompile(`<wiki(?:\s[^<>]*?)?\sslug\s*=\s*["']([^"']*)["']`)

// wiki gives a wiki slug made from the source's key the target's name; any other slug is kept.
func (l *linker) wiki(b *course.Block) []byte {
	if b.Type != "course" || l.source == l.target {
		return b.Body
	}
	old := []string{l.source.Number, strings.Join([]string{l.source.Org, l.source.Number, l.source.Run}, ".")}
	m := wikiSlug.FindSubmatchIndex(b.Body)
	if m == nil || (string(b.Body[m[2]:m[3]]) != old[0] && string(b.Body[m[2]:m[3]]) != old[1]) {
		return b.Body
	}
	slug := strings.Join([]string{l.target.Org, l.target.Number, l.target.Run}, ".")
	return bytes.Join([][]byte{b.Body[:m[2]], b.Body[m[3]:]}, []byte(slug))
}
