package e2e

import "syscall"

// endWithParent ends the program when the tests are killed, so that a deadline passed leaves nothing behind.
func endWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGTERM }
