package olx

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of one XML file.
const (
	maxXMLBytes  = 16 << 20
	maxDepth     = 256
	maxNodes     = 1_000_000
	maxAttrs     = 1_000
	maxAttrBytes = 1 << 20
)

// document is one parsed XML file. src is what positions in its nodes refer to: UTF-8, without a byte order mark.
type document struct {
	file  string
	src   []byte
	root  *element
	lines []int32 // where each line begins, made when first asked for
}

// element is one XML element; src[start:end] is its text, src[inner:innerEnd] what stands between its tags.
type element struct {
	doc                         *document
	name                        string
	attrs                       []attr
	nodes                       []node
	start, inner, innerEnd, end int
}

// attr is one attribute; its text is doc.src[start:end].
type attr struct {
	name, value string
	start, end  int
}

type nodeKind uint8

const (
	textNode nodeKind = iota
	cdataNode
	elementNode
	commentNode
	instructionNode
)

// node is one piece of an element's content.
type node struct {
	kind       nodeKind
	start, end int
	elem       *element // of an elementNode
}

func (e *element) attr(name string) (string, bool) {
	for _, a := range e.attrs {
		if a.name == name {
			return a.value, true
		}
	}
	return "", false
}

func (e *element) text(name string) string {
	s, _ := e.attr(name)
	return s
}

func (e *element) source() []byte { return e.doc.src[e.start:e.end] }
func (e *element) body() []byte   { return e.doc.src[e.inner:e.innerEnd] }
func (e *element) line() int      { return e.doc.line(e.start) }

// line is the number of the line offset lies in.
func (d *document) line(offset int) int {
	if d.lines == nil {
		d.lines = append(d.lines, 0)
		for i, c := range d.src {
			if c == '\n' {
				d.lines = append(d.lines, int32(i+1))
			}
		}
	}
	n, found := slices.BinarySearch(d.lines, int32(offset))
	if found {
		n++
	}
	return n
}

// children returns the elements right below e.
func (e *element) children() []*element {
	var out []*element
	for _, n := range e.nodes {
		if n.kind == elementNode {
			out = append(out, n.elem)
		}
	}
	return out
}

// walk calls f for every element below e, in order.
func (e *element) walk(f func(*element)) {
	for _, n := range e.nodes {
		if n.kind == elementNode {
			f(n.elem)
			n.elem.walk(f)
		}
	}
}

// hasText reports whether non-blank text stands right below e.
func (e *element) hasText() bool {
	for _, n := range e.nodes {
		if (n.kind == textNode || n.kind == cdataNode) && len(bytes.TrimSpace(e.doc.src[n.start:n.end])) > 0 {
			return true
		}
	}
	return false
}

// isEmpty holds for an element without children and text.
func (e *element) isEmpty() bool {
	for _, n := range e.nodes {
		if n.kind == elementNode {
			return false
		}
	}
	return !e.hasText()
}

// parseError is why a file is no XML we take.
type parseError struct {
	kind   string // NotWellFormed, UndefinedEntity, EmptyFile or Unreadable
	line   int
	detail string
}

func (e *parseError) Error() string { return e.detail }

// parseXML reads one file. note is called for what is unusual but harmless.
func parseXML(file string, src []byte, note func(Defect)) (*document, *parseError) {
	if len(src) > maxXMLBytes {
		return nil, &parseError{Unreadable, 0, fmt.Sprintf("larger than %d bytes", maxXMLBytes)}
	}
	src = decodeXML(file, src, note)
	d := &document{file: file, src: src}
	if len(bytes.TrimSpace(src)) == 0 {
		return d, &parseError{EmptyFile, 1, "the file is empty"}
	}
	p := parser{d: d, src: src, note: note}
	if err := p.run(); err != nil {
		err.line = d.line(min(p.pos, len(src)))
		return d, err
	}
	return d, nil
}

type parser struct {
	d     *document
	src   []byte
	pos   int
	nodes int
	note  func(Defect)
	noted bool // one note on HTML entities a file is enough
}

func (p *parser) fail(format string, args ...any) *parseError {
	return &parseError{kind: NotWellFormed, detail: fmt.Sprintf(format, args...)}
}

