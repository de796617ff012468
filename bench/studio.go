package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The courses whose sizes tell how acts of authors grow: 100, 1,000 and 10,000 components.
var grown = []struct{ label, key, dir string }{
	{"100 blocks", smallKey, "small"}, {"1,000 blocks", mediumKey, "medium"}, {"10,000 blocks", largeKey, "large"},
}

// author is somebody signed in to Studio.
type author struct {
	*learner
	studio string // address of Studio
	client *http.Client
	saves  int
}

// author makes an account of the site's staff and signs it in to both faces.
func (s *site) author(ctx context.Context) (*author, error) {
	a := &author{learner: &learner{name: "author"}}
	if _, _, err := s.command(ctx, password+"\n", "user", "create", a.name+"@example.com", "--username", a.name); err != nil {
		return nil, err
	}
	if _, _, err := s.command(ctx, "", "user", "grant", a.name, "site_staff"); err != nil {
		return nil, err
	}
	return a, s.enter(ctx, a)
}

// enter signs an author in to a server: at the LMS, and handed over to Studio as browsers are.
func (s *site) enter(ctx context.Context, a *author) error {
	if err := s.signIn(ctx, a.learner); err != nil {
		return err
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	step := func(method, address string, form url.Values) (*url.URL, error) {
		r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
		if err != nil {
			return nil, err
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", "http://"+s.studio)
		if strings.HasPrefix(address, "http://"+s.addr) {
			r.Header.Set("Cookie", a.cookie)
		}
		resp, err := client.Do(r)
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		to, err := resp.Location()
		if err != nil {
			return nil, fmt.Errorf("sign in to Studio: %s %s: %d: %w", method, address, resp.StatusCode, err)
		}
		return to, nil
	}
	to, err := step(http.MethodGet, "http://"+s.studio+"/signin?next=/home/", nil)
	if err != nil {
		return err
	}
	if to, err = step(http.MethodGet, to.String(), nil); err != nil {
		return err
	}
	if _, err = step(http.MethodPost, "http://"+s.studio+"/signin/complete", to.Query()); err != nil {
		return err
	}
	var pairs []string
	for _, c := range jar.Cookies(&url.URL{Scheme: "http", Host: s.studio, Path: "/"}) {
		pairs = append(pairs, c.Name+"="+c.Value)
	}
	a.cookie, a.studio, a.client = strings.Join(pairs, "; "), s.studio, http.DefaultClient
	return nil
}

// page is a request for a page of Studio, compressed as for browsers.
func (a *author) page(path string) []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\nAccept: text/html\r\nAccept-Encoding: zstd\r\n\r\n", path, a.studio, a.cookie)
}

// do sends a form, or asks for a page when there is none, and takes no answer but 200.
func (a *author) do(ctx context.Context, path string, form url.Values) error {
	method, body, accept := http.MethodGet, io.Reader(nil), "text/html"
	if form != nil {
		method, body, accept = http.MethodPost, strings.NewReader(form.Encode()), "application/json"
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://"+a.studio+path, body)
	if err != nil {
		return err
	}
	r.Header.Set("Accept", accept)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept-Encoding", "zstd")
	r.Header.Set("Origin", "http://"+a.studio)
	r.Header.Set("Cookie", a.cookie)
	resp, err := a.client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %d %.300s", method, path, resp.StatusCode, text)
	}
	return err
}

// save writes a text of the first unit anew, with the form of its editor.
func (a *author) save(ctx context.Context, key string) error {
	a.saves++
	text := fmt.Sprintf("<p>Text %d. %s</p>", a.saves, strings.Repeat("A sentence that was written anew. ", 100))
	return a.do(ctx, "/edit/"+usage(key, "html", "h0_0_0_0"), url.Values{"data": {text}})
}

// publish publishes the first unit, as its button does.
func (a *author) publish(ctx context.Context, key string) error {
	return a.do(ctx, "/part/"+usage(key, "vertical", "u0_0_0"), url.Values{"act": {"publish"}})
}

// spent is what an act took: the time until its answer, and processor time and bytes written of all that followed from it, too.
type spent struct {
	wall, cpu time.Duration
	bytes     int64
}

// rounds is how often acts are measured, acts of how many one after the other each time. Medians of rounds are told, and the least.
const rounds, acts = 5, 8

// each measures what one of some acts takes, done one after the other; the processes are quiet before and after.
func each(ctx context.Context, pid int, trees []int, do func() error) (spent, error) {
	if err := quiet(ctx, trees); err != nil {
		return spent{}, err
	}
	used, wrote := cpu(trees), written(pid)
	var wall []time.Duration
	for range acts {
		began := time.Now()
		if err := do(); err != nil {
			return spent{}, err
		}
		wall = append(wall, time.Since(began))
	}
	if err := quiet(ctx, trees); err != nil {
		return spent{}, err
	}
	return spent{median(wall), (cpu(trees) - used) / acts, (written(pid) - wrote) / acts}, nil
}

// quiet waits until processes have done next to nothing for a moment, or for a while if they never do.
func quiet(ctx context.Context, trees []int) error {
	for last, calm, began := cpu(trees), 0, time.Now(); calm < 3 && time.Since(began) < 500*time.Millisecond; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
		now := cpu(trees)
		if calm++; now-last > 500*time.Microsecond {
			calm = 0
		}
		last = now
	}
	return nil
}

