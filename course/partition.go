package course

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
// "active" are active.
func PartitionsOf(v Value) []Partition {
	var raw []struct {
		ID          int
		Name        string
		Description string
		Scheme      *string
		Active      *bool
		Groups      []Group
	}
	v.Decode(&raw)
	out := make([]Partition, 0, len(raw))
	for _, r := range raw {
		p := Partition{ID: r.ID, Name: r.Name, Description: r.Description, Scheme: SchemeRandom, Active: r.Active == nil || *r.Active, Groups: r.Groups}
		if r.Scheme != nil {
			p.Scheme = *r.Scheme
		}
		out = append(out, p)
	}
	return out
}