// run parses the document with a stack of its own, so that depth costs no goroutine stack.
func (p *parser) run() *parseError {
	if i := bytes.IndexFunc(p.src, isForbidden); i >= 0 {
		p.pos = i
		return p.fail("character %U is not allowed", firstRune(p.src[i:]))
	}
	var open []*element
	for p.pos < len(p.src) {
		var top *element
		if len(open) > 0 {
			top = open[len(open)-1]
		}
		start := p.pos
		kind, err := p.markup(top != nil)
		if err != nil {
			return err
		}
		switch kind {
		case textNode, cdataNode, commentNode, instructionNode:
			if top != nil {
				top.nodes = append(top.nodes, node{kind: kind, start: start, end: p.pos})
				p.nodes++
			} else if (kind == textNode && len(bytes.TrimSpace(p.src[start:p.pos])) > 0) || kind == cdataNode {
				p.pos = start + bytes.IndexFunc(p.src[start:p.pos], func(r rune) bool { return r > ' ' })
				return p.fail("text outside the root element")
			}
		case elementNode:
			e, closed, err := p.startTag()
			if err != nil {
				return err
			}
			switch {
			case top != nil:
				top.nodes = append(top.nodes, node{kind: elementNode, elem: e})
			case p.d.root != nil:
				p.pos = e.start
				return p.fail("a second root element <%s>", e.name)
			default:
				p.d.root = e
			}
			if !closed {
				if len(open) >= maxDepth {
					return &parseError{kind: Unreadable, detail: fmt.Sprintf("elements nested deeper than %d", maxDepth)}
				}
				open = append(open, e)
			}
		case closeTag:
			name, err := p.endTag()
			if err != nil {
				return err
			}
			if top == nil || top.name != name {
				p.pos = start
				if top == nil {
					return p.fail("</%s> closes nothing", name)
				}
				return p.fail("</%s> where </%s> of line %d was expected", name, top.name, top.line())
			}
			top.innerEnd, top.end = start, p.pos
			open = open[:len(open)-1]
		}
		if p.nodes > maxNodes {
			return &parseError{kind: Unreadable, detail: fmt.Sprintf("more than %d nodes", maxNodes)}
		}
	}
	if len(open) > 0 {
		return p.fail("<%s> of line %d is not closed", open[len(open)-1].name, open[len(open)-1].line())
	}
	if p.d.root == nil {
		return p.fail("no element in the file")
	}
	return nil
}

const closeTag nodeKind = 100

// markup looks at what stands at pos. It consumes text, CDATA, comments, instructions and the document type, and leaves
// pos in front of tags.
func (p *parser) markup(inside bool) (nodeKind, *parseError) {
	rest := p.src[p.pos:]
	switch {
	case rest[0] != '<':
		end := bytes.IndexByte(rest, '<')
		if end < 0 {
			end = len(rest)
		}
		if inside {
			if err := p.checkEntities(rest[:end]); err != nil {
				return 0, err
			}
		}
		p.pos += end
		return textNode, nil
	case bytes.HasPrefix(rest, []byte("<!--")):
		return commentNode, p.skipTo(4, "-->", "comment")
	case bytes.HasPrefix(rest, []byte("<![CDATA[")):
		return cdataNode, p.skipTo(9, "]]>", "CDATA section")
	case bytes.HasPrefix(rest, []byte("<?")):
		return instructionNode, p.skipTo(2, "?>", "processing instruction")
	case bytes.HasPrefix(rest, []byte("<!DOCTYPE")):
		if inside || p.d.root != nil {
			return 0, p.fail("a document type inside the document")
		}
		return commentNode, p.doctype()
	case bytes.HasPrefix(rest, []byte("</")):
		return closeTag, nil
	}
	return elementNode, nil
}

func (p *parser) skipTo(prefix int, end, what string) *parseError {
	i := bytes.Index(p.src[p.pos+prefix:], []byte(end))
	if i < 0 {
		return p.fail("%s without end", what)
	}
	p.pos += prefix + i + len(end)
	return nil
}

// doctype skips a document type declaration with its internal subset. Nothing in it has any effect.
func (p *parser) doctype() *parseError {
	p.note(Defect{Kind: Doctype, File: p.d.file, Line: p.d.line(p.pos), Detail: "document type ignored"})
	depth, quote := 0, byte(0)
	for i := p.pos; i < len(p.src); i++ {
		switch c := p.src[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '<' || c == '[':
			depth++
		case c == ']':
			depth--
		case c == '>':
			if depth--; depth == 0 {
				p.pos = i + 1
				return nil
			}
		}
	}
	return p.fail("document type without end")
}

