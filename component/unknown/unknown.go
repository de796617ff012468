// Package unknown serves blocks of kinds this server does not have. Their source is kept and exported as it came; learners
// read a short notice, the course team the name of the kind and the source.
package unknown

import (
	"context"

	"github.com/a-h/templ"

	"lyceum/component"
	"lyceum/course"
)

// Kind serves every tag that has no kind of its own.
type Kind struct{}

// Name is empty: the kind answers for all other names.
func (Kind) Name() string { return "" }

// Schema has only the common fields.
func (Kind) Schema() course.Schema { return course.Schema{} }

// Facts says that what cannot be shown does not count.
func (Kind) Facts(*course.Block) course.Facts {
	return course.Facts{Completion: course.NotCounted, Icon: "other"}
}

// Actions has none.
func (Kind) Actions() map[string]component.Action { return nil }

// View is the notice.
func (Kind) View(_ context.Context, rt *component.Runtime, n *course.Node) (templ.Component, error) {
	return notice(rt, n), nil
}

// source is what staff see of the block's own text, at most a screenful.
func source(n *course.Node) string {
	const most = 4000
	s := string(n.Block.Body)
	if len(s) > most {
		s = s[:most] + "…"
	}
	return s
}
