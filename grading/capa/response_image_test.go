package capa

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestImage(t *testing.T) {
	t.Parallel()
	source := func(attrs string) string {
		return `<imageresponse><imageinput src="a.png" width="400" height="300" ` + attrs + `/></imageresponse>`
	}
	box := source(`rectangle="(10,20)-(30,40);(100,100)-(110,110)"`)
	triangle := source(`regions="[[0,0],[100,0],[0,100]]"`)
	tests := []struct {
		name, source string
		answer       Answer
		want         string
	}{
		{"corner", box, Text("[10,20]"), "correct"},
		{"edge", box, Text("[30,25]"), "correct"},
		{"second box", box, Text(" [ 105, 105 ] "), "correct"},
		{"beside", box, Text("[31,25]"), "incorrect"},
		{"what follows is not read", box, Text("[10,20]x"), "correct"},
		{"nothing", box, Text(""), "incorrect"},
		{"null", box, Answer{}, "incorrect"},
		{"empty list", box, List(), "incorrect"},
		{"list", box, List("[10,20]"), "engine_error"},
		{"map", box, Map(map[string]string{"x": "1"}), "engine_error"},
		{"tab inside", box, Text("[10,\t20]"), "engine_error"},
		{"first box fits, second cannot be read", source(`rectangle="(1,1)-(2,2);x"`), Text("[1,1]"), "correct"},
		{"second box cannot be read", source(`rectangle="(1,1)-(2,2);x"`), Text("[3,3]"), "engine_error"},
		{"inside", triangle, Text("[10,10]"), "correct"},
		{"on the edge", triangle, Text("[50,50]"), "incorrect"},
		{"on a corner", triangle, Text("[0,0]"), "incorrect"},
		{"beyond numbers", triangle, Text("[1" + string(slices.Repeat([]byte("0"), 400)) + ",1]"), "incorrect"},
		{"several outlines", source(`regions="[[[0,0],[10,0],[0,10]],[[50,50],[60,50],[50,60]]]"`), Text("[52,52]"), "correct"},
		{"points in a row", source(`regions="[[0,0],[10,10],[20,20],[5,5]]"`), Text("[7,7]"), "incorrect"},
		{"the same point", source(`regions="[[1,1],[1,1],[1,1],[1,1]]"`), Text("[1,1]"), "incorrect"},
		{"fractions", source(`regions="[[0.5,0.5],[1.5,0.5],[1,1.5]]"`), Text("[1,1]"), "correct"},
		{"null regions", source(`regions="null"`), Text("[1,1]"), "incorrect"},
		{"outline without points", source(`regions="[[]]"`), Text("[1,1]"), "engine_error"},
		{"point of one number", source(`regions="[[1],[2],[3]]"`), Text("[1,1]"), "engine_error"},
		{"regions of words", source(`regions="[[&quot;a&quot;]]"`), Text("[1,1]"), "engine_error"},
		{"regions are not read after a box", source(`rectangle="(1,1)-(2,2)" regions="["`), Text("[1,1]"), "correct"},
		{"nothing marked", source(``), Text("[1,1]"), "incorrect"},
	}
	for _, tt := range tests {
		if got := outcome(t, tt.source, Answers{"2_1": tt.answer}); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
	two := `<imageresponse>` + `<imageinput src="a" width="1" height="1" rectangle="(1,1)-(2,2)"/><imageinput src="b" width="1" height="1" rectangle="(3,3)-(4,4)"/></imageresponse>`
	if got := outcome(t, two, Answers{"2_1": Text("[1,1]"), "2_2": Text("[1,1]")}); got != "correct incorrect" {
		t.Errorf("two pictures: got %s", got)
	}
}

// TestImageView: the page learns where the learner clicked, and not where to.
func TestImageView(t *testing.T) {
	t.Parallel()
	in := instance(t, `<problem><imageresponse><imageinput src="a.png" width="400" height="300" rectangle="(1,1)-(2,2)" regions="[]"/></imageresponse></problem>`, Options{Seed: 1})
	node := onlyInput(t, in, Answers{"2_1": Text("[7, 8]")})
	if node.Point == nil || *node.Point != (Point{7, 8}) || node.Attrs["src"] != "a.png" {
		t.Errorf("got %+v", node)
	}
	if node.Attrs["rectangle"] != "" || node.Attrs["regions"] != "" {
		t.Errorf("attributes tell the answer: %v", node.Attrs)
	}
	if node := onlyInput(t, in, Answers{"2_1": Text("x")}); node.Point != nil {
		t.Errorf("got a point %v", node.Point)
	}
	shown, err := json.Marshal(in.Answers()[0].Image)
	if err != nil || string(shown) != `{"rectangle":"(1,1)-(2,2)","regions":"[]"}` {
		t.Errorf("got %s, %v", shown, err)
	}
	if shown, _ = json.Marshal(ImageAnswer{Regions: "[]"}); string(shown) != `{"rectangle":null,"regions":"[]"}` {
		t.Errorf("got %s", shown)
	}
}

// onlyInput is the one input of a view.
func onlyInput(t testing.TB, in *Instance, answers Answers) *InputNode {
	t.Helper()
	var found *InputNode
	var look func([]Node)
	look = func(nodes []Node) {
		for _, n := range nodes {
			switch n := n.(type) {
			case *InputNode:
				found = n
			case *ResponseNode:
				look(n.Children)
			}
		}
	}
	look(in.View(ViewState{Answers: answers}).Nodes)
	if found == nil {
		t.Fatal("the view holds no input")
	}
	return found
}

// TestHull: every point lies inside or on the outline, in any order of points.
func TestHull(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		points := rapid.SliceOf(rapid.Custom(func(t *rapid.T) place {
			return place{float64(rapid.IntRange(0, 20).Draw(t, "x")), float64(rapid.IntRange(0, 20).Draw(t, "y"))}
		})).Draw(t, "points")
		outline := hull(points)
		for _, p := range points {
			for k, a := range outline {
				if len(outline) > 2 && turn(a, outline[(k+1)%len(outline)], p) < 0 {
					t.Fatalf("%v lies outside %v", p, outline)
				}
			}
		}
		for _, a := range outline {
			if within(outline, a) {
				t.Fatalf("corner %v lies inside %v", a, outline)
			}
		}
	})
}

func FuzzImage(f *testing.F) {
	f.Add("[1,2]", "(0,0)-(3,3);[4,4]-[5,5]", "[[0,0],[3,0],[0,3]]")
	f.Add("[1,2]", "", "[[[0,0],[3,0],[0,1e308]],[[1]]]")
	f.Add("[]", "x", "null")
	f.Fuzz(func(t *testing.T, answer, rectangle, regions string) {
		start := time.Now()
		i := &input{el: &node{tag: "imageinput"}}
		i.el.set("rectangle", rectangle)
		i.el.set("regions", regions)
		if at, ok := parsePoint(answer); ok {
			_, _ = i.covers(at)
		}
		if d := time.Since(start); d > time.Second {
			t.Fatalf("took %v", d)
		}
	})
}
