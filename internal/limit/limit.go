package limit

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/netip"
	"time"

	"github.com/redis/go-redis/v9"

	"lyceum/internal/cache"
	"lyceum/internal/clock"
)

// Rule allows Burst at once and Count in each Per over time.
type Rule struct {
	Name  string // part of the counter's key
	Count int
	Per   time.Duration
	Burst int // zero means Count
}

// interval is the time in which the bucket gains one.
func (r Rule) interval() time.Duration { return r.Per / time.Duration(r.Count) }

// depth is how far ahead of the clock the bucket may run.
func (r Rule) depth() time.Duration {
	burst := r.Burst
	if burst == 0 {
		burst = r.Count
	}
	return r.interval() * time.Duration(burst)
}

// Delay lets Free attempts pass and then asks for 2^n seconds before each further one, at most Max; all is forgotten Forget after the
// last attempt.
type Delay struct {
	Name   string
	Free   int
	Max    time.Duration
	Forget time.Duration
}

// after returns the pause that follows the nth attempt.
func (d Delay) after(n int) time.Duration {
	over := n - d.Free
	if over < 0 {
		return 0
	}
	if over > 30 {
		return d.Max
	}
	return min(time.Second<<over, d.Max)
}

// Limiter counts. Its zero value counts in this process alone.
type Limiter struct {
	redis *cache.Redis
	clock clock.Clock
	local local
}

// New returns a limiter that counts in redis; a nil redis leaves the counting to this process.
func New(redis *cache.Redis, c clock.Clock) *Limiter {
	return &Limiter{redis: redis, clock: c}
}

// bucketScript keeps in KEYS[1] the time (microseconds) at which the bucket is full again. ARGV: now, interval, depth, 1 to take or 0 to
// look. It returns how long to wait, 0 for go.
var bucketScript = redis.NewScript(`
local now, interval, depth = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local full = tonumber(redis.call('GET', KEYS[1]) or now)
if full < now then full = now end
if full + interval - now > depth then return full + interval - now - depth end
if ARGV[4] == '0' then return 0 end
full = full + interval
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000) + 1)
return 0`)

// Take takes one from the bucket of rule and key. When it is empty, ok is false and wait says when it no longer is.
func (l *Limiter) Take(ctx context.Context, rule Rule, key string) (wait time.Duration, ok bool) {
	return l.bucket(ctx, rule, key, 1)
}

// Look says what Take would, and takes nothing: for limits on failures alone.
func (l *Limiter) Look(ctx context.Context, rule Rule, key string) (wait time.Duration, ok bool) {
	return l.bucket(ctx, rule, key, 0)
}

func (l *Limiter) bucket(ctx context.Context, rule Rule, key string, n int) (wait time.Duration, ok bool) {
	now := l.clock.Now()
	id := counter(rule.Name, key)
	wait, err := l.run(ctx, bucketScript, id, now.UnixMicro(), rule.interval().Microseconds(), rule.depth().Microseconds(), n)
	if err != nil {
		wait = l.local.take(id, rule, n, now)
	}
	return wait, wait == 0
}

// attemptScript keeps the number of attempts and the time before which none may be made. ARGV: now, free, max, forget (microseconds).
// An attempt that is let through is counted at once: many at the same time are many.
var attemptScript = redis.NewScript(`
local now, free, max, forget = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local kept = redis.call('HMGET', KEYS[1], 'n', 'next')
local n, next = tonumber(kept[1] or 0), tonumber(kept[2] or 0)
if next > now then return next - now end
n = n + 1
local pause = 0
if n >= free then pause = math.min(max, 1000000 * 2 ^ math.min(n - free, 30)) end
redis.call('HSET', KEYS[1], 'n', n, 'next', string.format('%.0f', now + pause))
redis.call('PEXPIRE', KEYS[1], math.ceil(forget / 1000))
return 0`)

// Attempt counts an attempt that is expected to fail, before it is made. When it comes too soon after failures it is not counted, ok is
// false, and wait says how long to pause. Call Clear when the attempt succeeds.
func (l *Limiter) Attempt(ctx context.Context, d Delay, key string) (wait time.Duration, ok bool) {
	now := l.clock.Now()
	id := counter(d.Name, key)
	wait, err := l.run(ctx, attemptScript, id, now.UnixMicro(), d.Free, d.Max.Microseconds(), d.Forget.Microseconds())
	if err != nil {
		wait = l.local.attempt(id, d, now)
	}
	return wait, wait == 0
}

// Clear forgets the failures of key.
func (l *Limiter) Clear(ctx context.Context, d Delay, key string) {
	id := counter(d.Name, key)
	l.local.clear(id)
	_ = l.redis.Do(ctx, func(ctx context.Context, c redis.Cmdable) error { return c.Del(ctx, id).Err() })
}

func (l *Limiter) run(ctx context.Context, script *redis.Script, id string, args ...any) (time.Duration, error) {
	var wait int64
	err := l.redis.Do(ctx, func(ctx context.Context, c redis.Cmdable) (err error) {
		wait, err = script.Run(ctx, c.(redis.Scripter), []string{id}, args...).Int64()
		return err
	})
	return time.Duration(wait) * time.Microsecond, err
}

// counter is the Redis key of a counter.
func counter(name, key string) string {
	sum := sha256.Sum256([]byte(key))
	return "lyceum:limit:" + name + ":" + base64.RawURLEncoding.EncodeToString(sum[:16])
}

// Address returns the key under which an address is counted: IPv4 as it is, IPv6 by its /64, which one customer has to himself.
func Address(a netip.Addr) string {
	a = a.Unmap().WithZone("")
	if !a.Is6() {
		return a.String()
	}
	network, err := a.Prefix(64)
	if err != nil {
		return a.String()
	}
	return network.String()
}
