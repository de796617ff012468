package fault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// Kind says what the caller can do about an error.
type Kind uint8

// The kinds of errors.
const (
	Internal        Kind = iota // nothing: it is our mistake
	Invalid                     // correct what was sent; see Error.Fields
	Unauthenticated             // sign in
	Forbidden                   // ask someone for the right
	NotFound                    // look elsewhere
	Conflict                    // reload: someone or something was first
	Closed                      // nothing: past due, no attempts left, enrollment ended
	TooLarge                    // send less
	Busy                        // come back soon: a store or a worker is away or overloaded
	TooMany                     // slow down: a limit on this caller was reached
)

var kindNames = [...]string{
	Internal:        "internal",
	Invalid:         "invalid",
	Unauthenticated: "unauthenticated",
	Forbidden:       "forbidden",
	NotFound:        "not_found",
	Conflict:        "conflict",
	Closed:          "closed",
	TooLarge:        "too_large",
	Busy:            "busy",
	TooMany:         "too_many",
}

// String returns the kind's name in lower case, as logs and metrics print it.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// Error is an error with a kind. The zero value is an internal error without a cause.
type Error struct {
	Kind Kind

	// Message is the id of the sentence a person reads; empty means the sentence of the kind. Args fill its places in order.
	Message string
	Args    []any

	// Fields holds, for a refused form, the message id beside each field by field name.
	Fields map[string]string

	// RetryAfter is when asking again makes sense; zero means not said.
	RetryAfter time.Duration

	// Err is the cause, for the log; it may be nil.
	Err error
}

// Error returns the text for the log: cause if there is one, else message id, else the kind's name.
func (e *Error) Error() string {
	switch {
	case e.Err != nil:
		return e.Err.Error()
	case e.Message != "":
		return e.Kind.String() + ": " + e.Message
	default:
		return e.Kind.String()
	}
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Say sets the message id and arguments for people and returns e.
func (e *Error) Say(message string, args ...any) *Error {
	e.Message, e.Args = message, args
	return e
}

// Field adds a message id beside a form field and returns e. The first message of a field stays.
func (e *Error) Field(name, message string) *Error {
	if e.Fields == nil {
		e.Fields = make(map[string]string)
	}
	if _, ok := e.Fields[name]; !ok {
		e.Fields[name] = message
	}
	return e
}

// After sets RetryAfter and returns e.
func (e *Error) After(d time.Duration) *Error {
	e.RetryAfter = d
	return e
}

// Errorf builds an error of a kind from a cause; %w wraps as in fmt.Errorf.
func Errorf(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Err: fmt.Errorf(format, args...)}
}

// Invalidf says that what was sent must be corrected.
func Invalidf(format string, args ...any) *Error { return Errorf(Invalid, format, args...) }

// Unauthenticatedf says that the caller must sign in first.
func Unauthenticatedf(format string, args ...any) *Error {
	return Errorf(Unauthenticated, format, args...)
}

// Forbiddenf says that the caller is known and lacks the right.
func Forbiddenf(format string, args ...any) *Error { return Errorf(Forbidden, format, args...) }

// NotFoundf says that there is no such thing, or none this caller may see.
func NotFoundf(format string, args ...any) *Error { return Errorf(NotFound, format, args...) }

// Conflictf says that the caller worked on something that has changed since.
func Conflictf(format string, args ...any) *Error { return Errorf(Conflict, format, args...) }

// Closedf says that the time or the number of tries is over.
func Closedf(format string, args ...any) *Error { return Errorf(Closed, format, args...) }

// TooLargef says that more was sent than is taken.
func TooLargef(format string, args ...any) *Error { return Errorf(TooLarge, format, args...) }

// Busyf says that the same request may succeed soon.
func Busyf(format string, args ...any) *Error { return Errorf(Busy, format, args...) }

// TooManyf says that a limit on this caller was reached.
func TooManyf(format string, args ...any) *Error { return Errorf(TooMany, format, args...) }

// As returns the outermost *Error in err's tree.
func As(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

// Is reports whether KindOf(err) is kind; a nil error has no kind.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }

// KindOf returns the kind of the outermost *Error in err's tree. Without one, a store that is away, slow or overloaded is Busy, so that
// no flow has to translate a driver's timeouts; everything else, nil included, is Internal.
func KindOf(err error) Kind {
	if e, ok := As(err); ok {
		return e.Kind
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return Busy
	}
	var state interface{ SQLState() string }
	if errors.As(err, &state) {
		return kindOfSQLState(state.SQLState())
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return Busy
	}
	var early interface{ SafeToRetry() bool } // of the PostgreSQL driver: nothing was sent, because the connection had ended
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &early) && early.SafeToRetry() {
		return Busy // a store ended a connection in the middle
	}
	return Internal
}

// kindOfSQLState maps the PostgreSQL error classes that mean "not now". Constraint violations stay Internal: a flow that expects one
// translates it itself, because only the flow knows what it means.
func kindOfSQLState(code string) Kind {
	switch code {
	case "40001", // serialization_failure
		"40P01", // deadlock_detected
		"55P03", // lock_not_available: lock_timeout
		"57014", // query_canceled: statement_timeout
		"25006", // read_only_sql_transaction: a fail-over is under way
		"25P03": // idle_in_transaction_session_timeout
		return Busy
	}
	for _, class := range []string{
		"08",  // connection exceptions
		"53",  // out of disk, memory, connections
		"57P", // shutting down, crashed, starting up
		"58",  // system errors: the store's disk
	} {
		if strings.HasPrefix(code, class) {
			return Busy
		}
	}
	return Internal
}
