package account

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"lyceum/internal/fault"
	"lyceum/internal/pg"
	"lyceum/learner"
)

// sendActivationTx issues a token and mails it.
func (s *Service) sendActivationTx(ctx context.Context, tx pgx.Tx, a Account, from From) error {
	secret, err := s.issueTx(ctx, tx, forActivation, a.ID, a.Email, nil)
	if err != nil {
		return err
	}
	return s.sendTx(ctx, tx, LetterActivation, a, a.Email, secret, shortName(hashSecret(secret)), from)
}

// ActivationOf returns the account an activation link is for, without using the link.
func (s *Service) ActivationOf(ctx context.Context, secret string) (Account, error) {
	t, ok, err := s.findToken(ctx, s.db, forActivation, secret)
	if err != nil {
		return Account{}, err
	}
	if !ok {
		return Account{}, errDeadLink()
	}
	return s.ByID(ctx, t.UserID)
}

// Activate confirms the address a letter was sent to. A link that is used, old or unknown is NotFound.
func (s *Service) Activate(ctx context.Context, from From, secret string) (Account, error) {
	t, ok, err := s.findToken(ctx, s.db, forActivation, secret)
	if err != nil {
		return Account{}, err
	}
	if !ok {
		return Account{}, errDeadLink()
	}
	var out Account
	err = s.change(ctx, t.UserID, refresh, func(tx pgx.Tx, a Account) error {
		t, ok, err := s.redeemTx(ctx, tx, forActivation, secret)
		switch {
		case err != nil:
			return err
		case !ok || a.Disabled || t.Payload != a.Email:
			return errDeadLink()
		}
		if err := setActive(ctx, tx, a.ID); err != nil {
			return err
		}
		out = a
		out.Active = true
		from.Actor = a.ID
		if err := s.voidTx(ctx, tx, a.ID, forActivation); err != nil {
			return err
		}
		return record(ctx, tx, from, "activated", a.ID, nil, nil)
	})
	if err != nil {
		return Account{}, err
	}
	s.changed(ctx, SettingChange{User: out.ID, Table: "auth_user", Setting: "is_active", Old: false, New: true})
	return out, nil
}

func setActive(ctx context.Context, q pg.Querier, who learner.ID) error {
	if _, err := q.Exec(ctx, `UPDATE account SET is_active = true WHERE id = $1`, who); err != nil {
		return fmt.Errorf("activate account: %w", err)
	}
	return nil
}

// ResendActivation mails a new link; the old ones stay good, since letters overtake each other. An active account gets none.
func (s *Service) ResendActivation(ctx context.Context, from From, who learner.ID) error {
	a, err := s.ByID(ctx, who)
	if err != nil {
		return err
	}
	if a.Active {
		return fault.Conflictf("account is active").Say("account.activation.done")
	}
	if err := s.mayMail(ctx, from, accountKey(who)); err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		if err := s.sendActivationTx(ctx, tx, a, from); err != nil {
			return err
		}
		return record(ctx, tx, from, "activation_sent", who, nil, nil)
	})
}

// mayMail applies the limits on letters that a person asks for.
func (s *Service) mayMail(ctx context.Context, from From, counter string) error {
	if err := s.byAddress(ctx, mailByAddress, from.Address); err != nil {
		return err
	}
	if wait, ok := s.limiter.Take(ctx, mailToAccount, counter); !ok {
		return tooMany("letters", wait)
	}
	return nil
}
