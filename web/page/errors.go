package page

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"

	"lyceum/internal/fault"
	"lyceum/web/i18n"
	"lyceum/web/ui"
)

// answers is the one table from kinds of errors to statuses and words. The words of a kind are error.NAME.title, .what (what happened and
// what is safe) and .next (what to do).
var answers = [...]struct {
	status int
	icon   string
}{
	fault.Internal:        {http.StatusInternalServerError, "triangle-alert"},
	fault.Invalid:         {http.StatusUnprocessableEntity, "circle-alert"},
	fault.Unauthenticated: {http.StatusUnauthorized, "lock"},
	fault.Forbidden:       {http.StatusForbidden, "lock"},
	fault.NotFound:        {http.StatusNotFound, "search"},
	fault.Conflict:        {http.StatusConflict, "refresh-cw"},
	fault.Closed:          {http.StatusForbidden, "calendar"},
	fault.TooLarge:        {http.StatusRequestEntityTooLarge, "upload"},
	fault.Busy:            {http.StatusServiceUnavailable, "clock"},
	fault.TooMany:         {http.StatusTooManyRequests, "gauge"},
}

// Status returns the status an error is answered with.
func Status(err error) int {
	if errors.Is(err, ErrContentType) {
		return http.StatusUnsupportedMediaType
	}
	return answers[kindOf(err)].status
}

// ErrorProps is what the error page shows.
type ErrorProps struct {
	Layout  ui.LayoutProps
	Icon    string
	Title   string
	What    string // what happened, and what is safe
	Next    string // what to do
	ID      string // of the request, for whoever helps
	Actions []ui.ButtonProps
	Again   AgainProps
}

// AgainProps is a form that was not taken, to be sent again as it was.
type AgainProps struct {
	Action string // "" for none
	Fields []FieldProps
}

// FieldProps is one value of a form.
type FieldProps struct{ Name, Value string }

// newAgainProps takes what the form said, read by now or not; files and tokens are left out. ok is false when nothing was said.
func newAgainProps(r *http.Request) (p AgainProps, ok bool) {
	p.Action = r.URL.RequestURI()
	if r.PostForm == nil && r.ParseForm() != nil {
		return AgainProps{}, false
	}
	for _, name := range slices.Sorted(maps.Keys(r.PostForm)) {
		if name == "csrfmiddlewaretoken" { // a browser without scripts proves by its headers where it comes from
			continue
		}
		for _, v := range r.PostForm[name] {
			p.Fields = append(p.Fields, FieldProps{name, v})
		}
	}
	if len(p.Fields) == 0 {
		return AgainProps{}, false
	}
	return p, true
}

func newErrorProps(w http.ResponseWriter, r *http.Request, kind fault.Kind, f *fault.Error) ErrorProps {
	ctx := r.Context()
	title, what, next := words(ctx, kind)
	if f != nil && f.Message != "" {
		what = i18n.T(ctx, f.Message, f.Args...)
	}
	p := ErrorProps{
		Layout: Layout(w, r, title), Icon: answers[kind].icon, Title: title, What: what, Next: next, ID: of(r).ID,
	}
	p.Layout.Main = "reading"
	home := ui.ButtonProps{Label: i18n.T(ctx, "error.home"), URL: p.Layout.Home, Kind: ui.Primary}
	switch kind {
	case fault.Unauthenticated:
		p.Actions = append(p.Actions, ui.ButtonProps{Label: i18n.T(ctx, "ui.sign_in"), URL: SignInURL(r), Kind: ui.Primary})
	case fault.Internal, fault.Busy, fault.Conflict, fault.TooMany:
		if readOnly(r) {
			p.Actions = append(p.Actions, ui.ButtonProps{
				Label: i18n.T(ctx, "error.again"), URL: r.URL.RequestURI(), Kind: ui.Primary, Icon: "refresh-cw",
			})
			home.Kind = ""
		} else if of(r).keepForm {
			if again, ok := newAgainProps(r); ok {
				p.Again, home.Kind = again, ""
			}
		}
		p.Actions = append(p.Actions, home)
	default:
		p.Actions = append(p.Actions, home)
	}
	return p
}

// words returns the sentences of a kind. The ids are written out, so that the catalog's test sees them.
func words(ctx context.Context, kind fault.Kind) (title, what, next string) {
	t := func(id string) string { return i18n.T(ctx, id) }
	switch kind {
	case fault.Invalid:
		return t("error.invalid.title"), t("error.invalid.what"), t("error.invalid.next")
	case fault.Unauthenticated:
		return t("error.unauthenticated.title"), t("error.unauthenticated.what"), t("error.unauthenticated.next")
	case fault.Forbidden:
		return t("error.forbidden.title"), t("error.forbidden.what"), t("error.forbidden.next")
	case fault.NotFound:
		return t("error.not_found.title"), t("error.not_found.what"), t("error.not_found.next")
	case fault.Conflict:
		return t("error.conflict.title"), t("error.conflict.what"), t("error.conflict.next")
	case fault.Closed:
		return t("error.closed.title"), t("error.closed.what"), t("error.closed.next")
	case fault.TooLarge:
		return t("error.too_large.title"), t("error.too_large.what"), t("error.too_large.next")
	case fault.Busy:
		return t("error.busy.title"), t("error.busy.what"), t("error.busy.next")
	case fault.TooMany:
		return t("error.too_many.title"), t("error.too_many.what"), t("error.too_many.next")
	case fault.Internal:
	}
	return t("error.internal.title"), t("error.internal.what"), t("error.internal.next")
}

// problem is an error as JSON.
type problem struct {
	Error   string            `json:"error"`   // the kind
	Message string            `json:"message"` // for people
	Fields  map[string]string `json:"fields,omitempty"`
	ID      string            `json:"request_id,omitempty"`
}

func newProblem(r *http.Request, kind fault.Kind, f *fault.Error) problem {
	ctx := r.Context()
	_, what, _ := words(ctx, kind)
	p := problem{Error: kind.String(), Message: what, ID: of(r).ID}
	if f == nil {
		return p
	}
	if f.Message != "" {
		p.Message = i18n.T(ctx, f.Message, f.Args...)
	}
	p.Fields = FieldErrors(ctx, f)
	return p
}

// FieldErrors returns the sentences beside the fields of a refused form, by field name. One that is the sentence of the whole has its arguments.
func FieldErrors(ctx context.Context, f *fault.Error) map[string]string {
	if f == nil || len(f.Fields) == 0 {
		return nil
	}
	out := make(map[string]string, len(f.Fields))
	for name, id := range f.Fields {
		if id == f.Message {
			out[name] = i18n.T(ctx, id, f.Args...)
		} else {
			out[name] = i18n.T(ctx, id)
		}
	}
	return out
}
