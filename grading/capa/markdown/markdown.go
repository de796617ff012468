// Package markdown turns the text of the simple problem editor into problem XML.
//
// In: text in the editor's Markdown. Out: the source of a <problem>. Nothing is escaped and nothing refused: what the author
// wrote stands in the result as it is, so that prose with a bare "<" gives a source that does not parse, with a line to find it.
package markdown

import (
	"regexp"
	"slices"
	"strings"
)

// Convert returns the problem XML of a Markdown text. Sections are divided by lines "---"; the hints on demand of all
// sections are gathered at the end.
func Convert(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text, hints := takeHints(text)
	var parts []string
	for _, section := range sections(text) {
		parts = append(parts, convertSection(section))
	}
	var out strings.Builder
	out.WriteString("<problem>\n")
	out.WriteString(strings.Join(parts, "\n\n"))
	if len(hints) > 0 {
		out.WriteString("\n<demandhint>\n")
		for _, h := range hints {
			out.WriteString("  <hint>" + h + "</hint>\n")
		}
		out.WriteString("</demandhint>")
	}
	out.WriteString("\n</problem>\n")
	return out.String()
}

var demandHint = regexp.MustCompile(`(?m)^[ \t]*\|\|(.*?)\|\|[ \t]*$\n?`)

// takeHints takes the hints on demand out of a text.
func takeHints(text string) (rest string, hints []string) {
	for _, m := range demandHint.FindAllStringSubmatch(text, -1) {
		if h := strings.TrimSpace(m[1]); h != "" {
			hints = append(hints, h)
		}
	}
	return demandHint.ReplaceAllString(text, ""), hints
}

// sections divides a text at its lines "---".
func sections(text string) []string {
	var out []string
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if strings.TrimRight(line, " \t") == "---" {
			out = append(out, strings.Join(lines, "\n"))
			lines = nil
			continue
		}
		lines = append(lines, line)
	}
	return append(out, strings.Join(lines, "\n"))
}

var (
	underline = regexp.MustCompile(`^==+[ \t]*$`)
	braces    = regexp.MustCompile(`(?s)\{\{.*?\}\}`)
	brokenAt  = regexp.MustCompile(`[ \t]*\n[ \t]*`)
	question  = regexp.MustCompile(`(?s)>>(.*?)<<`)
	explained = regexp.MustCompile(`(?is)\[explanation\]\n?(.*?)\[/?explanation\]`)
	code      = regexp.MustCompile(`(?is)\[code\]\n?(.*?)\[/?code\]`)
)

// convertSection converts one section: first what spans lines, then the lines.
func convertSection(text string) string {
	text = braces.ReplaceAllStringFunc(text, func(s string) string { return brokenAt.ReplaceAllString(s, " ") })
	text = question.ReplaceAllStringFunc(text, func(s string) string {
		label, tip, ok := strings.Cut(s[2:len(s)-2], "||")
		out := "<label>" + label + "</label>"
		if ok {
			out += "\n<description>" + tip + "</description>"
		}
		return out
	})
	text = explained.ReplaceAllString(text, "<solution>\n<div class=\"detailed-solution\">\nExplanation\n\n$1\n</div>\n</solution>\n")
	text = code.ReplaceAllString(text, "<pre><code>$1</code></pre>\n")
	r := reader{lines: strings.Split(text, "\n")}
	r.read()
	return join(r.pieces)
}

// piece is one line or one response of a section, converted.
type piece struct {
	text     string
	response *response
}

// response is a converted question: the element's opening tag, what is in it, and its closing tag.
type response struct {
	open, body, close string
}

var responseTag = regexp.MustCompile(`<[a-zA-Z]+response[\s>/]`)

// join puts pieces together. A section with exactly one response becomes that response, with all that stands around it inside.
func join(pieces []piece) string {
	var one *response
	at, count := 0, 0
	for i, p := range pieces {
		if p.response != nil {
			one, at = p.response, i
			count++
			continue
		}
		count += len(responseTag.FindAllString(p.text, -1))
	}
	if count != 1 || one == nil {
		lines := make([]string, len(pieces))
		for i, p := range pieces {
			lines[i] = p.text
			if p.response != nil {
				lines[i] = p.response.open + "\n" + p.response.body + p.response.close
			}
		}
		return strings.Join(lines, "\n")
	}
	around := func(pieces []piece) string {
		var out strings.Builder
		for _, p := range pieces {
			if strings.TrimSpace(p.text) != "" {
				out.WriteString(p.text + "\n")
			}
		}
		return out.String()
	}
	return one.open + "\n" + around(pieces[:at]) + one.body + around(pieces[at+1:]) + one.close
}

