package account_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"lyceum/internal/fault"
	"lyceum/learner/account"
)

func TestActivate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ann := w.register("ann")
	secret := w.secret(account.LetterActivation, "ann@example.com")
	if len(secret) != 64 {
		t.Errorf("the secret has %d characters, want 64 hexadecimal ones", len(secret))
	}
	if a, err := w.ActivationOf(t.Context(), secret); err != nil || a.Active {
		t.Errorf("looking at the link = %+v, %v, want it unused", a, err)
	}
	if a, err := w.Activate(t.Context(), home, secret); err != nil || !a.Active {
		t.Fatalf("Activate = %+v, %v", a, err)
	}
	session, ok, err := w.Session(t.Context(), account.LMS, ann.ID)
	if !ok || err != nil || !session.Active {
		t.Errorf("session after activation = %+v, %v, %v, want it alive and active", session, ok, err)
	}
	if _, err := w.Activate(t.Context(), home, secret); !fault.Is(err, fault.NotFound) {
		t.Errorf("second use: got %v, want NotFound", err)
	}
	if err := w.ResendActivation(t.Context(), home, ann.Account.ID); !fault.Is(err, fault.Conflict) {
		t.Errorf("resend to an active account: got %v, want Conflict", err)
	}
}

func TestTokensExpire(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register("ann")
	if err := w.RequestReset(t.Context(), home, "ann@example.com"); err != nil {
		t.Fatal(err)
	}
	activation, reset := w.secret(account.LetterActivation, "ann@example.com"), w.secret(account.LetterReset, "ann@example.com")
	w.clock.Advance(time.Hour)
	if _, err := w.ResetOf(t.Context(), "1", reset); !fault.Is(err, fault.NotFound) {
		t.Errorf("a reset link of an hour ago: got %v, want NotFound", err)
	}
	if _, err := w.ActivationOf(t.Context(), activation); err != nil {
		t.Errorf("an activation link of an hour ago: %v", err)
	}
	w.clock.Advance(23 * time.Hour)
	if _, err := w.Activate(t.Context(), home, activation); !fault.Is(err, fault.NotFound) {
		t.Errorf("an activation link of a day ago: got %v, want NotFound", err)
	}
}

// TestCrossUse offers each token to every other door.
func TestCrossUse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ann := w.register("ann")
	bob := w.register("bob")
	if err := w.RequestReset(t.Context(), home, "ann@example.com"); err != nil {
		t.Fatal(err)
	}
	if err := w.RequestEmailChange(t.Context(), home, ann.Account.ID, password, "new@example.com"); err != nil {
		t.Fatal(err)
	}
	session, _, err := w.Session(t.Context(), account.LMS, ann.ID)
	if err != nil {
		t.Fatal(err)
	}
	key := account.NewHandoverKey()
	code, err := w.BeginHandover(t.Context(), session, key.State())
	if err != nil {
		t.Fatal(err)
	}
	tokens := map[string]string{
		"activate": w.secret(account.LetterActivation, "ann@example.com"),
		"reset":    w.secret(account.LetterReset, "ann@example.com"),
		"email":    w.secret(account.LetterEmailChange, "new@example.com"),
		"handover": code,
		"session":  string(ann.ID),
		"empty":    "",
	}
	uid := account.UID(ann.Account.ID)
	doors := map[string]func(secret string) error{
		"activate": func(s string) error { _, err := w.Activate(t.Context(), home, s); return err },
		"reset":    func(s string) error { _, err := w.Reset(t.Context(), home, uid, s, "another password"); return err },
		"email":    func(s string) error { _, err := w.ConfirmEmail(t.Context(), home, s, session); return err },
		"handover": func(s string) error { _, err := w.RedeemHandover(t.Context(), home, s, key); return err },
	}
	for door, open := range doors {
		for token, secret := range tokens {
			if door == token {
				continue
			}
			if err := open(secret); !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("%s token at %s: got %v, want a refusal", token, door, err)
			}
		}
	}
	if _, err := w.Reset(t.Context(), home, account.UID(bob.Account.ID), tokens["reset"], "another password"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a reset token under another's id: got %v, want NotFound", err)
	}
	// None was used up by all that.
	for _, door := range []string{"handover", "activate", "reset"} {
		if err := doors[door](tokens[door]); err != nil {
			t.Errorf("%s token at its own door: %v", door, err)
		}
	}
}

