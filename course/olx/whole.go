package olx

import (
	"bytes"
	"strings"

	"lyceum/course"
)

// Element is one block with everything below it as a single element, the way programs exchange parts of courses: no files stand beside
// it. It shows a block; what carries a course without loss is [Write].
func Element(b *course.Block) []byte {
	w := &exporter{report: &Report{Blocks: map[string]int{}}, files: map[string][]byte{}}
	var out bytes.Buffer
	w.whole(&out, b, "")
	return out.Bytes()
}

func (w *exporter) whole(out *bytes.Buffer, b *course.Block, indent string) {
	out.WriteString(indent)
	switch b.Form {
	case FormRaw:
		out.Write(b.Body)
		out.WriteByte('\n')
		return
	case FormElement, FormElementFile:
		out.Write(elementText(b))
		out.WriteByte('\n')
		return
	}
	startTag(out, b.Type, b.ID, w.attributes(b, nil))
	nulls := w.nullFields(b)
	switch {
	case len(b.Body) == 0 && len(b.Children) == 0 && nulls == "":
		out.WriteString("/>\n")
		return
	case b.Type == "html" || noXML[b.Type]:
		out.WriteString("><![CDATA[\n" + strings.ReplaceAll(string(b.Body), "]]>", "]]]]><![CDATA[>") + "\n]]>")
	case !course.Containers[b.Type]:
		out.WriteString(">" + nulls)
		out.Write(b.Body)
	default:
		out.WriteString(">\n" + nulls)
		for _, c := range b.Children {
			w.whole(out, c, indent+"  ")
		}
		if len(b.Body) > 0 && wellFormed(b) {
			out.Write(b.Body)
			out.WriteByte('\n')
		}
		out.WriteString(indent)
	}
	out.WriteString("</" + b.Type + ">\n")
}
