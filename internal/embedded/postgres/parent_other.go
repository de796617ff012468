//go:build !linux

package postgres

import "syscall"

// stopWithParent does nothing here: the server of a killed process is ended by the next start.
func stopWithParent(*syscall.SysProcAttr) {}
