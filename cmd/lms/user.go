package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"

	"lyceum/course/team"
	"lyceum/internal/audit"
	"lyceum/internal/clock"
	"lyceum/internal/fault"
	"lyceum/internal/limit"
	"lyceum/internal/mail"
	"lyceum/learner/access"
	accounts "lyceum/learner/account"
	"lyceum/learner/enrollment"
	"lyceum/tracking"
	"lyceum/tracking/sink"
	"lyceum/web/i18n"
	"lyceum/web/lms/account"
)

// userCommand is what can be done with accounts.
type userCommand struct {
	Create   userCreate   `cmd:"" help:"Make an account; the password is read from the terminal or standard input."`
	Password userPassword `cmd:"" help:"Set a password, read from the terminal or standard input."`
	Grant    userGrant    `cmd:"" help:"Give or take a role in a course, or power over the site."`
	List     userList     `cmd:"" help:"List accounts."`
}

// commandSiteURL is the address for links in letters a command writes: the configured one, else the one the server that runs
// here, or ran last, wrote down, since a flag of serve is unknown to other commands.
func commandSiteURL(env *environment, c config) string {
	if text, err := os.ReadFile(addressFile(env.data)); c.SiteURL == nil && err == nil && len(text) > 0 {
		return string(text)
	}
	return siteURL(c, cmp.Or(env.getenv("LMS_ADDR"), ":8000"))
}

// accountService is the account room for commands: no session, no limits, mail to the outbox.
func accountService(env *environment, to use) (*stores, *accounts.Service, error) {
	s, err := openStores(env, to)
	if err != nil {
		return nil, nil, err
	}
	if err := s.prepare(env, s.config.PostgresURL == ""); err != nil {
		s.close(env)
		return nil, nil, err
	}
	catalog, err := i18n.New(account.Locales)
	if err != nil {
		s.close(env)
		return nil, nil, err
	}
	return s, accounts.New(accounts.Options{
		DB: s.pool, Redis: s.redis, Limiter: limit.New(s.redis, clock.System), Outbox: mail.NewOutbox(s.pool, nil), Clock: clock.System, Log: env.log,
		Letters: account.Letters{Catalog: catalog, SiteName: s.config.SiteName, SiteURL: commandSiteURL(env, s.config)},
		Config:  accounts.Config{SiteName: s.config.SiteName},
	}), nil
}

type userCreate struct {
	Email     string `arg:"" help:"E-mail address."`
	Username  string `help:"Username. Left out, it is the part of the address before the @."`
	Name      string `help:"Full name."`
	Staff     bool   `help:"Staff of the whole site."`
	Superuser bool   `help:"May do everything."`
}

