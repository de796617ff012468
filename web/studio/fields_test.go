package studio

import (
	"context"
	"maps"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"lyceum/authoring/draft"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/web/i18n"
)

func catalog(t testing.TB) *i18n.Catalog {
	t.Helper()
	c, err := i18n.New(Locales)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestFieldWords: every field an author sees has a name, an explanation, and words for its choices.
func TestFieldWords(t *testing.T) {
	t.Parallel()
	ctx := i18n.With(t.Context(), catalog(t).For(time.UTC))
	all := map[string]course.Schema{"any": {Fields: course.CommonFields}}
	maps.Copy(all, course.Schemas)
	for kind, s := range all {
		for _, f := range s.Fields {
			if f.Hidden {
				continue
			}
			for _, what := range []string{".label", ".help"} {
				if word(ctx, kind, f.Name+what) == "" {
					t.Errorf("%s: field %s has no text field.%s%s", kind, f.Name, f.Name, what)
				}
			}
			for _, o := range f.Options {
				text, _ := o.Value.Text()
				if word(ctx, kind, f.Name+".option."+text) == "" {
					t.Errorf("%s: choice %q of %s has no words", kind, text, f.Name)
				}
			}
			if f.Default.IsSet() && len(f.Options) > 0 && !slices.ContainsFunc(f.Options, func(o course.Option) bool { return o.Value == f.Default }) {
				t.Errorf("%s: the default of %s is none of its choices", kind, f.Name)
			}
			if _, err := course.ParseValue([]byte(f.Default)); f.Default.IsSet() && err != nil {
				t.Errorf("%s: the default of %s: %v", kind, f.Name, err)
			}
		}
	}
}

func TestReadValue(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		field course.Field
		typed string
		want  course.Value
		why   string
	}{
		"nothing":              {course.Field{Type: course.TypeInt}, "  ", "", ""},
		"a number":             {course.Field{Type: course.TypeInt}, " 12 ", "12", ""},
		"no number":            {course.Field{Type: course.TypeInt}, "twelve", "", "studio.edit.bad.int"},
		"half a number":        {course.Field{Type: course.TypeInt}, "1.5", "", "studio.edit.bad.int"},
		"below zero":           {course.Field{Type: course.TypeInt}, "-1", "", "studio.edit.bad.negative"},
		"below zero, meant":    {course.Field{Type: course.TypeInt, Signed: true}, "-1", "-1", ""},
		"comma":                {course.Field{Type: course.TypeFloat}, "0,5", "0.5", ""},
		"no float":             {course.Field{Type: course.TypeFloat}, "NaN", "", "studio.edit.bad.float"},
		"text for a number":    {course.Field{Type: course.TypeFloat}, `"1"`, "", "studio.edit.bad.float"},
		"winter":               {course.Field{Type: course.TypeDate}, "2027-01-10T12:00", `"2027-01-10T11:00:00Z"`, ""},
		"summer":               {course.Field{Type: course.TypeDate}, "2027-07-10T12:00:59", `"2027-07-10T10:00:59Z"`, ""},
		"no date":              {course.Field{Type: course.TypeDate}, "tomorrow", "", "studio.part.bad_date"},
		"long ago":             {course.Field{Type: course.TypeDate}, "0027-07-10T12:00", "", "studio.part.bad_date"},
		"days":                 {course.Field{Type: course.TypeTimedelta}, "2 days 4 hours", `"2 days 4 hours"`, ""},
		"no days":              {course.Field{Type: course.TypeTimedelta}, "soon", "", "studio.edit.bad.timedelta"},
		"clock":                {course.Field{Type: course.TypeRelativeTime}, "1:30", `"00:01:30"`, ""},
		"seconds":              {course.Field{Type: course.TypeRelativeTime}, "90", `"00:01:30"`, ""},
		"too long":             {course.Field{Type: course.TypeRelativeTime}, "24:00:00", "", "studio.edit.bad.clock"},
		"lines":                {course.Field{Type: course.TypeList}, "a\n\n b ", `["a","b"]`, ""},
		"JSON":                 {course.Field{Type: course.TypeList}, `[["a", 1]]`, `[["a",1]]`, ""},
		"half JSON":            {course.Field{Type: course.TypeList}, `[["a"`, "", "studio.edit.bad.list"},
		"no location":          {course.Field{Type: course.TypeReferenceList}, "here", "", "studio.edit.bad.reference"},
		"a map":                {course.Field{Type: course.TypeMap}, `{"a": [1]}`, `{"a":[1]}`, ""},
		"no map":               {course.Field{Type: course.TypeMap}, `[]`, "", "studio.edit.bad.map"},
		"anything":             {course.Field{Type: course.TypeAny}, `[]`, "[]", ""},
		"a choice":             {course.Field{Options: []course.Option{{Value: `"a"`}}}, "a", `"a"`, ""},
		"no choice":            {course.Field{Options: []course.Option{{Value: `"a"`}}}, "b", "", "studio.edit.bad.choice"},
		"yes":                  {course.Field{Type: course.TypeBool}, "true", "true", ""},
		"neither yes nor no":   {course.Field{Type: course.TypeBool}, "perhaps", "", "studio.edit.bad.choice"},
		"blanks around a name": {course.Field{Type: course.TypeText}, " Week 1 ", `"Week 1"`, ""},
		"blanks in a poem":     {course.Field{Type: course.TypeText, Long: true}, " a\n  b", `" a\n  b"`, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, why := readValue(tt.field, tt.typed, berlin); got != tt.want || why != tt.why {
				t.Errorf("readValue(%q) = %s, %q; want %s, %q", tt.typed, got, why, tt.want, tt.why)
			}
		})
	}
}

