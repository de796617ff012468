package studio

import (
	"context"
	"embed"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"lyceum/authoring/clipboard"
	"lyceum/authoring/draft"
	"lyceum/authoring/files"
	"lyceum/authoring/publish"
	"lyceum/authoring/transfer"
	"lyceum/course"
	"lyceum/internal/cache"
	"lyceum/learner"
	"lyceum/learner/account"
	"lyceum/tracking"
)

// Server is the authors' face. All fields are set by the wiring.
type Server struct {
	Editor    *draft.Editor
	Publisher *publish.Publisher
	Draw      Drawing
	Courses   courseLister
	Files     *files.Service
	Clipboard *clipboard.Service
	Trials    Trials
	Accounts  accounts
	DB        *pgxpool.Pool
	Emitter   tracking.Emitter
	// Track makes what events keep of a request.
	Track func(*http.Request) tracking.Request
	// LMS is the origin of the learners' face as whoever asks reaches it.
	LMS func(*http.Request) string
	// Welcome is told of each course that was made, by whom; the person is on its team by then.
	Welcome func(ctx context.Context, who learner.ID, username string, key course.Key, from tracking.Request) error
	// Transfers brings courses in, takes them out and runs them again.
	Transfers *transfer.Tasks
	Clock     func() time.Time
	Here      *cache.Redis // who is in which course right now
	Limits    *Limits      // nil: none
}

// courseLister lists courses, those without a published version too.
type courseLister interface {
	List(ctx context.Context) ([]course.Summary, error)
}

// accounts opens and ends sessions of this face; account.Service is one.
type accounts interface {
	RedeemHandover(ctx context.Context, from account.From, code string, key account.HandoverKey) (account.SignedIn, error)
	ByLogin(ctx context.Context, login string) (account.Account, error)
	ByIDs(ctx context.Context, ids []learner.ID) (map[learner.ID]account.Account, error)
	SignOut(ctx context.Context, from account.From, face account.Face, id account.SessionID) error
}

// Locales are the texts of these pages.
//
//go:embed locales
var Locales embed.FS
