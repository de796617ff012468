package capa

import (
	"strings"
	"testing"
	"time"
)

// outcome grades one submission: the mark of each input in order, or the kind
// of the error and its message where learners see it.
func outcome(t testing.TB, source string, answers Answers) string {
	t.Helper()
	in := instance(t, "<problem>"+source+"</problem>", Options{Seed: 1})
	result, err := in.Check(t.Context(), answers, nil)
	if err != nil {
		text := KindOf(err).String()
		if KindOf(err).Reported() {
			text += ": " + AsError(err).Message
		}
		return text
	}
	var marks []string
	for _, r := range in.problem.responses {
		for _, i := range r.inputs {
			marks = append(marks, string(result.CorrectMap[i.id].Correctness))
		}
	}
	return strings.Join(marks, " ")
}

func TestFormula(t *testing.T) {
	t.Parallel()
	const input = `<formulaequationinput/></formularesponse>`
	start := func(answer, samples, more string) string {
		return `<formularesponse answer="` + answer + `" samples="` + samples + `" ` + more + `>`
	}
	plain := start("x", "x@1:3#5", "") + input
	tolerance := func(text string) string {
		return start("x", "x@1:3#5", "") + `<responseparam type="tolerance" default="` + text + `"/>` + input
	}
	tests := []struct {
		name, source string
		answer       Answer
		want         string
	}{
		{"right", plain, Text("2*x/2"), "correct"},
		{"wrong in a part of the range", start("abs(x)", "x@-2:18#10", "") + input, Text("x"), "incorrect"},
		{"blank", plain, Text(" "), "incorrect"},
		{"null", plain, Answer{}, "student_input_error: Invalid input: Could not parse 'None' as a formula"},
		{"names shadow constants", start("e*2", "e@10:20#5", "") + input, Text("e+e"), "correct"},
		{"both flags", start("X", "x@1:3#5", `type="cs,ci"`) + input, Text("x"), "correct"},
		{"flags are not trimmed", start("x", "x@1:3#5", `type="ci, cs"`) + input, Text("X"), "correct"},
		{"factorial of what is none", plain, Text("fact(-1)*x"), "student_input_error: Factorial function not permitted in answer for this problem. Provided answer was: fact(-1)*x"},
		{"factorial of a fraction", plain, Text("fact(x)"), "student_input_error: Invalid input: Could not parse 'fact(x)' as a formula"},
		{"other values", plain, Text("abs(2)^-1"), "student_input_error: Invalid input: Could not parse 'abs(2)^-1' as a formula."},
		{"escaped", plain, Text("<b>)x"), "student_input_error: Invalid Input: A closing parenthesis was found after segment &lt;b&gt;, but there is no matching opening parenthesis before it."},
		{"quoted", plain, Text(`<"'&>`), "student_input_error: Invalid input: Could not parse '&lt;&quot;&#x27;&amp;&gt;' as a formula"},
		{"staff's mistake", start("y", "x@1:3#5", "") + input, Text("x"), "student_input_error: Invalid Input: y not permitted in answer as a variable"},
		{"the learner's comes first", start("y", "x@1:3#5", "") + input, Text("z"), "student_input_error: Invalid Input: z not permitted in answer as a variable"},
		{"no samples, parsed", start("x", "x@1:3#0", "") + input, Text("unknown+1"), "correct"},
		{"no samples, not parsed", start("x", "x@1:3#-1", "") + input, Text("x+"), "student_input_error: Invalid input: Could not parse 'x+' as a formula"},
		{"fewer ranges than names", start("x", "x,y@1:3#2", "") + input, Text("x+y"), "student_input_error: Invalid Input: y not permitted in answer as a variable"},
		{"more ranges than names", start("x", "x@1,5:3,6#2", "") + input, Text("x"), "correct"},
		{"blanks in names stay", start("x", "x, y@1,2:3,4#2", "") + input, Text("y"), "student_input_error: Invalid Input: y not permitted in answer as a variable"},
		{"one end", start("x", "x@1#2", "") + input, Text("x"), "engine_error"},
		{"three ends", start("x", "x@1:2:3#2", "") + input, Text("x"), "engine_error"},
		{"end that is no number", start("x", "x@1:a#2", "") + input, Text("x"), "engine_error"},
		{"count that is none", start("x", "x@1:3#two", "") + input, Text("x"), "engine_error"},
		{"no count", start("x", "x@1:3", "") + input, Text("x"), "engine_error"},
		{"far too many", start("x", "x@1:3#1000000000", "") + input, Text("x"), "engine_error"},
		{"infinite range", start("x", "x@1:inf#3", "") + input, Text("x"), "correct"},
		{"tolerance as expression", tolerance("1/2+0.1"), Text("x+0.5"), "correct"},
		{"tolerance in percent", tolerance("1%"), Text("1.02*x"), "incorrect"},
		{"tolerance that is none", tolerance("much"), Text("x"), "engine_error"},
		{"beyond floating point", plain, Text("10^400"), "engine_error"},
	}
	for _, tt := range tests {
		if got := outcome(t, tt.source, Answers{"2_1": tt.answer}); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
	if got := outcome(t, plain, Answers{}); got != "engine_error" {
		t.Errorf("nothing sent: got %s", got)
	}
}

// TestFormulaHints: a condition that cannot be compared is not met.
func TestFormulaHints(t *testing.T) {
	t.Parallel()
	in := instance(t, `<problem><formularesponse answer="x" samples="x@1:3#5"><formulaequationinput/>
<hintgroup mode="on_request"><formulahint name="bad" answer="2*x" samples="x"/><formulahint name="none" answer="2*x"/><formulahint name="unknown" answer="z" samples="x@1:3#5"/>
<formulahint name="double" answer="$f" samples="x@1:3#5"/>
<hintpart on="bad"><text>bad</text></hintpart><hintpart on="none"><text>none</text></hintpart><hintpart on="unknown"><text>unknown</text></hintpart><hintpart on="double"><text>Half of it</text></hintpart></hintgroup></formularesponse>
<script>f</script></problem>`, Options{Seed: 1, Runner: fakeRunner{globals: `{"f":"x+x"}`}})
	for answer, want := range map[string]string{"2*x": "Half of it", "x": "", "3*x": ""} {
		result, err := in.Check(t.Context(), Answers{"2_1": Text(answer)}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if e := result.CorrectMap["2_1"]; e.Hint != want || want != "" && *e.HintMode != "on_request" {
			t.Errorf("%s: got hint %q", answer, e.Hint)
		}
	}
}

// TestFormulaSamples: the same answer meets the same points, each range is
// visited in all its parts, and another answer meets others.
func TestFormulaSamples(t *testing.T) {
	t.Parallel()
	s, err := parseSamples("x,y@0,10:1,20#8")
	if err != nil {
		t.Fatal(err)
	}
	first, again, other := s.draw(1, "a"), s.draw(1, "a"), s.draw(1, "b")
	seen, same := map[int]bool{}, 0
	for i := range first {
		x, y := real(value(t, first[i].Variables[0].Value)), real(value(t, first[i].Variables[1].Value))
		if x < 0 || x > 1 || y < 10 || y > 20 {
			t.Errorf("point %v, %v is outside", x, y)
		}
		seen[int(x*8)] = true
		if x != real(value(t, again[i].Variables[0].Value)) {
			t.Error("the same answer met another point")
		}
		if x == real(value(t, other[i].Variables[0].Value)) {
			same++
		}
	}
	if len(seen) != 8 || same == 8 {
		t.Errorf("got parts %v, %d points the same for another answer", seen, same)
	}
}

func value(t *testing.T, n interface{ Complex128() (complex128, error) }) complex128 {
	t.Helper()
	c, err := n.Complex128()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func FuzzFormula(f *testing.F) {
	for _, s := range []string{"x+1", "fact(13999)*x", "9^9^9", "((x", "x'||y", "1/0", "e^(i*x)", "½"} {
		f.Add(s, "x@1:3#5", "x", "1%")
	}
	f.Add("x", "x,y@-1,2:inf,1e400#3", "x*y", "nan")
	f.Fuzz(func(t *testing.T, answer, points, staff, tolerance string) {
		start := time.Now()
		if len(points) > 200 {
			return
		}
		r := &response{kind: findResponseType("formularesponse"), el: &node{tag: "formularesponse"}}
		x := &expression{response: r, tolerance: tolerance, seed: 1}
		_, err := x.agrees(Text(answer), read(staff), points)
		if err != nil && !KindOf(err).Reported() && KindOf(err) != Engine {
			t.Fatalf("unexpected kind %v", err)
		}
		if d := time.Since(start); d > 5*time.Second {
			t.Fatalf("took %v", d)
		}
	})
}

// BenchmarkCheckFormula is a formula as courses have them.
func BenchmarkCheckFormula(b *testing.B) {
	p, err := Parse([]byte(`<problem><formularesponse type="cs" answer="(-b + sqrt(b^2-4*a*c))/(2*a)" samples="a,b,c@1,16,1:3,20,3#10"><formulaequationinput/></formularesponse></problem>`))
	if err != nil {
		b.Fatal(err)
	}
	answers := Answers{"2_1": Text("(sqrt(b*b-4*c*a)-b)/2/a")}
	b.ReportAllocs()
	for b.Loop() {
		in, err := p.Instantiate(b.Context(), Options{Seed: 1, Attempt: 1})
		if err != nil {
			b.Fatal(err)
		}
		result, err := in.Check(b.Context(), answers, nil)
		if err != nil || !result.CorrectMap.AllRight() {
			b.Fatalf("%v, %v", result, err)
		}
	}
}
