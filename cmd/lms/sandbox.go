package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"lyceum/grading/sandbox"
	"lyceum/internal/cache"
)

// sandboxConfig reads how authors' Python is run. It calls wrong for every setting that is.
func sandboxConfig(getenv func(string) string, wrong func(name, format string, args ...any)) sandbox.Config {
	c := sandbox.Config{Python: getenv("LMS_SANDBOX_PYTHON"), Token: getenv("LMS_SANDBOX_TOKEN"), Unsafe: getenv("LMS_SANDBOX_UNSAFE") == "yes"}
	if text := getenv("LMS_SANDBOX_URL"); text != "" {
		u, err := url.Parse(text)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			wrong("LMS_SANDBOX_URL", "want the address of a service such as https://python.example.org/v1, got %q", text)
		} else {
			c.Way, c.Service = sandbox.Remote, u
		}
	}
	switch way := sandbox.Way(getenv("LMS_SANDBOX")); way {
	case "":
	case sandbox.Pool, sandbox.Cold, sandbox.Off:
		c.Way = way
	case sandbox.Remote:
		if c.Way = way; c.Service == nil {
			wrong("LMS_SANDBOX", "remote needs LMS_SANDBOX_URL")
		}
	default:
		wrong("LMS_SANDBOX", "want pool, cold, remote or off, got %q", way)
	}
	if text := getenv("LMS_SANDBOX_MEMBERS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 500 {
			wrong("LMS_SANDBOX_MEMBERS", "want a number from 1 to 500, got %q", text)
		}
		c.Members = n
	}
	for _, pair := range splitList(getenv("LMS_SANDBOX_LIMITS")) {
		name, value, _ := strings.Cut(pair, "=")
		if err := setLimit(&c.Limits, name, value); err != nil {
			wrong("LMS_SANDBOX_LIMITS", "%q: %v", pair, err)
		}
	}
	return c
}

func setLimit(l *sandbox.Limits, name, value string) (err error) {
	switch name {
	case "cpu", "wall":
		d, err := time.ParseDuration(value)
		if err != nil || d <= 0 || d > time.Hour {
			return fmt.Errorf("want a time such as 2s")
		}
		if name == "wall" {
			l.Wall = d
		} else {
			l.CPU = d
		}
	case "memory", "output":
		n, err := strconv.ParseInt(strings.TrimSuffix(value, "MiB"), 10, 64)
		if err != nil || n < 1 || n > 1<<20 || !strings.HasSuffix(value, "MiB") {
			return fmt.Errorf("want a size such as 512MiB")
		}
		if name == "memory" {
			l.Memory = n << 20
		} else {
			l.Output = n << 20
		}
	case "processes":
		if l.Processes, err = strconv.Atoi(value); err != nil || l.Processes < 1 {
			return fmt.Errorf("want a number")
		}
	default:
		return fmt.Errorf("there are cpu, wall, memory, output and processes")
	}
	return nil
}

// newRunner makes what runs authors' Python. Nothing is started before it is needed. r, which may be nil, keeps results for other processes.
func newRunner(c sandbox.Config, log *slog.Logger, r *cache.Redis) *sandbox.Runner {
	c.Log = log
	if r != nil {
		c.Store = scriptResults{r, time.Now}
	}
	return sandbox.New(c)
}

// scriptResults keeps what authors' Python came to in Redis, for all processes of a site. It is bounded in time and in bytes: a day's results
// take no more than scriptDayBytes, what comes after those is worked out again, and each is kept for a day. So those of two days are there
// at most.
type scriptResults struct {
	redis *cache.Redis
	now   func() time.Time
}

const (
	scriptDay        = 24 * time.Hour
	scriptDayBytes   = 64 << 20
	scriptResultSize = 1 << 20
	scriptOverhead   = 128 // bytes of an entry beside key and result, about
)

// Get returns a result by its key. A store that is away has none.
func (s scriptResults) Get(ctx context.Context, key string) (result []byte, ok bool) {
	err := s.redis.Do(ctx, func(ctx context.Context, c redis.Cmdable) (err error) {
		result, err = c.Get(ctx, "script:"+key).Bytes()
		return err
	})
	return result, err == nil
}

// Put keeps a result that is not too large, unless the day has had its share.
func (s scriptResults) Put(ctx context.Context, key string, result []byte) {
	if len(result) > scriptResultSize {
		return
	}
	day := fmt.Sprintf("script-bytes:%d", s.now().Unix()/int64(scriptDay/time.Second))
	_ = s.redis.Do(ctx, func(ctx context.Context, c redis.Cmdable) error { // it can be worked out again
		pipe := c.Pipeline()
		size := int64(len(result) + len(key) + scriptOverhead)
		used := pipe.IncrBy(ctx, day, size)
		pipe.Expire(ctx, day, 2*scriptDay)
		if _, err := pipe.Exec(ctx); err != nil {
			return err
		}
		if used.Val() > scriptDayBytes { // and the next smaller one may still fit
			return c.DecrBy(ctx, day, size).Err()
		}
		return c.Set(ctx, "script:"+key, result, scriptDay).Err()
	})
}

// examineSandbox tries the layers around authors' Python.
func examineSandbox(ctx context.Context, c sandbox.Config) []finding {
	runner := newRunner(c, slog.New(slog.DiscardHandler), nil)
	defer runner.Close()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	r := runner.Check(ctx)
	const what, advice = "python", "the section \"Authors' Python\" of docs/operations.md says what it needs"
	var list []finding
	switch why := r.Refusal(); {
	case c.Way == sandbox.Off:
		return []finding{{what: what, found: "LMS_SANDBOX=off: problems with Python are not served"}}
	case r.Bare:
		list = append(list, finding{what, "LMS_SANDBOX_UNSAFE: authors' Python runs without a jail, with all rights of this server", true, "unset it: it is for development alone"})
	case why != "":
		list = append(list, finding{what, "problems with Python are off: " + why, false, advice})
	default:
		found := string(r.Way) + ", Python " + r.Python
		if len(r.Packages) > 0 {
			found += " with " + strings.Join(r.Packages, ", ")
		}
		list = append(list, finding{what: what, found: found})
	}
	if len(r.Missing) > 0 {
		list = append(list, finding{what, "not installed: " + strings.Join(r.Missing, ", "), false, "some courses use them; scripts/setup run installs them by apt, under the names python3-..."})
	}
	for _, l := range r.Layers {
		f := finding{what: "  " + l.Name, found: l.Detail}
		if !l.Holds {
			f.advice = "this layer does not hold"
		}
		list = append(list, f)
	}
	return list
}
