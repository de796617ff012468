package studio

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"lyceum/authoring/draft"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/learner"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/ui"
)

// Who else is in a course right now. Open pages beat (static/ts/studio/here.ts) and are told of the others. It is kept in the cache alone, a
// hash a course and a field a tab: where that is away, nobody is shown.

// Bounds of it.
const (
	hereShown  = time.Minute // since the last beat of a tab; pages beat three times as often
	hereMost   = 100         // tabs of a course; further ones are told of the others and are not shown themselves
	hereTabs   = 10          // of them, of one person
	herePlace  = 400         // bytes
	hereListed = 12          // people in one answer
)

func hereRoutes(s *Server, rt routes) { rt.post("/here/{course}", forPrograms(s.beat)) }

func hereURL(key course.Key) string { return "/here/" + key.String() }

// beat is what a page tells of itself.
type beat struct {
	Tab   string `json:"tab"`
	Place string `json:"place"` // key of a block, name of a page, "" for any other place in the course
	Edits bool   `json:"edits"` // the block is open in an editor
	Left  bool   `json:"left"`
}

// present is one tab as it is kept.
type present struct {
	User  learner.ID `json:"user"`
	Name  string     `json:"name"`
	Place string     `json:"place"`
	Edits bool       `json:"edits"`
	At    time.Time  `json:"at"`
}

// hereProps is the answer to a beat, in words.
type hereProps struct {
	People []herePerson `json:"people"`
	More   string       `json:"more"` // how many are not listed; "" for none
	Open   []hereOpen   `json:"open"`
}

type herePerson struct {
	Initials string `json:"initials"`
	Words    string `json:"words"`
}

// hereOpen is a block that somebody else has open in an editor.
type hereOpen struct {
	Block string `json:"block"`
	Words string `json:"words"` // for a list of blocks
	Too   string `json:"too"`   // for another editor of it
}

var tabID = regexp.MustCompile(`^[0-9a-z]{8,40}$`)

// beat serves POST /here/{course}: the page of an author is open, or with "left" it is no more. The answer says who else is here.
func (s *Server) beat(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	key, err := s.enterContent(r)
	if err != nil {
		return err
	}
	var b beat
	if err := page.ReadJSON(r, &b); err != nil {
		return err
	}
	if !tabID.MatchString(b.Tab) || !isPlace(key, b.Place) {
		return fault.Invalidf("a beat of tab %.50q at %.50q", b.Tab, b.Place)
	}
	who := page.Viewer(r)
	field := strconv.FormatInt(int64(who.ID), 10) + ":" + b.Tab // nobody speaks for another's tab
	if b.Left {
		_ = s.Here.Do(ctx, func(ctx context.Context, c redis.Cmdable) error { return c.HDel(ctx, hereName(key), field).Err() }) // else it is forgotten in a while
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	_, in, err := s.Editor.Read(ctx, key)
	if err != nil {
		return err
	}
	now := s.Clock().UTC()
	tabs := s.keepTab(ctx, key, field, present{User: who.ID, Name: cmp.Or(who.Name, who.Username), Place: b.Place, Edits: b.Edits, At: now})
	return page.JSON(w, r, http.StatusOK, newHere(ctx, in.Draft, b, who.ID, tabs))
}

func hereName(key course.Key) string { return "studio:here:" + key.String() }

// isPlace reports whether a page of this course can be there. Nothing else gets into the cache and onto the pages of others.
func isPlace(key course.Key, place string) bool {
	if place == "" || isPage(place) {
		return true
	}
	u, err := course.ParseUsageKey(place)
	return err == nil && len(place) <= herePlace && u.In(key).Course == key
}

func isPage(name string) bool {
	for _, g := range slices.Concat(coursePages, libraryPages) {
		if slices.ContainsFunc(g.Pages, func(p coursePage) bool { return p.Name == name }) {
			return true
		}
	}
	return false
}

// keepTab keeps a tab, sweeps those that beat no more, and returns all others of the course. Two tabs that come at once may both be the last
// that is allowed: the bound holds but for those.
func (s *Server) keepTab(ctx context.Context, key course.Key, field string, me present) []present {
	text, err := json.Marshal(me)
	if err != nil {
		return nil
	}
	name := hereName(key)
	var others []present
	err = s.Here.Do(ctx, func(ctx context.Context, c redis.Cmdable) error {
		all, err := c.HGetAll(ctx, name).Result()
		if err != nil {
			return err
		}
		delete(all, field)
		var gone []string
		mine := 0
		for _, f := range slices.Sorted(maps.Keys(all)) {
			var p present
			if json.Unmarshal([]byte(all[f]), &p) != nil || me.At.Sub(p.At).Abs() > hereShown {
				gone = append(gone, f)
				continue
			}
			if p.User == me.User {
				mine++
			}
			others = append(others, p)
		}
		_, err = c.Pipelined(ctx, func(c redis.Pipeliner) error {
			if len(gone) > 0 {
				c.HDel(ctx, name, gone...)
			}
			if len(others) < hereMost && mine < hereTabs {
				c.HSet(ctx, name, field, text)
			}
			c.Expire(ctx, name, 2*hereShown)
			return nil
		})
		return err
	})
	if err != nil {
		return nil
	}
	return others
}

// newHere says who else is here: a person once, however many tabs are open, at what is edited rather than looked at.
func newHere(ctx context.Context, in *course.Content, at beat, me learner.ID, tabs []present) hereProps {
	p := hereProps{People: []herePerson{}, Open: []hereOpen{}}
	slices.SortStableFunc(tabs, func(a, b present) int {
		edits := strings.Compare(strconv.FormatBool(b.Edits), strconv.FormatBool(a.Edits)) // those first
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.User, b.User), edits, b.At.Compare(a.At))
	})
	seen, opened, more := map[learner.ID]bool{me: true}, map[present]bool{}, 0
	for _, t := range tabs {
		if t.User == me {
			continue
		}
		one := present{User: t.User, Place: t.Place}
		if t.Edits && !opened[one] && t.Place != "" && !isPage(t.Place) {
			opened[one] = true
			p.Open = append(p.Open, hereOpen{t.Place, i18n.T(ctx, "studio.here.open", t.Name), i18n.T(ctx, "studio.here.open_too", t.Name)})
		}
		switch {
		case seen[t.User]:
		case len(p.People) == hereListed:
			more++
		default:
			p.People = append(p.People, herePerson{ui.Initials(t.Name), whereabouts(ctx, in, at, t)})
		}
		seen[t.User] = true
	}
	if more > 0 {
		p.More = i18n.T(ctx, "studio.here.more", more)
	}
	return p
}

// whereabouts says where somebody is, seen from a page.
func whereabouts(ctx context.Context, in *course.Content, from beat, t present) string {
	if isPage(t.Place) && t.Place != from.Place {
		return i18n.T(ctx, "studio.here.at", t.Name, i18n.T(ctx, "studio.page."+t.Place))
	}
	if u, err := course.ParseUsageKey(t.Place); err == nil {
		block := draft.Block(in, u.In(in.Key))
		switch {
		case block == nil: // deleted since
		case t.Edits:
			return i18n.T(ctx, "studio.here.edits", t.Name, nameOf(block))
		case t.Place != from.Place:
			return i18n.T(ctx, "studio.here.at", t.Name, nameOf(block))
		}
	}
	return i18n.T(ctx, "studio.here.here", t.Name)
}
