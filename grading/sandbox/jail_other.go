//go:build !linux

package sandbox

import (
	"errors"
	"os"
	"syscall"
)

// Jail says that there is none on this system.
func Jail([]string) {
	_, _ = os.Stderr.WriteString(layerNamespaces + ": only Linux has the jail\n")
	os.Exit(jailFailed)
}

var errNoJail = errors.New("only Linux has the jail")

func isolation(int) (*syscall.SysProcAttr, int, error) { return nil, 0, errNoJail }
