package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// site is one running server.
type site struct {
	lms, data, addr string
	studio          string // address of the authors' face
	server          *exec.Cmd
	took            time.Duration // from exec to ready
	log             *bytes.Buffer
	ended           chan struct{}
}

func (s *site) pid() int { return s.server.Process.Pid }

// start runs a server and waits until it is ready.
func start(ctx context.Context, lms, data string, env []string) (*site, error) {
	s := &site{lms: lms, data: data, log: new(bytes.Buffer), ended: make(chan struct{})}
	face, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	studio, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.addr, s.studio = face.Addr().String(), studio.Addr().String()
	if err := errors.Join(face.Close(), studio.Close()); err != nil {
		return nil, err
	}
	began := time.Now()
	s.server = exec.Command(lms, "serve", "--data", data, "--addr", s.addr, "--studio-addr", s.studio) //nolint:gosec,noctx // the program under measurement; stop ends it in order
	s.server.Env = append(append(os.Environ(), "LMS_RATE_LIMITS=no"), env...)
	s.server.Stdout, s.server.Stderr = s.log, s.log
	if err := s.server.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = s.server.Wait()
		close(s.ended)
	}()
	for time.Since(began) < time.Minute && ctx.Err() == nil {
		select {
		case <-s.ended:
			return nil, fmt.Errorf("the server ended: %s", s.log)
		default:
		}
		if r, err := http.Get("http://" + s.addr + "/heartbeat?ready"); err == nil { //nolint:noctx // answers or refuses at once
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				s.took = time.Since(began)
				return s, nil
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
	s.stop()
	return nil, fmt.Errorf("the server did not become ready: %s", s.log)
}

// stop ends the server in order.
func (s *site) stop() {
	_ = s.server.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.ended:
	case <-time.After(30 * time.Second):
		_ = s.server.Process.Kill()
		<-s.ended
	}
}

// taken is what something took: on the wall, and of processors in all processes of the site.
type taken struct{ wall, cpu time.Duration }

func (t taken) String() string {
	return fmt.Sprintf("%s, %s of processors", t.wall.Round(time.Millisecond), t.cpu.Round(time.Millisecond))
}

// command runs lms on the server's data directory and returns what it printed and what it took.
func (s *site) command(ctx context.Context, stdin string, args ...string) (string, taken, error) {
	trees := []int{s.pid(), postmaster(s.data)}
	before, began := cpu(trees), time.Now()
	cmd := exec.CommandContext(ctx, s.lms, append(args, "--data", s.data)...) //nolint:gosec // the program under measurement
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", taken{}, fmt.Errorf("lms %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	wall := time.Since(began)
	return string(out), taken{wall, cpu(trees) - before + cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}, nil
}

// stores are the settings under which another process uses this site's stores.
func (s *site) stores() ([]string, error) {
	text, err := os.ReadFile(filepath.Join(s.data, "run", "stores.json"))
	if err != nil {
		return nil, err
	}
	var a struct {
		Postgres string `json:"postgres_url"`
		Mongo    string `json:"mongo_url"`
		Redis    string `json:"redis_url"`
	}
	if err := json.Unmarshal(text, &a); err != nil {
		return nil, fmt.Errorf("addresses of the stores: %w", err)
	}
	return []string{"LMS_POSTGRES_URL=" + a.Postgres, "LMS_MONGO_URL=" + a.Mongo, "LMS_REDIS_URL=" + a.Redis}, nil
}

// learner is one signed-in browser.
type learner struct {
	name, cookie string
	asset        string // path of the style sheet
}

const password = "correct horse battery staple 7" //nolint:gosec // of accounts that live as long as a measurement

// learners makes accounts, enrolls them and signs them in.
func (s *site) learners(ctx context.Context, n int, keys ...string) ([]*learner, error) {
	var out []*learner
	for i := range n {
		l := &learner{name: fmt.Sprintf("learner%d", i)}
		if err := s.register(ctx, l); err != nil {
			return nil, err
		}
		for _, k := range keys {
			if err := s.post(ctx, l, "/change_enrollment", url.Values{"course_id": {k}, "enrollment_action": {"enroll"}}); err != nil {
				return nil, err
			}
		}
		page, err := s.get(ctx, l, "/dashboard")
		if err != nil {
			return nil, err
		}
		_, rest, ok := bytes.Cut(page, []byte(`rel="stylesheet" href="`))
		href, _, ok2 := bytes.Cut(rest, []byte(`"`))
		if !ok || !ok2 {
			return nil, errors.New("no style sheet in the dashboard")
		}
		l.asset = string(href)
		out = append(out, l)
	}
	return out, nil
}

