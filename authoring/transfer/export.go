package transfer

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"lyceum/course"
	"lyceum/course/contentstore"
	"lyceum/course/modulestore"
	"lyceum/course/olx"
	"lyceum/internal/fault"
)

// Exporter reads courses from the content stores.
type Exporter struct {
	Courses *modulestore.Store
	Files   *contentstore.Store
	// Progress hears of files written, for people who wait; it may be nil.
	Progress func(done, all int)
}

// Export writes a course as a .tar.gz: published and draft, with every file; a library has no drafts. The same course gives the same bytes. What could
// not be written is in the report; the rest goes on.
func (e *Exporter) Export(ctx context.Context, key course.Key, w io.Writer) (*olx.Report, error) {
	head, err := e.Courses.Head(ctx, key)
	if err != nil {
		return nil, err
	}
	draft, _, err := e.Courses.ContentAt(ctx, head.Draft)
	if err != nil {
		return nil, fmt.Errorf("draft of %s: %w", key, err)
	}
	published := withoutUnits(draft)
	if key.Form == course.FormLibrary { // it has no drafts
		published = draft
	}
	if head.Published != "" {
		if published, _, err = e.Courses.ContentAt(ctx, head.Published); err != nil {
			return nil, fmt.Errorf("published version of %s: %w", key, err)
		}
	}
	files, err := e.Files.Manifest(ctx, head.Files)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return nil, fmt.Errorf("files of %s: %w", key, err)
	}
	c := &olx.Course{Source: key, Draft: draft, Published: published}
	opened := 0
	for _, f := range files {
		c.Files = append(c.Files, olx.FileSource{File: f, Open: func() (io.ReadCloser, error) {
			if opened++; e.Progress != nil {
				e.Progress(opened, len(files))
			}
			body, _, err := e.Files.Open(ctx, f.Digest)
			return body, err
		}})
	}
	slices.SortFunc(c.Files, func(a, b olx.FileSource) int { return strings.Compare(a.Name, b.Name) })
	report, err := olx.Write(w, c)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", key, err)
	}
	return report, nil
}

// withoutUnits is what a course that was never published has in common with one that was: its settings and pages, its
// sections and subsections. Its units travel as drafts, so that whoever imports it publishes nothing unawares.
func withoutUnits(c *course.Content) *course.Content {
	out := *c
	root := *c.Root
	root.Children = nil
	for _, section := range c.Root.Children {
		if section.Type != "chapter" {
			continue
		}
		s := *section
		s.Children = nil
		for _, subsection := range section.Children {
			if subsection.Type == "sequential" {
				sub := *subsection
				sub.Children = nil
				s.Children = append(s.Children, &sub)
			}
		}
		root.Children = append(root.Children, &s)
	}
	out.Root = &root
	return &out
}
