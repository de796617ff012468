package capa

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

// Bounds on a source. They are far above any real problem.
const (
	maxSource     = 8 << 20
	maxDepth      = 256
	maxNodes      = 1_000_000
	maxAttributes = 1_000
	maxAttribute  = 1 << 20
	maxPrefixes   = 1_000 // of namespaces, in force at once
	maxResponses  = 2_000
)

// node is an element. Text belongs to the element it stands in, up to the
// first child; what follows a child is that child's tail and goes where the
// child goes, also when it is removed. Much of what is shown depends on that.
type node struct {
	tag      string
	attrs    []Attr
	text     string
	tail     string
	children []*node
	parent   *node
	line     int

	id       string    // without prefix, of responses, inputs and solutions
	response *response // set on response elements
	part     string    // label or description of a group of inputs: start of its id
	feedback *node     // on responses: the next targetedfeedbackset beside it
	solution *node     // on responses: the next solutionset beside it
	input    *input    // set on input elements
	plain    bool      // drawn as markup alone, all the way down
	markup   string    // the markup of the outermost plain ones, tail excluded
}

func (n *node) attr(name string) (string, bool) {
	for _, a := range n.attrs {
		if a.Name == name {
			return a.Value, true
		}
	}
	return "", false
}

// get is the attribute's value, empty when it is absent.
func (n *node) get(name string) string {
	v, _ := n.attr(name)
	return v
}

func (n *node) set(name, value string) {
	for i := range n.attrs {
		if n.attrs[i].Name == name {
			n.attrs[i].Value = value
			return
		}
	}
	n.attrs = append(n.attrs, Attr{name, value})
}

// find is the first child with the tag.
func (n *node) find(tag string) *node {
	for _, c := range n.children {
		if c.tag == tag {
			return c
		}
	}
	return nil
}

func (n *node) findAll(tag string) []*node {
	var out []*node
	for _, c := range n.children {
		if c.tag == tag {
			out = append(out, c)
		}
	}
	return out
}

// walk visits the element and everything below it, in document order.
func (n *node) walk(visit func(*node)) {
	visit(n)
	for _, c := range n.children {
		c.walk(visit)
	}
}

// descendants are the elements below with one of the tags, in document order.
func (n *node) descendants(tags ...string) []*node {
	var out []*node
	for _, c := range n.children {
		c.walk(func(d *node) {
			if slices.Contains(tags, d.tag) {
				out = append(out, d)
			}
		})
	}
	return out
}

// remove takes the element out of its parent, tail included.
func (n *node) remove() {
	p := n.parent
	i := slices.Index(p.children, n)
	p.children = slices.Delete(p.children, i, i+1)
	n.parent = nil
}

// sibling is the element d places after (before, when negative), or nil.
func (n *node) sibling(d int) *node {
	if n.parent == nil {
		return nil
	}
	i := slices.Index(n.parent.children, n) + d
	if i < 0 || i >= len(n.parent.children) {
		return nil
	}
	return n.parent.children[i]
}

var (
	startOutText = regexp.MustCompile(`startouttext\s*/`)
	endOutText   = regexp.MustCompile(`endouttext\s*/`)
)

// parseSource reads a whole source into a tree, strictly.
func parseSource(source []byte) (*node, error) {
	if len(source) > maxSource {
		return nil, errorf(Engine, 1, "the problem is larger than %d bytes", maxSource)
	}
	source = bytes.TrimPrefix(source, []byte("\ufeff"))
	if bytes.Contains(source, []byte("outtext")) {
		source = startOutText.ReplaceAll(source, []byte("text"))
		source = endOutText.ReplaceAll(source, []byte("/text"))
	}
	b := &builder{}
	b.decoder = xml.NewDecoder(bytes.NewReader(source))
	b.decoder.CharsetReader = charsetReader
	for {
		token, err := b.decoder.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = b.add(token)
		}
		if err != nil {
			return nil, b.fault(err)
		}
	}
	if b.root == nil {
		return nil, errorf(Engine, 1, "the problem is no XML: it holds no element")
	}
	if b.open != nil {
		return nil, b.fault(fmt.Errorf("element <%s> of line %d is never closed", b.open.tag, b.open.line))
	}
	return b.root, nil
}

// charsetReader serves the encodings old exports declare beside UTF-8.
func charsetReader(charset string, input io.Reader) (io.Reader, error) {
	switch strings.ToLower(charset) {
	case "us-ascii", "ascii", "utf8":
		return input, nil
	case "iso-8859-1", "latin-1", "latin1":
		return charmap.ISO8859_1.NewDecoder().Reader(input), nil
	case "windows-1252", "cp1252":
		return charmap.Windows1252.NewDecoder().Reader(input), nil
	}
	return nil, fmt.Errorf("encoding %q is not known", charset)
}

