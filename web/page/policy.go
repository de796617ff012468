package page

import (
	"net/http"
	"path"
	"strings"

	"lyceum/static"
)

// Policy returns the content security policy of an HTML answer.
//
// Scripts run by nonce only. MathJax fetches its parts by itself, so its own folder, whose name holds a hash, is allowed too; 'self' is
// not, because course files are served from this origin. Style attributes are allowed, because authors use them; style elements are not.
func Policy(r *http.Request) string {
	rec := of(r)
	scripts := "'nonce-" + rec.Nonce + "'"
	if rec.Host != "" && !strings.ContainsAny(rec.Host, " ;,'\"") {
		scripts += " " + rec.Origin() + path.Dir(static.URL("mathjax/startup.js")) + "/"
	}
	var b strings.Builder
	b.WriteString("default-src 'self'; script-src ")
	b.WriteString(scripts)
	b.WriteString("; style-src 'self' 'nonce-" + rec.Nonce + "'; style-src-attr 'unsafe-inline'")
	if rec.content {
		b.WriteString("; img-src 'self' https: http: data: blob:; media-src 'self' https: http: data: blob:; frame-src 'self' https: http:" +
			"; connect-src 'self' https: http:; worker-src 'self' blob:")
	} else {
		b.WriteString("; img-src 'self' data: blob:; worker-src 'self' blob:")
	}
	b.WriteString("; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'")
	for _, origin := range rec.frames {
		b.WriteByte(' ')
		b.WriteString(origin)
	}
	return b.String()
}

// DataPolicy is the content security policy of answers that are no page.
const DataPolicy = "default-src 'none'; frame-ancestors 'none'"
