package main

import (
	"maps"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"lyceum/course"
	"lyceum/course/team"
)

// groupedAs is a partition as programs read it.
type groupedAs struct {
	ID     int              `json:"id"`
	Name   string           `json:"name"`
	Scheme string           `json:"scheme"`
	Groups []groupedGroup   `json:"groups"`
	Usage  []map[string]any `json:"usage"`
}

type groupedGroup struct {
	ID    int              `json:"id"`
	Name  string           `json:"name"`
	Usage []map[string]any `json:"usage"`
}

type groupsAs struct {
	Tracks      bool        `json:"should_show_enrollment_track"`
	Offered     bool        `json:"should_show_experiment_groups"`
	All         []groupedAs `json:"all_group_configurations"`
	Experiments []groupedAs `json:"experiment_group_configurations"`
}

// TestStudioGroupsByPrograms: what clients of the platform we match do with groups.
func TestStudioGroupsByPrograms(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, "LMS_RATE_LIMITS=no")
	c := s.teach(ownCourse("Groups"))
	ann := s.person("ann", nil)
	s.grant(ann, team.Staff, c.Key)
	st := s.toStudio(ann)
	at := "/group_configurations/" + c.Key.String()
	text := c.Key.Usage("html", "text")

	// None yet: the tracks, and the content groups a first group would come into.
	all := decode[groupsAs](t, st.get(at, asksJSON...))
	if len(all.All) != 2 || all.All[0].ID != 50 || all.All[0].Groups[0].ID != 1 || all.All[1].Scheme != "cohort" || len(all.All[1].Groups) != 0 || len(all.Experiments) != 0 || !all.Tracks || all.Offered {
		t.Fatalf("at first: %+v", all)
	}
	cohort := at + "/" + strconv.Itoa(all.All[1].ID)
	got := st.json("PUT", cohort, map[string]any{"id": all.All[1].ID, "name": "Content Groups", "scheme": "cohort", "version": 3, "groups": []any{
		map[string]any{"name": "Fast", "version": 1, "usage": []any{}}, map[string]any{"id": nil, "name": "Slow"},
	}})
	made := decode[groupedAs](t, got)
	if got.status != http.StatusCreated || len(made.Groups) != 2 || made.Groups[0].ID <= 100 || made.Groups[0].ID == made.Groups[1].ID || made.Scheme != "cohort" {
		t.Fatalf("content groups: %d %s", got.status, got.body)
	}
	if v := s.draftBlock(c.Root().Key).Fields["user_partitions"]; strings.Contains(string(v), "usage") {
		t.Errorf("usage is stored: %s", v)
	}
	fast, slow := strconv.Itoa(made.Groups[0].ID), strconv.Itoa(made.Groups[1].ID)
	partition := strconv.Itoa(made.ID)
	set := st.json("POST", "/xblock/"+text.String(), map[string]any{"metadata": map[string]any{"group_access": map[string]any{partition: []int{made.Groups[0].ID}}}})
	if set.status != http.StatusOK {
		t.Fatalf("group_access: %d %s", set.status, set.body)
	}
	if got := st.json("POST", "/xblock/"+text.String(), map[string]any{"metadata": map[string]any{"group_access": map[string]any{partition: []int{12345}}}}); got.status != http.StatusBadRequest || !strings.Contains(got.body, "group_access") {
		t.Errorf("a group the course does not have: %d %s", got.status, got.body)
	}
	one := decode[groupedAs](t, st.get(cohort, asksJSON...))
	if len(one.Groups[0].Usage) != 1 || one.Groups[0].Usage[0]["label"] != "Unit 1 / Text" ||
		one.Groups[0].Usage[0]["url"] != "/container/"+c.Key.Usage("vertical", "u1").String()+"#html-text" {
		t.Errorf("usage: %+v", one.Groups[0].Usage)
	}
	for path, want := range map[string]int{
		cohort + "/" + fast: http.StatusBadRequest, cohort + "/1": http.StatusNotFound, cohort: http.StatusNotFound, at + "/50/1": http.StatusNotFound, at + "/x": http.StatusNotFound,
		cohort + "/" + slow: http.StatusNoContent,
	} {
		if got := st.do("DELETE", path, "", asksJSON...); got.status != want || want == http.StatusBadRequest && !strings.Contains(got.body, "Fast is in use") {
			t.Errorf("DELETE %s: %d %s, want %d", path, got.status, got.body, want)
		}
	}
	if got := st.json("PUT", cohort, map[string]any{"name": "Content Groups", "scheme": "cohort", "groups": []any{map[string]any{"name": "Other"}}}); got.status != http.StatusBadRequest {
		t.Errorf("a list without a group in use: %d %s", got.status, got.body)
	}
	if got := st.json("PUT", cohort, map[string]any{"name": "Content Groups", "scheme": "random", "groups": []any{map[string]any{"id": made.Groups[0].ID, "name": "Fast"}}}); got.status != http.StatusBadRequest {
		t.Errorf("another scheme: %d %s", got.status, got.body)
	}
	for name, body := range map[string]any{
		"no name":   map[string]any{"groups": []any{map[string]any{"name": "x"}}},
		"no groups": map[string]any{"name": "x", "groups": []any{}},
		"a scheme":  map[string]any{"name": "x", "scheme": "moon", "groups": []any{map[string]any{"name": "x"}}},
		"nameless":  map[string]any{"name": "x", "groups": []any{map[string]any{"id": 5}}},
		"no map":    []int{1},
	} {
		if got := st.json("POST", at, body); got.status != http.StatusBadRequest || !strings.Contains(got.body, `"error":"`) {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}

	// An experiment: made, used, not to be deleted, with a part a group.
	got = st.json("POST", at, map[string]any{"name": "Trial", "scheme": "random", "description": "Which is better?", "version": 3, "groups": []any{map[string]any{"name": "A"}, map[string]any{"name": "B"}}})
	trial := decode[groupedAs](t, got)
	if got.status != http.StatusCreated || got.header.Get("Location") != at+"/"+strconv.Itoa(trial.ID) || len(trial.Groups) != 2 {
		t.Fatalf("an experiment: %d %s", got.status, got.body)
	}
	split := decode[struct{ Locator string }](t, st.json("POST", "/xblock/", map[string]any{"parent_locator": c.Key.Usage("vertical", "u2").String(), "category": "split_test", "display_name": "Which"})).Locator
	if got := st.json("POST", "/xblock/"+split, map[string]any{"metadata": map[string]any{"user_partition_id": made.ID}}); got.status != http.StatusBadRequest {
		t.Errorf("content groups in an experiment: %d %s", got.status, got.body)
	}
	if got := st.json("POST", "/xblock/"+split, map[string]any{"metadata": map[string]any{"user_partition_id": trial.ID}}); got.status != http.StatusOK {
		t.Fatalf("choose: %d %s", got.status, got.body)
	}
	key, err := course.ParseUsageKey(split)
	if err != nil {
		t.Fatal(err)
	}
	if b := s.draftBlock(key); len(b.Children) != 2 || b.Children[0].Type != "vertical" {
		t.Errorf("parts: %+v", b)
	}
	if got := st.do("DELETE", at+"/"+strconv.Itoa(trial.ID), "", asksJSON...); got.status != http.StatusBadRequest {
		t.Errorf("delete in use: %d %s", got.status, got.body)
	}
	// A group more: missing in the experiment until it is added there.
	got = st.json("PUT", at+"/"+strconv.Itoa(trial.ID), map[string]any{"id": trial.ID, "name": "Trial", "scheme": "random", "groups": []any{
		map[string]any{"id": trial.Groups[0].ID, "name": "A"}, map[string]any{"id": trial.Groups[1].ID, "name": "B"}, map[string]any{"name": "C"},
	}})
	more := decode[groupedAs](t, got)
	if got.status != http.StatusCreated || len(more.Groups) != 3 || more.Groups[0].ID != trial.Groups[0].ID || len(more.Usage) != 1 || more.Usage[0]["validation"] == nil {
		t.Fatalf("a group more: %d %s", got.status, got.body)
	}
	if got := st.json("POST", "/xblock/"+split+"/handler/add_missing_groups", map[string]any{}); got.status != http.StatusOK || len(s.draftBlock(key).Children) != 3 {
		t.Errorf("add missing groups: %d %s", got.status, got.body)
	}
	if one := decode[groupedAs](t, st.get(at+"/"+strconv.Itoa(trial.ID), asksJSON...)); one.Usage[0]["validation"] != nil {
		t.Errorf("after that: %+v", one.Usage)
	}

	// Many at once: each gets its own.
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			b := newBrowser(t, s.author.URL, s.author.Client())
			maps.Copy(b.cookies, st.cookies)
			if got := b.json("POST", at, map[string]any{"name": "Race " + strconv.Itoa(i), "groups": []any{map[string]any{"name": "x"}, map[string]any{"name": "y"}}}); got.status != http.StatusCreated {
				t.Errorf("at once: %d %s", got.status, got.body)
			}
		})
	}
	wg.Wait()
	ids := map[int]bool{}
	for _, p := range course.PartitionsOf(s.draftBlock(c.Root().Key).Fields["user_partitions"]) {
		ids[p.ID] = true
	}
	if len(ids) != 8 {
		t.Errorf("%d partitions, want 8", len(ids))
	}
}

