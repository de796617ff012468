package capa

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestPatterns(t *testing.T) {
	t.Parallel()
	tests := []struct {
		pattern, subject string
		fold             bool
		want             bool
	}{
		{pattern: `^a|b$`, subject: "abc", want: true},
		{pattern: `^\d{3}$`, subject: "٣٤٥", want: true},
		{pattern: `^\w+$`, subject: "naïve²", want: true},
		{pattern: `^\w+$`, subject: "a‿b", want: false},
		{pattern: `^\W+$`, subject: "‿", want: true},
		{pattern: `^[\W_]+$`, subject: "_‿-", want: true},
		{pattern: `^[^\W\d]+$`, subject: "abc", want: true},
		{pattern: `^[\S]$`, subject: "\u00a0", want: false},
		{pattern: `\bcafé\b`, subject: "le café noir", want: true},
		{pattern: `\bcaf\b`, subject: "café", want: false},
		{pattern: `\bword\b`, subject: "a word", want: true},
		{pattern: `end$`, subject: "end\n", want: true},
		{pattern: `end\Z`, subject: "end\n", want: false},
		{pattern: `^(?P<q>a+)b(?P=q)$`, subject: "aabaa", want: true},
		{pattern: `^(a)(?P<n>b)(c)\3\2$`, subject: "abccb", want: true},
		{pattern: `^(a)?b(?(1)c|d)$`, subject: "abc", want: true},
		{pattern: `^(a)?b(?(1)c|d)$`, subject: "bc", want: false},
		{pattern: `(?<!un)happy`, subject: "unhappy", want: false},
		{pattern: `^x{,2}$`, subject: "xx", want: true},
		{pattern: `^x{a}$`, subject: "x{a}", want: true},
		{pattern: `^x{2}?$`, subject: "xx", want: true},
		{pattern: `^[--0](?=$)`, subject: ".", want: true}, // a range from a hyphen, in either engine
		{pattern: `^[--0]$`, subject: ".", want: true},
		{pattern: `^[]a]+$`, subject: "]a", want: true},
		{pattern: `^[[:alpha:]]$`, subject: "p]", want: true},
		{pattern: `^[a-z-[aeiou]]$`, subject: "a]", want: true},
		{pattern: `^\-\ \é\/$`, subject: "- é/", want: true},
		{pattern: `^\x41\u00e9\101$`, subject: "AéA", want: true},
		{pattern: `^(?i)paris$`, subject: "PARIS", want: true},
		{pattern: `^(?i:p)aris$`, subject: "Paris", want: true},
		{pattern: `^straße$`, subject: "STRASSE", fold: true, want: false},
		{pattern: `^ısı$`, subject: "ISI", fold: true, want: true},
		{pattern: `^ÉTÉ$`, subject: "été", fold: true, want: true},
		{pattern: `^a.c$`, subject: "a\nc", want: false},
		{pattern: `(?s)^a.c$`, subject: "a\nc", want: true},
		{pattern: `(?x) ^ a  b $ # note`, subject: "ab", want: true},
		{pattern: `^a(?#note)b$`, subject: "ab", want: true},
		{pattern: `^a b#c$`, subject: "a b#c", want: true},
		{pattern: `^((a)|b)+$`, subject: "abba", want: true},
		{pattern: `^(?:(?=x)x|y)+$`, subject: "xyx", want: true},
	}
	for _, tt := range tests {
		p, err := compilePattern(tt.pattern, tt.fold)
		if err != nil {
			t.Errorf("%s: %v", tt.pattern, err)
			continue
		}
		got, err := p.search(tt.subject)
		if err != nil || got != tt.want {
			t.Errorf("%s on %q: got %v, %v, want %v", tt.pattern, tt.subject, got, err, tt.want)
		}
		again, err := p.backtrack()
		if err != nil {
			t.Errorf("%s, backtracking: %v", tt.pattern, err)
			continue
		}
		if got, err := again.MatchString(tt.subject); err != nil || got != tt.want {
			t.Errorf("%s on %q, backtracking: got %v, %v, want %v", tt.pattern, tt.subject, got, err, tt.want)
		}
	}
}

func TestBrokenPatterns(t *testing.T) {
	t.Parallel()
	for _, source := range []string{
		`(`, `)`, `[`, `[a`, `*`, `a**`, `+a`, `(?P<n>a`, `(?P<1>a)`, `(?P=n)`, `\1`, `(a\1)`, `[z-a]`, `\q`, `\`,
		`(?<a>b)`, `(?(2)a)`, `a|*`, `[\d-z]x[a-\d]`, `\x4`, `(?#`, strings.Repeat("(", 500) + strings.Repeat(")", 500),
	} {
		if _, err := compilePattern(source, false); err == nil {
			t.Errorf("%s: compiled", source)
		}
	}
}

func TestPatternBudget(t *testing.T) {
	t.Parallel()
	p, err := compilePattern(`^(?=a)(a+)+$`, false) // the look-ahead keeps it off the linear engine
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	_, err = p.search(strings.Repeat("a", 40) + "b")
	if !errors.Is(err, errOverBudget) || time.Since(start) > 5*time.Second {
		t.Errorf("got %v after %v, want %v", err, time.Since(start), errOverBudget)
	}
	p, err = compilePattern(`^(a+)+$`, false)
	if err != nil {
		t.Fatal(err)
	}
	if found, err := p.search(strings.Repeat("a", 5000) + "b"); found || err != nil {
		t.Errorf("linear engine: got %v, %v", found, err)
	}
	if _, err := p.search(strings.Repeat("a", maxSubject+1)); !errors.Is(err, errOverBudget) {
		t.Errorf("long subject: got %v", err)
	}
	if _, err := compilePattern(strings.Repeat("a", maxPattern+1), false); !errors.Is(err, errOverBudget) {
		t.Errorf("long pattern: got %v", err)
	}
}

func FuzzPattern(f *testing.F) {
	for _, s := range []string{`^a|b$`, `(?P<q>a+?)b(?P=q)`, `[^\W_]{2,}`, `(?<!x)\b\d+$`, `(?x) a # b`, `(a)(b)\2\1`} {
		f.Add(s, "ab1", true)
	}
	f.Fuzz(func(t *testing.T, source, subject string, fold bool) {
		p, err := compilePattern(source, fold)
		if err != nil {
			return
		}
		start := time.Now()
		found, err := p.search(subject)
		if re, failed := p.backtrack(); err == nil && failed == nil {
			if other, err := re.MatchString(subject); err == nil && other != found {
				t.Fatalf("%q on %q: the engines disagree", source, subject)
			}
		}
		if d := time.Since(start); d > 3*time.Second {
			t.Fatalf("%q on %q took %v", source, subject, d)
		}
	})
}
