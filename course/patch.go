package course

import (
	"maps"
	"slices"
	"strings"
)

// patched is Recompile for the common change, a block or some that say something else in the place where they were: the rest is taken
// over whole, indexes too. It is nil when more than that has changed.
func patched(before *Compiled, c *Content, version VersionID, files map[string]File, describe Describe) *Compiled {
	if before == nil || c.Key != before.Key {
		return nil
	}
	out := *before
	out.Nodes = slices.Clone(before.Nodes)
	p := patch{&out, describe}
	if !p.block(0, c.Root) {
		return nil
	}
	out.Size += sizeBeside(c.Pages, files) - sizeBeside(before.Pages, before.Files)
	out.Version, out.Pages, out.Grading, out.Files = version, c.Pages, c.Grading, files
	out.Edited = Compiled{}.Edited
	out.Summary = summaryOf(&out)
	return &out
}

// sizeBeside estimates the memory of what a course has beside its blocks.
func sizeBeside(pages []*Block, files map[string]File) int64 {
	size := int64(len(files)) * 320
	for _, p := range pages {
		size += int64(len(p.Body)) + 256
	}
	return size
}

type patch struct {
	out      *Compiled
	describe Describe
}

// block takes a block and what is below it to the node that stood in its place. It gives up, with false, where others would have to know.
func (p patch) block(i int32, blk *Block) bool {
	n := &p.out.Nodes[i]
	was := n.Block
	if was == blk {
		return true
	}
	if was.Type != blk.Type || was.ID != blk.ID || len(was.Children) != len(blk.Children) {
		return false
	}
	if !sameFields(was.Fields, blk.Fields) && !maps.Equal(was.Fields, blk.Fields) && !p.settle(n, blk) {
		return false
	}
	counted, chose := n.Completable(), n.Facts.Chooses
	n.Block, n.Definition = blk, definitionOf(blk)
	if p.describe != nil {
		n.Facts = p.describe(blk)
	}
	p.out.Size += int64(len(blk.Body) - len(was.Body))
	if n.Completable() != counted || n.Facts.Chooses != chose {
		return false
	}
	for j, child := range blk.Children {
		if !p.block(n.Children[j], child) {
			return false
		}
	}
	return true
}

// settle gives a leaf other settings.
func (p patch) settle(n *Node, blk *Block) bool {
	if n.Parent < 0 || len(blk.Children) > 0 || blk.Type == gatedType {
		return false
	}
	above := &p.out.Nodes[n.Parent].Settings
	s := settle(*above, blk.Fields)
	if asksMore(above, &s) != asksMore(above, &n.Settings) || s.HideFromTOC != n.Settings.HideFromTOC {
		return false
	}
	n.Settings = s
	n.Name, n.Settings.DisplayNameIsUnset = nameFor(blk)
	return true
}

// nameFor is what a block is called, and whether its author left that to us.
func nameFor(blk *Block) (name string, unset bool) {
	if name, _ = blk.Fields["display_name"].Text(); name != "" {
		return name, false
	}
	return strings.ReplaceAll(blk.ID, "_", " "), true
}