// register makes an account and keeps its cookies.
func (s *site) register(ctx context.Context, l *learner) error {
	if _, _, err := s.command(ctx, password+"\n", "user", "create", l.name+"@example.com", "--username", l.name); err != nil {
		return err
	}
	return s.signIn(ctx, l)
}

// signIn signs a learner in and keeps the cookies.
func (s *site) signIn(ctx context.Context, l *learner) error {
	l.cookie = ""
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	form := url.Values{"email": {l.name + "@example.com"}, "password": {password}}
	body, err := s.do(ctx, &http.Client{Jar: jar}, l, http.MethodPost, "/login_ajax", form)
	if err != nil {
		return err
	}
	var answer struct{ Success bool }
	if json.Unmarshal(body, &answer) != nil || !answer.Success {
		return fmt.Errorf("sign in %s: %s", l.name, body)
	}
	var pairs []string
	for _, c := range jar.Cookies(&url.URL{Scheme: "http", Host: s.addr, Path: "/"}) {
		pairs = append(pairs, c.Name+"="+c.Value)
	}
	l.cookie = strings.Join(pairs, "; ")
	return nil
}

// study gives every learner a state of the units that are measured: two questions answered, three texts read.
func (s *site) study(ctx context.Context, people []*learner) error {
	for _, l := range people {
		for _, key := range []string{smallKey, largeKey} {
			for _, question := range []string{"p0_0_0_6", "p0_0_0_7"} {
				path := handler(key, "problem", question, "xmodule_handler/problem_check")
				if err := s.post(ctx, l, path, url.Values{"input_" + question + "_2_1": {"choice_0"}}); err != nil {
					return err
				}
			}
			for _, text := range []string{"h0_0_0_0", "h0_0_0_1", "h0_0_0_2"} {
				if err := s.publish(ctx, l, key, text); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// publish reports a text as read.
func (s *site) publish(ctx context.Context, l *learner, key, text string) error {
	body := fmt.Sprintf(`{"block_key": %q, "completion": 1}`, usage(key, "html", text))
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.addr+handler(key, "vertical", "u0_0_0", "publish_completion"), strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", "http://"+s.addr)
	r.Header.Set("Cookie", l.cookie)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if text, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		return fmt.Errorf("publish completion: %d %.200s", resp.StatusCode, text)
	}
	return nil
}

// handler is the path of an action of a block.
func handler(key, kind, id, action string) string {
	return "/courses/" + key + "/xblock/" + usage(key, kind, id) + "/handler/" + action
}

func usage(key, kind, id string) string {
	return strings.Replace(key, "course-v1:", "block-v1:", 1) + "+type@" + kind + "+block@" + id
}

func (s *site) post(ctx context.Context, l *learner, path string, form url.Values) error {
	_, err := s.do(ctx, http.DefaultClient, l, http.MethodPost, path, form)
	return err
}

func (s *site) get(ctx context.Context, l *learner, path string) ([]byte, error) {
	return s.do(ctx, http.DefaultClient, l, http.MethodGet, path, nil)
}

// do sends one request the ordinary way.
func (s *site) do(ctx context.Context, client *http.Client, l *learner, method, path string, form url.Values) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, "http://"+s.addr+path, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "http://"+s.addr)
	if l.cookie != "" {
		r.Header.Set("Cookie", l.cookie)
	}
	resp, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s %s: %d %.300s", method, path, resp.StatusCode, body)
	}
	return body, nil
}

// request is a request of this learner as bytes, as the floors send theirs: without compression.
func (l *learner) request(host, method, path, form string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\n", method, path, host, l.cookie)
	if method == http.MethodPost {
		fmt.Fprintf(&b, "Origin: http://%s\r\nContent-Type: application/x-www-form-urlencoded\r\nX-Requested-With: XMLHttpRequest\r\nContent-Length: %d\r\n", host, len(form))
	}
	b.WriteString("\r\n" + form)
	return b.Bytes()
}
