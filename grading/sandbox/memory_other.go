//go:build !linux

package sandbox

func (m *member) watch(Limits, *interrupt) (end func()) { return func() {} }
