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

// rebuild makes the start tag of a whole element say what the block says: attributes it has keep their place and, where their value is the same,
// their bytes; those it lacks follow in the order of their names. The rest is as it is in def.
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
	delete(attrs, "url_name")
	var out bytes.Buffer
	if _, ok := def.attr("url_name"); ok && blk.ID != "" {
		attrs["url_name"] = blk.ID
		startTag(&out, blk.Type, "", nil)
	} else {
		startTag(&out, blk.Type, blk.ID, nil)
	}
	src, at := def.doc.src, def.start+len("<")+len(def.name)
	for _, a := range def.attrs {
		if value, ok := attrs[a.name]; ok {
			out.Write(src[at:a.start])
			if value == a.value {
				out.Write(src[a.start:a.end])
			} else {
				writeAttribute(&out, a.name, value)
			}
			delete(attrs, a.name)
		}
		at = a.end
	}
	for _, name := range slices.Sorted(maps.Keys(attrs)) {
		out.WriteByte(' ')
		writeAttribute(&out, name, attrs[name])
	}
	out.Write(src[at:def.innerEnd])
	if closes := def.innerEnd < def.end; closes { // otherwise its only tag ends in "/>"
		out.WriteString("</" + blk.Type + ">")
	}
	return out.Bytes()
}

// startTag writes "<kind url_name=... a=... b=..." with the attributes sorted; id "" leaves the name out.
func startTag(out *bytes.Buffer, kind, id string, attrs map[string]string) {
	out.WriteString("<" + kind)
	if id != "" {
		out.WriteByte(' ')
		writeAttribute(out, "url_name", id)
	}
	for _, name := range slices.Sorted(maps.Keys(attrs)) {
		out.WriteByte(' ')
		writeAttribute(out, name, attrs[name])
	}
}

func writeAttribute(out *bytes.Buffer, name, value string) {
	out.WriteString(name + `="`)
	escapeAttr(out, value)
	out.WriteByte('"')
}
