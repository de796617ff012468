package embedded

import (
	"crypto/rand"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// redisTick is how exact expiry is.
const redisTick = time.Second

// redisServer is the cache in this process. It listens on a port of this machine with a password made for the run, because it cannot
// listen on a unix socket and any program of the machine can reach a port.
type redisServer struct {
	url  string
	mini *miniredis.Miniredis
	quit chan struct{}
	done sync.WaitGroup
}

func startRedis() (*redisServer, error) {
	password := rand.Text()
	mini := miniredis.NewMiniRedis()
	mini.RequireAuth(password)
	if err := mini.StartAddr("127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("start the cache: %w", err)
	}
	u := url.URL{Scheme: "redis", User: url.UserPassword("", password), Host: mini.Addr(), Path: "/0"}
	r := &redisServer{url: u.String(), mini: mini, quit: make(chan struct{})}
	r.done.Go(r.expire)
	return r, nil
}

// expire moves the server's time on: it expires nothing by itself.
func (r *redisServer) expire() {
	tick := time.NewTicker(redisTick)
	defer tick.Stop()
	last := time.Now()
	for {
		select {
		case now := <-tick.C:
			r.mini.FastForward(now.Sub(last))
			last = now
		case <-r.quit:
			return
		}
	}
}

func (r *redisServer) stop() {
	close(r.quit)
	r.done.Wait()
	r.mini.Close()
}
