package account

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"lyceum/internal/fault"
	"lyceum/learner/account"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/ui"
)

const bodyMax = 64 << 10

// readForm returns what was posted: a form of either encoding, or one JSON object of plain values.
func readForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	r.Body = http.MaxBytesReader(w, r.Body, bodyMax)
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch kind {
	case "application/x-www-form-urlencoded":
		if err := r.ParseForm(); err != nil {
			return nil, badBody(err)
		}
		return r.PostForm, nil
	case "multipart/form-data":
		if err := r.ParseMultipartForm(bodyMax); err != nil {
			return nil, badBody(err)
		}
		return r.PostForm, nil
	case "application/json":
		return readJSON(r)
	case "":
		if r.ContentLength == 0 {
			return url.Values{}, nil
		}
	}
	return nil, page.ErrContentType
}

func badBody(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return err
	}
	return fault.Invalidf("read form: %w", err).Say("account.form.bad")
}

func readJSON(r *http.Request) (url.Values, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, badBody(err)
	}
	var object map[string]any
	if err := json.Unmarshal(body, &object); err != nil {
		return nil, badBody(err)
	}
	form := make(url.Values, len(object))
	for name, value := range object {
		switch v := value.(type) {
		case string:
			form.Set(name, v)
		case bool:
			form.Set(name, map[bool]string{true: "true", false: "false"}[v])
		case float64:
			form.Set(name, strings.TrimSuffix(strings.TrimRight(jsonNumber(v), "0"), "."))
		case nil:
		default:
			return nil, fault.Invalidf("field %q is not a plain value", name).Say("account.form.bad")
		}
	}
	return form, nil
}

func jsonNumber(v float64) string {
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	if !strings.Contains(string(text), ".") {
		return string(text) + "."
	}
	return string(text)
}

// isYes reads a checkbox or a truth value in any of the clients' spellings.
func isYes(s string) bool {
	switch strings.ToLower(s) {
	case "true", "on", "1", "yes":
		return true
	}
	return false
}

// retry reports whether an error brings a refused form back, rather than an error page, and the status it comes with.
func retry(err error) (f *fault.Error, status int, ok bool) {
	f, ok = fault.As(err)
	if !ok && fault.Is(err, fault.Busy) { // a store is away: the form keeps what was typed
		f, ok = fault.Busyf("%w", err).Say("account.away").After(5*time.Second), true
	}
	if !ok {
		return nil, 0, false
	}
	switch f.Kind {
	case fault.Invalid, fault.Conflict, fault.Unauthenticated, fault.Closed, fault.Forbidden:
		return f, http.StatusUnprocessableEntity, true
	case fault.TooMany:
		return f, http.StatusTooManyRequests, true
	case fault.Busy:
		return f, http.StatusServiceUnavailable, true
	default:
		return nil, 0, false
	}
}

// setRetryAfter says when to come back.
func setRetryAfter(w http.ResponseWriter, f *fault.Error) {
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", seconds(f))
	}
}

// summary is the notice above a refused form.
func summary(r *http.Request, f *fault.Error) *ui.NoticeProps {
	ctx := r.Context()
	n := ui.NoticeProps{Kind: "error"}
	switch {
	case f.Message != "":
		n.Text = i18n.T(ctx, f.Message, f.Args...)
		if f.Message == "account.too_many" {
			n.Text = i18n.T(ctx, "account.too_many_wait", int(f.RetryAfter.Seconds()+0.999))
		}
	case len(f.Fields) > 0:
		n.Text = i18n.T(ctx, "account.form.correct", len(f.Fields))
	default:
		n.Text = i18n.T(ctx, "account.form.refused")
	}
	return &n
}

// mark puts the messages of a refused form beside its fields, and the focus on the first.
func mark(r *http.Request, fields []formField, f *fault.Error) {
	messages := page.FieldErrors(r.Context(), f)
	focused := false
	for i := range fields {
		p := &fields[i].Props
		p.Error = messages[p.Name]
		if p.Error != "" && !focused {
			p.Attrs = map[string]any{"autofocus": true}
			focused = true
		}
	}
}

// formField is a field and the part that draws it.
type formField struct {
	Part  string // "", "select", "checkbox", "password"
	Props ui.FieldProps
}

// profileFields returns fields of the profile for a form.
func profileFields(r *http.Request, values func(name string) string, rule func(name string) account.FieldRule) []formField {
	ctx := r.Context()
	var all []formField
	for _, f := range account.ProfileFields {
		how := rule(f.Name)
		if how == "" || how == account.Hidden {
			continue
		}
		p := ui.FieldProps{
			Name: f.Name, Label: i18n.T(ctx, "account.field."+f.Name), Value: values(f.Name), Required: how == account.Required,
		}
		field := formField{Props: p}
		switch f.Name {
		case "country":
			field.Part = "select"
			field.Props.Autocomplete = "country"
			field.Props.Options = countries(r, p.Value)
		case "gender", "level_of_education":
			field.Part = "select"
			field.Props.Options = choices(r, f, p.Value)
		case "year_of_birth":
			field.Props.InputMode, field.Props.Autocomplete, field.Props.MaxLength = "numeric", "bday-year", 4
		case "mailing_address":
			field.Props.Type, field.Props.Autocomplete = "textarea", "street-address"
		case "goals", "bio":
			field.Props.Type = "textarea"
		case "city":
			field.Props.Autocomplete = "address-level2"
		}
		all = append(all, field)
	}
	return all
}

// choices lists the options of a field after an empty one.
func choices(r *http.Request, f account.ProfileField, selected string) []ui.Option {
	options := []ui.Option{{Label: i18n.T(r.Context(), "account.option.none")}}
	for _, value := range f.Options {
		options = append(options, ui.Option{
			Value: value, Label: i18n.T(r.Context(), "account.option."+f.Name+"."+value), Selected: value == selected,
		})
	}
	return options
}

// countries lists the countries of the world in the reader's language and order, after an empty option.
func countries(r *http.Request, selected string) []ui.Option {
	reader := i18n.From(r.Context())
	tag, err := language.Parse(reader.Lang())
	if err != nil {
		tag = language.English
	}
	namer := display.Regions(tag)
	if namer == nil {
		namer = display.Regions(language.English)
	}
	names := make(map[string]string, 260)
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string(a) + string(b)
			region, err := language.ParseRegion(code)
			if err != nil || region.String() != code || !region.IsCountry() || region.IsGroup() || deprecated[code] {
				continue
			}
			if name := namer.Name(region); name != "" {
				names[name] = code
			}
		}
	}
	options := []ui.Option{{Label: i18n.T(r.Context(), "account.option.none")}}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		options = append(options, ui.Option{Value: names[name], Label: name, Selected: names[name] == selected})
	}
	return options
}

// deprecated are codes that are no country's any more, or a reserve.
var deprecated = map[string]bool{
	"AN": true, "BU": true, "CS": true, "DD": true, "FX": true, "NT": true, "QU": true, "SU": true, "TP": true, "YD": true, "YU": true, "ZR": true,
	"EU": true, "UN": true, "EZ": true, "QO": true, "ZZ": true, "XA": true, "XB": true, "UK": true,
	"AC": true, "CP": true, "CQ": true, "DG": true, "EA": true, "IC": true, "TA": true,
}

// ownName is a language's name in itself.
func ownName(tag language.Tag) string {
	if name := display.Self.Name(tag); name != "" {
		return name
	}
	return tag.String()
}
