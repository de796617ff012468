package draft

import (
	"encoding/json"
	"slices"

	"lyceum/course"
	"lyceum/internal/fault"
)

// RenamePage gives a static page and its tab another name. It reaches learners at once.
type RenamePage struct {
	Page course.UsageKey
	Name string
}

func (r RenamePage) touches() []touch { return []touch{{block: r.Page, aspect: record}} }

func (r RenamePage) words(b Branches) string { return "Rename " + title(b.Draft, r.Page) }

func (r RenamePage) apply(w *work) error {
	if w.Draft.Page(r.Page.Type, r.Page.ID) == nil {
		return fault.NotFoundf("page %s is not in the draft", r.Page).Say("draft.gone")
	}
	return w.update(r.Page, Update{Set: course.Fields{"display_name": course.Text(r.Name)}}.record)
}

// Tabs replaces the list of a course's tabs: their order, names, and which are hidden. A list that forgets a static page, or names
// one the course does not have, is refused as a Conflict.
type Tabs struct{ List course.Value }

func (t Tabs) touches() []touch {
	return []touch{{block: course.UsageKey{Type: "course"}, aspect: setting, field: "tabs"}}
}

func (t Tabs) words(Branches) string { return "Arrange pages" }

func (t Tabs) apply(w *work) error {
	var list []tab
	if !t.List.Decode(&list) {
		return fault.Invalidf("tabs are a list of maps")
	}
	listed := map[string]bool{}
	for _, e := range list {
		if e.text("type") == "" {
			return fault.Invalidf("a tab without a type")
		}
		if slug := e.text("url_slug"); e.text("type") == "static_tab" {
			if w.Draft.Page("static_tab", slug) == nil {
				return fault.Conflictf("there is no page %s", slug).Say("draft.concurrent")
			}
			listed[slug] = true
		}
	}
	for _, e := range tabsOf(w.Draft) {
		if slug := e.text("url_slug"); e.text("type") == "static_tab" && !listed[slug] && w.Draft.Page("static_tab", slug) != nil {
			return fault.Conflictf("page %s is not in the list", slug).Say("draft.concurrent")
		}
	}
	return w.tabs(func([]tab) []tab { return list })
}

// pages changes the pages beside the tree, which have no draft.
func (w *work) pages(f func([]*course.Block) []*course.Block) {
	for _, c := range []**course.Content{&w.Draft, &w.Published} {
		if *c != nil {
			out := **c
			out.Pages = f(out.Pages)
			*c = &out
		}
	}
}

func changePage(pages []*course.Block, u course.UsageKey, f func(*course.Block)) []*course.Block {
	pages = slices.Clone(pages)
	for i, p := range pages {
		if p.Type == u.Type && p.ID == u.ID {
			changed := *p
			f(&changed)
			pages[i] = &changed
		}
	}
	return pages
}

func withoutPage(pages []*course.Block, u course.UsageKey) []*course.Block {
	return slices.DeleteFunc(slices.Clone(pages), func(p *course.Block) bool { return p.Type == u.Type && p.ID == u.ID })
}

// tab is one entry of the course's tabs, with whatever keys it came with.
type tab map[string]course.Value

// UnmarshalJSON keeps the values as they are.
func (t *tab) UnmarshalJSON(text []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return err
	}
	*t = tab{}
	for k, v := range raw {
		value, err := course.ParseValue(v)
		if err != nil {
			return err
		}
		(*t)[k] = value
	}
	return nil
}

// MarshalJSON writes the values as they are.
func (t tab) MarshalJSON() ([]byte, error) {
	raw := make(map[string]json.RawMessage, len(t))
	for k, v := range t {
		raw[k] = json.RawMessage(v)
	}
	return []byte(course.JSON(raw)), nil
}

func (t tab) text(key string) string {
	s, _ := t[key].Text()
	return s
}

func newTab(page *course.Block) tab {
	name, ok := page.Fields["display_name"].Text()
	if !ok {
		name = page.ID
	}
	return tab{"type": `"static_tab"`, "name": course.Text(name), "url_slug": course.Text(page.ID)}
}

func withoutTab(list []tab, slug string) []tab {
	return slices.DeleteFunc(list, func(t tab) bool { return t.text("type") == "static_tab" && t.text("url_slug") == slug })
}

// tabsOf reads the tabs of a course: those its settings list, or those a course has without such a list.
func tabsOf(c *course.Content) []tab {
	var list []tab
	if c.Root.Fields["tabs"].Decode(&list) && len(list) > 0 {
		return list
	}
	for _, t := range course.DefaultTabs {
		list = append(list, tab{"type": course.Text(t.Type), "name": course.Text(t.Name)})
	}
	return list
}

// tabs changes the list of tabs, for authors and learners.
func (w *work) tabs(f func([]tab) []tab) error {
	list := course.JSON(f(tabsOf(w.Draft)))
	return w.update(nameOf(w.Draft.Root).in(w.Draft.Key), Update{Set: course.Fields{"tabs": list}}.record)
}

// nameTab makes the tab of a static page say the page's name.
func (w *work) nameTab(page *course.Block) error {
	name, ok := page.Fields["display_name"].Text()
	if page.Type != "static_tab" || !ok || !w.Draft.Root.Fields["tabs"].IsSet() {
		return nil
	}
	list := tabsOf(w.Draft)
	i := slices.IndexFunc(list, func(t tab) bool { return t.text("type") == "static_tab" && t.text("url_slug") == page.ID })
	if i < 0 {
		return nil
	}
	list[i]["name"] = course.Text(name)
	return w.tabs(func([]tab) []tab { return list })
}
