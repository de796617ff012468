package draft

import (
	"errors"
	"strings"
	"testing"

	"lyceum/course"
	"lyceum/internal/fault"
)

// Settings of one block changed by two authors at once: only the same setting is a lost race, and both values come back.
func TestSettingsRace(t *testing.T) {
	t.Parallel()
	h := newHouse(t, small())
	seen, _, err := h.Read(t.Context(), testKey)
	if err != nil {
		t.Fatal(err)
	}
	root := key("course", "course")
	h.do(Settings{Block: root, Set: course.Fields{"end": `"2026-01-01T00:00:00Z"`, "invitation_only": "true"}})
	done, err := h.Apply(t.Context(), Edit{Key: testKey, By: bob, Seen: seen.Draft, Ops: []Op{Settings{Block: root, Set: course.Fields{"language": `"de"`}, Unset: []string{"start"}}}})
	if err != nil || !done.Rebased {
		t.Fatalf("other settings: %v", err)
	}
	f := h.now().Published.Root.Fields
	if f["end"] != `"2026-01-01T00:00:00Z"` || f["language"] != `"de"` || f["start"] != "" {
		t.Errorf("learners have %v", f)
	}
	_, err = h.Apply(t.Context(), Edit{Key: testKey, By: bob, Seen: seen.Draft, Ops: []Op{Settings{Block: root, Set: course.Fields{"end": `"2027-01-01T00:00:00Z"`, "invitation_only": "false", "css_class": `"x"`}}}})
	var lost *Lost
	if !errors.As(err, &lost) || len(lost.Clashes) != 1 || strings.Join(lost.Clashes[0].Fields, " ") != "end invitation_only" {
		t.Fatalf("the same settings: %v %+v", err, lost)
	}
	if c := lost.Clashes[0]; c.Base.Fields["end"] != "" || c.Mine.Fields["end"] != `"2027-01-01T00:00:00Z"` || c.Theirs.Fields["end"] != `"2026-01-01T00:00:00Z"` {
		t.Errorf("sides: %v %v %v", c.Base.Fields, c.Mine.Fields, c.Theirs.Fields)
	}
	if _, err := h.Apply(t.Context(), Edit{Key: testKey, By: bob, Ops: []Op{Settings{Block: root, Set: course.Fields{"end": `"soon"`}}}}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a date that is none: %v", err)
	}
}

// A page two authors make at once is a lost race; text and settings go in together, and a static page gets its tab.
func TestWritePage(t *testing.T) {
	t.Parallel()
	h := newHouse(t, small())
	seen, _, err := h.Read(t.Context(), testKey)
	if err != nil {
		t.Fatal(err)
	}
	mine, theirs := []byte("mine"), []byte("theirs")
	effort := key("about", "effort")
	h.do(WritePage{Page: effort, Body: &theirs})
	_, err = h.Apply(t.Context(), Edit{Key: testKey, By: bob, Seen: seen.Draft, Ops: []Op{WritePage{Page: effort, Body: &mine}}})
	var lost *Lost
	if !errors.As(err, &lost) || len(lost.Clashes) != 1 || lost.Clashes[0].Base != nil || string(lost.Clashes[0].Mine.Body) != "mine" || string(lost.Clashes[0].Theirs.Body) != "theirs" {
		t.Fatalf("made twice: %v %+v", err, lost)
	}
	h.do(WritePage{Page: effort, Body: &mine}, WritePage{Page: key("static_tab", "faq"), Set: course.Fields{"display_name": `"FAQ"`}, Body: &mine},
		WritePage{Page: key("course_info", "updates"), Set: course.Fields{"items": `[{"id":1}]`}})
	b := h.now()
	for _, c := range []*course.Content{b.Draft, b.Published} {
		if string(c.Page("about", "effort").Body) != "mine" || string(c.Page("static_tab", "faq").Body) != "mine" || c.Page("course_info", "updates").Fields["items"] != `[{"id":1}]` {
			t.Errorf("pages: %+v", c.Pages)
		}
		if !strings.Contains(string(c.Root.Fields["tabs"]), `{"name":"FAQ","type":"static_tab","url_slug":"faq"}`) {
			t.Errorf("tabs: %s", c.Root.Fields["tabs"])
		}
	}
	if _, err := h.Apply(t.Context(), Edit{Key: testKey, By: bob, Ops: []Op{WritePage{Page: key("html", "h"), Body: &mine}}}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a block of the tree: %v", err)
	}
}

// An assignment type that goes by another name takes its subsections along, also when two change places; the rest is shared.
func TestRenameAssignmentTypes(t *testing.T) {
	t.Parallel()
	c := small()
	c.Root.Children[0].Children[0].Fields["format"] = `"Homework"`
	c.Root.Children[1].Children[0].Fields["format"] = `"Lab"`
	h := newHouse(t, c)
	seen, _, err := h.Read(t.Context(), testKey)
	if err != nil {
		t.Fatal(err)
	}
	h.do(Grading{Policy: `{"GRADER":[{"type":"Lab"},{"type":"Homework"}]}`, Renamed: map[string]string{"Homework": "Lab", "Lab": "Homework"}})
	b := h.now()
	for _, c := range []*course.Content{b.Draft, b.Published} {
		if c.Root.Children[0].Children[0].Fields["format"] != `"Lab"` || c.Root.Children[1].Children[0].Fields["format"] != `"Homework"` {
			t.Error("the subsections did not come along")
		}
	}
	_, err = h.Apply(t.Context(), Edit{Key: testKey, By: bob, Seen: seen.Draft, Ops: []Op{Grading{Policy: `{"GRADER":[]}`}}})
	var lost *Lost
	if !errors.As(err, &lost) || len(lost.Clashes) != 1 || lost.Clashes[0].Mine.Fields["grading_policy"] != `{"GRADER":[]}` || lost.Clashes[0].Block != key("course", "course") {
		t.Errorf("two policies: %v %+v", err, lost)
	}
	tree := small().Root
	if renamed(tree, map[string]string{"Lab": "Homework"}) != tree {
		t.Error("nothing had that name, and still something was copied")
	}
}
