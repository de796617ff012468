package authored

import (
	"context"
	"io"
	"regexp"
	"strings"
	"sync"
	"weak"

	"github.com/a-h/templ"
	"github.com/microcosm-cc/bluemonday"

	"lyceum/course"
	"lyceum/internal/cache"
)

// Clean returns passive markup only: no script, no handler, no dangerous address, no element that reaches outside its
// place, no comment, nothing left open. It keeps what real courses use: tables, images, media, mathematics, simple drawings, classes, ids and
// harmless styles. Data attributes go: without scripts of the author's own they say nothing, and our scripts obey some.
func Clean(text string) string {
	clean := policy().Sanitize(text)
	if balanced(clean) {
		return clean
	}
	// Left open, a list would take in the rest of the page; closed too often, it would leave its place. What a repair moves
	// about has to pass once more.
	return policy().Sanitize(repair(clean))
}

// clean is Clean for who knows this site's names: once every value stands in quotes, those that were written without are found, and a
// frame of a page of ours goes.
func (s Source) clean(text string) string {
	clean := Clean(text)
	if own := s.relative(clean); own != clean {
		return Clean(own)
	}
	return clean
}

// HTML shows authored text in line: links resolved, keywords filled, cleaned.
func (s Source) HTML(text string) templ.Component {
	return raw(s.Cleaned(text))
}

// Cleaned is the markup [Source.HTML] shows. With a cache the work is done once for a text of a version of a course with
// its files; texts with keywords are different for every reader and are not cached.
func (s Source) Cleaned(text string) string {
	if text == "" {
		return ""
	}
	if s.Cache == nil || strings.Contains(text, "%%") {
		return s.clean(s.fill(s.Resolve(text)))
	}
	key := cacheKey{weak.Make(s.Course), s.StaticPath, text}
	if clean, ok := s.Cache.lru.Get(key); ok {
		return clean
	}
	clean := s.clean(s.Resolve(text))
	s.Cache.lru.Add(key, clean, int64(len(text)+len(clean)+256))
	return clean
}

// InLine is a block's text like [Source.Cleaned], as show shows it; ok is false when the text is [Active] and has to stand in a frame.
// definition is the hash of what text returns: with a cache, a text seen before is not even read, see [Cache.InLine].
func (s Source) InLine(definition string, text func() string, show func(clean string) templ.Component) (view templ.Component, ok bool) {
	if view, active, kept := s.Cache.InLine(s.Course, s.StaticPath, definition); kept {
		return view, !active
	}
	t := text()
	b := block{active: Active(t, s.Hosts...)}
	clean := ""
	switch {
	case b.active:
	case strings.Contains(t, "%%"):
		return show(s.Cleaned(t)), true // different for every reader
	default:
		clean = s.clean(s.Resolve(t))
		b.view = show(clean)
	}
	if s.Cache != nil {
		s.Cache.blocks.Add(blockKey{weak.Make(s.Course), s.StaticPath, definition}, b, int64(len(clean)+512))
	}
	return b.view, !b.active
}

// InLine returns what [Source.InLine] kept of a block with the given definition and directory of files: its view, or that it is active;
// ok is false where it kept nothing. A nil cache is empty.
func (c *Cache) InLine(in *course.Compiled, static, definition string) (view templ.Component, active, ok bool) {
	if c == nil {
		return nil, false, false
	}
	b, ok := c.blocks.Get(blockKey{weak.Make(in), static, definition})
	return b.view, b.active, ok
}

// Cache keeps cleaned markup in memory. It is safe for concurrent use.
type Cache struct {
	lru    *cache.LRU[cacheKey, string] // of pieces: what stands around inputs
	blocks *cache.LRU[blockKey, block]  // of whole blocks
}

// Links are resolved by the files of a course, which may change while its version does not: so courses are told apart as they were compiled.

type cacheKey struct {
	course weak.Pointer[course.Compiled]
	static string
	text   string
}

type blockKey struct {
	course     weak.Pointer[course.Compiled]
	static     string
	definition string
}

