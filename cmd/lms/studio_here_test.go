package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"lyceum/course"
	"lyceum/course/team"
	accounts "lyceum/learner/account"
)

// hereSamples are the beats of open pages.
func hereSamples(_, other *course.Compiled) map[string][]asked {
	beat := func(name, place string) asked {
		return asked{name: name, path: "/here/{course}", body: `{"tab": "access-tab", "place": "` + place + `"}`, kind: "application/json", headers: asksJSON}
	}
	left := asked{name: "left", path: "/here/{course}", body: `{"tab": "accesstab", "left": true}`, kind: "application/json", headers: asksJSON}
	bad := beat("no tab", "outline")
	page, foreign := beat("", "outline"), beat("at another course", usage(other.Key, "vertical", "none"))
	for _, b := range []*asked{&page, &foreign} {
		b.body = strings.Replace(b.body, "access-tab", "accesstab", 1)
	}
	return map[string][]asked{"POST /here/{course}": {page, foreign, bad, left}}
}

// heres is the answer to a beat.
type heres struct {
	People []struct{ Initials, Words string }
	More   string
	Open   []struct{ Block, Words, Too string }
}

func (h heres) words() string {
	var out []string
	for _, p := range h.People {
		out = append(out, p.Initials+" "+p.Words)
	}
	for _, o := range h.Open {
		out = append(out, o.Block[strings.LastIndex(o.Block, "@")+1:]+": "+o.Words+"; "+o.Too)
	}
	return strings.Join(append(out, h.More), "|")
}

// beat tells of one tab and returns who else is there.
func (b *browser) beat(key course.Key, tab, place string, edits bool) heres {
	b.t.Helper()
	got := b.json("POST", "/here/"+key.String(), map[string]any{"tab": tab, "place": place, "edits": edits})
	var out heres
	if err := json.Unmarshal([]byte(got.body), &out); got.status != http.StatusOK || err != nil {
		b.t.Fatalf("a beat at %s: %d %s", place, got.status, got.body)
	}
	return out
}

