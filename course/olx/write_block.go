package olx

import (
	"bytes"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"lyceum/course"
)

// fileOf is the file of a block that has one of its own.
func fileOf(b *course.Block) string { return b.Type + "/" + pathOf(b.ID) + ".xml" }

// hasFile decides whether a block is written to a file of its own or inside its parent. A body that is no XML may not
// stand inside another block's file.
func (w *exporter) hasFile(b *course.Block) bool {
	if !fs.ValidPath(fileOf(b)) {
		return false
	}
	if b.Form == FormElement || b.Form == "" && (inlineKinds[b.Type] || !known(b.Type)) {
		return !wellFormed(b)
	}
	return true
}

// wellFormed reports whether a body can stand inside XML.
func wellFormed(b *course.Block) bool {
	src := b.Body
	if b.Form != FormElement && b.Form != FormElementFile {
		src = slices.Concat([]byte("<x>"), b.Body, []byte("</x>"))
	}
	_, err := parseXML("", src, func(Defect) {})
	return err == nil
}

// tree writes a block that has a file, and everything below it.
func (w *exporter) tree(b *course.Block, prefix string) {
	w.definition(b, prefix, nil)
	for _, c := range b.Children {
		w.below(c, prefix)
	}
}

// below writes the files of a child; one written inside its parent has none, but its children may.
func (w *exporter) below(c *course.Block, prefix string) {
	if w.hasFile(c) {
		w.tree(c, prefix)
		return
	}
	for _, cc := range c.Children {
		w.below(cc, prefix)
	}
}

// definition writes the file of one block; place are further attributes of its element.
func (w *exporter) definition(b *course.Block, prefix string, place map[string]string) {
	file := prefix + fileOf(b)
	if old, twice := w.files[file]; twice && old != nil {
		w.leaveOut(file, refOf(b).String(), "a second block of this name")
		return
	}
	var out bytes.Buffer
	switch b.Form {
	case FormRaw:
		out.Write(b.Body)
	case FormElement, FormElementFile:
		out.Write(elementText(b))
		out.WriteByte('\n')
	default:
		attrs := w.attributes(b, place)
		if b.Type == "html" {
			name := path.Base(pathOf(b.ID))
			attrs["filename"] = name
			w.files[prefix+path.Join("html", path.Dir(pathOf(b.ID)), name)+".html"] = b.Body
		}
		startTag(&out, b.Type, "", attrs)
		w.content(&out, b, prefix, nil)
	}
	w.files[file] = out.Bytes()
}

// elementText is the whole element of an unknown kind, its start tag as the block has it.
func elementText(b *course.Block) []byte {
	c := *b
	reconcile(&c)
	return c.Body
}

// attributes are the fields and other attributes of a block as text.
func (w *exporter) attributes(b *course.Block, place map[string]string) map[string]string {
	schema := course.Schemas[b.Type]
	pure := inlineKinds[b.Type] || !known(b.Type)
	isCourse := b.Type == "course" || b.Type == "library"
	out := map[string]string{}
	for name, v := range b.Attrs {
		if !neverFields[name] && (!isCourse || !neverCourseFields[name]) && w.writable(b, name) {
			out[name] = v
		}
	}
	for name, v := range b.Fields {
		f, known := schema.Field(name)
		if (isCourse && (neverCourseFields[name] || !known)) || neverFields[name] || !w.writable(b, name) {
			continue
		}
		if !known {
			f = course.Field{Name: name, Type: course.TypeAny}
		}
		text, ok := writeAttr(f, v, pure)
		if !ok && pure && v.IsNull() {
			continue // written as a child element
		}
		if !ok && !isCourse {
			w.leaveOut(refOf(b).String(), refOf(b).String(), "field "+name+" is written as text that reads differently")
		}
		out[name] = text
	}
	maps.Copy(out, place)
	return out
}

func (w *exporter) writable(b *course.Block, name string) bool {
	for i, r := range name {
		if !isNameRune(r, i == 0) {
			w.leaveOut(refOf(b).String(), refOf(b).String(), "no attribute can be called "+name)
			return false
		}
	}
	return name != ""
}

