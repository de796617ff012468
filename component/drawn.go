package component

import (
	"context"
	"io"
)

// Drawn is a view that is finished markup, in pieces. It is written as it is, so that [Runtime.Draw] need not draw it aside.
type Drawn []string

// Render writes the pieces.
func (d Drawn) Render(_ context.Context, w io.Writer) error {
	for _, piece := range d {
		if _, err := io.WriteString(w, piece); err != nil {
			return err
		}
	}
	return nil
}
