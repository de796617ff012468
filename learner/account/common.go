package account

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"sort"
	"strings"
)

// commonHashes holds, sorted, the first four bytes of the SHA-256 of each of the 10,000 commonest passwords that have at least eight bytes,
// in lower case; shorter ones are refused for their length. The ranking is that of the password list of github.com/trustelem/zxcvbn (MIT), which common_gen.go reads. A
// password outside the list is taken for one of it once in 430,000 times. common_gen.go makes the file.
//
//go:embed common.bin
var commonHashes []byte

const commonSize = 4

// isCommon reports whether password, in any case, is among the commonest.
func isCommon(password string) bool {
	sum := sha256.Sum256([]byte(strings.ToLower(password)))
	want := sum[:commonSize]
	n := len(commonHashes) / commonSize
	at := func(i int) []byte { return commonHashes[i*commonSize : (i+1)*commonSize] }
	i := sort.Search(n, func(i int) bool { return bytes.Compare(at(i), want) >= 0 })
	return i < n && bytes.Equal(at(i), want)
}
