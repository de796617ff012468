package account

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"lyceum/internal/fault"
	"lyceum/internal/limit"
	"lyceum/learner"
)

// Credentials are what a person types to sign in.
type Credentials struct {
	Login    string // username or address
	Password string
	Remember bool

	// Replaces is the session the browser had; it ends.
	Replaces SessionID
}

// SignedIn is a new session and its account. The id goes into the browser's cookie and nowhere else.
type SignedIn struct {
	Account    Account
	ID         SessionID
	Remembered bool
}

// SignIn checks a password and opens a session at the LMS. A name nobody has, a wrong password and a disabled account give the same
// Unauthenticated error in the same time; too many failures give TooMany, whoever is meant.
func (s *Service) SignIn(ctx context.Context, from From, c Credentials) (SignedIn, error) {
	a, err := s.Authenticate(ctx, from, c.Login, c.Password)
	if err != nil {
		return SignedIn{}, err
	}
	if s.config.MustConfirm && !a.Active {
		// Only who knows the password learns that the address is not confirmed.
		if err := s.ResendActivation(ctx, from, a.ID); err != nil && !fault.Is(err, fault.TooMany) {
			return SignedIn{}, err
		}
		return SignedIn{}, fault.Forbiddenf("account is not confirmed").Say("account.signin.confirm", a.Email)
	}
	privileged, err := s.isPrivileged(ctx, a)
	if err != nil {
		return SignedIn{}, err
	}
	from.Actor = a.ID
	out := SignedIn{Account: a, Remembered: c.Remember}
	var ended [][]byte
	err = pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		if hash, ok := c.Replaces.hash(); ok {
			if _, ended, err = endFamily(ctx, tx, hash, LMS); err != nil {
				return err
			}
		}
		out.ID, err = s.openTx(ctx, tx, opening{account: a, epoch: a.epoch, face: LMS, remembered: c.Remember, privileged: privileged, from: from})
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE account SET last_login_at = $2 WHERE id = $1`, a.ID, s.clock.Now()); err != nil {
			return fmt.Errorf("note sign-in: %w", err)
		}
		return record(ctx, tx, from, "signed_in", a.ID, nil, nil)
	})
	if err != nil {
		return SignedIn{}, err
	}
	s.forget(ctx, ended)
	return out, nil
}

// Authenticate is the one door for passwords: every way to sign in, whatever it opens, comes through here and so has the same limits
// and the same answers.
func (s *Service) Authenticate(ctx context.Context, from From, login, password string) (Account, error) {
	if err := s.leftByAddress(ctx, signInFailed, from.Address); err != nil {
		return Account{}, err
	}
	a, ok, err := s.findLogin(ctx, login)
	if err != nil {
		return Account{}, err
	}
	counter := loginCounter(a, ok, login)
	if wait, ok := s.limiter.Attempt(ctx, signInDelay, counter); !ok {
		return Account{}, tooMany("failed sign-ins", wait)
	}
	match, outdated, err := s.hasher.verify(ctx, password, a.password)
	if err != nil {
		return Account{}, err
	}
	if !ok || !match || a.Disabled {
		if from.Address.IsValid() {
			s.limiter.Take(ctx, signInFailed, limit.Address(from.Address))
		}
		if err := record(ctx, s.db, from, "sign_in_failed", a.ID, nil, nil); err != nil {
			return Account{}, err
		}
		return Account{}, fault.Unauthenticatedf("wrong name or password").Say("account.signin.wrong")
	}
	s.limiter.Clear(ctx, signInDelay, counter)
	if outdated {
		if err := s.renewHash(ctx, a, password); err != nil {
			return Account{}, err
		}
	}
	return a, nil
}

// renewHash replaces a hash of an old kind, unless the password was changed meanwhile. Sessions stay: the password is the same.
func (s *Service) renewHash(ctx context.Context, a Account, password string) error {
	encoded, err := s.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	if _, err := s.db.Exec(ctx, `UPDATE account SET password = $3 WHERE id = $1 AND password = $2`, a.ID, a.password, encoded); err != nil {
		return fmt.Errorf("renew password hash: %w", err)
	}
	return nil
}

// confirmPassword checks the password of somebody who is signed in and about to do something that matters. It has the limits of a
// sign-in; a wrong one is an Invalid error at field.
func (s *Service) confirmPassword(ctx context.Context, a Account, password, field string) error {
	counter := accountKey(a.ID) + ":confirm" // its own counter: strangers' failures at the door do not bar the owner here
	if wait, ok := s.limiter.Attempt(ctx, signInDelay, counter); !ok {
		return tooMany("wrong passwords", wait)
	}
	match, _, err := s.hasher.verify(ctx, password, a.password)
	if err != nil {
		return err
	}
	if !match {
		return fault.Invalidf("wrong password").Field(field, "account.password.wrong")
	}
	s.limiter.Clear(ctx, signInDelay, counter)
	return nil
}

// HasPassword reports whether an account has a password at all.
func (s *Service) HasPassword(ctx context.Context, who learner.ID) (bool, error) {
	a, err := s.ByID(ctx, who)
	return err == nil && a.password != "" && a.password[:1] != unusable, err
}
