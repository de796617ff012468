package studio

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"
	"github.com/redis/go-redis/v9"

	"lyceum/authoring/draft"
	"lyceum/component"
	"lyceum/component/problem"
	"lyceum/course"
	"lyceum/grading/capa"
	"lyceum/internal/fault"
	"lyceum/tracking"
	"lyceum/web/page"
)

// A draft as its learners would see it, to be tried out: questions are graded by the real engine. What an author answers is kept in the cache, by
// author and block, and never reaches learners' states, grades or events.

func previewRoutes(s *Server, rt routes) {
	rt.get("/preview/frame/*", s.drawing(s.showFrame))
	rt.get("/preview/files/{course}/{pass}/*", s.showPassedFile)
	rt.on("/preview/xblock/*", forPrograms(s.callPreview), http.MethodGet, http.MethodPost)
	rt.on("/preview/learner/xblock/*", forPrograms(s.callPreview), http.MethodGet, http.MethodPost)
	rt.get("/preview/unit/*", s.drawing(s.showPreview))
	rt.get("/preview/*", s.drawing(s.showPreview))
	rt.get("/courses/*", s.toLearners)
}

// unheard takes events of previews, which are nobody's.
type unheard struct{}

func (unheard) Emit(context.Context, tracking.Event) {}

// param is a part of a path, unescaped.
func param(r *http.Request, name string) string {
	text := chi.URLParam(r, name)
	if plain, err := url.PathUnescape(text); err == nil {
		return plain
	}
	return text
}

// toLearners serves GET /courses/…: links of authors to pages of the course lead to the learners' face.
func (s *Server) toLearners(w http.ResponseWriter, r *http.Request) error {
	if !page.Viewer(r).SignedIn() {
		return fault.Unauthenticatedf("not signed in to Studio")
	}
	to := s.LMS(r) + r.URL.EscapedPath()
	if r.URL.RawQuery != "" {
		to += "?" + r.URL.RawQuery
	}
	http.Redirect(w, r, to, http.StatusFound)
	return nil
}

func previewURL(u course.UsageKey) string   { return "/preview/unit/" + u.String() }
func containerURL(u course.UsageKey) string { return "/container/" + u.String() }

// drawn is the view of a block of a draft; a question is one to be tried.
func (s *Server) drawn(ctx context.Context, rt *component.Runtime, n *course.Node) templ.Component {
	if n.Block.Type == "split_test" {
		return experimentBlock(newExperimentView(ctx, rt.Course.Key, rt.Course.Partitions, n.Block))
	}
	k, ok := s.Draw.Kinds.Of(n.Block.Type).(*problem.Kind)
	if !ok {
		return rt.Draw(ctx, n)
	}
	got, err := k.Try(ctx, rt, n, rt.Links.Handler(n, "xmodule_handler", ""), s.trial(ctx, rt, n))
	if err != nil {
		return component.Broken(rt, n, err)
	}
	return got.View
}

// document is what the frame of a block shows.
func (s *Server) document(ctx context.Context, rt *component.Runtime, n *course.Node) (templ.Component, bool, error) {
	kind := s.Draw.Kinds.Of(n.Block.Type)
	if k, ok := kind.(*problem.Kind); ok {
		doc, err := k.TrialDocument(ctx, rt, n, s.trial(ctx, rt, n))
		return doc, doc != nil, err
	}
	framed, ok := kind.(component.Framed)
	if !ok {
		return nil, false, nil
	}
	return framed.Document(ctx, rt, n)
}

// Bounds of what is kept of authors' tries.
const (
	trialLife = 2 * time.Hour
	trialMost = 64 << 10 // bytes of one state; a longer one is forgotten at once
)

// kept is the state of a question somebody tries. It belongs to one text of the question: with another it begins anew.
type kept struct {
	Text  string `json:"text"`
	State string `json:"state"`
	Seed  int    `json:"seed"`
}

func trialName(rt *component.Runtime, n *course.Node) string {
	return "studio:try:" + strconv.FormatInt(int64(rt.Viewer.User), 10) + ":" + n.Usage
}

// textSum tells texts of a question apart.
func textSum(b *course.Block) string {
	sum := sha256.Sum256(problem.Source(b))
	return hex.EncodeToString(sum[:12])
}

// trial is where an author's try of a question stands.
func (s *Server) trial(ctx context.Context, rt *component.Runtime, n *course.Node) problem.Trial {
	var k kept
	if json.Unmarshal([]byte(s.remembered(ctx, trialName(rt, n))), &k) != nil || k.Text != textSum(n.Block) {
		return problem.Trial{Seed: 1}
	}
	return problem.Trial{State: k.State, Seed: k.Seed}
}

// callPreview serves /preview/xblock/KEY/handler/NAME[/SUFFIX], and /preview/learner/xblock/… of what is drawn for learners: acts of previews. Questions are tried; of other kinds only what reads.
func (s *Server) callPreview(w http.ResponseWriter, r *http.Request) error {
	path, rest, ok := strings.Cut(param(r, "*"), "/handler/")
	if !ok {
		return notFound(r, errors.New("no handler in the address"))
	}
	u, err := course.ParseURLUsageKey(path, course.Key{})
	if err != nil {
		return notFound(r, err)
	}
	return s.callHandler(w, r, u, rest)
}

