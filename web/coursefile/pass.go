package coursefile

import (
	"crypto/hmac"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"lyceum/course"
	"lyceum/internal/fault"
)

// passLife is how long the address of a frame's files holds.
const passLife = 10 * time.Minute

// Passes make and check passes. A pass opens the files of one course to the bearer for a short time: "USER.EXPIRY.MAC". Frames need it,
// because they have no session; it names the person it was made for and dies by itself.
type Passes struct {
	// MAC is a keyed hash, at least 18 bytes long, over parts that cannot run into each other.
	MAC func(parts ...string) []byte
	// Face keeps passes of one face from opening anything at the other; "" for the learners'.
	Face string
}

// Make makes a pass. It is the same for a minute, so that one page's frames and a reload share cached files.
func (p Passes) Make(key course.Key, user int64, now time.Time) string {
	expiry := now.Add(passLife).Truncate(time.Minute).Add(time.Minute).Unix()
	head := fmt.Sprintf("%d.%d", user, expiry)
	return head + "." + p.seal(key, head)
}

func (p Passes) seal(key course.Key, head string) string {
	return base64.RawURLEncoding.EncodeToString(p.MAC("pass"+p.Face, key.String(), head)[:18])
}

// Check reports whose pass it is; a wrong or late one is NotFound.
func (p Passes) Check(key course.Key, pass string, now time.Time) (user int64, err error) {
	i := strings.LastIndexByte(pass, '.')
	if i < 0 {
		return 0, fault.NotFoundf("malformed pass")
	}
	head := pass[:i]
	who, expiry, _ := strings.Cut(head, ".")
	id, err1 := strconv.ParseInt(who, 10, 64)
	at, err2 := strconv.ParseInt(expiry, 10, 64)
	if !hmac.Equal([]byte(p.seal(key, head)), []byte(pass[i+1:])) || err1 != nil || err2 != nil {
		return 0, fault.NotFoundf("forged pass")
	}
	if now.Unix() >= at {
		return 0, fault.NotFoundf("pass expired at %d", at)
	}
	return id, nil
}
