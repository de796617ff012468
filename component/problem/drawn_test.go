package problem

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"lyceum/component"
	"lyceum/component/componenttest"
	"lyceum/component/container"
	"lyceum/component/unknown"
	"lyceum/course"
	"lyceum/grading/capa"
	"lyceum/grading/gradebook"
	"lyceum/grading/submission"
	"lyceum/internal/cache"
	"lyceum/internal/clock"
	"lyceum/internal/pgtest"
	"lyceum/internal/sharedtest"
	"lyceum/learner"
	"lyceum/learner/access"
	"lyceum/learner/state"
	"lyceum/sample"
	"lyceum/tracking"
	"lyceum/web/i18n"
)

// scene is one look at one problem.
type scene struct {
	ctx    context.Context
	rt     component.Runtime
	node   *course.Node
	record state.Record
	draft  *submission.Draft
}

// house draws every scene twice: as pages do, and by a kind that keeps no drawings.
type house struct {
	kept, fresh *Kind
	kinds       *component.Kinds
	seeds       int32
}

func newHouse(t testing.TB, budget int64) *house {
	t.Helper()
	h := &house{}
	fake := clock.NewFake(componenttest.Noon)
	config := submission.Config{Book: gradebook.New(nil, fake.Now, nil), Events: tracking.Discard{}, Clock: fake.Now, Seeds: func() int32 { return h.seeds }}
	h.kept, h.fresh = New(submission.New(config), budget, nil), New(submission.New(config), 1<<26, nil)
	h.fresh.drawn = cache.New[drawnKey, drawn](0)
	h.kinds = component.NewKinds(unknown.Kind{}, h.kept, container.Kind{Tag: "vertical"})
	return h
}

// course compiles a course of the problems.
func (h *house) course(settings course.Fields, blocks ...*course.Block) *course.Compiled {
	return componenttest.Course(h.kinds, settings, blocks...)
}

// scene is a look of learner 42 at a block.
func (h *house) scene(t testing.TB, c *course.Compiled, id string) scene {
	t.Helper()
	return scene{ctx: componenttest.Context(t), rt: *componenttest.Runtime(t, h.kinds, c), node: componenttest.Node(t, c, id)}
}

// by draws a scene.
func (s scene) by(k *Kind) string {
	rt := s.rt
	rt.States, rt.More = state.Records{}, map[string]any{}
	if s.record.Version > 0 {
		s.record.Key = s.node.Key
		rt.States[s.node.Key] = s.record
	}
	if s.draft != nil {
		rt.More[draftsKey] = map[course.UsageKey]submission.Draft{s.node.Key: *s.draft}
	}
	view, err := k.View(s.ctx, &rt, s.node)
	if err != nil {
		return "error: " + err.Error()
	}
	var b strings.Builder
	if err := view.Render(s.ctx, &b); err != nil {
		return "error: " + err.Error()
	}
	return b.String()
}

// draw draws a scene both ways.
func (h *house) draw(t testing.TB, what string, s scene) string {
	t.Helper()
	got, want := s.by(h.kept), s.by(h.fresh)
	if got != want {
		t.Errorf("%s: what was kept is not what is drawn now (-drawn +kept):\n%s", what, cmp.Diff(want, got))
	}
	return got
}

func answered(text string) state.Record {
	return state.Record{State: json.RawMessage(text), Version: 3, SubmissionID: "r1"}
}

