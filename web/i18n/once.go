package i18n

// onceKey names something made of texts alone.
type onceKey struct {
	language int
	id       string
}

// mostMade bounds what [Once] keeps; ids are few, and one that is not would fill the memory.
const mostMade = 2048

// Once returns what do returned for this id and the reader's language the first time: for parts of pages that are made of texts alone and
// stand on every page. id must be one of few, and do may look at nothing but the language and what id names. An error is not kept.
func Once[T any](r *Reader, id string, do func() (T, error)) (T, error) {
	c, key := r.catalog, onceKey{r.index, id}
	c.mu.RLock()
	kept, ok := c.made[key].(T)
	c.mu.RUnlock()
	if ok {
		return kept, nil
	}
	made, err := do()
	if err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		if len(c.made) < mostMade {
			c.made[key] = made
		}
	}
	return made, err
}

// Once is [Once] for text.
func (r *Reader) Once(id string, do func() (string, error)) (string, error) { return Once(r, id, do) }
