package postgres

import (
	"fmt"
	"os"
	"runtime"
)

// opened are the names under which Linux keeps the files a process was started with. Who has a directory open reaches what is in it
// without passing through those above.
const opened = "/proc/self/fd"

// firstHanded is the number of the first file after the three every process has.
const firstHanded = 3

// Reaches is Passable for directories the server is given by Init and Start: where the system lets root hand them over open, there is
// nothing to pass through. Root's own home, in which a checkout of root's lies, is closed to others on most systems.
func (a Account) Reaches(dir string) error {
	if handsOver() {
		return nil
	}
	return a.Passable(dir)
}

func handsOver() bool {
	if runtime.GOOS != "linux" {
		return false
	}
	_, err := os.Stat(opened)
	return err == nil
}

// places are directories as a process of the account names them.
type places struct {
	names []string
	work  string     // the directory the process starts in
	files []*os.File // what it is given with its start; nil where it passes by itself
}

// place says how the account reaches directories: by their own names where it may pass to all of them, else handed over open. The
// caller closes the places when the process has started.
func (a Account) place(dirs ...string) (places, error) {
	passable := true
	for _, dir := range dirs {
		passable = passable && a.Passable(dir) == nil
	}
	if passable || !handsOver() {
		return places{names: dirs, work: dirs[0]}, nil
	}
	p := places{work: "/"} // where the process returns to after it has looked for its own program
	for i, dir := range dirs {
		f, err := os.Open(dir)
		if err != nil {
			p.close()
			return places{}, fmt.Errorf("hand a directory to PostgreSQL: %w", err)
		}
		p.files = append(p.files, f)
		p.names = append(p.names, fmt.Sprintf("%s/%d", opened, firstHanded+i))
	}
	return p, nil
}

func (p places) close() {
	for _, f := range p.files {
		_ = f.Close() // opened to be handed over, never written
	}
}
