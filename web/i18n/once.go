package i18n

// onceKey names something made of texts alone.
type onceKey struct {
	language int
	id       string
}

// Once returns what do returned for this id and the reader's language the first time: for parts of pages that are made of texts alone and
// stand on every page. id must be one of few, and do may look at nothing but the language. An error is not kept.
func (r *Reader) Once(id string, do func() (string, error)) (string, error) {
	key := onceKey{r.index, id}
	if made, ok := r.catalog.made.Load(key); ok {
		return made.(string), nil
	}
	made, err := do()
	if err == nil {
		r.catalog.made.Store(key, made)
	}
	return made, err
}