// TestWhatADrawingDependsOn changes everything a drawing is made of, one at a time: each makes another drawing, and the first comes back
// as it was.
func TestWhatADrawingDependsOn(t *testing.T) {
	t.Parallel()
	const line = `<stringresponse answer="a"><label>Which?</label><textline/></stringresponse>`
	const choices = `<multiplechoiceresponse><label>Which?</label><choicegroup shuffle="true"><choice correct="true">1</choice><choice correct="false">2</choice>
		<choice correct="false">3</choice><choice correct="false">4</choice><choice correct="false">5</choice><choice correct="false">6</choice></choicegroup></multiplechoiceresponse>`
	const wrong = `{"seed":1,"attempts":1,"done":true,"student_answers":{"p_2_1":"b"},"correct_map":{"p_2_1":{"correctness":"incorrect","npoints":null,"msg":"%s","hint":"","hintmode":null,"queuestate":null,"answervariable":null}},"score":{"raw_earned":0,"raw_possible":1}}`
	german := fstest.MapFS{"locales/de.json": {Data: []byte(`{"problem.submit": "Absenden", "problem.attempts": "{0} von {1} Versuchen"}`)}}
	catalog, err := i18n.New(component.Locales, german)
	if err != nil {
		t.Fatal(err)
	}
	reader := func(s *scene, wish string) { s.ctx = i18n.With(t.Context(), catalog.For(time.UTC, wish)) }
	other := func(s *scene) { s.rt.Viewer.User, s.rt.Person.AnonymousID = 43, strings.Repeat("b", 32) }
	due := course.Fields{"due": course.Text("2026-03-01T12:00:00Z")}
	for _, tc := range []struct {
		name     string
		source   string
		fields   course.Fields
		settings course.Fields
		before   func(*scene)
		change   func(*scene)
		same     bool // but for the account
		unkept   bool // never kept
		shared   bool // one drawing serves both
		broken   bool // is not drawn
	}{
		{name: "nothing", change: func(*scene) {}, same: true},
		{name: "another learner", change: other, same: true},
		{name: "another zone", change: func(s *scene) { s.rt.Person.Zone = time.FixedZone("x", 3600) }, same: true},
		{name: "the language", before: func(s *scene) { reader(s, "en") }, change: func(s *scene) { reader(s, "de") }},
		{
			name: "the region", fields: course.Fields{"max_attempts": "123456"},
			before: func(s *scene) { reader(s, "de-DE") }, change: func(s *scene) { reader(s, "de-CH") },
		},
		{name: "a visitor", change: func(s *scene) { componenttest.Visitor(&s.rt) }},
		{
			name: "staff", before: func(s *scene) { s.node.Facts.Problems = []string{"line 3: odd"} },
			change: func(s *scene) { componenttest.Staff(&s.rt) },
		},
		{name: "the moment it closes", settings: due, change: func(s *scene) { s.rt.Now = s.rt.Now.Add(1) }},
		{name: "time within the term", settings: due, change: func(s *scene) { s.rt.Now = s.rt.Now.Add(-time.Hour) }, same: true},
		{
			name: "an extension", settings: due, before: func(s *scene) { s.rt.Now = s.rt.Now.Add(time.Hour) },
			change: func(s *scene) { s.rt.Viewer.Extensions = map[course.UsageKey]time.Time{s.node.Key: s.rt.Now} },
		},
		{
			name: "no term", settings: course.Fields{"self_paced": "true", "show_correctness": course.Text("past_due")}, fields: course.Fields{"relative_weeks_due": "1"},
			before: func(s *scene) { s.rt.Viewer.Since, s.record = &s.rt.Now, answered(fmt.Sprintf(wrong, "")) },
			change: func(s *scene) { s.rt.Viewer.Since = nil },
		},
		{name: "a state", change: func(s *scene) { s.record = answered(fmt.Sprintf(wrong, "")) }},
		{
			name: "another answer", before: func(s *scene) { s.record = answered(fmt.Sprintf(wrong, "")) },
			change: func(s *scene) {
				s.record.State = json.RawMessage(strings.Replace(string(s.record.State), `"b"`, `"c"`, 1))
			},
		},
		{
			name: "the state's version", before: func(s *scene) { s.record = answered(fmt.Sprintf(wrong, "")) },
			change: func(s *scene) { s.record.Version++ }, shared: true,
		},
		{
			name: "the receipt", before: func(s *scene) { s.record = answered(fmt.Sprintf(wrong, "")) },
			change: func(s *scene) { s.record.SubmissionID = `<&"'{0}` }, shared: true,
		},
		{
			name: "a receipt", before: func(s *scene) { s.record = answered(fmt.Sprintf(wrong, "")) },
			change: func(s *scene) { s.record.SubmissionID = "" },
		},
		{
			name: "what happened before", before: func(s *scene) { s.record = answered(fmt.Sprintf(wrong, "")) },
			change: func(s *scene) {
				s.record.State = append(s.record.State[:len(s.record.State)-1:len(s.record.State)-1], `,"correct_map_history":[{}],"last_submission_time":"2026-03-01T11:00:00Z"}`...)
			}, same: true, shared: true,
		},
		{
			name: "a state nobody can read", before: func(s *scene) { s.record = answered(fmt.Sprintf(wrong, "")) },
			change: func(s *scene) {
				s.record.State = append(s.record.State[:len(s.record.State)-1:len(s.record.State)-1], `,"correct_map_history":7}`...)
			}, broken: true,
		},
		{
			name: "a draft", change: func(s *scene) { s.draft = &submission.Draft{Answers: capa.Answers{"p_2_1": capa.Text("typed")}} },
		},
		{
			name: "a draft for another state", change: func(s *scene) {
				s.draft = &submission.Draft{Answers: capa.Answers{"p_2_1": capa.Text("typed")}, Version: 2}
			}, same: true,
		},
		{
			name: "the learner's own seed", source: choices, fields: course.Fields{"rerandomize": course.Text("per_student")},
			change: func(s *scene) { s.rt.Viewer.User = 44 },
		},
		{
			name: "a stored seed", source: choices, fields: course.Fields{"rerandomize": course.Text("always")},
			before: func(s *scene) { s.record = answered(`{"seed":1}`) }, change: func(s *scene) { s.record = answered(`{"seed":2}`) },
		},
		{
			name: "the site's names", source: `<p><a href="https://learn.example.edu/x">x</a></p>` + line,
			change: func(s *scene) { s.rt.Hosts = []string{"learn.example.edu"} },
		},
		{
			name: "the course's files", source: `<p><img src="/static/a%20b.png" alt=""/></p>` + line,
			change: func(s *scene) { s.recompile(map[string]course.File{"a_b.png": {Name: "a_b.png"}}, nil) },
		},
		{
			name:   "the version of the course",
			change: func(s *scene) { s.recompile(s.rt.Course.Files, func(n *course.Node) { n.Name = "Renamed" }) },
		},
		{name: "a keyword for the learner", source: `<p>%%USER_ID%%</p>` + line, change: other, unkept: true},
		{name: "a keyword in a label", source: strings.Replace(line, "Which", "%%USER_ID%%", 1), change: other, unkept: true},
		{name: "a name for the learner", source: `<p>$anonymous_student_id</p>` + line, change: other, unkept: true},
		{
			name: "a keyword in what a check said", change: other, unkept: true,
			before: func(s *scene) { s.record = answered(fmt.Sprintf(wrong, "Dear %%USER_ID%%")) },
		},
		{
			name: "a name in what a check said", change: other, unkept: true,
			before: func(s *scene) { s.record = answered(fmt.Sprintf(wrong, "Dear $anonymous_student_id")) },
		},
		{
			name: "a frame's address", source: `<script type="text/javascript">1</script>` + line, unkept: true,
			change: func(s *scene) { s.rt.Links.Frame = func(*course.Node) string { return "/elsewhere" } },
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, 1<<20)
			source := tc.source
			if source == "" {
				source = line
			}
			fields := course.Fields{"showanswer": course.Text("attempted")}
			maps.Copy(fields, tc.fields)
			first := h.scene(t, h.course(tc.settings, &course.Block{Type: "problem", ID: "p", Fields: fields, Body: []byte(source)}), "p")
			if tc.before != nil {
				tc.before(&first)
			}
			second := first
			viewer := *first.rt.Viewer
			second.rt.Viewer = &viewer
			tc.change(&second)
			a, b := h.draw(t, "at first", first), h.draw(t, "changed", second)
			kept := h.kept.drawn.Stats().Entries
			if same := withoutAccount(a) == withoutAccount(b); same != tc.same {
				t.Errorf("the same: %v, want %v\n%s\n%s", same, tc.same, a, b)
			}
			if tc.unkept != (kept == 0) || tc.shared && kept != 1 {
				t.Errorf("%d drawings kept", kept)
			}
			if broken := strings.HasPrefix(b, "error: "); broken != tc.broken {
				t.Errorf("broken: %v, want %v: %s", broken, tc.broken, b)
			}
			for _, again := range []scene{first, second, first} {
				h.draw(t, "again", again)
			}
			if !strings.Contains(a, fmt.Sprintf(`data-account="%d"`, first.rt.Viewer.User)) || !tc.broken && !strings.Contains(b, fmt.Sprintf(`data-account="%d"`, second.rt.Viewer.User)) {
				t.Errorf("whose page is it?\n%s\n%s", a, b)
			}
		})
	}
}

