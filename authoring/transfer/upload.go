package transfer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/jackc/pgx/v5"

	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/internal/pg"
)

// Range is the stretch of an archive that one request brings.
type Range struct {
	From, To int64 // To is behind the last byte
	Total    int64 // bytes of the whole archive
}

// Upload is one request of somebody who brings an archive.
type Upload struct {
	Course   course.Key // zero for a course the archive names
	User     int64
	Username string
	File     string
	Range    *Range // nil: the body is the whole archive
	Body     io.Reader
	// Ask says what is to be done with the archive. It is called when the body was read, and may refuse.
	Ask func() (Ask, course.Key, error)
}

// Received says how far an upload is.
type Received struct {
	Task            int64
	Received, Total int64
	Complete        bool // the import waits to be worked
}

// Receive takes in a stretch of an archive, or all of it. Stretches come one after the other; one that came before is taken for granted,
// and what is missing in between is a Conflict. When the last byte is there the import begins. What was acknowledged survives; of a stretch
// that was cut off nothing is kept.
func (t *Tasks) Receive(ctx context.Context, u Upload) (Received, error) {
	if u.Range == nil {
		return t.receiveWhole(ctx, u)
	}
	r := *u.Range
	if r.Total > t.MaxArchive() {
		return Received{}, t.TooLarge(r.Total)
	}
	now, ok, err := t.Upload(ctx, u.User, u.Course, u.File)
	if err != nil {
		return Received{}, err
	}
	switch {
	case r.From == 0 && (!ok || now.Total != r.Total || now.Received < r.To):
		if now, err = t.newUpload(ctx, u, r.Total); err != nil {
			return Received{}, err
		}
	case !ok:
		return t.late(ctx, u, r)
	case now.Total != r.Total || r.From > now.Received:
		return Received{}, fault.Conflictf("upload of %s is at %d of %d, not %d of %d", u.File, now.Received, now.Total, r.From, r.Total).Say("transfer.gap")
	}
	overlap := now.Received - r.From
	if overlap >= r.To-r.From { // it came before
		_, err := io.Copy(io.Discard, io.LimitReader(u.Body, r.To-r.From))
		return Received{Task: now.ID, Received: now.Received, Total: now.Total}, err
	}
	parts, sizes, err := t.keep(ctx, u.User, u.Body, now.Received == 0, overlap, r.To-r.From)
	if err != nil {
		return Received{}, err
	}
	return t.append(ctx, u, now, parts, sizes)
}

// late answers a stretch of an upload that is not there: the last one, sent again because its answer was lost, finds the import begun.
func (t *Tasks) late(ctx context.Context, u Upload, r Range) (Received, error) {
	if r.To == r.Total && !u.Course.IsZero() {
		done, ok, err := t.Named(ctx, u.Course, u.File)
		if err != nil {
			return Received{}, err
		}
		if ok && done.User == u.User && done.Total == r.Total && done.Active() {
			return Received{Task: done.ID, Received: r.Total, Total: r.Total, Complete: true}, nil
		}
	}
	return Received{}, fault.Conflictf("no upload of %s goes on", u.File).Say("transfer.gap")
}

// TooLarge says that an archive has too many bytes.
func (t *Tasks) TooLarge(size int64) error {
	return fault.TooLargef("archive of %d bytes", size).Say("transfer.too_large", t.MaxArchive()>>20)
}

// receiveWhole takes in an archive that comes in one request.
func (t *Tasks) receiveWhole(ctx context.Context, u Upload) (Received, error) {
	// Who has had enough for today is told before anything is kept; it is counted again when all is there.
	if err := pg.InTx(ctx, t.DB, func(tx pgx.Tx) error { return t.bound(ctx, tx, Import, u.Course, u.User) }); err != nil {
		return Received{}, err
	}
	parts, sizes, err := t.keep(ctx, u.User, u.Body, true, 0, -1)
	if err != nil {
		return Received{}, err
	}
	var total int64
	for _, n := range sizes {
		total += n
	}
	if total == 0 {
		return Received{}, fault.Invalidf("archive %s is empty", u.File).Say("transfer.empty")
	}
	now, err := t.newUpload(ctx, u, total)
	if err != nil {
		return Received{}, err
	}
	return t.append(ctx, u, now, parts, sizes)
}

