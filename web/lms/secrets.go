package lms

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"net/url"
	"strconv"

	"lyceum/component"
	"lyceum/course"
	"lyceum/learner"
	"lyceum/web/coursefile"
)

// anonymousID names a person in one course to authors' code and to outside tools: 32 hexadecimal digits that say nothing
// without the site's secret.
func (s *Server) anonymousID(key course.Key, user learner.ID) string {
	if user == 0 {
		return ""
	}
	return hex.EncodeToString(s.mac("anonymous", key.String(), strconv.FormatInt(int64(user), 10))[:16])
}

// MAC is a keyed hash of parts under the site's secret; parts cannot run into each other.
func (s *Server) MAC(parts ...string) []byte { return s.mac(parts...) }

func (s *Server) mac(parts ...string) []byte {
	m, ok := s.macs.Get().(hash.Hash)
	if !ok {
		m = hmac.New(sha256.New, s.Secret)
	}
	defer s.macs.Put(m)
	m.Reset()
	b := make([]byte, 0, 128)
	for _, p := range parts {
		b = strconv.AppendInt(b, int64(len(p)), 10)
		b = append(append(b, ':'), p...)
	}
	m.Write(b)
	return m.Sum(b[:0])
}

// passes are those of frames of this face.
func (s *Server) passes() coursefile.Passes { return coursefile.Passes{MAC: s.mac} }

// frameURL is where a block's frame is found: by session, since the page asks for it itself.
func (s *Server) frameURL(v *visit, n *course.Node) string {
	return component.CoursePath(v.Key, "frame/"+component.EscapeKey(n.Key.String()))
}

// fileBase is the address below which frames find the course's files.
func (s *Server) fileBase(v *visit) string {
	return component.CoursePath(v.Key, "files/"+url.PathEscape(s.passes().Make(v.Key, int64(v.Viewer.User), v.now))+"/")
}
