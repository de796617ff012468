package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"lyceum/graderqueue"
	"lyceum/grading/submission"
	"lyceum/internal/clock"
	"lyceum/internal/limit"
	"lyceum/internal/outgoing"
	"lyceum/web/lms"
	"lyceum/web/page"
)

// graderConfig is what a site can set about external graders.
type graderConfig struct {
	Away     *graderqueue.Client // the queue elsewhere this site's answers go to; nil: they wait here
	At       string              // its address, without the login
	Callback string              // address at which that queue reaches this site; "" is the site's own
	Wait     time.Duration       // between an answer that is still out and the learner's next
	Basic    string              // NAME:PASSWORD around the queues here and the one elsewhere
	Private  []netip.Prefix      // networks that addresses of other sites may lead to, besides the public one
}

// graderSettings reads them.
func graderSettings(getenv func(string) string, wrong func(name, format string, args ...any)) graderConfig {
	c := graderConfig{Wait: 5 * time.Second, Basic: getenv("LMS_GRADER_BASIC_AUTH"), Callback: strings.TrimSuffix(getenv("LMS_GRADER_CALLBACK_URL"), "/")}
	if c.Basic != "" && !strings.Contains(c.Basic, ":") {
		wrong("LMS_GRADER_BASIC_AUTH", "want NAME:PASSWORD")
	}
	if c.Callback != "" && !strings.HasPrefix(c.Callback, "http://") && !strings.HasPrefix(c.Callback, "https://") {
		wrong("LMS_GRADER_CALLBACK_URL", "want an address such as https://learn.example.org, got %q", c.Callback)
	}
	if text := getenv("LMS_GRADER_WAIT"); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil || d < 0 {
			wrong("LMS_GRADER_WAIT", "want a time such as 5s, got %q", text)
		}
		c.Wait = d
	}
	for _, text := range splitList(getenv("LMS_PRIVATE_NETWORKS")) {
		p, err := netip.ParsePrefix(text)
		if a, addrErr := netip.ParseAddr(text); err != nil && addrErr == nil {
			p, err = a.Prefix(a.BitLen())
		}
		if err != nil {
			wrong("LMS_PRIVATE_NETWORKS", "%q is no address or network: want one such as 10.0.0.1 or 10.0.0.0/8", text)
			continue
		}
		c.Private = append(c.Private, p)
	}
	if text := getenv("LMS_GRADER_URL"); text != "" {
		client, err := graderqueue.NewClient(text, c.Basic, outgoing.Client(outgoing.Anywhere, time.Minute))
		if err != nil {
			wrong("LMS_GRADER_URL", "%v", err)
			return c
		}
		c.Away, c.At = client, client.Address()
	}
	return c
}

// newGraderQueue makes the room of external graders' queues.
func newGraderQueue(env *environment, s *stores, site *site, secret []byte, limits *limit.Limiter) *graderqueue.Service {
	c := s.config.Graders
	return graderqueue.New(graderqueue.Config{
		DB: s.pool, URL: site.url, Secret: secret, Clock: clock.System, Log: env.log, Limiter: limits, Basic: c.Basic, Away: c.Away,
		Own: func(ctx context.Context, callback string, r graderqueue.Reply) error {
			return site.lms.TakeReply(ctx, callback, r)
		},
		Callbacks: outgoing.Client(c.Private, 10*time.Second), Graders: outgoing.Client(outgoing.Anywhere, time.Minute),
		ClientOf: func(r *http.Request) string { return page.Known(r).Client.String() },
	})
}

// graders brings learners' answers to the queues.
type graders struct {
	queue *graderqueue.Service
	site  string // address at which a queue elsewhere reaches this site
	wait  time.Duration
}

// Waiting implements submission.Graders.
func (g graders) Waiting(ctx context.Context, queue string) (string, error) {
	text, err := g.queue.Waiting(ctx, queue)
	if none, ok := errors.AsType[graderqueue.ErrNoQueue](err); ok {
		return "", &submission.NoQueue{Reason: none.Error()}
	}
	return text, err
}

// Wait implements submission.Graders.
func (g graders) Wait() time.Duration { return g.wait }

// Send implements submission.Graders. Replies to all answers of a learner to one problem have the same path; a part tells those apart that
// are sent together, so that none supersedes another.
func (g graders) Send(b *pgx.Batch, out submission.Outgoing) {
	path := lms.GraderPath(out.Asked.Course.Key, out.Asked.User, out.Asked.Node.Key)
	if out.Request.Ungraded { // a run supersedes that of the same field, and no answer
		path = lms.RunPath(out.Asked.Course.Key, out.Asked.User, out.Asked.Node.Key) + "?part=" + url.QueryEscape(out.Request.Input)
	} else if !out.First {
		path += "?part=" + url.QueryEscape(out.Request.Input)
	}
	header, err := json.Marshal(map[string]string{"lms_callback_url": g.site + path, "lms_key": out.Request.Key, "queue_name": out.Request.Queue})
	if err != nil {
		panic(err) // texts can be written
	}
	sub := graderqueue.Submission{Queue: out.Request.Queue, Callback: path, Header: string(header), Body: string(out.Request.Body)}
	for _, f := range out.Files {
		sub.Files = append(sub.Files, graderqueue.File{Name: f.Name, Content: f.Content})
	}
	g.queue.QueueSend(b, sub)
}
