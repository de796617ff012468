package account

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"lyceum/internal/audit"
	"lyceum/internal/cache"
	"lyceum/internal/clock"
	"lyceum/internal/fault"
	"lyceum/internal/limit"
	"lyceum/internal/mail"
	"lyceum/internal/pg"
	"lyceum/learner"
)

// Account is one person who can sign in.
type Account struct {
	ID        learner.ID `db:"id"`
	Username  string     `db:"username"`
	Email     string     `db:"email"` // lower case
	Name      string     `db:"name"`
	Active    bool       `db:"is_active"` // the e-mail address is confirmed
	Staff     bool       `db:"is_staff"`  // global staff
	Superuser bool       `db:"is_superuser"`
	Disabled  bool       `db:"is_disabled"` // may not sign in
	Joined    time.Time  `db:"joined_at"`
	LastLogin *time.Time `db:"last_login_at"`

	password string
	epoch    int64
	revision int64
}

// From says where a request comes from; it is zero for the command line.
type From struct {
	Actor     learner.ID // who is signed in, 0 for nobody
	Address   netip.Addr
	Agent     string
	RequestID string
	Language  string // for mail; "" for the site's
	Onward    string // query of a letter's link that leads on to where the person was headed; "" for none
}

func (f From) source() audit.Source {
	s := audit.Source{Actor: int64(f.Actor), RequestID: f.RequestID}
	if f.Address.IsValid() {
		s.Address = f.Address.String()
	}
	return s
}

// FieldRule says what registration asks for.
type FieldRule string

// Rules for an optional field of the registration form.
const (
	Hidden   FieldRule = "hidden"
	Optional FieldRule = "optional"
	Required FieldRule = "required"
)

// Config are a site's choices. The zero value is a sound one, but for SiteName.
type Config struct {
	SiteName string // not accepted as a password

	// Fields holds the rule of each optional registration field by its name in ProfileFields; absent means hidden.
	Fields map[string]FieldRule

	Closed      bool // no registration by people themselves
	MustConfirm bool // a new account may not sign in before its address is confirmed
	Quiet       bool // registration never says that an address is used; it says "check your mail"

	Sessions SessionLimits // zero fields take the defaults
}

// SettingChange is one changed value, as the event edx.user.settings.changed tells it.
type SettingChange struct {
	User     learner.ID
	Table    string // auth_user, auth_userprofile, user_api_userpreference, student_languageproficiency
	Setting  string
	Old, New any
}

// Options are what a Service is made of. DB, Outbox and Letters are needed.
type Options struct {
	DB      *pgxpool.Pool
	Redis   *cache.Redis // nil: none
	Limiter *limit.Limiter
	Outbox  *mail.Outbox
	Letters Letters
	Clock   clock.Clock
	Log     *slog.Logger
	Config  Config

	// Changed hears, after the commit, of each setting a person changed.
	Changed func(ctx context.Context, c SettingChange)

	// Privileged reports whether an account is on the staff of any course: its sessions are short.
	Privileged func(ctx context.Context, who learner.ID) (bool, error)

	// Challenge, when set, is asked before a registration from an address that made many: a captcha or a proof of work. Its error refuses.
	Challenge func(ctx context.Context, from From) error
}

// Service does what this package is for. It is safe for concurrent use.
type Service struct {
	db         *pgxpool.Pool
	redis      *cache.Redis
	limiter    *limit.Limiter
	outbox     *mail.Outbox
	letters    Letters
	clock      clock.Clock
	log        *slog.Logger
	config     Config
	changed    func(context.Context, SettingChange)
	privileged func(context.Context, learner.ID) (bool, error)
	challenge  func(context.Context, From) error

	hasher *hasher
	watch  *watch
	memory *cache.LRU[[32]byte, remembered] // sessions by hash
}

