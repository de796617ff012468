package sandbox

import (
	"os"
	"testing"
)

// TestMain lets the test binary become a jail, as the program does.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "jail" {
		Jail(os.Args[2:])
	}
	os.Exit(m.Run())
}
