package i18n

import (
	"errors"
	"strconv"
	"testing"
	"time"
)

func TestOnce(t *testing.T) {
	t.Parallel()
	c := catalog(t)
	calls := 0
	do := func() (string, error) {
		calls++
		if calls == 1 {
			return "", errors.New("not now")
		}
		return "made", nil
	}
	en := c.For(nil, "en")
	if _, err := en.Once("test", do); err == nil {
		t.Error("the error was swallowed")
	}
	for range 3 {
		if got, err := c.For(nil, "en").Once("test", do); got != "made" || err != nil {
			t.Errorf("Once = %q, %v", got, err)
		}
	}
	if calls != 2 {
		t.Errorf("called %d times, want 2: once in vain, once for good", calls)
	}
	if got, err := en.Once("other", func() (string, error) { return "x", nil }); got != "x" || err != nil {
		t.Errorf("another id = %q, %v", got, err)
	}
}

func TestVoice(t *testing.T) {
	t.Parallel()
	c := catalog(t)
	if c.For(nil, "pl-PL").Voice() != c.For(time.FixedZone("x", 60), "", "pl-PL").Voice() {
		t.Error("the voice depends on the zone, or on how it was asked for")
	}
	voices := map[Voice]string{}
	for _, wish := range []string{"en", "pl-PL", "pl-UA"} {
		v := c.For(nil, wish).Voice()
		if other, dup := voices[v]; dup {
			t.Errorf("%s and %s have one voice", wish, other)
		}
		voices[v] = wish
	}
	if c.For(nil, "en").Voice() == catalog(t).For(nil, "en").Voice() {
		t.Error("two catalogs have one voice")
	}
}

func TestOnceIsBounded(t *testing.T) {
	t.Parallel()
	c := catalog(t)
	for i := range 2 * mostMade {
		got, err := Once(c.For(nil, "en"), strconv.Itoa(i), func() (int, error) { return i, nil })
		if got != i || err != nil {
			t.Fatalf("Once(%d) = %d, %v", i, got, err)
		}
	}
	if n := len(c.made); n != mostMade {
		t.Errorf("%d are kept, want %d", n, mostMade)
	}
}
