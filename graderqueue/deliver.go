package graderqueue

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
)

// How errands are run.
const (
	errandsAtOnce = 32
	lease         = 45 * time.Second // after which an errand whose process was killed is run by another
	keepTrying    = 24 * time.Hour   // then it has failed
	longestPause  = 10 * time.Minute
	callbackTries = 5 // in a row
	callbackTime  = 5 * time.Second
	pushTime      = 30 * time.Second
	maxReply      = 1 << 20 // bytes
)

// errand is an answer to be brought somewhere, or a reply to be delivered.
type errand struct {
	ID          int64
	Queue       string
	Callback    string
	Header      string
	Body        string
	Away        bool
	Reply       *string
	Undelivered *string
	Since       time.Time
	Failures    int
}

// claim takes errands that are due, for as long as the lease holds.
const claim = `
	UPDATE grader_submission
	SET    due = $1::timestamptz + $2::interval
	WHERE  id IN (
		SELECT id FROM grader_submission
		WHERE  ended IS NULL AND (reply IS NOT NULL OR away) AND due <= $1
		ORDER  BY due LIMIT 16
		FOR UPDATE SKIP LOCKED)
	RETURNING id, queue, callback, header, body, away, reply, undelivered, coalesce(returned, arrived), failures`

// claimPush takes answers from queues whose graders are sent their work.
const claimPush = `
	UPDATE grader_submission s
	SET    pulled = $1, pull_key = md5(gen_random_uuid()::text || s.id), grader = q.push, due = $1 + greatest(q.delay, '1 minute')
	FROM   grader_queue q
	WHERE  q.name = s.queue AND s.id IN (
		SELECT w.id FROM grader_submission w JOIN grader_queue p ON p.name = w.queue AND p.push IS NOT NULL
		WHERE  w.ended IS NULL AND w.reply IS NULL AND NOT w.away AND w.due <= $1
		ORDER  BY w.arrived, w.id LIMIT 16
		FOR UPDATE OF w SKIP LOCKED)
	RETURNING s.id, q.push, s.pull_key, s.body, ARRAY(SELECT name FROM grader_file f WHERE f.submission = s.id ORDER BY name)`

// Run runs errands until ctx ends: replies are delivered, graders are sent their work, answers are brought to the queue elsewhere, and what
// nobody has graded is given up.
func (s *Service) Run(ctx context.Context) {
	var group errgroup.Group
	group.SetLimit(errandsAtOnce)
	tick := time.NewTicker(s.every)
	defer tick.Stop()
	var expired time.Time
	wrong := false
	for ctx.Err() == nil {
		found, err := s.round(ctx, &group)
		if err == nil && time.Since(expired) > time.Minute {
			expired = time.Now()
			err = s.expire(ctx)
		}
		if err != nil && ctx.Err() == nil && !wrong {
			s.Log.Warn("the graders' queue waits for its database", "err", err)
		}
		if wrong = err != nil; found && !wrong {
			continue
		}
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-tick.C:
		}
	}
	_ = group.Wait() // errands keep their errors
}

// round starts what is due, and reports whether there was anything.
func (s *Service) round(ctx context.Context, group *errgroup.Group) (found bool, err error) {
	rows, err := s.DB.Query(ctx, claim, s.now(), lease)
	if err != nil {
		return false, fmt.Errorf("claim errands: %w", err)
	}
	errands, err := pgx.CollectRows(rows, pgx.RowToStructByPos[errand])
	if err != nil {
		return false, fmt.Errorf("claim errands: %w", err)
	}
	for _, e := range errands {
		group.Go(func() error { s.runErrand(ctx, e); return nil })
	}
	rows, err = s.DB.Query(ctx, claimPush, s.now())
	if err != nil {
		return false, fmt.Errorf("claim work to push: %w", err)
	}
	pushes, err := pgx.CollectRows(rows, pgx.RowToStructByPos[pushed])
	if err != nil {
		return false, fmt.Errorf("claim work to push: %w", err)
	}
	for _, p := range pushes {
		group.Go(func() error { s.push(ctx, p); return nil })
	}
	return len(errands)+len(pushes) > 0, nil
}

