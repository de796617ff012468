package files

import (
	"os"
	"syscall"
)

func unmount(dir string) { _ = syscall.Unmount(dir, 0) }

// mkdirAndMount makes a directory that is a small disk of its own.
func mkdirAndMount(dir, size string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return syscall.Mount("tmpfs", dir, "tmpfs", 0, size)
}
