package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"lyceum/web/middleware"
)

// serveCommand runs the site until it is told to stop.
type serveCommand struct {
	Addr    string        `help:"Address of the LMS." default:":8000" setting:"LMS_ADDR"`
	Studio  string        `help:"Address of Studio, or none where it shares the LMS's and has a host name of its own; :8001 when not given." name:"studio-addr" placeholder:":8001" setting:"LMS_STUDIO_ADDR"`
	Demo    bool          `help:"Try it out: a sample course and accounts with passwords, on this machine only."`
	Migrate bool          `help:"Bring the schema of a configured database up to date first." setting:"LMS_MIGRATE"`
	Drain   time.Duration `help:"How long to stay reachable after a stop was asked for, for balancers." name:"drain-delay" default:"0s" setting:"LMS_DRAIN_DELAY"`
}

// Run serves until the context ends, then drains. Who stops it while it starts gets what they asked for, whatever that kept from being done:
// the next start goes on with it.
func (c *serveCommand) Run(env *environment) error {
	ready := false
	err := c.run(env, &ready)
	if err != nil && !ready && env.ctx.Err() != nil {
		env.log.Info("stopped while starting; the next start goes on from here")
		env.log.Debug("what the stop interrupted", "err", err)
		return nil //nolint:nilerr // it was asked for, and is told above
	}
	return err
}

func (c *serveCommand) run(env *environment, ready *bool) error {
	began := time.Now()
	tuneMemory(env.getenv)
	addr, studioAddr := c.Addr, c.Studio
	if c.Demo {
		for flag, a := range map[string]*string{"--addr or LMS_ADDR": &addr, "--studio-addr or LMS_STUDIO_ADDR": &studioAddr} {
			if *a == "" || *a == noStudioAddr {
				continue
			}
			var err error
			if *a, err = loopback(flag, *a); err != nil {
				return err
			}
		}
	}
	if err := portFree(env.ctx, addr); err != nil { // said before anything is made
		return err
	}
	studioListener, err := listenStudio(env, studioAddr, addr)
	if err != nil {
		return err
	}
	studioAddr = ""
	if studioListener != nil {
		defer studioListener.Close() // when it is not served
		studioAddr = studioListener.Addr().String()
	}
	for _, name := range unknownSettings(os.Environ()) {
		env.log.Warn("there is no such setting; is it mistyped? lms doctor and README.md name those there are", "variable", name)
	}
	s, err := openStores(env, toServe)
	if err != nil {
		return err
	}
	defer s.close(env)
	if _, port, _ := net.SplitHostPort(studioAddr); c.Studio == "" && port != defaultStudioPort { // not earlier: a second start on one directory has one thing to say
		env.log.Warn("port "+defaultStudioPort+" is taken, so Studio listens on another; --studio-addr or LMS_STUDIO_ADDR chooses one", "addr", studioAddr)
	}
	if s.config.Unlimited {
		env.log.Warn("LMS_RATE_LIMITS=no: answers, searches and events may come as fast as they can")
	}
	if err := s.prepare(env, c.Migrate || s.config.PostgresURL == ""); err != nil {
		return err
	}
	cert, err := openCertificate(s.config)
	if err != nil {
		return err
	}
	// Before anybody can be served: a signal nobody waits for would end the program.
	reopen, reload := make(chan os.Signal, 1), make(chan os.Signal, 1)
	signal.Notify(reopen, syscall.SIGUSR1)
	defer signal.Stop(reopen)
	if cert != nil { // without one, a closed terminal ends the program as it ends others
		signal.Notify(reload, syscall.SIGHUP)
		defer signal.Stop(reload)
	}
	site, err := newSite(env, s, c.Addr, studioAddr)
	if err != nil {
		return err
	}
	defer site.close(env)
	listener, err := listen(env.ctx, addr)
	if err != nil {
		return err
	}
	listeners := []net.Listener{listener}
	servers := []*http.Server{newServer(env, site, site.handler)}
	if studioListener != nil {
		listeners, servers = append(listeners, studioListener), append(servers, newServer(env, site, site.studio))
	}

	work, stopWork := context.WithCancel(context.WithoutCancel(env.ctx))
	defer stopWork()
	group, work := errgroup.WithContext(work)
	site.start(work, group, env)
	for i, server := range servers {
		group.Go(func() error {
			err := cert.serve(server, listeners[i])
			if errors.Is(err, http.ErrServerClosed) {
				return nil
			}
			return err
		})
	}
	var demo *demoAccounts
	if c.Demo {
		if demo, err = site.prepareDemo(env); err != nil {
			stopWork()
			for _, server := range servers {
				err = errors.Join(err, server.Close())
			}
			return errors.Join(err, group.Wait())
		}
	}
	if s.embedded != nil {
		if err := os.WriteFile(addressFile(env.data), []byte(site.url), 0o600); err != nil {
			env.log.Warn("commands cannot learn the site's address for the letters they write", "err", err)
		}
	}
	site.ready.Store(true)
	*ready = true
	c.banner(env, s, site, demo, time.Since(began))

	for waiting := true; waiting; {
		select {
		case <-reopen:
			site.reopen(env)
		case <-reload:
			if err := cert.reload(); err != nil {
				env.log.Error("the old certificate stays", "err", err)
			} else {
				env.log.Info("the certificate was read again")
			}
		case <-work.Done(): // something that must not end has ended
			waiting = false
		case <-env.ctx.Done():
			waiting = false
		}
	}
	return c.stop(env, site, servers, stopWork, group)
}