// TestHere: authors of a course see each other as long as their pages beat, and nobody else does.
func TestHere(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	own, other := s.teach(ownCourse("Own")).Key, s.teach(ownCourse("Other")).Key
	now := time.Now()
	s.authors.Clock = func() time.Time { return now }
	author := func(username, name string, key course.Key) *browser {
		b := s.person(username, func(n *accounts.NewAccount) { n.Name = name })
		s.grant(b, team.Staff, key)
		return s.toStudio(b)
	}
	ann, bob, eve := author("ann", "Ann Author", own), author("bob", "", own), author("eve", "Eve", other)
	unit, text := usage(own, "vertical", "u1"), usage(own, "html", "text")
	same := func(what string, got heres, want string) {
		t.Helper()
		if got.words() != want {
			t.Errorf("%s: %q, want %q", what, got.words(), want)
		}
	}
	_, content, err := s.authors.Editor.Read(t.Context(), own)
	if err != nil {
		t.Fatal(err)
	}
	called := func(kind, id string) string { // what authors call a block
		var name string
		var walk func(*course.Block)
		walk = func(b *course.Block) {
			if b.Type == kind && b.ID == id {
				name, _ = b.Fields["display_name"].Text()
				if name == "" {
					name = id
				}
			}
			for _, c := range b.Children {
				walk(c)
			}
		}
		walk(content.Draft.Root)
		return name
	}

	same("alone", ann.beat(own, "anntab01", "outline", false), "")
	same("both at the outline", bob.beat(own, "bobtab01", "outline", false), "AA Ann Author is here|")
	same("no full name", ann.beat(own, "anntab01", unit, false), "B bob is at “Outline”|")
	same("a unit", bob.beat(own, "bobtab01", "outline", false), "AA Ann Author is at “"+called("vertical", "u1")+"”|")
	same("the same unit", bob.beat(own, "bobtab01", unit, false), "AA Ann Author is here|")
	ann.beat(own, "anntab02", text, true)
	edits := "AA Ann Author is editing “" + called("html", "text") + "”|text: Ann Author has this open; Ann Author has this open, too.|"
	same("an editor", bob.beat(own, "bobtab01", unit, false), edits)
	ann.beat(own, "anntab01", unit, false)
	same("an editor beside a newer tab", bob.beat(own, "bobtab01", text, true), edits)
	same("own tabs are nobody else", ann.beat(own, "anntab03", "grading", false), "B bob is editing “"+called("html", "text")+"”|text: bob has this open; bob has this open, too.|")

	same("another course", eve.beat(other, "evetab01", "outline", false), "")
	if got := eve.json("POST", "/here/"+own.String(), map[string]any{"tab": "evetab01", "place": "outline"}); got.status != http.StatusForbidden || strings.Contains(got.body, "Ann") {
		t.Errorf("who may not author it: %d %s", got.status, got.body)
	}
	for _, bad := range []map[string]any{
		{"tab": "anntab01", "place": usage(other, "vertical", "u1")},
		{"tab": "anntab01", "place": "nowhere"},
		{"tab": "anntab01", "place": "<b>"},
		{"tab": "anntab01", "place": usage(own, "html", strings.Repeat("x", 500))},
		{"tab": "", "place": "outline"},
		{"tab": strings.Repeat("a", 41), "place": "outline"},
		{"tab": "a:b", "place": "outline"},
	} {
		if got := ann.json("POST", "/here/"+own.String(), bad); got.status != http.StatusBadRequest {
			t.Errorf("%.80v: %d %s", bad, got.status, got.body)
		}
	}
	same("a block that is gone", func() heres {
		bob.beat(own, "bobtab01", usage(own, "html", "gone"), false)
		return ann.beat(own, "anntab01", unit, false)
	}(), "B bob is here|")

	// Nobody leaves for another.
	if got := bob.json("POST", "/here/"+own.String(), map[string]any{"tab": "anntab02", "left": true}); got.status != http.StatusNoContent {
		t.Errorf("leave: %d %s", got.status, got.body)
	}
	same("still there", bob.beat(own, "bobtab01", unit, false), edits)
	for _, tab := range []string{"anntab02", "anntab03"} {
		ann.json("POST", "/here/"+own.String(), map[string]any{"tab": tab, "left": true})
	}
	same("left the editor", bob.beat(own, "bobtab01", unit, false), "AA Ann Author is here|")

	now = now.Add(61 * time.Second)
	same("silent for a minute", bob.beat(own, "bobtab01", unit, false), "")
	ask := func(do func(ctx context.Context, c redis.Cmdable) error) {
		t.Helper()
		if err := s.stores.redis.Do(t.Context(), do); err != nil {
			t.Fatal(err)
		}
	}
	hash := "studio:here:" + own.String()
	ask(func(ctx context.Context, c redis.Cmdable) error {
		keys, err := c.HKeys(ctx, hash).Result()
		if err != nil || len(keys) != 1 {
			t.Errorf("kept after the sweep: %v", keys)
		}
		if ttl := c.TTL(ctx, hash).Val(); ttl <= time.Minute || ttl > 2*time.Minute {
			t.Errorf("it is kept for %s", ttl)
		}
		return err
	})

	// What is in the cache is a stranger's, too.
	ask(func(ctx context.Context, c redis.Cmdable) error {
		return c.HSet(ctx, hash, "9:xxxxxxxx", "no JSON").Err()
	})
	same("what cannot be read", ann.beat(own, "anntab01", unit, false), "B bob is here|")

	// One person fills little of it, and all of them no more than there is room for.
	for i := range 15 {
		ann.beat(own, fmt.Sprintf("manytabs%d", i), unit, false)
	}
	count := func() (n int64) {
		ask(func(ctx context.Context, c redis.Cmdable) (err error) {
			n, err = c.HLen(ctx, hash).Result()
			return err
		})
		return n
	}
	if n := count(); n != 11 { // with bob's
		t.Errorf("%d tabs", n)
	}
	ask(func(ctx context.Context, c redis.Cmdable) error {
		for i := range 120 {
			text := fmt.Sprintf(`{"user": %d, "name": "P%03d", "place": "outline", "at": %q}`, 1000+i, i, now.UTC().Format(time.RFC3339))
			if err := c.HSet(ctx, hash, fmt.Sprintf("%d:xxxxxxxx", 1000+i), text).Err(); err != nil {
				return err
			}
		}
		return nil
	})
	before := count()
	got := bob.beat(own, "bobtab02", unit, false)
	if len(got.People) != 12 || got.More != "and 109 more" || count() != before {
		t.Errorf("in a full course: %d people, %q, %d tabs of %d", len(got.People), got.More, count(), before)
	}

	s.authors.Here = nil
	same("the cache is away", bob.beat(own, "bobtab01", unit, false), "")
	if got := bob.json("POST", "/here/"+own.String(), map[string]any{"tab": "bobtab01", "left": true}); got.status != http.StatusNoContent {
		t.Errorf("leave while the cache is away: %d", got.status)
	}
}

// TestHereOnPages: every page about a course asks who else is there, except for those who may only read.
func TestHereOnPages(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	key := s.teach(ownCourse("Own")).Key
	people := map[string]*browser{}
	for _, name := range []string{"staff", "admin", "beta"} {
		people[name] = s.person(name, nil)
	}
	s.libraryTeam(t, people)
	s.grant(people["staff"], team.Staff, key)
	staff, reader := s.toStudio(people["staff"]), s.toStudio(people["beta"])
	for path, name := range map[string]string{
		"/course/" + key.String(): "outline", "/settings/grading/" + key.String(): "grading", "/container/" + usage(key, "vertical", "u1"): "", "/edit/" + usage(key, "html", "text"): "",
	} {
		if got := staff.get(path, asPage...); !strings.Contains(got.body, `data-here="/here/`+key.String()+`" data-page-name="`+name+`" hidden`) {
			t.Errorf("%s does not ask who is there: %d", path, got.status)
		}
	}
	library := "/library/" + ownLibrary.String()
	if got := reader.get(library, asPage...); got.status != http.StatusOK || strings.Contains(got.body, "data-here=") {
		t.Errorf("a reader's library: %d, asks %t", got.status, strings.Contains(got.body, "data-here="))
	}
	if got := staff.get(library, asPage...); !strings.Contains(got.body, "data-here=") {
		t.Errorf("an author's library does not ask: %d", got.status)
	}
	staff.beat(ownLibrary, "stafftab1", ownLibrary.Usage("library", "library").String(), false)
	staff.beat(ownLibrary, "stafftab1", ownLibrary.Usage("problem", "q1").String(), true)
	if slices.Contains([]int{200, 204}, reader.json("POST", "/here/"+ownLibrary.String(), map[string]any{"tab": "betatab01", "place": "library"}).status) {
		t.Error("a reader of the library is told who is there")
	}
}
