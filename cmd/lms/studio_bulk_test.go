package main

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"lyceum/authoring/draft"
	"lyceum/course"
	"lyceum/course/team"
)

// didMany is what an act came to, as pages read it.
type didMany struct{ Part, Undo, Words, Made string }

// many does an act on several parts as a page does it in place.
func (b *browser) many(key course.Key, act string, blocks []string, more ...string) reply {
	b.t.Helper()
	body := url.Values{"act": {act}, "block": blocks}
	for i := 0; i+1 < len(more); i += 2 {
		body.Set(more[i], more[i+1])
	}
	return b.do("POST", "/course/"+key.String()+"/outline", body.Encode(), "Content-Type", formType, "Accept", "application/json")
}

// tree is a course as its draft has it: names, one in the other.
func (s *testSite) tree(key course.Key) string {
	s.t.Helper()
	_, b, err := (&draft.Editor{Courses: s.stores.courses}).Read(s.t.Context(), key)
	if err != nil {
		s.t.Fatal(err)
	}
	var write func(*course.Block) string
	write = func(x *course.Block) string {
		name, _ := x.Fields["display_name"].Text()
		var below []string
		for _, c := range x.Children {
			below = append(below, write(c))
		}
		if len(below) > 0 {
			name += "(" + strings.Join(below, " ") + ")"
		}
		return name
	}
	var out []string
	for _, c := range b.Draft.Root.Children {
		out = append(out, write(c))
	}
	return strings.Join(out, " ")
}

// versions counts the versions of a course's draft.
func (s *testSite) versions(key course.Key) int {
	s.t.Helper()
	line, err := s.stores.courses.Line(s.t.Context(), key, course.Draft, "", 1000)
	if err != nil {
		s.t.Fatal(err)
	}
	return len(line)
}

