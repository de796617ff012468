package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// writeCourse makes a course of OLX with the given number of units of ten blocks and some 30 KB each: six texts and four
// problems, ten units a subsection, ten subsections a section.
func writeCourse(dir, number string, units int) error {
	var body strings.Builder
	fmt.Fprintf(&body, `<course display_name="Bench %s" start="2020-01-01T00:00:00Z">`, number)
	paragraph := "<p>" + strings.Repeat("A paragraph of plain words, as courses have them, with <em>some</em> markup. ", 12) + "</p>"
	text := strings.Repeat(paragraph, 4)
	for u := range units {
		c, s, v := u/100, u/10%10, u%10
		if u%100 == 0 {
			fmt.Fprintf(&body, `<chapter url_name="c%d" display_name="Section %d">`, c, c+1)
		}
		if u%10 == 0 {
			id := fmt.Sprintf("s%d", s)
			if c > 0 {
				id = fmt.Sprintf("s%d_%d", c, s)
			}
			fmt.Fprintf(&body, `<sequential url_name="%s" display_name="Subsection %d" graded="true" format="Homework">`, id, s+1)
		}
		fmt.Fprintf(&body, `<vertical url_name="u%d_%d_%d" display_name="Unit %d">`, c, s, v, v+1)
		for i := range 10 {
			if i < 6 {
				fmt.Fprintf(&body, `<html url_name="h%d_%d_%d_%d" display_name="Text">%s</html>`, c, s, v, i, text)
				continue
			}
			fmt.Fprintf(&body, `<problem url_name="p%d_%d_%d_%d" display_name="Question"><multiplechoiceresponse><label>Which one?</label>`+
				`<choicegroup type="MultipleChoice"><choice correct="true">This</choice><choice correct="false">That</choice></choicegroup></multiplechoiceresponse></problem>`, c, s, v, i)
		}
		body.WriteString(`</vertical>`)
		if u%10 == 9 || u == units-1 {
			body.WriteString(`</sequential>`)
		}
		if u%100 == 99 || u == units-1 {
			body.WriteString(`</chapter>`)
		}
	}
	body.WriteString(`</course>`)
	if err := os.MkdirAll(filepath.Join(dir, "course"), 0o755); err != nil { //nolint:gosec // nothing secret
		return err
	}
	root := fmt.Sprintf(`<course url_name="1" org="Bench" course="%s"/>`, number)
	if err := os.WriteFile(filepath.Join(dir, "course.xml"), []byte(root), 0o644); err != nil { //nolint:gosec // nothing secret
		return err
	}
	return os.WriteFile(filepath.Join(dir, "course", "1.xml"), []byte(body.String()), 0o644) //nolint:gosec // nothing secret
}
