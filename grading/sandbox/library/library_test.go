package library_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lyceum/grading/capa"
	"lyceum/grading/sandbox/scripttest"
	"lyceum/internal/sharedtest"
)

// python runs code and returns what it left behind under the name out.
type python struct{ *scripttest.Runner }

func (p python) out(t *testing.T, code string, seed int, files ...capa.ScriptFile) (string, error) {
	t.Helper()
	result, err := p.Run(t.Context(), capa.ScriptJob{Code: code, Globals: []byte(`{}`), Seed: seed, Files: files})
	if err != nil {
		return "", err
	}
	var names map[string]json.RawMessage
	if err := json.Unmarshal(result.Globals, &names); err != nil {
		t.Fatal(err)
	}
	return string(names["out"]), nil
}

// start starts a Python that has what the modules are written with.
func start(t *testing.T) python {
	t.Helper()
	p := python{scripttest.Start(t)}
	for _, name := range []string{"numpy", "scipy", "sympy"} {
		if _, err := p.out(t, "import "+name, 1); err != nil {
			t.Skipf("the system's Python lacks %s: apt install python3-%s", name, name)
		}
	}
	return p
}

// literal writes a text as Python reads it.
func literal(t *testing.T, s string) string {
	t.Helper()
	out, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// table reads a table of the conformance cases.
func table[T any](t *testing.T, name string) []T {
	t.Helper()
	data := sharedtest.Read(t, "conformance/capa/tables.json")
	var tables map[string]json.RawMessage
	if err := json.Unmarshal(data, &tables); err != nil {
		t.Fatal(err)
	}
	var rows []T
	if err := json.Unmarshal(tables[name], &rows); err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestLibrary(t *testing.T) {
	t.Parallel()
	p := start(t)
	for name, test := range map[string]func(*testing.T, python){
		"RandomStream":    testRandomStream,
		"Calc":            testCalc,
		"ChemicalPreview": testChemicalPreview,
		"Helpers":         testHelpers,
		"Symmath":         testSymmath,
		"Python2":         testPython2,
		"Python3":         testPython3,
		"Globals":         testGlobals,
		"Errors":          testErrors,
		"CourseLibrary":   testCourseLibrary,
	} {
		t.Run(name, func(t *testing.T) { test(t, p) })
	}
}

func testRandomStream(t *testing.T, p python) {
	draws := map[string]string{
		"random":             "[random.random() for _ in range(5)]",
		"randint_1_100":      "[random.randint(1, 100) for _ in range(8)]",
		"randrange_0_1000_7": "[random.randrange(0, 1000, 7) for _ in range(5)]",
		"choice_of_5":        "[random.choice(range(5)) for _ in range(10)]",
		"shuffle_10":         "list(range(10))\nrandom.shuffle(drawn)",
		"sample_4_of_10":     "random.sample(range(10), 4)",
		"sample_3_of_1000":   "random.sample(range(1000), 3)",
		"uniform_-5_5":       "[random.uniform(-5, 5) for _ in range(3)]",
		"gauss_0_1":          "[random.gauss(0, 1) for _ in range(4)]",
		"normalvariate_10_2": "[random.normalvariate(10, 2) for _ in range(3)]",
		"triangular_0_10_3":  "[random.triangular(0, 10, 3) for _ in range(3)]",
		"expovariate_2":      "[random.expovariate(2) for _ in range(3)]",
		"getrandbits_16":     "[random.getrandbits(16) for _ in range(4)]",
	}
	for _, row := range table[map[string]json.RawMessage](t, "random_stream") {
		var seed int
		if err := json.Unmarshal(row["seed"], &seed); err != nil {
			t.Fatal(err)
		}
		var code strings.Builder
		code.WriteString("out = {}\n")
		for name, draw := range draws {
			code.WriteString("random.seed(" + string(row["seed"]) + ")\ndrawn = " + draw + "\nout['" + name + "'] = drawn\n")
		}
		got, err := p.out(t, code.String(), seed)
		if err != nil {
			t.Fatal(err)
		}
		delete(row, "seed")
		want, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		var gotLists, wantLists map[string][]float64
		if err := errors.Join(json.Unmarshal([]byte(got), &gotLists), json.Unmarshal(want, &wantLists)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(wantLists, gotLists); diff != "" {
			t.Errorf("seed %d (-want +got):\n%s", seed, diff)
		}
	}
}

// Every row of the table calc in one run: its rows are compared in Python,
// which has the numbers they need.
func testCalc(t *testing.T, p python) {
	rows, err := json.Marshal(table[json.RawMessage](t, "calc"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.out(t, `
import cmath, json
kinds = {"ParseException": "syntax", "UndefinedVariable": "undefined", "UnmatchedParenthesis": "parentheses",
         "ZeroDivisionError": "zero_division", "OverflowError": "overflow", "TypeError": "type", "ValueError": "value"}
def same(a, b):
    return a == b or abs(a - b) <= max(1e-9 * abs(b), 1e-15) or a != a and b != b
def right(row, value, error):
    if "error" in row:
        return kinds.get(type(error).__name__) == row["error"] and row.get("message") in (None, str(error))
    if error:
        return False
    if "int" in row["value"]:
        return type(value) is int and value == int(row["value"]["int"])
    z = complex(value)
    return same(z.real, float(row["value"]["re"])) and same(z.imag, float(row["value"]["im"]))
out = []
for row in json.loads(`+literal(t, string(rows))+`):
    value = error = None
    try:
        value = calc.evaluator(row.get("variables", {}), {}, row["expr"], row.get("case_sensitive", False))
    except Exception as e:
        error = e
    if not right(row, value, error):
        out.append("%s gives %s, %r" % (row, value, error))
`, 1)
	if err != nil || got != "[]" {
		t.Errorf("%s, %v", got, err)
	}
}

func testChemicalPreview(t *testing.T, p python) {
	for _, row := range table[struct{ Formula, HTML, Error string }](t, "chemical_preview") {
		got, err := p.out(t, "out = chemcalc.render_to_html("+literal(t, row.Formula)+")", 1)
		if row.Error != "" {
			if err == nil {
				t.Errorf("%s: got %s, want an error", row.Formula, got)
			}
			continue
		}
		var html string
		if err := errors.Join(err, json.Unmarshal([]byte(got), &html)); err != nil || html != row.HTML {
			t.Errorf("%s: got %s, %v, want %s", row.Formula, html, err, row.HTML)
		}
	}
}

// testHelpers asks the modules authors import. Where no source is named the
// expected value follows from what the module says of itself.
func testHelpers(t *testing.T, p python) {
	const (
		water   = "chemcalc.chemical_equations_equal('2H2 + O2 -> 2H2O', "
		points  = "miller.grade('{\"lattice\": \"sc\", \"points\": "
		sulfur  = "chemtools.vsepr_build_correct_answer('AX4E1', {'c0': 'S', 'a0': 'F', 'a1': 'F', 'e0': '(ep)', 'e1': 'F', 'e2': 'F'})"
		xenon   = "chemtools.vsepr_build_correct_answer('AX4E2', {'c0': 'Xe', 'a0': '(ep)', 'a1': '(ep)', 'e10': 'F', 'e11': 'F', 'e20': 'F', 'e21': 'F'})"
		dragged = "draganddrop.grade('[{\"a\": \"t1\"}, {\"b\": \"t2\"}]', "
	)
	for _, c := range []struct{ name, code, want string }{
		{"calc: variables and functions of the author", "calc.evaluator({'x': 3}, {'twice': lambda v: 2 * v}, 'twice(x)^2')", "36"},
		{"calc: a suffix is no number", "str(calc.SUFFIXES)", `"{'%': 0.01}"`},
		{"eia: in a series at any scale", "[eia.iseia(4700), eia.iseia(0.47), eia.iseia(4800), eia.iseia(4990, (eia.E96,))]", "[true, true, false, true]"},
		{"eia: sizes of the series", "[len(s) for s in (eia.E3, eia.E6, eia.E12, eia.E24, eia.E48, eia.E96, eia.E192)]", "[3, 6, 12, 24, 48, 96, 192]"},
		{"chemistry: order does not matter", water + "'O2 + 2H2 -> 2H2O')", "true"},
		{"chemistry: a common factor does not matter", water + "'O2 + 2H2 -> 2H2O') and " + water + "'H2 + 1/2O2 -> H2O')", "true"},
		{"chemistry: unless it is to be exact", water + "'H2 + 1/2O2 -> H2O', exact=True)", "false"},
		{"chemistry: the arrow matters", water + "'2H2 + O2 <-> 2H2O')", "false"},
		{"chemistry: sides have one factor", water + "'2H2 + O2 -> H2O')", "false"},
		{"chemistry: what cannot be read equals nothing", water + "'2H2 + O2 => 2H2O')", "false"},
		{"chemistry: atoms stay in order", "chemcalc.compare_chemical_expression('CO2', 'O2C')", "false"},
		{"chemistry: states matter unless ignored", "[chemcalc.compare_chemical_expression('NaCl(s)', 'NaCl(aq)', ignore_state=i) for i in (False, True)]", "[false, true]"},
		{"chemistry: a charge of one", "chemcalc.compare_chemical_expression('Na^1+ + OH^-', 'OH^1- + Na^+')", "true"},
		{"chemistry: nothing is a multiple of nothing", "[chemcalc.divide_chemical_expression(*p) for p in (('0H2', 'H2'), ('H2', '0H2'))]", "[false, false]"},
		{"chemistry: a ratio", "str(chemcalc.divide_chemical_expression('H2O + 3/2CO2', '2H2O + 3CO2'))", `"1/2"`},
		{"crystals: a plane", points + "[[\"0.5\", 0, 0], [0, 1, 0], [0, 0, 1]]}', {'lattice': 'sc', 'miller': '(2, 1, 1)'})", "true"},
		{"crystals: from the other side", points + "[[\"0.5\", 0, 0], [0, 1, 0], [0, 0, 1]]}', {'lattice': 'sc', 'miller': '(-2,-1,-1)'})", "true"},
		{"crystals: a third is read from what is drawn", points + "[[\"0.33\", 0, 0], [0, \"0.66\", 0], [0, 0, 1]]}', {'lattice': 'sc', 'miller': '(6,3,2)'})", "true"},
		{"crystals: through the origin", points + "[[0, 0, 0], [1, 1, 0], [0, 0, 1]]}', {'lattice': 'sc', 'miller': '(1,-1,0)'})", "true"},
		{"crystals: a line", points + "[[0, 0, 0], [1, 1, 0], [0.5, 0.5, 0]]}', {'lattice': 'sc', 'miller': '(0,0,1)'})", "false"},
		{"crystals: another lattice", points + "[[1, 0, 0], [0, 1, 0], [0, 0, 1]]}', {'lattice': 'bcc', 'miller': '(1,1,1)'})", "false"},
		{"crystals: two points", points + "[[1, 0, 0], [0, 1, 0]]}', {'lattice': 'sc', 'miller': '(1,1,1)'})", "false"},
		{"molecules: around the axis places are alike", "chemtools.vsepr_grade({'geometry': 'AX4E1', 'atoms': {'c0': 'S', 'a0': 'F', 'a1': 'F', 'e0': 'F', 'e1': 'F', 'e2': '(ep)'}}, " + sulfur + ")", "true"},
		{"molecules: on the axis they are not", "chemtools.vsepr_grade({'geometry': 'AX4E1', 'atoms': {'c0': 'S', 'a0': '(ep)', 'a1': 'F', 'e0': 'F', 'e1': 'F', 'e2': 'F'}}, " + sulfur + ")", "false"},
		{"molecules: an octahedron may lie", "chemtools.vsepr_grade({'geometry': 'AX4E2', 'atoms': {'c0': 'Xe', 'a0': 'F', 'a1': 'F', 'e10': '(ep)', 'e11': '(ep)', 'e20': 'F', 'e21': 'F'}}, " + xenon + ")", "true"},
		{"molecules: but not be bent", "chemtools.vsepr_grade({'geometry': 'AX4E2', 'atoms': {'c0': 'Xe', 'a0': 'F', 'a1': 'F', 'e10': '(ep)', 'e11': 'F', 'e20': '(ep)', 'e21': 'F'}}, " + xenon + ")", "false"},
		{"molecules: another center", "chemtools.vsepr_grade({'geometry': 'AX2', 'atoms': {'c0': 'O', 'p0': 'H', 'p1': 'H'}}, {'geometry': 'AX2', 'atoms': {'c0': 'S', 'p0': 'H', 'p1': 'H'}}, convert_to_peripheral=True)", "false"},
		{"dragging: nothing was to be done", "[draganddrop.grade(sent, []) for sent in ('[]', '{\"draggables\": []}', '[{\"a\": \"t1\"}]')]", "[true, true, false]"},
		{"dragging: exact goes by name, not by time", dragged + "[{'draggables': ['b', 'a'], 'targets': ['t2', 't1'], 'rule': 'exact'}])", "true"},
		{"dragging: any order", dragged + "[{'draggables': ['a', 'b'], 'targets': ['t2', 't1'], 'rule': 'unordered_equal'}])", "true"},
		{"dragging: every target taken", dragged + "[{'draggables': ['a', 'b'], 'targets': ['t1', 't2', 't3'], 'rule': 'unordered_equal'}])", "false"},
		{"dragging: any of", dragged + "[{'draggables': ['a', 'b'], 'targets': ['t1', 't2', 't3'], 'rule': 'anyof'}])", "true"},
		{"dragging: as many as listed", dragged + "[{'draggables': ['a', 'a', 'b'], 'targets': ['t1', 't2'], 'rule': 'anyof+number'}])", "false"},
		{"dragging: one used twice", "draganddrop.grade('[{\"a\": \"t1\"}, {\"a\": \"t2\"}]', [{'draggables': ['a', 'a'], 'targets': ['t2', 't1'], 'rule': 'unordered_equal+number'}])", "true"},
		{"dragging: a target in a draggable", "draganddrop.grade('[{\"m\": \"t1\"}, {\"a\": {\"in\": {\"m\": \"t1\"}}}]', {'m': 't1', 'a': 't1[m][in]'})", "true"},
		{"dragging: points within ten", "[draganddrop.grade('[{\"a\": [%d, 20]}]' % x, {'a': [100, 20]}) for x in (89, 90, 110, 111)]", "[false, true, true, false]"},
	} {
		got, err := p.out(t, "out = "+c.code, 1)
		if err != nil || got != c.want {
			t.Errorf("%s: got %s, %v, want %s", c.name, got, err, c.want)
		}
	}
}

var attribute = regexp.MustCompile(`(expect|options)="([^"]*)"`)

// testSymmath compares formulas: the conformance cases, which come without
// markup, and formulas as MathJax writes what was typed.
func testSymmath(t *testing.T, p python) {
	type question struct {
		Expect, Typed, Markup, Options string

		right bool
		msg   string // empty: any
	}
	var questions []question
	data := sharedtest.Read(t, "conformance/capa/symbolicresponse.json")
	var cases []struct {
		ID          string
		ProblemXML  string `json:"problem_xml"`
		Submissions []struct {
			Answers map[string]string
			Expect  struct {
				Inputs map[string]struct{ Correctness, Msg string }
			}
		}
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		with := map[string]string{}
		for _, m := range attribute.FindAllStringSubmatch(c.ProblemXML, -1) {
			with[m[1]] = m[2]
		}
		for _, s := range c.Submissions {
			if typed := s.Answers["2_1"]; typed != "" { // a blank one is not checked at all
				want := s.Expect.Inputs["2_1"]
				questions = append(questions, question{with["expect"], typed, "", with["options"], want.Correctness == "correct", want.Msg})
			}
		}
	}
	const (
		sinSquared = "<msup><mi>sin</mi><mn>2</mn></msup><mi>x</mi>"
		turning    = "<msup><mi>e</mi><mrow><mi>i</mi><mi>\u03c0</mi><mi>x</mi></mrow></msup>"
		diagonal   = "<mo>[</mo><mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>0</mn></mtd></mtr><mtr><mtd><mn>0</mn></mtd><mtd><mi>x</mi></mtd></mtr></mtable><mo>]</mo>"
		state      = "<mfrac><mn>1</mn><msqrt><mn>2</mn></msqrt></mfrac><mrow><mo>(</mo><mo>|</mo><mn>0</mn><mo>\u27e9</mo><mo>+</mo><mo>|</mo><mn>1</mn><mo>\u27e9</mo><mo>)</mo></mrow>"
	)
	for _, c := range []struct {
		expect, markup, options string
		want                    bool
	}{
		{"x^2 - 1", "<mrow><mo>(</mo><mi>x</mi><mo>\u2212</mo><mn>1</mn><mo>)</mo></mrow><mrow><mo>(</mo><mi>x</mi><mo>+</mo><mn>1</mn><mo>)</mo></mrow>", "", true},
		{"x^2 - 1", "<msup><mi>x</mi><mn>2</mn></msup>", "", false},
		{"2*x*sin(x)", "<mn>2</mn><mi>x</mi><mrow><mi>sin</mi><mrow><mo>(</mo><mi>x</mi><mo>)</mo></mrow></mrow>", "", true},
		{"1 - cos(x)^2", sinSquared, "", true},
		{"x/(2*y)", "<mfrac><mi>x</mi><mrow><mn>2</mn><mi>y</mi></mrow></mfrac>", "", true},
		{"x^(1/3)", "<mroot><mi>x</mi><mn>3</mn></mroot>", "", true},
		{"alpha_1*x", "<msub><mi>\u03b1</mi><mn>1</mn></msub><mi>x</mi>", "", true},
		{"-x^2", "<mo>-</mo><msup><mi>x</mi><mn>2</mn></msup>", "", true},
		{"abs(x)", "<mrow><mo>|</mo><mi>x</mi><mo>|</mo></mrow>", "", true},
		{"e^(i*pi*x)", turning, "imaginary", true},
		{"e^(i*pi*x)", turning, "", false},
		{"[[1,0],[0,x]]", diagonal, "matrix", true},
		{"[[1,0],[x,0]]", diagonal, "matrix", false},
		{"(|0> + |1>)/sqrt(2)", state, "qubit", true},
		{"(|0> - |1>)/sqrt(2)", state, "qubit", false},
		{"1.4142", "<msqrt><mn>2</mn></msqrt>", "", true},
		{"x", "<mi>x</mi><mo>+</mo>", "", false},
		{"x", "<mi", "", false},
	} {
		questions = append(questions, question{c.expect, "@", "<math><mstyle>" + c.markup + "</mstyle></math>", c.options, c.want, ""})
	}
	asked, err := json.Marshal(questions)
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.out(t, `
import json, symmath
out = [symmath.symmath_check(q["Expect"], q["Typed"], [q["Markup"] or None], q["Options"]) for q in json.loads(`+literal(t, string(asked))+`)]
`, 1)
	var answers []struct {
		OK  bool   `json:"ok"`
		Msg string `json:"msg"`
	}
	if err := errors.Join(err, json.Unmarshal([]byte(got), &answers)); err != nil {
		t.Fatal(err)
	}
	tags := regexp.MustCompile("<[^>]*>")
	for k, q := range questions {
		if a := answers[k]; a.OK != q.right || q.msg != "" && tags.ReplaceAllString(a.Msg, "") != q.msg {
			t.Errorf("%s, %s %s: got %v, want %v, %s", q.Expect, q.Typed, q.Markup, a, q.right, q.msg)
		}
	}
}

// testPython2 runs what only Python 2 understands.
func testPython2(t *testing.T, p python) {
	for _, c := range []struct{ name, code, want string }{
		{"print", "print 'a', 1,\nprint\nif 1: print 'b'; out = 2\n", "2"},
		{"print to a file", "import StringIO\nf = StringIO.StringIO()\nprint >>f, 'a', 1\nout = f.getvalue()", `"a 1\n"`},
		{"print of an expression that begins with a bracket", "import StringIO\nf = StringIO.StringIO()\nprint >>f, (1 + 2) * 3\nout = f.getvalue()", `"9\n"`},
		{"print over lines", "print ('a',\n  'b'), 'c'\nout = 1", "1"},
		{"the word print in a text", "print 'x'\nout = \"print 'y'\"", `"print 'y'"`},
		{"except", "try:\n  raise ValueError, 'bad'\nexcept (ValueError, KeyError), e:\n  out = str(e)", `"bad"`},
		{"except without a blank", "try:\n  int('x')\nexcept ValueError,e: out = isinstance(e, ValueError)", "true"},
		{"except that takes apart", "try:\n  raise IOError(2, 'gone')\nexcept IOError, (number, text):\n  out = [number, text]", `[2, "gone"]`},
		{"raise with several values", "try:\n  raise KeyError, ('a', 1)\nexcept KeyError, e:\n  out = list(e.args)", `["a", 1]`},
		{"backticks", "x = 3\nout = `x` + `'a'`", `"3'a'"`},
		{"octal and long numbers", "out = [0777, 10L, 0xFFL, 0, 00, 1.5e3]", "[511, 10, 255, 0, 0, 1500.0]"},
		{"not equal", "out = 1 <> 2", "true"},
		{"raw text with escapes", `out = ur'\d\u0041'`, `"\\dA"`},
		{"raw text with an escaped backslash", `out = ur'\\u0041'`, `"\\\\u0041"`},
		{"names Python 3 keeps", "print 1\ndef f(async): return async + 1\nout = f(1)", "2"},
		{"a path that is no escape", "print 1\nout = 'c:\\users\\N'", `"c:\\users\\N"`},
		{"exec", "exec 'a = 5'\nd = {}\nexec 'b = 6' in d\nout = a + d['b']", "11"},
		{"whole numbers divide whole", "print 1\nout = [7 / 2, -7 / 2, 7. / 2]\nx = 7\nx /= 2\nout.append(x)", "[3, -4, 3.5, 3]"},
		{"unless told otherwise", "from __future__ import division\nprint 1\nout = 7 / 2", "3.5"},
		{"dict methods", "print 1\nd = {'a': 1}\nout = [d.has_key('a'), d.keys()[0], [v for k, v in d.iteritems()], d.items()[0][1]]", `[true, "a", [1], 1]`},
		{"lists, not iterators", "print 1\nout = [map(str, [1, 2])[0], filter(None, [0, 1]), zip([1], [2])[0], range(3), len(map(None, [1], [2, 3]))]", `["1", [1], [1, 2], [0, 1, 2], 2]`},
		{"sorting by comparison", "print 1\nl = [3, 1, 2]\nl.sort(lambda a, b: cmp(b, a))\nout = l + sorted(l, cmp)", "[3, 2, 1, 1, 2, 3]"},
		{"rounding", "print 1\nout = [round(2.5), round(-0.5), round(4.35, 1), round(1234.5, -2)]", "[3.0, -1.0, 4.3, 1200.0]"},
		{"texts and bytes", "print 1\nout = [u'\\xe9'.encode('utf-8'), 'a'.decode('ascii'), isinstance('a', basestring), unichr(233)]", `["\u00e9", "a", true, "\u00e9"]`},
		{"tuples as parameters", "f = lambda (a, b), c: a + b + c\ndef g(x, (y, z)):\n    return x + y * z\nout = [f((1, 2), 3), g(1, (2, 3)), map(lambda (k, v): v, {'a': 5}.items())]", "[6, 7, [5]]"},
		{"tabs and blanks", "print 1\ndef f():\n\tif 1:\n        \treturn 4\nout = f()", "4"},
		{"names that moved", "print 1\nimport string, itertools, cPickle\nout = [string.letters[:2], string.join(['a', 'b'], '-'), list(itertools.izip('a', 'b'))]", `["ab", "a-b", [["a", "b"]]]`},
		{"parses as Python 3, but is not", "d = {'a': 1}\nout = 7 / 2 if d.has_key('a') else 0", "3"},
		{"a name of Python 2", "out = unicode(5) + str(reduce(lambda a, b: a + b, [1, 2]))", `"53"`},
		{"a module of Python 2", "from StringIO import StringIO\nout = StringIO('a').read()", `"a"`},
		{"run again with the same random numbers", "a = random.random()\nout = unicode(a)[:8]", `"0.134364"`},
	} {
		got, err := p.out(t, c.code, 1)
		if err != nil || got != c.want {
			t.Errorf("%s: got %s, %v, want %s", c.name, got, err, c.want)
		}
	}
}

// What works as Python 3 keeps the meaning it has there.
func testPython3(t *testing.T, p python) {
	for _, c := range []struct{ name, code, want string }{
		{"division", "out = 7 / 2", "3.5"},
		{"rounding", "out = round(2.5)", "2"},
		{"asking for a name", "try:\n  unicode\nexcept NameError:\n  unicode = str\nout = 1 / 2", "0.5"},
		{"lazy names and xrange", "out = [math.floor(2.5), list(xrange(2)), numpy.arange(3).tolist(), calc.evaluator({}, {}, '2^3')]", "[2, [0, 1], [0, 1, 2], 8]"},
		{"random imported is random given", "import random as r\nfrom random import randint\nout = [r.random() == random.Random(1).random(), randint(1, 100)]", "[true, 85]"},
		{"numpy draws from the seed", "import numpy\nout = numpy.random.RandomState(1).rand() == numpy.random.rand()", "true"},
		{"what newer versions lack", "from fractions import gcd\nimport numpy as np, collections, inspect\nout = [gcd(12, 18), np.float(1), np.int(2), np.Inf > 1, isinstance([], collections.Iterable), inspect.getargspec(lambda a, b=1: 0)[0]]", `[6, 1.0, 2, true, true, ["a", "b"]]`},
	} {
		got, err := p.out(t, c.code, 1)
		if err != nil || got != c.want {
			t.Errorf("%s: got %s, %v, want %s", c.name, got, err, c.want)
		}
	}
}

func testGlobals(t *testing.T, p python) {
	result, err := p.Run(t.Context(), capa.ScriptJob{Seed: 1, Globals: []byte(`{"seed": 1, "x": {"__float__": "inf"}}`), Code: `
import numpy, collections, re
z = 1
f = lambda: 0
c = 1j
s = {1}
i = numpy.int64(5)
r = numpy.float64(2.5)
b = numpy.bool_(True)
l = [1, (2, {"a": None})]
mixed = [1, numpy.int64(2)]
n = float("nan")
text = "\ud800"
raw = b"ab"
keys = {1: 2, None: 3, True: 4, 2.5: 5}
bad = {(1, 2): 3}
loop = []
loop.append(loop)
huge = 10 ** 5000
class Float(float):
    def __repr__(self): return "x"
own = Float(1.5)
named = collections.OrderedDict(b=1, a=2)
seed = 7
del z
`})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"seed": 7, "x": {"__float__": "inf"}, "r": 2.5, "l": [1, [2, {"a": null}]], "n": {"__float__": "nan"}, ` +
		`"text": "\ud800", "raw": "ab", "keys": {"1": 4, "null": 3, "2.5": 5}, "own": 1.5, "named": {"b": 1, "a": 2}}`
	if got := string(result.Globals); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func testErrors(t *testing.T, p python) {
	for _, c := range []struct{ code, want string }{
		{"1/0", "ZeroDivisionError: division by zero"},
		{"raise ValueError", "ValueError"},
		{"raise ValueError('a\\nb: c')", "b: c"},
		{"import json\njson.loads('x')", "JSONDecodeError: Expecting value: line 1 column 1 (char 0)"},
		{"calc.evaluator({}, {}, 'y')", "UndefinedVariable: Invalid Input: y not permitted in answer as a variable"},
		{"exit(3)", "SystemExit: 3"},
		{"x = [", "SyntaxError: '[' was never closed (<string>, line 1)"},
		{"class E(Exception):\n  def __str__(self): return 1/0\nraise E", "E"},
		{"print 'a'\nraise KeyError, 'k'", "KeyError: 'k'"},
		{"def f(): f()\nf()", "RecursionError: maximum recursion depth exceeded"},
		{"import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"},
		{"import eia\neia.iseia(120, eia.E12)", "TypeError: argument of type 'int' is not iterable"},
	} {
		if got, err := p.out(t, c.code, 1); err == nil || err.Error() != c.want {
			t.Errorf("%q: got %s, %v, want %s", c.code, got, err, c.want)
		}
	}
}

func testCourseLibrary(t *testing.T, p python) {
	for _, c := range []struct {
		name  string
		files map[string]string
		mode  fs.FileMode
		code  string
		want  string
	}{
		{"a module", map[string]string{"kit.py": "a = 5"}, 0o644, "from kit import *\nout = a", "5"},
		{"a package", map[string]string{"kit/__init__.py": "", "kit/part.py": "a = 5"}, 0o644, "import kit.part\nout = kit.part.a", "5"},
		{"in Python 2", map[string]string{"kit.py": "print 'x'\na = [7 / 2, map(str, [1])]"}, 0o644, "import kit\nout = kit.a", `[3, ["1"]]`},
		{"not before Python's own", map[string]string{"json.py": "a = 5"}, 0o644, "import json\nout = json.dumps(1)", `"1"`},
		{"outside", map[string]string{"../kit.py": "a = 5"}, 0o644, "out = 1", "Refused: python_lib.zip holds a file outside itself: '../kit.py'"},
		{"absolute", map[string]string{"/kit.py": "a = 5"}, 0o644, "out = 1", "Refused: python_lib.zip holds a file outside itself: '/kit.py'"},
		{"a link", map[string]string{"kit.py": "/etc/passwd"}, fs.ModeSymlink | 0o777, "out = 1", "Refused: python_lib.zip holds a link: 'kit.py'"},
		{"a bomb", map[string]string{"kit.py": strings.Repeat("#", 33<<20)}, 0o644, "out = 1", "Refused: python_lib.zip unpacks to more than 32 MiB"},
	} {
		got, err := p.out(t, c.code, 1, capa.ScriptFile{Name: "python_lib.zip", Data: archive(t, c.files, c.mode)})
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
	// What prepare compiled is what is imported: here it is of another archive.
	got, err := p.out(t, `
import courselibrary, io, zipfile
def packed(source):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("kit/__init__.py", source)
        archive.writestr("broken.py", "(")
    return content.getvalue()
notes = []
courselibrary.offer({"python_lib.zip": packed("a = 6")}, courselibrary.prepare(packed("print 'x'\na = 7 / 2")), notes)
import kit
try:
    import broken
except SyntaxError as e:
    out = [kit.a, notes, str(e)]
`, 1)
	if want := `[3, ["Python 2 was converted: print statement (line 1)"], "'(' was never closed (broken.py, line 1)"]`; err != nil || got != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
	if _, err := p.out(t, "out = 1", 1, capa.ScriptFile{Name: "python_lib.zip", Data: []byte("PK no")}); err == nil {
		t.Error("an archive that is none is imported from")
	}
	if _, err := p.out(t, "out = 1", 1, capa.ScriptFile{Name: "../x", Data: []byte("x")}); err == nil {
		t.Error("a file is written outside the working directory")
	}
}

func archive(t *testing.T, files map[string]string, mode fs.FileMode) []byte {
	t.Helper()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for name, content := range files {
		h := &zip.FileHeader{Name: name, Method: zip.Deflate}
		h.SetMode(mode)
		w, err := z.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}
