package gradebook

import (
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"lyceum/course"
	"lyceum/internal/clock"
)

// Book reads and writes grades.
type Book struct {
	db     *pgxpool.Pool
	clock  clock.Clock
	edited func(*course.Compiled) time.Time
	plans  plans
	lists  keptLists
}

// New returns a book on db. edited tells when a version of a course was made; nil stands for when this process first saw it.
func New(db *pgxpool.Pool, now clock.Clock, edited func(*course.Compiled) time.Time) *Book {
	if edited == nil {
		edited = func(*course.Compiled) time.Time { return now.Now() }
	}
	return &Book{db: db, clock: now, edited: edited}
}

// Plan returns what is graded in c; it is made at the first call for a version.
func (b *Book) Plan(c *course.Compiled) *Plan { return b.plans.of(c, b.edited) }

// keptLists remembers which lists of visible blocks are known to be kept, so that an answer need not write one again. It forgets
// everything when it has grown: a list written twice does no harm.
type keptLists struct {
	mu   sync.Mutex
	kept map[string]bool
}

const maxKeptLists = 10_000

func (k *keptLists) has(hash string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.kept[hash]
}

func (k *keptLists) add(hash string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.kept) >= maxKeptLists || k.kept == nil {
		k.kept = map[string]bool{}
	}
	k.kept[hash] = true
}