// block is what is known of a block's text.
type block struct {
	view   templ.Component
	active bool // and then view is nil
}

// NewCache returns an empty cache for at most budget bytes.
func NewCache(budget int64) *Cache {
	return &Cache{cache.New[cacheKey, string](budget / 4), cache.New[blockKey, block](budget - budget/4)}
}

// Tag returns the opening and closing tag of an author's element as far as it may stand in our pages, both "" when it may
// not. attrs come in pairs of name and value.
func (s Source) Tag(name string, attrs ...string) (opening, closing string) {
	const mark = "\uE000" // where the children go; an author's own would cut the tag in two inside an attribute
	var b strings.Builder
	b.WriteString("<" + strings.ReplaceAll(name, mark, ""))
	for i := 0; i+1 < len(attrs); i += 2 {
		b.WriteString(" " + strings.ReplaceAll(attrs[i], mark, "") + `="` + escape(strings.ReplaceAll(attrs[i+1], mark, "")) + `"`)
	}
	b.WriteString(">" + mark + "</" + name + ">")
	opening, closing, ok := strings.Cut(s.Cleaned(b.String()), mark)
	if !ok {
		return "", ""
	}
	return opening, closing
}

// Raw writes markup that [Clean], [Source.Cleaned] or [Source.Tag] returned; in the document of a frame also what [Source.Framed] and
// [Source.FramedTag] did.
func Raw(clean string) templ.Component { return raw(clean) }

// raw is text that is written without escaping: cleaned text, or in documents of sandboxed frames; nothing else.
type raw string

// Render writes it.
func (r raw) Render(_ context.Context, w io.Writer) error {
	_, err := io.WriteString(w, string(r))
	return err
}

var policy = sync.OnceValue(func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowStandardURLs()
	p.AllowURLSchemes("http", "https", "mailto", "tel")
	p.RequireNoFollowOnLinks(false)
	p.AllowRelativeURLs(true)
	p.AllowDataURIImages()

	p.AllowElements(
		"a", "abbr", "acronym", "address", "article", "aside", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "center", "cite",
		"code", "col", "colgroup", "dd", "del", "details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "font", "footer", "h1",
		"h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "img", "ins", "kbd", "label", "legend", "li", "main", "map", "mark", "menu", "meter",
		"nav", "ol", "p", "picture", "pre", "progress", "q", "rp", "rt", "ruby", "s", "samp", "section", "small", "span", "strike", "strong",
		"sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var", "wbr", "fieldset",
		"area", "button",
	)
	p.AllowNoAttrs().OnElements("a", "span", "font", "div", "label", "button", "picture")
	p.AllowAttrs("class", "id", "title", "lang", "dir", "role", "tabindex").Globally()
	p.AllowAttrs("aria-label", "aria-labelledby", "aria-describedby", "aria-hidden", "aria-expanded", "aria-controls", "aria-live").Globally()
	p.AllowAttrs("href", "name", "target", "rel", "download", "hreflang").OnElements("a")
	p.AllowAttrs("srcset").Matching(pictures).OnElements("img", "source")
	p.AllowAttrs("poster").Matching(picture).OnElements("video")
	p.AllowAttrs("src", "alt", "width", "height", "border", "align", "hspace", "vspace", "usemap", "loading", "sizes").OnElements("img")
	p.AllowAttrs("src", "media", "sizes", "type").OnElements("source")
	p.AllowAttrs("name").OnElements("map")
	p.AllowAttrs("shape", "coords", "href", "alt", "target").OnElements("area")
	p.AllowAttrs("align", "valign", "width", "height", "bgcolor", "border", "cellpadding", "cellspacing", "frame", "rules", "summary").
		OnElements("table", "tr", "td", "th", "thead", "tbody", "tfoot", "col", "colgroup", "caption")
	p.AllowAttrs("colspan", "rowspan", "headers", "scope", "abbr", "nowrap").OnElements("td", "th")
	p.AllowAttrs("span").OnElements("col", "colgroup")
	p.AllowAttrs("align").OnElements("div", "p", "h1", "h2", "h3", "h4", "h5", "h6", "hr")
	p.AllowAttrs("color", "face", "size").OnElements("font", "hr")
	p.AllowAttrs("type", "start", "reversed", "value", "compact").OnElements("ol", "ul", "li")
	p.AllowAttrs("cite", "datetime").OnElements("blockquote", "q", "ins", "del", "time")
	p.AllowAttrs("open").OnElements("details")
	p.AllowAttrs("for").OnElements("label")
	p.AllowAttrs("type").Matching(regexp.MustCompile(`^button$`)).OnElements("button")
	p.AllowAttrs("value", "min", "max", "low", "high", "optimum").OnElements("meter", "progress")

	// Sound and film, from the course's files or elsewhere.
	p.AllowElements("audio", "video", "source", "track")
	p.AllowAttrs("src", "controls", "preload", "loop", "muted", "width", "height", "playsinline").OnElements("audio", "video")
	p.AllowAttrs("src", "kind", "srclang", "label", "default").OnElements("track")

	// Pages of other sites. Ours would be active content and never reach this policy.
	p.AllowElements("iframe")
	p.AllowAttrs("src").Matching(regexp.MustCompile(`^(https?:)?//`)).OnElements("iframe")
	p.AllowAttrs("width", "height", "frameborder", "allowfullscreen", "allow", "scrolling", "marginwidth", "marginheight", "name", "loading").OnElements("iframe")

	styles(p)
	mathematics(p)
	drawings(p)
	return p
})

