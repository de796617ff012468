package mail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"lyceum/internal/pg"
)

const (
	// lease is how long a sending may take before another process holds it for broken.
	lease = 2 * time.Minute

	// attemptsMax bounds the tries of one message; with the growing pause they span about a day.
	attemptsMax = 12
)

// States of a message.
const (
	Queued  = "queued"
	Sending = "sending"
	Sent    = "sent"
	Failed  = "failed"
	Kept    = "kept" // no server is configured
)

// Outbox is the table of messages.
type Outbox struct {
	db     *pgxpool.Pool
	sender Sender // nil: messages are kept

	// Queued, when set, is called in the transaction that enqueues a message to be sent, to insert the job that will Deliver it.
	// Without it, or when that job is lost, Run finds the message.
	Queued func(ctx context.Context, tx pgx.Tx, id int64) error
}

// NewOutbox returns the outbox in db. A nil sender keeps messages instead of sending them.
func NewOutbox(db *pgxpool.Pool, sender Sender) *Outbox { return &Outbox{db: db, sender: sender} }

// Keeps reports whether messages are kept here instead of sent.
func (o *Outbox) Keeps() bool { return o.sender == nil }

// EnqueueTx adds a message to the caller's transaction. A message whose key is there already is not added again.
func (o *Outbox) EnqueueTx(ctx context.Context, tx pgx.Tx, m Message) error {
	m, err := m.checked()
	if err != nil {
		return err
	}
	state := Queued
	if o.Keeps() {
		state = Kept
	}
	const query = `
		INSERT INTO mail_outbox (key, recipient, subject, body_text, body_html, repeatable, state)
		VALUES (@key, @to, @subject, @text, @html, @repeatable, @state)
		ON CONFLICT (key) DO NOTHING
		RETURNING id`
	var id int64
	err = tx.QueryRow(ctx, query, pgx.StrictNamedArgs{
		"key": m.Key, "to": m.To, "subject": m.Subject, "text": m.Text, "html": m.HTML, "repeatable": m.Repeatable, "state": state,
	}).Scan(&id)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil
	case err != nil:
		return fmt.Errorf("enqueue mail: %w", err)
	case state == Queued && o.Queued != nil:
		return o.Queued(ctx, tx, id)
	}
	return nil
}

// Run delivers what is due, each second, until ctx is done. Any number of processes may run it.
func (o *Outbox) Run(ctx context.Context, log *slog.Logger) {
	if o.Keeps() {
		<-ctx.Done()
		return
	}
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		if _, err := o.DeliverDue(ctx); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "deliver mail", "err", err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// DeliverDue delivers everything that is due now and returns how many messages were sent.
func (o *Outbox) DeliverDue(ctx context.Context) (sent int, err error) {
	for {
		m, ok, err := claim(ctx, o.db, 0)
		if err != nil || !ok {
			return sent, err
		}
		if o.deliver(ctx, m) == nil {
			sent++
		}
	}
}

// Deliver sends one message unless it is sent already or being sent. It may run any number of times. The error is the server's.
func (o *Outbox) Deliver(ctx context.Context, id int64) error {
	m, ok, err := claim(ctx, o.db, id)
	if err != nil || !ok {
		return err
	}
	return o.deliver(ctx, m)
}

func (o *Outbox) deliver(ctx context.Context, m claimed) error {
	if m.InDoubt && !m.Repeatable {
		return markFailed(ctx, o.db, m.ID, "the process ended while sending; it may have arrived")
	}
	sendErr := o.sender.Send(ctx, Message{To: m.Recipient, Subject: m.Subject, Text: m.BodyText, HTML: m.BodyHTML})
	// The outcome is written down even when the caller has no time left: else the message would be in doubt.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	switch {
	case sendErr == nil:
		return markSent(ctx, o.db, m.ID)
	case m.Attempts >= attemptsMax:
		return errors.Join(sendErr, markFailed(ctx, o.db, m.ID, sendErr.Error()))
	default:
		return errors.Join(sendErr, markAgain(ctx, o.db, m.ID, pause(m.Attempts), sendErr.Error()))
	}
}