// TestParallelRedemption: of thirty uses of one token at once, one wins.
func TestParallelRedemption(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ann := w.register("ann")
	session, _, err := w.Session(t.Context(), account.LMS, ann.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.RequestReset(t.Context(), home, "ann@example.com"); err != nil {
		t.Fatal(err)
	}
	key := account.NewHandoverKey()
	code, err := w.BeginHandover(t.Context(), session, key.State())
	if err != nil {
		t.Fatal(err)
	}
	activation, reset := w.secret(account.LetterActivation, "ann@example.com"), w.secret(account.LetterReset, "ann@example.com")
	for name, use := range map[string]func() error{
		"handover": func() error { _, err := w.RedeemHandover(t.Context(), home, code, key); return err },
		"activate": func() error { _, err := w.Activate(t.Context(), home, activation); return err },
	} {
		if won := race(30, use); won != 1 {
			t.Errorf("%s: %d of 30 won, want 1", name, won)
		}
	}
	won := race(30, func() error {
		_, err := w.Reset(t.Context(), home, account.UID(ann.Account.ID), reset, "another password")
		return err
	})
	if won != 1 {
		t.Errorf("reset: %d of 30 won, want 1", won)
	}
}

func race(n int, do func() error) int64 {
	var won atomic.Int64
	var group sync.WaitGroup
	for range n {
		group.Go(func() {
			if do() == nil {
				won.Add(1)
			}
		})
	}
	group.Wait()
	return won.Load()
}

func TestReset(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withRedis(t))
	ann := w.register("ann")
	if !w.alive(account.LMS, ann.ID) {
		t.Fatal("not signed in")
	}
	for range 2 {
		if err := w.RequestReset(t.Context(), home, "ANN@example.com"); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.RequestReset(t.Context(), home, "nobody@example.com"); err != nil {
		t.Errorf("an address nobody has: %v, want the same answer", err)
	}
	newest := w.secret(account.LetterReset, "ann@example.com")
	uid := account.UID(ann.Account.ID)
	if _, err := w.Reset(t.Context(), home, uid, newest, "password1"); !fault.Is(err, fault.Invalid) {
		t.Errorf("a common password: got %v, want Invalid", err)
	}
	if _, err := w.Reset(t.Context(), home, uid, newest, "another password"); err != nil {
		t.Fatal(err)
	}
	if w.alive(account.LMS, ann.ID) {
		t.Error("sessions outlive the password")
	}
	if _, err := w.signIn("ann", password); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("the old password: got %v, want Unauthenticated", err)
	}
	if in, err := w.signIn("ann", "another password"); err != nil || !in.Account.Active {
		t.Errorf("the new password = %+v, %v, want an active account", in, err)
	}
	letters, err := w.mail.Newest(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range letters {
		if l.Subject != string(account.LetterReset) {
			continue
		}
		if _, err := w.ResetOf(t.Context(), uid, l.BodyText); !fault.Is(err, fault.NotFound) {
			t.Errorf("another reset link is good after one was used: %v", err)
		}
	}
	if w.letters(account.LetterPasswordChanged, "ann@example.com") != 1 {
		t.Error("no notice")
	}
}

func TestMailLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register("ann")
	for _, email := range []string{"ann@example.com", "nobody@example.com"} {
		for i := range 5 {
			if err := w.RequestReset(t.Context(), home, email); err != nil {
				t.Fatalf("%s, %d: %v", email, i, err)
			}
		}
		if err := w.RequestReset(t.Context(), home, email); !fault.Is(err, fault.TooMany) {
			t.Errorf("%s, sixth: got %v, want TooMany", email, err)
		}
	}
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withRedis(t))
	ann := w.register("ann")
	other, err := w.signIn("ann", password)
	if err != nil {
		t.Fatal(err)
	}
	session, _, err := w.Session(t.Context(), account.LMS, ann.ID)
	if err != nil {
		t.Fatal(err)
	}
	change := func(old, password string) (account.SignedIn, error) {
		return w.ChangePassword(t.Context(), home, account.PasswordChange{Session: session, Old: old, New: password})
	}
	for name, c := range map[string]struct{ old, password, field, message string }{
		"wrong":  {"wrong password", "another password", "old_password", "account.password.wrong"},
		"common": {password, "password1", "new_password", "account.password.common"},
		"same":   {password, password, "new_password", "account.password.same"},
	} {
		_, err := change(c.old, c.password)
		e, ok := fault.As(err)
		if !ok || e.Kind != fault.Invalid || e.Fields[c.field] != c.message {
			t.Errorf("%s: got %v %+v, want %s", name, err, e, c.message)
		}
	}
	in, err := change(password, "another password")
	if err != nil {
		t.Fatal(err)
	}
	if w.alive(account.LMS, ann.ID) || w.alive(account.LMS, other.ID) {
		t.Error("old sessions are good after the change")
	}
	if !w.alive(account.LMS, in.ID) {
		t.Error("the browser that changed it is signed out")
	}
	want := []account.SettingChange{{User: ann.Account.ID, Table: "auth_user", Setting: "password"}}
	if diff := cmp.Diff(w.changes, want); diff != "" {
		t.Errorf("events (-got +want)\n%s", diff)
	}
}

