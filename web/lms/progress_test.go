package lms

import (
	"testing"

	"lyceum/grading"
)

// TestEntryLabel: an assignment is named once, however its author called it.
func TestEntryLabel(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		number, of  int
		placeholder bool
		want        string
	}{
		{"Choosing", 1, 2, false, "Homework 1: Choosing"},
		{"Homework 1: choosing", 1, 2, false, "Homework 1: choosing"},
		{"Homework 1", 1, 2, false, "Homework 1"},
		{"Homework 12", 1, 20, false, "Homework 1: Homework 12"},
		{"Homework", 1, 2, false, "Homework 1: Homework"},
		{"Homework", 1, 1, false, "Homework"},
		{"Choosing", 1, 1, false, "Homework: Choosing"},
		{"", 3, 4, false, "Homework 3"},
		{"Homework", 3, 4, true, "Homework 3"},
	} {
		e := grading.Entry{Assignment: grading.Assignment{Name: c.name}, Number: c.number, Placeholder: c.placeholder}
		if got := entryLabel("Homework", e, c.of); got != c.want {
			t.Errorf("%q, number %d of %d: %q, want %q", c.name, c.number, c.of, got, c.want)
		}
	}
}
