package tracking

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // the log's format is HMAC-MD5; it hides the key, it does not sign anything
	"encoding/hex"
)

// SessionID returns what the log shows of a session: 32 hex characters that tell sessions apart and do not give the key away.
// It is "" for an empty key.
func SessionID(siteSecret []byte, sessionKey string) string {
	if sessionKey == "" {
		return ""
	}
	mac := hmac.New(md5.New, siteSecret)
	mac.Write([]byte(sessionKey))
	return hex.EncodeToString(mac.Sum(nil))
}
