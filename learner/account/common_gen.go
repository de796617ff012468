//go:build ignore

// Makes common.bin from a list of passwords on standard input, commonest first, one a line; what follows a space is ignored:
//
//	go run common_gen.go < passwords.txt
package main

import (
	"bufio"
	"crypto/sha256"
	"log"
	"os"
	"slices"
	"strings"
)

func main() {
	const most, shortest, size = 10_000, 8, 4
	hashes := make(map[string]bool)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() && len(hashes) < most {
		word, _, _ := strings.Cut(strings.ToLower(lines.Text()), " ")
		if len(word) < shortest {
			continue
		}
		sum := sha256.Sum256([]byte(word))
		hashes[string(sum[:size])] = true
	}
	if err := lines.Err(); err != nil {
		log.Fatal(err)
	}
	sorted := make([]string, 0, len(hashes))
	for h := range hashes {
		sorted = append(sorted, h)
	}
	slices.Sort(sorted)
	if err := os.WriteFile("common.bin", []byte(strings.Join(sorted, "")), 0o644); err != nil {
		log.Fatal(err)
	}
}
