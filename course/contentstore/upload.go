package contentstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"lyceum/internal/fault"
)

// Upload is a file that comes in pieces, over several requests and to several processes. It is no content before it is finished, and is
// swept away when nothing comes any more.
type Upload struct {
	ID       string
	Owner    string // whose room it takes, see [Store.BeginUpload]
	Size     int64  // bytes it will have
	Received int64  // bytes kept so far, from the beginning without a gap
	Digest   string // of the content, once it is finished; "" before
	At       time.Time
}

// storedUpload lists the pieces of an upload in order. It is replaced by compare-and-set on what was received, so that of two requests
// that bring the same bytes one wins and no piece is counted twice.
type storedUpload struct {
	ID       string        `bson:"_id"`
	Owner    string        `bson:"owner"`
	Size     int64         `bson:"size"`
	Received int64         `bson:"received"`
	Pieces   []storedPiece `bson:"pieces"`
	Digest   string        `bson:"digest"` // once it is finished; there are no pieces then
	At       time.Time     `bson:"at"`
}

type storedPiece struct {
	ID   bson.ObjectID `bson:"id"`
	Size int64         `bson:"size"`
}

type storedPieceData struct {
	ID   bson.ObjectID `bson:"_id"`
	Data []byte        `bson:"data"`
}

// The bounds of uploads under way.
const (
	pieceSize   = 1 << 20
	tinyPiece   = 64 << 10         // a shorter piece is made one with the next
	ownersRoom  = 1 << 30          // bytes one owner's unfinished uploads may come to
	idleAfter   = 10 * time.Minute // from then on an upload makes way for its owner's next
	ownersMost  = 200              // unfinished uploads of one owner
	uploadsGone = 24 * time.Hour   // unfinished uploads are kept so long after their last byte
)

func (u storedUpload) upload() Upload {
	return Upload{u.ID, u.Owner, u.Size, u.Received, u.Digest, u.At.UTC()}
}

// FindUpload returns an upload under way; NotFound when there is none of that id.
func (s *Store) FindUpload(ctx context.Context, id string) (Upload, error) {
	u, err := s.findUpload(ctx, id)
	return u.upload(), err
}

func (s *Store) findUpload(ctx context.Context, id string) (u storedUpload, err error) {
	err = s.uploads.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&u)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return u, fault.NotFoundf("upload %s is not under way", id)
	}
	if err != nil {
		return u, fmt.Errorf("find upload: %w", err)
	}
	return u, nil
}

// BeginUpload makes room for an upload, or returns the one of that id that is under way. An owner whose unfinished uploads take too much
// room loses those that stand still; where that is not enough the upload is refused as TooMany.
func (s *Store) BeginUpload(ctx context.Context, id, owner string, size int64) (Upload, error) {
	if u, err := s.findUpload(ctx, id); err == nil || !fault.Is(err, fault.NotFound) {
		return u.upload(), err
	}
	if err := s.makeRoom(ctx, owner, size); err != nil {
		return Upload{}, err
	}
	u := storedUpload{ID: id, Owner: owner, Size: size, At: s.clock.Now()}
	if _, err := s.uploads.InsertOne(ctx, u); mongo.IsDuplicateKeyError(err) {
		return s.FindUpload(ctx, id)
	} else if err != nil {
		return Upload{}, fmt.Errorf("begin upload: %w", err)
	}
	return u.upload(), nil
}

func (s *Store) makeRoom(ctx context.Context, owner string, size int64) error {
	cursor, err := s.uploads.Find(ctx, bson.D{{Key: "owner", Value: owner}})
	if err != nil {
		return fmt.Errorf("make room for an upload: %w", err)
	}
	var all []storedUpload
	if err := cursor.All(ctx, &all); err != nil {
		return fmt.Errorf("make room for an upload: %w", err)
	}
	all = slices.DeleteFunc(all, func(u storedUpload) bool { return u.Digest != "" })
	slices.SortFunc(all, func(a, b storedUpload) int { return a.At.Compare(b.At) })
	taken, count := size, len(all)+1
	for _, u := range all {
		taken += u.Size
	}
	for _, u := range all {
		if taken <= ownersRoom && count <= ownersMost {
			break
		}
		if u.At.After(s.clock.Now().Add(-idleAfter)) {
			return fault.TooManyf("%q has uploads of %d bytes under way", owner, taken-size).After(time.Minute)
		}
		if err := s.DropUpload(ctx, u.ID); err != nil {
			return err
		}
		taken, count = taken-u.Size, count-1
	}
	return nil
}

