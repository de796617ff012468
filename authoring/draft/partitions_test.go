package draft

import (
	"maps"
	"strings"
	"testing"

	"lyceum/course"
	"lyceum/internal/fault"
)

// divided is a course with content groups, an experiment, and a partition of a scheme nobody knows. Of the unit u only group 2 sees the block h;
// x is an experiment in v.
func divided() *course.Content {
	c := small()
	c.Root.Fields["user_partitions"] = `[{"id":7,"name":"Content Groups","scheme":"cohort","version":3,"x":{"kept":1.50},"groups":[{"id":1,"name":"A","version":1},{"id":2,"name":"B","y":null}]},` +
		`{"id":8,"name":"Old","groups":[{"id":0,"name":"Left"},{"id":1,"name":"Right"}]},{"id":"9","name":"Odd","scheme":"phase_of_moon","groups":[]}]`
	unit := c.Root.Children[0].Children[0].Children[0]
	unit.Children[0].Fields["group_access"] = `{"7":[2]}`
	unit.Children = append(unit.Children, &course.Block{Type: "split_test", ID: "x", Fields: course.Fields{"display_name": `"Trial"`, "user_partition_id": "8"}})
	return c
}

func (h *house) partitions(words string, change func(list []Partition, in Usage) ([]Partition, error)) error {
	h.t.Helper()
	_, err := h.Apply(h.t.Context(), Edit{Key: testKey, By: ada, Ops: []Op{Partitions{Change: change, Words: words}}})
	return err
}

