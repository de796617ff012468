package ui

import (
	"context"
	"io"

	"github.com/a-h/templ"
)

// textTo returns a component's body that writes s escaped.
func textTo(s string) func(context.Context, io.Writer) error {
	return func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, templ.EscapeString(s))
		return err
	}
}
