package capa

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// bounded runs do, which must take neither long nor much memory. The bounds leave a busy machine time: what is tested here took minutes, or
// all memory there is, before it was bounded.
func bounded(t *testing.T, most time.Duration, megabytes uint64, do func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := time.Now()
	do()
	took := time.Since(began)
	runtime.ReadMemStats(&after)
	if took > most {
		t.Errorf("took %v", took)
	}
	if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > megabytes {
		t.Errorf("took %d MB of memory", used)
	}
	t.Logf("%v, %d MB", took, (after.TotalAlloc-before.TotalAlloc)>>20)
}

// TestHostileSources reads and shows sources that are as bad as their size allows.
func TestHostileSources(t *testing.T) {
	const size = 4 << 20
	fill := func(piece string) string { return strings.Repeat(piece, size/len(piece)) }
	spaces := ""
	for depth := range 250 {
		spaces += "<a"
		for n := range 200 {
			spaces += fmt.Sprintf(` xmlns:n%dx%d=""`, depth, n)
		}
		spaces += ">"
	}
	for name, source := range map[string]string{
		"comments":        "<problem><p>" + fill("a<!---->") + "</p></problem>",
		"sections":        "<problem><p/>" + fill("<![CDATA[a]]>") + "</problem>",
		"scripts":         "<problem>" + fill(`<script type="text/python">a</script>`) + "</problem>",
		"elements":        "<problem>" + fill("<b>x</b>") + "</problem>",
		"nested":          "<problem>" + strings.Repeat("<b>", 250) + fill("x") + strings.Repeat("</b>", 250) + "</problem>",
		"nested widely":   "<problem>" + strings.Repeat("<b>", 250) + fill("<i>x</i>") + strings.Repeat("</b>", 250) + "</problem>",
		"in choices":      "<problem><choiceresponse><checkboxgroup><choice correct='true'>" + strings.Repeat("<b>", 240) + fill("<i>x</i>") + strings.Repeat("</b>", 240) + "</choice></checkboxgroup></choiceresponse></problem>",
		"choices":         "<problem><choiceresponse><checkboxgroup>" + fill("<choice correct='true'>a</choice>") + "</checkboxgroup></choiceresponse></problem>",
		"options":         "<problem><optionresponse><optioninput correct='a' options=\"(" + strings.Repeat("'a',", 1<<17) + "'b')\"/></optionresponse></problem>",
		"questions":       "<problem>" + strings.Repeat("<label>x</label><stringresponse answer='a'><textline/></stringresponse>", 1999) + fill("<b/>") + "</problem>",
		"nested labels":   "<problem>" + strings.Repeat("<stringresponse answer='a'><description>", 120) + "<textline/>" + strings.Repeat("</description></stringresponse>", 120) + "</problem>",
		"name spaces":     "<problem>" + spaces + strings.Repeat("<n249x199:b/>", 100_000) + strings.Repeat("</a>", 250) + "</problem>",
		"hints":           "<problem><stringresponse answer='a'><textline/>" + fill("<stringequalhint answer='b'>h</stringequalhint>") + "</stringresponse></problem>",
		"solutions":       "<problem>" + fill("<solution>s</solution>") + "</problem>",
		"feedback":        "<problem>" + strings.Repeat("<multiplechoiceresponse targeted-feedback=''><choicegroup><choice correct='true' explanation-id='x'>a</choice></choicegroup></multiplechoiceresponse>", 1000) + "<targetedfeedbackset>" + strings.Repeat("<targetedfeedback explanation-id='x'>t</targetedfeedback>", 20_000) + "</targetedfeedbackset></problem>",
		"answers in text": "<problem>" + strings.Repeat("startouttext/", size/13) + "</problem>",
	} {
		t.Run(name, func(t *testing.T) {
			bounded(t, 20*time.Second, 2000, func() {
				p, err := Parse([]byte(source))
				if err != nil {
					t.Logf("refused: %.200v", err)
					return
				}
				p.Defects()
				in, err := p.Instantiate(t.Context(), Options{Seed: 1, Runner: fakeRunner{globals: `{}`}})
				if err != nil {
					t.Logf("refused: %.200v", err)
					return
				}
				in.View(ViewState{})
				if _, err := in.Check(t.Context(), Answers{"2_1": Text("b"), "3_1": Text("b")}, nil); err != nil {
					t.Logf("refused: %.200v", err)
				}
				in.Answers()
			})
		})
	}
}

// TestHostileNames puts variables into a text that would not fit into memory.
func TestHostileNames(t *testing.T) {
	laughs := `"x":"` + strings.Repeat("ha", 50) + `"`
	for n := range 9 {
		laughs += fmt.Sprintf(`,"%s":"%s"`, strings.Repeat("x", n+2), strings.Repeat("$"+strings.Repeat("x", n+1), 10))
	}
	for name, c := range map[string]struct{ globals, text string }{
		"many":   {`{"x":"` + strings.Repeat("a", 1<<20) + `"}`, strings.Repeat("$x ", 100_000)},
		"laughs": {"{" + laughs + "}", "$xxxxxxxxxx"},
		"pieces": {`{"x":"` + strings.Repeat("a", 1<<20) + `"}`, strings.Repeat("<b>$x<clarification>$x</clarification></b>", 10_000)},
	} {
		t.Run(name, func(t *testing.T) {
			bounded(t, 20*time.Second, 1000, func() {
				p, err := Parse([]byte(`<problem><script type="text/python">x</script><p>` + c.text + `</p><customresponse cfn="f" expect="$x"><textline/></customresponse></problem>`))
				if err != nil {
					t.Fatal(err)
				}
				in, err := p.Instantiate(t.Context(), Options{Seed: 1, Runner: fakeRunner{globals: c.globals}})
				if err != nil {
					t.Logf("refused: %v", err)
					return
				}
				in.View(ViewState{})
				in.Answers()
			})
		})
	}
}

// TestHostilePatterns tries patterns that would take for ever.
func TestHostilePatterns(t *testing.T) {
	long := strings.Repeat("a", maxSubject)
	for name, source := range map[string]string{
		"many states":    strings.Repeat("(?:.?){1000}", 300) + "b$",
		"classes":        strings.Repeat(`[\w\s]{0,1000}`, 250) + "!$",
		"nested repeats": "((a{1,30}){1,30}b)?$",
		"look-ahead":     "(?=(a+)+$)(a+)+b",
		"back-reference": `(a*)*\1b`,
		"alternatives":   "(a|a|aa|aaa)+b",
		"long":           strings.Repeat("(a|b)?", 600) + "c",
		"deep":           strings.Repeat("(", 2000) + strings.Repeat(")", 2000),
		"huge repeat":    "((((a{1000}){1000}){1000}){1000})",
	} {
		t.Run(name, func(t *testing.T) {
			bounded(t, 10*time.Second, 500, func() {
				p, err := compilePattern(source, true)
				if err != nil {
					t.Logf("refused: %v", err)
					return
				}
				_, err = p.search(long)
				t.Logf("search: %v, linear %v", err, p.linear != nil)
			})
		})
	}
}
