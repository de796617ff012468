package authored

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// balanced reports whether every element of clean markup is closed where it should be, so that browsers open and close
// nothing of the page around it.
func balanced(clean string) bool {
	var open []string
	z := html.NewTokenizer(strings.NewReader(clean))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return len(open) == 0
		case html.StartTagToken:
			if name, _ := z.TagName(); !void[string(name)] {
				open = append(open, string(name))
			}
		case html.SelfClosingTagToken:
			// Browsers take <div/> for <div>; only drawings and formulas may close themselves.
			if name, _ := z.TagName(); !void[string(name)] && (!foreign[string(name)] || !inForeign(open)) {
				return false
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			if len(open) == 0 || open[len(open)-1] != string(name) {
				return false
			}
			open = open[:len(open)-1]
		default:
		}
	}
}

func inForeign(open []string) bool {
	for _, name := range open {
		if name == "svg" || name == "math" {
			return true
		}
	}
	return false
}

// void elements have no end.
var void = map[string]bool{
	"area": true, "base": true, "br": true, "col": true, "embed": true, "hr": true, "img": true, "input": true, "link": true,
	"meta": true, "param": true, "source": true, "track": true, "wbr": true,
}

// foreign are the elements of drawings and formulas that are no elements of HTML too.
var foreign = func() map[string]bool {
	out := map[string]bool{}
	for _, tags := range [][]string{mathTags, drawingTags} {
		for _, tag := range tags {
			out[strings.ToLower(tag)] = tag != "title" && tag != "svg" && tag != "math"
		}
	}
	return out
}()

// repair closes what was left open and drops what closes nothing, as browsers understand the text.
func repair(clean string) string {
	nodes, err := html.ParseFragment(strings.NewReader(clean), &html.Node{Type: html.ElementNode, DataAtom: atom.Div, Data: "div"})
	if err != nil {
		return escape(clean)
	}
	var b strings.Builder
	for _, n := range nodes {
		if err := html.Render(&b, n); err != nil {
			return escape(clean)
		}
	}
	return b.String()
}
