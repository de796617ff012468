package submission

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"strings"
)

const (
	seedBins  = 20 // of per_student
	seedRange = 1000
)

// chooseSeed draws the seed of a learner who has none. A stored seed always wins over it.
func (s *Setup) chooseSeed() int {
	switch s.Settings.Rerandomize {
	case Never:
		return 1
	case PerStudent:
		return StudentSeed(s.User, s.ModuleID)
	default:
		draw := s.Seeds
		if draw == nil {
			draw = systemSeed
		}
		// Like Python's, the remainder is never negative.
		return int(((int64(draw()) % seedRange) + seedRange) % seedRange)
	}
}

// random reports whether seeds are drawn, so that one must be kept as soon as the learner has seen it.
func (s Settings) random() bool { return s.Rerandomize != Never && s.Rerandomize != PerStudent }

// StudentSeed is the seed of a problem that differs between learners but not between visits. The key is hashed as Python prints bytes,
// b'...', because stored answers everywhere depend on it.
func StudentSeed(user int64, key string) int {
	sum := sha256.Sum256([]byte(strconv.FormatInt(user, 10) + pythonBytes(key)))
	n, err := strconv.ParseInt(hex.EncodeToString(sum[:])[:7], 16, 64)
	if err != nil {
		panic(err) // seven hexadecimal digits
	}
	return int(n % seedBins)
}

// pythonBytes is s as Python prints it as a bytes literal.
func pythonBytes(s string) string {
	quote := byte('\'')
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		quote = '"'
	}
	b := []byte{'b', quote}
	for i := range len(s) {
		switch c := s[i]; {
		case c == quote || c == '\\':
			b = append(b, '\\', c)
		case c == '\t':
			b = append(b, `\t`...)
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\r':
			b = append(b, `\r`...)
		case c < 0x20 || c >= 0x7f:
			const digits = "0123456789abcdef"
			b = append(b, '\\', 'x', digits[c>>4], digits[c&15])
		default:
			b = append(b, c)
		}
	}
	return string(append(b, quote))
}

func systemSeed() int32 {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return int32(binary.LittleEndian.Uint32(b[:]))
}
