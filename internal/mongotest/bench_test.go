package mongotest_test

import (
	"bytes"
	"fmt"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"lyceum/internal/mongotest"
)

// BenchmarkVerbs measures the verbs the rooms use over 10,000 documents.
func BenchmarkVerbs(b *testing.B) {
	ctx, docs := b.Context(), mongotest.New(b).Collection("docs")
	if _, err := docs.Indexes().CreateOne(ctx, mongo.IndexModel{Keys: bson.D{{Key: "course", Value: 1}}}); err != nil {
		b.Fatal(err)
	}
	const count = 10_000
	batch := make([]any, 0, count)
	for i := range count {
		batch = append(batch, bson.D{
			{Key: "_id", Value: fmt.Sprint(i)},
			{Key: "course", Value: fmt.Sprint("c", i/10)},
			{Key: "version", Value: 0},
			{Key: "body", Value: bytes.Repeat([]byte("x"), 1000)},
		})
	}
	if _, err := docs.InsertMany(ctx, batch); err != nil {
		b.Fatal(err)
	}
	n := 0
	next := func() string { n = (n + 7919) % count; return fmt.Sprint(n) }
	b.Run("find by id", func(b *testing.B) {
		for b.Loop() {
			if err := docs.FindOne(ctx, bson.D{{Key: "_id", Value: next()}}).Err(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("find by indexed field", func(b *testing.B) {
		for b.Loop() {
			if err := docs.FindOne(ctx, bson.D{{Key: "course", Value: "c" + next()[:1]}}).Err(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("compare and set", func(b *testing.B) {
		for b.Loop() {
			_, err := docs.UpdateOne(ctx, bson.D{{Key: "_id", Value: next()}, {Key: "version", Value: bson.D{{Key: "$gte", Value: 0}}}},
				bson.D{{Key: "$inc", Value: bson.D{{Key: "version", Value: 1}}}})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("insert", func(b *testing.B) {
		for b.Loop() {
			if _, err := docs.InsertOne(ctx, bson.D{{Key: "course", Value: next()}}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
