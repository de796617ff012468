package lms

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"net/url"
	"strconv"
	"strings"
	"time"

	"lyceum/component"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/learner"
)

// frameLife is how long the address of a frame and of its files holds.
const frameLife = 10 * time.Minute

// anonymousID names a person in one course to authors' code and to outside tools: 32 hexadecimal digits that say nothing
// without the site's secret.
func (s *Server) anonymousID(key course.Key, user learner.ID) string {
	if user == 0 {
		return ""
	}
	return hex.EncodeToString(s.mac("anonymous", key.String(), strconv.FormatInt(int64(user), 10))[:16])
}

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

// A pass opens the files of one course to the bearer for a short time: "USER.EXPIRY.MAC". Frames need it, because they have
// no session; it names the person it was made for and dies by itself.
func (s *Server) pass(key course.Key, user learner.ID, now time.Time) string {
	// Rounded, so that one page's frames and a reload share cached files.
	expiry := now.Add(frameLife).Truncate(time.Minute).Add(time.Minute).Unix()
	head := fmt.Sprintf("%d.%d", user, expiry)
	return head + "." + base64.RawURLEncoding.EncodeToString(s.mac("pass", key.String(), head)[:18])
}

// checkPass reports whose pass it is; a wrong or late one is NotFound.
func (s *Server) checkPass(key course.Key, pass string, now time.Time) (learner.ID, error) {
	i := strings.LastIndexByte(pass, '.')
	if i < 0 {
		return 0, fault.NotFoundf("malformed pass")
	}
	head := pass[:i]
	want := base64.RawURLEncoding.EncodeToString(s.mac("pass", key.String(), head)[:18])
	user, expiry, _ := strings.Cut(head, ".")
	id, err1 := strconv.ParseInt(user, 10, 64)
	at, err2 := strconv.ParseInt(expiry, 10, 64)
	if !hmac.Equal([]byte(want), []byte(pass[i+1:])) || err1 != nil || err2 != nil {
		return 0, fault.NotFoundf("forged pass")
	}
	if now.Unix() >= at {
		return 0, fault.NotFoundf("pass expired at %d", at)
	}
	return learner.ID(id), nil
}

// frameURL is where a block's frame is found: by session, since the page asks for it itself.
func (s *Server) frameURL(v *visit, n *course.Node) string {
	return component.CoursePath(v.Key, "frame/"+component.EscapeKey(n.Key.String()))
}

// fileBase is the address below which frames find the course's files.
func (s *Server) fileBase(v *visit) string {
	return component.CoursePath(v.Key, "files/"+url.PathEscape(s.pass(v.Key, v.Viewer.User, v.now))+"/")
}
