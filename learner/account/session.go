package account

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"lyceum/internal/fault"
	"lyceum/internal/pg"
	"lyceum/learner"
)

// Face is one of the two origins; a session of one means nothing to the other.
type Face string

// The faces.
const (
	LMS    Face = "lms"
	Studio Face = "studio"
)

// SessionLimits bound sessions. Zero fields take the defaults.
type SessionLimits struct {
	Idle               time.Duration // longest pause of a learner's session: 14 days
	Absolute           time.Duration // longest life of it: 30 days
	PrivilegedIdle     time.Duration // the same for staff and in Studio: 12 hours
	PrivilegedAbsolute time.Duration // 7 days
}

func (l SessionLimits) withDefaults() SessionLimits {
	const day = 24 * time.Hour
	set := func(d *time.Duration, to time.Duration) {
		if *d == 0 {
			*d = to
		}
	}
	set(&l.Idle, 14*day)
	set(&l.Absolute, 30*day)
	set(&l.PrivilegedIdle, 12*time.Hour)
	set(&l.PrivilegedAbsolute, 7*day)
	return l
}

const (
	// seenEvery is how precisely the last use of a session is known, so that reading a page does not write.
	seenEvery = 5 * time.Minute

	// copyTTL bounds how long Redis holds a copy.
	copyTTL = 5 * time.Minute

	// memoryTTL bounds how long this process remembers a session without asking Redis; with copyTTL it stays below watchKeep.
	memoryTTL = time.Minute

	// memoryBudget is for some twenty thousand sessions.
	memoryBudget = 16 << 20
)

// SessionID is the secret in the browser's cookie.
type SessionID string

// newSessionID returns 256 random bits.
func newSessionID() SessionID {
	b := make([]byte, 32)
	_, _ = rand.Read(b)
	return SessionID(base64.RawURLEncoding.EncodeToString(b))
}

// hash returns what is kept of an id; ok is false for what cannot be one.
func (id SessionID) hash() (h []byte, ok bool) {
	if len(id) != 43 {
		return nil, false
	}
	return hashSecret(string(id)), true
}

// Session is a signed-in browser and whose it is.
type Session struct {
	User      learner.ID `json:"user"`
	Username  string     `json:"username"`
	Email     string     `json:"email"`
	Name      string     `json:"name"`
	Active    bool       `json:"active"`
	Staff     bool       `json:"staff"`
	Superuser bool       `json:"superuser"`
	Language  string     `json:"language"`  // preference pref-lang, "" for none
	TimeZone  string     `json:"time_zone"` // preference time_zone, "" for none

	Face       Face      `json:"face"`
	Key        string    `json:"key"` // names the session in logs, in hexadecimal; it opens nothing
	Remembered bool      `json:"remembered"`
	CreatedAt  time.Time `json:"created_at"`
	ExpiresAt  time.Time `json:"expires_at"` // at the latest

	SeenAt   time.Time     `json:"seen_at"`
	Idle     time.Duration `json:"idle"`
	Epoch    int64         `json:"epoch"`
	Revision int64         `json:"revision"`
}

// over reports whether the session's time is up.
func (s *Session) over(now time.Time) bool {
	return !now.Before(s.ExpiresAt) || !now.Before(s.SeenAt.Add(s.Idle))
}

// Session returns who is signed in with this id at this face; ok is false when nobody is. An error means that it cannot be known now.
func (s *Service) Session(ctx context.Context, face Face, id SessionID) (session Session, ok bool, err error) {
	hash, ok := id.hash()
	if !ok || s.watch.ended(hash) {
		return Session{}, false, nil
	}
	now := s.clock.Now()
	good := func(got *Session) bool {
		return got.Face == face && !got.over(now) && now.Before(got.SeenAt.Add(seenEvery)) && s.watch.current(got)
	}
	if got, ok := s.recall(hash); ok && good(&got) {
		return got, true, nil
	}
	if got, ok := s.readCopy(ctx, hash); ok && good(&got) {
		s.remember(hash, &got)
		return got, true, nil
	}
	session, ok, err = selectSession(ctx, s.db, hash, face, now)
	if err != nil || !ok {
		return Session{}, false, err
	}
	if !now.Before(session.SeenAt.Add(seenEvery)) {
		if err := updateSeen(ctx, s.db, hash, now); err != nil {
			return Session{}, false, err
		}
		session.SeenAt = now
	}
	s.writeCopy(ctx, hash, &session)
	s.remember(hash, &session)
	return session, true, nil
}

