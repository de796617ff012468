package olx

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"lyceum/course"
)

// Write writes a course as a .tar.gz: the published tree with policies, pages and files, and under drafts/ what the
// draft has otherwise. The same course gives the same bytes. Files are streamed. What cannot be written is left out and
// reported; an error means that dst failed.
func Write(dst io.Writer, c *Course) (*Report, error) {
	w := newExporter(c)
	w.course()
	zw := gzip.NewWriter(dst)
	tw := tar.NewWriter(zw)
	top := "course/"
	if w.key.Form == course.FormLibrary {
		top = "library/"
	}
	for _, name := range w.order() {
		src := w.files[name]
		if err := tw.WriteHeader(header(top+name, int64(len(src)))); err != nil {
			return nil, fmt.Errorf("write %s: %w", name, err)
		}
		if _, err := tw.Write(src); err != nil {
			return nil, fmt.Errorf("write %s: %w", name, err)
		}
	}
	if err := w.static(tw, top); err != nil {
		return nil, err
	}
	if err := tw.Close(); err != nil {
		return nil, fmt.Errorf("end archive: %w", err)
	}
	if err := zw.Close(); err != nil {
		return nil, fmt.Errorf("end archive: %w", err)
	}
	return w.report, nil
}

// entryTime is the time of every entry, so that exports can be compared.
var entryTime = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func header(name string, size int64) *tar.Header {
	return &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o644, ModTime: entryTime}
}

// exporter collects the text files of an archive.
type exporter struct {
	c      *Course
	key    course.Key
	report *Report
	files  map[string][]byte

	published *course.Content
	blocks    map[ref]*course.Block // published
	paths     map[string]string     // file name -> path below static/
}

// namedByRun gives a course's own block the name it has in archives. Courses that were never in one call it otherwise.
func namedByRun(c *course.Content) *course.Content {
	if c.Key.Form == course.FormLibrary || c.Root.ID == c.Key.Run {
		return c
	}
	out, root := *c, *c.Root
	root.ID = c.Key.Run
	out.Root = &root
	return &out
}

func newExporter(c *Course) *exporter {
	w := &exporter{
		c: c, report: &Report{Blocks: map[string]int{}}, files: map[string][]byte{},
		published: c.Published, blocks: map[ref]*course.Block{}, paths: map[string]string{},
	}
	switch {
	case w.published == nil && c.Draft != nil: // nothing is published: an empty course with everything as draft
		root := &course.Block{Type: c.Draft.Root.Type, ID: c.Draft.Root.ID}
		w.published = &course.Content{Key: c.Draft.Key, Root: root, Grading: c.Draft.Grading, Extra: c.Draft.Extra}
	case c.Draft == nil:
		c = &Course{Source: c.Source, Published: c.Published, Draft: c.Published, Files: c.Files}
		w.c = c
	}
	w.key = w.published.Key.Bare()
	w.published = namedByRun(w.published)
	w.c = &Course{Source: c.Source, Published: c.Published, Draft: namedByRun(c.Draft), Files: c.Files}
	w.published.Root.Walk(func(b *course.Block) bool {
		w.blocks[refOf(b)] = b
		w.report.Blocks[b.Type]++
		return true
	})
	return w
}

func (w *exporter) leaveOut(file, block, why string) {
	w.report.add(Defect{Kind: NotWritten, File: file, Block: block, Detail: why})
}

// order lists the files, the root first.
func (w *exporter) order() []string {
	names := slices.Sorted(maps.Keys(w.files))
	slices.SortStableFunc(names, func(a, b string) int {
		first := func(s string) int {
			if s == "course.xml" || s == "library.xml" {
				return 0
			}
			return 1
		}
		return first(a) - first(b)
	})
	return names
}

// course fills files in the order of olx.md, section 11.
func (w *exporter) course() {
	root := w.published.Root
	if w.key.Form == course.FormLibrary {
		w.library(root)
	} else {
		var out bytes.Buffer
		startTag(&out, "course", w.key.Run, map[string]string{"org": w.key.Org, "course": w.key.Number})
		out.WriteString("/>\n")
		w.files["course.xml"] = out.Bytes()
		w.tree(root, "")
		w.policies(w.published, "")
	}
	w.pages(w.published.Pages, "")
	for _, name := range slices.Sorted(maps.Keys(w.published.Extra)) {
		switch {
		case name == unusedPolicyFile:
		case !fs.ValidPath(name):
			w.leaveOut(name, "", "the name is no path")
		case w.files[name] == nil:
			w.files[name] = w.published.Extra[name]
		}
	}
	w.drafts()
	w.assets()
}

func (w *exporter) library(root *course.Block) {
	var out bytes.Buffer
	attrs := w.attributes(root, nil)
	attrs["org"], attrs["library"], attrs["xblock-family"] = w.key.Org, w.key.Number, "xblock.v1"
	startTag(&out, "library", "library", attrs)
	w.content(&out, root, "", nil)
	w.files["library.xml"] = out.Bytes()
	for _, c := range root.Children {
		w.below(c, "")
	}
}