// Run makes an account whose address counts as confirmed.
func (c *userCreate) Run(env *environment) error {
	password, err := readPassword(env)
	if err != nil {
		return err
	}
	s, people, err := accountService(env, toMake)
	if err != nil {
		return err
	}
	defer s.close(env)
	if c.Username == "" {
		c.Username, _, _ = strings.Cut(c.Email, "@")
	}
	a, err := people.Create(env.ctx, accounts.From{}, accounts.NewAccount{
		Username: c.Username, Email: c.Email, Name: c.Name, Password: password, Active: true, Staff: c.Staff, Superuser: c.Superuser,
	})
	if fault.Is(err, fault.Conflict) {
		return c.exists(env, people, err)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(env.out, "%s <%s> is account %d\n", printable(a.Username), printable(a.Email), a.ID)
	return nil
}

// exists names the account that is there already, and how to change it.
func (c *userCreate) exists(env *environment, people *accounts.Service, err error) error {
	if a, findErr := people.ByLogin(env.ctx, c.Email); findErr == nil {
		return fmt.Errorf("%s is account %d, %s, already; lms user password %[3]s sets its password, lms user grant %[3]s its rights",
			a.Email, a.ID, a.Username)
	}
	if a, findErr := people.ByLogin(env.ctx, c.Username); findErr == nil {
		return fmt.Errorf("the username %s belongs to account %d, %s, already; --username gives the new one another, lms user list shows those there are",
			a.Username, a.ID, a.Email)
	}
	return err
}

type userPassword struct {
	User string `arg:"" help:"Username or e-mail address."`
}

// Run sets a password and ends the account's sessions.
func (c *userPassword) Run(env *environment) error {
	password, err := readPassword(env)
	if err != nil {
		return err
	}
	s, people, err := accountService(env, toUse)
	if err != nil {
		return err
	}
	defer s.close(env)
	a, err := people.ByLogin(env.ctx, c.User)
	if err != nil {
		return noAccount(err, c.User)
	}
	if err := people.SetPassword(env.ctx, accounts.From{}, a.ID, password); err != nil {
		return err
	}
	fmt.Fprintf(env.out, "%s has a new password and is signed out everywhere\n", printable(a.Username))
	return nil
}

// noAccount says what to do where a login names nobody.
func noAccount(err error, login string) error {
	if fault.KindOf(err) == fault.NotFound {
		return fmt.Errorf("%s: no such account; lms user list shows those there are, lms user create makes one", login)
	}
	return fmt.Errorf("%s: %w", login, err)
}

type userGrant struct {
	User   string `arg:"" help:"Username or e-mail address."`
	Role   string `arg:"" help:"staff, instructor, limited_staff, beta_testers, ... of a course; site_staff or superuser of the site."`
	Course string `arg:"" optional:"" help:"Course key; not for site_staff and superuser."`
	Take   bool   `help:"Take the role away."`
}

// courseRoles are the roles one can have in a course.
var courseRoles = []team.Role{
	team.Staff, team.Instructor, team.LimitedStaff, team.BetaTester, team.DataResearcher, team.FinanceAdmin, team.SalesAdmin, team.CCXCoach, team.LibraryUser,
}

func words[T ~string](list []T) string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = string(w)
	}
	return strings.Join(out, ", ")
}

// Run gives or takes a role.
func (c *userGrant) Run(env *environment) error {
	s, people, err := accountService(env, toUse)
	if err != nil {
		return err
	}
	defer s.close(env)
	a, err := people.ByLogin(env.ctx, c.User)
	if err != nil {
		return noAccount(err, c.User)
	}
	give := !c.Take
	flags := map[string]accounts.Flags{"site_staff": {Staff: &give}, "superuser": {Superuser: &give}}
	if set, ok := flags[c.Role]; ok {
		if c.Course != "" {
			return fmt.Errorf("%s is a power over the whole site: leave the course key out", c.Role)
		}
		_, err = people.SetFlags(env.ctx, accounts.From{}, a.ID, set)
		return c.done(env, a, "the site", err)
	}
	if c.Course == "" {
		return fmt.Errorf("%s is a role in one course: name its key behind it", c.Role)
	}
	key, err := courseKey(c.Course)
	if err != nil {
		return err
	}
	g := team.Grant{User: int64(a.ID), Role: team.Role(c.Role), Scope: team.In(key)}
	if !slices.Contains(courseRoles, g.Role) {
		return fmt.Errorf("there is no role %q in a course; there are %s", c.Role, words(courseRoles))
	}
	if c.Take {
		return c.done(env, a, key.String(), team.Remove(env.ctx, s.pool, g, audit.Source{}))
	}
	if _, err := s.courses.Compiled(env.ctx, key); fault.KindOf(err) == fault.NotFound {
		fmt.Fprintf(env.err, "note: no course %s is published yet; the role waits for it\n", key)
	}
	return c.done(env, a, key.String(), team.Add(env.ctx, s.pool, g, audit.Source{}))
}

// done says what is true now.
func (c *userGrant) done(env *environment, a accounts.Account, where string, err error) error {
	if err != nil {
		return err
	}
	is := "is now"
	if c.Take {
		is = "is no longer"
	}
	fmt.Fprintf(env.out, "%s %s %s of %s\n", printable(a.Username), is, printable(c.Role), where)
	return nil
}