// newUpload begins an upload and makes room for it.
func (t *Tasks) newUpload(ctx context.Context, u Upload, total int64) (Task, error) {
	var id int64
	err := pg.InTx(ctx, t.DB, func(tx pgx.Tx) error {
		if err := t.bound(ctx, tx, Import, u.Course, u.User); err != nil {
			return err
		}
		const room = `
			DELETE FROM transfer_task
			WHERE  user_id = $1 AND state = 'uploading' AND (course_key = $2 AND file = $3 OR id NOT IN (
			       SELECT id FROM transfer_task WHERE user_id = $1 AND state = 'uploading' ORDER BY id DESC LIMIT $4))`
		if _, err := tx.Exec(ctx, room, u.User, u.Course.Bare().String(), u.File, openUploads-1); err != nil {
			return fmt.Errorf("make room for an upload: %w", err)
		}
		const query = `INSERT INTO transfer_task (kind, course_key, user_id, username, file, state, total) VALUES ('import', $1, $2, $3, $4, 'uploading', $5) RETURNING id`
		if err := tx.QueryRow(ctx, query, u.Course.Bare().String(), u.User, u.Username, u.File, total).Scan(&id); err != nil {
			return fmt.Errorf("begin an upload: %w", err)
		}
		return nil
	})
	if err != nil {
		return Task{}, err
	}
	return t.Find(ctx, id)
}

// keep stores a body in parts: behind the first skip bytes, up to most, -1 standing for an archive's limit. A body of another length than
// most is refused.
func (t *Tasks) keep(ctx context.Context, user int64, body io.Reader, begins bool, skip, most int64) (parts []string, sizes []int64, err error) {
	whole := most < 0
	if whole {
		most = t.MaxArchive() + 1
	}
	limited := &io.LimitedReader{R: body, N: most}
	if _, err := io.CopyN(io.Discard, limited, skip); err != nil {
		return nil, nil, cutOff(err)
	}
	for {
		if err := t.hasRoom(ctx, user); err != nil {
			return nil, nil, err
		}
		piece := &pieceReader{r: io.LimitReader(limited, partSize)}
		if begins {
			magic := make([]byte, 2)
			n, err := io.ReadFull(limited, magic)
			if n == 0 && errors.Is(err, io.EOF) {
				break
			}
			if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
				return nil, nil, cutOff(err)
			}
			if !bytes.Equal(magic[:n], []byte{0x1f, 0x8b}) {
				return nil, nil, fault.Invalidf("not gzip").Say("transfer.not_archive")
			}
			piece.r, begins = io.LimitReader(io.MultiReader(bytes.NewReader(magic), limited), partSize), false
		}
		digest, size, err := t.Files.PutBlob(ctx, piece)
		if piece.err != nil {
			return nil, nil, cutOff(piece.err)
		}
		if err != nil {
			return nil, nil, err
		}
		if size == 0 {
			break
		}
		if err := t.takeRoom(ctx, user, size); err != nil {
			return nil, nil, err
		}
		parts, sizes = append(parts, digest), append(sizes, size)
		if size < partSize {
			break
		}
	}
	switch {
	case whole && limited.N == 0:
		return nil, nil, t.TooLarge(most)
	case !whole && limited.N > 0:
		return nil, nil, cutOff(io.ErrUnexpectedEOF)
	}
	return parts, sizes, nil
}

// cutOff says that less came than was announced.
func cutOff(err error) error {
	return fault.Invalidf("the upload was cut off: %w", err).Say("transfer.cut_off")
}

// pieceReader remembers the error of what it reads from, so that it is not taken for one of where it is written to.
type pieceReader struct {
	r   io.Reader
	err error
}

// Read passes on.
func (p *pieceReader) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		p.err = err
	}
	return n, err
}

