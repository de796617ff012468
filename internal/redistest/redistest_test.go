package redistest_test

import (
	"strconv"
	"testing"

	"github.com/redis/go-redis/v9"

	"lyceum/internal/redistest"
)

// TestDatabasesAreApart runs more tests than there are databases: each must find its own empty.
func TestDatabasesAreApart(t *testing.T) {
	t.Parallel()
	for i := range 80 {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			client := redistest.New(t)
			if n, err := client.Incr(t.Context(), "n").Result(); err != nil || n != 1 {
				t.Errorf("first increment = %d, %v, want 1", n, err)
			}
		})
	}
}

func TestURL(t *testing.T) {
	t.Parallel()
	o, err := redis.ParseURL(redistest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(o)
	defer client.Close()
	if err := client.Ping(t.Context()).Err(); err != nil {
		t.Error(err)
	}
}