func median[T time.Duration | int64](all []T) T {
	if len(all) == 0 {
		return 0
	}
	all = slices.Sorted(slices.Values(all))
	return all[len(all)/2]
}

// written is how many bytes a process has handed to files and sockets: what it sent to its stores, with answers and logs.
func written(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", pid))
	if err != nil {
		return 0
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		if rest, ok := strings.CutPrefix(line, "wchar: "); ok {
			n, _ := strconv.ParseInt(rest, 10, 64)
			return n
		}
	}
	return 0
}

// bytesIn is the size of all files of a directory.
func bytesIn(dir string) int64 {
	var sum int64
	_ = filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			sum += info.Size()
		}
		return err
	})
	return sum
}

// onlyStudio is what -only takes for the authors' face.
const onlyStudio = "Studio"

// most is the archive of a directory whose course has the most blocks, by the list that lies beside them; "" when there is none.
func most(dir string) string {
	text, err := os.ReadFile(filepath.Join(dir, "expected.json"))
	var all map[string]struct{ Blocks map[string]int }
	if dir == "" || err != nil {
		return ""
	}
	_ = json.Unmarshal(text, &all) // entries of another shape have no blocks to count
	best, blocks := "", 0
	for name, c := range all {
		n := 0
		for _, of := range c.Blocks {
			n += of
		}
		if path := filepath.Join(dir, name+".tar.gz"); n > blocks {
			if _, err := os.Stat(path); err == nil {
				best, blocks = path, n
			}
		}
	}
	return best
}

// authoring measures Studio: pages and saves at the process with its stores in it; publishing, and an outline right after the start, at
// one that uses the same stores from outside, so that its processor time and what it writes are its own.
func (s *site) authoring(ctx context.Context, t *table, archive, dir, only string, length time.Duration) error {
	if !strings.Contains(onlyStudio, only) {
		return nil
	}
	fmt.Fprintln(os.Stderr, "measuring: Studio")
	shared := ""
	if archive != "" {
		text, _, err := s.command(ctx, "", "course", "import", archive, "--publish")
		if err != nil {
			return err
		}
		shared, _, _ = strings.Cut(text, ": ")
	}
	a, err := s.author(ctx)
	if err != nil {
		return err
	}
	trees := []int{s.pid(), postmaster(s.data)}
	outline := func(label, key string) figure {
		each := func(int, int) []byte { return a.page("/course/" + key) }
		load(ctx, s.studio, 1, length/4, nil, each)
		f := load(ctx, s.studio, 1, length/2, trees, each)
		t.figure("Studio: outline, "+label, f)
		return f
	}
	if shared != "" {
		t.note("Studio: outline of the largest shared course, warm", ms(outline("largest shared course", shared).p50), "20 ms")
	}
	for _, c := range grown {
		outline(c.label, c.key)
	}
	for _, c := range grown {
		var wall, used []time.Duration
		for range rounds {
			one, err := each(ctx, s.pid(), trees, func() error { return a.save(ctx, c.key) })
			if err != nil {
				return err
			}
			wall, used = append(wall, one.wall), append(used, one.cpu)
		}
		t.note("Studio: save of a component, embedded stores, "+c.label, spread(wall)+"; "+spread(used)+" of processors", "50 ms")
	}
	return s.outside(ctx, t, a, shared, dir)
}

