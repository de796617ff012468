package studio

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"lyceum/authoring/draft"
	"lyceum/authoring/files"
	"lyceum/course"
	"lyceum/course/contentstore"
	"lyceum/internal/fault"
	"lyceum/web/page"
)

// chunkSize is how many bytes pages bring at once.
const chunkSize = 4 << 20

// progressInfo tells how far a file in pieces has come.
type progressInfo struct {
	Received int64      `json:"received"`
	Size     int64      `json:"size"`
	Chunk    int        `json:"chunk"` // bytes to bring at once
	Asset    *assetInfo `json:"asset"` // once it is in force
}

// clashInfo is why an upload was not taken: the name is another file's, or the upload has come to another place.
type clashInfo struct {
	refusal
	Asset    *assetInfo `json:"asset,omitempty"` // that has the name now
	Received *int64     `json:"received,omitempty"`
}

// forUploads answers what uploads can do something about.
func (s *Server) forUploads(w http.ResponseWriter, r *http.Request, key course.Key, err error) error {
	f, ok := fault.As(err)
	if !ok || f.Kind != fault.Conflict {
		return err
	}
	out := clashInfo{refusal: newRefusal(r, f)}
	if held := (*files.Taken)(nil); errors.As(err, &held) && held.Now != nil {
		out.Asset = new(s.newAssetInfo(r, key, *held.Now))
	}
	if moved := (*contentstore.Moved)(nil); errors.As(err, &moved) {
		out.Received = &moved.Received
	}
	w.Header().Set("Cache-Control", "no-store")
	return page.JSON(w, r, http.StatusConflict, out)
}

// piecesOf reads from the parameters of a request which file it is about.
func piecesOf(r *http.Request) (files.Pieces, error) {
	q := r.URL.Query()
	size, ok := page.Digits(q.Get("size"))
	if !ok {
		return files.Pieces{}, fault.Invalidf("file of %q bytes", q.Get("size")).Say("files.bad_range")
	}
	return files.Pieces{Name: q.Get("name"), Size: size, Print: q.Get("print"), Replaces: replacesOf(q)}, nil
}

// showProgress serves GET /assets/KEY/upload: how far the file named by name, size and print has come, or why it would be refused.
func (s *Server) showProgress(w http.ResponseWriter, r *http.Request) error {
	by, key, err := s.enterFiles(r)
	if err != nil {
		return err
	}
	p, err := piecesOf(r)
	if err != nil {
		return err
	}
	got, err := s.Files.Progress(r.Context(), by, key, p)
	if err != nil {
		return s.forUploads(w, r, key, err)
	}
	out := progressInfo{Received: got.Received, Size: p.Size, Chunk: chunkSize}
	if got.Done != nil {
		out.Asset = new(s.newAssetInfo(r, key, *got.Done))
	}
	w.Header().Set("Cache-Control", "no-store")
	return page.JSON(w, r, http.StatusOK, out)
}

// cancelUpload serves DELETE /assets/KEY/upload.
func (s *Server) cancelUpload(w http.ResponseWriter, r *http.Request) error {
	by, key, err := s.enterFiles(r)
	if err != nil {
		return err
	}
	p, err := piecesOf(r)
	if err != nil {
		return err
	}
	if err := s.Files.Cancel(r.Context(), by, key, p); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// putPiece serves POST /assets/KEY/ with a Content-Range: a piece of a file, alone or as the file of a form. The piece that makes it whole,
// and "bytes */SIZE", put it in force.
func (s *Server) putPiece(w http.ResponseWriter, r *http.Request, by draft.Author, key course.Key) error {
	span, err := page.ParseContentRange(r.Header.Get("Content-Range"))
	if err != nil {
		return fault.Invalidf("piece of a file: %w", err).Say("files.bad_range")
	}
	name, body, err := pieceBody(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	p := files.Pieces{Name: name, Size: span.Size, Print: q.Get("print"), Replaces: replacesOf(q)}
	received := span.Size
	if !span.None || span.Size == 0 { // an empty file is whole before anything came
		received, err = s.Files.Append(r.Context(), by, key, p, span.From, io.LimitReader(body, span.To-span.From))
		if err != nil {
			return s.forUploads(w, r, key, badUpload(err))
		}
	}
	if received < span.Size {
		return page.JSON(w, r, http.StatusOK, progressInfo{Received: received, Size: span.Size, Chunk: chunkSize})
	}
	put, err := s.Files.Finish(r.Context(), by, key, p)
	if err != nil {
		return s.forUploads(w, r, key, err)
	}
	s.noteFiles(r, key, putAction(put), put.Done)
	return page.JSON(w, r, http.StatusOK, s.newUploaded(r, key, put))
}

// pieceBody finds the bytes of a piece and the name of its file: in the parameters, in Content-Disposition, or in the form.
func pieceBody(r *http.Request) (name string, body io.Reader, err error) {
	name = r.URL.Query().Get("name")
	if _, params, err := mime.ParseMediaType(r.Header.Get("Content-Disposition")); err == nil && name == "" {
		name = params["filename"]
	}
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		return name, r.Body, nil
	}
	form, err := r.MultipartReader()
	if err != nil {
		return "", nil, fault.Invalidf("read a piece of a file: %w", err)
	}
	for {
		part, err := form.NextRawPart()
		if err != nil {
			return "", nil, fault.Invalidf("piece without a file: %w", err).Say("files.choose")
		}
		if part.FormName() == "file" {
			if name == "" {
				name = sentName(part)
			}
			return name, part, nil
		}
	}
}
