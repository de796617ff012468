package studio

import (
	"slices"
	"strings"
	"testing"
)

func TestViewOf(t *testing.T) {
	t.Parallel()
	const key, old = "block-v1:O+C+R+type@html+block@a", "i4x://O/C/html/a"
	for _, tc := range []struct {
		rest, key, view string
		ok              bool
	}{
		{key, key, "", false},
		{key + "/", key, "", false},
		{key + "/student_view", key, "student_view", true},
		{key + "/studio_view/", key, "studio_view", true},
		{key + "/nothing", key, "nothing", true},
		{old, old, "", false},
		{old + "/student_view", old, "student_view", true},
		{"i4x:%2F%2FO/C/html/a", "i4x:%2F%2FO/C/html/a", "", false},
		{"%zz/a", "%zz/a", "", false},
		{"", "", "", false},
	} {
		if k, v, ok := viewOf(tc.rest); k != tc.key || v != tc.view || ok != tc.ok {
			t.Errorf("viewOf(%q) = %q, %q, %v; want %q, %q, %v", tc.rest, k, v, ok, tc.key, tc.view, tc.ok)
		}
	}
}

// FuzzViewOf: whatever the address, nothing of it is lost between key and view, and a view that there is is always found.
func FuzzViewOf(f *testing.F) {
	for _, s := range []string{"", "/", "a/student_view", "i4x://O/C/html/a", "i4x://O/C/html/a/studio_view/", "%zz/a", "a//", "//"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, rest string) {
		key, view, ok := viewOf(rest)
		whole := key
		if ok {
			whole += "/" + view
		}
		if want := strings.TrimSuffix(rest, "/"); whole != want {
			t.Errorf("viewOf(%q) = %q, %q, %v: together %q", rest, key, view, ok, whole)
		}
		if strings.Contains(view, "/") {
			t.Errorf("viewOf(%q): view %q", rest, view)
		}
		for _, name := range slices.Concat(draftViews, formViews) {
			if k, v, ok := viewOf(rest + "/" + name); !ok || v != name || k != rest {
				t.Errorf("viewOf(%q) = %q, %q, %v", rest+"/"+name, k, v, ok)
			}
		}
	})
}