// pause grows from 10 seconds to 4 hours.
func pause(attempts int) time.Duration {
	return min(10*time.Second<<(2*min(attempts-1, 8)), 4*time.Hour)
}

// claimed is a message that this process alone may send until its lease ends.
type claimed struct {
	ID         int64
	Recipient  string
	Subject    string
	BodyText   string
	BodyHTML   string
	Repeatable bool
	Attempts   int
	InDoubt    bool // a sending began before and its end is not known
}

// claim takes one due message, the one named by id unless that is 0.
func claim(ctx context.Context, q pg.Querier, id int64) (m claimed, ok bool, err error) {
	const query = `
		WITH due AS (
			SELECT id, state = 'sending' AS in_doubt
			FROM   mail_outbox
			WHERE  state IN ('queued', 'sending') AND due_at <= now() AND (@id = 0::bigint OR id = @id)
			ORDER  BY due_at
			LIMIT  1
			FOR    UPDATE SKIP LOCKED
		)
		UPDATE mail_outbox m
		SET    state = 'sending', attempts = attempts + 1, due_at = now() + @lease::interval
		FROM   due
		WHERE  m.id = due.id
		RETURNING m.id, m.recipient, m.subject, m.body_text, m.body_html, m.repeatable, m.attempts, due.in_doubt`
	rows, err := q.Query(ctx, query, pgx.StrictNamedArgs{"id": id, "lease": lease})
	if err != nil {
		return claimed{}, false, fmt.Errorf("claim mail: %w", err)
	}
	m, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[claimed])
	if errors.Is(err, pgx.ErrNoRows) {
		return claimed{}, false, nil
	}
	if err != nil {
		return claimed{}, false, fmt.Errorf("claim mail: %w", err)
	}
	return m, true, nil
}

func markSent(ctx context.Context, q pg.Querier, id int64) error {
	const query = `UPDATE mail_outbox SET state = 'sent', sent_at = now(), body_text = '', body_html = '', error = '' WHERE id = $1`
	if _, err := q.Exec(ctx, query, id); err != nil {
		return fmt.Errorf("mark mail sent: %w", err)
	}
	return nil
}

func markFailed(ctx context.Context, q pg.Querier, id int64, why string) error {
	const query = `UPDATE mail_outbox SET state = 'failed', body_text = '', body_html = '', error = $2 WHERE id = $1`
	if _, err := q.Exec(ctx, query, id, why); err != nil {
		return fmt.Errorf("mark mail failed: %w", err)
	}
	return nil
}

func markAgain(ctx context.Context, q pg.Querier, id int64, wait time.Duration, why string) error {
	const query = `UPDATE mail_outbox SET state = 'queued', due_at = now() + $2::interval, error = $3 WHERE id = $1`
	if _, err := q.Exec(ctx, query, id, wait, why); err != nil {
		return fmt.Errorf("mark mail for another try: %w", err)
	}
	return nil
}

// Letter is a message as the outbox shows it.
type Letter struct {
	ID        int64
	Recipient string
	Subject   string
	BodyText  string
	BodyHTML  string
	State     string
	CreatedAt time.Time // UTC
	Error     string
}

// Newest lists the newest messages, newest first.
func (o *Outbox) Newest(ctx context.Context, limit int) ([]Letter, error) {
	const query = `
		SELECT id, recipient, subject, body_text, body_html, state, created_at, error
		FROM   mail_outbox
		ORDER  BY id DESC
		LIMIT  $1`
	rows, err := o.db.Query(ctx, query, limit)
	if err != nil {
		return nil, fmt.Errorf("select mail: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Letter])
}

// Sweep removes messages created before t that nobody waits for, and returns how many.
func (o *Outbox) Sweep(ctx context.Context, t time.Time) (int64, error) {
	tag, err := o.db.Exec(ctx, `DELETE FROM mail_outbox WHERE created_at < $1 AND state IN ('sent', 'failed', 'kept')`, t)
	if err != nil {
		return 0, fmt.Errorf("sweep mail: %w", err)
	}
	return tag.RowsAffected(), nil
}