func (s *Server) callHandler(w http.ResponseWriter, r *http.Request, u course.UsageKey, rest string) error {
	if ok, err := s.callLibrary(w, r, u, strings.Trim(rest, "/")); ok {
		return err
	}
	by, u, err := s.readUsage(r, u)
	if err != nil {
		return err
	}
	ctx := r.Context()
	if u.Type == "split_test" && strings.Trim(rest, "/") == "add_missing_groups" && r.Method != http.MethodGet {
		_, err := s.Editor.Apply(ctx, draft.Edit{Key: u.Course, By: by, Ops: []draft.Op{draft.FillExperiment{Block: u}}})
		if err != nil {
			return err
		}
		return page.JSON(w, r, http.StatusOK, map[string]any{})
	}
	name, suffix, _ := strings.Cut(strings.Trim(rest, "/"), "/")
	for part := range strings.SplitSeq(suffix, "/") {
		if part == ".." || part == "." {
			return fault.NotFoundf("handler suffix %q", suffix)
		}
	}
	head, b, err := s.Editor.Read(ctx, u.Course)
	if err != nil {
		return err
	}
	c, n, err := s.compiled(ctx, head, b.Draft, u)
	if err != nil {
		return err
	}
	rt := s.runtime(r, c)
	if strings.HasPrefix(r.URL.Path, "/preview/learner/") {
		asLearner(rt, nil)
	}
	if k, ok := s.Draw.Kinds.Of(u.Type).(*problem.Kind); ok && name == "xmodule_handler" {
		return s.try(w, r, k, rt, n, suffix)
	}
	action, ok := s.Draw.Kinds.Of(u.Type).Actions()[name]
	switch {
	case !ok:
		return fault.NotFoundf("%s has no handler %q", u, name)
	case r.Method != http.MethodGet: // what learners would have kept of it is not kept of authors
		return page.JSON(w, r, http.StatusOK, map[string]any{"success": true, "result": "success"})
	}
	got, err := action(ctx, rt, n, component.Request{Method: http.MethodGet, Suffix: suffix, Query: r.URL.Query(), Form: url.Values{}})
	if err != nil {
		return err
	}
	h := w.Header()
	for name, value := range got.Header {
		h.Set(name, value)
	}
	if got.JSON != nil {
		status := http.StatusOK
		if got.Status != 0 {
			status = got.Status
		}
		return page.JSON(w, r, status, got.JSON)
	}
	h.Set("Cache-Control", "private, no-store")
	h.Set("Content-Type", got.Type)
	if got.Type == "" {
		h.Set("Content-Type", "application/octet-stream")
	}
	if got.Status != 0 {
		w.WriteHeader(got.Status)
	}
	_, err = w.Write(got.Body)
	return err
}

// try does one act of a question and keeps where it stands.
func (s *Server) try(w http.ResponseWriter, r *http.Request, k *problem.Kind, rt *component.Runtime, n *course.Node, act string) error {
	ctx := r.Context()
	done, err := s.Limits.try(r)
	if err != nil {
		return err
	}
	defer done()
	if r.Method == http.MethodPost && r.Header.Get("Content-Type") != "" { // a page that asks for the question as it is sends nothing
		if err := page.ParseForm(r, 0); err != nil {
			return err
		}
	}
	t := s.trial(ctx, rt, n)
	t.Act, t.Form = act, r.PostForm
	if t.Form == nil {
		t.Form = url.Values{}
	}
	if act == "another_seed" { // another variant, as another learner might get
		t = problem.Trial{Seed: rand.IntN(problem.MaxSeed + 1)}
		if seed, err := strconv.Atoi(r.PostForm.Get("seed")); err == nil && seed >= 0 && seed <= problem.MaxSeed {
			t.Seed = seed
		}
	}
	got, err := k.Try(ctx, rt, n, rt.Links.Handler(n, "xmodule_handler", ""), t)
	if bad := (*capa.Error)(nil); errors.As(err, &bad) {
		return fault.Invalidf("%s: %w", n.Key, err).Say("studio.trial.does_not_load", err.Error())
	}
	if err != nil {
		return err
	}
	s.remember(ctx, trialName(rt, n), kept{Text: textSum(n.Block), State: got.State, Seed: got.Seed})
	if scriptless(r) {
		at := n.Key
		if unit, ok := draft.UnitOf(&course.Content{Key: rt.Course.Key, Root: rt.Course.Root().Block}, n.Key); ok {
			at = unit
		}
		return page.Redirect(w, r, blockURL(at)+"#"+anchorOf(n.Block))
	}
	reply := got.Reply
	if reply == nil {
		html, err := draw(ctx, got.View)
		if err != nil {
			return err
		}
		reply = map[string]any{"html": html, "seed": got.Seed}
	}
	return page.JSON(w, r, http.StatusOK, reply)
}

// scriptless tells a form that the browser itself sent from a call by a script.
func scriptless(r *http.Request) bool {
	return r.Method == http.MethodPost && r.Header.Get("Sec-Fetch-Mode") == "navigate"
}

func (s *Server) remember(ctx context.Context, name string, k kept) {
	text, err := json.Marshal(k)
	if err != nil || len(text) > trialMost {
		text = nil
	}
	_ = s.Draw.Tries.Do(ctx, func(ctx context.Context, c redis.Cmdable) error { // without a cache a try begins anew
		if text == nil {
			return c.Del(ctx, name).Err()
		}
		return c.Set(ctx, name, text, trialLife).Err()
	})
}
