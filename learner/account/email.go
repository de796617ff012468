package account

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"lyceum/internal/fault"
	"lyceum/learner"
)

// RequestEmailChange mails a link to a new address. Nothing changes until somebody follows it from there.
func (s *Service) RequestEmailChange(ctx context.Context, from From, who learner.ID, password, email string) error {
	a, err := s.ByID(ctx, who)
	if err != nil {
		return err
	}
	email = NormalizeEmail(email)
	if message := checkEmail(email); message != "" {
		return fault.Invalidf("address refused").Field("email", message)
	}
	if email == a.Email {
		return fault.Invalidf("address refused").Field("email", "account.email.same")
	}
	if err := s.confirmPassword(ctx, a, password, "password"); err != nil {
		return err
	}
	if err := s.mayMail(ctx, from, accountKey(who)); err != nil {
		return err
	}
	other, taken, err := selectAccount(ctx, s.db, byEmail, email)
	if err != nil {
		return err
	}
	if taken && !s.config.Quiet {
		return takenError(map[string]string{"email": "account.email.taken"})
	}
	return pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		if taken {
			return s.sendTx(ctx, tx, LetterAlreadyHere, other, other.Email, "", newSecret(12), from)
		}
		if err := s.voidTx(ctx, tx, who, forEmail); err != nil { // the newest wish counts
			return err
		}
		secret, err := s.issueTx(ctx, tx, forEmail, who, email, nil)
		if err != nil {
			return err
		}
		if err := s.sendTx(ctx, tx, LetterEmailChange, a, email, secret, shortName(hashSecret(secret)), from); err != nil {
			return err
		}
		return record(ctx, tx, from, "email_change_asked", who, nil, map[string]string{"email": email})
	})
}

// EmailChangeOf returns the account and the new address an e-mail-change link is for, without using the link.
func (s *Service) EmailChangeOf(ctx context.Context, secret string) (a Account, email string, err error) {
	t, ok, err := s.findToken(ctx, s.db, forEmail, secret)
	if err != nil {
		return Account{}, "", err
	}
	if !ok {
		return Account{}, "", errDeadLink()
	}
	a, err = s.ByID(ctx, t.UserID)
	return a, t.Payload, err
}

// ConfirmEmail makes the address a link was sent to the account's own. All other sessions end, all other links die, and the old address
// gets a notice. session is who is signed in where the link was followed: the account's own browser gets a new session, any other none
// (SignedIn.ID is empty).
func (s *Service) ConfirmEmail(ctx context.Context, from From, secret string, session Session) (SignedIn, error) {
	seen, email, err := s.EmailChangeOf(ctx, secret)
	if err != nil {
		return SignedIn{}, err
	}
	from.Actor = seen.ID
	change := func(tx pgx.Tx, now Account) error {
		t, ok, err := s.redeemTx(ctx, tx, forEmail, secret)
		switch {
		case err != nil:
			return err
		case !ok || now.Disabled:
			return errDeadLink()
		}
		return s.setEmailTx(ctx, tx, from, now, t.Payload)
	}
	out := SignedIn{Account: seen}
	if session.User == seen.ID && session.Face == LMS {
		out, err = s.revokeOthers(ctx, from, session, seen, change)
	} else {
		err = s.change(ctx, seen.ID, revoke, change)
	}
	if err != nil {
		return SignedIn{}, takenByConstraint(err)
	}
	out.Account.Email, out.Account.Active = email, true
	s.changed(ctx, SettingChange{User: seen.ID, Table: "auth_user", Setting: "email", Old: seen.Email, New: email})
	return out, nil
}

func (s *Service) setEmailTx(ctx context.Context, tx pgx.Tx, from From, a Account, email string) error {
	if _, err := tx.Exec(ctx, `UPDATE account SET email = $2, is_active = true WHERE id = $1`, a.ID, email); err != nil {
		return fmt.Errorf("set address: %w", err)
	}
	if err := s.voidTx(ctx, tx, a.ID, forActivation, forReset, forEmail, forHandover); err != nil {
		return err
	}
	before, after := map[string]string{"email": a.Email}, map[string]string{"email": email}
	if err := record(ctx, tx, from, "email_changed", a.ID, before, after); err != nil {
		return err
	}
	return s.sendTx(ctx, tx, LetterEmailChanged, a, a.Email, "", newSecret(12), from)
}
