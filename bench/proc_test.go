package main

import (
	"os"
	"testing"
	"time"
)

// TestCPUOnce: a process that is named twice, or stands below another that is named, is not counted twice.
func TestCPUOnce(t *testing.T) {
	for began := time.Now(); time.Since(began) < 200*time.Millisecond; {
	}
	self, parent := os.Getpid(), os.Getppid()
	before := cpu([]int{parent})
	twice := cpu([]int{parent, self, self})
	after := cpu([]int{parent})
	if before == 0 {
		t.Skip("this system does not tell processor times")
	}
	if twice < before || twice > after {
		t.Errorf("counted %v, want from %v to %v", twice, before, after)
	}
}
