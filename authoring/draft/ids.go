package draft

import (
	"crypto/rand"
	"encoding/hex"
)

// newID makes the id of a new block as authoring tools do: 32 hexadecimal digits, by chance.
func newID() string {
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
