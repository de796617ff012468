package i18n

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

// Reader is who reads: a language and a time zone, with the catalog to serve them from. It does not change once made.
type Reader struct {
	catalog *Catalog
	index   int          // of the language in the catalog
	tag     language.Tag // with the reader's region, for numbers
	zone    *time.Location
}

// For picks the best language for the wishes, strongest first; each is a language tag or a whole Accept-Language value, and what
// cannot be parsed is passed over. A nil zone means UTC.
func (c *Catalog) For(zone *time.Location, wishes ...string) *Reader {
	if zone == nil {
		zone = time.UTC
	}
	pick := c.pick(wishes)
	return &Reader{catalog: c, index: pick.index, tag: pick.tag, zone: zone}
}

// choice is a language picked for some wishes.
type choice struct {
	index int
	tag   language.Tag
}

// mostChoices bounds the choices kept: browsers send few different headers, strangers as many as they like.
const mostChoices = 4096

// pick matches wishes, which takes longer than the rest of many requests, so choices are kept.
func (c *Catalog) pick(wishes []string) choice {
	var key [3]string
	size := 0
	for _, wish := range wishes {
		size += len(wish)
	}
	if copy(key[:], wishes) < len(wishes) || size > 1024 {
		return c.match(wishes)
	}
	c.mu.RLock()
	got, ok := c.choices[key]
	c.mu.RUnlock()
	if ok {
		return got
	}
	got = c.match(wishes)
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.choices) >= mostChoices {
		clear(c.choices)
	}
	for i := range key {
		key[i] = strings.Clone(key[i]) // not with the rest of a request's headers
	}
	c.choices[key] = got
	return got
}

func (c *Catalog) match(wishes []string) choice {
	for _, wish := range wishes {
		if wish == "" || len(wish) > 4096 {
			continue
		}
		tags, _, err := language.ParseAcceptLanguage(wish)
		if err != nil || len(tags) == 0 {
			continue
		}
		if tag, index, sure := c.matcher.Match(tags...); sure > language.No {
			return choice{index: index, tag: tag}
		}
	}
	return choice{tag: language.English}
}

type contextKey struct{}

// With returns a context whose texts are for r.
func With(ctx context.Context, r *Reader) context.Context {
	return context.WithValue(ctx, contextKey{}, r)
}

// From returns the context's reader; without one, an English one in UTC with the shared catalog.
func From(ctx context.Context) *Reader {
	if r, ok := ctx.Value(contextKey{}).(*Reader); ok && r != nil {
		return r
	}
	return base().For(time.UTC)
}

// Lang returns the language of the texts as the lang attribute wants it.
func (r *Reader) Lang() string { return r.catalog.names[r.index] }

// Zone returns the reader's time zone.
func (r *Reader) Zone() *time.Location { return r.zone }

// Dir returns "rtl" or "ltr" for the language of the texts.
func (r *Reader) Dir() string {
	script, _ := r.catalog.tags[r.index].Script()
	switch script.String() {
	case "Arab", "Hebr", "Syrc", "Thaa", "Nkoo", "Adlm", "Rohg":
		return "rtl"
	}
	return "ltr"
}

// T returns the text with this id, its places filled with args. A missing id is shown as it is, so that a page never breaks; the test
// of this package finds it.
func T(ctx context.Context, id string, args ...any) string { return From(ctx).T(id, args...) }

// T returns the text with this id; see [T].
func (r *Reader) T(id string, args ...any) string {
	m, index, ok := r.catalog.find(r.index, id)
	if !ok {
		return id
	}
	text := m["other"]
	if len(m) > 1 && len(args) > 0 {
		if form, ok := m[pluralForm(r.catalog.tags[index], args[0])]; ok {
			text = form
		}
	}
	if len(args) == 0 || !strings.Contains(text, "{") {
		return text
	}
	return r.fill(text, args)
}

// fill replaces {0}, {1}, ...; a place without an argument stays.
func (r *Reader) fill(text string, args []any) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "{")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		place, after, closed := strings.Cut(rest, "}")
		if n, err := strconv.Atoi(place); closed && err == nil && n >= 0 && n < len(args) {
			b.WriteString(r.format(args[n]))
			text = after
			continue
		}
		b.WriteByte('{')
		text = rest
	}
}

func (r *Reader) format(arg any) string {
	switch v := arg.(type) {
	case string:
		return v
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64, float32, float64:
		return r.Number(v)
	case time.Time:
		return r.DateTime(v)
	default:
		return fmt.Sprint(v)
	}
}

// pluralForm returns the CLDR name of the form n takes.
func pluralForm(tag language.Tag, n any) string {
	var text string
	switch v := n.(type) {
	case int:
		if v >= 0 && v < 1e9 {
			return formName(plural.Cardinal.MatchPlural(tag, v, 0, 0, 0, 0))
		}
		text = strconv.Itoa(v)
	case int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
		text = fmt.Sprint(v)
	case float64:
		text = strconv.FormatFloat(v, 'f', -1, 64)
	case float32:
		text = strconv.FormatFloat(float64(v), 'f', -1, 32)
	default:
		return "other"
	}
	text = strings.TrimPrefix(text, "-")
	whole, fraction, _ := strings.Cut(text, ".")
	trimmed := strings.TrimRight(fraction, "0")
	i, _ := strconv.Atoi(whole[max(0, len(whole)-9):])
	f, _ := strconv.Atoi(fraction[:min(len(fraction), 9)])
	t, _ := strconv.Atoi(trimmed[:min(len(trimmed), 9)])
	return formName(plural.Cardinal.MatchPlural(tag, i, len(fraction), len(trimmed), f, t))
}

func formName(f plural.Form) string {
	switch f {
	case plural.Zero:
		return "zero"
	case plural.One:
		return "one"
	case plural.Two:
		return "two"
	case plural.Few:
		return "few"
	case plural.Many:
		return "many"
	case plural.Other:
	}
	return "other"
}

// Number writes a number with the reader's separators, at most two digits behind the point.
func Number(ctx context.Context, n any) string { return From(ctx).Number(n) }

// Number writes a number; see [Number].
func (r *Reader) Number(n any) string {
	if i, ok := n.(int); ok && i > -1000 && i < 1000 && r.index == 0 {
		return strconv.Itoa(i) // the common case needs no printer
	}
	return message.NewPrinter(r.tag).Sprint(number.Decimal(n, number.MaxFractionDigits(2)))
}

// Percent writes a fraction, 0.835, as a whole percentage, 84%; halves round up.
func Percent(ctx context.Context, fraction float64) string { return From(ctx).Percent(fraction) }

// Percent writes a percentage; see [Percent].
func (r *Reader) Percent(fraction float64) string {
	whole := float64(int64(fraction*100 + 0.5))
	return message.NewPrinter(r.tag).Sprint(number.Percent(whole/100, number.MaxFractionDigits(0)))
}
