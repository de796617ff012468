package markdown

import (
	"regexp"
	"strings"
)

var (
	moreLine  = regexp.MustCompile(`^\s*or=(.*)$`)
	wrongLine = regexp.MustCompile(`^\s*not=(.*)$`)
	letters   = regexp.MustCompile(`[a-df-zA-DF-Z]`)
	numeral   = regexp.MustCompile(`^[+-]?(\d|\.\d)`)
	tolerance = regexp.MustCompile(`^(.*?)\+-(.*)$`)
)

// answer reads "= answer" with the lines "or=" and "not=" that follow it: a number where the first answer is one, else a text.
func (r *reader) answer() {
	first := answerLine.FindStringSubmatch(r.lines[r.at])
	r.at++
	more := r.take(moreLine, wrongLine)
	text, label, hint, hinted := cutHint(first[3])
	if first[1] == "" && first[2] == "" && isNumber(text) {
		r.number(text, label, hint, hinted, more)
		return
	}
	kind := "ci"
	if first[2] != "" {
		kind = "ci regexp"
	}
	var body strings.Builder
	if hinted {
		body.WriteString("  " + element("correcthint", "", label, hint) + "\n")
	}
	for _, line := range more {
		if m := wrongLine.FindStringSubmatch(line); m != nil {
			text, label, hint, _ := cutHint(m[1])
			body.WriteString("  " + element("stringequalhint", ` answer="`+text+`"`, label, hint) + "\n")
			continue
		}
		body.WriteString(additional(moreLine.FindStringSubmatch(line)[1]))
	}
	body.WriteString("  <textline size=\"20\"/>\n")
	r.respond(`<stringresponse answer="`+text+`" type="`+kind+`">`, body.String(), "stringresponse")
}

// additional writes one more right answer.
func additional(line string) string {
	text, label, hint, hinted := cutHint(line)
	if !hinted {
		return `  <additional_answer answer="` + text + "\"/>\n"
	}
	return `  <additional_answer answer="` + text + `">` + element("correcthint", "", label, hint) + "\n</additional_answer>\n"
}

func (r *reader) number(text, label, hint string, hinted bool, more []string) {
	var body strings.Builder
	value := text
	if m := tolerance.FindStringSubmatch(text); m != nil {
		value = strings.TrimSpace(m[1])
		body.WriteString(`  <responseparam type="tolerance" default="` + strings.TrimSpace(m[2]) + "\"/>\n")
	}
	for _, line := range more {
		// Of the alternatives only plain numbers can be kept: they have neither a range nor a tolerance.
		m := moreLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		if other, _, _, _ := cutHint(m[1]); isNumber(other) && !isRange(other) && !strings.Contains(other, "+-") {
			body.WriteString(additional(m[1]))
		}
	}
	body.WriteString("  <formulaequationinput/>\n")
	if hinted {
		body.WriteString("  " + element("correcthint", "", label, hint) + "\n")
	}
	r.respond(`<numericalresponse answer="`+value+`">`, body.String(), "numericalresponse")
}

// isNumber holds for what has no letters but an exponent's and begins like a number, and for ranges of such.
func isNumber(s string) bool {
	if letters.MatchString(s) {
		return false
	}
	return isRange(s) || numeral.MatchString(s)
}

func isRange(s string) bool {
	return len(s) > 2 && strings.ContainsRune("[(", rune(s[0])) && strings.ContainsRune("])", rune(s[len(s)-1])) && strings.Contains(s, ",")
}
