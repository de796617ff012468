package fault_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"

	"lyceum/internal/fault"
)

func TestKindOf(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		err  error
		want fault.Kind
	}{
		{name: "nil", err: nil, want: fault.Internal},
		{name: "plain", err: io.EOF, want: fault.Internal},
		{name: "zero value", err: &fault.Error{}, want: fault.Internal},
		{name: "wrapped", err: fmt.Errorf("load: %w", fault.NotFoundf("no unit")), want: fault.NotFound},
		{name: "outermost wins", err: &fault.Error{Kind: fault.Forbidden, Err: fault.NotFoundf("no unit")}, want: fault.Forbidden},
		{name: "joined", err: errors.Join(io.EOF, fault.Closedf("past due")), want: fault.Closed},
		{name: "deadline", err: fmt.Errorf("select: %w", context.DeadlineExceeded), want: fault.Busy},
		{name: "canceled by the client", err: context.Canceled, want: fault.Internal},
		{name: "statement timeout", err: fmt.Errorf("select: %w", &pgconn.PgError{Code: "57014"}), want: fault.Busy},
		{name: "lock timeout", err: &pgconn.PgError{Code: "55P03"}, want: fault.Busy},
		{name: "shutting down", err: &pgconn.PgError{Code: "57P01"}, want: fault.Busy},
		{name: "disk full", err: &pgconn.PgError{Code: "53100"}, want: fault.Busy},
		{name: "unique violation", err: &pgconn.PgError{Code: "23505"}, want: fault.Internal},
		{name: "cut", err: fmt.Errorf("select: %w", io.ErrUnexpectedEOF), want: fault.Busy},
		{name: "connection had ended", err: fmt.Errorf("select: %w", early{true}), want: fault.Busy},
		{name: "not before something was sent", err: early{}, want: fault.Internal},
		{name: "refused", err: fmt.Errorf("dial: %w", &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}), want: fault.Busy},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := fault.KindOf(c.err); got != c.want {
				t.Errorf("KindOf(%v) = %v, want %v", c.err, got, c.want)
			}
		})
	}
	if fault.Is(nil, fault.Internal) {
		t.Error("Is(nil, Internal) = true, want false")
	}
}

// early is an error as the driver has them.
type early struct{ safe bool }

func (early) Error() string       { return "conn closed" }
func (e early) SafeToRetry() bool { return e.safe }

func TestError(t *testing.T) {
	t.Parallel()
	cause := errors.New("password too short")
	err := fault.Invalidf("register: %w", cause).
		Say("register.refused", 8).
		Field("password", "register.password_short").
		Field("password", "register.password_common").
		After(3 * time.Second)

	want := map[string]string{"password": "register.password_short"}
	if diff := cmp.Diff(err.Fields, want); diff != "" {
		t.Errorf("Fields: (-got +want)\n%s", diff)
	}
	if got, want := err.Error(), "register: password too short"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
	if !errors.Is(err, cause) {
		t.Error("the cause cannot be found through Unwrap")
	}
	if err.Message != "register.refused" || len(err.Args) != 1 || err.RetryAfter != 3*time.Second {
		t.Errorf("got %+v, want message, one argument and three seconds", err)
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	cases := []struct {
		err  *fault.Error
		want string
	}{
		{err: &fault.Error{}, want: "internal"},
		{err: &fault.Error{Kind: fault.Closed}, want: "closed"},
		{err: &fault.Error{Kind: fault.Busy, Message: "sandbox.busy"}, want: "busy: sandbox.busy"},
		{err: fault.TooManyf("sign-in of %s", "x"), want: "sign-in of x"},
	}
	for _, c := range cases {
		if got := c.err.Error(); got != c.want {
			t.Errorf("Error() = %q, want %q", got, c.want)
		}
	}
	if got, want := fault.Kind(200).String(), "kind(200)"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
}
