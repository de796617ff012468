package authored

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// Active reports whether text needs a frame of its own: it has scripts, event handlers, javascript: addresses, style
// sheets, or frames and objects that show pages of this site. What names one of the hosts, those of this site, is on this site.
func Active(text string, hosts ...string) bool {
	if !mayBeActive(text) {
		return false
	}
	z := html.NewTokenizer(strings.NewReader(text))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return false
		case html.StartTagToken, html.SelfClosingTagToken:
			if activeTag(z, hosts) {
				return true
			}
		default:
		}
	}
}

// mayBeActive is a quick look that spares most texts the tokenizer.
func mayBeActive(text string) bool {
	low := strings.ToLower(text)
	for _, s := range []string{"<script", "<iframe", "<object", "<embed", "<frame", "<style", "<link", "srcdoc", "<base", "<meta", "&#", "&tab", "&newline", "&colon"} {
		if strings.Contains(low, s) {
			return true
		}
	}
	if schemePattern.MatchString(low) {
		return true
	}
	// An attribute that begins with "on": " onclick=", "/onload =", newline and all.
	for i := strings.Index(low, "on"); i >= 0; {
		if i > 0 && strings.ContainsRune(" \t\r\n\f/\"'", rune(low[i-1])) {
			j := i + 2
			for j < len(low) && low[j] >= 'a' && low[j] <= 'z' {
				j++
			}
			for j < len(low) && strings.ContainsRune(" \t\r\n\f", rune(low[j])) {
				j++
			}
			if j < len(low) && low[j] == '=' {
				return true
			}
		}
		next := strings.Index(low[i+2:], "on")
		if next < 0 {
			break
		}
		i += 2 + next
	}
	return false
}

// schemePattern finds the end of javascript: and vbscript:, with the blanks browsers skip.
var schemePattern = regexp.MustCompile(`s\s*c\s*r\s*i\s*p\s*t\s*:`)

func activeTag(z *html.Tokenizer, hosts []string) bool {
	tag, hasAttr := z.TagName()
	name := string(tag)
	switch name {
	case "script", "style", "link", "base", "meta", "frame", "frameset":
		return true
	}
	embeds := name == "iframe" || name == "object" || name == "embed"
	for hasAttr {
		var k, v []byte
		k, v, hasAttr = z.TagAttr()
		attr, value := string(k), strings.ToLower(strings.TrimSpace(string(v)))
		switch {
		case strings.HasPrefix(attr, "on") && len(attr) > 2, attr == "srcdoc":
			return true
		case strings.HasPrefix(strings.Map(dropControl, value), "javascript:"), strings.HasPrefix(strings.Map(dropControl, value), "vbscript:"):
			return true
		case embeds && (attr == "src" || attr == "data") && local(value, hosts):
			return true
		}
	}
	return false
}

// local reports whether an address is on this site: anything that names no host, or one of ours.
func local(address string, hosts []string) bool {
	if !strings.HasPrefix(address, "http://") && !strings.HasPrefix(address, "https://") && !strings.HasPrefix(address, "//") {
		return true
	}
	_, ok := withoutHost(address, hosts)
	return ok
}

// withoutHost returns the path of an address that names one of the hosts, which are in lower case with the port where it is not the
// scheme's own. The host is read as browsers read it: whatever case, the root's dot, another's name in front of an @.
func withoutHost(address string, hosts []string) (path string, ok bool) {
	if len(hosts) == 0 {
		return "", false
	}
	scheme, rest, ok := strings.Cut(address, "//")
	if !ok || scheme != "" && !strings.EqualFold(scheme, "http:") && !strings.EqualFold(scheme, "https:") {
		return "", false
	}
	end := strings.IndexAny(rest, "/\\?#\"'<> ")
	if end < 0 {
		end = len(rest)
	}
	host := rest[strings.LastIndexByte(rest[:end], '@')+1 : end]
	if decoded, err := url.PathUnescape(host); err == nil {
		host = decoded
	}
	name, port := strings.ToLower(host), ""
	if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, ']') {
		name, port = name[:i], name[i+1:]
	}
	if name = strings.TrimSuffix(name, "."); port != "" && port != "80" && port != "443" {
		name += ":" + port
	}
	if !slices.Contains(hosts, name) {
		return "", false
	}
	// Two slashes at the head of what is left would name another host.
	return "/" + strings.TrimLeft(rest[end:], `/\`), true
}

// dropControl removes what browsers skip in the scheme of an address.
func dropControl(r rune) rune {
	if r <= ' ' {
		return -1
	}
	return r
}

func escape(s string) string { return html.EscapeString(s) }
