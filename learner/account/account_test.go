package account_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"lyceum/internal/cache"
	"lyceum/internal/clock"
	"lyceum/internal/mail"
	"lyceum/internal/pgtest"
	"lyceum/internal/redistest"
	"lyceum/learner"
	"lyceum/learner/account"
)

// plainLetters puts the secret alone into the letter, where tests find it.
type plainLetters struct{}

func (plainLetters) Letter(kind account.LetterKind, _ account.Account, secret string, _ account.From) mail.Message {
	return mail.Message{Subject: string(kind), Text: secret}
}

// world is a site with one service.
type world struct {
	*account.Service
	t     *testing.T
	pool  *pgxpool.Pool
	mail  *mail.Outbox
	clock *clock.Fake

	mu      sync.Mutex
	changes []account.SettingChange
}

var home = account.From{Address: netip.MustParseAddr("192.0.2.1"), Agent: "test", RequestID: "r"}

const password = "correct horse battery"

// newWorld returns a site; adjust may change its options.
func newWorld(t *testing.T, adjust func(*account.Options)) *world {
	t.Helper()
	pool := pgtest.New(t)
	w := &world{t: t, pool: pool, mail: mail.NewOutbox(pool, nil), clock: clock.NewFake(time.Date(2030, 3, 4, 5, 6, 7, 0, time.UTC))}
	o := account.Options{
		DB: pool, Outbox: w.mail, Letters: plainLetters{}, Clock: w.clock.Now, Config: account.Config{SiteName: "Example School"},
		Changed: func(_ context.Context, c account.SettingChange) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.changes = append(w.changes, c)
		},
	}
	if adjust != nil {
		adjust(&o)
	}
	w.Service = account.New(o)
	return w
}

// withRedis adds a real Redis.
func withRedis(t *testing.T) func(*account.Options) {
	t.Helper()
	redis, err := cache.Open(redistest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { redis.Close() })
	return func(o *account.Options) { o.Redis = redis }
}

// register makes an account that is signed in.
func (w *world) register(username string) account.Registered {
	w.t.Helper()
	got, err := w.Register(w.t.Context(), home, registration(username))
	if err != nil {
		w.t.Fatalf("register %s: %v", username, err)
	}
	return got
}

func registration(username string) account.Registration {
	return account.Registration{Username: username, Email: username + "@example.com", Name: "Person " + username, Password: password, Honor: true}
}

// secret returns the secret of the newest letter of a kind to an address.
func (w *world) secret(kind account.LetterKind, to string) string {
	w.t.Helper()
	letters, err := w.mail.Newest(w.t.Context(), 100)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, l := range letters {
		if l.Subject == string(kind) && l.Recipient == to {
			return l.BodyText
		}
	}
	w.t.Fatalf("no letter %s to %s", kind, to)
	return ""
}

func (w *world) letters(kind account.LetterKind, to string) int {
	w.t.Helper()
	letters, err := w.mail.Newest(w.t.Context(), 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	n := 0
	for _, l := range letters {
		if l.Subject == string(kind) && l.Recipient == to {
			n++
		}
	}
	return n
}

// alive reports whether a session id is good at a face.
func (w *world) alive(face account.Face, id account.SessionID) bool {
	w.t.Helper()
	_, ok, err := w.Session(w.t.Context(), face, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return ok
}

func (w *world) signIn(login, password string) (account.SignedIn, error) {
	w.t.Helper()
	return w.SignIn(w.t.Context(), home, account.Credentials{Login: login, Password: password, Remember: true})
}

func (w *world) audited(who learner.ID) string {
	w.t.Helper()
	rows, err := w.pool.Query(w.t.Context(), `SELECT action FROM audit WHERE target = $1 ORDER BY id`, fmt.Sprintf("user:%d", who))
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var action string
		if err := rows.Scan(&action); err != nil {
			w.t.Fatal(err)
		}
		all = append(all, strings.TrimPrefix(action, "account."))
	}
	return strings.Join(all, " ")
}
