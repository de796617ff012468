package coursefile

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"path"
	"strings"

	"golang.org/x/net/html"

	"lyceum/course"
	"lyceum/static"
)

// Opener opens the bytes of a file by its digest.
type Opener interface {
	Open(ctx context.Context, digest string) (io.ReadSeekCloser, int64, error)
}

// IsPath reports whether a path names a course file.
func IsPath(p string) bool {
	return strings.HasPrefix(p, "/asset-v1:") || strings.HasPrefix(p, "/asset-v1%3A") || strings.HasPrefix(p, "/c4x/") || strings.HasPrefix(p, "/assets/courseware/")
}

// ParsePath reads the path of a course file, unescaped, in any of its forms: /asset-v1:…, /c4x/…, /assets/courseware/[v1/]MD5/….
func ParsePath(p string) (course.AssetKey, error) {
	text := strings.TrimPrefix(p, "/")
	if rest, ok := strings.CutPrefix(text, "assets/courseware/"); ok {
		rest = strings.TrimPrefix(rest, "v1/")
		_, text, _ = strings.Cut(rest, "/")
	}
	return course.ParseAssetKey(text)
}

// largestScriptPage is up to how many bytes an author's page that is an input may have.
const largestScriptPage = 8 << 20

// Framed answers a frame, which has no session and an opaque origin: what it asked for by its pass. A page that is an input of a question
// gets our script, which waits in it for the question around it.
func Framed(w http.ResponseWriter, r *http.Request, files Opener, f course.File) error {
	w.Header().Set("Access-Control-Allow-Origin", "*") // the pass is the proof
	if r.URL.Query().Has("jsinput") && strings.HasPrefix(f.ContentType, "text/html") {
		return serveScriptPage(w, r, files, f)
	}
	return Serve(w, r, files, f)
}

func serveScriptPage(w http.ResponseWriter, r *http.Request, files Opener, f course.File) error {
	body, size, err := files.Open(r.Context(), f.Digest)
	if err != nil {
		return err
	}
	defer body.Close()
	if size > largestScriptPage {
		return Serve(w, r, files, f)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", f.ContentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Cache-Control", "private, no-cache")
	h.Set("Content-Security-Policy", "sandbox allow-scripts allow-forms allow-popups")
	at := placeForScript(text)
	for _, piece := range [][]byte{text[:at], []byte(`<script src="` + static.URL("js/jsinput.js") + `"></script>`), text[at:]} {
		if _, err := w.Write(piece); err != nil {
			return err
		}
	}
	return nil
}

// placeForScript is where a script of a page can stand in front of all others: behind what decides how browsers read the page.
func placeForScript(text []byte) int {
	z := html.NewTokenizer(bytes.NewReader(text))
	at := 0
	for {
		kind := z.Next()
		length := len(z.Raw())
		name, _ := z.TagName()
		opens := kind == html.StartTagToken && (string(name) == "html" || string(name) == "head")
		blank := kind == html.TextToken && len(bytes.TrimSpace(bytes.TrimPrefix(text[at:at+length], []byte("\ufeff")))) == 0
		if kind != html.DoctypeToken && kind != html.CommentToken && !opens && !blank {
			return at
		}
		at += length
		if opens && string(name) == "head" {
			return at
		}
	}
}

// Serve answers with a course file: ranges, conditional requests, and for kinds that browsers run, no origin of ours.
func Serve(w http.ResponseWriter, r *http.Request, files Opener, f course.File) error {
	body, _, err := files.Open(r.Context(), f.Digest)
	if err != nil {
		return err
	}
	defer body.Close()
	h := w.Header()
	h.Set("Content-Type", f.ContentType)
	h.Set("ETag", `"`+f.Digest[:32]+`"`)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	if f.Locked {
		h.Set("Cache-Control", "private, no-cache")
		h.Set("Vary", "Cookie")
	} else if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "public, max-age=300")
	}
	switch strings.ToLower(path.Ext(f.Name)) {
	case ".html", ".htm", ".xhtml", ".svg", ".svgz", ".xml", ".pdf", "":
		h.Set("Content-Security-Policy", "sandbox allow-scripts allow-forms allow-popups")
	default:
		h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	}
	http.ServeContent(w, r, "", f.Uploaded, body)
	return nil
}

// FrameHeaders are those of documents that run authors' scripts: the policy takes their origin away, so that opening the address outside of a
// frame is no way out. ancestors are the origins beside our own that may show them.
func FrameHeaders(h http.Header, ancestors []string) {
	all := strings.Join(append([]string{"'self'"}, ancestors...), " ")
	h.Set("Content-Security-Policy", "sandbox allow-scripts allow-forms allow-popups; default-src 'self' https: data: blob: 'unsafe-inline' 'unsafe-eval'; frame-ancestors "+all+"; base-uri 'none'")
	h.Set("Cache-Control", "private, no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Del("X-Frame-Options")
	h.Set("Cross-Origin-Resource-Policy", "same-site")
	h.Set("Content-Type", "text/html; charset=utf-8")
}
