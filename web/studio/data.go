package studio

import (
	"encoding/json"
	"encoding/xml"
	"strings"

	"lyceum/authoring/draft"
	"lyceum/component/problem"
	"lyceum/course"
)

// dataOf is the text of a block as clients know it: of a problem the whole element, of others what they hold.
func dataOf(b *course.Block) string {
	if b.Type == "problem" {
		return string(problem.Source(b))
	}
	return string(b.Body)
}

// setData puts a text as clients know it into an update, the inverse of dataOf. What is no element of a problem is kept as it is, for its
// author to mend: it is shown, and not published.
func setData(schemas map[string]course.Schema, op *draft.Update, data string) {
	body := []byte(data)
	op.Body = &body
	if op.Block.Type != "problem" {
		return
	}
	d := xml.NewDecoder(strings.NewReader(data))
	token, err := d.RawToken()
	for err == nil {
		if _, ok := token.(xml.StartElement); ok {
			break
		}
		token, err = d.RawToken()
	}
	start, ok := token.(xml.StartElement)
	if err != nil || !ok || start.Name.Space != "" || start.Name.Local != "problem" {
		return
	}
	from, end := int(d.InputOffset()), strings.LastIndex(data, "</problem")
	switch {
	case end >= from && strings.Trim(data[end+len("</problem"):], " \t\r\n>") == "":
		body = []byte(data[from:end])
	case strings.HasSuffix(data[:from], "/>") && strings.TrimSpace(data[from:]) == "":
		body = nil
	default:
		return
	}
	op.Attrs = map[string]string{}
	for _, a := range start.Attr {
		name := a.Name.Local
		if a.Name.Space != "" {
			name = a.Name.Space + ":" + name
		}
		if _, known := schemas["problem"].Field(name); known {
			if op.Set == nil {
				op.Set = course.Fields{}
			}
			op.Set[name] = attribute(schemas["problem"], name, a.Value)
		} else if name != "url_name" {
			op.Attrs[name] = a.Value
		}
	}
}

// attribute reads a setting that is written as an attribute.
func attribute(schema course.Schema, name, text string) course.Value {
	f, ok := schema.Field(name)
	if ok && f.Type != course.TypeText {
		if v, err := course.ParseValue([]byte(text)); err == nil {
			return v
		}
	}
	return course.Text(text)
}

// metadata are settings as JSON.
type metadata map[string]json.RawMessage

// metadataOf are the settings a block has set itself, content apart.
func metadataOf(schemas map[string]course.Schema, b *course.Block) metadata {
	out := metadata{}
	schema := schemas[b.Type]
	for name, v := range b.Fields {
		if f, ok := schema.Field(name); ok && f.Scope == course.ScopeContent {
			continue
		}
		out[name] = json.RawMessage(v)
	}
	return out
}

// graderOf is the assignment type of a subsection, "notgraded" when it has none.
func graderOf(b *course.Block) string {
	graded, _ := b.Fields["graded"].Bool()
	if format, ok := b.Fields["format"].Text(); ok && graded && format != "" {
		return format
	}
	return "notgraded"
}