type userList struct {
	Find string `arg:"" optional:"" help:"Part of a username, name or address."`
}

// Run lists accounts by id.
func (c *userList) Run(env *environment) error {
	s, people, err := accountService(env, toUse)
	if err != nil {
		return err
	}
	defer s.close(env)
	const page = 500
	list, err := people.Find(env.ctx, c.Find, 0, page)
	for ; err == nil && len(list) > 0; list, err = people.Find(env.ctx, c.Find, list[len(list)-1].ID, page) {
		for _, a := range list {
			var flags []string
			for _, f := range []struct {
				name string
				on   bool
			}{{"superuser", a.Superuser}, {"staff", a.Staff}, {"disabled", a.Disabled}, {"unconfirmed", !a.Active}} {
				if f.on {
					flags = append(flags, f.name)
				}
			}
			fmt.Fprintf(env.out, "%6d %-24s %-32s %s\n", a.ID, printable(a.Username), printable(a.Email), strings.Join(flags, ","))
		}
	}
	return err
}

// enrollCommand enrolls a person whatever the course's rules of joining say.
type enrollCommand struct {
	User string `arg:"" help:"Username or e-mail address."`
	Key  string `arg:"" help:"Course key."`
	Mode string `help:"How to take it: audit, honor, verified, professional, no-id-professional, credit or masters." default:"audit"`
}

// Run enrolls.
func (c *enrollCommand) Run(env *environment) error {
	if !slices.Contains(enrollment.Modes, c.Mode) {
		return fmt.Errorf("there is no mode %q to take a course in; there are %s", c.Mode, strings.Join(enrollment.Modes, ", "))
	}
	key, err := courseKey(c.Key)
	if err != nil {
		return err
	}
	s, people, err := accountService(env, toUse)
	if err != nil {
		return err
	}
	defer s.close(env)
	a, err := people.ByLogin(env.ctx, c.User)
	if err != nil {
		return noAccount(err, c.User)
	}
	compiled, err := s.courses.Compiled(env.ctx, key)
	if err != nil {
		return noCourse(err)
	}
	log, closeLog, err := commandLog(env, s)
	if err != nil {
		return err
	}
	defer closeLog()
	service := &enrollment.Service{DB: s.pool, Emitter: log, Clock: time.Now}
	_, err = service.Join(env.ctx, enrollment.JoinRequest{
		Course: compiled, Viewer: &access.Viewer{User: a.ID}, Email: a.Email, Mode: c.Mode, Force: true,
		Request: tracking.Request{Username: a.Username, UserID: int64(a.ID)},
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(env.out, "%s is enrolled in %s (%s)\n", printable(a.Username), key, printable(c.Mode))
	return nil
}

// readPassword reads one line without showing it on a terminal.
func readPassword(env *environment) (string, error) {
	if f, ok := env.in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprint(env.err, "Password: ")
		text, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(env.err)
		return string(text), err
	}
	line, err := bufio.NewReader(env.in).ReadString('\n')
	line = strings.TrimRight(line, "\r\n")
	if line == "" {
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("read the password: %w", err)
		}
		return "", errors.New("a password is expected on standard input")
	}
	return line, nil
}

// commandLog opens the tracking log for a command, beside the server's.
func commandLog(env *environment, s *stores) (tracking.Emitter, func(), error) {
	log, err := sink.Open(env.ctx, sink.Options{Dir: filepath.Join(env.data, "log", "tracking"), Outbox: sink.Postgres{DB: s.pool}, Logger: env.log})
	if err != nil {
		return nil, nil, fmt.Errorf("tracking log: %w", err)
	}
	return log, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(env.ctx), drainTime)
		defer cancel()
		if err := log.Close(ctx); err != nil {
			env.log.Warn("close tracking log", "err", err)
		}
	}, nil
}
