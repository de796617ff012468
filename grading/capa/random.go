package capa

import (
	"crypto/sha256"
	"encoding/hex"
	"math/bits"
	"strconv"
	"strings"
)

// stream is the generator choices are ordered with: MT19937 read through the
// algorithms of Python 2's random module, so that a seed stored anywhere shows
// the same order here.
type stream struct {
	state [624]uint32
	next  int
}

// newStream seeds as init_by_array does with the words of |seed|.
func newStream(seed int) *stream {
	magnitude := uint64(seed)
	if seed < 0 {
		magnitude = -magnitude
	}
	key := []uint32{uint32(magnitude)}
	if bits.Len64(magnitude) > 32 {
		key = append(key, uint32(magnitude>>32))
	}
	s := &stream{next: 624}
	s.state[0] = 19650218
	for i := uint32(1); i < 624; i++ {
		s.state[i] = 1812433253*(s.state[i-1]^s.state[i-1]>>30) + i
	}
	i, j := 1, 0
	wrap := func() {
		if i++; i == 624 {
			s.state[0], i = s.state[623], 1
		}
	}
	for range 624 {
		s.state[i] = (s.state[i] ^ (s.state[i-1]^s.state[i-1]>>30)*1664525) + key[j] + uint32(j)
		wrap()
		j = (j + 1) % len(key)
	}
	for range 623 {
		s.state[i] = (s.state[i] ^ (s.state[i-1]^s.state[i-1]>>30)*1566083941) - uint32(i)
		wrap()
	}
	s.state[0] = 1 << 31
	return s
}

func (s *stream) word() uint32 {
	if s.next == 624 {
		for i := range 624 {
			y := s.state[i]&(1<<31) | s.state[(i+1)%624]&(1<<31-1)
			s.state[i] = s.state[(i+397)%624] ^ y>>1 ^ (y&1)*0x9908b0df
		}
		s.next = 0
	}
	y := s.state[s.next]
	s.next++
	y ^= y >> 11
	y ^= y << 7 & 0x9d2c5680
	y ^= y << 15 & 0xefc60000
	return y ^ y>>18
}

// random is uniform in [0, 1) with 53 bits.
func (s *stream) random() float64 {
	a, b := s.word()>>5, s.word()>>6
	return (float64(a)*67108864 + float64(b)) / 9007199254740992
}

// below is a whole number in [0, n).
func (s *stream) below(n int) int { return int(s.random() * float64(n)) }

func shuffle[T any](s *stream, list []T) {
	for i := len(list) - 1; i > 0; i-- {
		j := s.below(i + 1)
		list[i], list[j] = list[j], list[i]
	}
}

// PerStudentSeed is the seed of a problem that gives each learner one of 20
// variants. usageKey is the block's key as text.
func PerStudentSeed(userID int64, usageKey string) int {
	sum := sha256.Sum256([]byte(strconv.FormatInt(userID, 10) + pythonBytes(usageKey)))
	n, _ := strconv.ParseInt(hex.EncodeToString(sum[:])[:7], 16, 64)
	return int(n % 20)
}

// pythonBytes is how Python prints the bytes of a text: the seed's hash is of
// that, b and quotes included.
func pythonBytes(s string) string {
	quote := byte('\'')
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		quote = '"'
	}
	out := []byte{'b', quote}
	for i := range len(s) {
		switch c := s[i]; {
		case c == quote || c == '\\':
			out = append(out, '\\', c)
		case c == '\n':
			out = append(out, `\n`...)
		case c == '\r':
			out = append(out, `\r`...)
		case c == '\t':
			out = append(out, `\t`...)
		case c < ' ' || c >= 0x7f:
			out = append(out, `\x`+hex.EncodeToString([]byte{c})...)
		default:
			out = append(out, c)
		}
	}
	return string(append(out, quote))
}
