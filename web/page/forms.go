package page

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"lyceum/internal/fault"
)

// ErrContentType is answered with 415: the body is not of a kind this route reads.
var ErrContentType = errors.New("content type not accepted here")

// ReadJSON decodes a body of type application/json into v; unknown members are ignored, anything after the value is refused.
func ReadJSON(r *http.Request, v any) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return fmt.Errorf("read JSON of type %q: %w", r.Header.Get("Content-Type"), ErrContentType)
	}
	d := json.NewDecoder(r.Body)
	if err := d.Decode(v); err != nil {
		return badBody("decode JSON", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fault.Invalidf("decode JSON: more after the value")
	}
	return nil
}

// ParseForm reads a form-encoded or multipart body, so that r.PostForm is filled; of files, memory bytes are kept in memory, and what is on
// disk goes when the request ends.
func ParseForm(r *http.Request, memory int64) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err == nil && kind == "application/x-www-form-urlencoded":
		err = r.ParseForm()
	case err == nil && kind == "multipart/form-data":
		err = r.ParseMultipartForm(memory)
		if form := r.MultipartForm; form != nil { // the server clears up after its own request only, and this may be a copy
			context.AfterFunc(r.Context(), func() { _ = form.RemoveAll() })
		}
	default:
		return fmt.Errorf("read form of type %q: %w", r.Header.Get("Content-Type"), ErrContentType)
	}
	if err != nil {
		return badBody("parse form", err)
	}
	return nil
}

// badBody tells a body that is too large or cut off from one that is wrong.
func badBody(doing string, err error) error {
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return TooLarge(large.Limit, fmt.Errorf("%s: %w", doing, err))
	}
	return fault.Invalidf("%s: %w", doing, err)
}

// TooLarge says how many bytes may be sent where more came.
func TooLarge(limit int64, err error) error {
	f := fault.Errorf(fault.TooLarge, "%w", err)
	if limit >= 1<<20 {
		return f.Say("error.too_large.limit", int(limit>>20))
	}
	return f
}
