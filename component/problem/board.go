package problem

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"lyceum/grading/capa"
	"lyceum/web/i18n"
)

// board is drag and drop ready to print: a list that says of every thing where it is, which is the answer, and what the script needs to
// show the same as a picture that things are dragged onto.
type board struct {
	Image string
	Items []boardItem
	Free  bool // things may be dropped anywhere: places are coordinates
	Data  string
}

// boardItem is a thing to be placed.
type boardItem struct {
	ID, Name    string // Name is what it is called
	Icon        string // address of its picture
	Label       string // drawn on it; Name says it too
	Rows        []boardRow
	ManyAllowed bool
}

// boardRow is one piece of a thing: where it is.
type boardRow struct {
	Field, Label   string
	Options        []boardOption
	FieldX, X      string
	FieldY, Y      string
	LabelX, LabelY string
}

type boardOption struct {
	Value, Label string
	Selected     bool
}

const (
	mostRows = 20 // of one thing
	freeRows = 4  // of a thing that may be used often, where there are no targets to count
)

// newBoard works out the board of an input.
func (p props) newBoard(ctx context.Context, n *capa.InputNode) board {
	b := n.Board
	out := board{Image: p.address(b.Image), Free: len(b.Targets) == 0}
	places := out.options(ctx, b)
	placed := placements(text(n.Value))
	type script struct {
		ID      string        `json:"id"`
		Targets []capa.Target `json:"targets,omitempty"`
	}
	items := make([]script, len(b.Draggables))
	for k, d := range b.Draggables {
		item := boardItem{ID: d.ID, Name: itemName(ctx, k, d), Icon: p.address(d.Icon), ManyAllowed: capa.On(d.Reusable)}
		if d.Label != "" && (item.Icon == "" || !capa.On(b.NoLabels)) {
			item.Label = d.Label
		}
		if item.Icon == "" && item.Label == "" {
			item.Label = item.Name
		}
		items[k] = script{d.ID, d.Targets}
		rows := 1
		if item.ManyAllowed {
			rows = max(1, min(len(places), mostRows))
			if out.Free {
				rows = freeRows
			}
		}
		mine := placed[d.ID]
		for r := range max(rows, min(len(mine), mostRows)) {
			where := ""
			if r < len(mine) {
				where = mine[r]
			}
			item.Rows = append(item.Rows, out.row(ctx, n.ID, k, d.ID, item, places, where))
		}
		out.Items = append(out.Items, item)
	}
	out.Data = asJSON(map[string]any{
		"targets": b.Targets, "items": items, "outline": capa.On(b.Outline), "one": capa.On(b.OnePerTarget),
		"color": plainColor(b.LabelColor), "free": out.Free,
	})
	return out
}

func (b *board) row(ctx context.Context, input string, k int, id string, item boardItem, places []boardOption, where string) boardRow {
	end := ":" + strconv.Itoa(k) + ":" + id + "}"
	name := "input_" + input + "{"
	if b.Free {
		row := boardRow{
			FieldX: name + "x" + end, FieldY: name + "y" + end,
			LabelX: i18n.T(ctx, "problem.item_x", item.Name), LabelY: i18n.T(ctx, "problem.item_y", item.Name),
		}
		var xy []float64
		if json.Unmarshal([]byte(where), &xy) == nil && len(xy) == 2 {
			row.X, row.Y = number(xy[0]), number(xy[1])
		}
		return row
	}
	row := boardRow{Field: name + "drag" + end, Label: i18n.T(ctx, "problem.item_place", item.Name)}
	for _, o := range places {
		if strings.HasSuffix(o.Value, `":{`+asJSON(id)+`:null}}`) {
			continue // nothing stands on itself
		}
		o.Selected = o.Value == where
		row.Options = append(row.Options, o)
	}
	return row
}

// options are the places things may be at: targets of the picture, and those on other things.
func (b *board) options(ctx context.Context, from *capa.Board) []boardOption {
	var out []boardOption
	for i, t := range from.Targets {
		out = append(out, boardOption{Value: asJSON(t.ID), Label: i18n.T(ctx, "problem.place", i+1)})
	}
	if b.Free {
		return nil
	}
	for k, d := range from.Draggables {
		for i, t := range d.Targets {
			out = append(out, boardOption{Value: onItem(t.ID, d.ID), Label: i18n.T(ctx, "problem.place_on", i+1, itemName(ctx, k, d))})
		}
	}
	return out
}

