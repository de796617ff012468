package publish

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"lyceum/authoring/draft"
	"lyceum/course"
	"lyceum/course/modulestore"
	"lyceum/internal/fault"
	"lyceum/internal/mongotest"
)

var ada = draft.Author{Name: "ada", Everywhere: true}

func open(t testing.TB, db *mongo.Database) *Publisher {
	t.Helper()
	s, err := modulestore.Open(context.Background(), db, modulestore.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return &Publisher{Editor: &draft.Editor{Courses: s, Schemas: course.Schemas}}
}

func take(t testing.TB, p *Publisher, c, published *course.Content) {
	t.Helper()
	if _, err := p.Editor.Courses.Import(t.Context(), modulestore.ImportRequest{Key: c.Key, Draft: c, Published: published}); err != nil {
		t.Fatal(err)
	}
}

// course of one section of n units, each with one text.
func units(n int, text string) *course.Content {
	s := block("sequential", "s", nil)
	for i := range n {
		h := block("html", fmt.Sprintf("h%d", i), nil)
		h.Body = []byte(text)
		s.Children = append(s.Children, block("vertical", fmt.Sprintf("u%d", i), nil, h))
	}
	return content(course.Fields{"start": past}, block("chapter", "a", nil, s))
}

func edit(t testing.TB, p *Publisher, ops ...draft.Op) draft.Done {
	t.Helper()
	done, err := p.Editor.Apply(t.Context(), draft.Edit{Key: testKey, By: ada, Ops: ops})
	if err != nil {
		t.Fatal(err)
	}
	return done
}

func write(id, text string) draft.Update {
	body := []byte(text)
	return draft.Update{Block: key("html", id), Body: &body}
}

// texts lists what the components of a branch say.
func texts(t testing.TB, p *Publisher, branch course.Branch) string {
	t.Helper()
	c, _, err := p.Editor.Courses.Content(t.Context(), testKey, branch)
	if fault.Is(err, fault.NotFound) {
		return "nothing"
	}
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	c.Root.Walk(func(b *course.Block) bool {
		if b.Type == "html" {
			out = append(out, string(b.Body))
		}
		return true
	})
	return strings.Join(out, " ")
}

func TestPublish(t *testing.T) {
	t.Parallel()
	p := open(t, mongotest.New(t))
	take(t, p, units(3, "old"), nil)
	do := func(f func(context.Context, Request) (Result, error), u course.UsageKey) Result {
		t.Helper()
		res, err := f(t.Context(), Request{Block: u, By: ada})
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	for _, step := range []struct {
		name             string
		do               func() Result
		units            int
		draft, published string
	}{
		{"nothing is", func() Result { return Result{} }, 0, "old old old", "nothing"},
		{"the first unit", func() Result { return do(p.Publish, key("vertical", "u1")) }, 1, "old old old", "old"},
		{"by a component", func() Result { return do(p.Publish, key("html", "h0")) }, 1, "old old old", "old old"},
		{"the rest by the section", func() Result { return do(p.Publish, key("chapter", "a")) }, 1, "old old old", "old old old"},
		{"nothing has changed", func() Result { return do(p.Publish, key("course", "course")) }, 0, "old old old", "old old old"},
		{"two units of three", func() Result {
			edit(t, p, write("h0", "new"), write("h2", "new"))
			return do(p.Publish, key("sequential", "s"))
		}, 2, "new old new", "new old new"},
		{"discard", func() Result {
			edit(t, p, write("h1", "bad"), write("h2", "bad"))
			return do(p.Discard, key("vertical", "u1"))
		}, 1, "new old bad", "new old new"},
		{"discard below", func() Result { return do(p.Discard, key("chapter", "a")) }, 1, "new old new", "new old new"},
		{"unpublish", func() Result { return do(p.Unpublish, key("vertical", "u0")) }, 1, "new old new", "old new"},
		{"discard leaves what was never published", func() Result { return do(p.Discard, key("chapter", "a")) }, 0, "new old new", "old new"},
	} {
		res := step.do()
		if got := texts(t, p, course.Draft); len(res.Units) != step.units || got != step.draft || texts(t, p, course.Published) != step.published {
			t.Errorf("%s: units %v, draft %q, published %q", step.name, res.Units, got, texts(t, p, course.Published))
		}
	}
	if _, err := p.Discard(t.Context(), Request{Block: key("vertical", "u0"), By: ada}); !fault.Is(err, fault.Invalid) {
		t.Errorf("discard of a unit that was never published: %v", err)
	}
	if _, err := p.Publish(t.Context(), Request{Block: key("vertical", "gone"), By: ada}); !fault.Is(err, fault.NotFound) {
		t.Errorf("what is not there: %v", err)
	}
	if _, err := p.Publish(t.Context(), Request{Block: key("vertical", "u0"), By: draft.Author{Name: "eve"}}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a stranger: %v", err)
	}
	edit(t, p, write("h1", "draft"))
	if res, err := p.Hide(t.Context(), Request{Block: key("vertical", "u1"), By: ada}, true); err != nil || len(res.Units) != 1 || texts(t, p, course.Published) != "draft new" {
		t.Errorf("hide: %+v, %v, %s", res, err, texts(t, p, course.Published))
	}
}

// What does not load stays a draft; the units beside it are published.
func TestPublishWhatDoesNotLoad(t *testing.T) {
	t.Parallel()
	p := open(t, mongotest.New(t))
	p.Editor.Loads = func(b *course.Block) []string {
		if strings.Contains(string(b.Body), "<broken") {
			return []string{"line 1: not well formed"}
		}
		return nil
	}
	take(t, p, units(2, "old"), units(2, "old"))
	edit(t, p, write("h0", "<broken"))
	_, err := p.Publish(t.Context(), Request{Block: key("vertical", "u0"), By: ada})
	var refused *Refused
	if !errors.As(err, &refused) || !fault.Is(err, fault.Invalid) || refused.Findings[0].Block != key("html", "h0") || refused.Findings[0].Unit != key("vertical", "u0") {
		t.Errorf("a unit that does not load: %v", err)
	}
	edit(t, p, write("h1", "new"))
	res, err := p.Publish(t.Context(), Request{Block: key("chapter", "a"), By: ada})
	if err != nil || len(res.Units) != 1 || len(res.Refused) != 1 || texts(t, p, course.Published) != "old new" || texts(t, p, course.Draft) != "<broken new" {
		t.Errorf("a section: %+v, %v, published %q", res, err, texts(t, p, course.Published))
	}
}

// Publishing what somebody else changed since the author looked is refused, and shows both sides.
func TestPublishSeen(t *testing.T) {
	t.Parallel()
	p := open(t, mongotest.New(t))
	take(t, p, units(2, "old"), units(2, "old"))
	seen := edit(t, p, write("h0", "mine")).Head.Draft
	edit(t, p, write("h1", "elsewhere"))
	if _, err := p.Publish(t.Context(), Request{Block: key("vertical", "u0"), By: ada, Seen: seen}); err != nil {
		t.Errorf("a unit nobody else touched: %v", err)
	}
	edit(t, p, write("h0", "theirs"))
	_, err := p.Publish(t.Context(), Request{Block: key("vertical", "u0"), By: ada, Seen: seen})
	var lost *draft.Lost
	if !errors.As(err, &lost) || string(lost.Clashes[0].Theirs.Children[0].Body) != "theirs" || texts(t, p, course.Published) != "mine old" {
		t.Errorf("a unit that changed: %v, published %q", err, texts(t, p, course.Published))
	}
}

const childURI, childDB = "LYCEUM_TEST_PUBLISH_URI", "LYCEUM_TEST_PUBLISH_DB"

// A server that is killed in the middle has published a section whole or not at all, and everything it has acknowledged.
func TestKilled(t *testing.T) {
	if uri := os.Getenv(childURI); uri != "" {
		publishForever(t, uri)
		return
	}
	t.Parallel()
	db := mongotest.New(t)
	p := open(t, db)
	take(t, p, units(4, "0"), units(4, "0"))
	for round := range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestKilled$")
		cmd.Env = append(os.Environ(), childURI+"="+mongotest.URI(t), childDB+"="+db.Name())
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		acknowledged := ""
		lines := bufio.NewScanner(out)
		for n := 0; n < 3+round && lines.Scan(); {
			if text, ok := strings.CutPrefix(lines.Text(), "published "); ok {
				acknowledged = text
				n++
			}
		}
		time.Sleep(time.Duration(7*round) * time.Millisecond) // a different place in the middle each time
		if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		for lines.Scan() {
			if text, ok := strings.CutPrefix(lines.Text(), "published "); ok {
				acknowledged = text
			}
		}
		cmd.Wait()
		cancel()
		read := open(t, db)
		published, drafts := strings.Fields(texts(t, read, course.Published)), strings.Fields(texts(t, read, course.Draft))
		for _, list := range [][]string{published, drafts} {
			if len(list) != 4 || list[0] != list[1] || list[0] != list[3] || len(list[0]) < len(acknowledged) || len(list[0]) == len(acknowledged) && list[0] < acknowledged {
				t.Errorf("round %d: %v after %q was acknowledged", round, list, acknowledged)
			}
		}
		if acknowledged == "" {
			t.Fatal("the child published nothing")
		}
	}
}

// publishForever writes and publishes rising numbers until it is killed.
func publishForever(t *testing.T, uri string) {
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		t.Fatal(err)
	}
	p := open(t, client.Database(os.Getenv(childDB)))
	var n int
	if _, err := fmt.Sscan(texts(t, p, course.Draft), &n); err != nil {
		t.Fatal(err)
	}
	for {
		n++
		text := fmt.Sprint(n)
		edit(t, p, write("h0", text), write("h1", text), write("h2", text), write("h3", text))
		if _, err := p.Publish(t.Context(), Request{Block: key("chapter", "a"), By: ada}); err != nil {
			t.Fatal(err)
		}
		fmt.Println("published", text)
	}
}
