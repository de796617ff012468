//go:build !linux

package files

import "errors"

func mkdirAndMount(string, string) error { return errors.ErrUnsupported }
func unmount(string)                     {}
