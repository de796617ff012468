package account

import (
	"context"
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"lyceum/internal/fault"
	"lyceum/learner"
)

// UID returns the form in which reset links name an account: base 36.
func UID(who learner.ID) string { return strconv.FormatInt(int64(who), 36) }

// parseUID is the inverse of UID; 0 for what is none.
func parseUID(s string) learner.ID {
	n, err := strconv.ParseInt(s, 36, 64)
	if err != nil || n <= 0 {
		return 0
	}
	return learner.ID(n)
}

// RequestReset mails a link to choose a new password, if somebody has this address. The caller never learns whether.
func (s *Service) RequestReset(ctx context.Context, from From, email string) error {
	email = NormalizeEmail(email)
	if message := checkEmail(email); message != "" {
		return fault.Invalidf("no address").Field("email", message)
	}
	// Counted by address, not by account, so that the limit tells nothing either.
	if err := s.mayMail(ctx, from, "email:"+hex.EncodeToString(hashSecret(email))); err != nil {
		return err
	}
	a, ok, err := selectAccount(ctx, s.db, byEmail, email)
	if err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		if ok && !a.Disabled {
			secret, err := s.issueTx(ctx, tx, forReset, a.ID, a.Email, nil)
			if err != nil {
				return err
			}
			if err := s.sendTx(ctx, tx, LetterReset, a, a.Email, secret, shortName(hashSecret(secret)), from); err != nil {
				return err
			}
		}
		return record(ctx, tx, from, "reset_asked", a.ID, nil, nil)
	})
}

// ResetOf returns the account a reset link is for, without using the link.
func (s *Service) ResetOf(ctx context.Context, uid, secret string) (Account, error) {
	t, ok, err := s.findToken(ctx, s.db, forReset, secret)
	if err != nil {
		return Account{}, err
	}
	if !ok || t.UserID != parseUID(uid) {
		return Account{}, errDeadLink()
	}
	a, err := s.ByID(ctx, t.UserID)
	if err == nil && (a.Disabled || a.Email != t.Payload) {
		err = errDeadLink()
	}
	return a, err
}

// Reset sets a new password by a mailed link. Whoever reads the mailbox has confirmed the address too. All sessions end, all other links
// die, and a letter says what happened.
func (s *Service) Reset(ctx context.Context, from From, uid, secret, password string) (Account, error) {
	a, err := s.ResetOf(ctx, uid, secret)
	if err != nil {
		return Account{}, err
	}
	if message := checkPassword(password, s.identityOf(a)); message != "" {
		return Account{}, fault.Invalidf("password refused").Field("new_password1", message)
	}
	encoded, err := s.hasher.hash(ctx, password)
	if err != nil {
		return Account{}, err
	}
	err = s.change(ctx, a.ID, revoke, func(tx pgx.Tx, now Account) error {
		t, ok, err := s.redeemTx(ctx, tx, forReset, secret)
		switch {
		case err != nil:
			return err
		case !ok || now.Disabled || t.Payload != now.Email:
			return errDeadLink()
		}
		if err := setActive(ctx, tx, a.ID); err != nil {
			return err
		}
		a = now
		a.Active = true
		from.Actor = a.ID
		return s.setPasswordTx(ctx, tx, a, encoded, "password_reset", from)
	})
	if err != nil {
		return Account{}, err
	}
	s.limiter.Clear(ctx, signInDelay, accountKey(a.ID))
	s.changed(ctx, SettingChange{User: a.ID, Table: "auth_user", Setting: "password"})
	return a, nil
}

// setPasswordTx stores a hash, kills every mailed link, and tells the person.
func (s *Service) setPasswordTx(ctx context.Context, tx pgx.Tx, a Account, encoded, action string, from From) error {
	if _, err := tx.Exec(ctx, `UPDATE account SET password = $2 WHERE id = $1`, a.ID, encoded); err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	if err := s.voidTx(ctx, tx, a.ID, forReset, forEmail, forHandover); err != nil {
		return err
	}
	if err := record(ctx, tx, from, action, a.ID, nil, nil); err != nil {
		return err
	}
	return s.sendTx(ctx, tx, LetterPasswordChanged, a, a.Email, "", newSecret(12), from)
}

// PasswordChange is what a signed-in person sends to choose another password.
type PasswordChange struct {
	Session  Session // the browser it comes from; it gets a new session, all others end
	Old, New string
}

// ChangePassword sets a new password and returns the browser's new session.
func (s *Service) ChangePassword(ctx context.Context, from From, c PasswordChange) (SignedIn, error) {
	a, err := s.ByID(ctx, c.Session.User)
	if err != nil {
		return SignedIn{}, err
	}
	if message := checkPassword(c.New, s.identityOf(a)); message != "" {
		return SignedIn{}, fault.Invalidf("password refused").Field("new_password", message)
	}
	if err := s.confirmPassword(ctx, a, c.Old, "old_password"); err != nil {
		return SignedIn{}, err
	}
	if c.New == c.Old {
		return SignedIn{}, fault.Invalidf("password refused").Field("new_password", "account.password.same")
	}
	encoded, err := s.hasher.hash(ctx, c.New)
	if err != nil {
		return SignedIn{}, err
	}
	out, err := s.revokeOthers(ctx, from, c.Session, a, func(tx pgx.Tx, now Account) error {
		return s.setPasswordTx(ctx, tx, now, encoded, "password_changed", from)
	})
	if err != nil {
		return SignedIn{}, err
	}
	s.changed(ctx, SettingChange{User: a.ID, Table: "auth_user", Setting: "password"})
	return out, nil
}

// revokeOthers runs do, which changed something that ends every session, and opens a new one for the browser that asked. seen is the
// account as it was checked; a password changed meanwhile is a Conflict.
func (s *Service) revokeOthers(ctx context.Context, from From, session Session, seen Account, do func(tx pgx.Tx, now Account) error) (SignedIn, error) {
	privileged, err := s.isPrivileged(ctx, seen)
	if err != nil {
		return SignedIn{}, err
	}
	out := SignedIn{Remembered: session.Remembered}
	err = s.change(ctx, seen.ID, revoke, func(tx pgx.Tx, now Account) error {
		if now.password != seen.password || now.Disabled {
			return fault.Conflictf("account changed meanwhile")
		}
		if err := do(tx, now); err != nil {
			return err
		}
		out.Account = now
		out.ID, err = s.openTx(ctx, tx, opening{
			account: now, epoch: now.epoch, face: LMS, remembered: session.Remembered, privileged: privileged, from: from,
		})
		return err
	})
	return out, err
}
