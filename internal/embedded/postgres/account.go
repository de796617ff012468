package postgres

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// Account is the operating system's account a server runs as.
type Account struct {
	Name     string
	uid, gid int
	drop     bool // this process is root and must change to the account
}

// ServerAccount returns the account for a server of this process: its own, or, for root, an unprivileged one.
func ServerAccount() (Account, error) {
	if os.Geteuid() != 0 {
		me, err := user.Current()
		if err != nil {
			return Account{}, fmt.Errorf("PostgreSQL needs an account with a name: user id %d has none (add one to /etc/passwd): %w", os.Geteuid(), err)
		}
		return Account{Name: me.Username, uid: os.Geteuid(), gid: os.Getegid()}, nil
	}
	for _, name := range []string{"postgres", "nobody", "daemon"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.Atoi(u.Uid)
		gid, gidErr := strconv.Atoi(u.Gid)
		if uidErr == nil && gidErr == nil && uid != 0 {
			return Account{Name: name, uid: uid, gid: gid, drop: true}, nil
		}
	}
	return Account{}, errors.New("PostgreSQL refuses to run as root and there is no account postgres, nobody or daemon to run it as: add one (useradd --system postgres), or start as an ordinary user")
}

// MakeDir makes a directory that only the account (and root) can use, and gives it to the account.
func (a Account) MakeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make %s: %w", dir, err)
	}
	if err := os.Chmod(dir, 0o700); err != nil { // the umask, or an older run's
		return fmt.Errorf("close %s to others: %w", dir, err)
	}
	if a.drop {
		if err := os.Chown(dir, a.uid, a.gid); err != nil {
			return fmt.Errorf("give %s to %s: %w", dir, a.Name, err)
		}
	}
	return nil
}

// LetPass closes a directory of this process to everyone but, when this process is root, the account, which may pass through it.
func (a Account) LetPass(dir string) error {
	mode := os.FileMode(0o700)
	if a.drop {
		if err := os.Chown(dir, -1, a.gid); err != nil {
			return fmt.Errorf("let %s pass through %s: %w", a.Name, dir, err)
		}
		mode = 0o710
	}
	if err := os.Chmod(dir, mode); err != nil {
		return fmt.Errorf("close %s to others: %w", dir, err)
	}
	return nil
}

// Passable reports, as an error with the command that helps, the first directory above dir through which the account may not pass.
func (a Account) Passable(dir string) error {
	if !a.drop {
		return nil
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	for parent := filepath.Dir(dir); ; parent = filepath.Dir(parent) {
		info, err := os.Stat(parent)
		if err != nil {
			return fmt.Errorf("look at %s: %w", parent, err)
		}
		if !a.maySearch(info) {
			return fmt.Errorf("started as root, PostgreSQL runs as %s, which may not pass through %s (%v) to %s: run chmod o+x %s, or choose another data directory",
				a.Name, parent, info.Mode().Perm(), dir, parent)
		}
		if parent == filepath.Dir(parent) {
			return nil
		}
	}
}

func (a Account) maySearch(info fs.FileInfo) bool {
	mode := info.Mode().Perm()
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		switch {
		case int(st.Uid) == a.uid:
			return mode&0o100 != 0
		case int(st.Gid) == a.gid:
			return mode&0o010 != 0
		}
	}
	return mode&0o001 != 0
}

// attributes start a process as the account, in a process group of its own: an interrupt typed at the terminal is for us, and the
// server must stay until we have drained.
func (a Account) attributes() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if a.drop {
		attr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
	return attr
}
