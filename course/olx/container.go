package olx

import (
	"bytes"
	"fmt"
	"path"
	"strings"

	"lyceum/course"
)

// container builds the children of a container. Elements that are no blocks, and text that should not be there, are
// kept in the body.
func (b *branch) container(blk *course.Block, def *element) {
	var kept [][]byte
	for _, n := range def.nodes {
		switch {
		case n.kind == textNode || n.kind == cdataNode:
			if s := bytes.TrimSpace(def.doc.src[n.start:n.end]); len(s) > 0 {
				b.r.note(Defect{Kind: StrayText, File: def.doc.file, Line: def.doc.line(n.start), Block: refOf(blk).String(), Detail: fmt.Sprintf("text between blocks: %.60q", s)})
				kept = append(kept, s)
			}
		case n.kind != elementNode: // comments and instructions have no place in a block
		case plainElements[n.elem.name]:
			kept = append(kept, n.elem.source())
			if n.elem.name == "show" && blk.Type == "conditional" {
				b.shown(blk, n.elem)
			}
		case blk.Type == "abtest" && (n.elem.name == "group" || n.elem.name == "default"):
			kept = append(kept, b.group(blk, n.elem))
			blk.Form = FormGroups
		default:
			if child := b.block(n.elem, blk); child != nil {
				blk.Children = append(blk.Children, child)
			}
		}
	}
	if len(kept) > 0 {
		blk.Body = bytes.Join(kept, []byte("\n"))
	}
}

// group builds the children in one group of an abtest and returns the group with pointers in their place.
func (b *branch) group(blk *course.Block, e *element) []byte {
	var out bytes.Buffer
	out.Write(bytes.TrimSuffix(bytes.TrimRight(e.doc.src[e.start:e.inner], "> \n\t"), []byte("/")))
	out.WriteByte('>')
	for _, child := range e.children() {
		if c := b.block(child, blk); c != nil {
			blk.Children = append(blk.Children, c)
			out.WriteString("<" + c.Type + ` url_name="`)
			escapeAttr(&out, c.ID)
			out.WriteString(`"/>`)
		}
	}
	out.WriteString("</" + e.name + ">")
	return out.Bytes()
}

// innerBody is what stands between an element's tags, without children that only set fields.
func (b *branch) innerBody(blk *course.Block, def *element) []byte {
	body, at := []byte(nil), def.inner
	for _, e := range def.children() {
		name, ok := strings.CutPrefix(e.name, "option:")
		if !ok {
			continue
		}
		schema := course.Schemas[blk.Type]
		f, known := schema.Field(name)
		if !known {
			continue
		}
		if blk.Fields == nil {
			blk.Fields = course.Fields{}
		}
		blk.Fields[name] = readAttr(f, unescape(e.body(), false), true)
		if e.text("none") == "true" {
			blk.Fields[name] = course.Null
		}
		body = append(body, def.doc.src[at:e.start]...)
		at = e.end
	}
	body = append(body, def.doc.src[at:def.innerEnd]...)
	if len(body) == 0 {
		return nil
	}
	return body
}

// wholeElement keeps an element of a kind nobody knows as it stands, with the name it has here.
func (b *branch) wholeElement(blk *course.Block, e, def *element, raw string) {
	b.settings(blk, def.attrs, raw)
	blk.Form = FormElement
	if e != def {
		blk.Form = FormElementFile
	}
	blk.Body = bytes.Clone(def.source())
	if !describes(blk.Body, blk) {
		blk.Body = rebuild(def, blk)
	}
	b.keepNested(def)
}

// keepNested takes along the files that pointers inside an unknown element lead to.
func (b *branch) keepNested(def *element) {
	def.walk(func(e *element) {
		name, ok := pointerName(e)
		if !ok {
			return
		}
		file := e.name + "/" + pathOf(name) + ".xml"
		if b.nested[file] != nil || b.r.seen[file] {
			return
		}
		doc, perr, err := b.r.document(file)
		if err != nil || perr != nil {
			return
		}
		b.nested[file] = doc.src
		if body := path.Join(path.Dir(file), doc.root.text("filename")+".html"); doc.root.name == "html" && doc.root.text("filename") != "" {
			if src, err := b.r.readFile(body); err == nil {
				b.nested[body] = src
			}
		}
		b.keepNested(doc.root)
	})
}
