package postgres

import "syscall"

// stopWithParent asks the kernel to stop the server, cleanly, when the thread that started it ends.
func stopWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGINT }
