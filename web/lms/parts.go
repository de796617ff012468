package lms

import (
	"context"
	"io"
	"strings"
	"sync"
	"weak"

	"github.com/a-h/templ"

	"lyceum/component"
	"lyceum/course"
	"lyceum/internal/cache"
	"lyceum/web/i18n"
	"lyceum/web/ui"
)

// partsBudget bounds the bytes of the parts that are kept.
const partsBudget = 16 << 20

// parts keeps parts of course pages that are the same for many: a part is drawn once for all that it depends on, which is its key. What
// depends on the learner, on the time or on the request is no part. The zero value is empty.
type parts struct {
	once sync.Once
	kept *cache.LRU[partKey, templ.Component]
}

// partKind says what a part is.
type partKind uint8

const (
	partBar partKind = iota // of the course, with its tabs
	partOutline
	partOutlineOpen
	partTrail
	partTab
	partPlace
	partFormat
	partBarPrevious
	partBarNext
	partTurnPrevious
	partTurnNext
	partTurnEnd
	partHomeSection
	partDrawerSection
)

// partKey is all that a part depends on.
type partKey struct {
	course weak.Pointer[course.Compiled] // a part does not hold on to its course
	voice  i18n.Voice
	kind   partKind
	node   int32
	at     int32  // position of the node, as this learner counts
	bits   uint64 // whatever else the kind depends on
	text   string
}

// partsOf returns the key of all parts of a page, to be filled in.
func partsOf(ctx context.Context, v *visit) partKey {
	return partKey{course: weak.Make(v.Compiled), voice: i18n.From(ctx).Voice()}
}

// of returns a part, drawn now or before. draw may look at nothing that key does not name.
func (p *parts) of(ctx context.Context, key partKey, draw func() templ.Component) templ.Component {
	if c, ok := p.find(key); ok {
		return c
	}
	var b strings.Builder
	if err := draw().Render(ctx, &b); err != nil {
		return draw() // the page it is for says so
	}
	return p.keep(key, component.Drawn{b.String()})
}

// around is [parts.of] for a part that stands around something: what draw is given, and key does not name.
func (p *parts) around(ctx context.Context, key partKey, draw func(inside templ.Component) templ.Component, inside templ.Component) templ.Component {
	c, ok := p.find(key)
	if !ok {
		before, after, err := ui.Around(ctx, draw)
		if err != nil {
			return draw(inside)
		}
		c = p.keep(key, component.Drawn{before, after})
	}
	return surrounded{c.(component.Drawn), inside}
}

// surrounded is something between two ends.
type surrounded struct {
	ends   component.Drawn
	inside templ.Component
}

// Render writes one end, what is inside, and the other end.
func (s surrounded) Render(ctx context.Context, w io.Writer) error {
	if err := s.ends[:1].Render(ctx, w); err != nil {
		return err
	}
	if err := s.inside.Render(ctx, w); err != nil {
		return err
	}
	return s.ends[1:].Render(ctx, w)
}

func (p *parts) find(key partKey) (templ.Component, bool) {
	p.once.Do(func() { p.kept = cache.New[partKey, templ.Component](partsBudget) })
	return p.kept.Get(key)
}

func (p *parts) keep(key partKey, c component.Drawn) templ.Component {
	size := int64(len(key.text)) + 384
	for _, piece := range c {
		size += int64(len(piece))
	}
	p.kept.Add(key, c, size)
	return c
}

// words is a part of a page that is made of texts alone: the same for everybody with the same language.
type words struct {
	id   string
	draw func() templ.Component
}

// Render writes it, drawn now or before.
func (p words) Render(ctx context.Context, w io.Writer) error {
	text, err := i18n.From(ctx).Once(p.id, func() (string, error) {
		var b strings.Builder
		err := p.draw().Render(ctx, &b)
		return b.String(), err
	})
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, text)
	return err
}
