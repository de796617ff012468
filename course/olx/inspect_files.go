package olx

import (
	"bytes"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"lyceum/course"
)

func (in *inspector) drafts() {
	d := DraftCounts{FilesByType: map[string]int{}, Addressing: map[string]int{}}
	for _, f := range in.r.draftFiles() {
		d.FilesByType[f.ref.kind]++
		if f.ref.kind != "vertical" {
			continue
		}
		if in.r.published.blocks[f.ref] != nil {
			d.Changed++
		} else {
			d.NeverPublished++
		}
		if doc := in.r.parsed[f.file]; doc != nil {
			for _, name := range []string{"parent_url", "parent_sequential_url", "index_in_children_list"} {
				if _, ok := doc.root.attr(name); ok {
					d.Addressing[name]++
				}
			}
		}
	}
	in.out.Drafts = d
}

func (in *inspector) files() {
	o := in.out
	o.Assets.StaticFiles = len(in.listing("static", true))
	if in.r.exists(assetsFile) {
		n := len(in.r.readAssets())
		o.Assets.JSONEntries = &n
	}
	o.AboutFiles, o.InfoFiles = in.listing("about", false), in.listing("info", true)
}

// listing lists a directory without the droppings of operating systems.
func (in *inspector) listing(dir string, deep bool) []string {
	out := []string{}
	_ = fs.WalkDir(in.r.fs, dir, func(name string, d fs.DirEntry, err error) error {
		base := path.Base(name)
		switch {
		case err != nil || name == dir:
			return nil //nolint:nilerr // a directory that is not there lists nothing
		case strings.HasPrefix(base, "._") || base == ".DS_Store":
			return nil
		case d.IsDir() && !deep:
			out = append(out, base)
			return fs.SkipDir
		case !d.IsDir():
			out = append(out, strings.TrimPrefix(name, dir+"/"))
		}
		return nil
	})
	slices.Sort(out)
	return out
}

var (
	staticRef = regexp.MustCompile(`["'(=]/static/([^"'\\\s<>?#)&]+)`)
	jumpRef   = regexp.MustCompile(`/jump_to_id/([^"'\\\s<>?#)&/]+)`)
)

// links counts links to files and blocks in the text of html, problems and pages, as it stands in the files.
func (in *inspector) links() {
	static, jumps := map[string]bool{}, map[string]bool{}
	scan := func(src []byte) {
		for _, m := range staticRef.FindAllSubmatch(src, -1) {
			static[string(m[1])] = true
		}
		for _, m := range jumpRef.FindAllSubmatch(src, -1) {
			jumps[string(m[1])] = true
		}
	}
	in.c.Published.Root.Walk(func(b *course.Block) bool {
		if b.Type == "html" || b.Type == "problem" {
			scan(b.Body)
		}
		return true
	})
	for _, p := range in.c.Published.Pages {
		if p.Type != "custom_tag" {
			scan(p.Body)
		}
	}
	files := map[string]bool{}
	for _, f := range in.c.Files {
		files[f.ImportPath], files[f.Name] = true, true
	}
	missing := []string{}
	for _, name := range slices.Sorted(maps.Keys(static)) {
		if !files[name] && !files[course.AssetName(name)] {
			missing = append(missing, name)
		}
	}
	in.out.StaticRefs = RefCounts{Distinct: len(static), Unresolved: len(missing), Sample: missing[:min(12, len(missing))]}
	if len(jumps) > 0 {
		j := &JumpCounts{Distinct: len(jumps), Unresolved: []string{}}
		ids := map[string]bool{}
		in.c.Published.Root.Walk(func(b *course.Block) bool { ids[b.ID] = true; return true })
		for _, id := range slices.Sorted(maps.Keys(jumps)) {
			if !ids[id] {
				j.Unresolved = append(j.Unresolved, id)
			}
		}
		in.out.JumpToID = j
	}
}

// unreferenced counts files of known kinds that the tree does not reach.
func (in *inspector) unreferenced() {
	in.out.Unreferenced = map[string]int{}
	for kind := range course.Schemas {
		if kind == "course" || kind == "library" {
			continue
		}
		for _, name := range in.listing(kind, true) {
			stem, isXML := strings.CutSuffix(name, ".xml")
			inTree := in.r.published.blocks[ref{kind, nameOf(stem)}] != nil
			if isXML && !inTree && !in.r.reached[kind+"/"+name] && in.hasContent(kind+"/"+name) {
				in.out.Unreferenced[kind]++
			}
		}
	}
}

func (in *inspector) hasContent(file string) bool {
	src, err := in.r.readFile(file)
	return err != nil || len(bytes.TrimSpace(src)) > 0
}
