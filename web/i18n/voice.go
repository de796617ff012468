package i18n

import "golang.org/x/text/language"

// Voice is what the texts of a reader depend on, but for those with times in them: readers of one voice read the same words and numbers.
// It is comparable, for keys under which drawn texts are kept.
type Voice struct {
	catalog *Catalog
	index   int
	tag     language.Tag
}

// Voice returns the reader's voice.
func (r *Reader) Voice() Voice { return Voice{r.catalog, r.index, r.tag} }
