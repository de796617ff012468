package ferret

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

// TestLog: an operator reads of what went wrong, not of what the engine does, nor of keys that were there before.
func TestLog(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(onlyErrors{slog.NewTextHandler(&out, nil)}).With("name", "postgresql")
	log.Info("Query", "sql", "SELECT 1")
	log.Error("Query", "err", errors.New(`ERROR: duplicate key value violates unique constraint "x" (SQLSTATE 23505)`), "sql", "INSERT")
	log.Error("Query", "err", errors.New("ERROR: could not extend file: No space left on device (SQLSTATE 53100)"), "sql", "INSERT")
	if got := out.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "No space left on device") {
		t.Errorf("the log has\n%s", got)
	}
}