// Moved is the cause of an error of kind Conflict: bytes were brought for another place than the upload has come to.
type Moved struct{ Received int64 } //nolint:errname // it is the cause of an error of kind Conflict

func (m *Moved) Error() string { return fmt.Sprintf("upload has come to byte %d", m.Received) }

// AppendUpload adds the bytes r yields, the first of which has its place at from, and returns how much the upload has come to. What it
// has already is passed over; a gap is a Conflict that holds a [*Moved]; more bytes than the upload will have are Invalid. Bytes are kept as
// they come: those before an error are not lost.
func (s *Store) AppendUpload(ctx context.Context, id string, from int64, r io.Reader) (received int64, err error) {
	u, err := s.findUpload(ctx, id)
	if err != nil {
		return 0, err
	}
	if from > u.Received {
		return u.Received, &fault.Error{Kind: fault.Conflict, Err: &Moved{u.Received}}
	}
	if _, err := io.CopyN(io.Discard, r, u.Received-from); err != nil {
		return u.Received, ignoreEnd(err)
	}
	buffer := make([]byte, min(pieceSize, max(u.Size-u.Received, 1)+1))
	for {
		n, readErr := io.ReadFull(r, buffer)
		if u.Received+int64(n) > u.Size {
			return u.Received, fault.Invalidf("upload of %d bytes gets more", u.Size)
		}
		if n > 0 {
			// What was read is kept even where the connection is gone.
			if u, err = s.appendPiece(context.WithoutCancel(ctx), u, buffer[:n]); err != nil {
				return u.Received, err
			}
		}
		if readErr != nil {
			return u.Received, ignoreEnd(readErr)
		}
	}
}

