package i18n

import (
	"context"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/text/language"

	"github.com/google/go-cmp/cmp"
)

// room is a catalog with languages that have other plural forms, directions and orders than English.
var room = fstest.MapFS{
	"locales/en.json": {Data: []byte(`{"t.plain": "Hello", "t.who": "{0} of {1}", "t.points": {"one": "{0} point", "other": "{0} points"}, "t.only": "only here"}`)},
	"locales/pl.json": {Data: []byte(`{"t.plain": "Witaj", "t.who": "{1}: {0}", "t.points": {"one": "{0} punkt", "few": "{0} punkty", "many": "{0} punktów", "other": "{0} punktu"},
		"i18n.date": "{day} {month} {year}"}`)},
	"locales/ar.json": {Data: []byte(`{"t.plain": "مرحبا"}`)},
}

func catalog(t *testing.T) *Catalog {
	t.Helper()
	c, err := New(room)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestT(t *testing.T) {
	t.Parallel()
	c := catalog(t)
	cases := []struct {
		name, lang, id string
		args           []any
		want           string
	}{
		{"plain", "en", "t.plain", nil, "Hello"},
		{"places", "en", "t.who", []any{"Ada", "London"}, "Ada of London"},
		{"other order", "pl", "t.who", []any{"Ada", "London"}, "London: Ada"},
		{"one", "en", "t.points", []any{1}, "1 point"},
		{"none", "en", "t.points", []any{0}, "0 points"},
		{"fraction", "en", "t.points", []any{1.5}, "1.5 points"},
		{"grouped", "en", "t.points", []any{12345}, "12,345 points"},
		{"polish one", "pl", "t.points", []any{1}, "1 punkt"},
		{"polish few", "pl", "t.points", []any{22}, "22 punkty"},
		{"polish many", "pl", "t.points", []any{25}, "25 punktów"},
		{"polish fraction", "pl", "t.points", []any{1.5}, "1,5 punktu"},
		{"missing there", "pl", "t.only", nil, "only here"},
		{"missing everywhere", "en", "t.nothing", nil, "t.nothing"},
		{"place without argument", "en", "t.who", []any{"Ada"}, "Ada of {1}"},
		{"braces in an argument", "en", "t.who", []any{"{1}", "x"}, "{1} of x"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			ctx := With(context.Background(), c.For(nil, tc.lang))
			if got := T(ctx, tc.id, tc.args...); got != tc.want {
				t.Errorf("T(%q, %v) = %q, want %q", tc.id, tc.args, got, tc.want)
			}
		})
	}
}

func TestFor(t *testing.T) {
	t.Parallel()
	c := catalog(t)
	cases := []struct {
		name      string
		wishes    []string
		lang, dir string
	}{
		{"nothing", nil, "en", "ltr"},
		{"account first", []string{"pl", "ar", "en"}, "pl", "ltr"},
		{"header", []string{"", "", "de-DE,de;q=0.9,ar-EG;q=0.8,en;q=0.5"}, "ar", "rtl"},
		{"region", []string{"pl-PL"}, "pl", "ltr"},
		{"unknown", []string{"xx"}, "en", "ltr"},
		{"broken", []string{"%%%", "\x00", "pl"}, "pl", "ltr"},
	}
	for _, tc := range cases {
		r := c.For(time.UTC, tc.wishes...)
		if r.Lang() != tc.lang || r.Dir() != tc.dir {
			t.Errorf("%s: got %s %s, want %s %s", tc.name, r.Lang(), r.Dir(), tc.lang, tc.dir)
		}
	}
	want := []language.Tag{language.English, language.Arabic, language.Polish}
	if diff := cmp.Diff(c.Languages(), want, cmp.Comparer(func(a, b language.Tag) bool { return a == b })); diff != "" {
		t.Errorf("languages (-got +want)\n%s", diff)
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zones on this machine")
	}
	c := catalog(t)
	at := time.Date(2026, 3, 2, 13, 2, 0, 0, time.UTC)
	r := c.For(berlin, "en")
	for _, tc := range []struct{ name, got, want string }{
		{"date", r.Date(at), "Mar 2, 2026"},
		{"moment", r.DateTime(at), "Mar 2, 2026, 14:02 CET"},
		{"clock", r.Clock(at), "14:02"},
		{"polish order", c.For(berlin, "pl").Date(at), "2 Mar 2026"},
		{"zone without a name", c.For(time.FixedZone("", 19800), "en").DateTime(at), "Mar 2, 2026, 18:32 UTC+05:30"},
		{"zone with a number for a name", c.For(time.FixedZone("+0530", 19800), "en").DateTime(at), "Mar 2, 2026, 18:32 UTC+05:30"},
		{"in days", r.Relative(at.Add(73*time.Hour), at), "in 3 days"},
		{"ago", r.Relative(at.Add(-time.Hour), at), "1 hour ago"},
		{"now", r.Relative(at.Add(20*time.Second), at), "just now"},
		{"years", r.Relative(at.AddDate(-3, 0, 0), at), "3 years ago"},
		{"percent", r.Percent(0.835), "84%"},
		{"percent of nothing", r.Percent(0), "0%"},
		{"small number", r.Number(-7), "-7"},
		{"large number", r.Number(int64(1234567)), "1,234,567"},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.name, tc.got, tc.want)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for name, fsys := range map[string]fstest.MapFS{
		"twice":          {"locales/en.json": {Data: []byte(`{"t.plain": "x"}`)}},
		"no files":       {},
		"language":       {"locales/not a language.json": {Data: []byte(`{}`)}},
		"plural form":    {"locales/en.json": {Data: []byte(`{"t.x": {"single": "x", "other": "y"}}`)}},
		"without other":  {"locales/en.json": {Data: []byte(`{"t.x": {"one": "x"}}`)}},
		"neither":        {"locales/en.json": {Data: []byte(`{"t.x": 7}`)}},
		"no JSON at all": {"locales/en.json": {Data: []byte(`{`)}},
	} {
		if _, err := New(room, fsys); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestRoomReplacesShared(t *testing.T) {
	t.Parallel()
	c, err := New(fstest.MapFS{"locales/en.json": {Data: []byte(`{"ui.close": "Shut"}`)}})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.For(nil).T("ui.close"); got != "Shut" {
		t.Errorf("T = %q, want the room's text", got)
	}
}

func TestWithoutReader(t *testing.T) {
	t.Parallel()
	if got := T(context.Background(), "ui.close"); got != "Close" {
		t.Errorf("T without a reader = %q, want Close", got)
	}
}
