package capa

import "strings"

// dropped elements are never shown, content included.
var dropped = map[string]bool{
	"additional_answer": true, "codeparam": true, "responseparam": true, "answer": true,
	"script": true, "hintgroup": true, "openendedparam": true, "openendedrubric": true,
}

// renamed elements become plain HTML and lose their attributes.
var renamed = map[string]string{"problem": "div", "text": "span", "math": "span"}

// withheld elements are part of what the engine draws, but not of the page:
// they hold hints.
var withheld = map[string]bool{
	"demandhint": true, "choicehint": true, "optionhint": true, "stringhint": true,
	"numerichint": true, "correcthint": true, "regexphint": true, "stringequalhint": true,
	"compoundhint": true,
}

var void = map[string]bool{
	"area": true, "base": true, "br": true, "col": true, "embed": true, "hr": true, "img": true,
	"input": true, "link": true, "meta": true, "param": true, "source": true, "track": true, "wbr": true,
}

var (
	textEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	attrEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")
)

// learnerEscaper is for what learners typed, quoted in messages.
var learnerEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#x27;")

func isJavaScript(n *node) bool {
	return n.tag == "script" && strings.Contains(n.get("type"), "javascript")
}

// writeElement writes the element as HTML, without its tail.
func writeElement(sb *strings.Builder, n *node) {
	sb.WriteByte('<')
	sb.WriteString(n.tag)
	for _, a := range n.attrs {
		sb.WriteByte(' ')
		sb.WriteString(a.Name)
		sb.WriteString(`="`)
		_, _ = attrEscaper.WriteString(sb, a.Value)
		sb.WriteByte('"')
	}
	if void[n.tag] {
		sb.WriteString("/>")
		writeChildren(sb, n)
		return
	}
	sb.WriteByte('>')
	if n.tag == "script" || n.tag == "style" {
		sb.WriteString(n.text) // HTML reads it raw
	} else {
		writeChildren(sb, n)
	}
	sb.WriteString("</")
	sb.WriteString(n.tag)
	sb.WriteByte('>')
}

// writeChildren writes what is inside the element.
func writeChildren(sb *strings.Builder, n *node) {
	_, _ = textEscaper.WriteString(sb, n.text)
	for _, c := range n.children {
		writeElement(sb, c)
		_, _ = textEscaper.WriteString(sb, c.tail)
	}
}

// inner is the markup inside the element.
func inner(n *node) string {
	var sb strings.Builder
	writeChildren(&sb, n)
	return sb.String()
}

// outer is the element's markup.
func outer(n *node) string {
	var sb strings.Builder
	writeElement(&sb, n)
	return sb.String()
}

// hintMarkup is the markup a hint element contributes: what is inside, and
// what follows it.
func hintMarkup(n *node) string {
	if n.text == "" && len(n.children) == 0 {
		return ""
	}
	return strings.TrimSpace(strings.TrimSpace(inner(n)) + textEscaper.Replace(n.tail))
}

// choiceMarkup is the markup of a choice without its hints.
func choiceMarkup(n *node) string {
	var sb strings.Builder
	_, _ = textEscaper.WriteString(&sb, n.text)
	for _, c := range n.children {
		if !withheld[c.tag] {
			writeElement(&sb, c)
		}
		_, _ = textEscaper.WriteString(&sb, c.tail)
	}
	return strings.TrimSpace(sb.String())
}
