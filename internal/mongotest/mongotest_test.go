package mongotest_test

import (
	"sync/atomic"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/sync/errgroup"

	"lyceum/internal/mongotest"
)

func TestEachTestHasItsOwnDatabase(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"one", "two", "three"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			notes := mongotest.New(t).Collection("notes")
			if n, err := notes.CountDocuments(t.Context(), bson.D{}); err != nil || n != 0 {
				t.Fatalf("documents at the start: %d, %v, want none", n, err)
			}
			if _, err := notes.InsertOne(t.Context(), bson.D{{Key: "_id", Value: "a"}}); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestCompareAndSet races for each version of one document: each must be won once.
func TestCompareAndSet(t *testing.T) {
	t.Parallel()
	pointers := mongotest.New(t).Collection("pointers")
	if _, err := pointers.InsertOne(t.Context(), bson.D{{Key: "_id", Value: "draft"}, {Key: "version", Value: 0}}); err != nil {
		t.Fatal(err)
	}
	const versions = 30
	var won [versions]atomic.Int32
	g, ctx := errgroup.WithContext(t.Context())
	for range 6 {
		g.Go(func() error {
			for v := range versions {
				got, err := pointers.UpdateOne(ctx,
					bson.D{{Key: "_id", Value: "draft"}, {Key: "version", Value: v}},
					bson.D{{Key: "$set", Value: bson.D{{Key: "version", Value: v + 1}}}})
				if err != nil {
					return err
				}
				won[v].Add(int32(got.ModifiedCount))
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	for v := range won {
		if n := won[v].Load(); n != 1 {
			t.Errorf("version %d was moved %d times, want once", v, n)
		}
	}
}