// startTag reads a start tag or an empty element.
func (p *parser) startTag() (e *element, closed bool, err *parseError) {
	p.nodes++
	e = &element{doc: p.d, start: p.pos}
	p.pos++
	if e.name = p.name(); e.name == "" {
		p.pos = e.start
		return nil, false, p.fail("a bare < that begins no tag")
	}
	for {
		space := p.space()
		rest := p.src[p.pos:]
		switch {
		case len(rest) == 0:
			return nil, false, p.fail("<%s> is cut off", e.name)
		case rest[0] == '>':
			p.pos++
			e.inner = p.pos
			return e, false, nil
		case bytes.HasPrefix(rest, []byte("/>")):
			p.pos += 2
			e.inner, e.innerEnd, e.end = p.pos, p.pos, p.pos
			return e, true, nil
		case !space:
			return nil, false, p.fail("no space before an attribute of <%s>", e.name)
		}
		if len(e.attrs) >= maxAttrs {
			return nil, false, &parseError{kind: Unreadable, detail: fmt.Sprintf("more than %d attributes", maxAttrs)}
		}
		a, err := p.attribute(e)
		if err != nil {
			return nil, false, err
		}
		e.attrs = append(e.attrs, a)
	}
}

func (p *parser) attribute(e *element) (attr, *parseError) {
	start := p.pos
	name := p.name()
	if name == "" {
		return attr{}, p.fail("no attribute name where one was expected in <%s>", e.name)
	}
	if _, twice := e.attr(name); twice {
		return attr{}, p.fail("attribute %s twice in <%s>", name, e.name)
	}
	p.space()
	if p.pos >= len(p.src) || p.src[p.pos] != '=' {
		return attr{}, p.fail("attribute %s of <%s> has no value", name, e.name)
	}
	p.pos++
	p.space()
	if p.pos >= len(p.src) || (p.src[p.pos] != '"' && p.src[p.pos] != '\'') {
		return attr{}, p.fail("the value of attribute %s of <%s> is not quoted", name, e.name)
	}
	quote := p.src[p.pos]
	p.pos++
	n := bytes.IndexByte(p.src[p.pos:], quote)
	if n < 0 {
		return attr{}, p.fail("the value of attribute %s of <%s> has no end", name, e.name)
	}
	raw := p.src[p.pos : p.pos+n]
	if len(raw) > maxAttrBytes {
		return attr{}, &parseError{kind: Unreadable, detail: fmt.Sprintf("attribute %s is longer than %d bytes", name, maxAttrBytes)}
	}
	if i := bytes.IndexByte(raw, '<'); i >= 0 {
		p.pos += i
		return attr{}, p.fail("a bare < in attribute %s of <%s>", name, e.name)
	}
	if err := p.checkEntities(raw); err != nil {
		return attr{}, err
	}
	p.pos += n + 1
	return attr{name, unescape(raw, true), start, p.pos}, nil
}

func (p *parser) endTag() (string, *parseError) {
	p.pos += 2
	name := p.name()
	p.space()
	if name == "" || p.pos >= len(p.src) || p.src[p.pos] != '>' {
		return "", p.fail("a broken end tag")
	}
	p.pos++
	return name, nil
}

func (p *parser) space() bool {
	start := p.pos
	for p.pos < len(p.src) && isSpace(p.src[p.pos]) {
		p.pos++
	}
	return p.pos > start
}

func (p *parser) name() string {
	start := p.pos
	for p.pos < len(p.src) {
		r, n := utf8.DecodeRune(p.src[p.pos:])
		if !isNameRune(r, p.pos == start) {
			break
		}
		p.pos += n
	}
	return string(p.src[start:p.pos])
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func isNameRune(r rune, first bool) bool {
	switch {
	case r == '_' || r == ':' || unicode.IsLetter(r):
		return true
	case first:
		return false
	}
	return r == '-' || r == '.' || r == '·' || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Mc, r)
}

