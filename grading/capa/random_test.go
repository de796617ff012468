package capa

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lyceum/internal/sharedtest"
)

func TestRandomStreamTable(t *testing.T) {
	t.Parallel()
	data := sharedtest.Read(t, "conformance/capa/tables.json")
	type row struct {
		Seed    int
		Random  []float64
		Randint []int `json:"randint_1_100"`
		Choice  []int `json:"choice_of_5"`
		Shuffle []int `json:"shuffle_10"`
	}
	var tables struct {
		Stream []row `json:"random_stream"`
	}
	if err := json.Unmarshal(data, &tables); err != nil {
		t.Fatal(err)
	}
	for _, want := range tables.Stream {
		got := row{Seed: want.Seed}
		s := newStream(want.Seed)
		for range want.Random {
			got.Random = append(got.Random, s.random())
		}
		s = newStream(want.Seed)
		for range want.Randint {
			got.Randint = append(got.Randint, 1+s.below(100))
		}
		s = newStream(want.Seed)
		for range want.Choice {
			got.Choice = append(got.Choice, s.below(5))
		}
		for i := range want.Shuffle {
			got.Shuffle = append(got.Shuffle, i)
		}
		shuffle(newStream(want.Seed), got.Shuffle)
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("seed %d (-got +want):\n%s", want.Seed, diff)
		}
	}
}

func TestPerStudentSeedTable(t *testing.T) {
	t.Parallel()
	data := sharedtest.Read(t, "conformance/capa/tables.json")
	var tables struct {
		Rows []struct {
			User int64  `json:"user_id"`
			Key  string `json:"usage_key"`
			Bin  int
		} `json:"per_student_seed"`
	}
	if err := json.Unmarshal(data, &tables); err != nil {
		t.Fatal(err)
	}
	for _, row := range tables.Rows {
		if got := PerStudentSeed(row.User, row.Key); got != row.Bin {
			t.Errorf("user %d, %s: got %d, want %d", row.User, row.Key, got, row.Bin)
		}
	}
}