// content finishes an element whose start tag is written up to its last attribute: body, children, end tag.
func (w *exporter) content(out *bytes.Buffer, b *course.Block, prefix string, indent []byte) {
	switch {
	case course.Containers[b.Type]:
		w.containerContent(out, b, prefix, indent)
		return
	case b.Type == "html" && b.Form == "":
		out.WriteString("/>\n")
		return
	}
	nulls := w.nullFields(b)
	if len(b.Body) == 0 && nulls == "" {
		out.WriteString("/>\n")
		return
	}
	out.WriteByte('>')
	out.WriteString(nulls)
	out.Write(b.Body)
	out.WriteString("</" + b.Type + ">\n")
}

// nullFields are the elements for explicit nulls of text fields in kinds whose attributes are taken literally.
func (w *exporter) nullFields(b *course.Block) string {
	if !inlineKinds[b.Type] {
		return ""
	}
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(b.Fields)) {
		f, known := course.Schemas[b.Type].Field(name)
		if _, ok := writeAttr(f, b.Fields[name], true); known && !ok && b.Fields[name].IsNull() {
			out.WriteString(`<option:` + name + ` xmlns:option="http://code.edx.org/xblock/option" none="true"/>`)
		}
	}
	return out.String()
}

func (w *exporter) containerContent(out *bytes.Buffer, b *course.Block, prefix string, indent []byte) {
	body := b.Body
	if len(body) > 0 && !wellFormed(b) {
		w.leaveOut(refOf(b).String(), refOf(b).String(), "elements beside the children are no XML")
		body = nil
	}
	if len(body) == 0 && len(b.Children) == 0 {
		out.WriteString("/>\n")
		return
	}
	out.WriteString(">\n")
	deeper := append(bytes.Clone(indent), "  "...)
	if b.Form != FormGroups || !groupsComplete(b) {
		for _, c := range b.Children {
			w.child(out, c, prefix, deeper)
		}
	}
	if len(body) > 0 {
		out.Write(deeper)
		out.Write(body)
		out.WriteByte('\n')
	}
	out.Write(indent)
	out.WriteString("</" + b.Type + ">\n")
}

// groupsComplete reports whether the groups in an abtest's body point to its children, neither more nor less.
func groupsComplete(b *course.Block) bool {
	doc, err := parseXML("", slices.Concat([]byte("<x>"), b.Body, []byte("</x>")), func(Defect) {})
	if err != nil {
		return false
	}
	var named []ref
	doc.root.walk(func(e *element) {
		if name, ok := pointerName(e); ok {
			named = append(named, ref{e.name, name})
		}
	})
	return slices.EqualFunc(named, b.Children, func(f ref, c *course.Block) bool { return f == refOf(c) })
}

// child writes what stands for a child inside its parent: a pointer, or the child itself.
func (w *exporter) child(out *bytes.Buffer, c *course.Block, prefix string, indent []byte) {
	out.Write(indent)
	switch {
	case w.hasFile(c):
		startTag(out, c.Type, c.ID, nil)
		out.WriteString("/>\n")
	case c.Form == FormElement || c.Form == FormElementFile:
		out.Write(elementText(c))
		out.WriteByte('\n')
	case c.Form == FormRaw:
		w.leaveOut(refOf(c).String(), refOf(c).String(), "its text is no XML and no file can have its name")
		startTag(out, c.Type, c.ID, nil)
		out.WriteString("/>\n")
	default:
		attrs := w.attributes(c, nil)
		if inlineKinds[c.Type] && c.Type != "openassessment" {
			attrs["xblock-family"] = "xblock.v1"
		}
		if c.Type == "html" {
			name := "inline_" + hashOf([]byte(c.ID))
			attrs["filename"] = name
			w.files[prefix+htmlCandidates(c.ID, name)[0]] = c.Body
		}
		startTag(out, c.Type, c.ID, attrs)
		w.content(out, c, prefix, indent)
	}
}
