package olx_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lyceum/course/olx"
	"lyceum/internal/sharedtest"
)

// provenance are the keys of the expectation that say where an archive came from, not what is in it.
var provenance = map[string]bool{
	"archive": true, "top_directory": true, "source": true, "commit": true, "path_in_repository": true, "licence": true, "cut_out": true,
}

func readJSON(t testing.TB, file string, dst any) {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(src, dst); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// expectations maps ARCHIVE or ARCHIVE/COURSE to what must be counted.
func expectations(t testing.TB) map[string]map[string]any {
	t.Helper()
	var all map[string]map[string]any
	readJSON(t, sharedtest.File(t, "courses/expected.json"), &all)
	out := map[string]map[string]any{}
	for name, e := range all {
		bundle, ok := e["courses"].(map[string]any)
		if !ok {
			out[name] = e
		}
		for inner, e := range bundle {
			out[name+"/"+inner] = e.(map[string]any)
		}
	}
	return out
}

func TestInspectSharedCourses(t *testing.T) {
	t.Parallel()
	want := expectations(t)
	for _, sc := range everyCourse(t) {
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			e, ok := want[sc.name]
			if !ok {
				t.Fatal("nothing is expected of this course")
			}
			in, err := olx.Inspect(sc.fs, olx.Options{Name: sc.dir})
			if e["course"] == false || unreadableRoot(e) {
				if !errors.Is(err, olx.ErrRefused) || !strings.HasPrefix(err.Error(), "course.xml:") {
					t.Fatalf("got error %v, want a refusal that names course.xml", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := asJSON(t, in)
			for key, w := range e {
				if provenance[key] {
					continue
				}
				g := got[key]
				if key == "known_defects" {
					w, g = kindAndPlace(w), kindAndPlace(g)
				}
				if diff := cmp.Diff(w, g); diff != "" {
					t.Errorf("%s (-want +got):\n%s", key, diff)
				}
			}
			for _, key := range []string{"blocks_referenced_more_than_once", "nested_xblock_children", "jump_to_id"} {
				if _, expected := e[key]; !expected && got[key] != nil {
					t.Errorf("%s = %v, want none", key, got[key])
				}
			}
		})
	}
}

// unreadableRoot tells the courses whose course.xml is no XML: they are refused, not counted.
func unreadableRoot(e map[string]any) bool {
	for _, d := range e["known_defects"].([]any) {
		if d := d.(map[string]any); d["where"] == "course.xml" && d["kind"] == "not_well_formed" {
			return true
		}
	}
	return false
}

func asJSON(t testing.TB, v any) map[string]any {
	t.Helper()
	src, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(src, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// kindAndPlace counts defects by what and where; the wording is each tool's own.
func kindAndPlace(v any) map[string]int {
	out := map[string]int{}
	list, _ := v.([]any)
	for _, d := range list {
		d := d.(map[string]any)
		out[d["kind"].(string)+" "+d["where"].(string)]++
	}
	return out
}

func TestOutlinesOfSharedCourses(t *testing.T) {
	t.Parallel()
	for _, sc := range everyCourse(t) {
		file := filepath.Join(sharedtest.File(t, "courses/outline"), sc.name+".json")
		if _, err := os.Stat(file); err != nil {
			continue
		}
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			in, err := olx.Inspect(sc.fs, olx.Options{Name: sc.dir})
			if err != nil {
				t.Fatal(err)
			}
			var want map[string]any
			readJSON(t, file, &want)
			if diff := cmp.Diff(want, asJSON(t, in.Outline)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
