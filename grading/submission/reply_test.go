package submission

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lyceum/course"
	"lyceum/grading/capa"
	"lyceum/internal/jsonappend"
)

// TestReplyAsMarshaled holds replies and hashes of answers against what encoding/json makes of them: stored ones are read for years.
func TestReplyAsMarshaled(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := func() string {
			return rapid.OneOf(rapid.SampledFrom([]string{"", "correct", "<b>é</b>", "\u2028"}), rapid.String()).Draw(t, "text")
		}
		r := Reply{
			Success: rapid.SampledFrom([]any{nil, true, false, text()}).Draw(t, "success"), Msg: text(), Error: text(),
			Hint: rapid.Bool().Draw(t, "hint"), HintIndex: rapid.IntRange(0, 3).Draw(t, "index"), HintsFollowing: rapid.Bool().Draw(t, "following"),
			ProgressChanged: rapid.Bool().Draw(t, "changed"), Earned: rapid.SampledFrom([]*float64{nil, new(0.0), new(0.1), new(1e-9)}).Draw(t, "earned"),
			Possible: rapid.SampledFrom([]float64{0, 1, 2.5}).Draw(t, "possible"), Attempts: rapid.IntRange(0, 20).Draw(t, "attempts"),
		}
		if rapid.Bool().Draw(t, "taken") {
			r.Receipt = &Receipt{text(), text()}
		}
		answers := capa.Answers{}
		for range rapid.IntRange(0, 3).Draw(t, "answers") {
			if r.Answers == nil {
				r.Answers = map[string]any{}
			}
			r.Answers[text()] = rapid.SampledFrom([]any{text(), []string{text()}, []any{text(), 1}}).Draw(t, "shown")
			answers[text()] = rapid.SampledFrom([]capa.Answer{{}, capa.Text(text()), capa.List(text()), capa.List(), capa.Map(map[string]string{text(): text()})}).Draw(t, "answer")
		}
		plain := replyJSON{
			Success: r.Success, Msg: r.Msg, Error: r.Error, Answers: r.Answers, ProgressChanged: r.ProgressChanged,
			CurrentScore: r.Earned, TotalPossible: r.Possible, AttemptsUsed: r.Attempts, Receipt: r.Receipt,
		}
		if r.Hint {
			plain.HintIndex, plain.HintsFollowing = &r.HintIndex, &r.HintsFollowing
		}
		want, err := json.Marshal(plain)
		if err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(r)
		if err != nil || string(got) != string(want) {
			t.Fatalf("got  %s, %v\nwant %s", got, err, want)
		}

		// Members are what a page got by way of the text.
		var read map[string]any
		if err := json.Unmarshal(want, &read); err != nil {
			t.Fatal(err)
		}
		wantPage, err := json.Marshal(read)
		if err != nil {
			t.Fatal(err)
		}
		gotPage, err := jsonappend.Value(nil, r.Members())
		if err != nil || string(gotPage) != string(wantPage) {
			t.Fatalf("members\ngot  %s, %v\nwant %s", gotPage, err, wantPage)
		}
		if m, ok := r.Members()["answers"].(map[string]any); ok {
			m["added"] = true
			if _, ok := r.Answers["added"]; ok {
				t.Fatal("the map of the answers is the reply's own")
			}
		}

		a := &Asked{Node: &course.Node{Key: courseKey.Usage("problem", "p"), Usage: courseKey.Usage("problem", "p").String()}}
		hash, err := requestHash(a, Answer{Answers: answers})
		if err != nil {
			t.Fatal(err)
		}
		marshaled, err := json.Marshal(answers)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(append([]byte("submit "+a.Node.Key.String()+" "), marshaled...))
		if !bytes.Equal(hash, sum[:16]) {
			t.Fatalf("another hash of %s", marshaled)
		}
	})
}

func TestReplyReadsBack(t *testing.T) {
	t.Parallel()
	r := Reply{Success: "correct", Hint: true, HintIndex: 1, ProgressChanged: true, Earned: new(1.5), Possible: 2, Attempts: 3, Receipt: &Receipt{"id", "time"}}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back Reply
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r, back); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func BenchmarkReply(b *testing.B) {
	r := Reply{Success: "correct", ProgressChanged: true, Earned: new(1.0), Possible: 1, Attempts: 2, Receipt: &Receipt{"0d3c9d4e-2f51-4f3e-9a53-1c2f0d7f1b11", "2026-03-01T12:00:00.123456Z"}}
	b.Run("kept", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := r.MarshalJSON(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("shown", func(b *testing.B) {
		b.ReportAllocs()
		var buf []byte
		for b.Loop() {
			buf, _ = jsonappend.Value(buf[:0], r.Members())
		}
	})
}
