package olx

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"lyceum/course"
)

// Options say how a course is to be read.
type Options struct {
	// Key is the course the content is for. When it differs from the key the files name, links and references are
	// brought along. Zero means the key of the files.
	Key course.Key
	// Name is the name of the directory or archive; it stands in for a missing course number.
	Name string
	// MaxText bounds the bytes of text taken in, counted whenever a file is used, so that neither many files nor one
	// used many times can exhaust the memory. 0 means 256 MiB.
	MaxText int64
	// Library reads a content library; without it one is refused, and with it a course is.
	Library bool
}

// Course is a course as files hold it.
type Course struct {
	Source    course.Key // the key the files name, without regard to Options.Key
	Published *course.Content
	Draft     *course.Content // the published tree with drafts/ laid over it
	Files     []FileSource    // by name
}

// FileSource is one course file and where its bytes are. Digest and Uploaded of the File are not set.
type FileSource struct {
	course.File
	Open func() (io.ReadCloser, error)
}

// Roots lists the directories of fsys that hold a course or library, nearest to the top first.
func Roots(fsys fs.FS) ([]string, error) {
	var roots []string
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !d.IsDir():
			return nil
		case name != "." && (ignored(d.Name()) || strings.Count(name, "/") >= DefaultLimits.Depth):
			return fs.SkipDir
		}
		for _, root := range []string{"course.xml", "library.xml"} {
			if info, err := fs.Stat(fsys, path.Join(name, root)); err == nil && !info.IsDir() {
				roots = append(roots, name)
				return fs.SkipDir
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for course.xml: %w", err)
	}
	slices.SortStableFunc(roots, func(a, b string) int { return depthOf(a) - depthOf(b) })
	return roots, nil
}

func depthOf(name string) int {
	if name == "." {
		return 0
	}
	return strings.Count(name, "/") + 1
}

// ignored holds for the droppings of operating systems and editors.
func ignored(base string) bool {
	return strings.HasPrefix(base, "._") || base == ".DS_Store" || strings.HasSuffix(base, "~") || base == "__MACOSX"
}

// Read reads the course nearest to the top of fsys. A directory on disk is best handed in as the FS of an os.Root, which
// keeps links from leading out of it. Only a root that cannot be read, or several side by side, refuse a course, with a
// [RefusedError]; every other defect is in the report, and the rest of the course is read.
func Read(fsys fs.FS, opts Options) (*Course, *Report, error) {
	r, err := newReader(fsys, opts)
	if err != nil {
		return nil, nil, err
	}
	c, err := r.read()
	if err != nil {
		return nil, nil, err
	}
	return c, r.report, nil
}

// reader holds what reading one course needs. Paths are relative to the course's directory.
type reader struct {
	fs     fs.FS
	opts   Options
	report *Report

	rootFile string // course.xml or library.xml
	source   course.Key
	run      string // url_name of the source, "" when it has none
	target   course.Key
	links    *linker

	policy     map[string]map[string]course.Value
	policyFile string // as it should be called, for reports
	policyUsed map[string]bool
	policyOdd  map[string]json.RawMessage // entries that are no objects
	grading    course.Value

	look      bool // only look: go on without a run, and leave the text as it stands
	published *branch
	reached   map[string]bool      // XML files the published tree is made of
	seen      map[string]bool      // XML files parsed so far
	parsed    map[string]*document // when looking only
	spent     int64                // bytes of text used
	files     []FileSource
}

func newReader(fsys fs.FS, opts Options) (*reader, error) {
	roots, err := Roots(fsys)
	if err != nil {
		return nil, err
	}
	want, other := "course.xml", "library.xml"
	if opts.Library {
		want, other = other, want
	}
	near, err := nearest(fsys, roots, want)
	if err != nil {
		return nil, err
	}
	if len(near) > 1 {
		return nil, &RefusedError{Reason: fmt.Sprintf("%d courses lie side by side here: %s", len(near), strings.Join(near, ", ")), Several: near}
	}
	if len(near) == 1 {
		root := near[0]
		sub, err := fs.Sub(fsys, root)
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", root, err)
		}
		if opts.Name == "" && root != "." {
			opts.Name = path.Base(root)
		}
		if opts.MaxText == 0 {
			opts.MaxText = 256 << 20
		}
		r := &reader{
			fs: sub, opts: opts, report: &Report{Blocks: map[string]int{}}, rootFile: want,
			policyUsed: map[string]bool{}, policyOdd: map[string]json.RawMessage{}, seen: map[string]bool{}, parsed: map[string]*document{},
		}
		return r, nil
	}
	if len(roots) > 0 {
		return nil, &RefusedError{File: other, Reason: map[bool]string{false: "this is a content library, not a course", true: "this is a course, not a content library"}[opts.Library]}
	}
	return nil, &RefusedError{File: want, Reason: "there is no such file: not a course"}
}

