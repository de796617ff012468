package contentstore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"golang.org/x/sync/errgroup"

	"lyceum/course"
	"lyceum/internal/fault"
)

// A manifest is a document that names its buckets, and buckets that hold the files, spread by the hash of the file's
// name; both are named by the hash of their content. So a changed file writes one bucket and the list of buckets.
type storedManifest struct {
	ID   string    `bson:"_id"`
	Data []byte    `bson:"data"` // of a manifest: the buckets' hashes; of a bucket: JSON, files by name
	At   time.Time `bson:"at"`   // when it was last written or asked for again
}

const (
	bucketFiles = 48 // files a bucket holds on average
	maxBuckets  = 1 << 12
	parallel    = 8
)

// storedFile is a [course.File] in a bucket; the names are part of the stored format.
type storedFile struct {
	Name            string        `json:"n"`
	DisplayName     string        `json:"d,omitempty"`
	ImportPath      string        `json:"p,omitempty"`
	ContentType     string        `json:"t,omitempty"`
	Digest          string        `json:"h"`
	Size            int64         `json:"s"`
	Locked          bool          `json:"l,omitempty"`
	Thumbnail       string        `json:"b,omitempty"`
	ThumbnailDigest string        `json:"bh,omitempty"`
	Uploaded        time.Time     `json:"u,omitzero"`
	Attrs           course.Fields `json:"a,omitempty"`
}

func numberOfBuckets(files int) int {
	n := 1
	for n*bucketFiles < files && n < maxBuckets {
		n *= 2
	}
	return n
}

// PutManifest stores the list of a course's files, by normalized name, and returns its id. No files have the id "".
func (s *Store) PutManifest(ctx context.Context, files map[string]course.File) (string, error) {
	return s.putManifest(ctx, files, nil)
}

func (s *Store) putManifest(ctx context.Context, files map[string]course.File, known []byte) (string, error) {
	if len(files) == 0 {
		return "", nil
	}
	buckets := make([][]storedFile, numberOfBuckets(len(files)))
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f := storedFile(files[name])
		f.Name, f.Uploaded = name, f.Uploaded.UTC()
		sum := sha256.Sum256([]byte(name))
		i := (int(sum[0])<<8 | int(sum[1])) % len(buckets)
		buckets[i] = append(buckets[i], f)
	}
	stored := map[string]bool{}
	for h := range slices.Chunk(known, sha256.Size) {
		stored[string(h)] = true
	}
	var list []byte
	var docs []storedManifest
	for _, b := range buckets {
		data, err := json.Marshal(b)
		if err != nil {
			return "", fmt.Errorf("store file list: %w", err)
		}
		sum := sha256.Sum256(data)
		list = append(list, sum[:]...)
		if !stored[string(sum[:])] {
			stored[string(sum[:])] = true // all empty buckets are one
			docs = append(docs, storedManifest{ID: hex.EncodeToString(sum[:]), Data: data})
		}
	}
	sum := sha256.Sum256(list)
	id := hex.EncodeToString(sum[:])
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for _, d := range docs {
		group.Go(func() error { return s.insertManifest(inner, d) })
	}
	if err := group.Wait(); err != nil {
		return "", err
	}
	if err := s.insertManifest(ctx, storedManifest{ID: id, Data: list}); err != nil { // after its buckets
		return "", err
	}
	return id, nil
}

// insertManifest stores a document, or marks it as young when it is there.
func (s *Store) insertManifest(ctx context.Context, d storedManifest) error {
	d.At = s.clock.Now()
	_, err := s.manifests.InsertOne(ctx, d)
	if mongo.IsDuplicateKeyError(err) {
		_, err = s.manifests.UpdateOne(ctx, bson.D{{Key: "_id", Value: d.ID}}, bson.D{{Key: "$set", Value: bson.D{{Key: "at", Value: d.At}}}})
	}
	if err != nil {
		return fmt.Errorf("store file list: %w", err)
	}
	return nil
}

// Manifest reads the list of a course's files, "" being the empty one; the map is shared and must not be changed.
// NotFound when there is no such list.
func (s *Store) Manifest(ctx context.Context, id string) (map[string]course.File, error) {
	if id == "" {
		return nil, nil //nolint:nilnil // no files
	}
	if files, ok := s.recent.get(id); ok {
		return files, nil
	}
	list, err := s.readManifest(ctx, id)
	if err != nil {
		return nil, err
	}
	files, err := s.readBuckets(ctx, list)
	if err != nil {
		return nil, fmt.Errorf("file list %s: %w", id, err)
	}
	s.recent.put(id, files)
	return files, nil
}

func (s *Store) readBuckets(ctx context.Context, list []byte) (map[string]course.File, error) {
	var mu sync.Mutex
	files := map[string]course.File{}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for _, id := range distinct(list) {
		group.Go(func() error {
			data, err := s.readManifest(ctx, id)
			if err != nil {
				return err
			}
			var some []storedFile
			if err := json.Unmarshal(data, &some); err != nil {
				return fmt.Errorf("bucket %s: %w", id, err)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, f := range some {
				files[f.Name] = course.File(f)
			}
			return nil
		})
	}
	return files, group.Wait()
}

// distinct lists the ids of a manifest's buckets.
func distinct(list []byte) []string {
	seen := map[string]bool{}
	var ids []string
	for h := range slices.Chunk(list, sha256.Size) {
		if id := hex.EncodeToString(h); !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}

// readManifest reads a manifest or bucket and checks its digest.
func (s *Store) readManifest(ctx context.Context, id string) ([]byte, error) {
	var d storedManifest
	err := s.manifests.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&d)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, fault.NotFoundf("file list %s does not exist", id)
	}
	if err != nil {
		return nil, fmt.Errorf("read file list %s: %w", id, err)
	}
	if sum := sha256.Sum256(d.Data); hex.EncodeToString(sum[:]) != id {
		s.logger.Error("stored list of course files is damaged", "id", id)
		return nil, fmt.Errorf("file list %s: %w", id, errDamaged)
	}
	return d.Data, nil
}

// Change stores the manifest that differs from id by the files in put and those named in remove.
func (s *Store) Change(ctx context.Context, id string, put []course.File, remove []string) (string, error) {
	old, err := s.Manifest(ctx, id)
	if err != nil {
		return "", err
	}
	files := make(map[string]course.File, len(old)+len(put))
	maps.Copy(files, old)
	for _, name := range remove {
		delete(files, name)
	}
	for _, f := range put {
		if f.Name == "" || strings.ContainsRune(f.Name, '/') {
			return "", fault.Invalidf("file name %q is not normalized", f.Name)
		}
		files[f.Name] = f
	}
	var known []byte
	if id != "" {
		if known, err = s.readManifest(ctx, id); err != nil {
			return "", err
		}
	}
	return s.putManifest(ctx, files, known)
}

// recent keeps the manifests read last; compiled courses hold theirs themselves.
type recent struct {
	mu    sync.Mutex
	byID  map[string]map[string]course.File
	order []string
}

const recentManifests = 8

func (r *recent) get(id string) (map[string]course.File, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	files, ok := r.byID[id]
	return files, ok
}

func (r *recent) put(id string, files map[string]course.File) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.byID[id]; ok {
		return
	}
	if r.byID == nil {
		r.byID = map[string]map[string]course.File{}
	}
	r.byID[id] = files
	if r.order = append(r.order, id); len(r.order) > recentManifests {
		delete(r.byID, r.order[0])
		r.order = r.order[1:]
	}
}
