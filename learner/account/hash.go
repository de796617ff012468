package account

import (
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/alexedwards/argon2id"

	"lyceum/internal/fault"
)

// hashParams are those of new hashes; a password whose hash has others gets a new one at the next sign-in.
var hashParams = argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

const (
	// iterationsMax and memoryMax bound what an imported hash may cost us.
	iterationsMax = 10_000_000
	memoryMax     = 256 * 1024 // KiB

	// unusable is the hash of an account without a password.
	unusable = "!"

	laneRetry = time.Second
)

// hasher computes password hashes in a lane: as many at once as there are cores, four times as many waiting, and the rest told to come
// back, so that a flood of sign-ins takes neither all memory nor all time.
type hasher struct {
	running chan struct{}
	waiting chan struct{}
	dummy   string // for names nobody has
}

func newHasher() *hasher {
	cores := runtime.GOMAXPROCS(0)
	return &hasher{running: make(chan struct{}, cores), waiting: make(chan struct{}, 5*cores), dummy: dummyHash()}
}

// dummyHash is a hash of no password: comparing with it costs as much as with any. Its key is random, since working one out takes as long
// as all else at the start of a process.
func dummyHash() string {
	random := make([]byte, hashParams.SaltLength+hashParams.KeyLength)
	_, _ = rand.Read(random) // never fails
	salt, key := random[:hashParams.SaltLength], random[hashParams.SaltLength:]
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", hashParams.Memory, hashParams.Iterations, hashParams.Parallelism,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

// enter takes a place; the caller calls leave when err is nil.
func (h *hasher) enter(ctx context.Context) (leave func(), err error) {
	select {
	case h.waiting <- struct{}{}:
	default:
		return nil, fault.Busyf("password lane is full").Say("account.busy").After(laneRetry)
	}
	select {
	case h.running <- struct{}{}:
		return func() { <-h.running; <-h.waiting }, nil
	case <-ctx.Done():
		<-h.waiting
		return nil, fmt.Errorf("wait in the password lane: %w", ctx.Err())
	}
}

// hash encodes a new password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	leave, err := h.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	encoded, err := argon2id.CreateHash(password, &hashParams)
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return encoded, nil
}

// verify compares a password with a hash; outdated says that a new hash should be made. An empty or unusable hash costs as much as any.
func (h *hasher) verify(ctx context.Context, password, encoded string) (match, outdated bool, err error) {
	leave, err := h.enter(ctx)
	if err != nil {
		return false, false, err
	}
	defer leave()
	if encoded == "" || strings.HasPrefix(encoded, unusable) {
		encoded = h.dummy
		defer func() { match = false }()
	}
	if len(password) > PasswordMax {
		password = "" // costs the same and matches nothing
		defer func() { match = false }()
	}
	if rest, ok := strings.CutPrefix(encoded, "pbkdf2_sha256$"); ok {
		match, err = verifyPBKDF2(password, rest)
		return match, true, err
	}
	return verifyArgon2(password, encoded)
}

// verifyArgon2 reads our own hashes, and Django's, which have "argon2" before the same text.
func verifyArgon2(password, encoded string) (match, outdated bool, err error) {
	encoded = strings.TrimPrefix(encoded, "argon2$")
	if !strings.HasPrefix(encoded, "$") {
		encoded = "$" + encoded
	}
	params, _, _, err := argon2id.DecodeHash(encoded)
	if err != nil {
		return false, false, fmt.Errorf("read password hash: %w", err)
	}
	if params.Memory > memoryMax || params.Iterations > 100 || params.Iterations == 0 || params.Parallelism == 0 {
		return false, false, fmt.Errorf("read password hash: it asks for too much work")
	}
	match, params, err = argon2id.CheckHash(password, encoded)
	if err != nil {
		return false, false, fmt.Errorf("check password hash: %w", err)
	}
	return match, *params != hashParams, nil
}

// verifyPBKDF2 reads the rest of Django's pbkdf2_sha256$iterations$salt$hash.
func verifyPBKDF2(password, rest string) (bool, error) {
	parts := strings.Split(rest, "$")
	if len(parts) != 3 {
		return false, fmt.Errorf("read password hash: %d parts", len(parts))
	}
	iterations, err := strconv.Atoi(parts[0])
	if err != nil || iterations < 1 || iterations > iterationsMax {
		return false, fmt.Errorf("read password hash: %q iterations", parts[0])
	}
	want, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(want) != sha256.Size {
		return false, fmt.Errorf("read password hash: its value is not 32 bytes in base 64")
	}
	got, err := pbkdf2.Key(sha256.New, password, []byte(parts[1]), iterations, len(want))
	if err != nil {
		return false, fmt.Errorf("check password hash: %w", err)
	}
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

// checkEncoded refuses a hash, brought from another site, that verify could not read.
func checkEncoded(encoded string) error {
	if rest, ok := strings.CutPrefix(encoded, "pbkdf2_sha256$"); ok {
		parts := strings.Split(rest, "$")
		if len(parts) != 3 {
			return fault.Invalidf("password hash has %d parts", len(parts))
		}
		n, err := strconv.Atoi(parts[0])
		if err != nil || n < 1 || n > iterationsMax {
			return fault.Invalidf("password hash has %q iterations", parts[0])
		}
		if raw, err := base64.StdEncoding.DecodeString(parts[2]); err != nil || len(raw) != sha256.Size {
			return fault.Invalidf("password hash value is not 32 bytes in base 64")
		}
		return nil
	}
	trimmed := strings.TrimPrefix(encoded, "argon2$")
	if !strings.HasPrefix(trimmed, "$") {
		trimmed = "$" + trimmed
	}
	if _, _, _, err := argon2id.DecodeHash(trimmed); err != nil {
		return fault.Invalidf("password hash of an unknown kind")
	}
	return nil
}
