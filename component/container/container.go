// Package container is the kinds of blocks that only hold others: units inside units, old wrappers, and the levels of a
// course when they are asked for as blocks. Their view is the views of their visible children, in order.
package container

import (
	"context"
	"io"

	"github.com/a-h/templ"

	"lyceum/component"
	"lyceum/course"
)

// Kind is one such kind.
type Kind struct {
	Tag    string
	Fields []course.Field
}

// Name is the OLX tag.
func (k Kind) Name() string { return k.Tag }

// Schema lists the kind's own fields.
func (k Kind) Schema() course.Schema { return course.Schema{Kind: k.Tag, Fields: k.Fields} }

// Facts says that a container is complete when what it holds is.
func (Kind) Facts(*course.Block) course.Facts {
	return course.Facts{Completion: course.Aggregator, Icon: "other"}
}

// Actions has none.
func (Kind) Actions() map[string]component.Action { return nil }

// View draws the visible children; one that fails is a notice among its neighbors.
func (Kind) View(ctx context.Context, rt *component.Runtime, n *course.Node) (templ.Component, error) {
	var views []templ.Component
	for _, child := range rt.Course.ChildrenOf(n) {
		if rt.Visible(child) {
			views = append(views, component.Block(child, rt.Draw(ctx, child)))
		}
	}
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		for _, v := range views {
			if err := v.Render(ctx, w); err != nil {
				return err
			}
		}
		return nil
	}), nil
}
