package tracking

import (
	"crypto/md5" //nolint:gosec // the log's format is HMAC-MD5; it hides the key, it does not sign anything
	"encoding/hex"
)

// SessionID returns what the log shows of a session: 32 hex characters that tell sessions apart and do not give the key away.
// It is "" for an empty key.
func SessionID(siteSecret []byte, sessionKey string) string {
	if sessionKey == "" {
		return ""
	}
	// HMAC on the stack: every request asks, several times.
	var key [md5.BlockSize]byte
	if len(siteSecret) > len(key) {
		sum := md5.Sum(siteSecret) //nolint:gosec // see the import
		copy(key[:], sum[:])
	} else {
		copy(key[:], siteSecret)
	}
	var room [md5.BlockSize + 192]byte
	inner, outer := room[:0], [md5.BlockSize + md5.Size]byte{}
	for i, c := range key {
		inner, outer[i] = append(inner, c^0x36), c^0x5c
	}
	sum := md5.Sum(append(inner, sessionKey...)) //nolint:gosec // see the import
	copy(outer[md5.BlockSize:], sum[:])
	sum = md5.Sum(outer[:]) //nolint:gosec // see the import
	var text [2 * md5.Size]byte
	hex.Encode(text[:], sum[:])
	return string(text[:])
}
