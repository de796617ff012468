package cache_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"lyceum/internal/cache"
)

func get(t *testing.T, r *cache.Redis, key string) (string, error) {
	t.Helper()
	var got string
	err := r.Do(t.Context(), func(ctx context.Context, c redis.Cmdable) (err error) {
		got, err = c.Get(ctx, key).Result()
		return err
	})
	return got, err
}

func TestDo(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	server.Set("a", "1")
	r, err := cache.Open("redis://" + server.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()

	if got, err := get(t, r, "a"); got != "1" || err != nil {
		t.Errorf("Get a = %q, %v, want 1", got, err)
	}
	for range 10 {
		if _, err := get(t, r, "absent"); !errors.Is(err, redis.Nil) {
			t.Fatalf("an absent key gives %v, want redis.Nil: it must not open the breaker", err)
		}
	}
}

// TestSilent asks a server that accepts and never answers.
func TestSilent(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	r, err := cache.Open("redis://" + listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()

	start := time.Now()
	for range 5 {
		if _, err := get(t, r, "a"); err == nil {
			t.Fatal("a server that never answers gave no error")
		}
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("five calls took %v, want about 250 ms", took)
	}
	if _, err := get(t, r, "a"); !errors.Is(err, cache.ErrAway) {
		t.Errorf("the sixth call gives %v, want ErrAway", err)
	}
}

func TestNil(t *testing.T) {
	t.Parallel()
	var r *cache.Redis
	if _, err := get(t, r, "a"); !errors.Is(err, cache.ErrAway) {
		t.Errorf("a nil Redis gives %v, want ErrAway", err)
	}
}
