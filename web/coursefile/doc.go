// Package coursefile answers with what authors put into a course, files and pages of frames alike, so that none of it runs with rights of the
// site. Both faces serve course files; neither knows the other.
package coursefile