// TestStudioGroupsOfWrongKinds: what learners' side would read as something else is not taken from programs, and ids become numbers.
func TestStudioGroupsOfWrongKinds(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, "LMS_RATE_LIMITS=no")
	c := s.teach(ownCourse("Kinds"))
	ann := s.person("ann", nil)
	s.grant(ann, team.Staff, c.Key)
	st := s.toStudio(ann)
	at := "/group_configurations/" + c.Key.String()
	body := func(key string, v any) map[string]any {
		return map[string]any{"name": "C", "scheme": "cohort", "groups": []any{map[string]any{"id": "7", "name": "A"}}, key: v}
	}
	for _, one := range []struct {
		key  string
		v    any
		says string
	}{
		{"active", "true", "true or false"},
		{"active", 1, "true or false"},
		{"description", 5, "must be a text"},
		{"description", []int{1}, "must be a text"},
		{"scheme", true, "must be a text"},
		{"parameters", "{}", "must be a map"},
		{"parameters", []int{}, "must be a map"},
		{"seen", 5, "must be a text"},
		{"name", 5, "Give it a name"},
		{"groups", []any{map[string]any{"id": "seven", "name": "A"}}, "whole number"},
		{"groups", []any{map[string]any{"id": 7.5, "name": "A"}}, "whole number"},
		{"groups", []any{nil}, "Give it a name"},
	} {
		if got := st.json("PUT", at+"/12", body(one.key, one.v)); got.status != http.StatusBadRequest || !strings.Contains(got.body, one.says) || !strings.Contains(got.body, `"`+one.key) && one.key != "name" && one.key != "groups" {
			t.Errorf("%s %v: %d %s", one.key, one.v, got.status, got.body)
		}
	}
	if v := s.draftBlock(c.Root().Key).Fields["user_partitions"]; v.IsSet() {
		t.Errorf("something was kept: %s", v)
	}
	for _, key := range []string{"active", "description", "scheme", "parameters"} { // null says nothing
		if got := st.json("PUT", at+"/12", body(key, nil)); got.status != http.StatusCreated && key != "scheme" {
			t.Errorf("%s null: %d %s", key, got.status, got.body)
		}
	}
	all := course.PartitionsOf(s.draftBlock(c.Root().Key).Fields["user_partitions"])
	if len(all) != 1 || !all[0].Active || all[0].ID != 12 || len(all[0].Groups) != 1 || all[0].Groups[0].ID != 7 {
		t.Errorf("as learners read it: %+v", all)
	}
	if got := st.json("POST", at, map[string]any{"name": "X", "scheme": "", "groups": []any{map[string]any{"name": "A"}}}); got.status != http.StatusCreated || decode[groupedAs](t, got).Scheme != "random" {
		t.Errorf("an empty scheme: %d %s", got.status, got.body)
	}
}

