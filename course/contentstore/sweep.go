package contentstore

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"lyceum/internal/fault"
)

// Swept counts what a sweep removed.
type Swept struct{ Blobs, Manifests int }

// Sweep removes blobs and manifests older than olderThan, an hour at least, that none of the manifests given refers to,
// and GridFS files that an upload left when it was cut off. Every manifest that a head names or may be moved back to
// must be among them, see modulestore.Store.Manifests. It gives up when one of them cannot be read.
func (s *Store) Sweep(ctx context.Context, inForce []string, olderThan time.Duration) (Swept, error) {
	return s.sweep(ctx, inForce, s.clock.Now().Add(-max(olderThan, time.Hour)))
}

func (s *Store) sweep(ctx context.Context, inForce []string, before time.Time) (Swept, error) {
	var out Swept
	lists, digests, err := s.reach(ctx, inForce)
	if err != nil {
		return out, fmt.Errorf("sweep course files: %w", err)
	}
	old := bson.D{{Key: "$lt", Value: before}}
	var gone []string
	err = each(ctx, s.manifests, bson.D{{Key: "at", Value: 1}}, func(d bson.Raw) error {
		id, _ := d.Lookup("_id").StringValueOK()
		if at, _ := d.Lookup("at").TimeOK(); !lists[id] && at.Before(before) {
			gone = append(gone, id)
		}
		return nil
	})
	if err != nil {
		return out, fmt.Errorf("sweep file lists: %w", err)
	}
	for _, id := range gone {
		res, err := s.manifests.DeleteOne(ctx, bson.D{{Key: "_id", Value: id}, {Key: "at", Value: old}})
		if err != nil {
			return out, fmt.Errorf("sweep file lists: %w", err)
		}
		out.Manifests += int(res.DeletedCount)
	}
	if out.Blobs, err = s.sweepBlobs(ctx, digests, before); err != nil {
		return out, fmt.Errorf("sweep course files: %w", err)
	}
	return out, nil
}

func (s *Store) reach(ctx context.Context, inForce []string) (lists, digests map[string]bool, err error) {
	lists, digests = map[string]bool{}, map[string]bool{}
	for _, id := range inForce {
		if id == "" || lists[id] {
			continue
		}
		list, err := s.readManifest(ctx, id)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		lists[id] = true
		var fresh []byte
		for _, b := range distinct(list) {
			if !lists[b] {
				lists[b] = true
				h, err := hex.DecodeString(b)
				if err != nil {
					return nil, nil, err
				}
				fresh = append(fresh, h...)
			}
		}
		files, err := s.readBuckets(ctx, fresh)
		if err != nil {
			return nil, nil, err
		}
		for _, f := range files {
			// The thumbnail's field may hold a digest as well: whatever names content keeps it.
			digests[f.Digest], digests[f.ThumbnailDigest], digests[f.Thumbnail] = true, true, true
		}
	}
	return lists, digests, nil
}

// sweepBlobs removes blobs first and then GridFS files without one, so that no blob is ever left without its file.
func (s *Store) sweepBlobs(ctx context.Context, digests map[string]bool, before time.Time) (int, error) {
	removed := 0
	var gone []string
	used := map[bson.ObjectID]bool{}
	err := each(ctx, s.blobs, nil, func(d bson.Raw) error {
		var b storedBlob
		if err := bson.Unmarshal(d, &b); err != nil {
			return err
		}
		if digests[b.ID] || !b.At.Before(before) {
			used[b.File] = true
		} else {
			gone = append(gone, b.ID)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	for _, id := range gone {
		res, err := s.blobs.DeleteOne(ctx, bson.D{{Key: "_id", Value: id}, {Key: "at", Value: bson.D{{Key: "$lt", Value: before}}}})
		if err != nil {
			return removed, err
		}
		removed += int(res.DeletedCount)
		if res.DeletedCount == 0 { // asked for again meanwhile
			var b storedBlob
			if err := s.blobs.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&b); err == nil {
				used[b.File] = true
			}
		}
	}
	var files []bson.ObjectID
	err = each(ctx, s.bucket.GetFilesCollection(), bson.D{{Key: "uploadDate", Value: 1}}, func(d bson.Raw) error {
		id, ok := d.Lookup("_id").ObjectIDOK()
		if at, _ := d.Lookup("uploadDate").TimeOK(); ok && !used[id] && at.Before(before) {
			files = append(files, id)
		}
		return nil
	})
	if err != nil {
		return removed, err
	}
	for _, id := range files {
		if err := s.bucket.Delete(ctx, id); err != nil {
			return removed, err
		}
	}
	return removed, s.sweepChunks(ctx, before)
}

// sweepChunks removes chunks of uploads that were cut off before their file document.
func (s *Store) sweepChunks(ctx context.Context, before time.Time) error {
	complete := map[bson.ObjectID]bool{}
	orphans := map[bson.ObjectID]bool{}
	err := each(ctx, s.chunks, bson.D{{Key: "files_id", Value: 1}}, func(d bson.Raw) error {
		if id, ok := d.Lookup("files_id").ObjectIDOK(); ok && id.Timestamp().Before(before) {
			orphans[id] = true
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = each(ctx, s.bucket.GetFilesCollection(), bson.D{{Key: "_id", Value: 1}}, func(d bson.Raw) error {
		if id, ok := d.Lookup("_id").ObjectIDOK(); ok {
			complete[id] = true
		}
		return nil
	})
	if err != nil {
		return err
	}
	for id := range orphans {
		if complete[id] {
			continue
		}
		if _, err := s.chunks.DeleteMany(ctx, bson.D{{Key: "files_id", Value: id}}); err != nil {
			return err
		}
	}
	return nil
}

func each(ctx context.Context, c *mongo.Collection, fields bson.D, do func(bson.Raw) error) error {
	o := options.Find()
	if fields != nil {
		o.SetProjection(fields)
	}
	cursor, err := c.Find(ctx, bson.D{}, o)
	if err != nil {
		return err
	}
	defer cursor.Close(ctx)
	for cursor.Next(ctx) {
		if err := do(cursor.Current); err != nil {
			return err
		}
	}
	return cursor.Err()
}
