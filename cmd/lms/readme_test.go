package main

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// TestReadmeNamesSettings: the table a newcomer reads has every setting, and none besides.
func TestReadmeNamesSettings(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var named []string
	for row := range strings.Lines(string(text)) {
		if !strings.HasPrefix(row, "| `LMS_") {
			continue
		}
		first, _, _ := strings.Cut(strings.TrimPrefix(row, "|"), "|")
		for word := range strings.SplitSeq(first, ",") {
			named = append(named, strings.Trim(word, " `"))
		}
	}
	for _, name := range settingNames {
		if !slices.Contains(named, name) {
			t.Errorf("README.md does not name %s", name)
		}
	}
	for _, name := range named {
		if !slices.Contains(settingNames, name) {
			t.Errorf("README.md names %s, which is no setting", name)
		}
	}
}
