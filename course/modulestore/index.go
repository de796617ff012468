package modulestore

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
)

// The collections. Documents, versions and past heads are never changed; heads move by compare-and-set.
const (
	documents = "course_document"
	versions  = "course_version"
	heads     = "course_head"
	pasts     = "course_past" // heads that were in force before
	signals   = "course_signal"
)

// Indexes are the fields that are searched besides _id, by collection.
var Indexes = []struct{ Collection, Field string }{
	{pasts, "head"},
	{pasts, "draft"},
}

func ensureIndexes(ctx context.Context, db *mongo.Database) error {
	for _, i := range Indexes {
		if _, err := db.Collection(i.Collection).Indexes().CreateOne(ctx, mongo.IndexModel{Keys: bson.D{{Key: i.Field, Value: 1}}}); err != nil {
			return fmt.Errorf("index %s of %s: %w", i.Field, i.Collection, err)
		}
	}
	return nil
}

// durable opens a collection so that what it acknowledges is on disk and survives a fail-over.
func durable(db *mongo.Database, name string) *mongo.Collection {
	journal := true
	return db.Collection(name, options.Collection().SetWriteConcern(&writeconcern.WriteConcern{W: writeconcern.WCMajority, Journal: &journal}))
}
