package studio

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/redis/go-redis/v9"

	"lyceum/authoring/draft"
	"lyceum/component"
	"lyceum/course"
	"lyceum/course/modulestore"
	"lyceum/course/team"
	"lyceum/internal/cache"
	"lyceum/internal/fault"
	"lyceum/learner"
	"lyceum/learner/access"
	"lyceum/web/coursefile"
	"lyceum/web/i18n"
	"lyceum/web/page"
)

// Drawing is what drawing blocks of drafts takes.
type Drawing struct {
	Kinds  *component.Kinds
	Blobs  coursefile.Opener
	Passes coursefile.Passes
	// Manifest reads a list of course files.
	Manifest func(ctx context.Context, id string) (map[string]course.File, error)
	// Runtime makes what blocks see of the site; this package fills in course, viewer and links.
	Runtime func(r *http.Request, key course.Key) *component.Runtime
	// StaffOf says whether a person is staff of the whole site now.
	StaffOf func(ctx context.Context, user learner.ID) (bool, error)
	// Tries keeps what authors answer while they try their questions: a cache.
	Tries *cache.Redis
}

// compiled is the part of a draft that a page shows, in the form blocks are drawn from: the blocks from the course down to u and all below it.
// It is made for each request; what it costs grows with what is shown, not with the course.
func (s *Server) compiled(ctx context.Context, head modulestore.Head, c *course.Content, u course.UsageKey) (*course.Compiled, *course.Node, error) {
	if draft.Way(c, u) == nil {
		return nil, nil, fault.NotFoundf("block %s is not in the draft", u).Say("draft.gone")
	}
	var files map[string]course.File
	if head.Files != "" {
		var err error
		if files, err = s.Draw.Manifest(ctx, head.Files); err != nil {
			return nil, nil, err
		}
	}
	out := course.Compile(pruned(c, u), head.Draft, files, s.Draw.Kinds.Describe)
	n, ok := out.Find(u.Type, u.ID)
	if !ok {
		return nil, nil, fault.NotFoundf("block %s is not in the draft", u).Say("draft.gone")
	}
	return out, n, nil
}

// runtime is what the blocks of a page of Studio see: a member of the course team who looks at the draft, and has no learner's state.
func (s *Server) runtime(r *http.Request, c *course.Compiled) *component.Runtime {
	who := page.Viewer(r)
	rt := s.Draw.Runtime(r, c.Key)
	reader := i18n.From(r.Context())
	rt.Course, rt.Now, rt.Kinds = c, s.Clock().UTC(), s.Draw.Kinds
	rt.Viewer = &access.Viewer{User: who.ID, Roles: access.Roles{Staff: true}, Chosen: map[int32][]int32{}}
	for _, i := range c.Choosers { // the course team sees all of them
		rt.Viewer.Chosen[i] = c.Nodes[i].Children
	}
	rt.Person.ID, rt.Person.Username, rt.Person.Name = who.ID, who.Username, who.Name
	rt.Person.Zone, rt.Person.Language = reader.Zone(), reader.Lang()
	rt.Emitter = unheard{}
	rt.Links = component.Links{
		Frame: func(n *course.Node) string { return "/preview/frame/" + component.EscapeKey(n.Key.String()) },
		FileBase: func() string {
			return "/preview/files/" + c.Key.String() + "/" + url.PathEscape(s.Draw.Passes.Make(c.Key, int64(who.ID), rt.Now)) + "/"
		},
		Handlers: func(n *course.Node) string {
			return "/preview/xblock/" + component.EscapeKey(n.Key.String()) + "/handler/"
		},
	}
	return rt
}

// ShowFile serves addresses of course files at Studio's origin to the course's team. Files have no draft: there is one list for authors and
// learners.
func (s *Server) ShowFile(w http.ResponseWriter, r *http.Request) error {
	text, err := url.PathUnescape(r.URL.EscapedPath())
	if err != nil {
		text = r.URL.Path
	}
	a, err := coursefile.ParsePath(text)
	if err != nil {
		return notFound(r, err)
	}
	by, err := s.author(r)
	if err != nil {
		return err
	}
	keys := []course.Key{a.Course}
	if a.Course.Run == "" && a.Course.Form != course.FormLibrary { // an old key has no run: any course of that organization and number that has such a file
		all, err := s.Courses.List(r.Context())
		if err != nil {
			return err
		}
		keys = nil
		for _, one := range all {
			if one.Key.Org == a.Course.Org && one.Key.Number == a.Course.Number && by.May(one.Key) == nil {
				keys = append(keys, one.Key)
			}
		}
	}
	for _, key := range keys {
		if err := by.MayRead(key); err != nil {
			return fault.Errorf(fault.Forbidden, "%w", err).Say("studio.forbidden")
		}
		if f, ok, err := s.fileOf(r.Context(), key, a.Name); err != nil {
			return err
		} else if ok {
			w.Header().Set("Cache-Control", "private, no-cache") // replaced files are looked for at once where they are written
			return coursefile.Serve(w, r, s.Draw.Blobs, f)
		}
	}
	return fault.NotFoundf("no file %s", a)
}

// fileOf finds a file of a course by its normalized name, or by a path of a page in a frame.
func (s *Server) fileOf(ctx context.Context, key course.Key, name string) (course.File, bool, error) {
	head, err := s.Editor.Courses.Head(ctx, key)
	if err != nil || head.Files == "" {
		return course.File{}, false, err
	}
	all, err := s.Draw.Manifest(ctx, head.Files)
	if err != nil {
		return course.File{}, false, err
	}
	f, ok := all[name]
	if !ok {
		f, ok = all[course.AssetName(name)]
	}
	return f, ok, nil
}

// showPassedFile serves /preview/files/KEY/PASS/NAME to frames, which have no session: the pass names who asks, and the person must still be on
// the course's team.
func (s *Server) showPassedFile(w http.ResponseWriter, r *http.Request) error {
	key, err := course.ParseURLKey(param(r, "course"))
	if err != nil {
		return &fault.Error{Kind: fault.NotFound, Err: err}
	}
	user, err := s.Draw.Passes.Check(key, param(r, "pass"), s.Clock().UTC())
	if err != nil {
		return err
	}
	roles, err := team.Load(r.Context(), s.DB, user)
	if err != nil {
		return err
	}
	by := draft.Author{Roles: roles}
	if by.MayRead(key) != nil {
		if by.Everywhere, err = s.Draw.StaffOf(r.Context(), learner.ID(user)); err != nil {
			return err
		}
	}
	if by.MayRead(key) != nil {
		return fault.NotFoundf("user %d may not read files of %s", user, key)
	}
	f, ok, err := s.fileOf(r.Context(), key, param(r, "*"))
	if err != nil {
		return err
	}
	if !ok {
		return fault.NotFoundf("no file %q in %s", param(r, "*"), key)
	}
	return coursefile.Framed(w, r, s.Draw.Blobs, f)
}

// showFrame serves GET /preview/frame/KEY: the document of a block that runs its author's scripts.
func (s *Server) showFrame(w http.ResponseWriter, r *http.Request) error {
	u, err := s.readBlock(r)
	if err != nil {
		return err
	}
	head, b, err := s.Editor.Read(r.Context(), u.Course)
	if err != nil {
		return err
	}
	c, n, err := s.compiled(r.Context(), head, b.Draft, u)
	if err != nil {
		return err
	}
	rt := s.runtime(r, c)
	if r.URL.Query().Get("as") == "learner" {
		asLearner(rt, nil)
	}
	if theme, err := r.Cookie(page.ThemeCookie); err == nil && (theme.Value == "light" || theme.Value == "dark") {
		rt.Person.Theme = theme.Value
	}
	doc, ok, err := s.document(r.Context(), rt, n)
	if err != nil {
		return err
	}
	if !ok {
		return fault.NotFoundf("%s needs no frame", n.Key)
	}
	coursefile.FrameHeaders(w.Header(), nil)
	return doc.Render(r.Context(), w)
}

// remembered reads what the cache keeps under a name; what is not there, or cannot be read now, is empty.
func (s *Server) remembered(ctx context.Context, name string) string {
	var text string
	err := s.Draw.Tries.Do(ctx, func(ctx context.Context, c redis.Cmdable) (err error) {
		text, err = c.Get(ctx, name).Result()
		if errors.Is(err, redis.Nil) {
			return nil
		}
		return err
	})
	if err != nil {
		return ""
	}
	return text
}
