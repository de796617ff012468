package studio

import (
	"net/url"
	"testing"

	"lyceum/course"
)

// TestInstructors: what nobody changed keeps its bytes, keys of others stay, rows that say nothing go, and pictures are files of the course.
func TestInstructors(t *testing.T) {
	t.Parallel()
	key := course.Key{Org: "O", Number: "N", Run: "R"}
	was := course.Value(`{"instructors": [{"name": "Ada", "title": "", "image": "/asset-v1:O+N+R+type@asset+block@ada.png", "bio": "First\r\nline", "homepage": "https://a.example"}, {"name": "Bob"}], "of": 1}`)
	c := &course.Content{Key: key, Root: &course.Block{Type: "course", ID: "R", Fields: course.Fields{"instructor_info": was}}}
	files := map[string]course.File{"ada.png": {}, "new.png": {}}
	shown := func(typed url.Values) url.Values {
		form := url.Values{}
		for _, row := range newInstructors(t.Context(), c, files, typed, nil, func(name string) string { return "/p/" + name }) {
			form.Add("teach_at", row.At)
			for _, in := range instructorInputs {
				form.Add(in[0], row.Fields[in[1]].Value)
			}
		}
		return form
	}
	read := func(form url.Values) (course.Value, error) {
		want := newWished()
		err := typedInstructors(c, files, form, want)
		return want.fields["instructor_info"], err
	}
	form := shown(nil)
	if form["teach_image"][0] != "ada.png" || len(form["teach_name"]) != 2 {
		t.Fatalf("shown: %v", form)
	}
	if got, err := read(form); err != nil || got.IsSet() {
		t.Errorf("as it was shown: %s, %v", got, err)
	}
	if got, err := read(url.Values{"display_name": {"x"}}); err != nil || got.IsSet() {
		t.Errorf("a form without rows: %s, %v", got, err)
	}
	form.Set("act", "more")
	more, ok := otherRows(form)
	if !ok || len(more["teach_at"]) != 3 || len(shown(more)["teach_name"]) != 3 {
		t.Errorf("one more: %v", more)
	}
	if got, err := read(more); err != nil || got.IsSet() {
		t.Errorf("a row that says nothing: %s, %v", got, err)
	}
	more["teach_title"][2] = "Dr."
	if _, err := read(more); err == nil {
		t.Error("somebody without a name is taken")
	}
	more["teach_name"][2], more["teach_image"][2] = "Cy", "none.png"
	if _, err := read(more); err == nil {
		t.Error("a picture that is not there is taken")
	}
	more["teach_image"][2] = "new.png"
	more.Set("act", "less.1")
	less, ok := otherRows(more)
	got, err := read(less)
	if v, parseErr := course.ParseValue([]byte(got)); parseErr == nil {
		got = v
	}
	want := course.JSON(map[string]any{"instructors": []any{
		map[string]any{"name": "Ada", "title": "", "image": "/asset-v1:O+N+R+type@asset+block@ada.png", "bio": "First\r\nline", "homepage": "https://a.example"},
		map[string]any{"name": "Cy", "title": "Dr.", "image": "/asset-v1:O+N+R+type@asset+block@new.png"},
	}, "of": 1})
	if !ok || err != nil || got != want {
		t.Errorf("one less and one new:\n%s\nwant\n%s, %v", got, want, err)
	}
}