// TestMany does acts on several parts: one version each, and each can be taken back; what cannot be done to one is done to none, but for
// publishing, which asks before it leaves out what does not load.
func TestMany(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	cleo := s.creator("cleo")
	key := cleo.makeCourse("Org", "Many", "1", "Many")
	root := key.Usage("course", "course").String()
	a, b := cleo.addBlock(root, "chapter", "A"), cleo.addBlock(root, "chapter", "B")
	c := cleo.addBlock(root, "chapter", "C")
	as, bs := cleo.addBlock(a, "sequential", "As"), cleo.addBlock(b, "sequential", "Bs")
	u, v := cleo.addBlock(as, "vertical", "U"), cleo.addBlock(as, "vertical", "V")
	w := cleo.addBlock(bs, "vertical", "W")
	const before = "A(As(U V)) B(Bs(W)) C"
	act := func(want string, what string, blocks []string, more ...string) didMany {
		t.Helper()
		n := s.versions(key)
		got := cleo.many(key, what, blocks, more...)
		if got.status != http.StatusOK || s.tree(key) != want || s.versions(key) != n+1 && what != "publish" {
			t.Fatalf("%s: %d %s\n%d versions more; %s, want %s", what, got.status, got.body, s.versions(key)-n, s.tree(key), want)
		}
		out := decode[didMany](t, got)
		return out
	}
	undo := func(did didMany) {
		t.Helper()
		got := cleo.do("POST", did.Part, url.Values{"act": {"undo"}, "was": {did.Undo}}.Encode(), "Content-Type", formType, "Accept", "application/json")
		if got.status != http.StatusOK || s.tree(key) != before {
			t.Fatalf("undo: %d %s; %s", got.status, got.body, s.tree(key))
		}
	}
	field := func(u, name string) string {
		t.Helper()
		k, _ := course.ParseUsageKey(u)
		_, b, err := (&draft.Editor{Courses: s.stores.courses}).Read(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		return string(draft.Block(b.Draft, k).Fields[name])
	}

	undo(act("B(Bs(W)) C", "delete", []string{a, u}))
	undo(act("A(As(V)) B(Bs) C", "delete", []string{u, w}))
	undo(act("A(As) B(Bs(W U V)) C", "move", []string{v, u}, "to", bs))
	undo(act("A B(Bs(W)) C(As(U V))", "move", []string{as, u}, "to", c))
	undo(act("C A(As(U V)) B(Bs(W))", "move", []string{a, b}, "to", c))
	undo(act("C A(As(U V)) B(Bs(W))", "move", []string{c}, "to", root))

	did := act(before, "dates", []string{a, bs, u}, "start", "2030-01-02T03:04", "due", "2030-02-02T00:00")
	for _, f := range [][3]string{{a, "start", `"2030-01-02T03:04:00Z"`}, {a, "due", ""}, {as, "due", `"2030-02-02T00:00:00Z"`}, {as, "start", ""}, {bs, "start", `"2030-01-02T03:04:00Z"`}, {bs, "due", `"2030-02-02T00:00:00Z"`}, {u, "start", ""}} {
		if got := field(f[0], f[1]); got != f[2] {
			t.Errorf("%s of %s: %s, want %s", f[1], f[0], got, f[2])
		}
	}
	shifted := act(before, "shift", []string{a, bs}, "days", "-7")
	if got := field(as, "due"); got != `"2030-01-26T00:00:00Z"` || field(a, "start") != `"2029-12-26T03:04:00Z"` || field(bs, "due") != `"2030-01-26T00:00:00Z"` {
		t.Errorf("shifted: %s", got)
	}
	undo(shifted)
	if got := field(as, "due"); got != `"2030-02-02T00:00:00Z"` {
		t.Errorf("shifted back: %s", got)
	}
	undo(did)
	if field(as, "due")+field(a, "start") != "" {
		t.Errorf("dates are still there")
	}

	act(before, "publish", []string{a, u, w})
	published := s.compiled(key)
	for _, unit := range []string{u, v, w} {
		if _, ok := published.FindText(unit); !ok {
			t.Errorf("%s is not published", unit)
		}
	}
	did = act(before, "hide", []string{u, bs})
	if field(u, "visible_to_staff_only") != "true" || field(bs, "visible_to_staff_only") != "true" {
		t.Errorf("not hidden")
	}
	undo(did)
	if field(u, "visible_to_staff_only")+field(bs, "visible_to_staff_only") != "" {
		t.Errorf("still hidden")
	}

	// What is asked for cannot be done: nothing of it is.
	bad, fine := cleo.addBlock(u, "problem", "Broken"), cleo.addBlock(w, "html", "Fine")
	cleo.json("POST", "/xblock/"+bad, map[string]any{"data": "<problem><p></problem>"})
	n := s.versions(key)
	for _, tc := range []struct {
		name, act string
		blocks    []string
		more      []string
		status    int
		says      string
	}{
		{"nothing chosen", "delete", nil, nil, 400, "Nothing is chosen"},
		{"one is not there", "delete", []string{u, key.Usage("vertical", "none").String()}, nil, 404, ""},
		{"one is of another course", "delete", []string{u, "block-v1:X+Y+Z+type@vertical+block@u"}, nil, 400, ""},
		{"kinds mixed", "move", []string{a, w}, []string{"to", bs}, 400, "to move them together"},
		{"no such place", "move", []string{u}, []string{"to", c}, 400, "cannot go there"},
		{"no date", "dates", []string{a}, nil, 400, "Fill in a date"},
		{"a date that is none", "dates", []string{a}, []string{"start", "soon"}, 400, "no date"},
		{"due too early", "dates", []string{as}, []string{"start", "2030-01-02T00:00", "due", "2030-01-01T00:00"}, 400, "before the beginning"},
		{"units have no dates", "dates", []string{u}, []string{"start", "2030-01-02T00:00"}, 400, "dates of its own"},
		{"no days", "shift", []string{a}, []string{"days", "x"}, 400, "number of days"},
		{"nothing to shift", "shift", []string{a}, []string{"days", "3"}, 400, "dates of its own"},
		{"one does not load", "publish", []string{u, w}, nil, 200, "stays a draft"}, // asks first
		{"none loads", "publish", []string{u}, []string{"anyway", "1"}, 400, "findings"},
		{"no such act", "explode", []string{u}, nil, 400, ""},
	} {
		if got := cleo.many(key, tc.act, tc.blocks, tc.more...); got.status != tc.status || !strings.Contains(got.body, tc.says) {
			t.Errorf("%s: %d %s", tc.name, got.status, got.body)
		}
	}
	if s.tree(key) != "A(As(U(Broken) V)) B(Bs(W(Fine))) C" || s.versions(key) != n {
		t.Errorf("something changed: %s", s.tree(key))
	}

	// Of several units, one that does not load stays a draft.
	got := cleo.many(key, "publish", []string{u, w}, "anyway", "1")
	published = s.compiled(key)
	_, broken := published.FindText(bad)
	if _, ok := published.FindText(fine); !ok || broken || !strings.Contains(got.body, "1 published. Findings that keep the rest a draft: 1") || !strings.Contains(got.body, "no XML") {
		t.Errorf("published: %t, of one that does not load %t: %d %s", ok, broken, got.status, got.body)
	}
}

// TestManyTogether: what another author changed meanwhile is not run over, and an act another has built upon is not taken back.
func TestManyTogether(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	cleo := s.creator("cleo")
	key := cleo.makeCourse("Org", "Many", "2", "Many")
	_, sub, unit := cleo.lesson(key)
	dora := s.person("dora", nil)
	s.grant(dora, team.Staff, key)
	st := s.toStudio(dora)
	seen := decode[struct{ Seen string }](t, cleo.get("/xblock/"+unit, asksJSON...)).Seen
	st.json("POST", "/xblock/"+unit, map[string]any{"metadata": map[string]any{"display_name": "Dora's"}})
	if got := cleo.many(key, "delete", []string{unit}, "seen", seen); got.status != http.StatusConflict || !strings.Contains(got.body, `"conflict"`) {
		t.Errorf("a deletion over another's change: %d %s", got.status, got.body)
	}
	page := cleo.do("POST", "/course/"+key.String()+"/outline", url.Values{"act": {"delete"}, "block": {unit}, "seen": {seen}}.Encode(), append([]string{"Content-Type", formType}, asPage...)...)
	again := regexp.MustCompile(`action="(/course/[^"]+/outline)"`).FindStringSubmatch(page.body)
	if page.status != http.StatusConflict || again == nil || !strings.Contains(page.body, "Dora&#39;s") || !strings.Contains(page.body, `name="block" value="`+unit) {
		t.Errorf("both versions: %d %s", page.status, brief(page))
	}

	act := func(b *browser, path string, form url.Values) reply {
		t.Helper()
		return b.do("POST", path, form.Encode(), "Content-Type", formType, "Accept", "application/json")
	}
	hidden := decode[didMany](t, cleo.many(key, "hide", []string{sub}))
	renamed := decode[didMany](t, act(cleo, "/part/"+unit, url.Values{"act": {"rename"}, "name": {"Cleo's"}}))
	if got := act(st, "/part/"+unit, url.Values{"act": {"rename"}, "name": {"Dora's again"}}); got.status != http.StatusOK {
		t.Fatal(got.body)
	}
	if got := act(cleo, "/part/"+unit, url.Values{"act": {"undo"}, "was": {renamed.Undo}}); got.status != http.StatusConflict || !strings.Contains(got.body, "no longer be taken back") || !strings.Contains(got.body, "dora") {
		t.Errorf("undo of what another changed since: %d %s", got.status, got.body)
	}
	if got := act(cleo, "/part/"+unit, url.Values{"act": {"undo"}, "was": {hidden.Undo}}); got.status != http.StatusOK || !strings.Contains(s.tree(key), "Dora's again") {
		t.Errorf("undo of another thing: %d %s", got.status, got.body)
	}
	// Without scripts the words stand on the page one is led back to.
	form := url.Values{"act": {"undo"}, "was": {renamed.Undo}, "from": {unit}}
	back := cleo.do("POST", "/part/"+unit, form.Encode(), append([]string{"Content-Type", formType}, asPage...)...)
	if back.status != http.StatusSeeOther || !strings.Contains(cleo.get(back.location(), asPage...).body, "no longer be taken back") {
		t.Errorf("by form: %d %s", back.status, back.location())
	}
}

// Acts that change what learners have are in the audit log under one name each, whichever door they came through, once for each part, and
// only where something changed.
func TestAuditOfPublishing(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	cleo := s.creator("cleo")
	key := cleo.makeCourse("Org", "Audit", "1", "Audit")
	_, sub, u := cleo.lesson(key)
	v := cleo.addBlock(sub, "vertical", "V")
	text := cleo.addBlock(u, "html", "Text")
	rename := func(name string) {
		cleo.json("POST", "/xblock/"+text, map[string]any{"metadata": map[string]any{"display_name": name}})
	}
	asks := func(u, what string) func() {
		return func() { cleo.json("POST", "/xblock/"+u, map[string]any{"publish": what}) }
	}
	acts := func(u, what string) func() { return func() { cleo.post("/part/"+u, "act", what, "anyway", "1") } }
	many := func(what string, more ...string) func() {
		return func() { cleo.many(key, what, []string{u, v}, append(more, "anyway", "1")...) }
	}
	for _, tc := range []struct {
		name string
		do   func()
		want string
	}{
		{"several published", many("publish"), "course.published U, course.published V"},
		{"nothing left to publish", many("publish"), ""},
		{"one published by a program", func() { rename("A"); asks(u, "make_public")() }, "course.published U"},
		{"one published on its page", func() { rename("B"); acts(u, "publish")() }, "course.published U"},
		{"discarded by a program", func() { rename("C"); asks(u, "discard_changes")() }, "course.discarded U"},
		{"discarded on a page", func() { rename("D"); acts(u, "discard")() }, "course.discarded U"},
		{"withdrawn", asks(u, "make_private"), "course.unpublished U"},
		{"hidden", acts(v, "hide"), "course.access V"},
		{"several hidden, one already", many("hide"), "course.access U"},
		{"several shown", many("show"), "course.access U, course.access V"},
		{"shown again", acts(v, "show"), ""},
		{"several deleted", many("delete"), "course.block_deleted U, course.block_deleted V"},
	} {
		var last int64
		if err := s.stores.pool.QueryRow(t.Context(), `SELECT coalesce(max(id), 0) FROM audit`).Scan(&last); err != nil {
			t.Fatal(err)
		}
		tc.do()
		rows, err := s.stores.pool.Query(t.Context(), `SELECT action || ' ' || target FROM audit WHERE id > $1 ORDER BY id`, last)
		if err != nil {
			t.Fatal(err)
		}
		got, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		said := strings.NewReplacer("block:"+u, "U", "block:"+v, "V").Replace(strings.Join(got, ", "))
		if said != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, said, tc.want)
		}
	}
}
