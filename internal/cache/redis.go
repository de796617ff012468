package cache

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// ErrAway says that Redis was not asked because it failed just before.
var ErrAway = errors.New("redis is away")

// timeout bounds every call.
const timeout = 50 * time.Millisecond

// Redis is a client with a bound on waiting and a breaker. A nil *Redis is always away.
type Redis struct {
	// Changed hears when Redis is no longer asked because it fails, and when it answers again. It is set before the first call
	// and may be nil.
	Changed func(away bool, err error)

	client  *redis.Client
	breaker breaker
}

// Open parses url (redis://, rediss://, unix://) and returns a client. It does not connect: Redis may come and go.
func Open(url string) (*Redis, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("Redis address: %w", err)
	}
	options.ContextTimeoutEnabled = true // else the client waits its own seconds whatever the context says
	options.MaxRetries = -1              // the caller has another way; a retry only makes it wait
	options.DialTimeout = timeout
	options.PoolTimeout = timeout
	options.DisableIdentity = true
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return &Redis{client: redis.NewClient(options)}, nil
}

// Close closes the connections.
func (r *Redis) Close() error {
	if r == nil {
		return nil
	}
	return r.client.Close()
}

// Do runs one or a few commands. An absent key is redis.Nil, as ever; it counts as an answer.
func (r *Redis) Do(ctx context.Context, do func(ctx context.Context, c redis.Cmdable) error) error {
	if r == nil || !r.breaker.allow(time.Now()) {
		return ErrAway
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	err := do(limited, r.client)
	switch {
	case err == nil, answered(err):
		if r.breaker.succeed() && r.Changed != nil {
			r.Changed(false, nil)
		}
	case ctx.Err() == nil: // a caller that went away says nothing about Redis
		if r.breaker.fail(time.Now()) && r.Changed != nil {
			r.Changed(true, err)
		}
	default:
		r.breaker.forget()
	}
	return err
}

// answered reports whether err came from Redis itself rather than from the way to it.
func answered(err error) bool {
	var said redis.Error
	return errors.Is(err, redis.Nil) || errors.As(err, &said)
}

// Subscribe listens to a channel until ctx is done and calls heard for each message. It connects again by itself. Messages sent while
// it was away are lost, so a listener also polls.
func (r *Redis) Subscribe(ctx context.Context, channel string, heard func(message string)) {
	if r == nil {
		<-ctx.Done()
		return
	}
	sub := r.client.Subscribe(ctx, channel)
	defer sub.Close()
	messages := sub.Channel()
	for {
		select {
		case m, ok := <-messages:
			if !ok {
				return
			}
			heard(m.Payload)
		case <-ctx.Done():
			return
		}
	}
}
