// Package sample is the course Lyceum brings along: a short walk through the
// platform, taught on the platform. It shows every kind of component and
// problem a course can hold, and is what a newcomer meets first.
//
// The course lies in course/ as files, in the layout a Studio export has, and
// is imported like any other. Its pictures, film and documents were made for it
// by the scripts in make/; nothing in it was taken from elsewhere.
package sample

import (
	"embed"
	"io/fs"
)

// Key is the course key the files name.
const Key = "course-v1:Lyceum+TOUR+2026"

//go:embed all:course
var files embed.FS

// Course returns the directory of the course: course.xml is at its top.
func Course() fs.FS {
	dir, err := fs.Sub(files, "course")
	if err != nil {
		panic(err) // "course" is a valid path
	}
	return dir
}
