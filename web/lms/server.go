package lms

import (
	"context"
	"embed"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"lyceum/component"
	"lyceum/component/authored"
	"lyceum/course"
	"lyceum/grading/gradebook"
	"lyceum/learner"
	"lyceum/learner/completion"
	"lyceum/learner/courseware"
	"lyceum/learner/enrollment"
	"lyceum/tracking"
	"lyceum/web/coursefile"
)

// Server is the learners' face. All fields are set by the wiring.
type Server struct {
	Courses    courseReader
	Files      coursefile.Opener
	DB         *pgxpool.Pool
	Loader     *courseware.Loader
	Enrollment *enrollment.Service
	Completion *completion.Store
	Book       *gradebook.Book
	Kinds      *component.Kinds
	Emitter    tracking.Emitter
	Markup     *authored.Cache // of cleaned authors' markup
	// Track makes what events keep of a request.
	Track     func(*http.Request) tracking.Request
	Queues    queueLister // of external graders
	GradersAt string      // the queue elsewhere this site's answers go to, for staff; "" for none
	Limits    *Limits     // of answers and browser events; nil sets none
	// EmailOf finds a person's e-mail address, for courses that let in by address.
	EmailOf func(ctx context.Context, user learner.ID) (string, error)
	// NameOf finds what a person is called, for pages that staff see.
	NameOf func(ctx context.Context, user learner.ID) (string, error)
	// UsernameOf finds a person's username, for events of what others do to their work.
	UsernameOf func(ctx context.Context, user learner.ID) (string, error)
	// StaffOf says whether a person is staff of the whole site now.
	StaffOf func(ctx context.Context, user learner.ID) (bool, error)
	// Studio is where a request's people write courses, without a slash at the end; nil when there is no Studio.
	Studio func(*http.Request) string
	// Framers are the origins that may show single blocks in frames, besides our own.
	Framers []string
	Hosts   []string // names of this site, see authored.Source
	Secret  []byte   // of the site; signs passes and anonymous ids
	Name    string   // of the site
	// Policies are the site's terms, honor code and privacy policy.
	Policies Policies
	Clock    func() time.Time
	Log      *slog.Logger

	parts parts     // of course pages, drawn before
	macs  sync.Pool // of hash.Hash with the secret
}

// Locales are the texts of these pages.
//
//go:embed locales/*.json
var Locales embed.FS

// Open opens a course file by its normalized name, for kinds of blocks that read files.
func (s *Server) Open(ctx context.Context, c *course.Compiled, name string) (io.ReadCloser, error) {
	return OpenFile(ctx, s.Files, c, name)
}
