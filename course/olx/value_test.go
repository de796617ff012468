package olx

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lyceum/course"
)

func TestReadAttr(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		typ  course.FieldType
		text string
		pure bool
		want course.Value
	}{
		{course.TypeText, "3.4", false, `"3.4"`},
		{course.TypeText, `"Foo"`, false, `"Foo"`},
		{course.TypeText, `"Foo"`, true, `"\"Foo\""`},
		{course.TypeText, "null", false, "null"},
		{course.TypeText, "null", true, `"null"`},
		{course.TypeText, "[1]", false, `"[1]"`},
		{course.TypeText, "", false, `""`},
		{course.TypeInt, "3", false, "3"},
		{course.TypeInt, `"3"`, false, `"\"3\""`},
		{course.TypeInt, "null", false, "null"},
		{course.TypeFloat, "2.50", false, "2.50"},
		{course.TypeBool, "true", false, "true"},
		{course.TypeBool, "True", false, `"True"`},
		{course.TypeBool, "1", false, `"1"`},
		{course.TypeDate, "2013-02-05T05:00:00Z", false, `"2013-02-05T05:00:00Z"`},
		{course.TypeDate, `"2013-02-05T05:00:00Z"`, false, `"2013-02-05T05:00:00Z"`},
		{course.TypeDate, "1360040400000", false, "1360040400000"},
		{course.TypeDate, "", false, `""`},
		{course.TypeTimedelta, "2 days 5 hours", false, `"2 days 5 hours"`},
		{course.TypeTimedelta, "", false, `""`},
		{course.TypeRelativeTime, "00:01:00", false, `"00:01:00"`},
		{course.TypeRelativeTime, "10.0", false, "10.0"},
		{course.TypeList, `["b", "a"]`, false, `["b","a"]`},
		{course.TypeList, "a,b", false, `"a,b"`},
		{course.TypeMap, "{\n  \"b\": 1,\n  \"a\": {}\n}", true, `{"a":{},"b":1}`},
		{course.TypeMap, strings.Repeat("[", 200), false, course.Text(strings.Repeat("[", 200))},
		{course.TypeReferenceMap, `{"0": "i4x://O/C/vertical/v"}`, false, `{"0":"i4x://O/C/vertical/v"}`},
	} {
		if got := readAttr(course.Field{Type: tc.typ}, tc.text, tc.pure); got != tc.want {
			t.Errorf("readAttr(%d, %q, pure %v) = %s, want %s", tc.typ, tc.text, tc.pure, got, tc.want)
		}
	}
}

func fieldTypes() *rapid.Generator[course.FieldType] {
	return rapid.Map(rapid.IntRange(0, int(course.TypeAny)), func(i int) course.FieldType { return course.FieldType(i) })
}

// anyJSON makes values of every shape.
func anyJSON() *rapid.Generator[course.Value] {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "null", "true", "True", "3", "2013", `"Foo"`, `"`, "a\nb\tc\rd", "[1]", "{}", "®<&>\"'", "\x00\x01", "2013-02-05T05:00:00Z", "2 days"}))
	return rapid.OneOf(
		rapid.Map(text, func(s string) course.Value { return course.Text(strings.ToValidUTF8(s, "?")) }),
		rapid.Map(rapid.Int(), func(i int) course.Value { return course.JSON(i) }),
		rapid.Map(rapid.Float64Range(-1e9, 1e9), func(f float64) course.Value { return course.JSON(f) }),
		rapid.SampledFrom([]course.Value{"null", "true", "false", "[]", "{}", `[["R",{"label":"<"}]]`, `{"a":null,"b":[1,2.50]}`}),
		rapid.Map(rapid.MapOf(text, rapid.SliceOfN(text, 0, 3)), func(m map[string][]string) course.Value {
			clean := map[string][]string{}
			for k, v := range m {
				for i := range v {
					v[i] = strings.ToValidUTF8(v[i], "?")
				}
				clean[strings.ToValidUTF8(k, "?")] = v
			}
			return course.JSON(clean)
		}),
	)
}

