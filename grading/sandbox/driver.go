package sandbox

import (
	"embed"
	"os"
	"path/filepath"

	"lyceum/grading/sandbox/library"
)

//go:embed driver.py
var driverFile embed.FS

// jailConfig is what a jail is told by whoever starts it.
type jailConfig struct {
	Python  string        `json:"python"`  // as an absolute path
	Visible []string      `json:"visible"` // files and directories to be seen, read-only
	User    int           `json:"user"`    // to become, inside the namespace
	Scratch int64         `json:"scratch"` // bytes of the run's own directory
	Memory  int64         `json:"memory"`  // most address space of any process
	Preload []string      `json:"preload"` // modules loaded before the first run
	Limits  requestLimits `json:"limits"`  // what a child that waits is ready for
}

// driverConfig is what driver.py is told.
type driverConfig struct {
	Home     string        `json:"home"`
	Library  string        `json:"library"`
	Filter   string        `json:"filter"` // for children: BPF instructions, hexadecimal
	Preload  []string      `json:"preload"`
	Landlock string        `json:"landlock"` // empty: this kernel has none
	Alone    bool          `json:"alone"`    // there is no jail
	Limits   requestLimits `json:"limits"`
}

// jailFailed is the exit code of a jail that could not be built; standard error
// says which layer.
const jailFailed = 70

// environ is all of the environment an interpreter has. python3 -I would ignore
// PYTHONHASHSEED, and sets of words would come in another order on each member,
// so -s and this environment stand in for it.
func environ(home string) []string {
	return []string{
		"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "HOME=" + home, "TMPDIR=" + home, "PYTHONHASHSEED=0",
		"OPENBLAS_NUM_THREADS=1", "OMP_NUM_THREADS=1", "MKL_NUM_THREADS=1", "MPLBACKEND=Agg",
	}
}

// unpack writes driver.py and the library below dir.
func unpack(dir string) error {
	if err := os.MkdirAll(filepath.Join(dir, "library"), 0o755); err != nil {
		return err
	}
	if err := os.CopyFS(dir, driverFile); err != nil {
		return err
	}
	return os.CopyFS(filepath.Join(dir, "library"), library.Files)
}
