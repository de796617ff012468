package olx

import (
	"bytes"
	"regexp"

	"lyceum/course"
)

// brokenFile keeps a block whose file is no XML: its name stands in the tree and its text goes where it came from.
func (b *branch) brokenFile(f ref, name, file string, doc *document, perr *parseError, parent *course.Block) *course.Block {
	b.r.note(Defect{Kind: perr.kind, File: file, Line: perr.line, Block: f.String(), Detail: perr.detail})
	blk := &course.Block{Type: f.kind, ID: f.id, Form: FormRaw}
	b.enter(f, blk, parent)
	var attrs []attr
	if doc != nil {
		blk.Body = bytes.Clone(doc.src)
		if e, inner, ok := outerTags(doc, f.kind); ok && !course.Containers[f.kind] && known(f.kind) {
			blk.Form, blk.Body, attrs = "", bytes.Clone(inner), e.attrs
		}
	}
	nulls := b.takeNulls(blk)
	if len(blk.Body) == 0 {
		blk.Body = nil
		if blk.Form == FormRaw && fileOnly(f.kind) {
			blk.Form = ""
		}
	}
	b.remember(blk, origin{named: true, raw: name, attrs: attrs})
	if blk.Form != FormRaw { // a file kept as it is has no place for settings; policy.json keeps them
		b.settings(blk, attrs, name)
	}
	for _, field := range nulls {
		if blk.Fields == nil {
			blk.Fields = course.Fields{}
		}
		blk.Fields[field] = course.Null
	}
	return blk
}

var nullElement = regexp.MustCompile(`^<option:(\w+) xmlns:option="http://code\.edx\.org/xblock/option" none="true"/>`)

// takeNulls cuts the elements that export puts in front of a body for explicit nulls, where the body is no XML.
func (b *branch) takeNulls(blk *course.Block) []string {
	var out []string
	for m := nullElement.FindSubmatch(blk.Body); m != nil && blk.Form == ""; m = nullElement.FindSubmatch(blk.Body) {
		out = append(out, string(m[1]))
		blk.Body = blk.Body[len(m[0]):]
	}
	return out
}

// outerTags finds the start and end tag of a file that is broken between them.
func outerTags(d *document, kind string) (e *element, inner []byte, ok bool) {
	start := bytes.Index(d.src, []byte("<"+kind))
	end := bytes.LastIndex(d.src, []byte("</"+kind+">"))
	if start < 0 || end < start || len(bytes.TrimSpace(d.src[end+len(kind)+3:])) > 0 {
		return nil, nil, false
	}
	p := parser{d: &document{file: d.file, src: d.src}, src: d.src, pos: start, note: func(Defect) {}}
	e, closed, err := p.startTag()
	if err != nil || closed || e.name != kind || e.inner > end {
		return nil, nil, false
	}
	return e, d.src[e.inner:end], true
}
