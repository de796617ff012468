package contentstore

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
	"golang.org/x/sync/singleflight"

	"lyceum/internal/clock"
)

// Options of a store. Zero values work.
type Options struct {
	Dir    string // local copies of hot files; "" uses a directory of the system's temporary files
	Budget int64  // bytes in Dir; 0 means 1 GiB
	Logger *slog.Logger
	Clock  clock.Clock
}

// Store is safe for concurrent use.
type Store struct {
	bucket    *mongo.GridFSBucket
	blobs     *mongo.Collection // digest -> GridFS file; one that is here is complete
	chunks    *mongo.Collection
	manifests *mongo.Collection
	uploads   *mongo.Collection // uploads under way, and their pieces
	pieces    *mongo.Collection
	logger    *slog.Logger
	clock     clock.Clock
	local     *local
	fills     singleflight.Group
	recent    recent // manifests in memory
}

// The collections besides those of GridFS.
const (
	blobs     = "course_blob"
	manifests = "course_manifest"
	gridfs    = "course_file"
	uploads   = "course_upload"
	pieces    = "course_upload_piece"
)

// Indexes are the fields that are searched besides _id, by collection.
var Indexes = []struct{ Collection, Field string }{
	{gridfs + ".chunks", "files_id"},
	{uploads, "owner"},
}

// Open prepares db for use.
func Open(ctx context.Context, db *mongo.Database, o Options) (*Store, error) {
	journal := true
	durable := &writeconcern.WriteConcern{W: writeconcern.WCMajority, Journal: &journal}
	collection := func(name string) *mongo.Collection {
		return db.Collection(name, options.Collection().SetWriteConcern(durable))
	}
	s := &Store{
		bucket: db.GridFSBucket(options.GridFSBucket().SetName(gridfs).SetWriteConcern(durable)),
		blobs:  collection(blobs), chunks: collection(gridfs + ".chunks"), manifests: collection(manifests),
		uploads: collection(uploads), pieces: collection(pieces), logger: o.Logger, clock: o.Clock,
	}
	if s.logger == nil {
		s.logger = slog.Default()
	}
	for _, i := range Indexes {
		if _, err := db.Collection(i.Collection).Indexes().CreateOne(ctx, mongo.IndexModel{Keys: bson.D{{Key: i.Field, Value: 1}}}); err != nil {
			return nil, fmt.Errorf("open file store: index %s of %s: %w", i.Field, i.Collection, err)
		}
	}
	if o.Dir == "" {
		o.Dir = filepath.Join(os.TempDir(), fmt.Sprintf("lyceum-files-%d", os.Getuid()))
	}
	if o.Budget <= 0 {
		o.Budget = 1 << 30
	}
	s.local = &local{dir: o.Dir, budget: o.Budget, logger: s.logger}
	return s, nil
}
