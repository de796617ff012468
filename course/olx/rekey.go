package olx

import "lyceum/course"

// Rekey copies content for a course of another key: links to files and blocks of its own course are made portable and references name
// the target, as when the course's archive is imported under that key. What cannot follow is returned. c stays as it is.
func Rekey(c *course.Content, target course.Key) (*course.Content, []Defect) {
	out := *c
	out.Key = target.Bare()
	out.Root = c.Root.Clone()
	if out.Root.ID == c.Key.Run { // what an imported course's own block is called
		out.Root.ID = out.Key.Run
	}
	out.Pages = make([]*course.Block, len(c.Pages))
	for i, p := range c.Pages {
		out.Pages[i] = p.Clone()
	}
	if c.Pages == nil {
		out.Pages = nil
	}
	var report Report
	newLinker(c.Key.Bare(), out.Key).content(&out, report.add)
	return &out, report.Defects
}
