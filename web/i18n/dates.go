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
	hour12 := t.Hour() % 12
	if hour12 == 0 {
		hour12 = 12
	}
	half := "i18n.am"
	if t.Hour() >= 12 {
		half = "i18n.pm"
	}
	return strings.NewReplacer(
		"{weekday}", r.T("i18n.weekday."+strconv.Itoa(int(t.Weekday()))),
		"{day}", strconv.Itoa(t.Day()),
		"{month}", r.T("i18n.month."+strconv.Itoa(int(t.Month()))),
		"{month_number}", fmt.Sprintf("%02d", int(t.Month())),
		"{year}", strconv.Itoa(t.Year()),
		"{hour}", fmt.Sprintf("%02d", t.Hour()),
		"{hour12}", strconv.Itoa(hour12),
		"{half}", r.T(half),
		"{minute}", fmt.Sprintf("%02d", t.Minute()),
		"{zone}", zoneName(t),
	).Replace(r.T(id))
}

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
