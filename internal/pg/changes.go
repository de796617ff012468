package pg

import (
	"regexp"
	"strconv"
	"strings"
)

// Change is a statement that writes rows of one user where they are still as they were read: With are its common table expressions, with
// names of its own, Unchanged the condition that it found what it looked for. Tables stand in it as for [ForUser].
type Change struct {
	With       string
	Unchanged  string
	Parameters int
}

// Changes makes one statement of several changes: all are made, or it fails with LY001 and none is. It takes the arguments of each after those
// of the one before. The condition of the first is looked at first, so its rows are where writers wait for each other.
func Changes(changes ...Change) *ByUser {
	var with, unchanged []string
	before := 0
	for _, c := range changes {
		with = append(with, parameter.ReplaceAllStringFunc(c.With, func(p string) string {
			n, _ := strconv.Atoi(p[1:]) // digits
			return "$" + strconv.Itoa(n+before)
		}))
		unchanged = append(unchanged, c.Unchanged)
		before += c.Parameters
	}
	return ForUser("WITH " + strings.Join(with, ", ") + " SELECT compare_and_set(" + strings.Join(unchanged, " AND ") + ")")
}

var parameter = regexp.MustCompile(`\$\d+`)
