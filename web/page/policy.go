package page

import (
	"net/http"
	"path"
	"strings"
	"sync"

	"lyceum/static"
)

// Policy returns the content security policy of an HTML answer.
//
// Scripts run by nonce only. MathJax fetches its parts by itself, so its own folder, whose name holds a hash, is allowed too; 'self' is
// not, because course files are served from this origin. Style attributes are allowed, because authors use them; style elements are not.
func Policy(r *http.Request) string {
	rec := of(r)
	b := append(make([]byte, 0, 768), "default-src 'self'; script-src 'nonce-"...)
	b = append(append(b, rec.Nonce...), '\'')
	if rec.Host != "" && !strings.ContainsAny(rec.Host, " ;,'\"") {
		b = append(append(append(b, ' '), rec.scheme()...), rec.Host...)
		b = append(b, mathjax()...)
	}
	b = append(b, "; style-src 'self' 'nonce-"...)
	b = append(append(b, rec.Nonce...), "'; style-src-attr 'unsafe-inline'"...)
	if rec.content {
		b = append(b, "; img-src 'self' https: http: data: blob:; media-src 'self' https: http: data: blob:; frame-src 'self' https: http:"+
			"; connect-src 'self' https: http:; worker-src 'self' blob:"...)
	} else {
		b = append(b, "; img-src 'self' data: blob:; worker-src 'self' blob:"...)
	}
	b = append(b, "; object-src 'none'; base-uri 'none'; form-action 'self'"...)
	for _, origin := range rec.forms {
		b = append(append(b, ' '), origin...)
	}
	b = append(b, "; frame-ancestors 'self'"...)
	for _, origin := range rec.frames {
		b = append(append(b, ' '), origin...)
	}
	return string(b)
}

// mathjax is the path of MathJax's folder.
var mathjax = sync.OnceValue(func() string { return path.Dir(static.URL("mathjax/startup.js")) + "/" })

// DataPolicy is the content security policy of answers that are no page.
const DataPolicy = "default-src 'none'; frame-ancestors 'none'"
