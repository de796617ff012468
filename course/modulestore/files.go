package modulestore

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"lyceum/course"
	"lyceum/internal/fault"
)

// FilesEdit is one act of an author on the files of a course that exists.
type FilesEdit struct {
	Key course.Key
	// Seen is the head the new list was made from. Its draft and its files must still be in force.
	Seen            Head
	Files           string // the new manifest, "" for none
	Author, Message string
}

// EditFiles puts another list of files in force, for authors and learners at once. So that the act stands in the course's history, the
// draft gets a new version of equal content, whose author and message are the act's. A head that moved since it was seen makes an error
// that holds a [*Conflict], and nothing is changed; a list that is in force already makes no version. Returned is the head in force
// afterwards.
func (s *Store) EditFiles(ctx context.Context, e FilesEdit) (Head, error) {
	s.sweeping.RLock()
	defer s.sweeping.RUnlock()
	key := e.Key.Bare()
	now, err := s.current(ctx, key)
	if err != nil {
		return Head{}, err
	}
	unmovedFiles := func(now state) error {
		if now.Files != e.Seen.Files || now.Draft != string(e.Seen.Draft) {
			return &fault.Error{Kind: fault.Conflict, Err: &Conflict{
				Key: key, Branch: course.Draft, Seen: e.Seen.Draft, Other: course.VersionID(now.Draft),
			}}
		}
		return nil
	}
	if err := unmovedFiles(now); err != nil {
		return Head{}, err
	}
	if now.Files == e.Files {
		return now.head()
	}
	l, err := s.again(ctx, now, e.Author, e.Message)
	if err != nil {
		return Head{}, fmt.Errorf("files of %s: %w", key, err)
	}
	s.keep(l)
	st, err := s.move(ctx, key, func(now state, ok bool) (state, error) {
		if !ok {
			return state{}, fault.NotFoundf("course %s does not exist", key)
		}
		if err := unmovedFiles(now); err != nil {
			return state{}, err
		}
		now.Draft, now.Files = string(l.version.ID), e.Files
		return now, nil
	})
	if err != nil {
		return Head{}, err
	}
	return st.head()
}

// HadFiles reports whether a manifest is, or was at some time, the list of a course's files.
func (s *Store) HadFiles(ctx context.Context, key course.Key, manifest string) (bool, error) {
	now, err := s.current(ctx, key)
	if err != nil {
		return false, err
	}
	if now.Files == manifest {
		return true, nil
	}
	n, err := s.pasts.CountDocuments(ctx, bson.D{{Key: "head", Value: now.ID}, {Key: "files", Value: manifest}, {Key: "deleted", Value: false}},
		options.Count().SetLimit(1))
	if err != nil {
		return false, failed(err, "read history of %s", key)
	}
	return n > 0, nil
}

// FilesAt returns the list of a course's files when a version was its draft. What the list names is kept as long as the version is.
// NotFound when it never was.
func (s *Store) FilesAt(ctx context.Context, key course.Key, draft course.VersionID) (manifest string, err error) {
	now, err := s.current(ctx, key)
	if err != nil {
		return "", err
	}
	if now.Draft == string(draft) {
		return now.Files, nil
	}
	var was state
	err = s.pasts.FindOne(ctx, bson.D{{Key: "draft", Value: string(draft)}, {Key: "head", Value: now.ID}},
		options.FindOne().SetSort(bson.D{{Key: "rev", Value: -1}})).Decode(&was)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return "", fault.NotFoundf("version %s never was the draft of %s", draft, key)
	}
	if err != nil {
		return "", failed(err, "read history of %s", key)
	}
	return was.Files, nil
}
