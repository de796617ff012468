package sandbox

import (
	"bufio"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// farUser is where the users of jails are looked for, when this process is root:
// far from those of people, services and containers.
const farUser = 1_900_000_000

// isolation is how to start the jail of member n: in namespaces of its own, and
// with the user it becomes inside.
//
// Root lends the jail a user nobody else has, since limits on processes count by
// user and do not bind root. Anybody else can lend only itself.
func isolation(n int) (*syscall.SysProcAttr, int, error) {
	attributes := &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWUSER | unix.CLONE_NEWPID | unix.CLONE_NEWNS | unix.CLONE_NEWNET | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS,
		Credential: &syscall.Credential{Uid: 0, Gid: 0, NoSetGroups: true},
		Pdeathsig:  syscall.SIGKILL,
		Setsid:     true,
	}
	uid, gid := os.Geteuid(), os.Getegid()
	attributes.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: uid, Size: 1}}
	attributes.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: gid, Size: 1}}
	if uid != 0 {
		return attributes, 0, nil
	}
	user, err := spareUser(n)
	if err != nil {
		return nil, 0, err
	}
	attributes.UidMappings = append(attributes.UidMappings, syscall.SysProcIDMap{ContainerID: 1, HostID: user, Size: 1})
	attributes.GidMappings = append(attributes.GidMappings, syscall.SysProcIDMap{ContainerID: 1, HostID: user, Size: 1})
	attributes.GidMappingsEnableSetgroups, attributes.Credential.NoSetGroups = true, false
	return attributes, 1, nil
}

// spareUser finds a user for member n among those root has here: in a container
// these may be few.
func spareUser(n int) (int, error) {
	f, err := os.Open("/proc/self/uid_map")
	if err != nil {
		return 0, err
	}
	defer f.Close()
	highest := 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var first, outside, count int
		if _, err := fmt.Sscan(lines.Text(), &first, &outside, &count); err != nil {
			return 0, fmt.Errorf("uid_map: %w", err)
		}
		if first <= farUser && farUser+n < first+count {
			return farUser + n, nil
		}
		highest = max(highest, first+count-1)
	}
	if highest-n < 1000 {
		return 0, fmt.Errorf("root has no spare user here: the highest is %d", highest)
	}
	return highest - n, nil
}
