package modulestore

import (
	"maps"
	"slices"

	"lyceum/course"
)

// The grading policy and further files are kept as blocks of two made-up types, so that they share records and digests.
const (
	gradingType = "grading"
	fileType    = "file"
)

func extraBlocks(c *course.Content) []*course.Block {
	var out []*course.Block
	if c.Grading != "" {
		out = append(out, &course.Block{Type: gradingType, Body: []byte(c.Grading)})
	}
	for _, name := range slices.Sorted(maps.Keys(c.Extra)) {
		out = append(out, &course.Block{Type: fileType, ID: name, Body: c.Extra[name]})
	}
	return out
}

// fromExtra is the inverse of extraBlocks; damaged entries are left out.
func fromExtra(blocks []*course.Block, c *course.Content) {
	for _, b := range blocks {
		switch {
		case b.Form == Damaged:
		case b.Type == gradingType:
			c.Grading = course.Value(b.Body)
		case b.Type == fileType:
			if c.Extra == nil {
				c.Extra = map[string][]byte{}
			}
			c.Extra[b.ID] = b.Body
		}
	}
}