type builder struct {
	decoder *xml.Decoder
	root    *node
	open    *node // innermost element not yet closed
	depth   int
	nodes   int
	tokens  int
	spaces  []namespace // prefixes in force, innermost last

	text strings.Builder // read and not in the tree yet: comments cut a text into any number of pieces
}

type namespace struct {
	prefix string
	depth  int
}

func (b *builder) fault(err error) error {
	line, column := b.decoder.InputPos()
	message := err.Error()
	if syntax, ok := errors.AsType[*xml.SyntaxError](err); ok {
		line, message = syntax.Line, syntax.Msg
	}
	return &Error{Kind: Engine, Line: line, Message: fmt.Sprintf("the problem is no XML: %s (line %d, column %d)", message, line, column), Err: err}
}

func (b *builder) add(token xml.Token) error {
	b.tokens++
	switch t := token.(type) {
	case xml.StartElement:
		return b.start(t)
	case xml.EndElement:
		return b.end(t)
	case xml.CharData:
		return b.characters(string(t))
	case xml.ProcInst:
		if b.tokens > 1 && strings.EqualFold(t.Target, "xml") {
			return errors.New("an XML declaration may only stand at the very start")
		}
	case xml.Directive:
		if bytes.Contains(t, []byte("ENTITY")) {
			return errors.New("entities may not be declared")
		}
	}
	return nil // comments and instructions are as if they were not there
}

func (b *builder) characters(text string) error {
	if b.open != nil {
		b.text.WriteString(text)
	} else if strings.TrimSpace(text) != "" {
		return errors.New("text outside the root element")
	}
	return nil
}

// place puts the text that was read where it belongs.
func (b *builder) place() {
	if b.text.Len() == 0 {
		return
	}
	if n := len(b.open.children); n > 0 {
		b.open.children[n-1].tail = b.text.String()
	} else {
		b.open.text = b.text.String()
	}
	b.text.Reset()
}

func qualified(name xml.Name) string {
	if name.Space == "" {
		return name.Local
	}
	return name.Space + ":" + name.Local
}

func (b *builder) start(t xml.StartElement) error {
	if b.open == nil && b.root != nil {
		return errors.New("content after the root element")
	}
	b.place()
	if b.depth++; b.depth > maxDepth {
		return fmt.Errorf("elements nested more than %d deep", maxDepth)
	}
	if b.nodes++; b.nodes > maxNodes {
		return fmt.Errorf("more than %d elements", maxNodes)
	}
	line, _ := b.decoder.InputPos()
	n := &node{tag: qualified(t.Name), parent: b.open, line: line}
	if err := b.attributes(n, t.Attr); err != nil {
		return err
	}
	if err := b.declared(t.Name); err != nil {
		return err
	}
	if b.open == nil {
		b.root = n
	} else {
		b.open.children = append(b.open.children, n)
	}
	b.open = n
	return nil
}

func (b *builder) attributes(n *node, attrs []xml.Attr) error {
	if len(attrs) > maxAttributes {
		return fmt.Errorf("element <%s> has more than %d attributes", n.tag, maxAttributes)
	}
	n.attrs = make([]Attr, 0, len(attrs))
	for _, a := range attrs {
		name := qualified(a.Name)
		if len(a.Value) > maxAttribute {
			return fmt.Errorf("attribute %s is longer than %d bytes", name, maxAttribute)
		}
		if _, dup := n.attr(name); dup {
			return fmt.Errorf("attribute %s is given twice", name)
		}
		if a.Name.Space == "xmlns" {
			b.spaces = append(b.spaces, namespace{a.Name.Local, b.depth})
			if len(b.spaces) > maxPrefixes {
				return fmt.Errorf("more than %d namespace prefixes", maxPrefixes)
			}
		}
		n.attrs = append(n.attrs, Attr{name, blanks.Replace(a.Value)})
	}
	for _, a := range attrs {
		if err := b.declared(a.Name); err != nil {
			return err
		}
	}
	return nil
}

// blanks normalizes attribute values as XML asks for.
var blanks = strings.NewReplacer("\n", " ", "\t", " ", "\r", " ")

func (b *builder) declared(name xml.Name) error {
	known := name.Space == "" || name.Space == "xml" || name.Space == "xmlns" ||
		slices.ContainsFunc(b.spaces, func(s namespace) bool { return s.prefix == name.Space })
	if !known {
		return fmt.Errorf("namespace prefix %s of %s is not declared", name.Space, name.Local)
	}
	return nil
}

func (b *builder) end(t xml.EndElement) error {
	name := qualified(t.Name)
	if b.open == nil || b.open.tag != name {
		if b.open == nil {
			return fmt.Errorf("</%s> closes nothing", name)
		}
		return fmt.Errorf("<%s> of line %d is closed by </%s>", b.open.tag, b.open.line, name)
	}
	b.place()
	for len(b.spaces) > 0 && b.spaces[len(b.spaces)-1].depth == b.depth {
		b.spaces = b.spaces[:len(b.spaces)-1]
	}
	b.depth--
	b.open = b.open.parent
	return nil
}