func TestChangeEmail(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ann := w.register("ann")
	w.register("bob")
	other, err := w.signIn("ann", password)
	if err != nil {
		t.Fatal(err)
	}
	session, _, err := w.Session(t.Context(), account.LMS, ann.ID)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(password, email string) error {
		return w.RequestEmailChange(t.Context(), home, ann.Account.ID, password, email)
	}
	if err := ask("wrong password", "new@example.com"); !fault.Is(err, fault.Invalid) {
		t.Errorf("without the password: got %v, want Invalid", err)
	}
	if err := ask(password, "bob@example.com"); !fault.Is(err, fault.Conflict) {
		t.Errorf("another's address: got %v, want Conflict", err)
	}
	if err := ask(password, "new@example.com"); err != nil {
		t.Fatal(err)
	}
	if a, err := w.ByID(t.Context(), ann.Account.ID); err != nil || a.Email != "ann@example.com" {
		t.Errorf("before the link is followed the address is %q, %v", a.Email, err)
	}
	in, err := w.ConfirmEmail(t.Context(), home, w.secret(account.LetterEmailChange, "new@example.com"), session)
	if err != nil {
		t.Fatal(err)
	}
	if a, err := w.ByEmail(t.Context(), "new@example.com"); err != nil || a.ID != ann.Account.ID || !a.Active {
		t.Errorf("afterwards = %+v, %v, want the account, active", a, err)
	}
	if w.alive(account.LMS, other.ID) || w.alive(account.LMS, ann.ID) || !w.alive(account.LMS, in.ID) {
		t.Error("want all sessions ended but the new one of this browser")
	}
	if w.letters(account.LetterEmailChanged, "ann@example.com") != 1 {
		t.Error("the old address got no notice")
	}
	if _, err := w.Activate(t.Context(), home, w.secret(account.LetterActivation, "ann@example.com")); !fault.Is(err, fault.NotFound) {
		t.Errorf("a link sent to the old address is good: %v", err)
	}
}

func TestHandover(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withRedis(t))
	ann := w.register("ann")
	session, _, err := w.Session(t.Context(), account.LMS, ann.ID)
	if err != nil {
		t.Fatal(err)
	}
	key := account.NewHandoverKey()
	begin := func() string {
		t.Helper()
		code, err := w.BeginHandover(t.Context(), session, key.State())
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	code := begin()
	if _, err := w.RedeemHandover(t.Context(), home, code, account.NewHandoverKey()); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("another browser: got %v, want Unauthenticated", err)
	}
	in, err := w.RedeemHandover(t.Context(), home, code, key)
	if err != nil {
		t.Fatal(err)
	}
	if !w.alive(account.Studio, in.ID) || w.alive(account.LMS, in.ID) {
		t.Error("want a session that is good at Studio and nowhere else")
	}
	if _, err := w.RedeemHandover(t.Context(), home, code, key); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("second use: got %v, want Unauthenticated", err)
	}
	late := begin()
	w.clock.Advance(30 * time.Second)
	if _, err := w.RedeemHandover(t.Context(), home, late, key); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("after 30 s: got %v, want Unauthenticated", err)
	}
	after := begin()
	if err := w.SignOut(t.Context(), home, account.LMS, ann.ID); err != nil {
		t.Fatal(err)
	}
	if w.alive(account.Studio, in.ID) {
		t.Error("signing out of the LMS left Studio open")
	}
	if _, err := w.RedeemHandover(t.Context(), home, after, key); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("after signing out: got %v, want Unauthenticated", err)
	}
	if _, err := w.BeginHandover(t.Context(), session, "zz"); !fault.Is(err, fault.Invalid) {
		t.Errorf("malformed state: got %v, want Invalid", err)
	}
}

// TestSecretsAreHashed looks for anything in the database that would open something.
func TestSecretsAreHashed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ann := w.register("ann")
	secret := w.secret(account.LetterActivation, "ann@example.com")
	var dump string
	const query = `
		SELECT string_agg(t, ' ') FROM (
			SELECT account::text AS t FROM account UNION ALL SELECT account_session::text FROM account_session
			UNION ALL SELECT account_token::text FROM account_token UNION ALL SELECT audit::text FROM audit
		) AS all_rows`
	if err := w.pool.QueryRow(t.Context(), query).Scan(&dump); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]string{"session id": string(ann.ID), "token": secret, "password": password} {
		if strings.Contains(dump, s) {
			t.Errorf("the %s is stored as it is", name)
		}
	}
}

