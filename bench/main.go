// Command bench measures the running program from outside: it starts lms on a fresh data directory with its own stores, makes
// courses and learners, and counts processor time per request over all processes of the stack. `make bench` runs it beside
// the floors of the machine.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

func main() {
	lms := flag.String("lms", "./lms", "the program to measure")
	shared := flag.String("courses", "", "directory of course archives; the largest is imported")
	length := flag.Duration("d", 5*time.Second, "how long each line is measured")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *lms, *shared, *length); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench is one running site under measurement.
type bench struct {
	lms, data, url string
	server         *exec.Cmd
	length         time.Duration
}

func run(ctx context.Context, lms, courses string, length time.Duration) (err error) {
	lms, err = filepath.Abs(lms)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "lyceum-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // the private PostgreSQL of root runs as another account
		return err
	}
	b := &bench{lms: lms, data: filepath.Join(dir, "data"), length: length}
	small, large := filepath.Join(dir, "small"), filepath.Join(dir, "large")
	if err := errors.Join(writeCourse(small, "SMALL", 10), writeCourse(large, "LARGE", 1000)); err != nil {
		return err
	}
	if err := b.start(ctx); err != nil {
		return err
	}
	defer b.stop()

	fmt.Printf("%-46s %10s %10s %10s %12s\n", "", "req/s", "p50", "p99", "CPU/request")
	if archive := largest(courses); archive != "" {
		took, err := b.command(ctx, "course", "import", archive, "--publish")
		if err != nil {
			return err
		}
		fmt.Printf("%-46s %10s   (%s, the command's start included)\n", "import of the largest course", took.Round(10*time.Millisecond), filepath.Base(archive))
	}
	for _, c := range []string{small, large} {
		if _, err := b.command(ctx, "course", "import", c, "--publish"); err != nil {
			return err
		}
	}
	smallKey, largeKey := "course-v1:Bench+SMALL+1", "course-v1:Bench+LARGE+1"
	people, err := b.learners(ctx, 16, smallKey, largeKey)
	if err != nil {
		return err
	}
	unit := func(key string) func(*learner, int) (*http.Request, error) {
		return func(*learner, int) (*http.Request, error) {
			return http.NewRequest(http.MethodGet, b.url+"/courses/"+key+"/courseware/c0/s0/1/", nil)
		}
	}
	b.measure(ctx, "unit page, 10 blocks, 30 KB, 100-block course", people, unit(smallKey))
	b.measure(ctx, "unit page, the same, 10,000-block course", people, unit(largeKey))
	b.measure(ctx, "course home with outline, 10,000 blocks", people, func(*learner, int) (*http.Request, error) {
		return http.NewRequest(http.MethodGet, b.url+"/courses/"+largeKey+"/course/", nil)
	})
	b.measure(ctx, "graded answer, durable, grades included", people, func(l *learner, n int) (*http.Request, error) {
		answer := url.Values{"input_p0_0_0_6_2_1": {fmt.Sprintf("choice_%d", n%2)}, "submission_id": {fmt.Sprintf("%s-%d-%d", l.name, n, time.Now().UnixNano())}}
		address := b.url + "/courses/" + smallKey + "/xblock/block-v1:Bench+SMALL+1+type@problem+block@p0_0_0_6/handler/xmodule_handler/problem_check"
		r, err := http.NewRequest(http.MethodPost, address, strings.NewReader(answer.Encode()))
		if err == nil {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Origin", b.url)
			r.Header.Set("X-Requested-With", "XMLHttpRequest")
		}
		return r, err
	})
	b.measure(ctx, "progress page", people, func(*learner, int) (*http.Request, error) {
		return http.NewRequest(http.MethodGet, b.url+"/courses/"+smallKey+"/progress", nil)
	})
	b.measure(ctx, "style sheet from memory", people, func(l *learner, _ int) (*http.Request, error) {
		return http.NewRequest(http.MethodGet, b.url+l.asset, nil)
	})
	fmt.Printf("%-46s %10s\n", "memory of the process (resident, own)", size(memory(b.server.Process.Pid)))
	return nil
}

// start runs the server and waits until it is ready.
func (b *bench) start(ctx context.Context) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	addr := l.Addr().String()
	l.Close()
	b.url = "http://" + addr
	began := time.Now()
	b.server = exec.Command(b.lms, "serve", "--data", b.data, "--addr", addr)
	b.server.Stderr = io.Discard
	if err := b.server.Start(); err != nil {
		return err
	}
	for time.Since(began) < time.Minute {
		if r, err := http.Get(b.url + "/heartbeat?ready"); err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				fmt.Printf("%-46s %10s\n", "first start, embedded stores made anew", time.Since(began).Round(10*time.Millisecond))
				return nil
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	b.stop()
	return errors.New("the server did not become ready")
}