// isForbidden holds for the characters XML does not allow even when escaped.
func isForbidden(r rune) bool {
	return (r < ' ' && r != '\t' && r != '\n' && r != '\r') || r == 0xFFFE || r == 0xFFFF
}

func firstRune(b []byte) rune {
	r, _ := utf8.DecodeRune(b)
	return r
}

// checkEntities makes sure that every & in raw begins a reference we know; pos is moved to the offender.
func (p *parser) checkEntities(raw []byte) *parseError {
	base := p.pos
	for i := bytes.IndexByte(raw, '&'); i >= 0; {
		name, ok := reference(raw[i:])
		if !ok {
			p.pos = base + i
			return p.fail("a bare & that begins no reference")
		}
		if _, known := resolve(name); !known {
			p.pos = base + i
			if name[0] == '#' {
				return p.fail("&%s; is no character", name)
			}
			return &parseError{kind: UndefinedEntity, detail: "entity &" + name + "; is not defined"}
		}
		if name[0] != '#' && !xmlEntity[name] && !p.noted {
			p.noted = true
			p.note(Defect{Kind: HTMLEntity, File: p.d.file, Line: p.d.line(base + i), Detail: "&" + name + "; is HTML, not XML"})
		}
		i += len(name) + 2
		next := bytes.IndexByte(raw[i:], '&')
		if next < 0 {
			break
		}
		i += next
	}
	return nil
}

var xmlEntity = map[string]bool{"amp": true, "lt": true, "gt": true, "quot": true, "apos": true}

// reference cuts the name out of "&name;".
func reference(b []byte) (string, bool) {
	end := bytes.IndexByte(b[:min(len(b), 40)], ';')
	if end < 2 {
		return "", false
	}
	name := b[1:end]
	for i, c := range name {
		if c != '#' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '_' && c != '-' && c != '.' && c < 0x80 {
			return "", false
		}
		if (c == '#') != (i == 0 && name[0] == '#') {
			return "", false
		}
	}
	return string(name), true
}

// resolve returns the text of a character reference or of one of XML's and HTML's entities.
func resolve(name string) (string, bool) {
	if digits, ok := strings.CutPrefix(name, "#"); ok {
		base := 10
		if len(digits) > 1 && digits[0] == 'x' {
			digits, base = digits[1:], 16
		}
		n, err := strconv.ParseUint(digits, base, 32)
		if err != nil || n > unicode.MaxRune || isForbidden(rune(n)) || (n >= 0xD800 && n < 0xE000) {
			return "", false
		}
		return string(rune(n)), true
	}
	switch name {
	case "amp":
		return "&", true
	case "lt":
		return "<", true
	case "gt":
		return ">", true
	case "quot":
		return `"`, true
	case "apos":
		return "'", true
	}
	s, ok := xml.HTMLEntity[name]
	return s, ok
}

// unescape resolves the references of checked text. In attributes, literal white space becomes a space, as XML demands;
// elsewhere line ends become "\n".
func unescape(raw []byte, attribute bool) string {
	if !bytes.ContainsAny(raw, "&\r\n\t") {
		return string(raw)
	}
	var b strings.Builder
	b.Grow(len(raw))
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == '&':
			name, _ := reference(raw[i:])
			s, _ := resolve(name)
			b.WriteString(s)
			i += len(name) + 1
		case c == '\r' && i+1 < len(raw) && raw[i+1] == '\n':
		case c == '\r' && !attribute:
			b.WriteByte('\n')
		case attribute && isSpace(c):
			b.WriteByte(' ')
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// escapeText writes s as element content.
func escapeText(b *bytes.Buffer, s string) {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '&':
			b.WriteString("&amp;")
		case '<':
			b.WriteString("&lt;")
		case '>':
			b.WriteString("&gt;")
		case '\r':
			b.WriteString("&#13;")
		default:
			b.WriteByte(s[i])
		}
	}
}

// escapeAttr writes s between double quotes. White space other than the space is written as a reference, because
// readers turn it into a space. Characters XML cannot carry are left out.
func escapeAttr(b *bytes.Buffer, s string) {
	for _, r := range s {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '"':
			b.WriteString("&quot;")
		case r == '\n' || r == '\r' || r == '\t':
			b.WriteString("&#" + strconv.Itoa(int(r)) + ";")
		case isForbidden(r):
		default:
			b.WriteRune(r)
		}
	}
}
