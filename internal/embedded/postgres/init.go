package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
)

// Role is the database role everything runs as; it owns the cluster.
const Role = "lyceum"

// Config says which cluster to make or run.
type Config struct {
	Bin     string  // from Find
	Account Account // from ServerAccount
	Data    string  // the cluster's directory
	Socket  string  // the directory of the socket; at most 90 bytes long
	Log     string  // file the server's messages are appended to

	Settings map[string]string // over the defaults of this package
	InitArgs []string          // more arguments for initdb
}

// ClusterVersion returns the major version of the cluster in a directory, as "15", or "" when there is none.
func ClusterVersion(data string) (string, error) {
	text, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the version of the PostgreSQL cluster: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// Init makes the cluster: UTF-8, ordered by bytes, with the upper and lower case of all scripts where the system knows them. A cluster
// whose making was cut off is made anew: it is built beside Data and renamed when complete.
func Init(ctx context.Context, c Config) error {
	building := c.Data + ".new"
	if err := os.RemoveAll(building); err != nil {
		return fmt.Errorf("remove an unfinished cluster: %w", err)
	}
	var err error
	for _, ctype := range []string{"C.UTF-8", "C"} { // C.UTF-8 is missing on some systems
		if err = c.initdb(ctx, building, ctype); err == nil || ctx.Err() != nil {
			break
		}
		if removeErr := os.RemoveAll(building); removeErr != nil {
			return errors.Join(err, removeErr)
		}
	}
	if err != nil {
		return err
	}
	if err := os.Rename(building, c.Data); err != nil {
		return fmt.Errorf("move the new cluster into place: %w", err)
	}
	return syncDir(filepath.Dir(c.Data))
}

func (c Config) initdb(ctx context.Context, dir, ctype string) error {
	if err := c.Account.MakeDir(dir); err != nil {
		return err
	}
	at, err := c.Account.place(dir)
	if err != nil {
		return err
	}
	defer at.close()
	args := append([]string{
		"--pgdata", at.names[0], "--username", Role, "--encoding", "UTF8", "--locale", "C", "--lc-ctype", ctype,
		"--auth", "reject", "--no-instructions",
	}, c.InitArgs...)
	cmd := exec.CommandContext(ctx, filepath.Join(c.Bin, "initdb"), args...)
	cmd.Dir, cmd.ExtraFiles = at.work, at.files
	cmd.Env = environment()
	cmd.SysProcAttr = c.Account.attributes()
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("initdb: %w: %s", err, lastLines(string(out), 3))
	}
	return nil
}

// admit writes who may connect: this process's account over the socket, known by its peer credentials. It is written at each start, so
// that a directory may be run by root today and was by a user of another name yesterday.
func (c Config) admit() error {
	name := strconv.Itoa(os.Geteuid())
	if me, err := user.LookupId(name); err == nil {
		name = me.Username
	}
	files := map[string]string{
		"pg_hba.conf":   "# Written at each start.\nlocal all all peer map=lyceum\n",
		"pg_ident.conf": "# Written at each start. Root may everything anyway.\n" + fmt.Sprintf("lyceum %q %[2]s\nlyceum root %[2]s\n", name, Role),
	}
	for file, text := range files {
		path := filepath.Join(c.Data, file)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return fmt.Errorf("write %s: %w", path, err)
		}
		if c.Account.drop {
			if err := os.Chown(path, c.Account.uid, c.Account.gid); err != nil {
				return fmt.Errorf("give %s to %s: %w", path, c.Account.Name, err)
			}
		}
	}
	return nil
}

// environment keeps variables that would direct our server or initdb elsewhere (PGDATA, PGHOST, LC_ALL, ...) out.
func environment() []string {
	env := []string{"LC_ALL=C", "TZ=UTC"}
	for _, name := range []string{"PATH", "TMPDIR", "LD_LIBRARY_PATH"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], " | ")
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
