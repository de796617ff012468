package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// writeCourse makes a course of OLX with the given number of units of ten blocks and some 30 KB each: six texts and four
// problems, ten units a subsection, ten subsections a section, a file a section. Ids do not depend on the size of the course.
func writeCourse(dir, number string, units int) error {
	if err := os.MkdirAll(filepath.Join(dir, "chapter"), 0o755); err != nil { //nolint:gosec // nothing secret
		return err
	}
	write := func(name, text string) error {
		return os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644) //nolint:gosec // nothing secret
	}
	var root strings.Builder
	fmt.Fprintf(&root, `<course url_name="1" org="Bench" course="%s" display_name="Bench %s" start="2020-01-01T00:00:00Z">`, number, number)
	for c := 0; c*100 < units; c++ {
		fmt.Fprintf(&root, `<chapter url_name="c%d"/>`, c)
		if err := write(filepath.Join("chapter", fmt.Sprintf("c%d.xml", c)), section(c, min(units-c*100, 100))); err != nil {
			return err
		}
	}
	root.WriteString(`</course>`)
	return write("course.xml", root.String())
}

// section is one section with the given number of units, all of whose texts differ.
func section(c, units int) string {
	const sentence = "A sentence of plain words, as courses have them, with <em>some</em> markup in it. "
	var b strings.Builder
	fmt.Fprintf(&b, `<chapter display_name="Section %d">`, c+1)
	for u := range units {
		s, v := u/10, u%10
		if v == 0 {
			fmt.Fprintf(&b, `<sequential url_name="s%d_%d" display_name="Subsection %d" graded="true" format="Homework">`, c, s, s+1)
		}
		fmt.Fprintf(&b, `<vertical url_name="u%d_%d_%d" display_name="Unit %d">`, c, s, v, v+1)
		for i := range 10 {
			if i < 6 {
				paragraph := "<p>" + strings.Repeat(sentence, 11) + "</p>"
				fmt.Fprintf(&b, `<html url_name="h%d_%d_%d_%d" display_name="Text"><h3>Text %d.%d.%d.%d</h3>%s</html>`, c, s, v, i, c, s, v, i, strings.Repeat(paragraph, 4))
				continue
			}
			fmt.Fprintf(&b, `<problem url_name="p%d_%d_%d_%d" display_name="Question"><multiplechoiceresponse><label>Which one of %d?</label>`+
				`<choicegroup type="MultipleChoice"><choice correct="true">This</choice><choice correct="false">That</choice></choicegroup></multiplechoiceresponse></problem>`,
				c, s, v, i, u*10+i)
		}
		b.WriteString(`</vertical>`)
		if v == 9 || u == units-1 {
			b.WriteString(`</sequential>`)
		}
	}
	b.WriteString(`</chapter>`)
	return b.String()
}