func TestProfile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ann := w.register("ann").Account.ID
	text := func(s string) *string { return &s }
	err := w.UpdateProfile(t.Context(), home, ann, account.ProfileChange{
		Name:          text(" Ann Lee "),
		Fields:        map[string]*string{"country": text("CH"), "year_of_birth": text("1990"), "bio": text("Two\nlines"), "gender": text("f")},
		Proficiencies: &[]string{"en", "de-CH"},
		SocialLinks:   &map[string]string{"linkedin": "https://www.linkedin.com/in/ann"},
	})
	if err != nil {
		t.Fatal(err)
	}
	err = w.UpdateProfile(t.Context(), home, ann, account.ProfileChange{Fields: map[string]*string{"gender": nil, "country": text("CH"), "goals": text("learn")}})
	if err != nil {
		t.Fatal(err)
	}
	year := 1990
	want := account.Profile{
		Country: text("CH"), YearOfBirth: &year, Bio: text("Two\nlines"), Goals: text("learn"),
		Proficiencies: []string{"en", "de-CH"}, SocialLinks: map[string]string{"linkedin": "https://www.linkedin.com/in/ann"},
	}
	got, err := w.Profile(t.Context(), ann)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("profile (-got +want)\n%s", diff)
	}
	codes := []map[string]string{{"code": "en"}, {"code": "de-CH"}}
	wantChanges := []account.SettingChange{
		{User: ann, Table: "auth_userprofile", Setting: "name", Old: "Person ann", New: "Ann Lee"},
		{User: ann, Table: "auth_userprofile", Setting: "bio", New: "Two\nlines"},
		{User: ann, Table: "auth_userprofile", Setting: "country", New: "CH"},
		{User: ann, Table: "auth_userprofile", Setting: "gender", New: "f"},
		{User: ann, Table: "auth_userprofile", Setting: "year_of_birth", New: 1990},
		{User: ann, Table: "student_languageproficiency", Setting: "language_proficiencies", Old: []map[string]string{}, New: codes},
		{User: ann, Table: "auth_userprofile", Setting: "gender", Old: "f"},
		{User: ann, Table: "auth_userprofile", Setting: "goals", New: "learn"},
	}
	if diff := cmp.Diff(w.changes, wantChanges, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("events (-got +want)\n%s", diff)
	}
	for name, c := range map[string]account.ProfileChange{
		"unknown field":    {Fields: map[string]*string{"password": text("x")}},
		"column injection": {Fields: map[string]*string{"bio = '', goals": text("x")}},
		"script link":      {SocialLinks: &map[string]string{"linkedin": "javascript:alert(1)"}},
		"foreign link":     {SocialLinks: &map[string]string{"linkedin": "https://linkedin.com.evil.example/"}},
		"unknown platform": {SocialLinks: &map[string]string{"myspace": "https://myspace.com/ann"}},
		"hidden direction": {Name: text("Ann\u202e")},
		"language":         {Proficiencies: &[]string{"not a language"}},
		"one bad of two":   {Fields: map[string]*string{"goals": text("other"), "gender": text("z")}},
	} {
		if err := w.UpdateProfile(t.Context(), home, ann, c); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: got %v, want Invalid", name, err)
		}
	}
	if got, err := w.Profile(t.Context(), ann); err != nil || *got.Goals != "learn" {
		t.Errorf("a refused change changed something: %+v, %v", got, err)
	}
}

func TestPreferences(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ann := w.register("ann")
	text := func(s string) *string { return &s }
	set := func(values map[string]*string) error { return w.SetPreferences(t.Context(), ann.Account.ID, values) }
	if err := set(map[string]*string{"pref-lang": text("de"), "time_zone": text("Europe/Zurich"), "x.own": text("{}")}); err != nil {
		t.Fatal(err)
	}
	if err := set(map[string]*string{"x.own": nil, "time_zone": text("Asia/Kathmandu")}); err != nil {
		t.Fatal(err)
	}
	got, err := w.Preferences(t.Context(), ann.Account.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, map[string]string{"pref-lang": "de", "time_zone": "Asia/Kathmandu"}); diff != "" {
		t.Errorf("(-got +want)\n%s", diff)
	}
	session, _, err := w.Session(t.Context(), account.LMS, ann.ID)
	if err != nil || session.Language != "de" || session.TimeZone != "Asia/Kathmandu" {
		t.Errorf("session = %+v, %v, want the new language and zone", session, err)
	}
	for name, values := range map[string]map[string]*string{
		"zone": {"time_zone": text("Mars/Base")}, "language": {"pref-lang": text("??")}, "key": {"a b": text("x")},
		"privacy": {"account_privacy": text("none")}, "long": {"x": text(strings.Repeat("x", 5000))},
	} {
		if err := set(values); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: got %v, want Invalid", name, err)
		}
	}
}
