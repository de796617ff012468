package course

import (
	"encoding/json"
	"strconv"
	"strings"
)

// Partitions every course has without listing them. Their groups are computed, see [Tracks].
const (
	TrackPartition  = 50 // by enrollment mode
	GatingPartition = 51 // by what a track may see of paid content
)

// Partition is one way to divide the learners of a course.
type Partition struct {
	ID          int
	Name        string
	Description string
	Scheme      string // who chooses: random (an experiment), cohort (content groups), enrollment_track, …
	Active      bool
	Groups      []Group
}

// The schemes this server has words for. A partition of another is kept as it came.
const (
	SchemeRandom = "random"
	SchemeCohort = "cohort"
	SchemeTrack  = "enrollment_track"
)

// Group is one part of a partition.
type Group struct {
	ID   int
	Name string
}

// Group finds a group of the partition by its id.
func (p Partition) Group(id int) (Group, bool) {
	for _, g := range p.Groups {
		if g.ID == id {
			return g, true
		}
	}
	return Group{}, false
}

// Tracks are the groups of [TrackPartition]: the modes of enrollment, under the ids they have on every server.
var Tracks = []Group{{1, "audit"}, {2, "verified"}, {3, "professional"}, {4, "no-id-professional"}, {5, "credit"}, {6, "honor"}, {7, "masters"}}

// PartitionsOf reads the setting user_partitions of a course. Entries of version 1 have no scheme, which means random, and entries without
// "active" are active. Values of other kinds than they should be are read as the platform we match reads them: numbers may be text, and
// whatever is not empty, zero, null or false is active. What has no number is left out.
func PartitionsOf(v Value) []Partition {
	var entries, groups []json.RawMessage
	v.Decode(&entries)
	out := make([]Partition, 0, len(entries))
	for _, entry := range entries {
		e := members(entry)
		p := Partition{Scheme: SchemeRandom, Active: true}
		var ok bool
		if p.ID, ok = e["id"].Int(); !ok {
			continue
		}
		p.Name, _ = e["name"].Text()
		p.Description, _ = e["description"].Text()
		if scheme, ok := e["scheme"].Text(); ok {
			p.Scheme = scheme
		}
		if active, ok := e["active"]; ok {
			p.Active = holds(active)
		}
		groups = nil
		e["groups"].Decode(&groups)
		for _, group := range groups {
			g := members(group)
			if id, ok := g["id"].Int(); ok {
				name, _ := g["name"].Text()
				p.Groups = append(p.Groups, Group{id, name})
			}
		}
		out = append(out, p)
	}
	return out
}

// members are the values of a JSON object by name; none for anything else.
func members(text json.RawMessage) map[string]Value {
	var raw map[string]json.RawMessage
	if json.Unmarshal(text, &raw) != nil {
		return nil
	}
	out := make(map[string]Value, len(raw))
	for name, v := range raw {
		out[name] = Value(v)
	}
	return out
}

// holds is what Python takes for true.
func holds(v Value) bool {
	switch v {
	case "false", Null, `""`:
		return false
	}
	if v[0] == '[' || v[0] == '{' {
		return strings.TrimSpace(string(v[1:len(v)-1])) != ""
	}
	f, err := strconv.ParseFloat(string(v), 64)
	return err != nil || f != 0
}
