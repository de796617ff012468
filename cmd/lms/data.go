package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lyceum/internal/embedded"
)

// use is what a command opens the stores for.
type use int

const (
	toUse   use = iota // what is there
	toMake             // something that may be the first in a new site
	toServe            // the site; its process owns the data directory, and a second one is refused
)

// mayMake decides what a command does where its data directory holds no site: a mistyped name must not end in a second, empty site. It
// returns the directory's whole name where a new one will be made, "" where there is one.
func (env *environment) mayMake(to use) (string, error) {
	if embedded.Holds(env.data) {
		return "", nil
	}
	dir, err := filepath.Abs(env.data)
	if err != nil {
		return "", fmt.Errorf("data directory: %w", err)
	}
	near := nearSites(dir)
	_, statErr := os.Stat(dir)
	switch {
	case to == toServe:
		if len(near) > 0 {
			env.log.Warn("a new site is made, and there is one whose directory is called nearly the same; is --data or LMS_DATA mistyped?", "new", dir, "there is", strings.Join(near, ", "))
		}
		return dir, nil
	case to == toMake && (len(near) == 0 || statErr == nil): // a directory that was made by hand is meant
		return dir, nil
	}
	text := fmt.Sprintf("there is no site in %s", dir)
	if len(near) > 0 {
		text += fmt.Sprintf(", but in %s: is --data or LMS_DATA mistyped?", strings.Join(near, " and in "))
		if to == toMake {
			text += fmt.Sprintf(" To make a new one all the same: mkdir %s", dir)
		}
	} else {
		text += ": name its directory with --data or LMS_DATA, or make a new one with lms serve"
	}
	return "", errors.New(text)
}

// nearSites are directories that hold sites and could have been meant by dir: those beside it with nearly its name, and the usual one.
func nearSites(dir string) []string {
	var near []string
	add := func(path string) {
		if path != dir && !slices.Contains(near, path) && embedded.Holds(path) {
			near = append(near, path)
		}
	}
	name := strings.ToLower(filepath.Base(dir))
	entries, err := os.ReadDir(filepath.Dir(dir))
	if err == nil {
		for _, e := range entries {
			if distance(name, strings.ToLower(e.Name())) <= max(1, min(len(name)/3, 3)) {
				add(filepath.Join(filepath.Dir(dir), e.Name()))
			}
		}
	}
	if usual, err := filepath.Abs("lms-data"); err == nil {
		add(usual)
	}
	return near
}

// distance is how many bytes have to be put in, left out or changed to make one name of another.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := corner
			if a[i] != b[j] {
				change++
			}
			corner = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
