//go:build !linux

package e2e

import "syscall"

// endWithParent does nothing here: cleanup ends the program.
func endWithParent(*syscall.SysProcAttr) {}
