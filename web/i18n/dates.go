package i18n

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Date writes a day in the reader's zone: "Mar 2, 2026".
func Date(ctx context.Context, t time.Time) string { return From(ctx).Date(t) }

// DateTime writes a moment in the reader's zone with the zone named: "Mar 2, 2026, 14:02 CET".
func DateTime(ctx context.Context, t time.Time) string { return From(ctx).DateTime(t) }

// Relative writes how far t is from now: "in 3 days", "2 hours ago".
func Relative(ctx context.Context, t, now time.Time) string { return From(ctx).Relative(t, now) }

// Date writes a day; see [Date].
func (r *Reader) Date(t time.Time) string { return r.pattern("i18n.date", t.In(r.zone)) }

// DateTime writes a moment; see [DateTime].
func (r *Reader) DateTime(t time.Time) string { return r.pattern("i18n.datetime", t.In(r.zone)) }

// Clock writes a time of day in the reader's zone without the zone's name.
func (r *Reader) Clock(t time.Time) string { return r.pattern("i18n.clock", t.In(r.zone)) }

// pattern fills a date pattern of the catalog. Its places are named, because languages order them differently.
func (r *Reader) pattern(id string, t time.Time) string {
	text := r.T(id)
	b := make([]byte, 0, 64)
	for {
		before, rest, ok := strings.Cut(text, "{")
		b = append(b, before...)
		if !ok {
			return string(b)
		}
		place, after, closed := strings.Cut(rest, "}")
		filled, known := r.appendPlace(b, place, t)
		if closed && known {
			b, text = filled, after
			continue
		}
		b, text = append(b, '{'), rest
	}
}

// appendPlace adds the part of t that a place of a pattern names.
func (r *Reader) appendPlace(b []byte, place string, t time.Time) (_ []byte, known bool) {
	switch place {
	case "weekday":
		return append(b, r.T("i18n.weekday."+strconv.Itoa(int(t.Weekday())))...), true
	case "day":
		return strconv.AppendInt(b, int64(t.Day()), 10), true
	case "month":
		return append(b, r.T("i18n.month."+strconv.Itoa(int(t.Month())))...), true
	case "month_number":
		return appendTwo(b, int(t.Month())), true
	case "year":
		return strconv.AppendInt(b, int64(t.Year()), 10), true
	case "hour":
		return appendTwo(b, t.Hour()), true
	case "hour12":
		return strconv.AppendInt(b, int64((t.Hour()+11)%12+1), 10), true
	case "half":
		if t.Hour() >= 12 {
			return append(b, r.T("i18n.pm")...), true
		}
		return append(b, r.T("i18n.am")...), true
	case "minute":
		return appendTwo(b, t.Minute()), true
	case "zone":
		return append(b, zoneName(t)...), true
	}
	return b, false
}

// appendTwo adds a number below 100 with two digits.
func appendTwo(b []byte, n int) []byte { return append(b, byte('0'+n/10), byte('0'+n%10)) }

// zoneName returns the zone's abbreviation, or UTC+05:30 for zones whose abbreviation is but a number.
func zoneName(t time.Time) string {
	name, offset := t.Zone()
	if name != "" && name[0] != '+' && name[0] != '-' {
		return name
	}
	sign := '+'
	if offset < 0 {
		sign, offset = '-', -offset
	}
	return fmt.Sprintf("UTC%c%02d:%02d", sign, offset/3600, offset/60%60)
}

// Relative writes a distance; see [Relative].
func (r *Reader) Relative(t, now time.Time) string {
	d := t.Sub(now)
	side := "i18n.in."
	if d < 0 {
		side, d = "i18n.ago.", -d
	}
	const day = 24 * time.Hour
	for _, step := range []struct {
		under, unit time.Duration
		name        string
	}{
		{under: time.Hour, unit: time.Minute, name: "minutes"},
		{under: day, unit: time.Hour, name: "hours"},
		{under: 30 * day, unit: day, name: "days"},
		{under: 365 * day, unit: 30 * day, name: "months"},
		{under: 1 << 62, unit: 365 * day, name: "years"},
	} {
		if d < time.Minute {
			return r.T("i18n.now")
		}
		if d < step.under {
			return r.T(side+step.name, int(d/step.unit))
		}
	}
	return r.T("i18n.now")
}