// append adds parts to an upload that still is as it was seen, and begins the import with the last.
func (t *Tasks) append(ctx context.Context, u Upload, seen Task, parts []string, sizes []int64) (Received, error) {
	got := Received{Task: seen.ID, Received: seen.Received, Total: seen.Total}
	for _, n := range sizes {
		got.Received += n
	}
	got.Complete = got.Received == got.Total
	ask, key, askErr := u.Ask()
	if askErr != nil {
		return got, askErr
	}
	text, err := json.Marshal(ask)
	if err != nil {
		return got, err
	}
	state := Uploading
	if got.Complete {
		// Those that came first may be nearly a day old; a sweep must not take them from an import that waits for its turn.
		if err := t.freshen(ctx, append(slices.Clip(seen.parts), parts...)); fault.Is(err, fault.NotFound) {
			_, dropErr := t.DB.Exec(ctx, `DELETE FROM transfer_task WHERE id = $1 AND state = 'uploading'`, seen.ID) // who sends it again begins anew
			return got, errors.Join(err, dropErr)
		} else if err != nil {
			return got, err
		}
		state = Waiting
	} else {
		key = u.Course
	}
	err = pg.InTx(ctx, t.DB, func(tx pgx.Tx) error {
		const query = `
			UPDATE transfer_task
			SET    parts = parts || $3::text[], sizes = sizes || $4::bigint[], received = $5, ask = $6, state = $7, course_key = $8, changed_at = now()
			WHERE  id = $1 AND received = $2 AND state = 'uploading'`
		tag, err := tx.Exec(ctx, query, seen.ID, seen.Received, parts, sizes, got.Received, text, state, key.Bare().String())
		if err != nil {
			return fmt.Errorf("keep a part of upload %d: %w", seen.ID, err)
		}
		if tag.RowsAffected() == 0 {
			return fault.Conflictf("upload %d has moved from %d", seen.ID, seen.Received).Say("transfer.gap")
		}
		if got.Complete {
			return t.enqueue(ctx, tx, seen.ID)
		}
		return nil
	})
	return got, err
}

// freshen keeps the parts of an archive for another day; NotFound when one is swept already.
func (t *Tasks) freshen(ctx context.Context, parts []string) error {
	err := t.Files.Keep(ctx, parts)
	if fault.Is(err, fault.NotFound) {
		return fault.Errorf(fault.NotFound, "%w", err).Say("transfer.gone")
	}
	return err
}

// Archive opens the bytes of a task's archive and returns their number; NotFound when they are thrown away. The caller closes it.
func (t *Tasks) Archive(ctx context.Context, task Task) (io.ReadSeekCloser, int64, error) {
	if len(task.parts) == 0 {
		return nil, 0, fault.NotFoundf("archive of transfer %d is gone", task.ID).Say("transfer.gone")
	}
	a := &archive{ctx: ctx, files: t.Files, parts: task.parts, ends: make([]int64, len(task.sizes))}
	for i, n := range task.sizes {
		a.size += n
		a.ends[i] = a.size
	}
	return a, a.size, nil
}

type blobs interface {
	Open(ctx context.Context, digest string) (io.ReadSeekCloser, int64, error)
}

// archive reads parts one after the other.
type archive struct {
	ctx    context.Context //nolint:containedctx // it lives no longer than the request or job that reads it
	files  blobs
	parts  []string
	ends   []int64
	size   int64
	at     int64
	open   io.ReadSeekCloser
	opened int // index of open
}

// Read reads on.
func (a *archive) Read(b []byte) (int, error) {
	for {
		if a.at >= a.size {
			return 0, io.EOF
		}
		if a.open == nil {
			i, from := 0, int64(0)
			for a.ends[i] <= a.at {
				from = a.ends[i]
				i++
			}
			part, _, err := a.files.Open(a.ctx, a.parts[i])
			if err != nil {
				return 0, fmt.Errorf("part %d of an archive: %w", i, err)
			}
			if _, err := part.Seek(a.at-from, io.SeekStart); err != nil {
				return 0, errors.Join(err, part.Close())
			}
			a.open, a.opened = part, i
		}
		n, err := a.open.Read(b)
		a.at += int64(n)
		if a.at >= a.ends[a.opened] {
			err = errors.Join(a.Close())
		} else if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// Seek moves to an offset.
func (a *archive) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += a.at
	case io.SeekEnd:
		offset += a.size
	}
	if offset < 0 {
		return 0, errors.New("seek before the beginning")
	}
	if err := a.Close(); err != nil {
		return 0, err
	}
	a.at = offset
	return offset, nil
}

// Close gives back what is open.
func (a *archive) Close() error {
	if a.open == nil {
		return nil
	}
	part := a.open
	a.open = nil
	return part.Close()
}