// runErrand runs one errand and keeps what came of it.
func (s *Service) runErrand(ctx context.Context, e errand) {
	var err error
	if e.Away && e.Reply == nil {
		err = s.bring(ctx, e)
	} else {
		err = s.deliver(ctx, e)
	}
	if ctx.Err() != nil {
		return // somebody runs it again
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if keepErr := s.settle(ctx, e, err); keepErr != nil {
		s.Log.Warn("the graders' queue could not keep what came of an errand; it will be run again", "submission", e.ID, "err", keepErr)
	}
}

// settle keeps what came of an errand. What fails is tried again after a pause that doubles, and after a day no more.
func (s *Service) settle(ctx context.Context, e errand, failed error) error {
	now := s.now()
	bringing := e.Away && e.Reply == nil
	var refusal *Refusal
	switch {
	case failed == nil:
		ending := "delivered"
		if bringing {
			ending = "brought"
		}
		_, err := s.DB.Exec(ctx, `UPDATE grader_submission SET ended = $2, ending = $3 WHERE id = $1 AND ended IS NULL`, e.ID, now, ending)
		return err
	case bringing && (errors.As(failed, &refusal) || now.Sub(e.Since) > keepTrying):
		s.Log.Error("an answer could not be brought to the queue elsewhere", "submission", e.ID, "queue", e.Queue, "err", failed)
		reason := "the queue cannot be reached"
		if refusal != nil {
			reason = refusal.Reason
		}
		_, err := s.DB.Exec(ctx, giveUp+`id = $3 AND reply IS NULL AND ended IS NULL`, now, reason, e.ID)
		s.stir()
		return err
	case now.Sub(e.Since) > keepTrying:
		s.Log.Error("a grader's reply could not be delivered", "submission", e.ID, "queue", e.Queue, "err", failed)
		_, err := s.DB.Exec(ctx, `UPDATE grader_submission SET ended = $2, ending = 'failed', failures = failures + 1, failure = $3 WHERE id = $1 AND ended IS NULL`, e.ID, now, short(failed))
		return err
	default:
		s.Log.Warn("the graders' queue tries again later", "submission", e.ID, "queue", e.Queue, "failures", e.Failures+1, "err", failed)
		_, err := s.DB.Exec(ctx, `UPDATE grader_submission SET due = $2, failures = failures + 1, failure = $3 WHERE id = $1 AND ended IS NULL`, e.ID, now.Add(pause(e.Failures)), short(failed))
		return err
	}
}

// pause follows the failure after n others.
func pause(n int) time.Duration { return min(2*time.Second<<min(n, 20), longestPause) }

// short is an error as it is kept.
func short(err error) string {
	text := strings.ToValidUTF8(strings.ReplaceAll(err.Error(), "\x00", ""), "?")
	if len(text) > 500 {
		text = strings.ToValidUTF8(text[:500], "") + "…"
	}
	return text
}

// deliver brings a reply to the site that asked.
func (s *Service) deliver(ctx context.Context, e errand) error {
	r := Reply{Header: e.Header, Body: *e.Reply}
	if e.Undelivered != nil {
		r.Undelivered = *e.Undelivered
	}
	if strings.HasPrefix(e.Callback, "/") {
		ctx, cancel := context.WithTimeout(ctx, lease/2)
		defer cancel()
		return s.Own(ctx, e.Callback, r)
	}
	if r.Undelivered != "" {
		r.Body = failureReply(r.Undelivered)
	}
	var err error
	for range callbackTries {
		if err = s.call(ctx, e.Callback, r); err == nil || ctx.Err() != nil {
			break
		}
	}
	return err
}

// failureReply is what other sites hear of work nobody has graded.
func failureReply(reason string) string {
	text, _ := json.Marshal(map[string]any{ // cannot fail
		"correct": nil, "score": 0,
		"msg": `<div class="capa_alert">Your answer could not be graded: ` + escape.Replace(reason) + `. Please try again later.</div>`,
	})
	return string(text)
}

var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// call posts a reply to another site once.
func (s *Service) call(ctx context.Context, callback string, r Reply) error {
	ctx, cancel := context.WithTimeout(ctx, callbackTime)
	defer cancel()
	form := url.Values{"xqueue_header": {r.Header}, "xqueue_body": {r.Body}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, callback, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	if req.URL.Scheme != "http" && req.URL.Scheme != "https" {
		return fmt.Errorf("callback %q is no web address", callback)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	_, err = exchange(s.Callbacks, req, 64<<10)
	return err
}

// exchange makes a request that is to be answered with 200, and returns the first most bytes of the answer.
func exchange(client *http.Client, req *http.Request, most int64) ([]byte, error) {
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, most))
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", req.URL.Redacted(), res.Status)
	}
	return body, nil
}

