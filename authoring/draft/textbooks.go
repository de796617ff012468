package draft

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"lyceum/course"
	"lyceum/internal/fault"
)

// Textbook is one PDF textbook of a course as its settings have it, with whatever keys it came with.
type Textbook map[string]course.Value

// Chapter is one file of a textbook.
type Chapter struct {
	Title string `json:"title"`
	URL   string `json:"url"` // /static/NAME, or an address on the web
}

// UnmarshalJSON keeps the values as they are.
func (t *Textbook) UnmarshalJSON(text []byte) error { return (*tab)(t).UnmarshalJSON(text) }

// MarshalJSON writes the values as they are.
func (t Textbook) MarshalJSON() ([]byte, error) { return tab(t).MarshalJSON() }

// ID names the textbook within its course.
func (t Textbook) ID() string {
	if id, ok := t["id"].Text(); ok {
		return id
	}
	return strings.Trim(string(t["id"]), `"`) // others have written numbers
}

// Title is the name of its tab.
func (t Textbook) Title() string { return tab(t).text("tab_title") }

// Chapters lists its files. A book that is one file is one chapter.
func (t Textbook) Chapters() []Chapter {
	var list []Chapter
	t["chapters"].Decode(&list)
	if url := tab(t).text("url"); len(list) == 0 && url != "" {
		list = []Chapter{{t.Title(), url}}
	}
	return list
}

// Check refuses, as Invalid, what is no textbook: it needs a title, chapters that are such, and an id, if any, that begins with a digit.
func (t Textbook) Check() error {
	if t.Title() == "" {
		return fault.Invalidf("textbook without tab_title").Field("tab_title", "textbooks.no_title").Say("textbooks.no_title")
	}
	if id := t.ID(); id != "" && (id[0] < '0' || id[0] > '9') || strings.ContainsAny(id, "/?#%") {
		return fault.Invalidf("textbook id %q", id).Say("textbooks.bad_id")
	}
	var list []Chapter
	if v := t["chapters"]; v.IsSet() && !v.IsNull() && !v.Decode(&list) {
		return fault.Invalidf("chapters of a textbook are a list of maps").Say("textbooks.bad_chapters")
	}
	return nil
}

// TextbooksOf lists the textbooks of a course. Those without an id get one that stays as long as the list does.
func TextbooksOf(c *course.Content) []Textbook {
	var list []Textbook
	c.Root.Fields["pdf_textbooks"].Decode(&list)
	return WithIDs(list)
}

// WithIDs gives textbooks that have none an id, which no other of the list has.
func WithIDs(list []Textbook) []Textbook {
	used := map[string]bool{}
	for _, t := range list {
		used[t.ID()] = true
	}
	out := make([]Textbook, 0, len(list))
	for i, t := range list {
		if t == nil {
			t = Textbook{}
		}
		if t.ID() == "" {
			copied := Textbook{}
			maps.Copy(copied, t)
			id := strconv.Itoa(i) + course.AssetName(t.Title())
			for used[id] {
				id += "_"
			}
			used[id] = true
			copied["id"] = course.Text(id)
			t = copied
		}
		out = append(out, t)
	}
	return out
}

// Textbooks changes the list of a course's PDF textbooks, which learners see as tabs at once. Change gets the list as it is and makes the
// new one; it may run more than once. A course whose tabs are listed gets the tab that shows textbooks when it lacks it.
type Textbooks struct {
	Change func([]Textbook) ([]Textbook, error)
	Words  string // of the version
}

func (t Textbooks) touches() []touch { return nil }

func (t Textbooks) words(Branches) string { return t.Words }

func (t Textbooks) apply(w *work) error {
	list, err := t.Change(TextbooksOf(w.Draft))
	if err != nil {
		return err
	}
	ids := map[string]bool{}
	list = WithIDs(list)
	for _, book := range list {
		if err := book.Check(); err != nil {
			return err
		}
		if ids[book.ID()] {
			return fault.Invalidf("two textbooks with the id %q", book.ID()).Say("textbooks.same_id")
		}
		ids[book.ID()] = true
	}
	if err := w.update(nameOf(w.Draft.Root).in(w.Draft.Key), Update{Set: course.Fields{"pdf_textbooks": course.JSON(list)}}.record); err != nil {
		return err
	}
	tabs := tabsOf(w.Draft)
	if len(list) == 0 || !w.Draft.Root.Fields["tabs"].IsSet() || slices.ContainsFunc(tabs, func(t tab) bool { return t.text("type") == "pdf_textbooks" }) {
		return nil
	}
	return w.tabs(func(list []tab) []tab {
		return append(list, tab{"type": `"pdf_textbooks"`, "name": `"Textbooks"`})
	})
}
