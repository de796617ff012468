package capa

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// tidyMessage turns what author code gave as a message into balanced markup.
// Messages are read leniently: what is no tag is text, what is left open is
// closed. A message that is false in Python is none.
func tidyMessage(v pyValue) string {
	if !v.truth() {
		return ""
	}
	return strings.TrimSpace(tidy(v.str()))
}

// opaque elements hold text that is no markup: as it stands, or (the last two)
// with entities.
var opaque = []string{"script", "style", "iframe", "noembed", "noframes", "xmp", "textarea", "title"}

func tidy(markup string) string {
	z := html.NewTokenizer(strings.NewReader(markup))
	var sb strings.Builder
	var open []string
	closeTo := func(depth int) {
		for len(open) > depth {
			sb.WriteString("</" + open[len(open)-1] + ">")
			open = open[:len(open)-1]
		}
	}
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			closeTo(0)
			return sb.String()
		}
		switch t := z.Token(); kind {
		case html.TextToken:
			if len(open) > 0 && slices.Contains(opaque[:len(opaque)-2], open[len(open)-1]) {
				sb.WriteString(t.Data)
				continue
			}
			_, _ = textEscaper.WriteString(&sb, t.Data)
		case html.StartTagToken, html.SelfClosingTagToken:
			if t.Data == "html" || t.Data == "body" || t.Data == "plaintext" || len(open) >= maxDepth {
				continue
			}
			writeTag(&sb, t)
			switch {
			case void[t.Data]:
			case kind == html.SelfClosingTagToken && !slices.Contains(opaque, t.Data):
				sb.WriteString("</" + t.Data + ">")
			default:
				open = append(open, t.Data)
			}
		case html.EndTagToken:
			for i, tag := range slices.Backward(open) {
				if tag == t.Data {
					closeTo(i)
					break
				}
			}
		default: // comments and declarations
		}
	}
}

// writeTag writes the opening tag of an element, once each attribute.
func writeTag(sb *strings.Builder, t html.Token) {
	sb.WriteString("<" + t.Data)
	for i, a := range t.Attr {
		if slices.ContainsFunc(t.Attr[:i], func(b html.Attribute) bool { return b.Key == a.Key }) || strings.ContainsAny(a.Key, "<\"'") {
			continue
		}
		sb.WriteString(" " + a.Key + `="`)
		_, _ = attrEscaper.WriteString(sb, a.Val)
		sb.WriteByte('"')
	}
	if void[t.Data] {
		sb.WriteByte('/')
	}
	sb.WriteByte('>')
}
