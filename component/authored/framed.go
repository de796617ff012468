package authored

import "strings"

// Framed is authored text as it stands in the document of a frame that has no origin of ours: links resolved and keywords filled, nothing
// taken away. Written anywhere else it would run with our rights.
func (s Source) Framed(text string) string {
	if text == "" {
		return ""
	}
	return s.fill(s.Resolve(text))
}

// FramedTag is the opening and the closing tag of an author's element in the document of a frame. attrs come in pairs of name and value.
func (s Source) FramedTag(name string, attrs ...string) (opening, closing string) {
	opening = s.Framed(openingTag(name, attrs))
	if voidTags[name] {
		return opening, ""
	}
	return opening, "</" + name + ">"
}

// ActiveTag reports whether an element of the given name and attributes, in pairs of name and value, is [Active].
func ActiveTag(name string, attrs []string, hosts ...string) bool {
	return Active(openingTag(name, attrs), hosts...)
}

func openingTag(name string, attrs []string) string {
	var b strings.Builder
	b.WriteString("<" + name)
	for i := 0; i+1 < len(attrs); i += 2 {
		b.WriteString(" " + attrs[i] + `="` + escape(attrs[i+1]) + `"`)
	}
	b.WriteString(">")
	return b.String()
}

// voidTags have no content and no end.
var voidTags = map[string]bool{
	"area": true, "base": true, "br": true, "col": true, "embed": true, "hr": true, "img": true, "input": true, "link": true, "meta": true,
	"param": true, "source": true, "track": true, "wbr": true,
}
