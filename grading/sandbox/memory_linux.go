package sandbox

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// watchTime is how often a long run's memory is looked at. Address space is
// limited by process; a run with many processes is caught here.
const watchTime = 50 * time.Millisecond

// watch looks at the memory of all processes of a run together, and interrupts
// the run when it is too much. The function it returns ends that.
func (m *member) watch(limits Limits) (end func()) {
	m.over.Store(nil)
	var timer *time.Timer
	timer = time.AfterFunc(watchTime, func() {
		if used := memoryBelow(m.cmd.Process.Pid); used > limits.Memory+int64(scratchSize) {
			over := failedRun("MemoryError: the code used more than %s of memory", size(limits.Memory))
			m.over.Store(over)
			m.interrupt()
		}
		timer.Reset(watchTime)
	})
	return func() { timer.Stop() }
}

// memoryBelow is the memory of the processes started by pid, and by those, in
// bytes. What they share counts once.
func memoryBelow(pid int) int64 {
	var total int64
	list, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return 0
	}
	for field := range bytes.FieldsSeq(list) {
		child, err := strconv.Atoi(string(field))
		if err != nil {
			continue
		}
		total += proportional(child) + memoryBelow(child)
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
