package olx

import (
	"slices"
	"strings"

	"lyceum/course"
)

// settleParents leaves every block under one parent: of several, the one whose key is smallest.
func (b *branch) settleParents(root *course.Block) {
	keep := map[ref]*course.Block{}
	for f, parents := range b.parents {
		if len(parents) < 2 {
			continue
		}
		slices.SortStableFunc(parents, func(x, y *course.Block) int {
			return strings.Compare(b.r.target.Usage(x.Type, x.ID).String(), b.r.target.Usage(y.Type, y.ID).String())
		})
		keep[f] = parents[0]
	}
	if len(keep) == 0 {
		return
	}
	done := map[ref]bool{}
	visited := map[*course.Block]bool{}
	var prune func(*course.Block)
	prune = func(blk *course.Block) {
		if visited[blk] {
			return
		}
		visited[blk] = true
		kids := blk.Children[:0]
		for _, c := range blk.Children {
			parent, several := keep[refOf(c)]
			if several && (parent != blk || done[refOf(c)]) {
				b.r.note(Defect{Kind: DuplicateReference, File: refOf(blk).String(), Block: refOf(c).String(), Detail: "the block has its place in " + refOf(parent).String()})
				prune(c)
				continue
			}
			if several {
				done[refOf(c)] = true
			}
			kids = append(kids, c)
			prune(c)
		}
		blk.Children = kids
		if len(kids) == 0 {
			blk.Children = nil
		}
	}
	prune(root)
}