func selectSession(ctx context.Context, q pg.Querier, hash []byte, face Face, now time.Time) (Session, bool, error) {
	const query = `
		SELECT a.id, a.username, a.email, a.name, a.is_active, a.is_staff, a.is_superuser,
		       coalesce((SELECT value FROM account_preference WHERE user_id = a.id AND key = 'pref-lang'), ''),
		       coalesce((SELECT value FROM account_preference WHERE user_id = a.id AND key = 'time_zone'), ''),
		       s.face, s.remembered, s.created_at, s.expires_at, s.seen_at, s.idle, s.epoch, a.revision
		FROM   account_session s JOIN account a ON a.id = s.user_id
		WHERE  s.id_hash = @hash AND s.face = @face AND s.ended_at IS NULL AND s.expires_at > @now AND s.seen_at + s.idle > @now
		  AND  s.epoch = a.epoch AND NOT a.is_disabled`
	x := Session{Key: hex.EncodeToString(hash)}
	err := q.QueryRow(ctx, query, pgx.StrictNamedArgs{"hash": hash, "face": face, "now": now}).Scan(
		&x.User, &x.Username, &x.Email, &x.Name, &x.Active, &x.Staff, &x.Superuser, &x.Language, &x.TimeZone,
		&x.Face, &x.Remembered, &x.CreatedAt, &x.ExpiresAt, &x.SeenAt, &x.Idle, &x.Epoch, &x.Revision)
	if errors.Is(err, pgx.ErrNoRows) {
		return Session{}, false, nil
	}
	if err != nil {
		return Session{}, false, fmt.Errorf("select session: %w", err)
	}
	return x, true, nil
}

func updateSeen(ctx context.Context, q pg.Querier, hash []byte, now time.Time) error {
	if _, err := q.Exec(ctx, `UPDATE account_session SET seen_at = $2 WHERE id_hash = $1 AND seen_at < $2`, hash, now); err != nil {
		return fmt.Errorf("update session: %w", err)
	}
	return nil
}

// opening is what a new session is made from.
type opening struct {
	account    Account
	epoch      int64
	face       Face
	parent     []byte // Studio: hash of the LMS session
	remembered bool
	privileged bool
	from       From
}

// openTx makes a session. Every sign-in, elevation and password change makes a new one, so that an id planted before is worth nothing.
func (s *Service) openTx(ctx context.Context, q pg.Querier, o opening) (SessionID, error) {
	now := s.clock.Now()
	idle, absolute := s.config.Sessions.Idle, s.config.Sessions.Absolute
	if o.privileged || o.face == Studio {
		idle, absolute = s.config.Sessions.PrivilegedIdle, s.config.Sessions.PrivilegedAbsolute
	}
	id := newSessionID()
	hash, _ := id.hash()
	address := ""
	if o.from.Address.IsValid() {
		address = o.from.Address.String()
	}
	const query = `
		INSERT INTO account_session (id_hash, user_id, face, parent, epoch, remembered, created_at, seen_at, idle, expires_at, address, agent)
		VALUES (@hash, @user, @face, @parent, @epoch, @remembered, @now, @now, @idle, @expires, @address, @agent)`
	_, err := q.Exec(ctx, query, pgx.StrictNamedArgs{
		"hash": hash, "user": o.account.ID, "face": o.face, "parent": o.parent, "epoch": o.epoch, "remembered": o.remembered,
		"now": now, "idle": idle, "expires": now.Add(absolute), "address": address, "agent": cut(o.from.Agent, 400),
	})
	if err != nil {
		return "", fmt.Errorf("insert session: %w", err)
	}
	return id, nil
}

