package markdown

import (
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lyceum/internal/sharedtest"
)

type conversion struct {
	ID, Markdown, XML string
	WellFormed        bool `json:"well_formed"`
}

// TestShared holds the conversion against the published cases, as trees without the blanks between elements.
func TestShared(t *testing.T) {
	t.Parallel()
	var cases []conversion
	if err := json.Unmarshal(sharedtest.Read(t, "conformance/capa/markdown.json"), &cases); err != nil || len(cases) == 0 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	for _, c := range cases {
		compare(t, c)
	}
}

// TestConvert shows what the published cases leave out.
func TestConvert(t *testing.T) {
	t.Parallel()
	for _, c := range []conversion{
		{ID: "shuffle", Markdown: "(!x) a\n(@) b\n( ) c", XML: `<problem><multiplechoiceresponse><choicegroup type="MultipleChoice" shuffle="true">
			<choice correct="true">a</choice><choice correct="false" fixed="true">b</choice><choice correct="false">c</choice></choicegroup></multiplechoiceresponse></problem>`},
		{ID: "options with hints", Markdown: "[[\n  one {{No::not it}}\n  (two, and more) {{Yes}}\n  three\n]]", XML: `<problem><optionresponse><optioninput>
			<option correct="False">one <optionhint label="No">not it</optionhint></option>
			<option correct="True">two, and more <optionhint>Yes</optionhint></option><option correct="False">three</option></optioninput></optionresponse></problem>`},
		{ID: "tolerance", Markdown: "= 3.14 +- 2%", XML: `<problem><numericalresponse answer="3.14"><responseparam type="tolerance" default="2%"/><formulaequationinput/></numericalresponse></problem>`},
		{ID: "explanation", Markdown: ">>Q<<\n= 5\n[explanation]\nBecause.\n[explanation]", XML: `<problem><numericalresponse answer="5"><label>Q</label><formulaequationinput/>
			<solution><div class="detailed-solution"><p>Explanation</p><p>Because.</p></div></solution></numericalresponse></problem>`},
		{ID: "code", Markdown: "[code]\nif a:\n   (x) b\n[/code]\n= 5", XML: "<problem><numericalresponse answer=\"5\"><pre><code>if a:\n   (x) b\n</code></pre><formulaequationinput/></numericalresponse></problem>"},
		{ID: "Windows line ends", Markdown: "(x) a\r\n( ) b\r\n", XML: `<problem><multiplechoiceresponse><choicegroup type="MultipleChoice"><choice correct="true">a</choice><choice correct="false">b</choice></choicegroup></multiplechoiceresponse></problem>`},
		{ID: "brackets never closed", Markdown: "[[a, b", XML: `<problem><p>[[a, b</p></problem>`},
	} {
		c.WellFormed = true
		compare(t, c)
	}
}

func compare(t *testing.T, c conversion) {
	t.Helper()
	got := Convert(c.Markdown)
	if !c.WellFormed {
		if a, b := strings.Join(strings.Fields(got), " "), strings.Join(strings.Fields(c.XML), " "); a != b {
			t.Errorf("%s (-got +want):\n%s", c.ID, cmp.Diff(a, b))
		}
		return
	}
	if diff := cmp.Diff(tree(t, c.ID, got), tree(t, c.ID, c.XML)); diff != "" {
		t.Errorf("%s (-got +want):\n%s\n%s", c.ID, diff, got)
	}
}

// tree writes a source one event a line, texts with their blanks collapsed and blank ones left out.
func tree(t *testing.T, id, source string) []string {
	t.Helper()
	var out []string
	d := xml.NewDecoder(strings.NewReader(source))
	for {
		token, err := d.Token()
		if token == nil {
			if err.Error() != "EOF" {
				t.Errorf("%s: %v\n%s", id, err, source)
			}
			return out
		}
		switch token := token.(type) {
		case xml.StartElement:
			line := "<" + token.Name.Local
			for _, a := range token.Attr {
				line += " " + a.Name.Local + "=" + a.Value
			}
			out = append(out, line)
		case xml.EndElement:
			out = append(out, "</"+token.Name.Local)
		case xml.CharData:
			if text := strings.Join(strings.Fields(string(token)), " "); text != "" {
				out = append(out, text)
			}
		}
	}
}

func FuzzConvert(f *testing.F) {
	for _, s := range []string{"(x) a {{b}}\n( ) c", "[[a,(b)]]", "[x] a {{selected: b},{u: c}}\n{{((A)) d}}", ">>q||t<<\n= 5 +- 1\nor= 6", "T\n===\n---\n||h||\n[code]a[code]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := Convert(s); !strings.HasPrefix(got, "<problem>\n") || !strings.HasSuffix(got, "</problem>\n") {
			t.Errorf("%q became %q", s, got)
		}
	})
}

// TestLong converts texts made to take long in time that grows with their length.
func TestLong(t *testing.T) {
	t.Parallel()
	const times = 1 << 17
	for _, piece := range []string{"[[\n", "{{", "(x) a {{\n", ">>", "= 1\n\n", "[explanation]", "[code]", "||", "[[a\n]]\n", "---\n", "<p", "==\n", "= a\nor= b\nnot= c\n", "[x] a {{ s: b }, { u: c }}\n"} {
		began := time.Now()
		Convert(strings.Repeat(piece, times))
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("%q, %d times: %v", piece, times, took)
		}
	}
}
