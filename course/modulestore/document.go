package modulestore

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"golang.org/x/sync/errgroup"
)

// storedDocument is a [document] in MongoDB.
type storedDocument struct {
	ID    string    `bson:"_id"` // hash in hex
	Kind  string    `bson:"kind"`
	Index []byte    `bson:"index"`
	Data  []byte    `bson:"data"`
	At    time.Time `bson:"at"` // when it was last written or asked for again; the sweeper leaves the young alone
}

const (
	batchBytes = 4 << 20 // of one insert
	parallel   = 8       // documents asked for at once
)

// insert stores documents in as few calls as their size allows. One that is there already is only marked as young, so
// that a sweep at the same time does not take it from under us.
func (s *Store) insert(ctx context.Context, docs []document) error {
	now := s.clock.Now()
	var batch []any
	var size int
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		if err := s.insertBatch(ctx, batch); err != nil {
			return failed(err, "store course documents")
		}
		batch, size = nil, 0
		return nil
	}
	for _, d := range docs {
		batch = append(batch, storedDocument{ID: d.id.String(), Kind: string(d.kind), Index: d.index, Data: d.data, At: now})
		size += len(d.index) + len(d.data) + 200
		s.written.Add(int64(len(d.index) + len(d.data) + 200))
		if size >= batchBytes || len(batch) >= 1000 {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

func (s *Store) insertBatch(ctx context.Context, batch []any) error {
	_, err := s.documents.InsertMany(ctx, batch, options.InsertMany().SetOrdered(false))
	var bulk mongo.BulkWriteException
	if err == nil || !errors.As(err, &bulk) || bulk.WriteConcernError != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for _, e := range bulk.WriteErrors {
		if e.Code != duplicateKey || e.Index < 0 || e.Index >= len(batch) {
			return errors.Join(err, group.Wait())
		}
		d := batch[e.Index].(storedDocument)
		group.Go(func() error {
			res, err := s.documents.UpdateOne(ctx, bson.D{{Key: "_id", Value: d.ID}}, bson.D{{Key: "$set", Value: bson.D{{Key: "at", Value: d.At}}}})
			if err != nil || res.MatchedCount > 0 {
				return err
			}
			_, err = s.documents.InsertOne(ctx, d)
			if mongo.IsDuplicateKeyError(err) {
				return nil
			}
			return err
		})
	}
	return group.Wait()
}

const duplicateKey = 11000

// errDamaged says that a stored document is missing or is not what its name says.
var errDamaged = errors.New("stored document is missing or damaged")

// fetch reads one document and checks its index; its records are checked by those who read them.
func (s *Store) fetch(ctx context.Context, id hash, k kind) (document, error) {
	var d storedDocument
	err := s.documents.FindOne(ctx, bson.D{{Key: "_id", Value: id.String()}}).Decode(&d)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return document{}, fmt.Errorf("%s %s is missing: %w", k, id, errDamaged)
	}
	if err != nil {
		return document{}, failed(err, "read %s %s", k, id)
	}
	if k == partKind {
		if sha256.Sum256(d.Data) != id {
			return document{}, fmt.Errorf("%s %s: %w", k, id, errDamaged)
		}
	} else if idOf(k, d.Index) != id {
		return document{}, fmt.Errorf("%s %s: %w", k, id, errDamaged)
	}
	return document{id: id, kind: k, index: d.Index, data: d.Data}, nil
}

// fetchDefinition reads the record of a definition, whole and checked.
func (s *Store) fetchDefinition(ctx context.Context, id hash) ([]byte, error) {
	d, err := s.fetch(ctx, id, definitionKind)
	if err != nil {
		return nil, err
	}
	lengths, stretches, err := readDefinition(d.index)
	if err != nil {
		return nil, fmt.Errorf("definition %s: %w", id, errDamaged)
	}
	if len(stretches) == 1 {
		if len(d.data) != lengths[0] || sha256.Sum256(d.data) != stretches[0] {
			return nil, fmt.Errorf("definition %s: %w", id, errDamaged)
		}
		return d.data, nil
	}
	var record []byte
	for _, h := range stretches {
		p, err := s.fetch(ctx, h, partKind)
		if err != nil {
			return nil, err
		}
		record = append(record, p.data...)
	}
	return record, nil
}

// readDefinition lists the stretches of a definition's record.
func readDefinition(index []byte) (lengths []int, stretches []hash, err error) {
	r := reader{left: index}
	r.format()
	for len(r.left) > 0 {
		lengths = append(lengths, r.count())
		stretches = append(stretches, r.hash())
	}
	if r.bad || len(stretches) == 0 {
		return nil, nil, errCut
	}
	return lengths, stretches, nil
}
