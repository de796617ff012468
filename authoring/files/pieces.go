package files

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"

	"lyceum/authoring/draft"
	"lyceum/course"
	"lyceum/course/contentstore"
	"lyceum/internal/fault"
)

// Pieces is a file that comes in pieces. The same author bringing the same file to the same course goes on where it stopped, from any
// browser and any process: same means name, size and print.
type Pieces struct {
	Name  string // as the client calls it
	Size  int64
	Print string // something of the client's that tells files of one name and size apart
	// Replaces is as in [Upload].
	Replaces *string
}

// maxPrint is how many bytes a print may have.
const maxPrint = 200

func (p Pieces) upload() Upload { return Upload{Name: p.Name, Replaces: p.Replaces} }

// id names the upload in the store.
func (p Pieces) id(by draft.Author, key course.Key, display string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{key.Bare().String(), by.Name, display, strconv.FormatInt(p.Size, 10), p.Print}, "\x00")))
	return hex.EncodeToString(sum[:])
}

// Progress is how far a file in pieces has come.
type Progress struct {
	Received int64 // bytes
	// Done is the file where all of it is in force already, nil before.
	Done *course.File
}

// Progress tells how far an upload has come, or refuses what [Service.Append] would refuse; nothing is begun.
func (s *Service) Progress(ctx context.Context, by draft.Author, key course.Key, p Pieces) (Progress, error) {
	display, name, err := s.checkPieces(by, key, p)
	if err != nil {
		return Progress{}, err
	}
	now, err := s.read(ctx, key)
	if err != nil {
		return Progress{}, err
	}
	u, err := s.Files.FindUpload(ctx, p.id(by, key, display))
	if err != nil && !fault.Is(err, fault.NotFound) {
		return Progress{}, err
	}
	if f, ok := now.Files[name]; ok && brought(f, u) {
		return Progress{u.Received, &f}, nil
	}
	return Progress{Received: u.Received}, taken(now, name, p.Replaces)
}

// brought tells whether a file is what an upload came to.
func brought(f course.File, u contentstore.Upload) bool {
	return u.Digest != "" && f.Digest == u.Digest
}

func (s *Service) checkPieces(by draft.Author, key course.Key, p Pieces) (display, name string, err error) {
	if err := by.May(key); err != nil {
		return "", "", err
	}
	if display, name, err = Name(p.Name); err != nil {
		return "", "", err
	}
	switch {
	case p.Size > MaxSize:
		return "", "", tooLarge(display)
	case p.Size < 0 || len(p.Print) > maxPrint:
		return "", "", fault.Invalidf("file of %d bytes, print of %d", p.Size, len(p.Print)).Say("files.bad_range")
	}
	return display, name, nil
}

// Append keeps the bytes body yields, the first of which has its place at from, and returns how far the upload has come; see
// contentstore.Store.AppendUpload. Nothing is in force before [Service.Finish].
func (s *Service) Append(ctx context.Context, by draft.Author, key course.Key, p Pieces, from int64, body io.Reader) (received int64, err error) {
	display, name, err := s.checkPieces(by, key, p)
	if err != nil {
		return 0, err
	}
	now, err := s.read(ctx, key)
	if err != nil {
		return 0, err
	}
	if err := taken(now, name, p.Replaces); err != nil {
		// Another window may have brought the end of the same file since this one asked.
		if u, findErr := s.Files.FindUpload(ctx, p.id(by, key, display)); findErr == nil && brought(now.Files[name], u) {
			return u.Received, nil
		}
		return 0, err
	}
	u, err := s.Files.BeginUpload(ctx, p.id(by, key, display), "files of "+by.Name, p.Size)
	if fault.Is(err, fault.TooMany) {
		return 0, fault.Errorf(fault.TooMany, "%w", err).Say("files.too_many_uploads")
	}
	if err != nil {
		return 0, stored(err)
	}
	if u.Digest != "" {
		return u.Received, nil
	}
	received, err = s.Files.AppendUpload(ctx, u.ID, from, body)
	if fault.Is(err, fault.Invalid) {
		return received, fault.Errorf(fault.Invalid, "%w", err).Say("files.bad_range")
	}
	return received, stored(err)
}

// Finish puts a file that has come whole in force, as [Service.Put] does. Asked again it says the same.
func (s *Service) Finish(ctx context.Context, by draft.Author, key course.Key, p Pieces) (Put, error) {
	display, name, err := s.checkPieces(by, key, p)
	if err != nil {
		return Put{}, err
	}
	digest, size, err := s.Files.FinishUpload(ctx, p.id(by, key, display))
	if err != nil {
		return Put{}, stored(err)
	}
	now, err := s.read(ctx, key)
	if err != nil {
		return Put{}, err
	}
	if f, ok := now.Files[name]; ok && f.Digest == digest { // an answer that was lost
		return Put{Done: Done{Head: now.Head, Before: now.Head}, File: f, Same: now.Same(f), Notes: s.Notes(ctx, f)}, nil
	}
	return s.take(ctx, by, key, p.upload(), digest, size)
}

// Cancel forgets the pieces of an upload that have come.
func (s *Service) Cancel(ctx context.Context, by draft.Author, key course.Key, p Pieces) error {
	display, _, err := s.checkPieces(by, key, p)
	if err != nil {
		return err
	}
	if err := s.Files.DropUpload(ctx, p.id(by, key, display)); err != nil {
		return fmt.Errorf("cancel upload: %w", err)
	}
	return nil
}
