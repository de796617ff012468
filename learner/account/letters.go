package account

import (
	"context"

	"github.com/jackc/pgx/v5"

	"lyceum/internal/mail"
)

// LetterKind says what a letter is about.
type LetterKind string

// Letters this package sends.
const (
	LetterActivation      LetterKind = "activation"       // secret: confirm the address
	LetterReset           LetterKind = "reset"            // secret: choose a new password
	LetterEmailChange     LetterKind = "email_change"     // secret: confirm the new address, which it is sent to
	LetterPasswordChanged LetterKind = "password_changed" // notice
	LetterEmailChanged    LetterKind = "email_changed"    // notice, to the old address
	LetterAlreadyHere     LetterKind = "already_here"     // somebody registered with this address again
)

// Letters words the mail. Links are built from the site's configured address. A name chosen by whoever registered must not be in a letter
// to an address that is not confirmed: it would carry a stranger's words to anyone.
type Letters interface {
	Letter(kind LetterKind, to Account, secret string, from From) mail.Message
}

// sendTx puts a letter into the outbox; name tells it from others of its kind.
func (s *Service) sendTx(ctx context.Context, tx pgx.Tx, kind LetterKind, a Account, address, secret, name string, from From) error {
	m := s.letters.Letter(kind, a, secret, from)
	m.Key = string(kind) + ":" + name
	m.To = address
	m.Repeatable = true
	return s.outbox.EnqueueTx(ctx, tx, m)
}
