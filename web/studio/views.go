package studio

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"lyceum/component"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/static"
	"lyceum/web/page"
)

// Views of blocks as JSON, for pages of others that put them in place. Names and answers are those of the platform we match: the markup under
// "html", and what it needs under "resources".

// draftViews show a block as learners would see it; those of containers list what is in it.
var draftViews = []string{"author_view", "student_view", "public_view", "container_preview", "container_child_preview", "reorderable_container_child_preview"}

// formViews are forms.
var formViews = []string{"studio_view", "visibility_view"}

// resource is what markup needs, in the form clients of the reference read: a name, and what it is.
type resource struct {
	Kind      string `json:"kind"`
	Data      string `json:"data"`
	MIMEType  string `json:"mimetype"`
	Placement string `json:"placement"`
}

// viewOf splits the rest of /xblock/KEY/VIEW; ok is false where no view is named.
func viewOf(rest string) (key, view string, ok bool) {
	rest = strings.TrimSuffix(rest, "/")
	i := strings.LastIndexByte(rest, '/')
	if i < 0 {
		return rest, "", false
	}
	view = rest[i+1:]
	if !slices.Contains(draftViews, view) && !slices.Contains(formViews, view) {
		// Keys of the old form hold slashes themselves, those of ours none: what follows one is no view there is.
		if old, err := url.PathUnescape(rest); err != nil || strings.HasPrefix(old, "i4x:") {
			return rest, "", false
		}
	}
	return rest[:i], view, true
}

// showBlockOrView serves GET /xblock/KEY and /xblock/KEY/VIEW.
func (s *Server) showBlockOrView(w http.ResponseWriter, r *http.Request) error {
	rest := param(r, "*")
	if key, name, ok := strings.Cut(rest, "/handler/"); ok {
		return s.callBlockHandler(w, r, key, name)
	}
	key, view, ok := viewOf(rest)
	if !ok {
		return s.showBlock(w, r)
	}
	u, err := course.ParseURLUsageKey(key, course.Key{})
	if err != nil {
		return notFound(r, err)
	}
	if _, u, err = s.enterUsage(r, u); err != nil {
		return err
	}
	if accept := r.Header.Get("Accept"); strings.Contains(accept, "html") && !strings.Contains(accept, "json") {
		w.WriteHeader(http.StatusNotAcceptable)
		return nil
	}
	html, err := s.view(w, r, u, view)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "private, no-store")
	return page.JSON(w, r, http.StatusOK, map[string]any{"html": html, "resources": resources(view)})
}

// changeBlockOrCall serves POST /xblock/KEY and /xblock/KEY/handler/NAME[/SUFFIX].
func (s *Server) changeBlockOrCall(w http.ResponseWriter, r *http.Request) error {
	if key, name, ok := strings.Cut(param(r, "*"), "/handler/"); ok {
		return s.callBlockHandler(w, r, key, name)
	}
	return s.changeBlock(w, r)
}

func (s *Server) callBlockHandler(w http.ResponseWriter, r *http.Request, key, rest string) error {
	u, err := course.ParseURLUsageKey(key, course.Key{})
	if err != nil {
		return notFound(r, err)
	}
	return s.callHandler(w, r, u, rest)
}

func resources(view string) [][2]any {
	names := [][2]string{{"text/css", "css/site.css"}, {"text/css", "css/course.css"}, {"application/javascript", "js/course.js"}}
	if slices.Contains(formViews, view) {
		names = [][2]string{{"text/css", "css/site.css"}, {"text/css", "css/course.css"}, {"text/css", "css/studio.css"}, {"application/javascript", "js/studio.js"}}
	}
	out := make([][2]any, len(names))
	for i, n := range names {
		at := static.URL(n[1])
		out[i] = [2]any{at, resource{Kind: "url", Data: at, MIMEType: n[0], Placement: "head"}}
	}
	return out
}

// view draws one view of a block.
func (s *Server) view(w http.ResponseWriter, r *http.Request, u course.UsageKey, view string) (string, error) {
	ctx := r.Context()
	switch {
	case view == "studio_view":
		p, err := s.newEdit(w, inside(r), u, nil, nil)
		if err != nil {
			return "", err
		}
		return draw(ctx, editForm(p))
	case view == "visibility_view":
		p, err := s.newSight(w, inside(r), u, nil, "")
		if err != nil {
			return "", err
		}
		return draw(ctx, sightForm(p))
	case !slices.Contains(draftViews, view):
		return "", fault.NotFoundf("view %q of %s", view, u)
	}
	from, most, err := pageOf(r.URL.Query())
	if err != nil {
		return "", err
	}
	done, err := s.Limits.draw(r)
	if err != nil {
		return "", err
	}
	defer done()
	head, b, err := s.Editor.Read(ctx, u.Course)
	if err != nil {
		return "", err
	}
	c, n, err := s.compiled(ctx, head, b.Draft, u)
	if err != nil {
		return "", err
	}
	rt := s.runtime(r, c)
	if view != "container_preview" || !course.Containers[u.Type] {
		return draw(ctx, viewWrap(n, view, component.Block(n, s.drawn(ctx, rt, n))))
	}
	children := c.ChildrenOf(n)
	if most > 0 {
		children = children[min(from, len(children)):min(from+most, len(children))]
	}
	var blocks []templ.Component
	for _, child := range children {
		blocks = append(blocks, viewWrap(child, "reorderable_container_child_preview", component.Block(child, s.drawn(ctx, rt, child))))
	}
	return draw(ctx, viewWrap(n, view, templ.Join(blocks...)))
}

// inside is a request for the form alone.
func inside(r *http.Request) *http.Request {
	out := r.Clone(r.Context())
	q := out.URL.Query()
	q.Set("inside", "1")
	out.URL.RawQuery = q.Encode()
	return out
}

// pageOf reads which of a container's children are asked for: most 0 means all of them.
func pageOf(q url.Values) (from, most int, err error) {
	if q.Get("enable_paging") != "true" {
		return 0, 0, nil
	}
	number, err1 := strconv.Atoi(q.Get("page_number"))
	size, err2 := strconv.Atoi(q.Get("page_size"))
	const largest = 1000
	if err1 != nil || err2 != nil || number < 0 || size < 1 || size > largest || number > 1<<20 {
		return 0, 0, fault.Invalidf("page_number %q, page_size %q", q.Get("page_number"), q.Get("page_size")).Say("draft.bad_value")
	}
	return number * size, size, nil
}

// viewClass names the place of a block for scripts of other pages.
func viewClass(view string) string {
	if view == "container_preview" {
		return "wrapper-xblock level-page"
	}
	return "studio-xblock-wrapper"
}