// isPrivileged reports whether an account's sessions are short.
func (s *Service) isPrivileged(ctx context.Context, a Account) (bool, error) {
	if a.Staff || a.Superuser {
		return true, nil
	}
	return s.privileged(ctx, a.ID)
}

// SignOut ends a session and those handed over from it, or, from Studio, the one it was handed over from with all of its kind. Ending
// what has ended is no error.
func (s *Service) SignOut(ctx context.Context, from From, face Face, id SessionID) error {
	hash, ok := id.hash()
	if !ok {
		return nil
	}
	var ended [][]byte
	err := pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		who, hashes, err := endFamily(ctx, tx, hash, face)
		if err != nil || len(hashes) == 0 {
			return err
		}
		ended = hashes
		from.Actor = who
		return record(ctx, tx, from, "signed_out", who, nil, nil)
	})
	if err != nil {
		return err
	}
	s.forget(ctx, ended)
	return nil
}

// endFamily ends a session of face with its parent and all children of either. The oldest of them is locked first, as a hand-over does
// before it adds a child, so that no child slips in between.
func endFamily(ctx context.Context, q pg.Querier, hash []byte, face Face) (who learner.ID, hashes [][]byte, err error) {
	const lock = `
		SELECT id_hash
		FROM   account_session
		WHERE  id_hash = (SELECT coalesce(parent, id_hash) FROM account_session WHERE id_hash = @hash AND face = @face)
		FOR    UPDATE`
	const end = `
		UPDATE account_session
		SET    ended_at = now()
		WHERE  (id_hash = @hash OR id_hash = @root OR parent = @root) AND ended_at IS NULL
		RETURNING user_id, id_hash`
	var root []byte
	err = q.QueryRow(ctx, lock, pgx.StrictNamedArgs{"hash": hash, "face": face}).Scan(&root)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil, nil
	}
	if err != nil {
		return 0, nil, fmt.Errorf("lock session: %w", err)
	}
	rows, err := q.Query(ctx, end, pgx.StrictNamedArgs{"hash": hash, "root": root})
	if err != nil {
		return 0, nil, fmt.Errorf("end session: %w", err)
	}
	var h []byte
	_, err = pgx.ForEachRow(rows, []any{&who, &h}, func() error {
		hashes = append(hashes, append([]byte(nil), h...))
		return nil
	})
	if err != nil {
		return 0, nil, fmt.Errorf("end session: %w", err)
	}
	return who, hashes, nil
}

// SignOutEverywhere ends every session of an account, by itself or by an administrator.
func (s *Service) SignOutEverywhere(ctx context.Context, from From, who learner.ID) error {
	return s.change(ctx, who, revoke, func(tx pgx.Tx, _ Account) error {
		return record(ctx, tx, from, "signed_out_everywhere", who, nil, nil)
	})
}

// Copies of sessions: in this process, and in Redis for all. Losing them costs a query.

// remembered is a session as this process saw it.
type remembered struct {
	session Session
	at      time.Time // by the monotonic clock
}

// recall finds a session in memory. Only while polling works: memory hears of other processes' changes by it alone.
func (s *Service) recall(hash []byte) (Session, bool) {
	if !s.watch.watching() {
		return Session{}, false
	}
	got, ok := s.memory.Get([32]byte(hash))
	if !ok || time.Since(got.at) > memoryTTL {
		return Session{}, false
	}
	return got.session, true
}

func (s *Service) remember(hash []byte, session *Session) {
	s.memory.Add([32]byte(hash), remembered{*session, time.Now()}, 800)
}

func copyKey(hash []byte) string {
	return "lyceum:session:" + base64.RawURLEncoding.EncodeToString(hash)
}

func (s *Service) readCopy(ctx context.Context, hash []byte) (session Session, ok bool) {
	if !s.watch.trusted() {
		return Session{}, false
	}
	var text []byte
	err := s.redis.Do(ctx, func(ctx context.Context, c redis.Cmdable) (err error) {
		text, err = c.Get(ctx, copyKey(hash)).Bytes()
		return err
	})
	if err != nil || json.Unmarshal(text, &session) != nil {
		return Session{}, false
	}
	return session, true
}

