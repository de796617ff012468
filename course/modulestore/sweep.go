package modulestore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"golang.org/x/sync/errgroup"
)

// Swept counts what a sweep removed.
type Swept struct{ Versions, Documents int }

// Sweep removes versions that never were in force or belong to deleted courses, and documents that no version refers
// to, as far as they are older than olderThan; deleted courses stay as long as they can be restored. That must be longer than any import takes, and is an hour at least.
// Running it in several processes at once is harmless.
func (s *Store) Sweep(ctx context.Context, olderThan time.Duration) (Swept, error) {
	return s.sweep(ctx, s.clock.Now().Add(-max(olderThan, time.Hour)))
}

func (s *Store) sweep(ctx context.Context, before time.Time) (Swept, error) {
	var out Swept
	// First what is in force, then what is stored: what is stored in between is young.
	inForce, err := s.everInForce(ctx, s.deletedBefore(before))
	if err != nil {
		return out, fmt.Errorf("sweep course content: %w", err)
	}
	var oldVersions []string
	roots := map[hash]struct{}{}
	err = s.each(ctx, s.versions, bson.D{{Key: "root", Value: 1}, {Key: "time", Value: 1}}, func(d bson.Raw) error {
		var v storedVersion
		if err := bson.Unmarshal(d, &v); err != nil {
			return err
		}
		if !inForce[v.ID] && v.Time.Before(before) {
			oldVersions = append(oldVersions, v.ID)
		} else if h, ok := parseHash(v.Root); ok {
			roots[h] = struct{}{}
		}
		return nil
	})
	if err != nil {
		return out, fmt.Errorf("sweep course versions: %w", err)
	}
	reached, err := s.reach(ctx, roots)
	if err != nil {
		return out, fmt.Errorf("sweep course documents: %w", err)
	}
	var oldDocuments []string
	err = s.each(ctx, s.documents, bson.D{{Key: "at", Value: 1}}, func(d bson.Raw) error {
		id, _ := d.Lookup("_id").StringValueOK()
		at, _ := d.Lookup("at").TimeOK()
		if h, ok := parseHash(id); ok && at.Before(before) {
			if _, ok := reached[h]; !ok {
				oldDocuments = append(oldDocuments, id)
			}
		}
		return nil
	})
	if err != nil {
		return out, fmt.Errorf("sweep course documents: %w", err)
	}
	// Versions go before their documents, so that no version is ever left without.
	if out.Versions, err = s.removeOld(ctx, s.versions, oldVersions, "time", before); err != nil {
		return out, err
	}
	out.Documents, err = s.removeOld(ctx, s.documents, oldDocuments, "at", before)
	return out, err
}

