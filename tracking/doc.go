// Package tracking is the event record: one JSON line for each thing a person, a page or a job did.
//
// A flow builds an [Event] with [Server], [Component] or [Task]; web builds the others with [Implicit] (each request) and [ParseBrowserEvent]
// (what /event received). The events go to an [Emitter], which is tracking/sink in a running server. Names and payloads that are a format others read stand in
// names.go and the payload files; a room with events of its own defines a [Payload] beside its flow.
//
// The rule a newcomer would break: emit after the commit, never inside the transaction, and never let an event decide whether a request succeeds.
// [Emitter.Emit] returns nothing for that reason.
package tracking
