package files

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"lyceum/authoring/draft"
	"lyceum/course"
	"lyceum/course/modulestore"
	"lyceum/internal/fault"
)

// Library is the files of a course at one moment. The map is shared and must not be changed.
type Library struct {
	Head  modulestore.Head
	Files map[string]course.File // by normalized name
}

// Read returns the files in force of a course.
func (s *Service) Read(ctx context.Context, by draft.Author, key course.Key) (Library, error) {
	if err := by.May(key); err != nil {
		return Library{}, err
	}
	return s.read(ctx, key)
}

func (s *Service) read(ctx context.Context, key course.Key) (Library, error) {
	head, err := s.Courses.Head(ctx, key)
	if err != nil {
		return Library{}, err
	}
	all, err := s.Files.Manifest(ctx, head.Files)
	return Library{head, all}, err
}

// The orders of a list.
const (
	ByDate = "date_added"
	ByName = "display_name"
	BySize = "size"
	ByType = "type"
)

// Query asks for a page of a list.
type Query struct {
	Page     int // counted from 0; past the end means the last
	PageSize int // 1 to MaxPage; 0 means DefaultPage
	Sort     string
	Rising   bool
	Kinds    []Kind // none means all
	Text     string // every word stands in the display name or in the name
}

// DefaultPage and MaxPage are how many files a page shows.
const (
	DefaultPage = 50
	MaxPage     = 1000
)

// Page is some of the files of a list.
type Page struct {
	Query // as it was understood
	Files []course.File
	Start int // place in the list of the first of Files, counted from 0
	Total int // files the list has
}

// Find lists the files that a query asks for. Files that are equal in its order stand by name. An order or a kind that does not exist is
// Invalid.
func (l Library) Find(q Query) (Page, error) {
	if q.Sort == "" {
		q.Sort = ByDate
	}
	if q.PageSize == 0 {
		q.PageSize = DefaultPage
	}
	q.PageSize = min(max(q.PageSize, 1), MaxPage)
	order, ok := orders[q.Sort]
	if !ok {
		return Page{}, fault.Invalidf("files sorted by %q", q.Sort).Say("files.no_sort", q.Sort)
	}
	for _, k := range q.Kinds {
		if !k.known() {
			return Page{}, fault.Invalidf("files of kind %q", k).Say("files.no_kind", string(k))
		}
	}
	words := strings.Fields(strings.ToLower(q.Text))
	var found []course.File
	for _, f := range l.Files {
		if len(q.Kinds) > 0 && !slices.ContainsFunc(q.Kinds, func(k Kind) bool { return k.holds(f) }) {
			continue
		}
		text := strings.ToLower(f.DisplayName + " " + f.Name)
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) }) {
			found = append(found, f)
		}
	}
	slices.SortFunc(found, func(a, b course.File) int {
		c := order(a, b)
		if !q.Rising {
			c = -c
		}
		return cmp.Or(c, strings.Compare(a.Name, b.Name))
	})
	last := max(0, (len(found)-1)/q.PageSize)
	q.Page = min(max(q.Page, 0), last)
	p := Page{Query: q, Start: q.Page * q.PageSize, Total: len(found)}
	p.Files = found[p.Start:min(p.Start+q.PageSize, len(found))]
	return p, nil
}

var orders = map[string]func(a, b course.File) int{
	ByDate: func(a, b course.File) int { return a.Uploaded.Compare(b.Uploaded) },
	ByName: func(a, b course.File) int {
		return strings.Compare(strings.ToLower(a.DisplayName), strings.ToLower(b.DisplayName))
	},
	BySize: func(a, b course.File) int { return cmp.Compare(a.Size, b.Size) },
	ByType: func(a, b course.File) int { return strings.Compare(a.ContentType, b.ContentType) },
}

// Same lists the normalized names of other files with the bytes of f, sorted.
func (l Library) Same(f course.File) []string {
	var out []string
	for name, x := range l.Files {
		if x.Digest == f.Digest && name != f.Name {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}
