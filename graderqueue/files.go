package graderqueue

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"lyceum/internal/fault"
)

// fileLife is how long the address of a file holds.
const fileLife = 24 * time.Hour

// fileURLs are the signed addresses of an answer's files.
func (s *Service) fileURLs(id int64, names []string) map[string]string {
	urls := make(map[string]string, len(names))
	expires := s.now().Add(fileLife).Unix()
	for _, name := range names {
		q := url.Values{"expires": {strconv.FormatInt(expires, 10)}, "key": {s.sign(id, name, expires)}}
		urls[name] = fmt.Sprintf("%s%s%d/%s?%s", s.URL, filesPath, id, url.PathEscape(name), q.Encode())
	}
	return urls
}

const filesPath = "/xqueue/files/"

func (s *Service) sign(id int64, name string, expires int64) string {
	m := hmac.New(sha256.New, s.Secret)
	fmt.Fprintf(m, "grader file %d %d %s", id, expires, name)
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil)[:18])
}

// Open returns a file to the bearer of its address. A wrong or old address is NotFound.
func (s *Service) Open(ctx context.Context, id int64, name, expires, key string) ([]byte, error) {
	until, err := strconv.ParseInt(expires, 10, 64)
	if err != nil || !hmac.Equal([]byte(key), []byte(s.sign(id, name, until))) {
		return nil, fault.NotFoundf("file %q of submission %d: forged address", name, id)
	}
	if s.now().Unix() >= until {
		return nil, fault.NotFoundf("file %q of submission %d: address expired", name, id)
	}
	var content []byte
	err = s.DB.QueryRow(ctx, `SELECT content FROM grader_file WHERE submission = $1 AND name = $2`, id, name).Scan(&content)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.NotFoundf("file %q of submission %d", name, id)
	}
	if err != nil {
		return nil, fmt.Errorf("open file %q of submission %d: %w", name, id, err)
	}
	return content, nil
}
