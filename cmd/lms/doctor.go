package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo/readpref"

	"lyceum/internal/embedded"
	"lyceum/internal/embedded/postgres"
	"lyceum/internal/pg"
	"lyceum/migrations"
)

// doctorCommand checks everything a site stands on and says what to do about what is wrong.
type doctorCommand struct{}

// finding is one line of the examination.
type finding struct {
	what, found string
	bad         bool   // broken: exit 1
	advice      string // what to do, "" when all is well
}

// Run examines and prints; it fails when something is broken.
func (doctorCommand) Run(env *environment) error {
	list := examine(env)
	broken := false
	for _, f := range list {
		mark := "ok  "
		if f.bad {
			mark, broken = "BAD ", true
		} else if f.advice != "" {
			mark = "note"
		}
		fmt.Fprintf(env.out, "%s  %-14s %s\n", mark, f.what, f.found)
		if f.advice != "" {
			fmt.Fprintf(env.out, "      %-14s %s\n", "", f.advice)
		}
	}
	if broken {
		return errReported
	}
	return nil
}

func examine(env *environment) []finding {
	var list []finding
	add := func(f finding) { list = append(list, f) }
	c, err := loadConfig(env.getenv)
	if err != nil {
		return []finding{{"configuration", err.Error(), true, "correct the LMS_ variables above"}}
	}
	if unknown := unknownSettings(os.Environ()); len(unknown) > 0 {
		add(finding{"configuration", "set, but no settings: " + strings.Join(unknown, ", "), false, "mistyped? there are " + strings.Join(settingNames, ", ")})
	} else {
		add(finding{what: "configuration", found: "every setting can be read"})
	}
	add(diskOf(env.data))
	add(permissionsOf(env.data))
	if c.SiteURL == nil {
		add(finding{"address", "LMS_SITE_URL is not set", false, "set it before others use this site: links in mail are made from it"})
	} else {
		add(finding{what: "address", found: c.SiteURL.String()})
	}
	if c.SMTPURL == "" {
		add(finding{"mail", "kept in the local outbox", false, "set LMS_SMTP_URL and LMS_MAIL_FROM to send it"})
	} else if sender, err := mailSender(c); err != nil {
		add(finding{"mail", err.Error(), true, "correct LMS_SMTP_URL"})
	} else if checker, ok := sender.(interface{ Check(context.Context) error }); ok {
		ctx, cancel := context.WithTimeout(env.ctx, 10*time.Second)
		defer cancel()
		if err := checker.Check(ctx); err != nil {
			add(finding{"mail", err.Error(), true, "is the mail server up, and are name and password right?"})
		} else {
			add(finding{what: "mail", found: "the mail server answers"})
		}
	}
	if c.Unlimited {
		add(finding{"limits", "LMS_RATE_LIMITS=no: answers, searches and events may come as fast as they can", false, "unset it where strangers can reach this site"})
	}
	list = append(list, examineSandbox(env.ctx, c.Sandbox)...)
	if c.PostgresURL == "" && c.MongoURL == "" && !embedded.Holds(env.data) { // an examination makes nothing
		if dir, err := postgres.Find(env.ctx, env.getenv("LMS_POSTGRES_BIN"), ""); err != nil {
			add(finding{"stores", err.Error(), true, "make setup installs it, or set LMS_POSTGRES_URL"})
		} else {
			add(finding{what: "stores", found: "will be made at the first start, with PostgreSQL of " + dir})
		}
		return list
	}
	s, err := openStores(env, toUse)
	if err != nil {
		add(finding{"stores", err.Error(), true, "correct what the line above names, or start what it could not reach"})
		return list
	}
	defer s.close(env)
	ctx, cancel := context.WithTimeout(env.ctx, 5*time.Second)
	defer cancel()
	if d, err := pg.Durability(ctx, s.pool); err != nil {
		add(finding{"PostgreSQL", err.Error(), true, "is LMS_POSTGRES_URL right, and the server up?"})
	} else if weak := d.Weak(); len(weak) > 0 {
		add(finding{"PostgreSQL", fmt.Sprintf("answers, but %v: acknowledged answers could be lost", weak), true, "set them to on in postgresql.conf"})
	} else {
		add(finding{what: "PostgreSQL", found: "answers; what is committed is on disk"})
	}
	if pending, err := migrations.Pending(ctx, s.pool); err != nil {
		add(finding{"schema", err.Error(), true, "lms migrate"})
	} else if len(pending) > 0 {
		add(finding{"schema", fmt.Sprintf("%d steps behind", len(pending)), c.PostgresURL != "", "lms migrate"})
	} else {
		add(finding{what: "schema", found: "up to date"})
	}
	if err := s.mongo.Ping(ctx, readpref.Primary()); err != nil {
		add(finding{"documents", err.Error(), true, "is LMS_MONGO_URL right, and the server up?"})
	} else {
		add(finding{what: "documents", found: "answer"})
	}
	if err := s.pingCache(ctx); err != nil {
		add(finding{"cache", err.Error(), false, "pages go on without it, more slowly; is LMS_REDIS_URL right?"})
	} else {
		add(finding{what: "cache", found: "answers"})
	}
	return list
}

// Shares of the disk that are used: from diskWarning doctor warns, from diskFull imports are refused, unless there is
// plenty left all the same.
const (
	diskWarning = 80
	diskFull    = 95
	diskPlenty  = 4 << 30
)

// diskOf tells how full the data directory's disk is.
func diskOf(dir string) finding {
	used, free, err := diskUse(dir)
	if err != nil {
		return finding{"disk", "cannot be examined", false, err.Error()}
	}
	f := finding{what: "disk", found: fmt.Sprintf("%d %% of the data directory's disk is used", used)}
	if used >= diskWarning {
		f.bad, f.advice = isFull(used, free), fmt.Sprintf("make room: at %d %% imports are refused", diskFull)
	}
	return f
}

func isFull(used int, free uint64) bool { return used >= diskFull && free < diskPlenty }

// diskUse returns the share used, in percent, and the bytes free of the disk a directory is on, or will be on.
func diskUse(dir string) (used int, free uint64, err error) {
	dir, err = filepath.Abs(dir)
	for err == nil {
		var st syscall.Statfs_t
		err = syscall.Statfs(dir, &st)
		if err == nil && st.Blocks > 0 {
			return 100 - int(100*st.Bavail/st.Blocks), st.Bavail * uint64(st.Bsize), nil //nolint:gosec // the type differs between systems
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return 0, 0, fmt.Errorf("no disk below %s: %w", dir, err)
		}
		dir, err = parent, nil
	}
	return 0, 0, err
}

// roomFor refuses what needs room where there is hardly any left, before it has begun.
func roomFor(what, dir string) error {
	if used, free, err := diskUse(dir); err == nil && isFull(used, free) {
		return fmt.Errorf("%s: %d %% of the disk of %s is used; make room first", what, used, dir)
	}
	return nil
}

func permissionsOf(dir string) finding {
	info, err := os.Stat(dir)
	if os.IsNotExist(err) {
		return finding{what: "data", found: dir + " will be made at the first start"}
	}
	if err != nil {
		return finding{"data", err.Error(), true, "name another directory with --data"}
	}
	if info.Mode().Perm()&0o007 != 0 {
		return finding{"data", dir + " can be read by everybody on this machine", true, "chmod o-rwx " + dir}
	}
	return finding{what: "data", found: dir}
}