// newServer serves a face.
func newServer(env *environment, site *site, face http.Handler) *http.Server {
	return &http.Server{
		Handler: face, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: site.httpLog(env), ConnContext: middleware.InOneWrite,
	}
}

// listen takes an address, or says why it cannot be had and what to do.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("another program listens on %s: stop it, or choose another address with --addr or LMS_ADDR, for example :8080", addr)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("this account may not listen on %s: choose a port from 1024 with --addr or LMS_ADDR", addr)
	case err != nil:
		return nil, fmt.Errorf("cannot listen on %q, want HOST:PORT or :PORT in --addr or LMS_ADDR: %w", addr, err)
	}
	return listener, nil
}

// portFree tells early whether the address can be had.
func portFree(ctx context.Context, addr string) error {
	listener, err := listen(ctx, addr)
	if err != nil {
		return err
	}
	return listener.Close()
}

// stop drains: no longer ready, then no new connections, then requests and jobs under way.
func (c *serveCommand) stop(env *environment, site *site, servers []*http.Server, stopWork func(), group *errgroup.Group) error {
	site.ready.Store(false)
	env.log.Info("stopping")
	time.Sleep(c.Drain)
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	errs := make([]error, len(servers))
	var closing sync.WaitGroup
	for i, server := range servers {
		closing.Go(func() { errs[i] = server.Shutdown(ctx) })
	}
	closing.Wait()
	stopWork()
	return errors.Join(errors.Join(errs...), group.Wait())
}

// loopback keeps a demonstration on this machine: an address without a host means 127.0.0.1, any other host must be local.
func loopback(flag, addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", fmt.Errorf("%s: want HOST:PORT or :PORT: %w", flag, err)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.IsLoopback()) {
		return "", fmt.Errorf("--demo has accounts with printed passwords, so it serves this machine only: %s is not a local address", host)
	}
	return net.JoinHostPort(host, port), nil
}

// banner says where everything is.
func (c *serveCommand) banner(env *environment, s *stores, site *site, demo *demoAccounts, took time.Duration) {
	where := func(configured string, own string) string {
		if configured != "" {
			return "configured"
		}
		return own
	}
	out := env.out
	fmt.Fprintf(out, "\n  %s is ready after %.1f s\n\n", s.config.SiteName, took.Seconds())
	fmt.Fprintf(out, "  Learn       %s\n", site.url)
	if at := site.studioAt(); at != "" {
		fmt.Fprintf(out, "  Write       %s\n", at)
	}
	fmt.Fprintf(out, "  PostgreSQL  %s\n", where(s.config.PostgresURL, "private, in "+env.data))
	fmt.Fprintf(out, "  Documents   %s\n", where(s.config.MongoURL, "in this process, on the private PostgreSQL"))
	fmt.Fprintf(out, "  Cache       %s\n", where(s.config.RedisURL, "in this process"))
	fmt.Fprintf(out, "  Logs        %s\n", filepath.Join(env.data, "log"))
	if s.made != "" {
		fmt.Fprintf(out, "  New         this site was made just now, in %s\n", s.made)
	}
	if s.config.SMTPURL == "" {
		fmt.Fprintf(out, "  Mail        kept here: %s/outbox\n", site.url)
	}
	if demo != nil {
		fmt.Fprintf(out, "\n  Sign in as  %-22s %s\n", demo.Learner.Email, demo.Learner.Password)
		fmt.Fprintf(out, "  or as staff %-22s %s\n", demo.Staff.Email, demo.Staff.Password)
		fmt.Fprintf(out, "  or author   %-22s %s\n", demo.Author.Email, demo.Author.Password)
		fmt.Fprintf(out, "  Course      %s/courses/%s/about\n", site.url, demo.Course)
	}
	fmt.Fprintf(out, "\n  Stop with Ctrl-C.\n\n")
}

// addressFile is where a server with stores of its own writes down the site's address, for commands.
func addressFile(data string) string { return filepath.Join(data, "run", "site") }

// siteSecret reads the secret that signs passes, sessions' names and anonymous ids, and makes it at the first start.
func siteSecret(env *environment) ([]byte, error) {
	if text := env.getenv("LMS_SECRET"); text != "" {
		if len(text) < 32 {
			return nil, errors.New("LMS_SECRET: at least 32 characters are needed")
		}
		return []byte(text), nil
	}
	path := filepath.Join(env.data, "secret")
	text, err := os.ReadFile(path)
	if err == nil {
		return []byte(strings.TrimSpace(string(text))), nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read the site's secret: %w", err)
	}
	if err := os.MkdirAll(env.data, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	raw := make([]byte, 32)
	rand.Read(raw)
	text = []byte(hex.EncodeToString(raw))
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make the site's secret: %w", err)
	}
	if _, err := file.Write(append(text, '\n')); err != nil {
		return nil, errors.Join(fmt.Errorf("make the site's secret: %w", err), file.Close(), os.Remove(path))
	}
	return text, errors.Join(file.Sync(), file.Close())
}