// TestStudioGroupsSeen: a program that says which version it saw does not undo what somebody else did since.
func TestStudioGroupsSeen(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, "LMS_RATE_LIMITS=no")
	c := s.teach(ownCourse("Seen"))
	ann := s.person("ann", nil)
	s.grant(ann, team.Staff, c.Key)
	st := s.toStudio(ann)
	at := "/group_configurations/" + c.Key.String()
	list := func(names ...string) map[string]any {
		var groups []any
		for i, name := range names {
			groups = append(groups, map[string]any{"id": i + 1, "name": name})
		}
		return map[string]any{"name": "C", "scheme": "cohort", "groups": groups}
	}
	type seenAs struct {
		Seen     string
		Conflict struct {
			Seen, Author string
			Groups       struct{ Base, Mine, Theirs *groupedAs }
		}
	}
	ask := func(method, path string, body map[string]any, want int) seenAs {
		t.Helper()
		got := st.json(method, path, body)
		if got.status != want {
			t.Fatalf("%s %s %v: %d, want %d: %s", method, path, body, got.status, want, got.body)
		}
		if want == http.StatusNoContent {
			return seenAs{}
		}
		return decode[seenAs](t, got)
	}
	with := func(body map[string]any, seen string) map[string]any { body["seen"] = seen; return body }

	none := decode[seenAs](t, st.get(at, asksJSON...)).Seen
	first := ask("PUT", at+"/7", with(list("A"), none), http.StatusCreated).Seen
	if again := decode[seenAs](t, st.get(at+"/7", asksJSON...)).Seen; first == "" || none == "" || again != first {
		t.Errorf("versions: %q %q %q", none, first, again)
	}
	second := ask("PUT", at+"/7", with(list("A", "B"), first), http.StatusCreated).Seen
	lost := ask("PUT", at+"/7", with(list("A", "C"), first), http.StatusConflict).Conflict
	if lost.Seen != second || lost.Author != "ann" || lost.Groups.Base == nil || len(lost.Groups.Base.Groups) != 1 || lost.Groups.Mine.Groups[1].Name != "C" || lost.Groups.Theirs.Groups[1].Name != "B" {
		t.Errorf("a lost race: %+v", lost)
	}
	if lost := ask("PUT", at+"/7", with(list("X"), none), http.StatusConflict).Conflict; lost.Groups.Base != nil || lost.Groups.Theirs == nil {
		t.Errorf("made meanwhile: %+v", lost)
	}
	ask("DELETE", at+"/7/1?seen="+first, nil, http.StatusConflict)
	ask("PUT", at+"/7?seen="+first, list("A", "C"), http.StatusConflict)
	ask("PUT", at+"/7", with(list("A", "B"), first), http.StatusCreated) // the same is no race
	ask("PUT", at+"/7", with(list("A"), "ffffffffffffffffffffffff"), http.StatusNotFound)
	// Other groups are no matter of it, and without a version the last one wins.
	other := ask("PUT", at+"/8", map[string]any{"name": "T", "groups": []any{map[string]any{"id": 1, "name": "x"}}}, http.StatusCreated).Seen
	ask("PUT", at+"/8", map[string]any{"name": "U", "groups": []any{map[string]any{"id": 1, "name": "x"}}}, http.StatusCreated)
	ask("DELETE", at+"/8?seen="+other, nil, http.StatusConflict)
	third := ask("PUT", at+"/7", with(list("A", "D"), second), http.StatusCreated).Seen
	ask("PUT", at+"/7", list("A", "E"), http.StatusCreated)
	ask("DELETE", at+"/7/2?seen="+third, nil, http.StatusConflict)
	ask("DELETE", at+"/7/2", nil, http.StatusNoContent)
	if lost := ask("PUT", at+"/8", with(list("X"), third), http.StatusBadRequest); lost.Conflict.Seen != "" { // of another scheme
		t.Errorf("%+v", lost)
	}
	ask("DELETE", at+"/8", nil, http.StatusNoContent)
	if lost := ask("PUT", at+"/8?seen="+third, map[string]any{"name": "V", "groups": []any{map[string]any{"name": "x"}}}, http.StatusConflict).Conflict; lost.Groups.Theirs != nil || lost.Groups.Base == nil {
		t.Errorf("deleted meanwhile: %+v", lost)
	}
}

