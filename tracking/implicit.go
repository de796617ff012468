package tracking

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// maxImplicit is how many characters of the form and query an implicit event keeps; the text is cut there, also in the middle of a value.
const maxImplicit = 512

// masked are the form fields whose values never reach the log. The first five are the format's; the rest are names under which forms send secrets as well.
var masked = map[string]bool{
	"password": true, "newpassword": true, "new_password": true, "oldpassword": true, "old_password": true,
	"password1": true, "password2": true, "new_password1": true, "new_password2": true, "current_password": true,
	"csrfmiddlewaretoken": true, "token": true, "code": true, "client_secret": true, "access_token": true, "refresh_token": true,
}

const maskText = "********"

// DefaultExcluded are the paths whose requests give no implicit event, as patterns for [ParsePaths].
var DefaultExcluded = []string{"^/event", "^/login", "^/heartbeat", "^/segmentio/event", "^/performance"}

// Paths is a set of path patterns. The zero value matches none.
type Paths struct {
	prefixes []string // patterns that are "^" and plain text
	patterns []*regexp.Regexp
}

// ParsePaths compiles regular expressions that are matched anywhere in a path.
func ParsePaths(patterns []string) (Paths, error) {
	var p Paths
	for _, s := range patterns {
		if rest, ok := strings.CutPrefix(s, "^"); ok && regexp.QuoteMeta(rest) == rest {
			p.prefixes = append(p.prefixes, rest)
			continue
		}
		re, err := regexp.Compile(s)
		if err != nil {
			return Paths{}, fmt.Errorf("path pattern %q: %w", s, err)
		}
		p.patterns = append(p.patterns, re)
	}
	return p, nil
}

// Match reports whether path is one of the set.
func (p Paths) Match(path string) bool {
	for _, s := range p.prefixes {
		if strings.HasPrefix(path, s) {
			return true
		}
	}
	for _, re := range p.patterns {
		if re.MatchString(path) {
			return true
		}
	}
	return false
}

// Hit is one request, as far as its implicit event goes.
type Hit struct {
	Request Request
	Get     url.Values // query string
	Post    url.Values // form of the body; nil when it has none or another type
	Staff   bool       // a member of the site's staff
}

// Implicit returns the event that stands for a request as such; ok is false when the request gives none. It is emitted before the request is handled.
// Neither map is changed.
func Implicit(h Hit, excluded Paths) (e Event, ok bool) {
	path := h.Request.Path
	if excluded.Match(path) || (h.Staff && path == "/event_logs") {
		return Event{}, false
	}
	return Event{Request: h.Request, Source: FromServer, Type: path, Payload: Text(implicitText(h.Post, h.Get)), ofPath: true}, true
}

// implicitText is {"POST": {name: [values]}, "GET": {name: [values]}}, cut. It stops as soon as it is long enough, since a form may be large.
func implicitText(post, get url.Values) string {
	b := make([]byte, 0, maxImplicit+64)
	b = append(b, `{"POST": `...)
	b = appendForm(b, post)
	b = append(b, `, "GET": `...)
	b = appendForm(b, get)
	b = append(b, '}')
	return string(b[:min(len(b), maxImplicit)])
}

func appendForm(b []byte, form url.Values) []byte {
	if len(form) == 0 {
		return append(b, "{}"...)
	}
	o := Begin(b)
	for _, k := range sortedKeys(form) {
		if len(o.b) > maxImplicit {
			break
		}
		o.textKey(cut(k, maxImplicit))
		o.b = append(o.b, '[')
		for i, v := range form[k] {
			if len(o.b) > maxImplicit {
				break
			}
			if i > 0 {
				o.b = append(o.b, ", "...)
			}
			if masked[k] {
				v = maskText
			}
			o.b = appendString(o.b, cut(v, maxImplicit))
		}
		o.b = append(o.b, ']')
	}
	return o.End()
}
