// Package conformance runs the problem engine on cases written as JSON and
// returns what it found in the words of the published cases, so that two
// engines can be compared.
//
// It reads no file: whoever calls it brings the case and, for cases about a
// whole block over time, the function that plays them.
package conformance