// TestStudioGroupsSayWhy: a form that is refused says why, beside its field or on top; what names no partition is not done to number 0; what is put
// back takes no name that another has by then.
func TestStudioGroupsSayWhy(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, "LMS_RATE_LIMITS=no")
	c := s.teach(ownCourse("Why"))
	ann := s.person("ann", nil)
	s.grant(ann, team.Staff, c.Key)
	st := s.toStudio(ann)
	at := "/group_configurations/" + c.Key.String()
	parts := func() []course.Partition {
		return course.PartitionsOf(s.draftBlock(c.Root().Key).Fields["user_partitions"])
	}
	send := func(want int, says string, pairs ...string) reply {
		t.Helper()
		got := st.do("POST", at, form(pairs...), append([]string{"Content-Type", formType}, asPage...)...)
		if got.status != want || !strings.Contains(got.body, says) {
			t.Errorf("%v: %d, want %d with %q: %s", pairs, got.status, want, says, got.body)
		}
		return got
	}
	put := func(id int, scheme, name string, n int) reply {
		var groups []any
		for i := range n {
			groups = append(groups, map[string]any{"id": i, "name": name + strconv.Itoa(i)})
		}
		return st.json("PUT", at+"/"+strconv.Itoa(id), map[string]any{"name": name, "scheme": scheme, "groups": groups})
	}
	if got := put(0, "random", "Old", 2); got.status != http.StatusCreated {
		t.Fatalf("an experiment 0: %d %s", got.status, got.body)
	}
	if got := put(7, "cohort", "Full", 200); got.status != http.StatusCreated {
		t.Fatalf("200 groups: %d %s", got.status, got.body)
	}
	if got := put(7, "cohort", "Full", 201); got.status != http.StatusBadRequest || strings.Contains(got.body, "{0}") || strings.Count(got.body, "at most 200 groups") != 3 {
		t.Errorf("201 groups: %d %s", got.status, got.body)
	}
	send(http.StatusUnprocessableEntity, "There can be at most 200 groups", "act", "add", "partition", "7", "name", "One more")
	long := strings.Repeat("x", 256)
	for _, pairs := range [][]string{{"act", "add", "partition", "7"}, {"act", "add", "partition", ""}, {"act", "rename", "partition", "7", "group", "3", "was", "Full3"}} {
		got := send(http.StatusUnprocessableEntity, "A name has at most 255 letters", append(pairs, "name", long)...)
		if strings.Count(got.body, `aria-invalid="true"`) != 1 {
			t.Errorf("%v: not beside its field", pairs)
		}
	}

	for _, pairs := range [][]string{
		{"act", "delete"},
		{"act", "delete", "partition", ""},
		{"act", "delete", "partition", "x"},
		{"act", "delete_group", "partition", "7"},
		{"act", "rename", "group", "0", "was", "Old0", "name", "New"},
		{"act", "undo", "was", "x"},
	} {
		send(http.StatusNotFound, "", pairs...)
	}
	if all := parts(); len(all) != 2 || len(all[0].Groups) != 2 || len(all[1].Groups) != 200 {
		t.Fatalf("what nobody named was changed: %+v", all)
	}

	was := func(got reply) string { return regexp.MustCompile(`was=([^&]+)`).FindStringSubmatch(got.location())[1] }
	before := was(send(http.StatusSeeOther, "", "act", "delete_group", "partition", "7", "group", "3"))
	send(http.StatusSeeOther, "", "act", "rename", "partition", "7", "group", "4", "was", "Full4", "name", "full3")
	send(http.StatusUnprocessableEntity, "Another group is called Full3 by now", "act", "undo", "partition", "7", "group", "3", "was", before)
	gone := send(http.StatusSeeOther, "", "act", "delete_group", "partition", "0", "group", "1")
	send(http.StatusSeeOther, "", "act", "delete", "partition", "0")
	send(http.StatusNotFound, "", "act", "undo", "partition", "0", "group", "1", "was", was(gone))
	if page := st.get(strings.TrimPrefix(gone.location(), s.author.URL), asPage...); strings.Contains(page.body, `value="undo"`) {
		t.Error("a group is offered back whose partition is gone")
	}
	if all := parts(); len(all) != 1 || len(all[0].Groups) != 199 {
		t.Errorf("at the end: %d partitions, %d groups", len(all), len(all[0].Groups))
	}
}

