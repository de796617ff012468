// Package conformance plays the flow cases of the shared conformance collection: a problem, its settings, and what a learner and staff do
// over time. A case comes in as JSON and its result goes out as JSON in the same vocabulary, so that a command can print it and a test
// compare it.
//
// The rule a newcomer would break: between two steps the state goes through its stored form, as it would between two requests.
package conformance
