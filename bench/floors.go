package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// floor is one row of what this machine allows.
type floor struct {
	rate float64
	cpu  time.Duration
}

// floors runs the shared tool in its own scratch directory and returns the rows of its group http by name.
func floors(ctx context.Context, tool string, length time.Duration) (map[string]floor, error) {
	dir, err := os.MkdirTemp("", "lyceum-floors-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	// It builds where it lies, and the shared directory may be read-only.
	if err := os.CopyFS(filepath.Join(dir, "tool"), os.DirFS(tool)); err != nil {
		return nil, fmt.Errorf("copy the floors: %w", err)
	}
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // the tool's PostgreSQL runs as another account
		return nil, err
	}
	out := filepath.Join(dir, "floors.tsv")
	cmd := exec.CommandContext(ctx, "bash", "run.sh", "-d", length.String(), "-only", "http")
	cmd.Dir = filepath.Join(dir, "tool")
	cmd.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false", "W="+filepath.Join(dir, "work"), "OUT="+out)
	if text, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("run the floors: %w\n%s", err, text)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		return nil, err
	}
	return parseFloors(string(text)), nil
}

var serverCPU = regexp.MustCompile(`server CPU ([0-9.]+)µs/req`)

// parseFloors reads lines of group, name, "N req/s" and details.
func parseFloors(text string) map[string]floor {
	rows := map[string]floor{}
	for line := range strings.SplitSeq(text, "\n") {
		f := strings.Split(line, "\t")
		if len(f) != 4 || f[0] != "http" {
			continue
		}
		value, isRate := strings.CutSuffix(f[2], " req/s")
		m := serverCPU.FindStringSubmatch(f[3])
		if !isRate || m == nil {
			continue
		}
		rate, err := strconv.ParseFloat(value, 64)
		micros, err2 := strconv.ParseFloat(m[1], 64)
		if err == nil && err2 == nil {
			rows[f[1]] = floor{rate: rate, cpu: time.Duration(micros * float64(time.Microsecond))}
		}
	}
	return rows
}
