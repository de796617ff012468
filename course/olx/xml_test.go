package olx

import (
	"fmt"
	"strings"
	"testing"
)

func TestXMLErrors(t *testing.T) {
	t.Parallel()
	var attrs strings.Builder
	for i := range maxAttrs + 1 {
		fmt.Fprintf(&attrs, ` a%d=""`, i)
	}
	for _, tc := range []struct {
		name, src, kind, detail string
		line                    int
	}{
		{"bare <", "<a>\n x < y</a>", NotWellFormed, "a bare <", 2},
		{"bare &", "<a>\n\n x & y</a>", NotWellFormed, "a bare &", 3},
		{"& in attribute", "<a\n b='&'/>", NotWellFormed, "a bare &", 2},
		{"< in attribute", "<a\n b='<'/>", NotWellFormed, "a bare < in attribute b", 2},
		{"entity", "<a>\n&foo;</a>", UndefinedEntity, "&foo;", 2},
		{"character", "<a>&#0;</a>", NotWellFormed, "&#0; is no character", 1},
		{"surrogate", "<a>&#xD800;</a>", NotWellFormed, "is no character", 1},
		{"mismatch", "<a>\n<b>\n</a>", NotWellFormed, "</a> where </b> of line 2", 3},
		{"open", "<a>\n<b></b>", NotWellFormed, "<a> of line 1 is not closed", 2},
		{"closes nothing", "</a>", NotWellFormed, "closes nothing", 1},
		{"two roots", "<a/>\n<b/>", NotWellFormed, "second root element <b>", 2},
		{"text outside", "<a/>\nx", NotWellFormed, "text outside", 2},
		{"nothing", "<!-- only a comment -->", NotWellFormed, "no element", 1},
		{"empty", "\n", EmptyFile, "empty", 1},
		{"twice", "<a b='' b=''/>", NotWellFormed, "attribute b twice", 1},
		{"unquoted", "<a b=1/>", NotWellFormed, "not quoted", 1},
		{"no value", "<a b/>", NotWellFormed, "has no value", 1},
		{"joined", "<a b=''c=''/>", NotWellFormed, "no space", 1},
		{"comment", "<a><!-- </a>", NotWellFormed, "comment without end", 1},
		{"cdata", "<a><![CDATA[ </a>", NotWellFormed, "CDATA section without end", 1},
		{"instruction", "<?x <a/>", NotWellFormed, "processing instruction without end", 1},
		{"doctype", "<!DOCTYPE a [", NotWellFormed, "document type without end", 1},
		{"control character", "<a>\x01</a>", NotWellFormed, "U+0001", 1},
		{"too deep", strings.Repeat("<a>\n", 10_000), Unreadable, "deeper than 256", 257},
		{"too many attributes", "<a" + attrs.String() + "/>", Unreadable, "more than 1000 attributes", 1},
		{"long attribute", "<a b='" + strings.Repeat("x", maxAttrBytes+1) + "'/>", Unreadable, "longer than", 1},
		{"too many nodes", "<a>" + strings.Repeat("<b/>", maxNodes) + "</a>", Unreadable, "more than 1000000 nodes", 1},
		{"too large", strings.Repeat(" ", maxXMLBytes+1), Unreadable, "larger than", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := parseXML("f", []byte(tc.src), func(Defect) {})
			if err == nil || err.kind != tc.kind || err.line != tc.line || !strings.Contains(err.detail, tc.detail) {
				t.Errorf("got %+v, want %s with %q on line %d", err, tc.kind, tc.detail, tc.line)
			}
		})
	}
}

func TestXMLPositions(t *testing.T) {
	t.Parallel()
	src := "<?xml version='1.0'?><!DOCTYPE a [<!ELEMENT a (#PCDATA)> <!ENTITY e 'x>y]'>]>\n<a x=\"1&#10;&eacute;\n2\"  ><b>ü</b ><ns:c\ty='>'/></a>\n<!-- end -->"
	var noted []string
	doc, err := parseXML("f", []byte(src), func(d Defect) { noted = append(noted, d.Kind) })
	if err != nil {
		t.Fatal(err)
	}
	if got := doc.root.text("x"); got != "1\né 2" {
		t.Errorf("attribute = %q", got)
	}
	kids := doc.root.children()
	if len(kids) != 2 || string(kids[0].source()) != "<b>ü</b >" || string(kids[0].body()) != "ü" || string(kids[1].source()) != "<ns:c\ty='>'/>" {
		t.Errorf("children of %q", doc.root.body())
	}
	if got := strings.Join(noted, " "); got != "doctype html_entity" {
		t.Errorf("notes: %s", got)
	}
}