// Addresses of pictures in attributes that the policy does not know for addresses.
var (
	picture  = regexp.MustCompile(`^((https?:)?/|[^:]+$)`)
	pictures = regexp.MustCompile(`^\s*((https?:)?/[^\s,]*|[^\s,:]+)(\s+[\d.]+[wx])?(\s*,\s*((https?:)?/[^\s,]*|[^\s,:]+)(\s+[\d.]+[wx])?)*\s*$`)
)

var (
	length = regexp.MustCompile(`^-?[0-9.]+(px|em|rem|ex|ch|pt|pc|in|cm|mm|%|vw|vh)?$|^(auto|0|none|inherit|initial|fit-content|max-content|min-content)$`)
	edges  = regexp.MustCompile(`^(-?[0-9.]+(px|em|rem|ex|ch|pt|pc|in|cm|mm|%)?|auto|0)( +(-?[0-9.]+(px|em|rem|ex|ch|pt|pc|in|cm|mm|%)?|auto|0)){0,3}$`)
	words  = regexp.MustCompile(`^[a-zA-Z0-9 ,.'"%_#()/-]{1,200}$`)
	loads  = regexp.MustCompile(`(?i)url|expression|image|attr\(|var\(|env\(`)
)

// styles allows declarations that change the look of the author's own box and text. Nothing loads anything (no url) or
// leaves its place (no fixed position).
func styles(p *bluemonday.Policy) {
	safe := func(v string) bool {
		return words.MatchString(v) && !loads.MatchString(v)
	}
	p.AllowStyles(
		"color", "background-color", "background", "font", "font-family", "font-size", "font-style", "font-weight", "font-variant", "line-height",
		"letter-spacing", "word-spacing", "text-align", "text-decoration", "text-decoration-line", "text-decoration-color", "text-indent", "text-transform", "vertical-align", "white-space",
		"word-wrap", "overflow-wrap", "word-break", "direction", "list-style", "list-style-type", "list-style-position", "border", "border-top", "border-right", "border-bottom",
		"border-left", "border-color", "border-style", "border-width", "border-radius", "border-collapse", "border-spacing", "box-shadow", "text-shadow",
		"opacity", "columns", "column-count", "column-gap", "table-layout", "caption-side", "empty-cells", "clear", "visibility", "box-sizing",
		"flex", "flex-direction", "flex-wrap", "flex-flow", "flex-grow", "flex-shrink", "flex-basis", "justify-content", "align-items", "align-self", "align-content", "gap", "order",
		"grid-template-columns", "grid-template-rows", "grid-column", "grid-row", "object-fit", "aspect-ratio", "transform", "page-break-inside", "page-break-after", "cursor",
	).MatchingHandler(safe).Globally()
	p.AllowStyles("width", "height", "max-width", "max-height", "min-width", "min-height").Matching(length).Globally()
	p.AllowStyles("margin", "padding").Matching(edges).Globally()
	p.AllowStyles(
		"margin-top", "margin-right", "margin-bottom", "margin-left", "padding-top", "padding-right", "padding-bottom", "padding-left",
		"top", "right", "bottom", "left",
	).Matching(length).Globally()
	p.AllowStyles("float").MatchingEnum("left", "right", "none").Globally()
	p.AllowStyles("display").MatchingEnum("block", "inline", "inline-block", "none", "flex", "inline-flex", "grid", "table", "table-row", "table-cell", "list-item", "contents").Globally()
	p.AllowStyles("overflow", "overflow-x", "overflow-y").MatchingEnum("auto", "hidden", "visible", "scroll").Globally()
	p.AllowStyles("position").MatchingEnum("static", "relative", "absolute").Globally()
}

