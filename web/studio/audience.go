package studio

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"lyceum/authoring/draft"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/web/i18n"
)

// Whom a block is for. The page of who sees a block and the settings of a unit both ask it: they offer the same groups, and read them alike.

// audience is one way the learners of a course are divided, with the groups a block may be for.
type audience struct {
	ID     int
	Name   string
	Groups []audienceGroup
}

type audienceGroup struct {
	ID     int
	Name   string
	Chosen bool
}

// value names the group in forms: PARTITION:GROUP.
func (a audience) value(g audienceGroup) string { return groupValue(a.ID, g.ID) }

// namedGroups are the groups a block names, as forms do.
func namedGroups(b *course.Block) map[string]bool {
	out := map[string]bool{}
	for partition, groups := range draft.GroupsNamed(b) {
		for _, g := range groups {
			out[groupValue(partition, g)] = true
		}
	}
	return out
}

// audiences lists the groups a block can be for. Those of experiments, and of what is switched off, are there only while one of them is chosen;
// so are groups the course does not have any more, to be taken away.
func audiences(ctx context.Context, root *course.Block, chosen map[string]bool) []audience {
	left := maps.Clone(chosen)
	var out []audience
	for _, p := range append(course.PartitionsOf(root.Fields["user_partitions"]), trackPartition(ctx)) {
		one := audience{ID: p.ID, Name: p.Name}
		some := false
		for _, g := range p.Groups {
			value := groupValue(p.ID, g.ID)
			some = some || chosen[value]
			delete(left, value)
			one.Groups = append(one.Groups, audienceGroup{g.ID, g.Name, chosen[value]})
		}
		if len(one.Groups) > 0 && (some || p.Active && p.Scheme != course.SchemeRandom) {
			out = append(out, one)
		}
	}
	for _, value := range slices.SortedFunc(maps.Keys(left), compareGroupValues) {
		partition, group, ok := parseGroupValue(value)
		if !ok {
			continue
		}
		gone := audienceGroup{group, i18n.T(ctx, "studio.sight.gone_group", strconv.Itoa(group)), true}
		if at := slices.IndexFunc(out, func(a audience) bool { return a.ID == partition }); at >= 0 {
			out[at].Groups = append(out[at].Groups, gone)
		} else {
			out = append(out, audience{partition, i18n.T(ctx, "studio.sight.gone"), []audienceGroup{gone}})
		}
	}
	return out
}

func parseGroupValue(value string) (partition, group int, ok bool) {
	before, after, _ := strings.Cut(value, ":")
	partition, err1 := strconv.Atoi(before)
	group, err2 := strconv.Atoi(after)
	return partition, group, err1 == nil && err2 == nil
}

func compareGroupValues(a, b string) int {
	p, g, _ := parseGroupValue(a)
	q, h, _ := parseGroupValue(b)
	return cmp.Or(p-q, g-h)
}

// readAudience reads chosen groups. Each must be one that was offered for the block as it is now.
func readAudience(ctx context.Context, root, b *course.Block, chosen []string) (map[string][]int, error) {
	allowed := map[string]bool{}
	for _, a := range audiences(ctx, root, namedGroups(b)) {
		for _, g := range a.Groups {
			allowed[a.value(g)] = true
		}
	}
	only := map[string][]int{}
	for _, value := range chosen {
		partition, group, ok := parseGroupValue(value)
		if !ok || !allowed[value] {
			return nil, fault.Invalidf("group %q", value).Field("group", "studio.sight.no_group").Say("studio.sight.no_group")
		}
		if id := strconv.Itoa(partition); !slices.Contains(only[id], group) {
			only[id] = append(only[id], group)
		}
	}
	for id := range only {
		slices.Sort(only[id])
	}
	return only, nil
}