// reader goes through the lines of a section.
type reader struct {
	lines  []string
	at     int
	pieces []piece
	plain  string // the element whose text is left as it is, "" outside of one
	open   bool   // no dropdown is closed from here on: looking for the end once more would take as long again
}

var (
	radioLine    = regexp.MustCompile(`^\s*\((.{0,3})\)(.*)$`)
	checkboxLine = regexp.MustCompile(`^\s*\[(.?)\](.*)$`)
	compoundLine = regexp.MustCompile(`^\s*\{\{\s*\(\((.*?)\)\)(.*?)\}\}\s*$`)
	answerLine   = regexp.MustCompile(`^\s*(s?)=(\|?)(.*)$`)
	plainTag     = regexp.MustCompile(`<(/?)(script|pre|label|description)\b[^>]*?(/?)>`)
)

func (r *reader) read() {
	for r.at < len(r.lines) {
		line := r.lines[r.at]
		switch {
		case r.plain != "":
			r.keep(line)
		case r.at+1 < len(r.lines) && strings.TrimSpace(line) != "" && underline.MatchString(r.lines[r.at+1]):
			r.keep(`<h3 class="hd hd-2 problem-header">` + line + `</h3>`)
			r.at++
		case strings.HasPrefix(strings.TrimSpace(line), "[["):
			r.dropdown()
		case radioLine.MatchString(line):
			r.radio()
		case checkboxLine.MatchString(line):
			r.checkboxes()
		case answerLine.MatchString(line):
			r.answer()
		default:
			r.keep(paragraph(line))
		}
	}
}

// paragraph wraps prose. A line that begins with a tag is markup already.
func paragraph(line string) string {
	if text := strings.TrimSpace(line); text == "" || strings.HasPrefix(text, "<") {
		return line
	}
	return "<p>" + line + "</p>"
}

// keep takes a line as it is, and notes whether it opens or closes an element whose text is not to be touched.
func (r *reader) keep(line string) {
	for _, m := range plainTag.FindAllStringSubmatch(line, -1) {
		switch {
		case m[3] != "":
		case m[1] != "" && m[2] == r.plain:
			r.plain = ""
		case m[1] == "" && r.plain == "":
			r.plain = m[2]
		}
	}
	r.pieces = append(r.pieces, piece{text: line})
	r.at++
}

// take collects the lines from here on that match one of the patterns; blank lines between them are passed over.
func (r *reader) take(patterns ...*regexp.Regexp) []string {
	var out []string
	for i := r.at; i < len(r.lines); i++ {
		line := r.lines[i]
		if strings.TrimSpace(line) == "" {
			continue
		}
		if !slices.ContainsFunc(patterns, func(p *regexp.Regexp) bool { return p.MatchString(line) }) {
			break
		}
		out = append(out, line)
		r.at = i + 1
	}
	return out
}

func (r *reader) respond(open, body, name string) {
	r.pieces = append(r.pieces, piece{response: &response{open: open, body: body, close: "</" + name + ">"}})
}

var hintPattern = regexp.MustCompile(`^(.*?)\s*\{\{(.*?)\}\}\s*$`)

// cutHint divides "text {{label:: hint}}".
func cutHint(line string) (text, label, hint string, ok bool) {
	m := hintPattern.FindStringSubmatch(line)
	if m == nil {
		return strings.TrimSpace(line), "", "", false
	}
	label, hint = cutLabel(m[2])
	return strings.TrimSpace(m[1]), label, hint, true
}

func cutLabel(s string) (label, text string) {
	if before, after, ok := strings.Cut(s, "::"); ok {
		return strings.TrimSpace(before), strings.TrimSpace(after)
	}
	return "", strings.TrimSpace(s)
}

// element writes a hint element.
func element(name, attributes, label, text string) string {
	if label != "" {
		attributes += ` label="` + label + `"`
	}
	if text == "" {
		return "<" + name + attributes + "/>"
	}
	return "<" + name + attributes + ">" + text + "</" + name + ">"
}

func (r *reader) radio() {
	var choices strings.Builder
	shuffle := ""
	for _, line := range r.take(radioLine) {
		m := radioLine.FindStringSubmatch(line)
		fixed := ""
		if strings.Contains(m[1], "!") {
			shuffle = ` shuffle="true"`
		}
		if strings.Contains(m[1], "@") {
			fixed = ` fixed="true"`
		}
		correct := "false"
		if strings.ContainsAny(m[1], "xX") {
			correct = "true"
		}
		text, label, hint, ok := cutHint(m[2])
		if ok {
			text += " " + element("choicehint", "", label, hint) + "\n"
		}
		choices.WriteString(`    <choice correct="` + correct + `"` + fixed + `>` + text + "</choice>\n")
	}
	r.respond("<multiplechoiceresponse>", `  <choicegroup type="MultipleChoice"`+shuffle+">\n"+choices.String()+"  </choicegroup>\n", "multiplechoiceresponse")
}