var mathTags = []string{
	"math", "mi", "mn", "mo", "ms", "mtext", "mspace", "mrow", "mfrac", "msqrt", "mroot", "mstyle", "merror", "mpadded", "mphantom",
	"mfenced", "menclose", "msub", "msup", "msubsup", "munder", "mover", "munderover", "mmultiscripts", "mprescripts", "none",
	"mtable", "mtr", "mtd", "mlabeledtr", "semantics", "annotation",
}

// mathematics allows Presentation MathML.
func mathematics(p *bluemonday.Policy) {
	tags := mathTags
	p.AllowElements(tags...)
	p.AllowNoAttrs().OnElements(tags...)
	p.AllowAttrs(
		"display", "mathvariant", "mathsize", "mathcolor", "mathbackground", "displaystyle", "scriptlevel", "stretchy", "fence", "separator", "form",
		"lspace", "rspace", "minsize", "maxsize", "symmetric", "largeop", "movablelimits", "accent", "accentunder", "linethickness", "numalign",
		"denomalign", "bevelled", "open", "close", "separators", "notation", "columnalign", "rowalign", "columnspacing", "rowspacing", "columnlines",
		"rowlines", "frame", "framespacing", "equalrows", "equalcolumns", "side", "width", "height", "depth", "voffset", "encoding", "xmlns",
	).OnElements(tags...)
}

var drawingTags = []string{
	"svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "defs", "marker", "title", "desc",
	"lineargradient", "radialgradient", "stop", "clippath", "linearGradient", "radialGradient", "clipPath", "symbol",
}

// drawings allows SVG without scripts, animation, foreign content and references outside itself.
func drawings(p *bluemonday.Policy) {
	tags := drawingTags
	p.AllowElements(tags...)
	p.AllowNoAttrs().OnElements(tags...)
	p.AllowAttrs(
		"xmlns", "version", "viewbox", "viewBox", "preserveaspectratio", "preserveAspectRatio", "width", "height", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "rx", "ry", "d",
		"points", "transform", "stroke-width", "stroke-linecap", "stroke-linejoin", "stroke-dasharray", "stroke-opacity", "fill-opacity", "fill-rule", "opacity", "dx", "dy",
		"text-anchor", "dominant-baseline", "font-size", "font-family", "font-weight", "font-style", "offset", "stop-color", "stop-opacity", "gradientunits", "gradienttransform",
		"orient", "markerwidth", "markerheight", "refx", "refy", "rotate",
	).OnElements(tags...)
	p.AllowAttrs("fill", "stroke", "marker-end", "marker-start", "marker-mid", "clip-path").
		Matching(regexp.MustCompile(`^(url\(#[\w-]+\)|[\w#(),.% -]+)$`)).OnElements(tags...)
}
