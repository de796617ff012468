package graderqueue

import (
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"lyceum/internal/fault"
	"lyceum/internal/limit"
)

// User is a program that may use queues.
type User struct {
	Name   string
	Queues []string // nil: all
}

// may reports whether the program may use a queue.
func (u User) may(queue string) bool { return u.Queues == nil || slices.Contains(u.Queues, queue) }

// iterations of a password's hash.
const iterations = 210_000

// SetUser makes a user, or changes it; with a new password its sessions end.
func (s *Service) SetUser(ctx context.Context, u User, password string) error {
	if u.Name == "" || len(u.Name) > 128 || len(password) < 8 || len(password) > 1024 {
		return fault.Invalidf("user %q: a name and a password of 8 characters or more are needed", u.Name)
	}
	salt := rand.Text()
	hash, err := hashed(password, salt, iterations)
	if err != nil {
		return err
	}
	const upsert = `
		WITH over AS (DELETE FROM grader_session WHERE user_name = $1)
		INSERT INTO grader_user (name, password, queues, created) VALUES ($1, $2, $3, $4)
		ON CONFLICT (name) DO UPDATE SET password = excluded.password, queues = excluded.queues`
	if _, err := s.DB.Exec(ctx, upsert, u.Name, hash, u.Queues, s.now()); err != nil {
		return fmt.Errorf("set user %q: %w", u.Name, err)
	}
	return nil
}

// RemoveUser removes a user and ends its sessions.
func (s *Service) RemoveUser(ctx context.Context, name string) error {
	got, err := s.DB.Exec(ctx, `DELETE FROM grader_user WHERE name = $1`, name)
	if err != nil {
		return fmt.Errorf("remove user %q: %w", name, err)
	}
	if got.RowsAffected() == 0 {
		return fault.NotFoundf("no user %q", name)
	}
	return nil
}

// Users lists the users by name.
func (s *Service) Users(ctx context.Context) ([]User, error) {
	rows, err := s.DB.Query(ctx, `SELECT name, queues FROM grader_user ORDER BY name`)
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[User])
}

func hashed(password, salt string, n int) (string, error) {
	key, err := pbkdf2.Key(sha256.New, password, []byte(salt), n, sha256.Size)
	if err != nil {
		return "", fmt.Errorf("hash a password: %w", err)
	}
	return "pbkdf2_sha256$" + strconv.Itoa(n) + "$" + salt + "$" + base64.StdEncoding.EncodeToString(key), nil
}

// fits reports whether a password is the one a hash was made of.
func fits(password, hash string) bool {
	parts := strings.Split(hash, "$")
	if len(parts) != 4 || parts[0] != "pbkdf2_sha256" {
		return false
	}
	n, err := strconv.Atoi(parts[1])
	if err != nil {
		return false
	}
	got, err := hashed(password, parts[2], n)
	return err == nil && subtle.ConstantTimeCompare([]byte(got), []byte(hash)) == 1
}

// logins bounds how fast passwords may be guessed.
var logins = limit.Delay{Name: "grader login", Free: 10, Max: time.Minute, Forget: time.Hour}

// errLogin: no such user, another password, or too many attempts.
var errLogin = errors.New("Incorrect login credentials") //nolint:staticcheck // as graders know it

// login opens a session and returns what the program proves it with.
func (s *Service) login(ctx context.Context, name, password, from string) (token string, err error) {
	if s.Limiter != nil {
		if _, ok := s.Limiter.Attempt(ctx, logins, from); !ok {
			return "", errLogin
		}
	}
	var hash string
	err = s.DB.QueryRow(ctx, `SELECT password FROM grader_user WHERE name = $1`, name).Scan(&hash)
	if errors.Is(err, pgx.ErrNoRows) {
		_, _ = hashed(password, "nobody", iterations) // a wrong name takes as long as a wrong password
		return "", errLogin
	}
	if err != nil {
		return "", fmt.Errorf("find user %q: %w", name, err)
	}
	if len(password) > 1024 || !fits(password, hash) {
		return "", errLogin
	}
	if s.Limiter != nil {
		s.Limiter.Clear(ctx, logins, from)
	}
	token = newKey()
	sum := sha256.Sum256([]byte(token))
	const insert = `INSERT INTO grader_session (token, user_name, expires) VALUES ($1, $2, $3)`
	if _, err := s.DB.Exec(ctx, insert, sum[:], name, s.now().Add(s.LoginLife)); err != nil {
		return "", fmt.Errorf("open a session of %q: %w", name, err)
	}
	return token, nil
}

// session finds who holds a token; ok is false for nobody.
func (s *Service) session(ctx context.Context, token string) (u User, ok bool, err error) {
	if token == "" {
		return User{}, false, nil
	}
	sum := sha256.Sum256([]byte(token))
	const find = `
		SELECT u.name, u.queues FROM grader_session s JOIN grader_user u ON u.name = s.user_name
		WHERE  s.token = $1 AND s.expires > $2`
	err = s.DB.QueryRow(ctx, find, sum[:], s.now()).Scan(&u.Name, &u.Queues)
	if errors.Is(err, pgx.ErrNoRows) {
		return User{}, false, nil
	}
	if err != nil {
		return User{}, false, fmt.Errorf("find a program's session: %w", err)
	}
	return u, true, nil
}

// logout ends a session.
func (s *Service) logout(ctx context.Context, token string) error {
	sum := sha256.Sum256([]byte(token))
	_, err := s.DB.Exec(ctx, `DELETE FROM grader_session WHERE token = $1`, sum[:])
	return err
}
