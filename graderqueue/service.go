package graderqueue

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"lyceum/internal/clock"
	"lyceum/internal/limit"
)

// Config is what the room stands on. DB, URL, Secret and Own are required.
type Config struct {
	DB     *pgxpool.Pool
	URL    string // of this site, for the addresses of files
	Secret []byte // signs them
	Clock  clock.Clock
	Log    *slog.Logger

	// Own takes replies to answers of this site, whose callbacks are paths. An error makes it be asked again later.
	Own func(ctx context.Context, callback string, r Reply) error
	// Callbacks reaches other sites, at addresses their programs have named.
	Callbacks *http.Client
	// Graders reaches graders that are sent their work, at addresses an operator has named.
	Graders *http.Client
	// Away is the queue elsewhere this site's own answers are brought to; nil: they wait here.
	Away *Client

	Limiter   *limit.Limiter               // of attempts to sign in; nil: none
	ClientOf  func(r *http.Request) string // the address a request comes from
	Basic     string                       // NAME:PASSWORD demanded before everything else; "" for nothing
	LoginLife time.Duration                // of a program's session; zero: two weeks
	every     time.Duration                // how often Run looks; zero: a second
}

// Reply is what comes back for an answer.
type Reply struct {
	Header      string // as the answer was sent with
	Body        string // of the grader; "" when Undelivered says why there is none
	Undelivered string
}

// Service is the room. It is safe for concurrent use, in many processes at once.
type Service struct {
	Config
	wake chan struct{}
}

// New returns the room.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.LoginLife == 0 {
		c.LoginLife = 14 * 24 * time.Hour
	}
	if c.every == 0 {
		c.every = time.Second
	}
	if c.ClientOf == nil {
		c.ClientOf = func(r *http.Request) string { return r.RemoteAddr }
	}
	return &Service{Config: c, wake: make(chan struct{}, 1)}
}

// stir makes Run look at once.
func (s *Service) stir() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// now is the time, as precise as it is stored.
func (s *Service) now() time.Time { return s.Clock.Now().UTC().Truncate(time.Microsecond) }

// newKey is 128 random bits.
func newKey() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