func (s *Service) writeCopy(ctx context.Context, hash []byte, session *Session) {
	text, err := json.Marshal(session)
	if err != nil {
		return
	}
	_ = s.redis.Do(ctx, func(ctx context.Context, c redis.Cmdable) error {
		return c.Set(ctx, copyKey(hash), text, copyTTL).Err()
	})
}

// forget makes ended sessions unknown here at once and removes their copies.
func (s *Service) forget(ctx context.Context, hashes [][]byte) {
	if len(hashes) == 0 {
		return
	}
	keys := make([]string, len(hashes))
	for i, h := range hashes {
		s.watch.end(h)
		s.memory.Remove([32]byte(h))
		keys[i] = copyKey(h)
	}
	_ = s.redis.Do(context.WithoutCancel(ctx), func(ctx context.Context, c redis.Cmdable) error { return c.Del(ctx, keys...).Err() })
}

// effect says what a change of an account means for its sessions.
type effect int

const (
	refresh effect = iota // they stay; their copies are read anew
	revoke                // they end
)

// change runs do in a transaction that holds the account's row, gives the account a new revision, and a new epoch to revoke its
// sessions. The account do sees has the new epoch.
func (s *Service) change(ctx context.Context, who learner.ID, e effect, do func(tx pgx.Tx, a Account) error) error {
	var mark Account
	var hashes [][]byte
	err := pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		const query = `
			UPDATE account
			SET    revision = revision + 1, epoch = epoch + @step, changed_at = now()
			WHERE  id = @id
			RETURNING ` + accountColumns
		step := 0
		if e == revoke {
			step = 1
		}
		rows, err := tx.Query(ctx, query, pgx.StrictNamedArgs{"id": who, "step": step})
		if err != nil {
			return fmt.Errorf("change account: %w", err)
		}
		mark, err = pgx.CollectExactlyOneRow(rows, scanAccount)
		if errors.Is(err, pgx.ErrNoRows) {
			return fault.NotFoundf("no account %d", who)
		}
		if err != nil {
			return fmt.Errorf("change account: %w", err)
		}
		if hashes, err = selectSessionHashes(ctx, tx, who); err != nil {
			return err
		}
		return do(tx, mark)
	})
	if err != nil {
		return err
	}
	s.watch.mark(who, mark.epoch, mark.revision)
	s.dropCopies(ctx, hashes)
	return nil
}

func selectSessionHashes(ctx context.Context, q pg.Querier, who learner.ID) ([][]byte, error) {
	rows, err := q.Query(ctx, `SELECT id_hash FROM account_session WHERE user_id = $1 AND ended_at IS NULL`, who)
	if err != nil {
		return nil, fmt.Errorf("select sessions: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[[]byte])
}

func (s *Service) dropCopies(ctx context.Context, hashes [][]byte) {
	if len(hashes) == 0 {
		return
	}
	keys := make([]string, len(hashes))
	for i, h := range hashes {
		keys[i] = copyKey(h)
	}
	_ = s.redis.Do(context.WithoutCancel(ctx), func(ctx context.Context, c redis.Cmdable) error { return c.Del(ctx, keys...).Err() })
}

// Sweep removes sessions and tokens that ended a day ago or more, and returns how many.
func (s *Service) Sweep(ctx context.Context) (int64, error) {
	before := s.clock.Now().Add(-24 * time.Hour)
	var n int64
	for _, query := range []string{
		`DELETE FROM account_session WHERE expires_at < $1 OR ended_at < $1 OR seen_at + idle < $1`,
		`DELETE FROM account_token WHERE expires_at < $1`,
	} {
		tag, err := s.db.Exec(ctx, query, before)
		if err != nil {
			return n, fmt.Errorf("sweep sessions: %w", err)
		}
		n += tag.RowsAffected()
	}
	return n, nil
}

// cut shortens s to at most n bytes at a character's border.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}