func (b *bench) stop() {
	_ = b.server.Process.Signal(syscall.SIGTERM)
	_ = b.server.Wait()
}

// command runs lms on the server's data directory.
func (b *bench) command(ctx context.Context, args ...string) (time.Duration, error) {
	return b.commandIn(ctx, "", args...)
}

func (b *bench) commandIn(ctx context.Context, stdin string, args ...string) (time.Duration, error) {
	began := time.Now()
	cmd := exec.CommandContext(ctx, b.lms, append(args, "--data", b.data)...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("lms %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return time.Since(began), nil
}

// learner is one signed-in browser.
type learner struct {
	name   string
	client *http.Client
	asset  string
}

// learners makes accounts, enrolls them and signs them in.
func (b *bench) learners(ctx context.Context, n int, keys ...string) ([]*learner, error) {
	const password = "correct horse battery staple 7"
	var out []*learner
	for i := range n {
		name := fmt.Sprintf("learner%d", i)
		if _, err := b.commandIn(ctx, password+"\n", "user", "create", name+"@example.com", "--username", name); err != nil {
			return nil, err
		}
		for _, k := range keys {
			if _, err := b.command(ctx, "enroll", name, k); err != nil {
				return nil, err
			}
		}
		jar, err := cookiejar.New(nil)
		if err != nil {
			return nil, err
		}
		l := &learner{name: name, client: &http.Client{Jar: jar, Transport: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 2}}}
		form := url.Values{"email": {name + "@example.com"}, "password": {password}}
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, b.url+"/login_ajax", strings.NewReader(form.Encode()))
		if err != nil {
			return nil, err
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", b.url)
		resp, err := l.client.Do(r)
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		var answer struct{ Success bool }
		if json.Unmarshal(body, &answer) != nil || !answer.Success || err != nil {
			return nil, fmt.Errorf("sign in %s: %d %s", name, resp.StatusCode, body)
		}
		if l.asset, err = b.styleSheet(ctx, l); err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, nil
}

// styleSheet finds the address of the style sheet in a page.
func (b *bench) styleSheet(ctx context.Context, l *learner) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.url+"/dashboard", nil)
	if err != nil {
		return "", err
	}
	resp, err := l.client.Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", err
	}
	_, rest, ok := bytes.Cut(page, []byte(`rel="stylesheet" href="`))
	href, _, ok2 := bytes.Cut(rest, []byte(`"`))
	if !ok || !ok2 {
		return "", errors.New("no style sheet in the dashboard")
	}
	return string(href), nil
}

// measure keeps every learner busy for the length of a line and prints what it saw.
func (b *bench) measure(ctx context.Context, label string, people []*learner, request func(*learner, int) (*http.Request, error)) {
	if ctx.Err() != nil {
		return
	}
	pids := b.pids()
	var mu sync.Mutex
	var latencies []time.Duration
	var bad, done atomic.Int64
	var firstBad atomic.Value
	var wg sync.WaitGroup
	before, began := cpu(pids), time.Now()
	for _, l := range people[:8] {
		wg.Go(func() {
			var own []time.Duration
			for n := 0; time.Since(began) < b.length; n++ {
				r, err := request(l, n)
				if err != nil {
					bad.Add(1)
					return
				}
				at := time.Now()
				resp, err := l.client.Do(r)
				if err != nil {
					bad.Add(1)
					firstBad.CompareAndSwap(nil, err.Error())
					continue
				}
				body, _ := io.ReadAll(resp.Body) //nolint:errcheck // a short answer counts as bad below
				resp.Body.Close()
				if resp.StatusCode != http.StatusOK {
					bad.Add(1)
					firstBad.CompareAndSwap(nil, fmt.Sprintf("%d %.200s", resp.StatusCode, body))
					continue
				}
				own = append(own, time.Since(at))
				done.Add(1)
			}
			mu.Lock()
			latencies = append(latencies, own...)
			mu.Unlock()
		})
	}
	wg.Wait()
	wall, used := time.Since(began), cpu(pids)-before
	slices.Sort(latencies)
	n := len(latencies)
	if n == 0 {
		fmt.Printf("%-46s all %d failed: %v\n", label, bad.Load(), firstBad.Load())
		return
	}
	fmt.Printf("%-46s %10.0f %10s %10s %12s", label, float64(n)/wall.Seconds(), round(latencies[n/2]), round(latencies[n*99/100]), round(used/time.Duration(n)))
	if bad.Load() > 0 {
		fmt.Printf("   %d bad: %v", bad.Load(), firstBad.Load())
	}
	fmt.Println()
}

func round(d time.Duration) string { return d.Round(time.Microsecond).String() }
