package files

import (
	"bytes"
	"context"
	"io"
	"regexp"
	"strings"
	"sync"

	"lyceum/course"
	"lyceum/course/contentstore"
)

// Note is something an author should know of a file. The file is kept and served all the same, harmlessly.
type Note string

// What there is to know.
const (
	NoImage Note = "no_image" // its name says that it is an image; it is none, or is too large to be read
	Scripts Note = "scripts"  // it carries scripts, which run only apart from the site
)

// looksInto is how many bytes of a file are searched for scripts.
const looksInto = 4 << 20

var (
	scriptKinds = map[string]bool{"text/html": true, "application/xhtml+xml": true, "image/svg+xml": true, "application/xml": true}
	scripted    = regexp.MustCompile(`(?i)<(?:[a-z]+:)?script\b|\bon[a-z]+\s*=\s*["']|javascript:|<(?:iframe|object|embed|foreignObject)\b`)
)

// Notes tells what there is to know of a file. A file that cannot be read has no notes.
func (s *Service) Notes(ctx context.Context, f course.File) []Note {
	var out []Note
	if contentstore.ThumbnailName(f.Name) != "" && f.ThumbnailDigest == "" || s.imageInName(ctx, f) {
		out = append(out, NoImage)
	}
	if s.scripts(ctx, f) {
		out = append(out, Scripts)
	}
	return out
}

// signatures begin images of kinds that have no thumbnail.
var signatures = map[string]func(head []byte) bool{
	"image/webp": func(h []byte) bool { return len(h) > 12 && string(h[:4]) == "RIFF" && string(h[8:12]) == "WEBP" },
	"image/bmp":  func(h []byte) bool { return bytes.HasPrefix(h, []byte("BM")) },
	"image/tiff": func(h []byte) bool {
		return bytes.HasPrefix(h, []byte("II*\x00")) || bytes.HasPrefix(h, []byte("MM\x00*"))
	},
	"image/avif": func(h []byte) bool { return len(h) > 12 && string(h[4:8]) == "ftyp" },
	"image/svg+xml": func(h []byte) bool {
		return bytes.Contains(bytes.ToLower(h), []byte("<svg")) || bytes.HasPrefix(h, []byte("\x1f\x8b"))
	},
}

// imageInName reports whether a file of a kind without thumbnails is called an image and is none.
func (s *Service) imageInName(ctx context.Context, f course.File) bool {
	fits, ok := signatures[f.ContentType]
	if !ok {
		return false
	}
	return s.look("image "+f.ContentType+" "+f.Digest, func() (bool, bool) {
		head, err := s.head(ctx, f, 16<<10)
		return err == nil && !fits(head), err == nil
	})
}

func (s *Service) scripts(ctx context.Context, f course.File) bool {
	if !scriptKinds[f.ContentType] {
		return false
	}
	return s.look("scripts "+f.Digest, func() (bool, bool) {
		head, err := s.head(ctx, f, looksInto)
		return err == nil && scripted.Match(head), err == nil
	})
}

// look remembers what was found, by what was looked at.
func (s *Service) look(what string, find func() (found, ok bool)) bool {
	if found, ok := s.looked.find(what); ok {
		return found
	}
	found, ok := find()
	if ok {
		s.looked.keep(strings.Clone(what), found)
	}
	return found
}

// looksKept is how many looks are remembered, twice.
const looksKept = 20_000

// looks remembers what was found in files looked at lately. When young is full, what was not asked for since the last turn goes.
type looks struct {
	mu         sync.Mutex
	young, old map[string]bool
}

func (l *looks) find(what string) (found, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if found, ok = l.young[what]; ok {
		return found, true
	}
	if found, ok = l.old[what]; ok {
		l.put(strings.Clone(what), found)
	}
	return found, ok
}

func (l *looks) keep(what string, found bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.put(what, found)
}

func (l *looks) put(what string, found bool) {
	if l.young == nil || len(l.young) >= looksKept {
		l.young, l.old = map[string]bool{}, l.young
	}
	l.young[what] = found
}

func (s *Service) head(ctx context.Context, f course.File, most int64) ([]byte, error) {
	body, _, err := s.Files.Open(ctx, f.Digest)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return io.ReadAll(io.LimitReader(body, most))
}
