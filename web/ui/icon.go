package ui

import (
	"context"
	"io"
	"sync"

	"github.com/a-h/templ"

	"lyceum/static"
)

// Icon is a picture for the eye only; what it means must be said in words beside it.
func Icon(name string) templ.Component { return iconOf("icon", name) }

// IconFlip is an icon with a direction, mirrored in right-to-left pages.
func IconFlip(name string) templ.Component { return iconOf("icon icon--flip", name) }

// icons keeps those made before: a page has dozens, of the few there are.
var icons sync.Map // of [2]string{class, name} to icon

// icon is finished markup.
type icon string

// Render writes it.
func (i icon) Render(_ context.Context, w io.Writer) error {
	_, err := io.WriteString(w, string(i))
	return err
}

func iconOf(class, name string) templ.Component {
	key := [2]string{class, name}
	if made, ok := icons.Load(key); ok {
		return made.(icon)
	}
	made := icon(`<svg class="` + class + `" aria-hidden="true"><use href="` + templ.EscapeString(static.Icon(name)) + `"></use></svg>`)
	icons.Store(key, made) // static.Icon panics on a name there is no picture for, so there are only so many
	return made
}
