package capa

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// spots grades clicks into pictures.
type spots struct{ response *response }

func setUpImage(r *response, _ *scope) (checker, error) { return spots{r}, nil }

// ImageAnswer is where a click is right, as the author wrote it. Either may be empty.
type ImageAnswer struct {
	Rectangle string // "(x1,y1)-(x2,y2);..."
	Regions   string // JSON: one outline, or a list of them
}

// MarshalJSON writes the layout pages know, null for what there is none of.
func (a ImageAnswer) MarshalJSON() ([]byte, error) {
	optional := func(s string) *string {
		if s == "" {
			return nil
		}
		return &s
	}
	return json.Marshal(map[string]*string{"rectangle": optional(a.Rectangle), "regions": optional(a.Regions)})
}

func (sp spots) reveal(in *Instance) ([]ShownAnswer, error) {
	out := make([]ShownAnswer, len(sp.response.inputs))
	for k, i := range sp.response.inputs {
		out[k] = ShownAnswer{ID: in.id(i.id), Image: &ImageAnswer{i.el.get("rectangle"), i.el.get("regions")}}
	}
	return out, nil
}

func (sp spots) grade(s *submission) error {
	for _, i := range sp.response.inputs {
		answer, sent := s.answer(i)
		if !sent {
			return sp.response.fault(Engine, "no point was sent for %s", i.id)
		}
		if answer.empty() {
			s.mark(i, Incorrect)
			continue
		}
		text, _ := answer.Text()
		at, ok := parsePoint(text)
		if !ok {
			return sp.response.fault(Engine, "the answer for %s is no point", i.id)
		}
		right, err := i.covers(at)
		if err != nil {
			return &Error{Kind: Engine, Line: i.el.line, Message: "the picture's right places cannot be read: " + err.Error(), Err: err}
		}
		s.markIf(i, right)
	}
	return nil
}

func (sp spots) hint(*submission) error { return nil }

// empty tells whether nothing was entered: no text, no list, no map, or null.
func (a Answer) empty() bool {
	switch v := a.value.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []string:
		return len(v) == 0
	case map[string]string:
		return len(v) == 0
	}
	return false
}

// place is a point of a picture.
type place struct{ x, y float64 }

var (
	pointSyntax     = regexp.MustCompile(`^\[([0-9]+),([0-9]+)\]`)
	rectangleSyntax = regexp.MustCompile(`^[(\[]([0-9]+),([0-9]+)[)\]]-[(\[]([0-9]+),([0-9]+)[)\]]`)
)

func parsePoint(text string) (place, bool) {
	m := pointSyntax.FindStringSubmatch(strings.ReplaceAll(strip(text), " ", ""))
	if m == nil {
		return place{}, false
	}
	n := numbers(m[1:])
	return place{n[0], n[1]}, true
}

// numbers reads digits; what is beyond any picture is infinite.
func numbers(digits []string) []float64 {
	out := make([]float64, len(digits))
	for i, d := range digits {
		out[i], _ = strconv.ParseFloat(d, 64)
	}
	return out
}

// covers tells whether the point lies in a rectangle, edges included, or else
// inside an outline. What comes after the first that fits is not read.
func (i *input) covers(at place) (bool, error) {
	if rectangles := i.el.get("rectangle"); rectangles != "" {
		for text := range strings.SplitSeq(rectangles, ";") {
			m := rectangleSyntax.FindStringSubmatch(strings.ReplaceAll(strip(text), " ", ""))
			if m == nil {
				return false, errors.New("a rectangle is not written as (x1,y1)-(x2,y2)")
			}
			n := numbers(m[1:])
			if n[0] <= at.x && at.x <= n[2] && n[1] <= at.y && at.y <= n[3] {
				return true, nil
			}
		}
	}
	regions := i.el.get("regions")
	if regions == "" {
		return false, nil
	}
	outlines, err := parseRegions(regions)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(outlines, func(outline []place) bool { return within(hull(outline), at) }), nil
}

// parseRegions reads a list of outlines, or one outline alone.
func parseRegions(text string) ([][]place, error) {
	var raw []json.RawMessage
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		return nil, err
	}
	if len(raw) == 0 {
		return nil, nil
	}
	var first []json.RawMessage
	if err := json.Unmarshal(raw[0], &first); err != nil {
		return nil, err
	}
	if len(first) == 0 {
		return nil, errors.New("an outline has no points")
	}
	var outlines [][][]float64
	if strings.HasPrefix(strings.TrimSpace(string(first[0])), "[") {
		if err := json.Unmarshal([]byte(text), &outlines); err != nil {
			return nil, err
		}
	} else {
		outlines = make([][][]float64, 1)
		if err := json.Unmarshal([]byte(text), &outlines[0]); err != nil {
			return nil, err
		}
	}
	out := make([][]place, len(outlines))
	for k, outline := range outlines {
		for _, p := range outline {
			if len(p) < 2 {
				return nil, errors.New("a point has fewer than two numbers")
			}
			out[k] = append(out[k], place{p[0], p[1]})
		}
	}
	return out, nil
}

// turn is positive where the way from a over b to c turns left.
func turn(a, b, c place) float64 { return (b.x-a.x)*(c.y-a.y) - (b.y-a.y)*(c.x-a.x) }

// hull is the convex outline around points, without points on its edges.
func hull(points []place) []place {
	sorted := slices.Clone(points)
	slices.SortFunc(sorted, func(a, b place) int {
		switch {
		case a.x < b.x, a.x == b.x && a.y < b.y:
			return -1
		case a == b:
			return 0
		}
		return 1
	})
	sorted = slices.Compact(sorted)
	half := func(points func(func(int, place) bool)) []place {
		var chain []place
		for _, p := range points {
			for len(chain) > 1 && turn(chain[len(chain)-2], chain[len(chain)-1], p) <= 0 {
				chain = chain[:len(chain)-1]
			}
			chain = append(chain, p)
		}
		return chain[:max(0, len(chain)-1)]
	}
	return append(half(slices.All(sorted)), half(slices.Backward(sorted))...)
}

// within tells whether the point is inside a convex outline, edges excluded.
func within(outline []place, at place) bool {
	if len(outline) < 3 {
		return false
	}
	for k, a := range outline {
		if !(turn(a, outline[(k+1)%len(outline)], at) > 0) { // also where it is not a number
			return false
		}
	}
	return true
}
