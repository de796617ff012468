package modulestore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"lyceum/course"
	"lyceum/internal/clock"
	"lyceum/internal/fault"
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
	// Announce tells other processes that heads have moved, so that they call Wake; nil leaves them to polling.
	Announce func(ctx context.Context)
}

// Store is safe for concurrent use.
type Store struct{ db *mongo.Database }

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
	// Files is the manifest of the course's files; "" leaves it as it is.
	Files           string
	Author, Message string
}

// Result names the versions in force after an import.
type Result struct{ Draft, Published course.VersionID }

// Conflict is the cause of an error of kind Conflict: somebody else moved the branch first.
type Conflict struct {
	Key    course.Key
	Branch course.Branch
	Seen   course.VersionID // what the caller worked on
	Other  course.VersionID // what is in force now
}

func (c *Conflict) Error() string {
	return fmt.Sprintf("%s of %s is at version %s, not %s", c.Branch, c.Key, c.Other, c.Seen)
}

// Swept counts what a sweep removed.
type Swept struct{ Versions, Documents int }

var errUnfinished = &fault.Error{Kind: fault.Internal, Err: errors.New("modulestore is not finished")}

// Open prepares db for use. It starts nothing; see Watch.
func Open(ctx context.Context, db *mongo.Database, o Options) (*Store, error) {
	return &Store{db: db}, nil
}

// Import stores content and moves draft, published and files at once. Of two imports at the same time the later wins.
// A key that differs only in case from an existing one is refused as a Conflict.
func (s *Store) Import(ctx context.Context, r ImportRequest) (Result, error) {
	return Result{}, errUnfinished
}

// Head returns what is in force of a course; NotFound when there is no such course.
func (s *Store) Head(ctx context.Context, key course.Key) (Head, error) { return Head{}, errUnfinished }

// Content returns what is in force on a branch. The content is shared: see the package comment.
func (s *Store) Content(ctx context.Context, key course.Key, branch course.Branch) (*course.Content, course.Version, error) {
	return nil, course.Version{}, errUnfinished
}

// ContentAt returns the content of any version.
func (s *Store) ContentAt(ctx context.Context, id course.VersionID) (*course.Content, course.Version, error) {
	return nil, course.Version{}, errUnfinished
}

// SetDraft makes content the draft if the draft still is the version seen; otherwise the error holds a [*Conflict].
func (s *Store) SetDraft(ctx context.Context, key course.Key, seen course.VersionID, content *course.Content, author, message string) (course.Version, error) {
	return course.Version{}, errUnfinished
}

// SetPublished makes content the learners' if the published version still is the one seen ("" for none).
func (s *Store) SetPublished(ctx context.Context, key course.Key, seen course.VersionID, content *course.Content, author, message string) (course.Version, error) {
	return course.Version{}, errUnfinished
}

// Publish makes an existing version, such as the draft's, the learners' if the published version still is the one seen.
func (s *Store) Publish(ctx context.Context, key course.Key, seen, version course.VersionID) error {
	return errUnfinished
}

// SetFiles makes manifest the list of the course's files if the list in force still is the one seen.
func (s *Store) SetFiles(ctx context.Context, key course.Key, seen, manifest string) error {
	return errUnfinished
}

// Versions lists up to limit versions of a course, newest first, both branches.
func (s *Store) Versions(ctx context.Context, key course.Key, limit int) ([]course.Version, error) {
	return nil, errUnfinished
}

// Compiled returns the published course ready for readers, from memory when it is there; NotFound when the course does
// not exist or nothing is published.
func (s *Store) Compiled(ctx context.Context, key course.Key) (*course.Compiled, error) {
	return nil, errUnfinished
}

// List returns a summary of every course, by key, those without a published version too.
func (s *Store) List(ctx context.Context) ([]course.Summary, error) { return nil, errUnfinished }

// Delete removes a course. Its documents go with a later sweep.
func (s *Store) Delete(ctx context.Context, key course.Key) error { return errUnfinished }

// Sweep removes versions and documents that nothing in force refers to and that are older than olderThan.
func (s *Store) Sweep(ctx context.Context, olderThan time.Duration) (Swept, error) {
	return Swept{}, errUnfinished
}

// Watch notices moves made by other processes each interval until ctx ends; it returns ctx's error.
func (s *Store) Watch(ctx context.Context, interval time.Duration) error { return errUnfinished }

// Wake makes a running Watch look at once.
func (s *Store) Wake() {}

// OnPublished registers f to be called after a published version has changed, by this process or another. Register
// before Watch starts; f must be quick.
func (s *Store) OnPublished(f func(course.PublishedEvent)) {}