// recompile takes a scene to a course made of the same source, with the same name for its version.
func (s *scene) recompile(files map[string]course.File, edit func(*course.Node)) {
	c := *s.rt.Course
	c.Nodes, c.Files = slices.Clone(c.Nodes), files
	s.rt.Course, s.node = &c, &c.Nodes[s.node.Index]
	if edit != nil {
		edit(s.node)
	}
}

var account = regexp.MustCompile(`data-account="\d*"`)

func withoutAccount(page string) string { return account.ReplaceAllString(page, "") }

// TestDrawnSeeds: a visitor's question is drawn at each look, and a seed that must be kept first is never shown out of memory.
func TestDrawnSeeds(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1<<20)
	const source = `<p>Seed $seed.</p><stringresponse answer="a"><label>Which?</label><textline/></stringresponse>`
	for _, stored := range []string{``, `{"seed":null}`} {
		for _, rerandomize := range []string{"always", "onreset", "odd"} {
			s := h.scene(t, h.course(nil, &course.Block{Type: "problem", ID: "p", Fields: course.Fields{"rerandomize": course.Text(rerandomize)}, Body: []byte(source)}), "p")
			componenttest.Visitor(&s.rt)
			if stored != "" {
				s.record = answered(stored)
			}
			for range 3 {
				h.seeds++
				if page := h.draw(t, rerandomize, s); !strings.Contains(page, fmt.Sprintf("Seed %d.", h.seeds)) {
					t.Errorf("%s: not seed %d: %s", rerandomize, h.seeds, page)
				}
			}
		}
	}
}

