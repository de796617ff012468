package files

import (
	"context"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"lyceum/authoring/draft"
	"lyceum/course"
)

// Place is where content shows or names a file.
type Place struct {
	Block course.UsageKey // the component, the page, or the course itself
	Name  string          // of it, "" where it has none
	Path  []string        // names of the section, subsection and unit above it, from the top
	Unit  course.UsageKey // the unit it is in, zero outside of units
	NoAlt bool            // as a picture without a text for those who cannot see it
	Draft bool            // authors see it there
	Live  bool            // learners do
}

// Usage tells, by normalized name, where a course names its files: in course order, each place once. It looks at what authors have and
// at what learners have. The map is shared and must not be changed.
func (s *Service) Usage(ctx context.Context, by draft.Author, key course.Key) (map[string][]Place, error) {
	key = key.Bare()
	if err := by.May(key); err != nil {
		return nil, err
	}
	head, err := s.Courses.Head(ctx, key)
	if err != nil {
		return nil, err
	}
	// Acts on files make versions of equal content, so what was found belongs to the content and not to the version.
	var roots [2]string
	versions := [2]course.VersionID{head.Draft, head.Published}
	for i, id := range versions {
		if id == "" {
			continue
		}
		v, err := s.Courses.Version(ctx, id)
		if err != nil {
			return nil, err
		}
		roots[i] = v.Root
	}
	memo := usageKey{key, roots[0], roots[1]}
	if found, ok := s.used.get(memo); ok {
		return found, nil
	}
	w := usageWalk{key: key, found: map[string][]Place{}, at: map[usageOf]int{}}
	for i, id := range versions {
		if id == "" {
			continue
		}
		c, _, err := s.Courses.ContentAt(ctx, id)
		if err != nil {
			return nil, err
		}
		w.live = i == 1
		w.prefix, _ = c.Root.Fields["static_asset_path"].Text()
		w.block(c.Root, nil, course.UsageKey{})
		for _, p := range c.Pages {
			w.block(p, nil, course.UsageKey{})
		}
	}
	s.used.put(memo, w.found)
	return w.found, nil
}

type usageKey struct {
	course           course.Key
	draft, published string // roots
}

// usages keeps what was found in the courses looked at last.
type usages struct {
	mu    sync.Mutex
	known map[usageKey]map[string][]Place
	order []usageKey
}

const keptUsages = 8

func (u *usages) get(k usageKey) (map[string][]Place, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	found, ok := u.known[k]
	return found, ok
}

func (u *usages) put(k usageKey, found map[string][]Place) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.known == nil {
		u.known = map[usageKey]map[string][]Place{}
	}
	if _, ok := u.known[k]; !ok {
		u.order = append(u.order, k)
	}
	u.known[k] = found
	if len(u.order) > keptUsages {
		delete(u.known, u.order[0])
		u.order = u.order[1:]
	}
}

type usageWalk struct {
	key    course.Key
	prefix string // static_asset_path
	live   bool
	found  map[string][]Place
	at     map[usageOf]int // where in its file's list a place is: a logo may stand in every block
}

// usageOf is a file in a block.
type usageOf struct {
	file  string
	block course.UsageKey
}

// block looks at a block and everything below it; path are the names above.
func (w *usageWalk) block(b *course.Block, path []string, unit course.UsageKey) {
	u := w.key.Usage(b.Type, b.ID)
	name, _ := b.Fields["display_name"].Text()
	if unit.IsZero() && len(path) == 2 { // below a subsection
		unit = u
	}
	names := w.names(b)
	var bare map[string]bool
	if len(names) > 0 {
		bare = w.withoutAlt(b)
	}
	for _, n := range names {
		w.add(n, Place{Block: u, Name: name, Path: path, Unit: unit, NoAlt: bare[n]})
	}
	below := path
	if b.Type != "course" && len(path) < 3 {
		below = append(slices.Clip(path), name)
	}
	for _, child := range b.Children {
		w.block(child, below, unit)
	}
}

func (w *usageWalk) add(name string, p Place) {
	list := w.found[name]
	i, ok := w.at[usageOf{name, p.Block}]
	if !ok {
		list, i = append(list, p), len(list)
		w.at[usageOf{name, p.Block}] = i
	}
	if w.live {
		list[i].Live = true
	} else {
		list[i].Draft = true
	}
	w.found[name] = list
}

var (
	fileLinks = []*regexp.Regexp{
		regexp.MustCompile(`/static/([^\s"'<>?#\\)]+)`),
		regexp.MustCompile(`asset-v1:[^\s"'<>?#&\\]*\+block[@/]([^\s"'<>?#\\)]+)`),
		regexp.MustCompile(`/c4x/[^\s"'<>?#&\\]*/asset/([^\s"'<>?#\\)]+)`),
	}
	imgTag = regexp.MustCompile(`^(?is)<img\b(?:[^>"']|"[^"]*"|'[^']*')*>`)
	altAt  = regexp.MustCompile(`(?i)\salt\s*=`)
	// spaced are links of tags whose addresses hold spaces, which browsers forgive.
	spaced = regexp.MustCompile(`(?i)(?:src|href)\s*=\s*(?:"/static/([^"?#]* [^"?#]*)"|'/static/([^'?#]* [^'?#]*)')`)
)

// names lists the files one block names, each once, sorted. A link is read in every spelling its file may be found by.
func (w *usageWalk) names(b *course.Block) []string {
	out := draft.FilesOf(b)
	out = append(out, w.linked(string(b.Body))...)
	for _, v := range b.Fields {
		out = append(out, w.linked(string(v))...)
	}
	for _, v := range b.Attrs {
		out = append(out, w.linked(v)...)
	}
	if b.Type == "course" {
		for _, field := range []string{"course_image", "banner_image", "video_thumbnail_image"} {
			if name, _ := b.Fields[field].Text(); name != "" && !strings.Contains(name, "/static/") {
				out = append(out, course.AssetName(name))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (w *usageWalk) linked(text string) []string {
	if !strings.Contains(text, "/static/") && !strings.Contains(text, "asset-v1:") && !strings.Contains(text, "/c4x/") {
		return nil
	}
	var out []string
	for _, p := range fileLinks {
		for _, m := range p.FindAllStringSubmatch(text, -1) {
			out = append(out, w.spellings(m[1])...)
		}
	}
	for _, m := range spaced.FindAllStringSubmatch(text, -1) {
		out = append(out, w.spellings(m[1]+m[2])...)
	}
	return out
}

func (w *usageWalk) spellings(path string) []string {
	ways := []string{path}
	before, _, cut := strings.Cut(path, "&")
	if cut { // a query, or an ampersand of the name
		ways = append(ways, before, html.UnescapeString(path))
	}
	if d, err := url.PathUnescape(path); err == nil && d != path {
		ways = append(ways, d)
	}
	var out []string
	for _, p := range ways {
		out = append(out, course.AssetName(p))
		if w.prefix != "" {
			out = append(out, course.AssetName(strings.Trim(w.prefix, "/")+"/"+p))
		}
	}
	return out
}

// withoutAlt tells which files a block's text shows as pictures without an alternative text.
func (w *usageWalk) withoutAlt(b *course.Block) map[string]bool {
	text := string(b.Body)
	var out map[string]bool
	for at := 0; at < len(text); at++ {
		i := strings.IndexByte(text[at:], '<')
		if i < 0 {
			break
		}
		at += i
		if tag := imgTag.FindString(text[at:]); tag != "" && !altAt.MatchString(tag) {
			for _, name := range w.linked(tag) {
				if out == nil {
					out = map[string]bool{}
				}
				out[name] = true
			}
		}
	}
	return out
}
