package sandbox

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"
)

// watchTime is how often a long run's memory is looked at. Address space is
// limited by process; a run with many processes is caught here.
const watchTime = 50 * time.Millisecond

// watch looks at the memory of all processes of a run together, and interrupts
// the run when it is too much. The function it returns ends that: no later run
// is interrupted for this one.
func (m *member) watch(limits Limits, run *interrupt) (end func()) {
	done := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		tick := time.NewTicker(watchTime)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			if used := memoryBelow(m.cmd.Process.Pid); used > limits.Memory+int64(scratchSize) {
				run.send(failedRun("MemoryError: the code used more than %s of memory", size(limits.Memory)))
				return
			}
		}
	})
	return func() { close(done); watching.Wait() }
}

// memoryBelow is the memory of the processes started by pid, by any of its
// threads, and by those, in bytes. What they share counts once.
func memoryBelow(pid int) int64 {
	var total int64
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return 0
	}
	for _, thread := range threads {
		list, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pid, thread.Name()))
		if err != nil {
			continue
		}
		for field := range bytes.FieldsSeq(list) {
			child, err := strconv.Atoi(string(field))
			if err != nil {
				continue
			}
			total += proportional(child) + memoryBelow(child)
		}
	}
	return total
}

// proportional is the memory of one process, with its share of what is shared.
func proportional(pid int) int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0
	}
	_, rest, ok := bytes.Cut(b, []byte("\nPss:"))
	if !ok {
		return 0
	}
	fields := bytes.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kb, err := strconv.ParseInt(string(fields[0]), 10, 64)
	if err != nil {
		return 0
	}
	return kb << 10
}