func ignoreEnd(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// appendPiece stores the piece first and then the list that names it. A piece no list names is swept. What is brought in tiny stretches
// becomes one piece with the tiny one before it, so that the list stays short.
func (s *Store) appendPiece(ctx context.Context, u storedUpload, data []byte) (storedUpload, error) {
	next := u
	next.Received, next.At = u.Received+int64(len(data)), s.clock.Now()
	next.Pieces = slices.Clip(u.Pieces)
	var merged []storedPiece
	if n := len(u.Pieces); n > 0 && u.Pieces[n-1].Size < tinyPiece {
		before, err := s.readPiece(ctx, u.Pieces[n-1])
		if errors.Is(err, mongo.ErrNoDocuments) { // another request was faster
			return s.moved(ctx, u)
		}
		if err != nil {
			return u, fmt.Errorf("keep a piece of an upload: %w", err)
		}
		data, merged, next.Pieces = append(before, data...), u.Pieces[n-1:], slices.Clip(u.Pieces[:n-1])
	}
	piece := storedPiece{bson.NewObjectIDFromTimestamp(s.clock.Now()), int64(len(data))}
	if _, err := s.pieces.InsertOne(ctx, storedPieceData{piece.ID, data}); err != nil {
		return u, fmt.Errorf("keep a piece of an upload: %w", err)
	}
	next.Pieces = append(next.Pieces, piece)
	res, err := s.uploads.ReplaceOne(ctx, bson.D{{Key: "_id", Value: u.ID}, {Key: "received", Value: u.Received}}, next)
	if err != nil {
		return u, fmt.Errorf("keep a piece of an upload: %w", err)
	}
	if res.MatchedCount == 0 {
		if _, err := s.pieces.DeleteOne(ctx, bson.D{{Key: "_id", Value: piece.ID}}); err != nil {
			s.logger.Warn("a piece of an upload stays until the next sweep", "upload", u.ID, "error", err)
		}
		return s.moved(ctx, u)
	}
	if err := s.dropPieces(ctx, merged); err != nil {
		s.logger.Warn("a piece of an upload stays until the next sweep", "upload", u.ID, "error", err)
	}
	return next, nil
}

// moved says that an upload has come further than was known of it.
func (s *Store) moved(ctx context.Context, u storedUpload) (storedUpload, error) {
	now, err := s.findUpload(ctx, u.ID)
	if err != nil {
		return u, err
	}
	return now, &fault.Error{Kind: fault.Conflict, Err: &Moved{now.Received}}
}

func (s *Store) readPiece(ctx context.Context, p storedPiece) ([]byte, error) {
	var d storedPieceData
	if err := s.pieces.FindOne(ctx, bson.D{{Key: "_id", Value: p.ID}}).Decode(&d); err != nil {
		return nil, err
	}
	if int64(len(d.Data)) != p.Size {
		return nil, errDamaged
	}
	return d.Data, nil
}

// FinishUpload stores the bytes of a complete upload as content and returns their digest; Conflict with a [*Moved] while some are
// missing. That it is finished is remembered until the upload is dropped or swept, so that who did not hear of it can ask again.
func (s *Store) FinishUpload(ctx context.Context, id string) (digest string, size int64, err error) {
	u, err := s.findUpload(ctx, id)
	if err != nil {
		return "", 0, err
	}
	if u.Received != u.Size {
		return "", 0, &fault.Error{Kind: fault.Conflict, Err: &Moved{u.Received}}
	}
	if u.Digest != "" {
		there, err := s.touch(ctx, u.Digest)
		if err == nil && !there { // swept since
			err = errors.Join(fault.NotFoundf("upload %s is gone", id), s.DropUpload(ctx, id))
		}
		return u.Digest, u.Size, err
	}
	if digest, size, err = s.PutBlob(ctx, &pieceReader{ctx: ctx, store: s, left: u.Pieces}); err != nil {
		// Somebody who finished it at the same time has taken the pieces away.
		if now, findErr := s.findUpload(ctx, id); findErr == nil && now.Digest != "" {
			return now.Digest, now.Size, nil
		}
		return "", 0, err
	}
	done := u
	done.Digest, done.Pieces, done.At = digest, nil, s.clock.Now()
	if _, err := s.uploads.ReplaceOne(ctx, bson.D{{Key: "_id", Value: id}, {Key: "received", Value: u.Received}}, done); err != nil {
		return "", 0, fmt.Errorf("finish upload: %w", err)
	}
	return digest, size, s.dropPieces(ctx, u.Pieces)
}

// pieceReader reads the pieces of an upload one after the other.
type pieceReader struct {
	ctx   context.Context //nolint:containedctx // a reader lives no longer than the call that makes it
	store *Store
	left  []storedPiece
	data  []byte
}

func (r *pieceReader) Read(p []byte) (int, error) {
	for len(r.data) == 0 {
		if len(r.left) == 0 {
			return 0, io.EOF
		}
		data, err := r.store.readPiece(r.ctx, r.left[0])
		if err != nil {
			return 0, fmt.Errorf("read a piece of an upload: %w", err)
		}
		r.data, r.left = data, r.left[1:]
	}
	n := copy(p, r.data)
	r.data = r.data[n:]
	return n, nil
}

// DropUpload forgets an upload and its bytes. One that is not there is no error.
func (s *Store) DropUpload(ctx context.Context, id string) error {
	u, err := s.findUpload(ctx, id)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := s.uploads.DeleteOne(ctx, bson.D{{Key: "_id", Value: id}}); err != nil {
		return fmt.Errorf("drop upload: %w", err)
	}
	return s.dropPieces(ctx, u.Pieces)
}

func (s *Store) dropPieces(ctx context.Context, list []storedPiece) error {
	for _, p := range list {
		if _, err := s.pieces.DeleteOne(ctx, bson.D{{Key: "_id", Value: p.ID}}); err != nil {
			return fmt.Errorf("drop pieces of an upload: %w", err)
		}
	}
	return nil
}

// SweepUploads drops uploads to which nothing was added for a day, and pieces that no upload names, and says how many uploads there were.
func (s *Store) SweepUploads(ctx context.Context) (int, error) {
	before := s.clock.Now().Add(-uploadsGone)
	var gone []string
	named := map[bson.ObjectID]bool{}
	err := each(ctx, s.uploads, nil, func(d bson.Raw) error {
		var u storedUpload
		if err := bson.Unmarshal(d, &u); err != nil {
			return err
		}
		if u.At.Before(before) {
			gone = append(gone, u.ID)
			return nil
		}
		for _, p := range u.Pieces {
			named[p.ID] = true
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("sweep uploads: %w", err)
	}
	for _, id := range gone {
		if err := s.DropUpload(ctx, id); err != nil {
			return 0, fmt.Errorf("sweep uploads: %w", err)
		}
	}
	var lost []bson.ObjectID
	err = each(ctx, s.pieces, bson.D{{Key: "_id", Value: 1}}, func(d bson.Raw) error {
		if id, ok := d.Lookup("_id").ObjectIDOK(); ok && !named[id] && id.Timestamp().Before(before) {
			lost = append(lost, id)
		}
		return nil
	})
	if err != nil {
		return len(gone), fmt.Errorf("sweep uploads: %w", err)
	}
	for _, id := range lost {
		if _, err := s.pieces.DeleteOne(ctx, bson.D{{Key: "_id", Value: id}}); err != nil {
			return len(gone), fmt.Errorf("sweep uploads: %w", err)
		}
	}
	return len(gone), nil
}
