package modulestore

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
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
	was, err := s.open(ctx, course.VersionID(now.Draft))
	if err != nil {
		return Head{}, fmt.Errorf("files of %s: %w", key, err)
	}
	l, err := s.commit(ctx, tree{was.content, was.root}, was.version.ID, e.Author, e.Message)
	if err != nil {
		return Head{}, err
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
