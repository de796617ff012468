package studio

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"lyceum/course"
)

// Updates of older courses are one page of HTML.
func TestUpdatesInPage(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text string
		want []courseUpdate
	}{
		{"", nil},
		{" \n ", nil},
		{"<ol></ol>", []courseUpdate{{1, "", "<ol></ol>", "visible"}}},
		{"<ol><li><h2>May 2</h2><p>New</p> and <b>more</b></li>\n<li><h2>May 1</h2>Old</li></ol>", []courseUpdate{{1, "May 1", "Old", "visible"}, {2, "May 2", "<p>New</p> and <b>more</b>", "visible"}}},
		{"<section><article><h2>May 1</h2>Old</article></section>", []courseUpdate{{1, "May 1", "Old", "visible"}}},
		{"<p>Free</p><ol><li>x</li></ol>", []courseUpdate{{1, "", "<p>Free</p><ol><li>x</li></ol>", "visible"}}},
	} {
		if got := updatesInPage(tc.text); !slices.Equal(got, tc.want) {
			t.Errorf("%q: %+v, want %+v", tc.text, got, tc.want)
		}
	}
}

// Dates go there and back in every zone, also over the hour that comes twice.
func TestDatesInZones(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"UTC", "Asia/Kolkata", "Europe/Berlin", "America/New_York"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"2026-03-29T01:30:00Z", "2026-07-01T23:59:59Z", "1999-12-31T23:00:00Z"} {
			v := course.Text(text)
			got, ok := dateFrom(dateIn(v, zone), zone)
			if !ok || course.FormatTime(got) != text {
				t.Errorf("%s in %s: %s", text, name, course.FormatTime(got))
			}
			form := url.Values{"zone": {name}, "end": {dateIn(v, zone)}}
			base := &course.Content{Root: &course.Block{Type: "course", Fields: course.Fields{"end": v}}}
			if want, err := typedDetails(base, form); err != nil || len(want.fields) != 0 {
				t.Errorf("sent as shown: %v %v", want, err)
			}
		}
	}
}

func TestFilmID(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"dQw4w9WgXcQ": "dQw4w9WgXcQ", "https://youtu.be/dQw4w9WgXcQ?t=3": "dQw4w9WgXcQ", "https://www.youtube.com/watch?app=x&v=dQw4w9WgXcQ": "dQw4w9WgXcQ",
		"//www.youtube.com/embed/dQw4w9WgXcQ?rel=0": "dQw4w9WgXcQ", "https://example.org/dQw4w9WgXcQ": "", "<b>": "", "": "",
	} {
		if got := filmID(typed); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}

// FuzzSettingsJSON sends the doors of settings whatever a stranger may send: no panic, and what is taken can be read again.
func FuzzSettingsJSON(f *testing.F) {
	for _, seed := range []string{
		`{"end_date":"2026-01-01T00:00:00Z","overview":null,"pre_requisite_courses":["course-v1:a+b+c"]}`, `{"max_student_enrollments_allowed":1e99,"self_paced":"True"}`,
		`{"GRADER":[{"type":"Homework","weight":"x"}],"GRADE_CUTOFFS":{"A":null}}`, `{"value":[1,{"a":null}]}`, `[{"type":"static_tab","url_slug":5},{"type":null}]`, `{"x":{"value":9}}`, `[]`, `nul`,
	} {
		f.Add(seed)
	}
	schema := course.Schemas["course"]
	f.Fuzz(func(t *testing.T, text string) {
		var body map[string]json.RawMessage
		_ = json.Unmarshal([]byte(text), &body)
		base := &course.Content{Root: &course.Block{Type: "course", ID: "course", Fields: course.Fields{}}}
		if want, err := wishedDetails(schema, body); err == nil {
			for _, v := range want.fields {
				if _, err := course.ParseValue([]byte(v)); v != "" && err != nil {
					t.Errorf("kept %q: %v", v, err)
				}
			}
			want.ops(schema, base)
		}
		for name, raw := range body {
			field, _ := schema.Field(name)
			if v, id := sentSetting(raw, field); id == "" && v != "" && settingTrouble(field, v) != "" {
				t.Errorf("%s: %q was taken", name, v)
			}
		}
		if v, err := course.ParseValue([]byte(text)); err == nil {
			p := readGradingPolicy(v)
			again := readGradingPolicy(p.value())
			if again.value() != p.value() {
				t.Errorf("policy %s is read as %s", p.value(), again.value())
			}
			if want := wishOf(p); want.check() == nil {
				want.ops(schema, &course.Content{Root: base.Root, Grading: v})
			}
			base.Root.Fields["tabs"] = v
			list := courseTabsOf(base)
			if out, err := arranged(list, nil); err == nil && len(out) != len(list) {
				t.Error("a tab was lost")
			}
			_, updates := courseUpdatesOf(&course.Content{Pages: []*course.Block{{Type: "course_info", ID: "updates", Fields: course.Fields{"items": v}, Body: []byte(text)}}})
			visibleUpdates(updates)
		} else if line, column := jsonPlace(text, err); line < 1 || column < 1 || line > strings.Count(text, "\n")+1 {
			t.Errorf("%q: %d:%d", text, line, column)
		}
	})
}
