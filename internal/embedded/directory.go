package embedded

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"lyceum/internal/embedded/postgres"
)

// UsedError says that another process owns the data directory.
type UsedError struct {
	Dir string
	PID int // 0 when not known
}

// Error names the directory and the process.
func (e *UsedError) Error() string {
	who := "another process"
	if e.PID != 0 {
		who = fmt.Sprintf("process %d", e.PID)
	}
	return fmt.Sprintf("data directory %s is in use by %s: stop it, or choose another directory with --data", e.Dir, who)
}

// directory is a data directory this process owns.
type directory struct {
	path    string // absolute
	run     string
	sockets string // run, or a short directory elsewhere when run's path does not do for sockets
	lock    *os.File
	users   *os.File
	account postgres.Account
}

// longestSockets is the longest path of a directory whose sockets' paths ("docs/documents.sock", "pg/.s.PGSQL.5432.lock") stay within the
// 107 bytes (103 on macOS) an address holds.
const longestSockets = 103 - len("/docs/documents.sock")

// own makes the data directory if needed, locks it and closes it to others.
func own(dataDir string, log *slog.Logger) (*directory, error) {
	path, err := filepath.Abs(dataDir)
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	account, err := postgres.ServerAccount()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	if err := checkOwner(path); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fmt.Errorf("look into the data directory: %w", err)
	}
	lock, err := lockFile(filepath.Join(path, "lock"), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, &UsedError{Dir: path, PID: readPID(filepath.Join(path, "lock"))}
	}
	if err != nil {
		return nil, fmt.Errorf("lock the data directory: %w", err)
	}
	d := &directory{path: path, run: filepath.Join(path, "run"), lock: lock, account: account}
	if err := d.prepare(entries, log); err != nil {
		lock.Close()
		return nil, err
	}
	return d, nil
}

// checkOwner refuses a directory of another user: what we would make in it could be used by neither.
func checkOwner(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("data directory %s is a file", path)
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(st.Uid) == os.Geteuid() {
		return nil
	}
	owner := strconv.Itoa(int(st.Uid))
	if u, err := user.LookupId(owner); err == nil {
		owner = u.Username
	}
	return fmt.Errorf("data directory %s belongs to %s: run this as %s, or choose another directory with --data", path, owner, owner)
}

func (d *directory) prepare(entries []os.DirEntry, log *slog.Logger) error {
	if err := d.close(entries, log); err != nil {
		return err
	}
	if err := d.account.Reaches(filepath.Join(d.path, "postgres")); err != nil {
		return err
	}
	for _, dir := range []string{d.run, filepath.Join(d.path, "log")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("prepare the data directory: %w", err)
		}
	}
	if err := d.account.LetPass(d.run); err != nil {
		return err
	}
	if a, ok := d.forget(); ok {
		log.Warn("the last process that used this data directory did not end cleanly; what it acknowledged is recovered", "dir", d.path, "process", a.PID)
	}
	if err := d.writePID(); err != nil {
		return fmt.Errorf("write the lock of the data directory: %w", err)
	}
	users, err := lockFile(filepath.Join(d.run, "users"), syscall.LOCK_UN)
	if err != nil {
		return fmt.Errorf("prepare the data directory: %w", err)
	}
	d.users = users
	return d.findSockets()
}

// close closes the directory to others, unless it is one that holds other things than ours, say /srv: that stays as it is, with a warning.
func (d *directory) close(entries []os.DirEntry, log *slog.Logger) error {
	ours := len(entries) == 0
	for _, e := range entries {
		ours = ours || e.Name() == "lock"
	}
	info, err := os.Stat(d.path)
	if err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	if !ours && info.Mode().Perm()&0o077 != 0 {
		log.Warn("the data directory held other files before and is open to other users", "dir", d.path, "mode", info.Mode().Perm().String())
		return nil
	}
	return d.account.LetPass(d.path)
}

