package ui

import (
	"context"
	"io"

	"github.com/a-h/templ"
)

// text is plain text as a component.
type text string

// Render writes it escaped.
func (t text) Render(_ context.Context, w io.Writer) error {
	_, err := io.WriteString(w, templ.EscapeString(string(t)))
	return err
}