var (
	boxHints = regexp.MustCompile(`^(.*?)\s*\{\{\s*(.*?)\s*\}\}\s*$`)
	boxHint  = regexp.MustCompile(`(?i)\{?\s*(selected|s|unselected|u)\s*:\s*(.*?)\s*(?:\}|$)`)
	boxWhole = regexp.MustCompile(`(?i)^\{?\s*(?:selected|s|unselected|u)\s*:`)
)

func (r *reader) checkboxes() {
	var choices strings.Builder
	for _, line := range r.take(checkboxLine, compoundLine) {
		if m := compoundLine.FindStringSubmatch(line); m != nil {
			label, hint := cutLabel(m[2])
			choices.WriteString("    " + element("compoundhint", ` value="`+strings.TrimSpace(m[1])+`"`, label, hint) + "\n")
			continue
		}
		m := checkboxLine.FindStringSubmatch(line)
		correct := "false"
		if m[1] == "x" || m[1] == "X" {
			correct = "true"
		}
		text := strings.TrimSpace(m[2])
		if h := boxHints.FindStringSubmatch(m[2]); h != nil && boxWhole.MatchString(h[2]) {
			text = strings.TrimSpace(h[1])
			var hints [2]string
			for _, one := range boxHint.FindAllStringSubmatch(h[2], -1) {
				label, hint := cutLabel(one[2])
				if strings.HasPrefix(strings.ToLower(one[1]), "s") {
					hints[0] += "\n      " + element("choicehint", ` selected="true"`, label, hint)
				} else {
					hints[1] += "\n      " + element("choicehint", ` selected="false"`, label, hint)
				}
			}
			text += hints[0] + hints[1] + "\n"
		}
		choices.WriteString(`    <choice correct="` + correct + `">` + text + "</choice>\n")
	}
	r.respond("<choiceresponse>", "  <checkboxgroup>\n"+choices.String()+"  </checkboxgroup>\n", "choiceresponse")
}

// dropdown reads [[a, (b), c]], or one option a line up to the closing brackets.
func (r *reader) dropdown() {
	end := r.at
	for end < len(r.lines) && !r.open && !strings.Contains(r.lines[end], "]]") {
		end++
	}
	if r.open = r.open || end == len(r.lines); r.open { // never closed: prose
		r.keep(paragraph(r.lines[r.at]))
		return
	}
	whole := strings.TrimSpace(strings.Join(r.lines[r.at:end+1], "\n"))
	inside, after, _ := strings.Cut(strings.TrimPrefix(whole, "[["), "]]")
	oneLine := r.at == end
	r.at = end + 1
	if oneLine {
		r.oldDropdown(inside)
	} else {
		r.options(inside)
	}
	if after = strings.TrimSpace(after); after != "" {
		r.pieces = append(r.pieces, piece{text: paragraph(after)})
	}
}

func (r *reader) oldDropdown(inside string) {
	var options []string
	correct := ""
	for option := range strings.SplitSeq(inside, ",") {
		option = strings.TrimSpace(option)
		if chosen, ok := bracketed(option); ok {
			option, correct = chosen, chosen
		}
		options = append(options, "'"+option+"'")
	}
	r.respond("<optionresponse>", `  <optioninput options="(`+strings.Join(options, ",")+`)" correct="`+correct+"\"/>\n", "optionresponse")
}

func (r *reader) options(inside string) {
	var out strings.Builder
	for line := range strings.SplitSeq(inside, "\n") {
		line = strings.TrimSuffix(strings.TrimSpace(line), ",")
		if line == "" {
			continue
		}
		text, label, hint, hinted := cutHint(line)
		text = strings.TrimSpace(strings.TrimSuffix(text, ","))
		correct := "False"
		if chosen, ok := bracketed(text); ok {
			text, correct = chosen, "True"
		}
		if hinted {
			text += " " + element("optionhint", "", label, hint) + "\n"
		}
		out.WriteString(`    <option correct="` + correct + `">` + text + "</option>\n")
	}
	r.respond("<optionresponse>", "  <optioninput>\n"+out.String()+"  </optioninput>\n", "optionresponse")
}

func bracketed(s string) (string, bool) {
	if len(s) >= 2 && s[0] == '(' && s[len(s)-1] == ')' {
		return strings.TrimSpace(s[1 : len(s)-1]), true
	}
	return "", false
}
