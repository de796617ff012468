package draft

import (
	"lyceum/course"
	"lyceum/internal/fault"
)

// direct are the types of blocks without a draft of their own: an edit of one reaches learners at once.
var direct = map[string]bool{
	"course": true, "chapter": true, "sequential": true, "about": true, "static_tab": true, "course_info": true,
}

// Direct reports whether an edit of a block of this type reaches learners at once, without publishing.
func Direct(blockType string) bool { return direct[blockType] }

// pageTypes are the types of blocks that stand beside the tree.
var pageTypes = map[string]bool{"about": true, "static_tab": true, "course_info": true, "custom_tag": true}

// unit returns the way to the unit a path leads into: the first block on it that has a draft. Most often that is a vertical. It is
// nil when the path ends at a section, a subsection or the course.
func (p path) unit() path {
	for i, b := range p {
		if !direct[b.Type] && b.Type != "library" {
			return p[:i+1]
		}
	}
	return nil
}

// isUnit reports whether the path ends at a unit.
func (p path) isUnit() bool { return len(p.unit()) == len(p) && len(p) > 0 }

// UnitOf returns the unit a block of a branch belongs to; ok is false for what is no part of one.
func UnitOf(c *course.Content, u course.UsageKey) (course.UsageKey, bool) {
	way := find(c, u).unit()
	if way == nil {
		return course.UsageKey{}, false
	}
	return nameOf(way.last()).in(c.Key), true
}

// MayHold reports whether a block of one type may stand right below one of another.
func MayHold(aboveType, blockType string) bool {
	return mayHold(&course.Block{Type: aboveType}, blockType) == nil
}

// mayHold refuses a block below one that cannot hold it.
func mayHold(above *course.Block, blockType string) error {
	ok := course.Containers[above.Type]
	switch above.Type {
	case "course":
		ok = blockType == "chapter"
	case "chapter":
		ok = blockType == "sequential" || blockType == "videosequence" || blockType == "problemset"
	case "vertical":
		ok = blockType != "vertical" && !direct[blockType]
	case "library":
		ok = FitsLibrary(blockType)
	default:
		ok = ok && !direct[blockType]
	}
	if !ok || pageTypes[blockType] {
		return fault.Invalidf("a %s cannot stand in a %s", blockType, above.Type).Say("draft.misplaced", blockType, above.Type)
	}
	return nil
}
