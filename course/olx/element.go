package olx

import (
	"bytes"
	"maps"
	"slices"

	"lyceum/course"
)

// describes reports whether the start tag of a whole element says what the block says: its name, fields and other
// attributes.
func describes(body []byte, blk *course.Block) bool {
	p := parser{d: &document{src: body}, src: body, note: func(Defect) {}}
	if len(body) == 0 || body[0] != '<' {
		return false
	}
	e, _, err := p.startTag()
	if err != nil || e.name != blk.Type || e.text("url_name") != blk.ID {
		return false
	}
	for _, placed := range []string{"parent_url", "parent_sequential_url", "index_in_children_list"} {
		if _, ok := e.attr(placed); ok {
			return false
		}
	}
	fields, others := sortAttrs(course.Schema{}, blk.Type, true, e.attrs)
	return maps.Equal(fields, blk.Fields) && maps.Equal(others, blk.Attrs)
}

// reconcile makes a whole element's start tag say what the block says, where it does not yet.
func reconcile(blk *course.Block) {
	if describes(blk.Body, blk) {
		return
	}
	if doc, err := parseXML("", blk.Body, func(Defect) {}); err == nil {
		blk.Body = rebuild(doc.root, blk)
	}
}

// rebuild writes the start tag of a whole element anew from the block, and the rest as it is in def.
func rebuild(def *element, blk *course.Block) []byte {
	attrs := map[string]string{}
	for _, name := range []string{"xmlns:option", "xblock-family"} {
		if v, ok := def.attr(name); ok {
			attrs[name] = v
		}
	}
	maps.Copy(attrs, blk.Attrs)
	for name, v := range blk.Fields {
		f, _ := course.Schema{}.Field(name)
		if s, ok := writeAttr(f, v, true); ok {
			attrs[name] = s
		}
	}
	var out bytes.Buffer
	startTag(&out, blk.Type, blk.ID, attrs)
	inner := def.body()
	if len(inner) == 0 {
		out.WriteString("/>")
		return out.Bytes()
	}
	out.WriteByte('>')
	out.Write(inner)
	out.WriteString("</" + blk.Type + ">")
	return out.Bytes()
}

// startTag writes "<kind url_name=... a=... b=..." with the attributes sorted; id "" leaves the name out.
func startTag(out *bytes.Buffer, kind, id string, attrs map[string]string) {
	out.WriteString("<" + kind)
	if id != "" {
		out.WriteString(` url_name="`)
		escapeAttr(out, id)
		out.WriteByte('"')
	}
	for _, name := range slices.Sorted(maps.Keys(attrs)) {
		out.WriteString(" " + name + `="`)
		escapeAttr(out, attrs[name])
		out.WriteByte('"')
	}
}