// everInForce lists the versions that are or were in force in courses that exist, or that were deleted lately. Past
// heads from before a deletion are removed.
func (s *Store) everInForce(ctx context.Context, before time.Time) (map[string]bool, error) {
	all, err := s.readHeads(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	add := func(st state) { out[st.Draft], out[st.Published] = true, true }
	for _, now := range all {
		add(now)
		past, err := s.history(ctx, now, 0)
		if err != nil {
			return nil, err
		}
		gone := now.Deleted && now.At.Before(before)
		for _, st := range past { // newest first
			gone = gone || st.Deleted && st.At.Before(before)
			if !gone {
				add(st)
			} else if _, err := s.pasts.DeleteOne(ctx, bson.D{{Key: "_id", Value: st.ID}}); err != nil {
				return nil, fmt.Errorf("remove past head %s: %w", st.ID, err)
			}
		}
	}
	return out, nil
}

// history lists past heads of a course, newest first; limit 0 means all.
func (s *Store) history(ctx context.Context, now state, limit int) ([]state, error) {
	cursor, err := s.pasts.Find(ctx, bson.D{{Key: "head", Value: now.ID}},
		options.Find().SetSort(bson.D{{Key: "rev", Value: -1}}).SetLimit(int64(limit)))
	if err != nil {
		return nil, failed(err, "read history of %s", now.Course)
	}
	var out []state
	if err := cursor.All(ctx, &out); err != nil {
		return nil, failed(err, "read history of %s", now.Course)
	}
	return out, nil
}

// reach follows the indexes of documents from the roots.
func (s *Store) reach(ctx context.Context, roots map[hash]struct{}) (map[hash]struct{}, error) {
	type step struct {
		id hash
		k  kind
	}
	reached := map[hash]struct{}{}
	var wave []step
	want := func(id hash, k kind) {
		if _, ok := reached[id]; !ok {
			reached[id] = struct{}{}
			wave = append(wave, step{id, k})
		}
	}
	for h := range roots {
		want(h, courseKind)
	}
	for len(wave) > 0 {
		now := wave
		wave = nil
		found := make([][]ref, len(now))
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(parallel)
		for i, st := range now {
			group.Go(func() error {
				var d storedDocument
				err := s.documents.FindOne(ctx, bson.D{{Key: "_id", Value: st.id.String()}},
					options.FindOne().SetProjection(bson.D{{Key: "index", Value: 1}})).Decode(&d)
				if errors.Is(err, mongo.ErrNoDocuments) {
					return nil
				}
				found[i] = refs(st.k, d.Index)
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return nil, err
		}
		for _, list := range found {
			for _, r := range list {
				want(r.id, r.kind)
			}
		}
	}
	return reached, nil
}

type ref struct {
	id   hash
	kind kind
}

// refs lists what the index of a document refers to, as far as it can be read.
func refs(k kind, index []byte) (out []ref) {
	r := reader{left: index}
	if k == partKind {
		return nil
	}
	r.format()
	if k == definitionKind {
		_, stretches, _ := readDefinition(index)
		if len(stretches) > 1 {
			for _, h := range stretches {
				out = append(out, ref{h, partKind})
			}
		}
		return out
	}
	child := sectionKind
	if k == sectionKind {
		child = subsectionKind
	}
	var entry func()
	entry = func() {
		tag := r.bytes(1)
		if r.bad {
			return
		}
		switch tag[0] {
		case tagInline:
			r.count()
			r.hash()
		case tagDefinition:
			out = append(out, ref{r.hash(), definitionKind})
		case tagLost:
			r.hash()
		case tagDocument:
			out = append(out, ref{r.hash(), child})
			r.string()
			r.string()
			return
		default:
			r.bad = true
			return
		}
		r.string()
		r.string()
		for n := r.count(); n > 1 && !r.bad; n-- {
			entry()
		}
	}
	if k == courseKind {
		entry()
		return append(out, ref{r.hash(), pagesKind}, ref{r.hash(), extraKind})
	}
	for len(r.left) > 0 && !r.bad {
		entry()
	}
	return out
}

func (s *Store) each(ctx context.Context, c *mongo.Collection, fields bson.D, do func(bson.Raw) error) error {
	cursor, err := c.Find(ctx, bson.D{}, options.Find().SetProjection(fields))
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

// removeOld removes by id what still is old: a write meanwhile may have asked for it again. Writes of this process wait
// for a few removals at a time, not for all.
func (s *Store) removeOld(ctx context.Context, c *mongo.Collection, ids []string, field string, before time.Time) (removed int, err error) {
	for some := range slices.Chunk(ids, 50) {
		n, err := s.removeSome(ctx, c, some, field, before)
		removed += n
		if err != nil {
			return removed, fmt.Errorf("sweep %s: %w", c.Name(), err)
		}
	}
	return removed, nil
}

func (s *Store) removeSome(ctx context.Context, c *mongo.Collection, ids []string, field string, before time.Time) (removed int, err error) {
	s.sweeping.Lock()
	defer s.sweeping.Unlock()
	for _, id := range ids {
		res, err := c.DeleteOne(ctx, bson.D{{Key: "_id", Value: id}, {Key: field, Value: bson.D{{Key: "$lt", Value: before}}}})
		if err != nil {
			return removed, err
		}
		removed += int(res.DeletedCount)
	}
	return removed, nil
}

// Manifests lists the manifests of course files that are or were in force in courses that exist: what a sweep of files
// must keep.
func (s *Store) Manifests(ctx context.Context) ([]string, error) {
	all, err := s.readHeads(ctx)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{"": true}
	var out []string
	for _, now := range all {
		past, err := s.history(ctx, now, 0)
		if err != nil {
			return nil, err
		}
		for _, st := range append([]state{now}, past...) {
			if !seen[st.Files] {
				seen[st.Files] = true
				out = append(out, st.Files)
			}
		}
	}
	return out, nil
}
