package draft

import (
	"bytes"
	"maps"

	"lyceum/course"
)

// Same reports whether two blocks and everything below them say the same: settings, text, order. What two versions share is not
// looked at.
func Same(a, b *course.Block) bool {
	if a == b {
		return true
	}
	if a == nil || b == nil || len(a.Children) != len(b.Children) || !sameRecord(a, b) {
		return false
	}
	for i := range a.Children {
		if !Same(a.Children[i], b.Children[i]) {
			return false
		}
	}
	return true
}

// sameRecord compares two blocks without what is below them.
func sameRecord(a, b *course.Block) bool {
	return a == b || a.Type == b.Type && a.ID == b.ID && a.Form == b.Form && maps.Equal(a.Fields, b.Fields) &&
		maps.Equal(a.Attrs, b.Attrs) && bytes.Equal(a.Body, b.Body)
}

// sameChildren reports whether two blocks hold the same blocks in the same order, whatever those say.
func sameChildren(a, b *course.Block) bool {
	if a == b {
		return true
	}
	if len(a.Children) != len(b.Children) {
		return false
	}
	for i := range a.Children {
		if nameOf(a.Children[i]) != nameOf(b.Children[i]) {
			return false
		}
	}
	return true
}
