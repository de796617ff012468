package ui

import (
	"context"
	"io"
	"time"

	"github.com/a-h/templ"

	"lyceum/web/i18n"
)

// TimeProps is a moment to show.
type TimeProps struct {
	At   time.Time
	Now  time.Time // for the relative form; zero leaves it out
	Day  bool      // the day is enough
	Attr templ.Attributes
}

// Time shows a moment in the reader's zone, with how far away it is.
func Time(p TimeProps) templ.Component { return &p }

// Render writes the element. It is put together by hand: pages are full of times, and nobody else's are the same.
func (p *TimeProps) Render(ctx context.Context, w io.Writer) error {
	b := append(make([]byte, 0, 256), `<time class="time" datetime="`...)
	b = p.At.UTC().AppendFormat(b, time.RFC3339)
	if p.Day {
		b = append(b, `" data-time="day"`...)
	} else {
		b = append(b, `" data-time="moment"`...)
	}
	if len(p.Attr) > 0 {
		if _, err := w.Write(b); err != nil {
			return err
		}
		if err := templ.RenderAttributes(ctx, w, p.Attr); err != nil {
			return err
		}
		b = b[:0]
	}
	reader := i18n.From(ctx)
	text := reader.DateTime
	if p.Day {
		text = reader.Date
	}
	b = append(append(b, '>'), templ.EscapeString(text(p.At))...)
	b = append(b, ' ')
	if !p.Now.IsZero() {
		b = append(b, `<span class="time__relative">(`...)
		b = append(append(b, templ.EscapeString(reader.Relative(p.At, p.Now))...), ")</span>"...)
	}
	_, err := w.Write(append(b, "</time>"...))
	return err
}
