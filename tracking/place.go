package tracking

import (
	"hash/maphash"
	"net/url"
	"strings"
	"sync/atomic"

	"lyceum/course"
)

// courseOfURL finds the course in the address of a page.
func courseOfURL(page string) (id, org string) {
	if i := strings.IndexAny(page, "?#"); i >= 0 {
		page = page[:i]
	}
	if strings.Contains(page, "%") {
		if u, err := url.PathUnescape(page); err == nil {
			page = u
		}
	}
	return courseOfPath(page)
}

// courseOfPath finds the course in a path. In the LMS it is what follows /courses/; authors' pages have a key, of a course or of a block in it, as their
// second or third segment (/course/KEY, /xblock/KEY, /settings/details/KEY).
func courseOfPath(path string) (id, org string) {
	const mark = "/courses/"
	for rest := path; ; {
		i := strings.Index(rest, mark)
		if i < 0 {
			break
		}
		rest = rest[i+len(mark):]
		if id, org := leadingCourse(rest); id != "" {
			return id, org
		}
		rest = "/" + rest // "/courses/courses/KEY": the slash may begin the next mark
	}
	rest := path
	for range 3 {
		var ok bool
		if _, rest, ok = strings.Cut(rest, "/"); !ok {
			break
		}
		if id, org := leadingKey(rest); id != "" {
			return id, org
		}
	}
	return "", ""
}

// leadingCourse reads course-v1:O+N+R or O/N/R at the start of s.
func leadingCourse(s string) (id, org string) {
	if strings.HasPrefix(s, "course-v1:") {
		return leadingKey(s)
	}
	end := 0
	for n := 0; end < len(s); end++ {
		if s[end] == '/' {
			if n++; n == 3 {
				break
			}
		}
	}
	k, err := course.ParseKey(s[:end])
	if err != nil {
		return "", ""
	}
	return k.String(), k.Org
}

// known remembers course keys of paths: few courses have nearly all of the requests.
var (
	known     [128]atomic.Pointer[knownKey]
	knownSeed = maphash.MakeSeed()
)

type knownKey struct{ text, id, org string }

const maxKnown = 256 // bytes of a key that is remembered

// leadingKey reads the course of a new-style key of a course or block at the start of s.
func leadingKey(s string) (id, org string) {
	seg, _, _ := strings.Cut(s, "/")
	switch {
	case strings.HasPrefix(seg, "course-v1:"):
		slot := &known[maphash.String(knownSeed, seg)%uint64(len(known))]
		if k := slot.Load(); k != nil && k.text == seg {
			return k.id, k.org
		}
		k, err := course.ParseURLKey(seg)
		if err != nil {
			return "", ""
		}
		if id = k.String(); len(seg) <= maxKnown {
			slot.Store(&knownKey{strings.Clone(seg), id, strings.Clone(k.Org)})
		}
		return id, k.Org
	case strings.HasPrefix(seg, "block-v1:"):
		u, err := course.ParseUsageKey(seg)
		if err != nil {
			return "", ""
		}
		k := u.Course.Bare()
		return k.String(), k.Org
	}
	return "", ""
}
