package pg

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// Change is a statement that writes rows of one user where they are still as they were read: With are its common table expressions, with
// names of its own, Found the one of them that is empty when it did not find what it looked for, and else has one row. Tables stand in it as
// for [ForUser]; $1 is the user.
//
// The same text serves several users at once, each of which is a row of the table given: what stands in /*many ...*/ is then part of it, and
// parameters are columns of the row.
type Change struct {
	With       string
	Found      string
	Parameters int
}

// Changes makes one statement of several changes: all are made, or it fails with LY001 and none is. It takes the arguments of each after those
// of the one before. The condition of the first is looked at first, so its rows are where writers wait for each other.
//
// Lanes run it once for the users of a group, on whole tables: then all changes of all of them are made, or none is.
func Changes(changes ...Change) *ByUser {
	var with, unchanged, counted []string
	before := 0
	for _, c := range changes {
		with = append(with, parameter.ReplaceAllStringFunc(c.With, func(p string) string {
			n, _ := strconv.Atoi(p[1:]) // digits
			return "$" + strconv.Itoa(n+before)
		}))
		unchanged = append(unchanged, "EXISTS (SELECT FROM "+c.Found+")")
		counted = append(counted, "(SELECT count(*) FROM "+c.Found+") = cardinality($1)")
		before += c.Parameters
	}
	text := strings.Join(with, ", ")
	one := ForUser("WITH " + onlyMany.ReplaceAllString(text, "") + " SELECT compare_and_set(" + strings.Join(unchanged, " AND ") + ")")
	body := parameter.ReplaceAllString(onlyMany.ReplaceAllString(expand(text, -1), "$1"), "given.p${1}")
	many := func(types []string) string {
		var arrays, columns []string
		for i, t := range types {
			n := strconv.Itoa(i + 1)
			arrays, columns = append(arrays, "$"+n+"::"+t+"[]"), append(columns, "p"+n)
		}
		return "WITH given AS (SELECT * FROM unnest(" + strings.Join(arrays, ", ") + ") AS given (" + strings.Join(columns, ", ") + ")), " +
			body + " SELECT compare_and_set(" + strings.Join(counted, " AND ") + ")"
	}
	manyForms.Store(one.whole, many)
	for _, text := range one.parts {
		manyForms.Store(text, many)
	}
	return one
}

var (
	parameter = regexp.MustCompile(`\$(\d+)`)
	onlyMany  = regexp.MustCompile(`(?s)/\*many (.*?)\*/`)
)

// manyForms are, by the text of a statement about one user, functions that return the text of the same about several, of which every parameter
// is an array of as many values as there are users. They are told the types of the parameters of one.
var manyForms sync.Map