// TestStudioGroups: the page without scripts, its refusals, undo and lost races.
func TestStudioGroups(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, "LMS_RATE_LIMITS=no")
	c := s.teach(ownCourse("Pages"))
	ann := s.person("ann", nil)
	s.grant(ann, team.Staff, c.Key)
	st := s.toStudio(ann)
	at := "/group_configurations/" + c.Key.String()
	root, text, unit := c.Root().Key, c.Key.Usage("html", "text"), c.Key.Usage("vertical", "u1")
	parts := func() []course.Partition { return course.PartitionsOf(s.draftBlock(root).Fields["user_partitions"]) }
	send := func(path string, want int, pairs ...string) reply {
		t.Helper()
		got := st.do("POST", path, form(pairs...), append([]string{"Content-Type", formType}, asPage...)...)
		if got.status != want {
			t.Fatalf("%s %v: %d %s", path, pairs, got.status, got.body)
		}
		return got
	}
	shows := func(got reply, wants ...string) {
		t.Helper()
		for _, want := range wants {
			if !strings.Contains(got.body, want) {
				t.Errorf("no %q in %s", want, got.body)
			}
		}
	}
	shows(st.get(at, asPage...), "No content groups yet", "Verified", "No experiment groups yet", "Offer experiments in units")
	shows(send(at, http.StatusUnprocessableEntity, "act", "add", "partition", "", "name", " "), "Give it a name", `aria-invalid="true"`)
	send(at, http.StatusSeeOther, "act", "add", "partition", "", "name", "Fast")
	id := strconv.Itoa(parts()[0].ID)
	shows(send(at, http.StatusUnprocessableEntity, "act", "add", "partition", id, "name", "fast"), "Another group has this name", `value="fast"`)
	send(at, http.StatusSeeOther, "act", "add", "partition", id, "name", "Slow")
	fast, slow := strconv.Itoa(parts()[0].Groups[0].ID), strconv.Itoa(parts()[0].Groups[1].ID)

	// Renamed; a second tab that saw the old name is shown both.
	shows(send(at, http.StatusUnprocessableEntity, "act", "rename", "partition", id, "group", fast, "was", "Fast", "name", "Slow"), "Another group has this name", "open")
	send(at, http.StatusSeeOther, "act", "rename", "partition", id, "group", fast, "was", "Fast", "name", "Quick")
	lost := send(at, http.StatusConflict, "act", "rename", "partition", id, "group", fast, "was", "Fast", "name", "Swift")
	shows(lost, "Somebody was faster", "Quick", "Swift", `name="was" value="Quick"`)
	if g := parts()[0].Groups[0]; g.Name != "Quick" || strconv.Itoa(g.ID) != fast {
		t.Errorf("after the race: %+v", g)
	}
	send(at, http.StatusSeeOther, "act", "rename", "partition", id, "group", fast, "was", "Quick", "name", "Swift")

	// Used: shown with its place, and not to be deleted. The settings of a unit and who sees it read groups alike.
	send("/access/"+text.String(), http.StatusSeeOther, "who", "groups", "group", id+":"+fast)
	page := st.get(at, asPage...)
	shows(page, "Used in one place", "Unit 1 / ", "cannot be deleted while it is used")
	shows(send(at, http.StatusUnprocessableEntity, "act", "delete_group", "partition", id, "group", fast), "Swift is in use and cannot be deleted")
	shows(st.get("/part/"+unit.String(), asPage...), `href="`+at+`"`, "Swift")
	shows(st.get("/access/"+unit.String(), asPage...), `href="`+at+`"`, "Swift")
	bad := send("/part/"+unit.String(), http.StatusUnprocessableEntity, "act", "settings", "stay", "1", "access", id, "access."+id, "99")
	shows(bad, "One of these groups is not there any more")
	send("/part/"+unit.String(), http.StatusUnprocessableEntity, "act", "settings", "stay", "1", "access", "77", "access.77", "1")
	if f := s.draftBlock(unit).Fields["group_access"]; f.IsSet() {
		t.Errorf("a group nobody has was kept: %s", f)
	}
	send("/part/"+unit.String(), http.StatusSeeOther, "act", "settings", "stay", "1", "access", id, "access."+id, slow, "access", "50", "access.50", "2")
	if f := s.draftBlock(unit).Fields["group_access"]; !strings.Contains(string(f), `"50":[2]`) || !strings.Contains(string(f), `"`+id+`":[`+slow+`]`) {
		t.Errorf("a unit for groups: %s", f)
	}
	send("/part/"+unit.String(), http.StatusSeeOther, "act", "settings", "stay", "1", "access", id, "access", "50")

	// Deleted and put back, under its own id.
	gone := send(at, http.StatusSeeOther, "act", "delete_group", "partition", id, "group", slow)
	shows(st.get(strings.TrimPrefix(gone.location(), s.author.URL), asPage...), "Slow is deleted", `value="undo"`)
	was := regexp.MustCompile(`was=([^&]+)`).FindStringSubmatch(gone.location())[1]
	if len(parts()[0].Groups) != 1 {
		t.Errorf("after deleting: %+v", parts())
	}
	send(at, http.StatusSeeOther, "act", "undo", "partition", id, "group", slow, "was", was)
	if g := parts()[0].Groups; len(g) != 2 || strconv.Itoa(g[1].ID) != slow || g[1].Name != "Slow" {
		t.Errorf("put back: %+v", g)
	}
	send(at, http.StatusNotFound, "act", "undo", "partition", "5", "was", was)
	send(at, http.StatusNotFound, "act", "delete", "partition", id)

	// Experiments by form.
	shows(st.get(at+"/new", asPage...), "Group A", "Group B", "New experiment groups")
	refused := send(at+"/new", http.StatusUnprocessableEntity, "act", "save", "was", "", "name", "", "description", "Why", "group_id", "", "group_name", "One")
	shows(refused, "Give it a name", "at least two groups", ">Why<", `value="One"`)
	shows(send(at+"/new", http.StatusUnprocessableEntity, "act", "save", "name", "x", "group_id", "", "group_name", "One", "group_id", "", "group_name", "one"), "Another group has this name")
	shows(send(at+"/new", http.StatusOK, "act", "more", "name", "x", "group_id", "", "group_name", "One"), "Name of group 2")
	if got := send(at+"/new", http.StatusOK, "act", "without.0", "name", "x", "group_id", "", "group_name", "One", "group_id", "", "group_name", "Two"); strings.Contains(got.body, `value="One"`) {
		t.Errorf("taken away: %s", got.body)
	}
	send(at+"/new", http.StatusSeeOther, "act", "save", "was", "", "name", "Trial", "description", "Why", "group_id", "", "group_name", "One", "group_id", "", "group_name", "Two")
	trial := parts()[1]
	xid := strconv.Itoa(trial.ID)
	shows(st.get(at, asPage...), "Trial", "50 %", "Why")
	formPage := st.get(at+"/"+xid, asPage...)
	seen := regexp.MustCompile(`name="was" value="([^"]*)"`).FindStringSubmatch(formPage.body)[1]
	seen = strings.ReplaceAll(seen, "&#34;", `"`)
	one, two := strconv.Itoa(trial.Groups[0].ID), strconv.Itoa(trial.Groups[1].ID)
	send(at+"/"+xid, http.StatusSeeOther, "act", "save", "was", seen, "name", "Trial two", "description", "Why", "group_id", one, "group_name", "One", "group_id", two, "group_name", "Two", "group_id", "", "group_name", "Three")
	if p := parts()[1]; p.Name != "Trial two" || len(p.Groups) != 3 || strconv.Itoa(p.Groups[0].ID) != one {
		t.Errorf("edited: %+v", p)
	}
	race := send(at+"/"+xid, http.StatusConflict, "act", "save", "was", seen, "name", "Trial B", "description", "Why", "group_id", one, "group_name", "Uno", "group_id", two, "group_name", "Two")
	shows(race, ">Trial</h2>", "Trial B", "Trial two", "Uno, Two", "One, Two, Three") // under the name both knew
	again := regexp.MustCompile(`name="was" value="([^"]*)"`).FindStringSubmatch(race.body)[1]
	send(at+"/"+xid, http.StatusSeeOther, "act", "save", "was", strings.ReplaceAll(again, "&#34;", `"`), "name", "Trial B", "description", "Why", "group_id", one, "group_name", "Uno", "group_id", two, "group_name", "Two")
	if p := parts()[1]; p.Name != "Trial B" || len(p.Groups) != 2 {
		t.Errorf("mine: %+v", p)
	}

	// In a unit: offered, chosen in its editor, a part a group, named after it.
	send(at, http.StatusSeeOther, "act", "offer")
	if got := st.get(at, asPage...); strings.Contains(got.body, "Offer experiments in units") {
		t.Error("offered, and still asked")
	}
	shows(st.get("/container/"+unit.String(), asPage...), `value="split_test"`)
	split := st.addBlock(unit.String(), "split_test", "Which")
	form := st.get("/edit/"+split, asPage...)
	shows(form, "Choose groups", "Trial B (2 groups)", "Not chosen yet")
	if strings.Contains(form.body, "group_id_to_child") {
		t.Error("the map of parts is shown")
	}
	shows(st.get("/container/"+unit.String(), asPage...), "No groups are chosen for this experiment yet")
	_, versions := st.formOf(split)
	send("/edit/"+split, http.StatusUnprocessableEntity, append(versions, "f.user_partition_id", id)...)
	send("/edit/"+split, http.StatusSeeOther, append(versions, "f.user_partition_id", xid)...)
	key, _ := course.ParseUsageKey(split)
	if b := s.draftBlock(key); len(b.Children) != 2 {
		t.Fatalf("parts: %+v", b)
	}
	shows(st.get("/container/"+unit.String(), asPage...), "Learners are divided by Trial B", ">Uno<")
	inside := st.get("/container/"+split, asPage...)
	shows(inside, "Uno", "Two")
	if strings.Contains(inside.body, "add-component") {
		t.Error("an experiment offers components")
	}
	first := s.draftBlock(key).Children[0]
	shows(st.get("/container/"+c.Key.Usage("vertical", first.ID).String(), asPage...), "<h1 class=\"part-unit__name\" data-name>Uno</h1>", "add-component")
	shows(send(at, http.StatusUnprocessableEntity, "act", "delete", "partition", xid), "Trial B is in use")
	if got := st.json("PUT", at+"/"+xid, map[string]any{"name": "Trial B", "groups": []any{map[string]any{"id": trial.Groups[1].ID, "name": "Two"}, map[string]any{"name": "New"}}}); got.status != http.StatusCreated {
		t.Fatalf("a group less and one more: %d %s", got.status, got.body)
	}
	shows(st.get("/container/"+unit.String(), asPage...), "Some groups have no part", "Add missing groups", "nothing yet", "No group sees")
	send("/part/"+split, http.StatusSeeOther, "act", "fill", "from", split)
	shows(st.get("/container/"+split, asPage...), "New", "No learner sees this", "Move what you need from it")
	if n := len(s.draftBlock(key).Children); n != 3 {
		t.Errorf("%d parts, want 3", n)
	}
	shows(st.get("/history/"+c.Key.String(), asPage...), "Edit groups Trial B", "Rename group Fast to Quick", "Delete group Slow", "Put back groups")
}
