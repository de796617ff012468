package mail_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"lyceum/internal/fault"
	"lyceum/internal/jobs"
	"lyceum/internal/mail"
	"lyceum/internal/pgtest"
)

func letter(key string) mail.Message {
	return mail.Message{Key: key, To: "ann@example.com", Subject: "Hello", Text: "Words", HTML: "<p>Words</p>"}
}

func enqueue(t *testing.T, o *mail.Outbox, pool *pgxpool.Pool, m mail.Message) error {
	t.Helper()
	return pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error { return o.EnqueueTx(t.Context(), tx, m) })
}

func states(t *testing.T, o *mail.Outbox) map[string]string {
	t.Helper()
	letters, err := o.Newest(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for _, l := range letters {
		got[l.Subject] = l.State
	}
	return got
}

func TestKept(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	o := mail.NewOutbox(pool, nil)
	for range 2 { // a flow that runs twice
		if err := enqueue(t, o, pool, letter("activate:1")); err != nil {
			t.Fatal(err)
		}
	}
	letters, err := o.Newest(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	if len(letters) != 1 || letters[0].State != mail.Kept || letters[0].BodyText != "Words" {
		t.Errorf("outbox = %+v, want one kept letter with its text", letters)
	}
}

func TestDeliver(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	s := newSink(t)
	o := mail.NewOutbox(pool, s.sender(t))
	var queued []int64
	o.Queued = func(_ context.Context, _ pgx.Tx, id int64) error {
		queued = append(queued, id)
		return nil
	}
	if err := enqueue(t, o, pool, letter("a")); err != nil {
		t.Fatal(err)
	}
	if len(queued) != 1 {
		t.Fatalf("the job hook ran %d times, want 1", len(queued))
	}
	// The job may run many times at once: one letter goes out.
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if err := o.Deliver(t.Context(), queued[0]); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := len(s.messages()); got != 1 {
		t.Errorf("%d letters went out, want 1", got)
	}
	letters, err := o.Newest(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	if letters[0].State != mail.Sent || letters[0].BodyText != "" || letters[0].BodyHTML != "" {
		t.Errorf("after sending: %+v, want sent and no body", letters[0])
	}
}

// TestJob: a message goes out by its job, and none does whose transaction failed.
func TestJob(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	s := newSink(t)
	o := mail.NewOutbox(pool, s.sender(t))
	queue, err := jobs.New(pool, jobs.Config{Kinds: []jobs.Kind{o.Kind()}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	o.UseJobs(queue)
	if err := queue.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer queue.Stop(context.WithoutCancel(t.Context()))
	undone := errors.New("undone")
	err = pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		return errors.Join(o.EnqueueTx(t.Context(), tx, letter("undone")), undone)
	})
	if !errors.Is(err, undone) {
		t.Fatal(err)
	}
	if err := enqueue(t, o, pool, letter("done")); err != nil {
		t.Fatal(err)
	}
	if err := queue.Idle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := len(s.messages()); got != 1 {
		t.Errorf("%d letters went out, want 1", got)
	}
}

func TestRefusedIsTriedAgain(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	s := newSink(t)
	s.setRefuse(true)
	o := mail.NewOutbox(pool, s.sender(t))
	if err := enqueue(t, o, pool, letter("a")); err != nil {
		t.Fatal(err)
	}
	if sent, err := o.DeliverDue(t.Context()); sent != 0 || err != nil {
		t.Fatalf("DeliverDue = %d, %v, want nothing sent", sent, err)
	}
	if diff := cmp.Diff(states(t, o), map[string]string{"Hello": mail.Queued}); diff != "" {
		t.Errorf("(-got +want)\n%s", diff)
	}
	s.setRefuse(false)
	if _, err := pool.Exec(t.Context(), `UPDATE mail_outbox SET due_at = now()`); err != nil {
		t.Fatal(err)
	}
	if sent, err := o.DeliverDue(t.Context()); sent != 1 || err != nil {
		t.Errorf("DeliverDue = %d, %v, want one sent", sent, err)
	}
}

// dying is a sender whose process ends while it sends.
type dying struct{ sends atomic.Int64 }

func (d *dying) Send(context.Context, mail.Message) error {
	d.sends.Add(1)
	return errors.New("gone")
}

func TestInDoubt(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	s := newSink(t)
	o := mail.NewOutbox(pool, s.sender(t))
	once, twice := letter("once"), letter("twice")
	once.Subject, twice.Subject, twice.Repeatable = "once", "twice", true
	for _, m := range []mail.Message{once, twice} {
		if err := enqueue(t, o, pool, m); err != nil {
			t.Fatal(err)
		}
	}
	// A process claimed both and died; its lease is over.
	const died = `UPDATE mail_outbox SET state = 'sending', attempts = 1, due_at = now() - interval '1 second'`
	if _, err := pool.Exec(t.Context(), died); err != nil {
		t.Fatal(err)
	}
	if _, err := o.DeliverDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(states(t, o), map[string]string{"once": mail.Failed, "twice": mail.Sent}); diff != "" {
		t.Errorf("(-got +want)\n%s", diff)
	}
}

func TestGivesUp(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	d := &dying{}
	o := mail.NewOutbox(pool, d)
	if err := enqueue(t, o, pool, letter("a")); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if _, err := pool.Exec(t.Context(), `UPDATE mail_outbox SET due_at = now() WHERE state = 'queued'`); err != nil {
			t.Fatal(err)
		}
		if _, err := o.DeliverDue(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := d.sends.Load(); got != 12 {
		t.Errorf("%d tries, want 12", got)
	}
	if diff := cmp.Diff(states(t, o), map[string]string{"Hello": mail.Failed}); diff != "" {
		t.Errorf("(-got +want)\n%s", diff)
	}
}

func TestEnqueueRefuses(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	o := mail.NewOutbox(pool, nil)
	cases := map[string]mail.Message{
		"line break in the subject":   {Key: "k", To: "ann@example.com", Subject: "Hello\r\nBcc: eve@example.com"},
		"line break in the recipient": {Key: "k", To: "ann@example.com\nBcc: eve@example.com", Subject: "Hello"},
		"two recipients":              {Key: "k", To: "ann@example.com, eve@example.com", Subject: "Hello"},
		"NUL":                         {Key: "k", To: "ann@example.com", Subject: "Hello\x00"},
		"not UTF-8":                   {Key: "k", To: "ann@example.com", Subject: "Hello\xff"},
	}
	for name, m := range cases {
		if err := enqueue(t, o, pool, m); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: got %v, want an Invalid error", name, err)
		}
	}
	long := letter("long")
	long.Subject = strings.Repeat("ä", 300)
	if err := enqueue(t, o, pool, long); err != nil {
		t.Fatal(err)
	}
	letters, err := o.Newest(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if got := len([]rune(letters[0].Subject)); got != 150 {
		t.Errorf("a long subject has %d characters, want 150", got)
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	kept, sending := mail.NewOutbox(pool, nil), mail.NewOutbox(pool, &dying{})
	for i := range 3 {
		if err := enqueue(t, kept, pool, letter(fmt.Sprint("kept:", i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := enqueue(t, sending, pool, letter("waiting")); err != nil {
		t.Fatal(err)
	}
	if n, err := kept.Sweep(t.Context(), time.Now().Add(time.Hour)); n != 3 || err != nil {
		t.Errorf("Sweep = %d, %v, want the 3 kept ones: a letter that waits stays", n, err)
	}
}

func TestValidAddress(t *testing.T) {
	t.Parallel()
	cases := map[string]bool{
		"ann@example.com":                        true,
		"ann+course@example.co.uk":               true,
		"o'brien@example.com":                    true,
		"ann@localhost":                          true,
		"jörg@example.com":                       true,
		"":                                       false,
		"ann":                                    false,
		"@example.com":                           false,
		"ann@":                                   false,
		"ann@@example.com":                       false,
		"ann@example..com":                       false,
		".ann@example.com":                       false,
		"ann @example.com":                       false,
		"Ann <ann@example.com>":                  false,
		"ann@example.com,eve@x.org":              false,
		"ann@-example.com":                       false,
		"ann@exa_mple.com":                       false,
		"ann@example.com\n":                      false,
		strings.Repeat("a", 65) + "@example.com": false,
		"a@" + strings.Repeat("abcdefg.", 40) + "c": false,
	}
	for in, want := range cases {
		if got := mail.ValidAddress(in); got != want {
			t.Errorf("ValidAddress(%q) = %v, want %v", in, got, want)
		}
	}
}

func FuzzValidAddress(f *testing.F) {
	f.Add("ann@example.com")
	f.Add("\"a b\"@example.com")
	f.Fuzz(func(t *testing.T, s string) {
		if mail.ValidAddress(s) && strings.ContainsAny(s, "\r\n\x00,<> ") {
			t.Errorf("ValidAddress(%q) = true", s)
		}
	})
}