// TestEachSeesTheirOwn: among many learners who look at the same problems at once, with little memory, nobody ever sees what another has
// answered or been told.
func TestEachSeesTheirOwn(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 64<<10)
	var blocks []*course.Block
	for i := range 4 {
		blocks = append(blocks, &course.Block{Type: "problem", ID: fmt.Sprint("p", i), Body: []byte(`<stringresponse answer="a"><label>Which?</label><textline/></stringresponse>`)})
	}
	c := h.course(nil, blocks...)
	secret := func(user, block int) string { return fmt.Sprintf("SECRET-%d-%d-", user, block) }
	found := regexp.MustCompile(`SECRET-\d+-\d+-`)
	var wg sync.WaitGroup
	for lane := range 4 {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(lane)))
			for range 500 {
				user, block := 1+random.IntN(12), random.IntN(len(blocks))
				s := h.scene(t, c, blocks[block].ID)
				s.rt.Viewer = &access.Viewer{User: learner.ID(user), Enrolled: true}
				s.rt.Person.AnonymousID = fmt.Sprintf("%032x", user)
				want := 0
				if user%3 > 0 { // the others have answered nothing
					want = 2
					text, err := json.Marshal(map[string]any{
						"seed": 1, "done": true, "student_answers": map[string]string{blocks[block].ID + "_2_1": secret(user, block) + "answer"},
						"correct_map": map[string]any{blocks[block].ID + "_2_1": map[string]any{"correctness": "incorrect", "msg": secret(user, block) + "message"}},
					})
					if err != nil {
						t.Error(err)
					}
					s.record = state.Record{State: text, Version: 1}
				}
				page := s.by(h.kept)
				got := found.FindAllString(page, -1)
				if len(got) != want || slices.ContainsFunc(got, func(s string) bool { return s != secret(user, block) }) || !strings.Contains(page, fmt.Sprintf(`data-account="%d"`, user)) {
					t.Errorf("learner %d sees %v:\n%s", user, got, page)
					return
				}
			}
		})
	}
	wg.Wait()
	if stats := h.kept.drawn.Stats(); stats.Hits == 0 || stats.Evicted == 0 || stats.Used > stats.Budget {
		t.Errorf("the cache was not put to the test: %+v", stats)
	}
}

