package contentstore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"lyceum/internal/fault"
)

// storedBlob says which GridFS file holds the content of a digest. It is written when the file is complete, so that a
// file cut off by a crash is never taken for content.
type storedBlob struct {
	ID   string        `bson:"_id"` // SHA-256 in hex
	File bson.ObjectID `bson:"file"`
	Size int64         `bson:"size"`
	At   time.Time     `bson:"at"` // when it was last put
}

// PutBlob stores what r yields and returns its SHA-256 in hex and its size. Content that is there is not stored again.
// The bytes pass through a local file, because their name is known only at their end.
func (s *Store) PutBlob(ctx context.Context, r io.Reader) (digest string, size int64, err error) {
	f, err := s.local.scratch()
	if err != nil {
		return "", 0, fmt.Errorf("put file: %w", err)
	}
	defer discard(f)
	sum := sha256.New()
	if size, err = io.Copy(io.MultiWriter(f, sum), contextReader{ctx, r}); err != nil {
		return "", 0, fmt.Errorf("put file: %w", err)
	}
	digest = hex.EncodeToString(sum.Sum(nil))
	there, err := s.touch(ctx, digest)
	if err != nil || there {
		return digest, size, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", 0, fmt.Errorf("put file: %w", err)
	}
	if err := s.upload(ctx, digest, size, f); err != nil {
		return "", 0, fmt.Errorf("put file %s: %w", digest, err)
	}
	return digest, size, nil
}

// Keep marks blobs as young, so that a sweep leaves them for another day; NotFound when one of them is gone.
func (s *Store) Keep(ctx context.Context, digests []string) error {
	for _, d := range digests {
		there, err := s.touch(ctx, d)
		if err == nil && !there {
			err = fault.NotFoundf("file %q is not kept", d)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// touch marks a blob as young, so that a sweep leaves it for the manifest that is about to name it.
func (s *Store) touch(ctx context.Context, digest string) (there bool, err error) {
	res, err := s.blobs.UpdateOne(ctx, bson.D{{Key: "_id", Value: digest}}, bson.D{{Key: "$set", Value: bson.D{{Key: "at", Value: s.clock.Now()}}}})
	if err != nil {
		return false, fmt.Errorf("look for file %s: %w", digest, err)
	}
	return res.MatchedCount > 0, nil
}

func (s *Store) upload(ctx context.Context, digest string, size int64, r io.Reader) error {
	id := bson.NewObjectID()
	if err := s.bucket.UploadFromStreamWithID(ctx, id, digest, r); err != nil {
		return err
	}
	_, err := s.blobs.InsertOne(ctx, storedBlob{digest, id, size, s.clock.Now()})
	if mongo.IsDuplicateKeyError(err) { // another upload of the same content came first
		if err := s.bucket.Delete(ctx, id); err != nil {
			s.logger.Warn("a second copy of a course file stays until the next sweep", "digest", digest, "error", err)
		}
		return nil
	}
	return err
}

// PutThumbnail stores a small picture of the picture that has a digest, and returns its own; Invalid or TooLarge where that is none, see [Thumbnail].
func (s *Store) PutThumbnail(ctx context.Context, digest string) (string, error) {
	body, _, err := s.Open(ctx, digest)
	if err != nil {
		return "", err
	}
	defer body.Close()
	small, err := Thumbnail(body)
	if err != nil {
		return "", err
	}
	d, _, err := s.PutBlob(ctx, bytes.NewReader(small))
	return d, err
}

// Open returns the bytes of a digest, from the local disk when they are there, and their number. The caller closes the
// reader. What does not have its digest is never returned; NotFound when there is no such content.
func (s *Store) Open(ctx context.Context, digest string) (io.ReadSeekCloser, int64, error) {
	if !isDigest(digest) {
		return nil, 0, fault.NotFoundf("file %q: not a digest", digest)
	}
	if f, size, ok := s.local.open(digest); ok {
		return f, size, nil
	}
	// One of those who wait fills the local copy; each opens it. A copy that is gone by then is fetched for oneself.
	done := s.fills.DoChan(digest, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Minute)
		defer cancel()
		f, _, err := s.fill(ctx, digest)
		if err != nil {
			return nil, err
		}
		return nil, f.Close()
	})
	select {
	case r := <-done:
		if r.Err != nil {
			return nil, 0, r.Err
		}
	case <-ctx.Done():
		return nil, 0, ctx.Err()
	}
	if f, size, ok := s.local.open(digest); ok {
		return f, size, nil
	}
	return s.fill(ctx, digest)
}

// fill fetches a file, checks it and keeps it in the local directory where that works. The file returned is open and
// at its start, whether or not it could be kept.
func (s *Store) fill(ctx context.Context, digest string) (*os.File, int64, error) {
	var b storedBlob
	err := s.blobs.FindOne(ctx, bson.D{{Key: "_id", Value: digest}}).Decode(&b)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, 0, fault.NotFoundf("file %s does not exist", digest)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("open file %s: %w", digest, err)
	}
	f, err := s.local.scratch()
	if err != nil {
		return nil, 0, fmt.Errorf("open file %s: %w", digest, err)
	}
	if err := s.download(ctx, b, f); err != nil {
		discard(f)
		return nil, 0, fmt.Errorf("open file %s: %w", digest, err)
	}
	s.local.keep(f, digest, b.Size)
	return f, b.Size, nil
}

func (s *Store) download(ctx context.Context, b storedBlob, f *os.File) error {
	sum := sha256.New()
	if _, err := s.bucket.DownloadToStream(ctx, b.File, io.MultiWriter(f, sum)); err != nil {
		return err
	}
	if hex.EncodeToString(sum.Sum(nil)) != b.ID {
		s.logger.Error("stored course file is damaged", "digest", b.ID, "file", b.File.Hex())
		return errDamaged
	}
	_, err := f.Seek(0, io.SeekStart)
	return err
}

var errDamaged = errors.New("stored file is damaged")

func isDigest(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == sha256.Size && hex.EncodeToString(b) == s
}

// contextReader ends a copy with its context.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