func TestPartitions(t *testing.T) {
	t.Parallel()
	h := newHouse(t, divided())
	before := string(h.now().Draft.Root.Fields["user_partitions"])
	group := func(name string) Group { return Group{"name": course.Text(name), "version": "1"} }

	// A group and a partition more: what stood there stands there still, byte by byte, and new ids are new.
	var made Partition
	err := h.partitions("Add", func(list []Partition, _ Usage) ([]Partition, error) {
		list[0].SetGroups(append(list[0].Groups(), group("C")))
		made = Partition{"name": `"Trial"`, "scheme": `"random"`}
		made.SetGroups([]Group{group("One"), group("Two")})
		return append(list, made), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	b := h.now()
	got := string(b.Draft.Root.Fields["user_partitions"])
	if got != string(b.Published.Root.Fields["user_partitions"]) {
		t.Errorf("learners have %s", b.Published.Root.Fields["user_partitions"])
	}
	for _, want := range []string{`"x":{"kept":1.50}`, `{"id":2,"name":"B","y":null}`, `{"groups":[],"id":"9","name":"Odd","scheme":"phase_of_moon"}`, `{"groups":[{"id":0,"name":"Left"},{"id":1,"name":"Right"}],"id":8,"name":"Old"}`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s, which was %s", want, got, before)
		}
	}
	all := course.PartitionsOf(b.Draft.Root.Fields["user_partitions"])
	id, _ := made.ID()
	if len(all) != 4 || all[3].ID != id || id <= 100 || len(all[3].Groups) != 2 || all[3].Groups[0].ID == all[3].Groups[1].ID || all[3].Groups[0].ID <= 100 || all[0].Groups[2].ID <= 100 {
		t.Errorf("ids: %+v", all)
	}
	if v, err := h.Courses.Version(t.Context(), h.head()); err != nil || v.Message != "Add" || v.Author != "ada" {
		t.Errorf("version %+v, %v", v, err)
	}
	// Nothing new is no version.
	head := h.head()
	if err := h.partitions("Nothing", func(list []Partition, _ Usage) ([]Partition, error) { return list, nil }); err != nil || h.head() != head {
		t.Errorf("no change: %v, %v", err, h.head())
	}
}

func (h *house) head() course.VersionID {
	h.t.Helper()
	head, _, err := h.Read(h.t.Context(), testKey)
	if err != nil {
		h.t.Fatal(err)
	}
	return head.Draft
}

func TestPartitionsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t, divided())
	without := func(at int) func([]Partition, Usage) ([]Partition, error) {
		return func(list []Partition, _ Usage) ([]Partition, error) { return append(list[:at:at], list[at+1:]...), nil }
	}
	set := func(at int, key string, v course.Value) func([]Partition, Usage) ([]Partition, error) {
		return func(list []Partition, _ Usage) ([]Partition, error) {
			list[at][key] = v
			return list, nil
		}
	}
	for name, tc := range map[string]struct {
		change func([]Partition, Usage) ([]Partition, error)
		want   string // message, "" where it is taken
	}{
		"the group of a block":           {set(0, "groups", `[{"id":1,"name":"A"}]`), "groups.group_in_use"},
		"all groups":                     {without(0), "groups.group_in_use"},
		"the partition of an experiment": {without(1), "groups.partition_in_use"},
		"no name":                        {set(0, "name", `" "`), "groups.no_name"},
		"a name that is a number":        {set(0, "name", `5`), "groups.no_name"},
		"a group without name":           {set(1, "groups", `[{"id":0,"name":""},{"id":1,"name":"x"}]`), "groups.no_name"},
		"an experiment without groups":   {set(1, "groups", `[]`), "groups.no_groups"},
		"one id twice":                   {set(1, "groups", `[{"id":0,"name":"x"},{"id":0,"name":"y"}]`), "groups.same_id"},
		"groups that are none":           {set(1, "groups", `{"a":1}`), "groups.bad_groups"},
		"an id that is none":             {set(1, "groups", `[{"id":"x","name":"x"}]`), "groups.bad_id"},
		"a negative id":                  {set(1, "groups", `[{"id":-1,"name":"x"}]`), "groups.bad_id"},
		"a partition twice":              {set(1, "id", "7"), "groups.same_id"},
		"the partition of tracks": {func(list []Partition, _ Usage) ([]Partition, error) {
			return append(list, Partition{"id": "50", "name": `"x"`, "scheme": `"cohort"`}), nil
		}, "groups.bad_id"},
		"what is unknown": {without(2), ""},
	} {
		err := h.partitions(name, tc.change)
		f, _ := fault.As(err)
		if tc.want == "" && err != nil || tc.want != "" && (f == nil || f.Kind != fault.Invalid || f.Message != tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
	// What only learners have still counts: they would be shut out.
	h.do(Update{Block: key("html", "h"), Unset: []string{"group_access"}})
	if err := h.partitions("x", set(0, "groups", `[{"id":1,"name":"A"}]`)); !fault.Is(err, fault.Invalid) {
		t.Errorf("learners' version names it: %v", err)
	}
	if use := h.now().Usage().Groups(7, 2); len(use) != 1 || !use[0].Learners || use[0].Block().ID != "h" {
		t.Errorf("usage %+v", use)
	}
	h.publish(key("vertical", "u"))
	if err := h.partitions("x", set(0, "groups", `[{"id":1,"name":"A"}]`)); err != nil {
		t.Errorf("named no more: %v", err)
	}
	// A list nobody can read is left alone.
	h.do(Settings{Block: key("course", "course"), Set: course.Fields{"user_partitions": `[1,{"id":3}]`}})
	if err := h.partitions("x", func([]Partition, Usage) ([]Partition, error) { return nil, nil }); !fault.Is(err, fault.Invalid) {
		t.Errorf("unreadable: %v", err)
	}
}

// Ids that are written as text, or with a fraction, are numbers once they are taken: learners' side reads no others. What is not changed stays as
// it came.
func TestPartitionIDsAreNumbers(t *testing.T) {
	t.Parallel()
	h := newHouse(t, divided())
	if err := h.partitions("x", func(list []Partition, _ Usage) ([]Partition, error) {
		return append(list, Partition{"id": `"12"`, "name": `"New"`, "scheme": `"cohort"`, "groups": `[{"id":"7","name":"E"},{"id":8.0,"name":"F"},null]`}), nil
	}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a group that is null: %v", err)
	}
	if err := h.partitions("x", func(list []Partition, _ Usage) ([]Partition, error) {
		return append(list, Partition{"id": `"12"`, "name": `"New"`, "scheme": `"cohort"`, "groups": `[{"id":"7","name":"E"},{"id":8.0,"name":"F"}]`}), nil
	}); err != nil {
		t.Fatal(err)
	}
	all := course.PartitionsOf(h.now().Draft.Root.Fields["user_partitions"])
	if got := all[3]; got.ID != 12 || len(got.Groups) != 2 || got.Groups[0] != (course.Group{ID: 7, Name: "E"}) || got.Groups[1].ID != 8 {
		t.Errorf("as learners read it: %+v", got)
	}
	if list, _ := PartitionsIn(h.now().Draft); list[2]["id"] != `"9"` {
		t.Errorf("what nobody touched: %s", list[2]["id"])
	}
}

// Blocks are for groups there are, or for those they named before.
func TestUpdateChecksGroups(t *testing.T) {
	t.Parallel()
	h := newHouse(t, divided())
	h.do(Settings{Block: key("course", "course"), Set: course.Fields{"user_partitions": `[{"id":7,"name":"P","groups":[{"id":1,"name":"A"}]}]`}})
	for value, ok := range map[course.Value]bool{
		`{"7":[1]}`: true, `{"7":[1,2]}`: true, `{"7":[]}`: true, `{"50":[2]}`: true, `{}`: true, "null": true,
		`{"7":[3]}`: false, `{"8":[1]}`: false, `{"50":[99]}`: false, `{"51":[1]}`: false, `{"x":[1]}`: false, `{"7":"1"}`: false,
	} {
		h.take(func() *course.Content {
			c := divided()
			c.Root.Fields["user_partitions"] = `[{"id":7,"name":"P","groups":[{"id":1,"name":"A"}]}]`
			return c
		}())
		_, err := h.Apply(t.Context(), Edit{Key: testKey, By: ada, Ops: []Op{Update{Block: key("html", "h"), Set: course.Fields{"group_access": value}}}})
		if f, _ := fault.As(err); ok != (err == nil) || !ok && (f == nil || f.Fields["group_access"] == "") {
			t.Errorf("%s: %v", value, err)
		}
	}
	// What came with a course, or is listed in it, is no reason to refuse.
	for value, ok := range map[course.Value]bool{`{"51":[1]}`: true, `{"51":[1,2]}`: true, `{"51":[2],"52":[1]}`: true, `{"51":[1],"52":[9]}`: false} {
		c := divided()
		c.Root.Fields["user_partitions"] = `[{"id":52,"name":"P","groups":[{"id":1,"name":"A"}]}]`
		Block(c, key("html", "h")).Fields["group_access"] = `{"51":[1]}`
		h.take(c)
		if _, err := h.Apply(t.Context(), Edit{Key: testKey, By: ada, Ops: []Op{Update{Block: key("html", "h"), Set: course.Fields{"group_access": value}}}}); ok != (err == nil) {
			t.Errorf("%s over what came with it: %v", value, err)
		}
	}
	c := divided()
	c.Root.Fields["user_partitions"] = `[{"id":51,"name":"P","groups":[{"id":1,"name":"A"}]}]`
	h.take(c)
	h.do(Update{Block: key("html", "h"), Set: course.Fields{"group_access": `{"51":[1]}`}})
}

func TestExperiment(t *testing.T) {
	t.Parallel()
	h := newHouse(t, divided())
	x := key("split_test", "x")
	read := func() Experiment {
		b := h.now()
		return ExperimentOf(testKey, course.PartitionsOf(b.Draft.Root.Fields["user_partitions"]), Block(b.Draft, x))
	}
	if e := read(); e.Missing() != 2 || !e.Chosen || e.Partition.Name != "Old" {
		t.Fatalf("at first: %+v", e)
	}
	h.do(FillExperiment{x})
	e := read()
	if e.Missing() != 0 || len(e.Rest) != 0 || e.Groups[1].Name != "Right" || e.Groups[1].Child.Type != "vertical" || e.Groups[1].Child.Fields["display_name"] != `"Group ID 1"` {
		t.Fatalf("filled: %+v", e)
	}
	if Block(h.now().Published, x).Children != nil {
		t.Error("learners have it before it is published")
	}
	head := h.head()
	h.do(FillExperiment{x})
	if h.head() != head {
		t.Error("filled twice")
	}
	first := e.Groups[0].Child.ID
	// Another partition: its groups get units; back again, and the old ones are there.
	if err := h.partitions("x", func(list []Partition, _ Usage) ([]Partition, error) {
		return append(list, Partition{"id": "20", "name": `"New"`, "scheme": `"random"`, "groups": `[{"id":5,"name":"E"}]`}), nil
	}); err != nil {
		t.Fatal(err)
	}
	h.do(Update{Block: x, Set: course.Fields{"user_partition_id": "20"}})
	if e := read(); len(e.Groups) != 1 || e.Missing() != 0 || len(e.Rest) != 2 {
		t.Errorf("another: %+v", e)
	}
	h.do(Update{Block: x, Set: course.Fields{"user_partition_id": "8"}})
	if e := read(); e.Missing() != 0 || e.Groups[0].Child.ID != first || len(e.Rest) != 1 {
		t.Errorf("back: %+v", e)
	}
	// A unit deleted is missing, and made anew.
	h.do(Delete{key("vertical", first)})
	if e := read(); e.Missing() != 1 {
		t.Errorf("deleted: %+v", e)
	}
	h.do(FillExperiment{x})
	var named map[string]string
	Block(h.now().Draft, x).Fields["group_id_to_child"].Decode(&named)
	if e := read(); e.Missing() != 0 || len(named) != 3 || strings.Contains(strings.Join(values(named), " "), first) {
		t.Errorf("again: %+v %v", e, named)
	}
	// A copy shows its own parts.
	done := h.do(Duplicate{Block: x})
	b := h.now()
	twin := ExperimentOf(testKey, course.PartitionsOf(b.Draft.Root.Fields["user_partitions"]), Block(b.Draft, done.Made[0]))
	if twin.Missing() != 0 || twin.Groups[0].Child.ID == read().Groups[0].Child.ID {
		t.Errorf("the copy: %+v", twin)
	}
	for _, v := range []course.Value{"7", "99", `"x"`} {
		if _, err := h.Apply(t.Context(), Edit{Key: testKey, By: ada, Ops: []Op{Update{Block: x, Set: course.Fields{"user_partition_id": v}}}}); !fault.Is(err, fault.Invalid) {
			t.Errorf("partition %s: %v", v, err)
		}
	}
	h.do(Update{Block: x, Set: course.Fields{"user_partition_id": "-1"}})
	if e := read(); e.Chosen || len(e.Rest) != 3 {
		t.Errorf("none: %+v", e)
	}
}

func values(m map[string]string) (out []string) {
	for v := range maps.Values(m) {
		out = append(out, v)
	}
	return out
}