// nearest lists the roots that hold a file of that name and are as near to the top as any of them. Which of several is meant
// only those who ask can know.
func nearest(fsys fs.FS, roots []string, file string) ([]string, error) {
	var near []string
	for _, root := range roots {
		if len(near) > 0 && depthOf(root) > depthOf(near[0]) {
			break
		}
		switch _, err := fs.Stat(fsys, path.Join(root, file)); {
		case err == nil:
			near = append(near, root)
		case !errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("look for %s: %w", file, err)
		}
	}
	return near, nil
}

// IsLibrary reports whether what fsys holds is a content library, and no course.
func IsLibrary(fsys fs.FS) bool {
	roots, err := Roots(fsys)
	if err != nil {
		return false
	}
	courses, err := nearest(fsys, roots, "course.xml")
	return err == nil && len(courses) == 0 && len(roots) > 0
}

func (r *reader) note(d Defect) { r.report.add(d) }

// read goes through the course in the order of olx.md, section 10: everything into memory, nothing written.
func (r *reader) read() (*Course, error) {
	def, err := r.readRoot()
	if err != nil {
		return nil, err
	}
	r.readPolicies("")
	published := &course.Content{Key: r.target, Grading: r.grading}
	r.published = newBranch(r, false)
	published.Root = r.published.root(def)
	r.reached = maps.Clone(r.seen)
	published.Pages = r.readPages("")
	published.Extra = r.readExtra()

	draft := r.readDraft(published)
	if r.spent > r.opts.MaxText {
		return nil, &RefusedError{Reason: fmt.Sprintf("the text of the course is larger than %d bytes", r.opts.MaxText)}
	}
	r.keepUnusedPolicies(published)
	draft.Extra = published.Extra
	r.readFiles()
	if !r.look {
		r.links.content(published, r.note)
		r.links.content(draft, func(Defect) {})
	}
	published.Root.Walk(func(b *course.Block) bool { r.report.Blocks[b.Type]++; return true })
	r.report.Files = len(r.files)
	r.report.Drafts = countChanged(published.Root, draft.Root)
	return &Course{Source: r.source, Published: published, Draft: draft, Files: r.files}, nil
}

// readRoot finds the course element and the key.
func (r *reader) readRoot() (*element, error) {
	doc, err := r.rootDocument()
	if err != nil {
		return nil, err
	}
	e := doc.root
	kind := strings.TrimSuffix(r.rootFile, ".xml")
	if e.name != kind {
		return nil, &RefusedError{File: r.rootFile, Line: e.line(), Reason: fmt.Sprintf("the root element is <%s>, not <%s>", e.name, kind)}
	}
	if err := r.readKey(e); err != nil {
		return nil, err
	}
	r.links = newLinker(r.source, r.target)
	if kind == "library" || !isRootPointer(e) {
		return e, nil
	}
	file := "course/" + pathOf(r.run) + ".xml"
	def, perr, err := r.document(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &RefusedError{File: r.rootFile, Line: e.line(), Reason: "points to " + file + ", which is missing"}
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", file, err)
	case perr != nil:
		return nil, &RefusedError{File: file, Line: perr.line, Reason: perr.detail}
	case def.root.name != "course":
		r.note(Defect{Kind: TagMismatch, File: file, Line: def.root.line(), Detail: fmt.Sprintf("root <%s>, pointer <course>", def.root.name)})
	}
	return def.root, nil
}

var makoLine = regexp.MustCompile(`(?m)^[ \t]*%.*$`)

// rootDocument parses course.xml. Files of old courses hold remains of a template language here, and in checkouts of
// linked trees only the name of the root they link to.
func (r *reader) rootDocument() (*document, error) {
	file := r.rootFile
	for range 3 {
		src, err := r.readFile(file)
		if err != nil {
			return nil, &RefusedError{File: file, Reason: "cannot be read: " + err.Error()}
		}
		if name := strings.TrimSpace(string(src[:min(len(src), 200)])); strings.HasPrefix(name, "roots/") && !strings.ContainsAny(name, "<>\n") && r.exists(path.Clean(name)) {
			file = path.Clean(name)
			continue
		}
		src = []byte(strings.ReplaceAll(string(src), "%include", "include"))
		src = makoLine.ReplaceAll(src, nil)
		r.seen[file] = true
		doc, perr := parseXML(file, src, r.note)
		if perr != nil {
			return nil, &RefusedError{File: file, Line: perr.line, Reason: perr.detail}
		}
		return doc, nil
	}
	return nil, &RefusedError{File: r.rootFile, Reason: "links to itself"}
}

