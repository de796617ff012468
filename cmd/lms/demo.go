package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"lyceum/authoring/transfer"
	"lyceum/course"
	"lyceum/course/team"
	"lyceum/internal/audit"
	"lyceum/internal/fault"
	"lyceum/learner/access"
	accounts "lyceum/learner/account"
	"lyceum/learner/enrollment"
	"lyceum/sample"
	"lyceum/tracking"
)

// demoAccounts are the accounts of a demonstration, with their passwords; they are kept in the data directory.
type demoAccounts struct {
	Learner demoAccount `json:"learner"`
	Staff   demoAccount `json:"staff"`
	Author  demoAccount `json:"author"` // writes the sample course, and may make others
	Course  string      `json:"course"`
	Sample  string      `json:"sample"` // digest of the sample course last imported
}

type demoAccount struct {
	Email    string `json:"email"`
	Username string `json:"username"`
	Password string `json:"password"`
}

// prepareDemo imports the sample course and makes the accounts, where they are not there yet.
func (s *site) prepareDemo(env *environment) (*demoAccounts, error) {
	d, err := loadDemo(env)
	if err != nil {
		return nil, err
	}
	key, err := course.ParseKey(sample.Key)
	if err != nil {
		return nil, err
	}
	d.Course = key.String()
	digest, err := digestOf(sample.Course())
	if err != nil {
		return nil, err
	}
	_, err = s.stores.courses.Head(env.ctx, key)
	if fault.KindOf(err) == fault.NotFound || d.Sample != digest {
		if _, err := s.stores.importer().Import(env.ctx, transfer.Request{Path: "the sample course", FS: sample.Course(), Publish: true}); err != nil {
			return nil, fmt.Errorf("import the sample course: %w", err)
		}
		d.Sample = digest
		if err := d.save(env); err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	}
	for _, a := range []*demoAccount{&d.Learner, &d.Staff, &d.Author} {
		if _, err := s.accounts.ByUsername(env.ctx, a.Username); err == nil {
			continue
		} else if fault.KindOf(err) != fault.NotFound {
			return nil, err
		}
		made, err := s.accounts.Create(env.ctx, accounts.From{}, accounts.NewAccount{
			Username: a.Username, Email: a.Email, Name: strings.ToUpper(a.Username[:1]) + a.Username[1:], Password: a.Password, Trusted: true, Active: true,
			Staff: a == &d.Staff, Superuser: a == &d.Staff,
		})
		if err != nil {
			return nil, fmt.Errorf("make account %s: %w", a.Username, err)
		}
		if a == &d.Author {
			for _, g := range []team.Grant{{Role: team.Instructor, Scope: team.In(key)}, {Role: team.Staff, Scope: team.In(key)}, {Role: team.CourseCreator}} {
				g.User = int64(made.ID)
				if err := team.Add(env.ctx, s.stores.pool, g, audit.Source{}); err != nil {
					return nil, fmt.Errorf("make account %s: %w", a.Username, err)
				}
			}
		}
		compiled, err := s.stores.courses.Compiled(env.ctx, key)
		if err != nil {
			return nil, err
		}
		service := &enrollment.Service{DB: s.stores.pool, Emitter: s.events, Clock: time.Now}
		if _, err := service.Join(env.ctx, enrollment.JoinRequest{
			Course: compiled, Viewer: &access.Viewer{User: made.ID}, Email: a.Email, Force: true,
			Request: tracking.Request{Username: a.Username, UserID: int64(made.ID)},
		}); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// loadDemo reads the demonstration's accounts, or thinks up passwords at the first start.
func loadDemo(env *environment) (*demoAccounts, error) {
	path := filepath.Join(env.data, "demo.json")
	d := &demoAccounts{Course: sample.Key}
	text, err := os.ReadFile(path)
	if err == nil {
		if err := json.Unmarshal(text, d); err != nil || d.Author.Username != "" {
			return d, err
		}
		d.Author = newDemoAuthor() // of a demonstration older than Studio
		return d, d.save(env)
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	d.Learner = demoAccount{"learner@example.com", "learner", strings.ToLower(rand.Text()[:12])}
	d.Staff = demoAccount{"staff@example.com", "staff", strings.ToLower(rand.Text()[:12])}
	d.Author = newDemoAuthor()
	return d, d.save(env)
}

func newDemoAuthor() demoAccount {
	return demoAccount{"author@example.com", "author", strings.ToLower(rand.Text()[:12])}
}

func (d *demoAccounts) save(env *environment) error {
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	// Written beside its place and moved there, so that a killed process leaves the old one whole.
	path := filepath.Join(env.data, "demo.json")
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// digestOf names what a file system holds, so that a newer sample course replaces an older one.
func digestOf(fsys fs.FS) (string, error) {
	h := sha256.New()
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		fmt.Fprintf(h, "%s %d\n", name, len(text))
		h.Write(text)
		return nil
	})
	return hex.EncodeToString(h.Sum(nil)), err
}