// New returns the service.
func New(o Options) *Service {
	s := &Service{
		db: o.DB, redis: o.Redis, limiter: o.Limiter, outbox: o.Outbox, letters: o.Letters, clock: o.Clock, log: o.Log,
		config: o.Config, changed: o.Changed, privileged: o.Privileged, challenge: o.Challenge,
		hasher: newHasher(),
		watch:  newWatch(),
		memory: cache.New[[32]byte, remembered](memoryBudget),
	}
	s.config.Sessions = s.config.Sessions.withDefaults()
	if s.limiter == nil {
		s.limiter = limit.New(o.Redis, o.Clock)
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.changed == nil {
		s.changed = func(context.Context, SettingChange) {}
	}
	if s.privileged == nil {
		s.privileged = func(context.Context, learner.ID) (bool, error) { return false, nil }
	}
	return s
}

// Config returns the site's choices.
func (s *Service) Config() Config { return s.config }

// KeepsMail reports whether mail stays in the outbox, to be read there, because no server is configured.
func (s *Service) KeepsMail() bool { return s.outbox.Keeps() }

// ByID returns an account.
func (s *Service) ByID(ctx context.Context, id learner.ID) (Account, error) {
	a, ok, err := selectAccount(ctx, s.db, byID, id)
	return found(a, ok, err)
}

// ByUsername returns an account by its username in any case.
func (s *Service) ByUsername(ctx context.Context, username string) (Account, error) {
	a, ok, err := selectAccount(ctx, s.db, byUsername, fold(username))
	return found(a, ok, err)
}

// ByEmail returns an account by its address in any case.
func (s *Service) ByEmail(ctx context.Context, email string) (Account, error) {
	a, ok, err := selectAccount(ctx, s.db, byEmail, NormalizeEmail(email))
	return found(a, ok, err)
}

// ByLogin returns an account by username or address, as a person types it.
func (s *Service) ByLogin(ctx context.Context, login string) (Account, error) {
	a, ok, err := s.findLogin(ctx, login)
	return found(a, ok, err)
}

func (s *Service) findLogin(ctx context.Context, login string) (Account, bool, error) {
	by, value := loginKey(login)
	return selectAccount(ctx, s.db, by, value)
}

func found(a Account, ok bool, err error) (Account, error) {
	if err == nil && !ok {
		err = fault.NotFoundf("no such account")
	}
	return a, err
}

// column names one of the columns an account is found by.
type column string

const (
	byID       column = "id"
	byUsername column = "username_key"
	byEmail    column = "email"
)

const accountColumns = `id, username, email, name, is_active, is_staff, is_superuser, is_disabled, joined_at, last_login_at,
	password, epoch, revision`

func selectAccount(ctx context.Context, q pg.Querier, by column, value any) (Account, bool, error) {
	rows, err := q.Query(ctx, `SELECT `+accountColumns+` FROM account WHERE `+string(by)+` = $1`, value)
	if err != nil {
		return Account{}, false, fmt.Errorf("select account by %s: %w", by, err)
	}
	a, err := pgx.CollectExactlyOneRow(rows, scanAccount)
	if errors.Is(err, pgx.ErrNoRows) {
		return Account{}, false, nil
	}
	if err != nil {
		return Account{}, false, fmt.Errorf("select account by %s: %w", by, err)
	}
	return a, true, nil
}

// scanAccount reads accountColumns; by hand, because the last three are nobody else's business.
func scanAccount(row pgx.CollectableRow) (Account, error) {
	var a Account
	err := row.Scan(&a.ID, &a.Username, &a.Email, &a.Name, &a.Active, &a.Staff, &a.Superuser, &a.Disabled, &a.Joined, &a.LastLogin,
		&a.password, &a.epoch, &a.revision)
	return a, err
}

// record adds an audit row about an account.
func record(ctx context.Context, q pg.Querier, from From, action string, who learner.ID, before, after any) error {
	e := audit.Entry{Source: from.source(), Action: "account." + action, Before: before, After: after}
	if who != 0 {
		e.Target = audit.User(int64(who))
	}
	return audit.Record(ctx, q, e)
}