// isRootPointer tells a course.xml that only names the run from one that holds the course.
func isRootPointer(e *element) bool {
	for _, a := range e.attrs {
		if a.name != "url_name" && a.name != "org" && a.name != "course" {
			return false
		}
	}
	return e.text("url_name") != "" && e.isEmpty()
}

func (r *reader) readKey(e *element) error {
	k := course.Key{Org: e.text("org"), Number: e.text("course")}
	r.run = e.text("url_name")
	if r.run == "" {
		r.run = e.text("slug")
	}
	if r.opts.Library {
		k.Form, k.Number, r.run = course.FormLibrary, e.text("library"), ""
	} else {
		k.Run = r.run
	}
	missing := func(what, given string) {
		r.note(Defect{Kind: DefaultedKey, File: r.rootFile, Line: e.line(), Detail: "no " + what + ", taken as " + given})
	}
	if k.Org == "" {
		k.Org = "edx"
		missing("organization", k.Org)
	}
	if k.Number == "" {
		k.Number = cleanName(r.opts.Name)
		missing("course number", k.Number)
	}
	r.source, r.target = k, k
	if r.run == "" && !r.opts.Library && !r.look {
		missing("run", r.opts.Key.Run)
	}
	if !r.opts.Key.IsZero() {
		r.target = r.opts.Key.Bare()
		if (r.target.Form == course.FormLibrary) != r.opts.Library {
			return &RefusedError{File: r.rootFile, Line: e.line(), Reason: "the target key is of the other kind"}
		}
		return nil
	}
	if r.look {
		return nil
	}
	if k.Run == "" && !r.opts.Library {
		return &RefusedError{File: r.rootFile, Line: e.line(), Reason: "the course has no name: url_name is missing"}
	}
	if _, err := course.ParseKey(k.String()); err != nil {
		return &RefusedError{File: r.rootFile, Line: e.line(), Reason: fmt.Sprintf("organization %q, course %q and run %q make no course key", k.Org, k.Number, k.Run)}
	}
	return nil
}

// readExtra keeps the files that belong to the course but to no block.
func (r *reader) readExtra() map[string][]byte {
	out := map[string][]byte{}
	for _, name := range []string{"tags.csv", "assets/assets.xml"} {
		if src, err := r.readFile(name); err == nil {
			out[name] = src
		}
	}
	maps.Copy(out, r.published.nested)
	return out
}

// document parses an XML file of the course. Documents are kept only when somebody wants to look at them afterwards.
func (r *reader) document(file string) (*document, *parseError, error) {
	if d := r.parsed[file]; d != nil {
		return d, nil, r.spend(int64(len(d.src)))
	}
	src, err := r.readFile(file)
	if errors.Is(err, errTooLarge) {
		return nil, &parseError{Unreadable, 0, err.Error()}, nil
	}
	if err != nil {
		return nil, nil, err
	}
	note := r.note
	if r.seen[file] {
		note = func(Defect) {} // said already
	}
	r.seen[file] = true
	d, perr := parseXML(file, src, note)
	if perr == nil && r.look {
		r.parsed[file] = d
	}
	return d, perr, nil
}

var errTooLarge = fmt.Errorf("larger than %d bytes", maxXMLBytes)

var errTooMuch = errors.New("the text of the course is too large")

// spend counts text. Once too much is used, nothing more is read and the course is refused at the end.
func (r *reader) spend(n int64) error {
	if r.spent += n; r.spent > r.opts.MaxText {
		return errTooMuch
	}
	return nil
}

// readFile reads a file that must fit into memory.
func (r *reader) readFile(name string) ([]byte, error) {
	if !fs.ValidPath(name) {
		return nil, fs.ErrNotExist
	}
	info, err := fs.Stat(r.fs, name)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, fs.ErrNotExist
	case info.Size() > maxXMLBytes:
		return nil, errTooLarge
	}
	if err := r.spend(info.Size()); err != nil {
		return nil, err
	}
	return fs.ReadFile(r.fs, name)
}

func (r *reader) exists(name string) bool {
	if !fs.ValidPath(name) {
		return false
	}
	info, err := fs.Stat(r.fs, name)
	return err == nil && !info.IsDir()
}