// policies writes policy.json and grading_policy.json of one branch.
func (w *exporter) policies(c *course.Content, prefix string) {
	dir := prefix + "policies/" + w.key.Run + "/"
	entries := map[string]json.RawMessage{}
	if src := w.published.Extra[unusedPolicyFile]; src != nil {
		if err := json.Unmarshal(src, &entries); err != nil {
			w.leaveOut(unusedPolicyFile, "", "not JSON: "+err.Error())
		}
	}
	own := map[string]json.RawMessage{}
	for name, v := range c.Root.Fields {
		own[name] = json.RawMessage(v)
	}
	entries["course/"+w.key.Run] = json.RawMessage(course.JSON(own))
	w.files[dir+"policy.json"] = indentJSON(course.JSON(entries))
	if c.Grading != "" {
		w.files[dir+"grading_policy.json"] = indentJSON(c.Grading)
	}
}

// indentJSON writes a value as other tools do: by four spaces, keys sorted as they are in every Value.
func indentJSON(v course.Value) []byte {
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(v), "", "    "); err != nil {
		return []byte(v)
	}
	b.WriteByte('\n')
	return b.Bytes()
}

func (w *exporter) pages(pages []*course.Block, prefix string) {
	for _, p := range pages {
		i := slices.IndexFunc(pageDirs, func(d struct{ dir, kind, ext string }) bool { return d.kind == p.Type })
		if i < 0 || strings.ContainsAny(p.ID, "/\\\x00") || p.ID == "" || !fs.ValidPath(p.ID) {
			w.leaveOut(refOf(p).String(), refOf(p).String(), "no file can have this name")
			continue
		}
		ext := pageDirs[i].ext
		if p.Form != "" {
			ext = p.Form
		}
		file := prefix + pageDirs[i].dir + "/" + p.ID
		w.files[file+ext] = p.Body
		for name, v := range p.Fields {
			w.files[file+"."+name+".json"] = indentJSON(v)
		}
	}
}

// assets writes what is known of the course files, and settles where each goes.
func (w *exporter) assets() {
	entries := map[string]map[string]course.Value{}
	taken := map[string]bool{}
	for _, f := range w.c.Files {
		at := f.ImportPath
		if at == "" {
			at = strings.NewReplacer("/", "_", `\`, "_").Replace(f.DisplayName)
		}
		if !fs.ValidPath(at) || course.AssetName(at) != f.Name || ignored(path.Base(at)) || taken[at] {
			at = f.Name
		}
		if !fs.ValidPath(at) || taken[at] {
			w.leaveOut("static/"+f.Name, "", "another file has this name")
			continue
		}
		taken[at] = true
		w.paths[f.Name] = at
		e := map[string]course.Value{}
		maps.Copy(e, f.Attrs)
		e["contentType"], e["displayname"], e["import_path"] = course.Text(f.ContentType), course.Text(f.DisplayName), course.Text(at)
		e["filename"], e["thumbnail_location"] = course.Text(w.key.Asset(f.Name).String()), course.Null
		e["locked"] = course.JSON(f.Locked)
		entries[f.Name] = e
	}
	raw := map[string]map[string]json.RawMessage{}
	for name, e := range entries {
		raw[name] = map[string]json.RawMessage{}
		for k, v := range e {
			raw[name][k] = json.RawMessage(v)
		}
	}
	w.files[assetsFile] = indentJSON(course.JSON(raw))
}

// static streams the course files, by path.
func (w *exporter) static(tw *tar.Writer, top string) error {
	files := slices.Clone(w.c.Files)
	slices.SortFunc(files, func(a, b FileSource) int { return strings.Compare(w.paths[a.Name], w.paths[b.Name]) })
	for _, f := range files {
		at, ok := w.paths[f.Name]
		if !ok {
			continue
		}
		if err := w.staticFile(tw, top+"static/"+at, f); err != nil {
			return err
		}
		w.report.Files++
	}
	return nil
}

func (w *exporter) staticFile(tw *tar.Writer, name string, f FileSource) error {
	in, err := f.Open()
	if err != nil {
		w.leaveOut("static/"+w.paths[f.Name], "", "cannot be read: "+err.Error())
		return nil
	}
	defer in.Close()
	if err := tw.WriteHeader(header(name, f.Size)); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	n, err := io.Copy(tw, io.LimitReader(in, f.Size))
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if n < f.Size { // the entry is announced: fill it up rather than lose the archive
		w.leaveOut("static/"+w.paths[f.Name], "", fmt.Sprintf("only %d of %d bytes could be read", n, f.Size))
		if _, err := io.CopyN(tw, zeros{}, f.Size-n); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return nil
}

// zeros reads as zero bytes without end.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}