// pushed is work to be sent to a grader.
type pushed struct {
	ID    int64
	URL   string
	Key   string
	Body  string
	Names []string
}

// push sends a grader its work and keeps the reply. There is one attempt: a grader that is away gets no answers kept for it.
func (s *Service) push(ctx context.Context, p pushed) {
	reply, err := s.askGrader(ctx, p)
	if ctx.Err() != nil {
		return // it is pushed again once the delay is over
	}
	keep, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err == nil {
		err = s.Return(keep, p.ID, p.Key, reply, func(string) bool { return true })
	} else {
		s.Log.Warn("a grader that is sent its work has failed", "submission", p.ID, "err", err)
		_, err = s.DB.Exec(keep, giveUp+`id = $3 AND pull_key = $4 AND reply IS NULL AND ended IS NULL`, s.now(), "the grader cannot be reached", p.ID, p.Key)
		s.stir()
	}
	if err != nil {
		s.Log.Warn("the graders' queue could not keep a reply", "submission", p.ID, "err", err)
	}
}

func (s *Service) askGrader(ctx context.Context, p pushed) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, pushTime)
	defer cancel()
	files, err := json.Marshal(s.fileURLs(p.ID, p.Names))
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(map[string]string{"xqueue_body": p.Body, "xqueue_files": string(files)})
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.URL, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	reply, err := exchange(s.Graders, req, maxReply)
	return strings.ToValidUTF8(strings.ReplaceAll(string(reply), "\x00", ""), "?"), err
}

// bring submits an answer to the queue elsewhere.
func (s *Service) bring(ctx context.Context, e errand) error {
	rows, err := s.DB.Query(ctx, `SELECT name, content FROM grader_file WHERE submission = $1 ORDER BY name`, e.ID)
	if err != nil {
		return fmt.Errorf("load files: %w", err)
	}
	files, err := pgx.CollectRows(rows, pgx.RowToStructByPos[File])
	if err != nil {
		return fmt.Errorf("load files: %w", err)
	}
	if s.Away == nil {
		return errors.New("LMS_GRADER_URL is no longer set, and this answer was to go there")
	}
	return s.Away.Submit(ctx, e.Header, e.Body, files)
}

// expire gives up what no grader has taken for too long.
func (s *Service) expire(ctx context.Context) error {
	const old = `reply IS NULL AND ended IS NULL AND NOT away AND due <= $1
		AND EXISTS (SELECT FROM grader_queue q WHERE q.name = s.queue AND s.arrived < $1 - q.expiry)`
	if _, err := s.DB.Exec(ctx, giveUp+old, s.now(), "no grader has taken it"); err != nil {
		return fmt.Errorf("give up old answers: %w", err)
	}
	return nil
}
