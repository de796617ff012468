package account

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"lyceum/internal/fault"
	"lyceum/learner"
)

// NewAccount is an account made by an administrator, a command, or an import from another site.
type NewAccount struct {
	Username  string
	Email     string
	Name      string // "" takes the username
	Password  string // in clear; checked unless Trusted
	Encoded   string // instead: a hash from another site, pbkdf2_sha256$... or argon2$...; both empty: no password
	Trusted   bool   // the password is the operator's own business (demo accounts)
	Active    bool
	Staff     bool
	Superuser bool
}

// Create makes an account. No letter is sent.
func (s *Service) Create(ctx context.Context, from From, n NewAccount) (Account, error) {
	n.Email, n.Name = NormalizeEmail(n.Email), normalizeName(n.Name)
	if n.Name == "" {
		n.Name = n.Username
	}
	refused := fault.Invalidf("account refused")
	for field, message := range map[string]string{"username": checkUsername(n.Username), "email": checkEmail(n.Email), "name": checkName(n.Name)} {
		if message != "" {
			refused.Field(field, message)
		}
	}
	encoded := n.Encoded
	switch {
	case n.Encoded != "":
		if err := checkEncoded(n.Encoded); err != nil {
			return Account{}, err
		}
	case n.Password == "":
		encoded = unusable
	case !n.Trusted:
		if message := checkPassword(n.Password, identity{n.Username, n.Email, n.Name, s.config.SiteName}); message != "" {
			refused.Field("password", message)
		}
	}
	if len(refused.Fields) > 0 {
		return Account{}, refused
	}
	if encoded == "" {
		var err error
		if encoded, err = s.hasher.hash(ctx, n.Password); err != nil {
			return Account{}, err
		}
	}
	var out Account
	err := pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) (err error) {
		out, err = insertAccount(ctx, tx, Account{
			Username: n.Username, Email: n.Email, Name: n.Name, password: encoded, Joined: s.clock.Now(),
			Active: n.Active, Staff: n.Staff, Superuser: n.Superuser,
		})
		if err != nil {
			return err
		}
		if err := insertProfile(ctx, tx, out.ID, nil); err != nil {
			return err
		}
		return record(ctx, tx, from, "created", out.ID, nil, map[string]bool{"staff": n.Staff, "superuser": n.Superuser})
	})
	if err != nil {
		return Account{}, takenByConstraint(err)
	}
	return out, nil
}

// SetPassword gives an account another password; its sessions end and the person is told.
func (s *Service) SetPassword(ctx context.Context, from From, who learner.ID, password string) error {
	a, err := s.ByID(ctx, who)
	if err != nil {
		return err
	}
	if message := checkPassword(password, s.identityOf(a)); message != "" {
		return fault.Invalidf("password refused").Field("password", message)
	}
	encoded, err := s.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.change(ctx, who, revoke, func(tx pgx.Tx, a Account) error {
		return s.setPasswordTx(ctx, tx, a, encoded, "password_set", from)
	})
}

// Flags are what an administrator decides about an account; nil stays as it is.
type Flags struct {
	Active, Staff, Superuser, Disabled *bool
}

// SetFlags changes an account's rights. Sessions of an account that gains rights or is disabled end; one that only loses rights goes on
// without them, from the next request.
func (s *Service) SetFlags(ctx context.Context, from From, who learner.ID, f Flags) (Account, error) {
	old, err := s.ByID(ctx, who)
	if err != nil {
		return Account{}, err
	}
	is := func(p *bool, was bool) bool {
		if p == nil {
			return was
		}
		return *p
	}
	e := refresh
	if is(f.Staff, old.Staff) && !old.Staff || is(f.Superuser, old.Superuser) && !old.Superuser || is(f.Disabled, old.Disabled) {
		e = revoke
	}
	var out Account
	err = s.change(ctx, who, e, func(tx pgx.Tx, a Account) error {
		out = a
		out.Active, out.Staff, out.Superuser, out.Disabled = is(f.Active, a.Active), is(f.Staff, a.Staff), is(f.Superuser, a.Superuser), is(f.Disabled, a.Disabled)
		const query = `
			UPDATE account SET is_active = @active, is_staff = @staff, is_superuser = @superuser, is_disabled = @disabled
			WHERE  id = @id`
		_, err := tx.Exec(ctx, query, pgx.StrictNamedArgs{
			"id": who, "active": out.Active, "staff": out.Staff, "superuser": out.Superuser, "disabled": out.Disabled,
		})
		if err != nil {
			return fmt.Errorf("set rights: %w", err)
		}
		return record(ctx, tx, from, "rights_changed", who, flagsOf(a), flagsOf(out))
	})
	return out, err
}

func flagsOf(a Account) map[string]bool {
	return map[string]bool{"active": a.Active, "staff": a.Staff, "superuser": a.Superuser, "disabled": a.Disabled}
}

// Find lists accounts whose username, address or name contains text, by id, at most limit and above after.
func (s *Service) Find(ctx context.Context, text string, after learner.ID, limit int) ([]Account, error) {
	const query = `
		SELECT ` + accountColumns + `
		FROM   account
		WHERE  id > @after AND (@text = '' OR strpos(username_key, @text) > 0 OR strpos(email, @text) > 0 OR strpos(lower(name), @text) > 0)
		ORDER  BY id
		LIMIT  @limit`
	rows, err := s.db.Query(ctx, query, pgx.StrictNamedArgs{"text": strings.ToLower(text), "after": after, "limit": limit})
	if err != nil {
		return nil, fmt.Errorf("select accounts: %w", err)
	}
	return pgx.CollectRows(rows, scanAccount)
}

// ByIDs returns accounts by id; unknown ids are absent.
func (s *Service) ByIDs(ctx context.Context, ids []learner.ID) (map[learner.ID]Account, error) {
	rows, err := s.db.Query(ctx, `SELECT `+accountColumns+` FROM account WHERE id = ANY($1)`, ids)
	if err != nil {
		return nil, fmt.Errorf("select accounts: %w", err)
	}
	all, err := pgx.CollectRows(rows, scanAccount)
	if err != nil {
		return nil, fmt.Errorf("select accounts: %w", err)
	}
	out := make(map[learner.ID]Account, len(all))
	for _, a := range all {
		out[a.ID] = a
	}
	return out, nil
}

// ByUsernames returns accounts by username in any case, in no order; unknown names are absent.
func (s *Service) ByUsernames(ctx context.Context, usernames []string) ([]Account, error) {
	keys := make([]string, len(usernames))
	for i, name := range usernames {
		keys[i] = fold(name)
	}
	rows, err := s.db.Query(ctx, `SELECT `+accountColumns+` FROM account WHERE username_key = ANY($1)`, keys)
	if err != nil {
		return nil, fmt.Errorf("select accounts: %w", err)
	}
	return pgx.CollectRows(rows, scanAccount)
}
