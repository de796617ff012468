// Package contentstore keeps the files of courses: their bytes in GridFS, once for every content however many courses
// use it, and for each course a manifest that lists its files. Manifests are immutable and named by their hash; the
// head of the course in modulestore says which one is in force, so files change together with content or not at all.
//
// The rule a newcomer would break: put the bytes first, then the manifest, then move the head. A sweep leaves alone
// what is younger than a day.
package contentstore