func itemName(ctx context.Context, k int, d capa.Draggable) string {
	if d.Label != "" {
		return d.Label
	}
	return i18n.T(ctx, "problem.item", k+1)
}

// onItem is the place on a thing, wherever that is.
func onItem(target, item string) string {
	return `{` + asJSON(target) + `:{` + asJSON(item) + `:null}}`
}

// placements are the places of things in an answer, by thing, as options name them.
func placements(answer string) map[string][]string {
	var list []map[string]json.RawMessage
	if json.Unmarshal([]byte(answer), &list) != nil {
		var old struct {
			Draggables []map[string]json.RawMessage `json:"draggables"`
		}
		if json.Unmarshal([]byte(answer), &old) != nil {
			return nil
		}
		list = old.Draggables
	}
	out := map[string][]string{}
	for _, one := range list {
		for item, place := range one {
			out[item] = append(out[item], placeName(place))
		}
	}
	return out
}

// placeName is a place as options name it: of one on a thing, where that thing is is left out.
func placeName(place json.RawMessage) string {
	var nested map[string]map[string]json.RawMessage
	if json.Unmarshal(place, &nested) == nil {
		for target, holder := range nested {
			for item := range holder {
				return onItem(target, item)
			}
		}
	}
	var name string
	if json.Unmarshal(place, &name) == nil {
		return asJSON(name)
	}
	return string(place)
}

// dragged is the answer the fields of a board make: [{thing: place}, ...] in the order of the things, "" when nothing was placed.
func dragged(parts []fieldPart) string {
	type piece struct {
		k     int
		item  string
		place string
	}
	var pieces []piece
	columns := map[string][]string{} // of coordinates, by the rest of their names
	for _, p := range parts {
		what, rest, _ := strings.Cut(p.name, ":")
		number, item, ok := strings.Cut(rest, ":")
		k, err := strconv.Atoi(number)
		if !ok || err != nil {
			continue
		}
		switch what {
		case "drag":
			for _, place := range p.values {
				if json.Valid([]byte(place)) {
					pieces = append(pieces, piece{k, item, place})
				}
			}
		case "x":
			columns[rest] = p.values
		case "y": // after x: parts come by name
			for i, x := range columns[rest] {
				if i >= len(p.values) {
					break
				}
				if at := point([]fieldPart{{"x", []string{x}}, {"y", []string{p.values[i]}}}); at != "" {
					pieces = append(pieces, piece{k, item, at})
				}
			}
		}
	}
	if len(pieces) == 0 {
		return ""
	}
	slices.SortStableFunc(pieces, func(a, b piece) int { return a.k - b.k })
	at := map[string]string{}
	for _, p := range pieces {
		if _, ok := at[p.item]; !ok {
			at[p.item] = p.place
		}
	}
	var b strings.Builder
	for i, p := range pieces {
		b.WriteString(map[bool]string{true: "[", false: ","}[i == 0])
		b.WriteString(`{` + asJSON(p.item) + `:` + wholePlace(p.place, at, len(at)) + `}`)
	}
	return b.String() + "]"
}

// wholePlace says of a place on a thing where that thing is, too. A ring of things that stand on each other ends somewhere.
func wholePlace(place string, at map[string]string, depth int) string {
	var nested map[string]map[string]json.RawMessage
	if depth == 0 || json.Unmarshal([]byte(place), &nested) != nil {
		return place
	}
	for target, holder := range nested {
		for item := range holder {
			outer, ok := at[item]
			if !ok {
				outer = "null"
			}
			return `{` + asJSON(target) + `:{` + asJSON(item) + `:` + wholePlace(outer, at, depth-1) + `}}`
		}
	}
	return place
}

// plainColor is an author's color where it is nothing else, "" otherwise.
func plainColor(text string) string {
	for _, r := range text {
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789#(),.% ", r) {
			return ""
		}
	}
	if strings.Contains(strings.ToLower(text), "url") {
		return ""
	}
	return text
}
