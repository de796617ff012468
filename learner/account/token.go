package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"lyceum/internal/fault"
	"lyceum/internal/pg"
	"lyceum/learner"
)

// purpose is the one thing a token opens.
type purpose string

const (
	forActivation purpose = "activate"
	forReset      purpose = "reset"
	forEmail      purpose = "email"
	forHandover   purpose = "handover"
)

// lifetimes of tokens.
var lifetimes = map[purpose]time.Duration{
	forActivation: 24 * time.Hour,
	forReset:      time.Hour,
	forEmail:      24 * time.Hour,
	forHandover:   30 * time.Second,
}

// newSecret returns n random bytes in hexadecimal.
func newSecret(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // it never fails: the process ends when the system has no random numbers
	return hex.EncodeToString(b)
}

func hashSecret(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// name makes a short name of a hash, for keys of letters: it opens nothing.
func shortName(hash []byte) string { return base64.RawURLEncoding.EncodeToString(hash[:12]) }

// tokenRow is a token that was found or redeemed.
type tokenRow struct {
	UserID  learner.ID
	Payload string
	Bound   []byte
}

// issueTx makes a token and returns its secret.
func (s *Service) issueTx(ctx context.Context, q pg.Querier, p purpose, who learner.ID, payload string, bound []byte) (string, error) {
	secret := newSecret(32)
	now := s.clock.Now()
	const query = `
		INSERT INTO account_token (hash, user_id, purpose, payload, bound, created_at, expires_at)
		VALUES (@hash, @user, @purpose, @payload, @bound, @now, @expires)`
	_, err := q.Exec(ctx, query, pgx.StrictNamedArgs{
		"hash": hashSecret(secret), "user": who, "purpose": p, "payload": payload, "bound": bound, "now": now, "expires": now.Add(lifetimes[p]),
	})
	if err != nil {
		return "", fmt.Errorf("issue %s token: %w", p, err)
	}
	return secret, nil
}

// redeemTx uses a token up. Of any number of callers with the same secret one gets ok.
func (s *Service) redeemTx(ctx context.Context, q pg.Querier, p purpose, secret string) (t tokenRow, ok bool, err error) {
	const query = `
		UPDATE account_token
		SET    used_at = @now
		WHERE  hash = @hash AND purpose = @purpose AND used_at IS NULL AND expires_at > @now
		RETURNING user_id, payload, bound`
	return collectToken(q.Query(ctx, query, pgx.StrictNamedArgs{"hash": hashSecret(secret), "purpose": p, "now": s.clock.Now()}))
}

// findToken looks whether a token is good, without using it.
func (s *Service) findToken(ctx context.Context, q pg.Querier, p purpose, secret string) (t tokenRow, ok bool, err error) {
	const query = `
		SELECT user_id, payload, bound
		FROM   account_token
		WHERE  hash = @hash AND purpose = @purpose AND used_at IS NULL AND expires_at > @now`
	return collectToken(q.Query(ctx, query, pgx.StrictNamedArgs{"hash": hashSecret(secret), "purpose": p, "now": s.clock.Now()}))
}

func collectToken(rows pgx.Rows, err error) (tokenRow, bool, error) {
	if err != nil {
		return tokenRow{}, false, fmt.Errorf("find token: %w", err)
	}
	t, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[tokenRow])
	if errors.Is(err, pgx.ErrNoRows) {
		return tokenRow{}, false, nil
	}
	if err != nil {
		return tokenRow{}, false, fmt.Errorf("find token: %w", err)
	}
	return t, true, nil
}

// voidTx makes a person's unused tokens of the given purposes useless.
func (s *Service) voidTx(ctx context.Context, q pg.Querier, who learner.ID, purposes ...purpose) error {
	names := make([]string, len(purposes))
	for i, p := range purposes {
		names[i] = string(p)
	}
	const query = `
		UPDATE account_token SET used_at = @now
		WHERE  user_id = @user AND purpose = ANY(@purposes) AND used_at IS NULL`
	if _, err := q.Exec(ctx, query, pgx.StrictNamedArgs{"user": who, "purposes": names, "now": s.clock.Now()}); err != nil {
		return fmt.Errorf("void tokens: %w", err)
	}
	return nil
}

// errDeadLink answers a link that was used, is too old, or never was.
func errDeadLink() error {
	return fault.NotFoundf("no such token").Say("account.link.dead")
}
