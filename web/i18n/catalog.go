package i18n

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/language"
)

//go:embed locales/*.json
var locales embed.FS

// phrase is one text with its plural forms; a text without forms has "other" only.
type phrase map[string]string

// UnmarshalJSON takes a string or an object of plural forms.
func (m *phrase) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		*m = phrase{"other": text}
		return nil
	}
	forms := make(map[string]string)
	if err := json.Unmarshal(b, &forms); err != nil {
		return errors.New("want a string or an object of plural forms")
	}
	for form := range forms {
		if !slices.Contains([]string{"zero", "one", "two", "few", "many", "other"}, form) {
			return fmt.Errorf("unknown plural form %q", form)
		}
	}
	if forms["other"] == "" {
		return errors.New(`plural form "other" is missing`)
	}
	*m = forms
	return nil
}

// Catalog holds all messages of all languages. It is safe for concurrent use.
type Catalog struct {
	tags     []language.Tag // English first
	names    []string       // of the languages, as the lang attribute wants them
	messages []map[string]phrase
	matcher  language.Matcher

	mu      sync.RWMutex
	choices map[[3]string]choice // languages picked before, by wishes
	made    map[onceKey]any      // see Once
}

// base is the catalog of this package alone, for contexts that carry no reader.
var base = sync.OnceValue(func() *Catalog {
	c, err := New()
	if err != nil {
		panic(err)
	}
	return c
})

// New merges the shared catalog with the catalogs of rooms, each an fs with locales/LANGUAGE.json, and where a room
// has many pages locales/PAGE/LANGUAGE.json. A room may replace a shared text; two
// rooms may not define one id.
func New(rooms ...fs.FS) (*Catalog, error) {
	shared := map[language.Tag]map[string]phrase{language.English: {}}
	if err := mergeAll(shared, locales); err != nil {
		return nil, err
	}
	merged := map[language.Tag]map[string]phrase{language.English: {}}
	for _, room := range rooms {
		if err := mergeAll(merged, room); err != nil {
			return nil, err
		}
	}
	for tag, messages := range shared {
		if merged[tag] == nil {
			merged[tag] = make(map[string]phrase, len(messages))
		}
		for id, m := range messages {
			if _, ok := merged[tag][id]; !ok {
				merged[tag][id] = m
			}
		}
	}
	return newCatalog(merged), nil
}

// mergeAll adds all languages of one room.
func mergeAll(merged map[language.Tag]map[string]phrase, room fs.FS) error {
	var names []string
	for _, pattern := range []string{"locales/*.json", "locales/*/*.json"} {
		found, err := fs.Glob(room, pattern)
		if err != nil {
			return fmt.Errorf("list catalogs: %w", err)
		}
		names = append(names, found...)
	}
	if len(names) == 0 {
		return errors.New("a room's catalog has no locales/*.json")
	}
	for _, name := range names {
		if err := mergeFile(merged, room, name); err != nil {
			return fmt.Errorf("read catalog %s: %w", name, err)
		}
	}
	return nil
}

func newCatalog(merged map[language.Tag]map[string]phrase) *Catalog {
	c := &Catalog{tags: []language.Tag{language.English}, choices: make(map[[3]string]choice), made: make(map[onceKey]any)}
	for tag := range merged {
		if tag != language.English {
			c.tags = append(c.tags, tag)
		}
	}
	slices.SortFunc(c.tags[1:], func(a, b language.Tag) int { return strings.Compare(a.String(), b.String()) })
	for _, tag := range c.tags {
		c.messages, c.names = append(c.messages, merged[tag]), append(c.names, tag.String())
	}
	c.matcher = language.NewMatcher(c.tags)
	return c
}

func mergeFile(merged map[language.Tag]map[string]phrase, room fs.FS, name string) error {
	tag, err := language.Parse(strings.TrimSuffix(path.Base(name), ".json"))
	if err != nil {
		return err
	}
	data, err := fs.ReadFile(room, name)
	if err != nil {
		return err
	}
	var messages map[string]phrase
	if err := json.Unmarshal(data, &messages); err != nil {
		return err
	}
	into := merged[tag]
	if into == nil {
		into = make(map[string]phrase, len(messages))
		merged[tag] = into
	}
	for id, m := range messages {
		if _, ok := into[id]; ok {
			return fmt.Errorf("message %q is defined twice", id)
		}
		into[id] = m
	}
	return nil
}

// Languages lists the languages there are texts in, English first.
func (c *Catalog) Languages() []language.Tag { return slices.Clone(c.tags) }

// Has reports whether there is an English text with this id.
func (c *Catalog) Has(id string) bool {
	_, ok := c.messages[0][id]
	return ok
}

// find returns the message in the language at index i, else in English, and the index it was found at.
func (c *Catalog) find(i int, id string) (phrase, int, bool) {
	if m, ok := c.messages[i][id]; ok {
		return m, i, true
	}
	m, ok := c.messages[0][id]
	return m, 0, ok
}