// TestSettingsRead: only what is typed otherwise than it was shown changes anything.
func TestSettingsRead(t *testing.T) {
	t.Parallel()
	above := &course.Block{Type: "course", ID: "course", Fields: course.Fields{"max_attempts": "3", "due": `"2027-01-01T23:59:59Z"`}}
	block := &course.Block{Type: "problem", ID: "p", Fields: course.Fields{
		"display_name": `"P"`, "weight": `"2.0"`, "rerandomize": `"true"`, "graceperiod": `"nonsense"`, "showanswer": `"never"`,
	}}
	s := settings{block: block, way: []*course.Block{above}, zone: time.UTC, fields: append(slices.Clone(course.CommonFields), course.ProblemFields...)}
	shown := url.Values{}
	for _, f := range s.fields {
		v, _ := s.effective(f)
		shown.Set("f."+f.Name, showValue(f, v, s.zone))
	}
	tests := map[string]struct {
		typed url.Values
		set   course.Fields
		unset []string
		bad   []string
	}{
		"as shown":                       {},
		"a new value":                    {typed: url.Values{"f.weight": {"3"}}, set: course.Fields{"weight": "3"}},
		"an inherited one without limit": {typed: url.Values{"f.max_attempts": {""}}, set: course.Fields{"max_attempts": "null"}},
		"an inherited one, made one's own": {
			typed: url.Values{"f.max_attempts": {"3"}, "set.max_attempts": {"1"}}, set: course.Fields{"max_attempts": "3"},
		},
		"back to the default": {typed: url.Values{"unset.showanswer": {"1"}, "f.showanswer": {"never"}}, unset: []string{"showanswer"}},
		"emptied":             {typed: url.Values{"f.weight": {""}}, unset: []string{"weight"}},
		"an old value stays":  {typed: url.Values{"f.rerandomize": {"true"}}},
		"no number":           {typed: url.Values{"f.weight": {"much"}}, bad: []string{"f.weight"}},
		"an old value again":  {typed: url.Values{"f.graceperiod": {"more nonsense"}}, bad: []string{"f.graceperiod"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			form := url.Values{}
			maps.Copy(form, shown)
			maps.Copy(form, tt.typed)
			op, bad := draft.Update{}, fault.Invalidf("x")
			s.read(form, &op, bad)
			if len(op.Set) != len(tt.set) || !slices.Equal(op.Unset, tt.unset) || len(bad.Fields) != len(tt.bad) {
				t.Fatalf("set %v, unset %v, bad %v", op.Set, op.Unset, bad.Fields)
			}
			for k, v := range tt.set {
				if op.Set[k] != v {
					t.Errorf("%s = %s, want %s", k, op.Set[k], v)
				}
			}
			for _, k := range tt.bad {
				if bad.Fields[k] == "" {
					t.Errorf("nothing is said beside %s", k)
				}
			}
		})
	}
}

// FuzzReadValue: whatever is typed is refused in words, or stored so that it fits its field and is shown as something that reads the same.
func FuzzReadValue(f *testing.F) {
	for _, s := range []string{"", "1", "-0.5", "1e9", "true", "2027-01-01T00:00", "1:02:03", "2 days", "a\nb", `["a", {"b": null}]`, `{"a": 1}`, "[", "null", "\x00", `"x"`, "1:-0"} {
		for kind := range uint8(course.TypeAny) + 1 {
			f.Add(s, kind, false)
		}
	}
	zone, err := time.LoadLocation("America/St_Johns")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, typed string, kind uint8, long bool) {
		field := course.Field{Name: "x", Type: course.FieldType(kind % (uint8(course.TypeAny) + 1)), Long: long}
		v, why := readValue(field, plainText(typed), zone)
		if why != "" || !v.IsSet() {
			return
		}
		if _, err := course.ParseValue([]byte(v)); err != nil {
			t.Fatalf("%q became %q: %v", typed, v, err)
		}
		shown := showValue(field, v, zone)
		again, why := readValue(field, shown, zone)
		if strings.TrimSpace(shown) != "" && (why != "" || again != v) && !ambiguous(field, v, zone) {
			t.Errorf("%q became %s, is shown as %q, and that is %s %q", typed, v, shown, again, why)
		}
	})
}

// ambiguous holds for the hour that comes twice when clocks are put back.
func ambiguous(f course.Field, v course.Value, zone *time.Location) bool {
	at, ok := v.Time()
	if f.Type != course.TypeDate || !ok {
		return false
	}
	_, before := at.Add(-3 * time.Hour).In(zone).Zone()
	_, after := at.Add(3 * time.Hour).In(zone).Zone()
	return before != after
}

// FuzzEditForm: a form of anything makes an update or is refused, and never panics.
func FuzzEditForm(f *testing.F) {
	f.Add("f.weight=1&unset.due=1&data=%3Cproblem%3E")
	f.Add("f.max_attempts=&set.max_attempts=1&f.start=2027-01-01T00:00")
	s := &Server{Editor: &draft.Editor{Schemas: course.Schemas}}
	ctx := i18n.With(context.Background(), catalog(f).For(time.UTC))
	request := httptest.NewRequestWithContext(ctx, "POST", "/edit/x", nil)
	f.Fuzz(func(_ *testing.T, query string) {
		form, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		for kind := range course.Schemas {
			b := &course.Block{Type: kind, ID: "x", Body: []byte("<a/>\r\n")}
			c := &course.Content{Root: &course.Block{Type: "course", ID: "course", Children: []*course.Block{b}}}
			u := c.Key.Usage(kind, "x")
			if kind != "video" { // it looks at files
				_, _ = s.readEdit(request, draft.Author{}, u, s.newSettings(ctx, c, u, b), form)
			}
		}
	})
}