// TestDrawnLikeNew draws every problem of the sample course and of the conformance collection for several people in several states, over
// and over, in any order.
func TestDrawnLikeNew(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 7))
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	h := newHouse(t, 4<<20)
	var blocks []*course.Block
	for i, source := range problemSources(t) {
		fields := course.Fields{"showanswer": course.Text(pick("always", "attempted", "closed", "never")), "show_correctness": course.Text(pick("always", "always", "never", "past_due"))}
		if n := random.IntN(4); n > 0 {
			fields["max_attempts"] = course.Value(fmt.Sprint(n))
		}
		if random.IntN(2) == 0 {
			fields["rerandomize"] = course.Text(pick("per_student", "never", "onreset"))
		}
		blocks = append(blocks, &course.Block{Type: "problem", ID: fmt.Sprint("p", i), Fields: fields, Body: source})
	}
	c := h.course(course.Fields{"due": course.Text("2026-03-01T12:00:00Z")}, blocks...)
	records := map[string][]state.Record{}
	for _, b := range blocks {
		var seeded state.Record // those whose question is drawn have one
		if b.Fields["rerandomize"] == course.Text("onreset") {
			seeded = answered(`{"seed":4}`)
		}
		records[b.ID] = []state.Record{seeded, randomRecord(t, random, b), randomRecord(t, random, b), randomRecord(t, random, b)}
	}
	drawn := 0
	for range 4 * len(blocks) {
		b := blocks[random.IntN(len(blocks))]
		s := h.scene(t, c, b.ID)
		s.rt.Now = s.rt.Now.Add(time.Duration(random.IntN(3)-1) * time.Hour)
		user := 1 + random.IntN(3)
		s.rt.Viewer.User, s.rt.Person.AnonymousID = learner.ID(user), fmt.Sprintf("%032x", 1<<40+user)
		s.record = records[b.ID][random.IntN(4)]
		switch random.IntN(8) {
		case 0:
			componenttest.Staff(&s.rt)
		case 1:
			componenttest.Visitor(&s.rt)
		}
		page := h.draw(t, b.ID+" "+string(b.Body), s)
		if s.by(h.kept) != page {
			t.Errorf("%s is drawn differently again", b.Body)
		}
		if !strings.HasPrefix(page, "error: ") {
			drawn++
		}
		if t.Failed() {
			return
		}
	}
	stats := h.kept.drawn.Stats()
	t.Logf("%d problems, %d drawn, %+v", len(blocks), drawn, stats)
	if stats.Hits < uint64(drawn)/2 || drawn < 2*len(blocks) {
		t.Errorf("few were kept, or drawn: %d, %+v", drawn, stats)
	}
}

