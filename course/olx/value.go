package olx

import (
	"bytes"
	"encoding/json"
	"strings"

	"lyceum/course"
)

// maxJSONDepth bounds how deep JSON in attributes and policy files may nest.
const maxJSONDepth = 100

// readAttr understands an attribute of a known field: JSON when it parses to null or to something that fits the field,
// else the text as it stands. In blocks that write text without quotes (pure), a text field is taken literally.
func readAttr(f course.Field, s string, pure bool) course.Value {
	if pure && f.Type == course.TypeText {
		return course.Text(s)
	}
	v, ok := parseJSON([]byte(s))
	if ok && (v.IsNull() || fits(f.Type, v)) {
		return v
	}
	return course.Text(s)
}

// writeAttr is the inverse of readAttr: reading what it returns gives v again. ok is false for the few values no
// attribute can carry; text is then the nearest that one can.
func writeAttr(f course.Field, v course.Value, pure bool) (text string, ok bool) {
	candidates := []string{spaced(v)}
	if s, isText := textOf(v); isText {
		candidates = []string{s, string(v)}
	} else if pure {
		candidates = []string{indented(v)}
	}
	for _, c := range candidates {
		if strings.IndexFunc(c, isForbidden) < 0 && readAttr(f, c, pure) == v {
			return c, true
		}
	}
	return candidates[0], false
}

// fromPolicy understands a value of policy.json, which is native JSON. What an attribute could not carry is brought to
// the form it would have after one export and import, so that a course does not change on its way.
func fromPolicy(f course.Field, v course.Value, pure bool) course.Value {
	if s, isText := textOf(v); isText && f.Type != course.TypeText {
		if r := readAttr(f, s, pure); r.IsNull() || !isTextual(f.Type) || r[0] == '"' {
			v = r
		}
	}
	if s, ok := writeAttr(f, v, pure); !ok && !v.IsNull() {
		return readAttr(f, s, pure)
	}
	return v
}

// fits reports whether a JSON value is one a field of type t may hold.
func fits(t course.FieldType, v course.Value) bool {
	c := v[0]
	number := c == '-' || (c >= '0' && c <= '9')
	switch t {
	case course.TypeText, course.TypeReference:
		return c == '"'
	case course.TypeBool:
		return v == "true" || v == "false"
	case course.TypeInt, course.TypeFloat:
		return number
	case course.TypeDate, course.TypeTimedelta, course.TypeRelativeTime:
		return number || c == '"'
	case course.TypeList, course.TypeReferenceList:
		return c == '['
	case course.TypeMap, course.TypeReferenceMap:
		return c == '{'
	case course.TypeAny:
		return true
	}
	return false
}

func isTextual(t course.FieldType) bool {
	switch t {
	case course.TypeText, course.TypeReference, course.TypeDate, course.TypeTimedelta, course.TypeRelativeTime:
		return true
	default:
		return false
	}
}

func textOf(v course.Value) (string, bool) {
	if v == "" || v[0] != '"' {
		return "", false
	}
	return v.Text()
}

// spaced writes compact JSON with a space after commas and colons, as the tools do that wrote most courses.
func spaced(v course.Value) string {
	var b strings.Builder
	quoted := false
	for i := 0; i < len(v); i++ {
		b.WriteByte(v[i])
		switch {
		case quoted && v[i] == '\\':
			i++
			b.WriteByte(v[i])
		case v[i] == '"':
			quoted = !quoted
		case !quoted && (v[i] == ',' || v[i] == ':'):
			b.WriteByte(' ')
		}
	}
	return b.String()
}

func indented(v course.Value) string {
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(v), "", "  "); err != nil {
		return string(v)
	}
	return b.String()
}

// parseJSON reads one JSON value within the depth limit.
func parseJSON(text []byte) (course.Value, bool) {
	if jsonDepth(text) > maxJSONDepth {
		return "", false
	}
	v, err := course.ParseValue(text)
	return v, err == nil
}

// jsonDepth is how deep brackets nest in text, strings left out.
func jsonDepth(text []byte) int {
	depth, deepest, quoted := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			depth++
			deepest = max(deepest, depth)
		case c == ']' || c == '}':
			depth--
		}
	}
	return deepest
}