// outside measures what is to be told without the stores.
func (s *site) outside(ctx context.Context, t *table, a *author, shared, dir string) error {
	env, err := s.stores()
	if err != nil {
		return err
	}
	begin := func() (*site, error) {
		return start(ctx, s.lms, s.data+"-studio", append(env, "LMS_SECRET="+strings.Repeat("s", 32)))
	}
	alone, err := begin()
	if err != nil {
		return err
	}
	defer func() { alone.stop() }()
	if err := alone.enter(ctx, a); err != nil {
		return err
	}
	if shared != "" {
		var wall, used []time.Duration
		for range rounds {
			alone.stop()
			if alone, err = begin(); err != nil {
				return err
			}
			a.studio = alone.studio // the session is in the stores
			if err := quiet(ctx, []int{alone.pid()}); err != nil {
				return err
			}
			before, began := cpu([]int{alone.pid()}), time.Now()
			if err := a.do(ctx, "/course/"+shared, nil); err != nil {
				return err
			}
			wall, used = append(wall, time.Since(began)), append(used, cpu([]int{alone.pid()})-before)
		}
		t.note("Studio: outline of the largest shared course, cold", spread(wall)+"; "+spread(used)+" of the program", "150 ms")
	}
	for _, c := range grown {
		// A learner's page first: a course that is read is made ready anew after it was published.
		if _, err := alone.get(ctx, &learner{}, "/courses/"+c.key+"/about"); err != nil {
			return err
		}
		// A publish needs something to publish: it is what a save with it takes more than a save does.
		var saves, publishes []time.Duration
		var saved, published []int64
		for range rounds {
			one, err := each(ctx, alone.pid(), []int{alone.pid()}, func() error { return a.save(ctx, c.key) })
			if err != nil {
				return err
			}
			both, err := each(ctx, alone.pid(), []int{alone.pid()}, func() error { return errors.Join(a.save(ctx, c.key), a.publish(ctx, c.key)) })
			if err != nil {
				return err
			}
			saves, saved = append(saves, one.cpu), append(saved, one.bytes)
			publishes, published = append(publishes, both.cpu-one.cpu), append(published, both.bytes-one.bytes)
		}
		all := bytesIn(filepath.Join(dir, c.dir))
		part := func(used []time.Duration, bytes []int64) string {
			wrote := max(median(bytes), 1)
			return fmt.Sprintf("%s of the program; %.0f KB written, 1/%.0f of the course", ms(median(used)), float64(wrote)/1000, float64(all)/float64(wrote))
		}
		t.note("Studio: save of a component, configured stores, "+c.label, part(saves, saved), "")
		budget := ""
		if c.key == largeKey {
			budget = "20 ms; 1/50"
		}
		t.note("Studio: publish of its unit, configured stores, "+c.label, part(publishes, published), budget)
	}
	return nil
}

// spread is the median of what was measured, and the least.
func spread(all []time.Duration) string {
	if len(all) == 0 {
		return "not measured"
	}
	return fmt.Sprintf("%s (least %s)", ms(median(all)), ms(slices.Min(all)))
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }
