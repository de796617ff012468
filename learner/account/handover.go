package account

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"lyceum/internal/fault"
	"lyceum/learner"
)

// HandoverKey is a random value that Studio puts into a cookie of the browser before it sends it to the LMS for a code.
type HandoverKey string

// NewHandoverKey returns a key for a browser.
func NewHandoverKey() HandoverKey { return HandoverKey(newSecret(16)) }

// State returns what may travel in addresses: it names the key and does not give it away.
func (k HandoverKey) State() string { return fmt.Sprintf("%x", hashSecret(string(k))) }

// BeginHandover makes a code with which the browser that has the key of state can open a Studio session within 30 seconds.
func (s *Service) BeginHandover(ctx context.Context, session Session, state string) (code string, err error) {
	var bound []byte
	if _, err := fmt.Sscanf(state, "%x", &bound); err != nil || len(bound) != 32 {
		return "", fault.Invalidf("hand-over state is malformed")
	}
	if session.Face != LMS {
		return "", fault.Forbiddenf("hand-over from a %s session", session.Face)
	}
	return s.issueTx(ctx, s.db, forHandover, session.User, session.Key, bound)
}

// RedeemHandover opens a Studio session by a code, once, for the browser the code was made for. The LMS session must still be good. What
// the person may do in Studio is looked up there, each time.
func (s *Service) RedeemHandover(ctx context.Context, from From, code string, key HandoverKey) (SignedIn, error) {
	var out SignedIn
	refused := fault.Unauthenticatedf("hand-over refused").Say("account.handover.dead")
	err := pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		t, ok, err := s.redeemTx(ctx, tx, forHandover, code)
		if err != nil {
			return err
		}
		if !ok || !bytes.Equal(t.Bound, hashSecret(string(key))) {
			return refused
		}
		a, parent, remembered, err := s.selectParent(ctx, tx, t.UserID, t.Payload)
		if errors.Is(err, pgx.ErrNoRows) {
			return refused
		}
		if err != nil {
			return err
		}
		from.Actor = a.ID
		out.Account, out.Remembered = a, remembered
		out.ID, err = s.openTx(ctx, tx, opening{account: a, epoch: a.epoch, face: Studio, parent: parent, remembered: remembered, from: from})
		if err != nil {
			return err
		}
		return record(ctx, tx, from, "signed_in_to_studio", a.ID, nil, nil)
	})
	if err != nil {
		return SignedIn{}, err
	}
	return out, nil
}

// selectParent returns the account of a hand-over and the LMS session it comes from, or pgx.ErrNoRows when that is no longer good. Its row
// is locked, so that a sign-out at the same moment ends the new session too.
func (s *Service) selectParent(ctx context.Context, tx pgx.Tx, who learner.ID, key string) (a Account, parent []byte, remembered bool, err error) {
	a, ok, err := selectAccount(ctx, tx, byID, who)
	if err != nil {
		return Account{}, nil, false, err
	}
	if !ok || a.Disabled {
		return Account{}, nil, false, pgx.ErrNoRows
	}
	const query = `
		SELECT id_hash, remembered
		FROM   account_session
		WHERE  id_hash = decode(@key, 'hex') AND user_id = @user AND face = 'lms' AND epoch = @epoch
		  AND  ended_at IS NULL AND expires_at > @now AND seen_at + idle > @now
		FOR    UPDATE`
	err = tx.QueryRow(ctx, query, pgx.StrictNamedArgs{"key": key, "user": who, "epoch": a.epoch, "now": s.clock.Now()}).Scan(&parent, &remembered)
	return a, parent, remembered, err
}
