package studio

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"lyceum/component"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/web/i18n"
	"lyceum/web/ui"
)

// Who teaches the course, as the page of details lists it: rows of a form, over what the setting instructor_info holds. Keys that clients of
// other programs put there stay.

// instructor is one person of the list.
type instructor = map[string]json.RawMessage

// The inputs of a row, and the keys they write.
var instructorInputs = [][2]string{
	{"teach_name", "name"}, {"teach_title", "title"}, {"teach_organization", "organization"}, {"teach_image", "image"}, {"teach_bio", "bio"},
}

// instructorProps is one row.
type instructorProps struct {
	Legend, Drop string
	At           string // its place in the list the form was filled from, "" for a new one
	Fields       map[string]ui.FieldProps
	Picture      string
}

// instructorsOf reads the list of a course, and all that is kept with it.
func instructorsOf(root *course.Block) (info map[string]json.RawMessage, list []instructor) {
	root.Fields["instructor_info"].Decode(&info)
	compact(info["instructors"]).Decode(&list)
	return info, slices.DeleteFunc(list, func(one instructor) bool { return one == nil })
}

func textIn(one instructor, key string) string {
	text, _ := compact(one[key]).Text()
	return text
}

// typedInstructors reads the rows of a form into want. A row that says nothing is left out; a list nobody changed is no change.
func typedInstructors(base *course.Content, files map[string]course.File, form url.Values, want wished) error {
	if !form.Has("teach_at") && !form.Has("teach_none") {
		return nil
	}
	bad := fault.Invalidf("instructors of %s", base.Key)
	info, before := instructorsOf(base.Root)
	list := []instructor{}
	for i, at := range form["teach_at"] {
		one := instructor{}
		if n, err := strconv.Atoi(at); err == nil && n >= 0 && n < len(before) {
			one = maps.Clone(before[n])
		}
		said := false
		for _, in := range instructorInputs {
			typed := ""
			if i < len(form[in[0]]) {
				typed = strings.TrimSpace(strings.ReplaceAll(form[in[0]][i], "\r\n", "\n"))
			}
			said = said || typed != ""
			if typed == strings.TrimSpace(strings.ReplaceAll(shownIn(base.Key, one, in[1]), "\r\n", "\n")) { // a browser's line ends are no change
				continue
			}
			if in[1] == "image" && typed != "" && !strings.Contains(typed, "/") { // a file of the course
				name := course.AssetName(typed)
				if _, there := files[name]; !there {
					bad.Field(in[0]+"."+strconv.Itoa(i), "studio.details.no_such_picture")
				}
				typed = component.Links{}.Asset(base.Key, name)
			}
			one[in[1]] = json.RawMessage(course.Text(typed))
		}
		if !said {
			continue
		}
		if textIn(one, "name") == "" {
			bad.Field("teach_name."+strconv.Itoa(i), "studio.details.no_instructor")
		}
		list = append(list, one)
	}
	same := func(a, b json.RawMessage) bool { return bytes.Equal(a, b) }
	if !slices.EqualFunc(list, before, func(a, b instructor) bool { return maps.EqualFunc(a, b, same) }) {
		if info == nil {
			info = map[string]json.RawMessage{}
		}
		info["instructors"] = json.RawMessage(course.JSON(list))
		want.fields["instructor_info"] = course.JSON(info)
	}
	if len(bad.Fields) > 0 {
		return bad
	}
	return nil
}

// shownIn is a value of a row as its input shows it: pictures among the files of the course by their names.
func shownIn(key course.Key, one instructor, name string) string {
	text := textIn(one, name)
	if name == "image" {
		if file, ok := pictureIn(key, text); ok {
			return file
		}
	}
	return text
}

// otherRows is a form with one more row of instructors, or one less, as the act of a button says; ok is false for another act.
func otherRows(form url.Values) (out url.Values, ok bool) {
	act, at, _ := strings.Cut(form.Get("act"), ".")
	out = maps.Clone(form)
	names := []string{"teach_at"}
	for _, in := range instructorInputs {
		names = append(names, in[0])
	}
	out.Set("teach_none", "1") // it has rows, though there may be none
	switch n, err := strconv.Atoi(at); {
	case act == "more":
		for _, name := range names {
			out[name] = append(slices.Clone(form[name]), "")
		}
	case act == "less" && err == nil && n >= 0:
		for _, name := range names {
			if n < len(form[name]) {
				out[name] = slices.Delete(slices.Clone(form[name]), n, n+1)
			}
		}
	default:
		return form, false
	}
	return out, true
}

// newInstructors makes the rows of the page, from the course or from what was typed.
func newInstructors(ctx context.Context, c *course.Content, files map[string]course.File, typed url.Values, bad map[string]string, picture func(name string) string) []instructorProps {
	var rows []instructor
	var places []string
	if typed.Has("teach_at") || typed.Has("teach_none") {
		for i, at := range typed["teach_at"] {
			one := instructor{}
			for _, in := range instructorInputs {
				if i < len(typed[in[0]]) {
					one[in[1]] = json.RawMessage(course.Text(typed[in[0]][i]))
				}
			}
			rows, places = append(rows, one), append(places, at)
		}
	} else {
		_, list := instructorsOf(c.Root)
		for i, one := range list {
			rows, places = append(rows, one), append(places, strconv.Itoa(i))
		}
	}
	out := []instructorProps{}
	for i, one := range rows {
		n := strconv.Itoa(i)
		row := instructorProps{
			Legend: i18n.T(ctx, "studio.details.instructor", i+1), Drop: i18n.T(ctx, "studio.details.drop_instructor", i+1), At: places[i], Fields: map[string]ui.FieldProps{},
		}
		for _, in := range instructorInputs {
			row.Fields[in[1]] = ui.FieldProps{
				Name: in[0], ID: strings.ReplaceAll(in[0], "_", "-") + "-" + n, Label: i18n.T(ctx, "studio.details.instructor_"+in[1]), Quiet: true,
				Value: shownIn(c.Key, one, in[1]), Error: bad[in[0]+"."+n],
			}
		}
		bio, image := row.Fields["bio"], row.Fields["image"]
		bio.Type, bio.Rows = "textarea", 3
		image.Attrs = pictureAttrs(ctx, c.Key)
		if _, there := files[course.AssetName(image.Value)]; there && image.Value != "" {
			row.Picture = picture(course.AssetName(image.Value))
		}
		row.Fields["bio"], row.Fields["image"] = bio, image
		out = append(out, row)
	}
	return out
}