// TestValuesSurvive holds that whatever was read from an attribute or a policy is read again from what export writes.
func TestValuesSurvive(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := course.Field{Name: "f", Type: fieldTypes().Draw(t, "type")}
		pure := rapid.Bool().Draw(t, "pure")
		v := fromPolicy(f, anyJSON().Draw(t, "value"), pure)
		text, ok := writeAttr(f, v, pure)
		if !ok {
			if forbidden := strings.IndexFunc(text, isForbidden) >= 0; !forbidden && (!pure || !v.IsNull()) {
				t.Fatalf("%s of type %d (pure %v) cannot be written: %q", v, f.Type, pure, text)
			}
			return
		}
		if got := readAttr(f, text, pure); got != v {
			t.Fatalf("%s -> %q -> %s", v, text, got)
		}
		s := rapid.String().Draw(t, "text")
		first := readAttr(f, strings.ToValidUTF8(s, "?"), pure)
		if text, ok := writeAttr(f, first, pure); ok && readAttr(f, text, pure) != first {
			t.Fatalf("%q -> %s -> %q", s, first, text)
		}
	})
}

func TestAttributesSurviveXML(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Map(func(r rune) rune {
			if isForbidden(r) {
				return -1
			}
			return r
		}, strings.ToValidUTF8(rapid.String().Draw(t, "text"), "?"))
		blk := &course.Block{Type: "odd", ID: "x", Attrs: map[string]string{"a": s}}
		doc, err := parseXML("", []byte("<odd/>"), func(Defect) {})
		if err != nil {
			t.Fatal(err)
		}
		back, err := parseXML("", rebuild(doc.root, blk), func(Defect) {})
		if err != nil {
			t.Fatal(err)
		}
		if got := back.root.text("a"); got != s {
			t.Fatalf("%q became %q", s, got)
		}
	})
}

// What an author changes in an element that is kept whole is all that changes in it.
func TestRebuildKeepsTheRest(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ was, want string }{
		{`<odd z='1' b="two"  url_name="x" a="&#233;"
			last="3" ><p/> text</odd>`, `<odd z='1' b="new &quot;two&quot;"  url_name="x" a="&#233;" c="4" ><p/> text</odd>`},
		{`<odd last="3" b="2" />`, `<odd url_name="x" b="new &quot;two&quot;" a="é" c="4" z="1" />`},
		{`<odd></odd>`, `<odd url_name="x" a="é" b="new &quot;two&quot;" c="4" z="1"></odd>`},
		{`<old url_name="y"/>`, `<odd url_name="x" a="é" b="new &quot;two&quot;" c="4" z="1"/>`},
	} {
		doc, err := parseXML("", []byte(c.was), func(Defect) {})
		if err != nil {
			t.Fatal(err)
		}
		blk := &course.Block{Type: "odd", ID: "x", Attrs: map[string]string{"a": "é", "b": `new "two"`, "c": "4", "z": "1"}}
		if got := string(rebuild(doc.root, blk)); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.was, got, c.want)
		}
	}
}

func FuzzParseXML(f *testing.F) {
	for _, s := range []string{
		"<a/>", "<a b='c'>&amp;<![CDATA[x]]><!-- y --><?z?></a>", "<?xml version='1.0' encoding='latin-1'?><a>\xe9</a>", "\xEF\xBB\xBF<a/>",
		"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "<a", "<a b=c/>", "<a><b></a>", "\xFF\xFE<\x00a\x00/\x00>\x00", strings.Repeat("<a>", 300),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		doc, err := parseXML("f", src, func(Defect) {})
		if err != nil {
			if err.line < 0 || err.detail == "" {
				t.Errorf("error without detail: %+v", err)
			}
			return
		}
		check := func(e *element) {
			if e.start > e.inner || e.inner > e.innerEnd || e.innerEnd > e.end || e.end > len(doc.src) {
				t.Errorf("<%s> at %d %d %d %d of %d", e.name, e.start, e.inner, e.innerEnd, e.end, len(doc.src))
			}
			if again, err := parseXML("f", e.source(), func(Defect) {}); err != nil {
				t.Errorf("the source of <%s> is no XML: %v", e.name, err)
			} else if len(again.root.attrs) != len(e.attrs) || len(again.root.nodes) != len(e.nodes) {
				t.Errorf("<%s> reads differently by itself", e.name)
			}
		}
		check(doc.root)
		n := 0
		doc.root.walk(func(e *element) {
			if n++; n < 50 {
				check(e)
			}
		})
	})
}
