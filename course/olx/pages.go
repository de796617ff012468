package olx

import (
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"lyceum/course"
)

// pageDirs are the directories whose files are pages outside the tree, with the type and ending of each.
var pageDirs = []struct{ dir, kind, ext string }{
	{"about", "about", ".html"},
	{"info", "course_info", ".html"},
	{"tabs", "static_tab", ".html"},
	{"custom_tags", "custom_tag", ""},
}

// readPages reads the pages under prefix ("" or "drafts/"). Files in a directory named after the run go over those
// beside it.
func (r *reader) readPages(prefix string) []*course.Block {
	var out []*course.Block
	for _, d := range pageDirs {
		pages := map[string]*course.Block{}
		r.pagesIn(prefix+d.dir, d.kind, d.ext, pages, true)
		if r.run != "" {
			r.pagesIn(prefix+d.dir+"/"+r.run, d.kind, d.ext, pages, false)
		}
		ids := make([]string, 0, len(pages))
		for id := range pages {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		for _, id := range ids {
			out = append(out, pages[id])
		}
	}
	return out
}

// pagesIn reads one directory. SLUG.FIELD.json sets a field of page SLUG; any other file is the text of a page.
func (r *reader) pagesIn(dir, kind, ext string, pages map[string]*course.Block, top bool) {
	entries, err := fs.ReadDir(r.fs, dir)
	if err != nil {
		return
	}
	fresh := map[string]bool{}
	page := func(id string) *course.Block {
		if pages[id] == nil {
			pages[id] = &course.Block{Type: kind, ID: id}
		}
		return pages[id]
	}
	for _, entry := range entries {
		name := entry.Name()
		file := dir + "/" + name
		if ignored(name) {
			continue
		}
		if entry.IsDir() {
			if !top || name != r.run {
				r.note(Defect{Kind: IgnoredFile, File: file, Detail: "a directory that is not this run's"})
			}
			continue
		}
		src, err := r.readFile(file)
		if err != nil {
			r.note(Defect{Kind: Unreadable, File: file, Detail: err.Error()})
			continue
		}
		stem, field, isField := strings.Cut(strings.TrimSuffix(name, ".json"), ".")
		if isField && strings.HasSuffix(name, ".json") && field != "" {
			r.pageField(page(stem), field, file, src)
			continue
		}
		id := strings.TrimSuffix(name, path.Ext(name))
		if id == "" {
			continue
		}
		if fresh[id] {
			r.note(Defect{Kind: DuplicatePage, File: file, Detail: "another file has the same slug, the last one counts"})
		}
		fresh[id] = true
		if !utf8.Valid(src) {
			r.note(Defect{Kind: NotUTF8, File: file, Detail: "kept as it is"})
		}
		p := page(id)
		p.Body, p.Form = src, ""
		if len(src) == 0 {
			p.Body = nil
		}
		if path.Ext(name) != ext {
			p.Form = path.Ext(name)
		}
	}
}

// pageField sets a content field of a page from its file. Text that is no JSON is kept as text.
func (r *reader) pageField(p *course.Block, field, file string, src []byte) {
	if p.Fields == nil {
		p.Fields = course.Fields{}
	}
	v, ok := parseJSON(src)
	if !ok {
		r.note(Defect{Kind: BadFieldJSON, File: file, Detail: "not JSON: kept as text"})
		v = course.Text(string(src))
	}
	p.Fields[field] = v
}
