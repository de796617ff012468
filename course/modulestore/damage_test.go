package modulestore

import (
	"bytes"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"lyceum/course"
)

// A flipped byte costs the block it is in; the rest of the course works, and an edit beside it neither spreads nor
// hides the damage.
func TestDamage(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		kind    kind
		where   string // field
		pattern string // flip the byte before it
		blocks  int    // damaged
	}{
		{"inline record", subsectionKind, "data", "<p>html_00006", 1},
		{"index of a subsection", subsectionKind, "index", "html_00006", 1},
		{"large block", definitionKind, "data", "large", 1},
		{"settings of the course", courseKind, "data", "display_name", 1},
		{"page", pagesKind, "data", "short", 1},
		{"grading policy", extraKind, "data", "GRADER", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := openTest(t, Options{})
			c := generate(testKey, 1, 2, 1, 3)
			c.Root.Children[0].Children[1].Children[0].Children[2].Body = bytes.Repeat([]byte("large"), 10_000)
			res := must[Result](t)(s.Import(t.Context(), ImportRequest{Key: testKey, Draft: c, Published: c}))
			flip(t, s, tt.kind, tt.where, tt.pattern)

			read := second(t, s)
			got, _, err := read.Content(t.Context(), testKey, course.Draft)
			if err != nil {
				t.Fatal(err)
			}
			if n := damaged(got); n != tt.blocks {
				t.Errorf("%d damaged blocks, want %d", n, tt.blocks)
			}
			compiled, err := read.Compiled(t.Context(), testKey)
			if err != nil || len(compiled.Nodes) < 6 {
				t.Errorf("compiled: %d nodes, %v", len(compiled.Nodes), err)
			}

			// Edit a neighbor in the same subsection.
			seqs := got.Root.Children[0].Children
			last := seqs[1].Children[0]
			added := *last
			added.Children = append(append([]*course.Block(nil), last.Children...), &course.Block{Type: "html", ID: "new"})
			next, ok := Replace(got, last, &added)
			if !ok {
				t.Fatal("block not found")
			}
			v := must[course.Version](t)(read.SetDraft(t.Context(), testKey, res.Draft, next, "", ""))
			again, _, err := second(t, s).ContentAt(t.Context(), v.ID)
			if err != nil {
				t.Fatal(err)
			}
			if n := damaged(again); n != tt.blocks {
				t.Errorf("after an edit: %d damaged blocks, want %d", n, tt.blocks)
			}
			if len(again.Root.Children[0].Children[1].Children[0].Children) != 4 {
				t.Error("the edit is lost")
			}
		})
	}
}

func damaged(c *course.Content) (n int) {
	count := func(b *course.Block) bool {
		if b.Form == Damaged {
			n++
		}
		return true
	}
	c.Root.Walk(count)
	for _, p := range c.Pages {
		p.Walk(count)
	}
	return n
}

// flip changes the byte before pattern in the first document of a kind that has it.
func flip(t *testing.T, s *Store, k kind, field, pattern string) {
	t.Helper()
	cursor, err := s.documents.Find(t.Context(), bson.D{{Key: "kind", Value: string(k)}})
	if err != nil {
		t.Fatal(err)
	}
	var all []storedDocument
	if err := cursor.All(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		text := d.Data
		if field == "index" {
			text = d.Index
		}
		i := bytes.Index(text, []byte(pattern))
		if i < 1 {
			continue
		}
		text = bytes.Clone(text)
		text[i-1] ^= 4
		_, err := s.documents.UpdateOne(t.Context(), bson.D{{Key: "_id", Value: d.ID}}, bson.D{{Key: "$set", Value: bson.D{{Key: field, Value: text}}}})
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Fatalf("no %s with %q", k, pattern)
}