// findSockets chooses where the sockets are: in run, unless its path is too long, has a blank or a plus sign, one of which is taken for the
// other in addresses of stores, or what divides or quotes names in PostgreSQL's list of such directories.
func (d *directory) findSockets() error {
	d.sockets = d.run
	if len(d.sockets) <= longestSockets && !strings.ContainsAny(d.sockets, ` +,"`) {
		return nil
	}
	temp := os.TempDir()
	if len(temp) > longestSockets-len("/lyceum-1234567890") {
		temp = "/tmp"
	}
	short, err := os.MkdirTemp(temp, shortPrefix) // made closed to others
	if err != nil {
		return fmt.Errorf("make a directory for sockets, the data directory's path not being one for sockets: %w", err)
	}
	d.sockets = short
	if err := d.account.LetPass(short); err != nil {
		return err
	}
	if err := d.account.Reaches(filepath.Join(short, "pg")); err != nil {
		return err
	}
	return nil
}

const shortPrefix = "lyceum-"

// forget removes what a killed owner announced, and its short directory of sockets; ok is false when there was nothing.
func (d *directory) forget() (a announcement, ok bool) {
	a, err := readAnnouncement(d.path)
	if err == nil && a.Sockets != d.run && strings.HasPrefix(filepath.Base(a.Sockets), shortPrefix) && checkOwner(a.Sockets) == nil {
		_ = os.RemoveAll(a.Sockets)
	}
	_ = os.Remove(filepath.Join(d.run, announcementFile))
	return a, err == nil
}

func (d *directory) writePID() error {
	if err := d.lock.Truncate(0); err != nil {
		return err
	}
	_, err := d.lock.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// release gives the directory back.
func (d *directory) release() error {
	d.forget()
	if d.sockets != d.run {
		_ = os.RemoveAll(d.sockets)
	}
	// Unlocked by word, not only by closing: a program that is being started by this process at the moment holds copies of our
	// files until it runs, and with them the locks.
	return errors.Join(flock(d.users, syscall.LOCK_UN), flock(d.lock, syscall.LOCK_UN), d.users.Close(), d.lock.Close())
}

// awaitUsers waits for commands that use our stores.
func (d *directory) awaitUsers(ctx context.Context, log *slog.Logger, patience time.Duration) error {
	if patience != noLimit {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, patience)
		defer cancel()
	}
	// From here on a command that looks finds no stores and waits for the directory.
	if err := os.Remove(filepath.Join(d.run, announcementFile)); err != nil {
		return fmt.Errorf("take the stores' addresses back: %w", err)
	}
	for said := false; ; said = true {
		err := flock(d.users, syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil || !errors.Is(err, syscall.EWOULDBLOCK) {
			return err
		}
		if !said {
			log.Info("waiting for another command that uses the stores", "dir", d.path)
		}
		if err := sleep(ctx, 20*time.Millisecond); err != nil {
			log.Warn("the stores end while another command uses them", "dir", d.path)
			return nil
		}
	}
}

// announcement is run/stores.json: what other commands need to use our stores.
type announcement struct {
	PID      int    `json:"pid"`
	Sockets  string `json:"sockets"`
	Postgres string `json:"postgres_url,omitempty"`
	Mongo    string `json:"mongo_url,omitempty"`
	Redis    string `json:"redis_url,omitempty"`
}

const announcementFile = "stores.json"

// announce writes the addresses for other commands of this user: the file holds the password of the cache.
func (d *directory) announce(s *Stores) error {
	text, err := json.Marshal(announcement{
		PID: os.Getpid(), Sockets: d.sockets, Postgres: s.PostgresURL, Mongo: s.MongoURL, Redis: s.RedisURL,
	})
	if err != nil {
		return err
	}
	path := filepath.Join(d.run, announcementFile)
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		return fmt.Errorf("announce the stores: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("announce the stores: %w", err)
	}
	return nil
}

func readAnnouncement(dataDir string) (announcement, error) {
	var a announcement
	f, err := os.Open(filepath.Join(dataDir, "run", announcementFile))
	if err != nil {
		return a, err
	}
	defer f.Close()
	err = json.NewDecoder(io.LimitReader(f, 1<<16)).Decode(&a)
	return a, err
}

func readPID(path string) int {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0
	}
	return pid
}

// lockFile opens a file and locks it; the lock goes with the file or with this process.
func lockFile(path string, how int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := flock(f, how); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func flock(f *os.File, how int) error {
	for {
		err := syscall.Flock(int(f.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}
