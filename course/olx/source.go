package olx

import (
	"bytes"
	"fmt"
	"strings"

	"lyceum/course"
)

// XMLError says where a text stops being XML.
type XMLError struct {
	Line   int // of the text, counted from 1
	Detail string
}

func (m *XMLError) Error() string { return fmt.Sprintf("line %d: %s", m.Line, m.Detail) }

// noXML are the kinds whose text is no XML.
var noXML = map[string]bool{"html": true, "about": true, "course_info": true, "static_tab": true, "custom_tag": true}

// CheckBody says why the text of a block is no XML that learners could be shown; nil when it is, or need not be.
func CheckBody(b *course.Block) *XMLError {
	if noXML[b.Type] || len(b.Body) == 0 {
		return nil
	}
	src := b.Body
	if !whole(b) && b.Form != FormRaw {
		src = bytes.Join([][]byte{[]byte("<x>"), b.Body, []byte("</x>")}, nil)
	}
	if _, err := parseXML("", src, func(Defect) {}); err != nil {
		return &XMLError{Line: max(err.line, 1), Detail: strings.Replace(err.detail, "</x> where", "the end where", 1)} // it is ours
	}
	return nil
}

func whole(b *course.Block) bool { return b.Form == FormElement || b.Form == FormElementFile }

// Source is the text of a block for its author: its body, and of a kind nobody knows the whole element with the settings it has now.
func Source(b *course.Block) []byte {
	if !whole(b) {
		return b.Body
	}
	out := *b
	reconcile(&out)
	return out.Body
}

// Settings reads what the start tag of a whole element says, the inverse of Source; ok is false for blocks of other forms, and for a text
// that does not begin with an element.
func Settings(b *course.Block, source []byte) (fields course.Fields, attrs map[string]string, ok bool) {
	at := bytes.IndexByte(source, '<')
	if !whole(b) || at < 0 {
		return nil, nil, false
	}
	p := parser{d: &document{src: source}, src: source, pos: at, note: func(Defect) {}}
	e, _, err := p.startTag()
	if err != nil || e.name != b.Type {
		return nil, nil, false
	}
	fields, attrs = sortAttrs(course.Schema{}, b.Type, true, e.attrs)
	return fields, attrs, true
}
