package draft

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"lyceum/course"
	"lyceum/internal/fault"
)

// Files reads and makes lists of course files; the bytes of files are kept by digest, so that a list is all it takes to have a file in
// another course.
type Files interface {
	Manifest(ctx context.Context, id string) (map[string]course.File, error)
	// Change stores what putting and removing files makes of a list, and returns its id.
	Change(ctx context.Context, id string, put []course.File, remove []string) (string, error)
}

// bring puts the files that a pasted block names into the course, from the list of the course it comes from. A file of the same name and
// other content stays as it is, and is told of; inside one course that is the newer one, which is meant.
func (w *work) bring(b *course.Block, from string, prefix string, foreign bool) error {
	if w.editor.Files == nil || from == "" || from == w.Files {
		return nil
	}
	theirs, err := w.editor.Files.Manifest(w.ctx, from)
	if err != nil {
		return err
	}
	ours, err := w.editor.Files.Manifest(w.ctx, w.Files)
	if err != nil {
		return err
	}
	var put []course.File
	for _, name := range namedFiles(b) {
		f, ok := theirs[name]
		if !ok && prefix != "" {
			f, ok = theirs[course.AssetName(strings.Trim(prefix, "/")+"/"+name)]
		}
		if !ok {
			continue
		}
		is, taken := ours[name]
		switch {
		case taken && is.Digest == f.Digest || taken && !foreign:
		case taken:
			w.done.Clashing = append(w.done.Clashing, name)
		default:
			f.Name, f.ImportPath, f.Uploaded = name, "", time.Now().UTC().Truncate(time.Second)
			put = append(put, f)
			w.done.Brought = append(w.done.Brought, name)
		}
	}
	if len(put) == 0 {
		return nil
	}
	w.Files, err = w.editor.Files.Change(w.ctx, w.Files, put, nil)
	return err
}

// namedFiles lists, sorted, every name by which a block and what is below it may mean a file of its course: links in each spelling that
// finds one, and the library that scripts of problems import.
func namedFiles(b *course.Block) []string {
	out := filesOf(b)
	b.Walk(func(x *course.Block) bool {
		for _, text := range textsOf(x) {
			for _, m := range staticPattern.FindAllStringSubmatch(text, -1) {
				if plain, err := url.PathUnescape(m[1]); err == nil && plain != m[1] {
					out = append(out, course.AssetName(plain))
				}
			}
		}
		if x.Type == "problem" && bytes.Contains(x.Body, []byte("loncapa/python")) && bytes.Contains(x.Body, []byte("import")) {
			out = append(out, "python_lib.zip")
		}
		return true
	})
	slices.Sort(out)
	return slices.Compact(out)
}

// textsOf are the texts of one block.
func textsOf(b *course.Block) []string {
	out := []string{string(b.Body)}
	for _, v := range b.Fields {
		out = append(out, string(v))
	}
	for _, v := range b.Attrs {
		out = append(out, v)
	}
	return out
}

// takeBackFiles makes of the files in force what they were before an act, where the act changed them. A file that came with the act and
// that something names by now stays: taking it away would break more than the act made.
func (w *work) takeBackFiles(before, after string) error {
	if before == after || w.editor.Files == nil {
		return nil
	}
	var lists [3]map[string]course.File
	for i, id := range []string{before, after, w.Files} {
		if i < 2 {
			had, err := w.editor.Courses.HadFiles(w.ctx, w.Draft.Key, id)
			if err != nil {
				return err
			}
			if !had {
				return fault.NotFoundf("%s never had the files %q", w.Draft.Key, id)
			}
		}
		var err error
		if lists[i], err = w.editor.Files.Manifest(w.ctx, id); err != nil {
			return err
		}
	}
	was, did, now := lists[0], lists[1], lists[2]
	all := maps.Clone(did)
	if all == nil {
		all = map[string]course.File{}
	}
	maps.Copy(all, was)
	var put []course.File
	var remove []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		old, had := was[name]
		made, has := did[name]
		is, there := now[name]
		switch {
		case had == has && old.Same(made), there == had && is.Same(old): // not the act's, or back already
		case there != has || !is.Same(made):
			w.lost = append(w.lost, name)
		case had:
			put = append(put, old)
		case !w.names(made):
			remove = append(remove, name)
		}
	}
	if len(put)+len(remove) == 0 {
		return nil
	}
	list, err := w.editor.Files.Change(w.ctx, w.Files, put, remove)
	if err != nil {
		return fmt.Errorf("take files back: %w", err)
	}
	w.Files = list
	return nil
}

// names reports whether anything of the course may name a file. It would rather keep one too many.
func (w *work) names(f course.File) bool {
	ways := []string{f.Name, f.DisplayName, url.PathEscape(f.DisplayName)}
	found := false
	look := func(b *course.Block) bool {
		for _, text := range textsOf(b) {
			found = found || slices.ContainsFunc(ways, func(name string) bool { return name != "" && strings.Contains(text, name) })
		}
		return !found
	}
	for _, c := range []*course.Content{w.Draft, w.Published} {
		if c == nil {
			continue
		}
		c.Root.Walk(look)
		for _, p := range c.Pages {
			p.Walk(look)
		}
	}
	if found {
		return true
	}
	return slices.Contains(namedFiles(w.Draft.Root), f.Name) || w.Published != nil && slices.Contains(namedFiles(w.Published.Root), f.Name)
}
