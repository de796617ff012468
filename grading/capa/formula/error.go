package formula

// Kind says why an expression has no value.
type Kind string

// The kinds of errors. Parentheses and Undefined carry a message for the
// learner; the others are named by whoever asked.
const (
	Parentheses  Kind = "parentheses"
	Syntax       Kind = "syntax"
	Undefined    Kind = "undefined"
	ZeroDivision Kind = "zero_division"
	Overflow     Kind = "overflow"
	Value        Kind = "value" // outside a function's domain
	Type         Kind = "type"  // the wrong kind of number
	Limit        Kind = "limit" // over our bounds on size and nesting
)

// Error is every error of this package.
type Error struct {
	Kind    Kind
	Message string
}

func (e *Error) Error() string {
	if e.Message == "" {
		return string(e.Kind)
	}
	return e.Message
}

func fail(kind Kind, message string) *Error { return &Error{Kind: kind, Message: message} }
