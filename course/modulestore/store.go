package modulestore

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"golang.org/x/sync/singleflight"

	"lyceum/course"
	"lyceum/internal/clock"
)

// Options of a store. Zero values work, but for Files when courses have files.
type Options struct {
	// Describe tells the facts of blocks when a course is compiled.
	Describe course.Describe
	// Files reads the manifest that a head names; contentstore.Store.Manifest fits. It is never called with "".
	Files func(ctx context.Context, manifest string) (map[string]course.File, error)
	// Budget bounds the memory of compiled courses and content, in bytes; 0 means 256 MiB. What is in use stays alive.
	Budget int64
	Logger *slog.Logger
	Clock  clock.Clock
	// KeepDeleted is how long a deleted course can be restored; a shorter time than what a sweep calls old is that time.
	KeepDeleted time.Duration
	// Announce tells other processes that heads have moved, so that they call Wake; nil leaves them to polling.
	Announce func(ctx context.Context)
}

// Store is safe for concurrent use.
type Store struct {
	documents, versions, heads, pasts, signals *mongo.Collection

	describe course.Describe
	files    func(context.Context, string) (map[string]course.File, error)
	logger   *slog.Logger
	clock    clock.Clock
	announce func(context.Context)
	keptFor  time.Duration // deleted courses

	content   *shelf[course.VersionID, *loaded]
	compiled  *shelf[course.Key, *ready]
	summaries *shelf[string, course.Summary] // by their stored text
	parts     parts
	loads     singleflight.Group
	builds    singleflight.Group
	sweeping  sync.RWMutex // held for reading from the first document of a write to its move

	mu        sync.RWMutex
	states    map[string]state // heads by id, as last seen
	byKey     map[course.Key]state
	listeners []func(course.PublishedEvent)
	watching  atomic.Bool // states are kept up to date
	wake      chan struct{}

	looks       sync.Mutex
	lastMark    string
	lastLook    time.Time
	lookDue     time.Duration
	lastUnknown time.Time

	written atomic.Int64                                 // bytes of documents handed to MongoDB
	step    func(ctx context.Context, name string) error // set by tests that stop a write between two steps
}

// at is a place between two steps of a write.
func (s *Store) at(ctx context.Context, name string) error {
	if s.step != nil {
		return s.step(ctx, name)
	}
	return nil
}

// Head says which versions of a course are in force.
type Head struct {
	Key       course.Key
	Draft     course.VersionID
	Published course.VersionID // "" when nothing is published
	Files     string           // manifest, "" for none
	Changed   time.Time        // UTC
}

// ImportRequest replaces what a course holds in one step, or makes the course.
type ImportRequest struct {
	Key   course.Key
	Draft *course.Content
	// Published is the learners' content; nil leaves what is published as it is.
	Published *course.Content
	// Files is the manifest of the course's files, "" when it has none.
	Files           string
	Author, Message string
	// New refuses, as a Conflict, a key that is taken already.
	New bool
	// Seen, where it is set, is the head that is replaced: when another is in force the error holds a [*Conflict], and nothing changes.
	Seen *Head
}

// Result names the versions in force after an import.
type Result struct{ Draft, Published course.VersionID }

// Conflict is the cause of an error of kind Conflict: somebody else moved the branch first.
type Conflict struct { //nolint:errname // it is the cause of an error of kind Conflict
	Key    course.Key
	Branch course.Branch
	Seen   course.VersionID // what the caller worked on
	Other  course.VersionID // what is in force now
}

func (c *Conflict) Error() string {
	return fmt.Sprintf("%s of %s is at version %s, not %s", c.Branch, c.Key, c.Other, c.Seen)
}

// Open prepares db for use. It starts nothing; see Watch.
func Open(ctx context.Context, db *mongo.Database, o Options) (*Store, error) {
	if err := ensureIndexes(ctx, db); err != nil {
		return nil, fmt.Errorf("open course store: %w", err)
	}
	budget := o.Budget
	if budget <= 0 {
		budget = 256 << 20
	}
	logger := o.Logger
	if logger == nil {
		logger = slog.Default()
	}
	return &Store{
		documents: durable(db, documents), versions: durable(db, versions), heads: durable(db, heads), pasts: durable(db, pasts),
		signals: durable(db, signals), describe: o.Describe, files: o.Files, logger: logger, clock: o.Clock, announce: o.Announce, keptFor: o.KeepDeleted,
		// Compiled courses share their blocks with the content they were made from; what is kept of content besides is for authors.
		content: newShelf[course.VersionID, *loaded](budget / 4), compiled: newShelf[course.Key, *ready](budget - budget/4),
		summaries: newShelf[string, course.Summary](8 << 20), states: map[string]state{}, byKey: map[course.Key]state{}, wake: make(chan struct{}, 1),
	}, nil
}
