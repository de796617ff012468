package main

import (
	"strings"
	"testing"
	"time"

	"lyceum/grading/sandbox"
)

func TestSandboxSettings(t *testing.T) {
	t.Parallel()
	c, err := loadConfig(getenvOf([]string{"LMS_SANDBOX=cold", "LMS_SANDBOX_LIMITS=cpu=2s,memory=1024MiB,processes=8", "LMS_SANDBOX_MEMBERS=3", "LMS_SANDBOX_UNSAFE=yes"}))
	if err != nil {
		t.Fatal(err)
	}
	want := sandbox.Config{Way: sandbox.Cold, Members: 3, Unsafe: true, Limits: sandbox.Limits{CPU: 2 * time.Second, Memory: 1 << 30, Processes: 8}}
	if c.Sandbox != want {
		t.Errorf("got %+v, want %+v", c.Sandbox, want)
	}
	if c, err := loadConfig(getenvOf([]string{"LMS_SANDBOX_URL=https://python.example.org/v1"})); err != nil || c.Sandbox.Way != sandbox.Remote {
		t.Errorf("a service alone means remote: got %+v, %v", c.Sandbox, err)
	}
	for _, bad := range []string{
		"LMS_SANDBOX=quick", "LMS_SANDBOX=remote", "LMS_SANDBOX_URL=python", "LMS_SANDBOX_MEMBERS=many", "LMS_SANDBOX_LIMITS=cpu",
		"LMS_SANDBOX_LIMITS=memory=512", "LMS_SANDBOX_LIMITS=speed=1", "LMS_SANDBOX_LIMITS=processes=0",
	} {
		name, _, _ := strings.Cut(bad, "=")
		if _, err := loadConfig(getenvOf([]string{bad})); err == nil || !strings.HasPrefix(err.Error(), name+": ") {
			t.Errorf("%s: got %v", bad, err)
		}
	}
}
