package account

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"lyceum/internal/fault"
)

func TestVerify(t *testing.T) {
	t.Parallel()
	h := newHasher()
	ours, err := h.hash(t.Context(), "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name, password, encoded string
		match, outdated, broken bool
	}{
		{name: "ours", password: "correct horse battery", encoded: ours, match: true},
		{name: "ours, wrong", password: "correct horse batterY", encoded: ours},
		{name: "ours, with a space", password: "correct horse battery ", encoded: ours},
		// Made with Python: base64.b64encode(hashlib.pbkdf2_hmac('sha256', b'lètmein123', b'seasalt', 1200)).
		{name: "pbkdf2", password: "lètmein123", encoded: "pbkdf2_sha256$1200$seasalt$ZB419J5zCBliEmyou4IhX1u3GC459eBydCCf8Rs17jQ=", match: true, outdated: true},
		{name: "pbkdf2, wrong", password: "letmein123", encoded: "pbkdf2_sha256$1200$seasalt$ZB419J5zCBliEmyou4IhX1u3GC459eBydCCf8Rs17jQ=", outdated: true},
		{
			name: "other parameters", password: "password", match: true, outdated: true,
			encoded: "argon2$argon2id$v=19$m=65536,t=1,p=2$c29tZXNhbHRzb21lc2FsdA$cH2Uqn5GDcz+mtdBMW85qA",
		},
		{name: "nobody", password: "x"},
		{name: "unusable", password: "!", encoded: "!"},
		{name: "too long", password: strings.Repeat("x", 2000), encoded: ours},
		{name: "unknown kind", password: "x", encoded: "md5$abc$def", broken: true},
		{name: "too much memory", password: "x", encoded: "$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$YWJjZGVmZ2hpamtsbW5vcA", broken: true},
		{name: "too many rounds", password: "x", encoded: "pbkdf2_sha256$999999999$salt$ZB419J5zCBliEmyou4IhX1u3GC459eBydCCf8Rs17jQ=", broken: true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			match, outdated, err := h.verify(t.Context(), c.password, c.encoded)
			if (err != nil) != c.broken || match != c.match || !c.broken && outdated != c.outdated {
				t.Errorf("verify = %v, %v, %v, want %v, %v, broken %v", match, outdated, err, c.match, c.outdated, c.broken)
			}
		})
	}
}

func TestLaneIsBounded(t *testing.T) {
	t.Parallel()
	h := &hasher{running: make(chan struct{}, 1), waiting: make(chan struct{}, 2)}
	first, err := h.enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second := make(chan error)
	go func() {
		leave, err := h.enter(t.Context())
		if err == nil {
			leave()
		}
		second <- err
	}()
	for len(h.waiting) < 2 { // until the second stands in the queue
		runtime.Gosched()
	}
	_, err = h.enter(t.Context())
	var e *fault.Error
	if !errors.As(err, &e) || e.Kind != fault.Busy || e.RetryAfter == 0 {
		t.Errorf("past the queue: got %v, want Busy with a time to come back", err)
	}
	first()
	if err := <-second; err != nil {
		t.Errorf("the one in the queue got %v, want its turn", err)
	}
}

func TestCheckPassword(t *testing.T) {
	t.Parallel()
	who := identity{username: "ann.lee", email: "ann.lee42@example.com", name: "Ann Katrin Lee", site: "Example School"}
	cases := []struct{ password, want string }{
		{"", "account.password.missing"},
		{"1234567", "account.password.short"},
		{"äöüß", ""}, // eight bytes
		{"correct horse battery", ""},
		{" spaces around ", ""},
		{"password1", "account.password.common"},
		{"PassWord1", "account.password.common"},
		{"iloveyou", "account.password.common"},
		{"12345678", "account.password.common"},
		{"ANN.LEE42@EXAMPLE.COM", "account.password.known"},
		{"ann.lee42", "account.password.known"},
		{"annkatrinlee", "account.password.known"},
		{"ann katrin lee", "account.password.known"},
		{"example school", "account.password.known"},
		{"nul\x00nulnul", "account.password.form"},
		{"bad\xffutf8bytes", "account.password.form"},
		{strings.Repeat("a1", 512), ""},
		{strings.Repeat("a1", 512) + "b", "account.password.long"},
	}
	for _, c := range cases {
		if got := checkPassword(c.password, who); got != c.want {
			t.Errorf("checkPassword(%q) = %q, want %q", c.password, got, c.want)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	usernames := map[string]bool{
		"ann": true, "Ann_Lee-2.x": true, "ab": true, strings.Repeat("a", 30): true,
		"a": false, "": false, strings.Repeat("a", 31): false, "ann lee": false, "ann@x": false, "änn": false, "..": false, "a/b": false,
		// What looks like another's name: of one alphabet, and no case, there is nothing to mix.
		"аnn": false, "аnnа": false, "ɑnn": false, "ａｎｎ": false, "𝐚nn": false, "aⅼice": false, "οlga": false, "ann\u0301": false, "an\u200bn": false, "ann\u202e": false,
		"ann ": false, "\u00a0ann": false, "ann\n": false,
	}
	for in, want := range usernames {
		if got := checkUsername(in) == ""; got != want {
			t.Errorf("username %q is fine: %v, want %v", in, got, want)
		}
	}
	names := map[string]bool{
		"Ann": true, "Дмитрий": true, "李小龍": true, "O'Brien <3": true, "a": true,
		// Of several alphabets: many people write theirs so, and a name is shown beside a username that cannot be mistaken.
		"Dmitri Дмитрий": true, "Åsa Ångström": true, "王 Wang": true, "محمد": true,
		"": false, "Ann\nLee": false, "Ann\u202eeeL": false, "Ann\u200bLee": false, "Ann\u2066Lee": false, "\u3164": false,
		strings.Repeat("x", 256): false, "bad\xff": false, "nul\x00": false,
	}
	for in, want := range names {
		if got := checkName(normalizeName(in)) == ""; got != want {
			t.Errorf("name %q is fine: %v, want %v", in, got, want)
		}
	}
	for _, same := range [][2]string{{"Ann", "ANN"}, {"ann.lee", "Ann.LEE"}, {"x_y-Z", "X_Y-z"}} {
		if fold(same[0]) != fold(same[1]) {
			t.Errorf("usernames %q and %q are two", same[0], same[1])
		}
	}
	if got, want := normalizeName(" Zu\u0308rich "), "Z\u00fcrich"; got != want {
		t.Errorf("normalizeName = %q, want %q", got, want)
	}
	if got, want := NormalizeEmail(" Ann.Lee+X@Example.COM "), "ann.lee+x@example.com"; got != want {
		t.Errorf("NormalizeEmail = %q, want %q", got, want)
	}
}

func FuzzCheckEncoded(f *testing.F) {
	f.Add("pbkdf2_sha256$1200$seasalt$ZB419J5zCBliEmyou4IhX1u3GC459eBydCCf8Rs17jQ=")
	f.Add("argon2$argon2id$v=19$m=65536,t=1,p=2$c29tZXNhbHRzb21lc2FsdA$AAAA")
	f.Fuzz(func(_ *testing.T, s string) { _ = checkEncoded(s) })
}