// problemSources are the bodies of the problems of the sample course and, where it is there, of the conformance collection.
func problemSources(t *testing.T) [][]byte {
	t.Helper()
	whole := regexp.MustCompile(`(?s)^\s*<problem[^>]*>(.*)</problem>\s*$`)
	var out [][]byte
	add := func(text []byte) {
		if m := whole.FindSubmatch(text); m != nil {
			out = append(out, m[1])
		}
	}
	files, err := fs.Glob(sample.Course(), "problem/*.xml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		text, err := fs.ReadFile(sample.Course(), f)
		if err != nil {
			t.Fatal(err)
		}
		add(text)
	}
	published, _ := sharedtest.Find("conformance/capa") // more to try where they are
	collections, err := filepath.Glob(filepath.Join(published, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range collections {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var cases []struct {
			XML string `json:"problem_xml"`
		}
		if json.Unmarshal(text, &cases) != nil {
			continue // tables
		}
		for _, c := range cases {
			add([]byte(c.XML))
		}
	}
	return out
}

// randomRecord is what might be stored of a problem.
func randomRecord(t *testing.T, random *rand.Rand, b *course.Block) state.Record {
	t.Helper()
	pick := func(from ...any) any { return from[random.IntN(len(from))] }
	s := map[string]any{"seed": random.IntN(20), "attempts": random.IntN(4), "done": random.IntN(2) == 0, "has_saved_answers": random.IntN(4) == 0}
	if p, err := capa.Parse(Source(b)); err == nil {
		answers, marks := map[string]any{}, map[string]any{}
		for _, r := range p.Responses() {
			for _, in := range r.Inputs {
				id := b.ID + "_" + in.ID
				answers[id] = pick("choice_0", "choice_1", "choice_a", []string{"choice_0", "choice_1"}, "3.14", `<b>"x"</b>`, "", nil)
				if random.IntN(3) > 0 {
					marks[id] = map[string]any{
						"correctness": pick("correct", "incorrect", "partially-correct", "incomplete", "odd"), "npoints": pick(nil, 0.5, 1),
						"msg": pick("", "<b onclick='x'>no</b>", "Dear %%USER_ID%%", "$seed and $anonymous_student_id", "é"), "hint": pick("", "hint"), "hintmode": pick(nil, "always", "on_request"),
						"queuestate": nil, "answervariable": nil,
					}
				}
			}
		}
		s["student_answers"], s["correct_map"] = answers, marks
		s["score"] = map[string]any{"raw_earned": pick(0, 0.5, 1), "raw_possible": pick(1, 2, 0)}
	}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return state.Record{State: text, Version: 1 + random.Int64N(3), SubmissionID: []string{"", "r1", "r2"}[random.IntN(3)]}
}

// TestActsFindDrawings: who answers as others have gets the drawing made for them, with a receipt of their own, and so does their page.
func TestActsFindDrawings(t *testing.T) {
	t.Parallel()
	receipts := regexp.MustCompile(`Receipt [0-9A-Za-z-]+`)
	for _, tc := range secretive {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, pgtest.New(t), tc.source+tail, course.Fields{"max_attempts": "3", "show_reset_button": "true"})
			kept := d.kind
			fresh := New(kept.service, 1<<20, nil)
			fresh.drawn = cache.New[drawnKey, drawn](0)
			var first, page string
			for i, kind := range []*Kind{fresh, kept, kept} {
				d.kind, d.rt.Viewer = kind, &access.Viewer{User: learner.ID(100 + i), Enrolled: true}
				d.rt.Kinds = component.NewKinds(unknown.Kind{}, kind)
				hits := kept.drawn.Stats().Hits
				reply := d.must("problem_check", tc.wrong...)
				contents, _ := reply["contents"].(string)
				receipt, _ := reply["receipt"].(map[string]any)
				id, _ := receipt["submission_id"].(string)
				if !strings.Contains(contents, "Receipt "+id) {
					t.Errorf("no receipt %q in %s", id, contents)
				}
				contents = receipts.ReplaceAllString(contents, "")
				seen := d.page()
				if !strings.Contains(seen, "Receipt "+id) {
					t.Errorf("no receipt %q in %s", id, seen)
				}
				seen = withoutAccount(receipts.ReplaceAllString(seen, ""))
				if i == 0 {
					first, page = contents, seen
				}
				if diff := cmp.Diff(first, contents); diff != "" {
					t.Errorf("learner %d (-drawn +kept):\n%s", i, diff)
				}
				if diff := cmp.Diff(page, seen); diff != "" {
					t.Errorf("page of learner %d (-drawn +kept):\n%s", i, diff)
				}
				if got, want := kept.drawn.Stats().Hits-hits, uint64(i); got != want {
					t.Errorf("learner %d: %d drawings found, want %d", i, got, want)
				}
			}
		})
	}
}
