package main

import (
	"crypto/sha256"
	"os"
	"testing"
	"time"
)

// TestCPUOnce: a process that is named twice, or stands below another that is named, is not counted twice.
func TestCPUOnce(t *testing.T) {
	work := make([]byte, 1<<20)
	for began := time.Now(); time.Since(began) < 200*time.Millisecond; {
		_ = sha256.Sum256(work)
	}
	self := os.Getpid()
	before := cpu([]int{self})
	twice := cpu([]int{self, self})
	after := cpu([]int{self})
	if before == 0 {
		t.Skip("this system does not tell processor times")
	}
	if twice < before || twice > after {
		t.Errorf("counted %v, want from %v to %v", twice, before, after)
	}
}
